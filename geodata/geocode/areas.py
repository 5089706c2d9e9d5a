"""District names as a spatial prior: where the answer should lie, softly.

A name the gazetteer lacks is looked up in the national table of divisions: a district far away means
that the text is about another city. Names in neither (开发区, 新区) say nothing either way.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry import MultiPoint

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer.index import Gazetteer

# Districts known by points only reach this far beyond them; a border is soft by this much anyway.
_REACH_M = 800.0
_SOFT_M = 1000.0
_MAX_POINTS = 400


@dataclass(frozen=True, slots=True)
class AreaPrior:
    """How well points agree with the stated areas.

    `unknown` lists names without a known place, `elsewhere` names of divisions far from everything
    the gazetteer knows.
    """

    shapes: tuple[tuple[str, shapely.Geometry], ...]
    unknown: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def agreement(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a factor in 0..1 per point: 1 inside all areas, falling off outside.

        Parameters
        ----------
        xy
            Points, shape (n, 2), gazetteer CRS in metres.
        """
        factor = np.ones(len(xy))
        points = shapely.points(xy)
        for _, shape in self.shapes:
            distance = np.asarray(shapely.distance(shape, points))
            reach = _REACH_M if isinstance(shape, MultiPoint) else 0.0
            beyond = np.maximum(distance - reach, 0.0) / _SOFT_M
            factor = np.minimum(factor, 1.0 / (1.0 + beyond**2))
        return factor


class AreaIndex:
    """Areas by name: zones with borders, and districts known by the places filed under them."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._cache: dict[str, shapely.Geometry | None] = {}
        areas = gazetteer.document_areas
        self._filed = {str(area) for area in set(areas.tolist()) if area}
        self._known = reproject_xy(gazetteer.sample_points(), gazetteer.crs, WGS84)
        self._codes = _codes_around(self._known)

    def prior(self, names: Sequence[str]) -> AreaPrior:
        """Return the prior of some area names; names of no known area are listed as unknown."""
        shapes, unknown, elsewhere = [], [], []
        for name in dict.fromkeys(name for name in names if name):
            shape = self._shape(name)
            if shape is not None:
                shapes.append((name, shape))
                continue
            near = self._division_near(name)
            if near is False:
                elsewhere.append(name)
            elif near is None:
                unknown.append(name)
        return AreaPrior(tuple(shapes), tuple(unknown), tuple(elsewhere))

    def _division_near(self, name: str) -> bool | None:
        """Return whether a division of that name lies around here; None for no division's name."""
        found = _divisions().get(name)
        if found is None:
            return None
        if len(self._known) == 0:
            return True
        return any(self._reaches(division) for division in found)

    def _reaches(self, division: _Division) -> bool:
        if division.code.endswith("0000"):
            return division.code[:2] in self._codes
        if division.code.endswith("00"):
            return division.code[:4] in self._codes
        reach_km = _REACH_KM["district" if division.name.endswith("区") else "county"]
        return bool(_distances_km(self._known, division).min() < reach_km)

    def _shape(self, name: str) -> shapely.Geometry | None:
        if name not in self._cache:
            self._cache[name] = self._find(name)
        return self._cache[name]

    def _find(self, name: str) -> shapely.Geometry | None:
        for spelling in spellings(name):
            if spelling in self._filed:
                return _thinned(self._gazetteer.document_xy[self._gazetteer.document_areas == spelling])
            zones = self._gazetteer.zones_of(spelling)
            if zones:
                shape = shapely.union_all([zone.shape for zone in zones])
                shapely.prepare(shape)
                return shape
        return None


_OFFICE = ("街道办事处", "办事处", "街道办", "街道")
_COMMITTEE = ("社区居民委员会", "社区居委会", "社区")
_VILLAGE = ("村民委员会", "村委会", "村")


def spellings(name: str) -> list[str]:
    """Return the ways a zone's name is written, the given one first.

    Examples
    --------
    >>> spellings("如意湖办事处")[:3]
    ['如意湖办事处', '如意湖街道办事处', '如意湖街道办']
    """
    found = [name]
    for endings in (_OFFICE, _COMMITTEE, _VILLAGE):
        ending = next((ending for ending in endings if name.endswith(ending)), None)
        if ending is not None and len(name) > len(ending) + 1:
            found += [name.removesuffix(ending) + other for other in endings]
    return list(dict.fromkeys(found))


# How far from a county's seat its land may reach. Banners and western counties are larger, but an
# office's gazetteer then holds places near their seats.
_REACH_KM = {"district": 20.0, "county": 45.0}
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class _Division:
    """A province, city or county: six-digit code and its seat."""

    code: str
    name: str
    lon: float
    lat: float


@lru_cache(maxsize=1)
def _divisions() -> Mapping[str, list[_Division]]:
    """Return the divisions of each name, from the national table."""
    found: dict[str, list[_Division]] = {}
    source = files("geodata").joinpath("reference/divisions.csv")
    with source.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            division = _Division(row["code"], row["name"], float(row["lon"]), float(row["lat"]))
            found.setdefault(division.name, []).append(division)
    return found


def _distances_km(lonlat: NDArray[np.float64], division: _Division) -> NDArray[np.float64]:
    scale = np.array([np.cos(np.radians(division.lat)), 1.0]) * _KM_PER_DEGREE
    return np.asarray(np.hypot(*((lonlat - [division.lon, division.lat]) * scale).T))


def _codes_around(lonlat: NDArray[np.float64]) -> set[str]:
    """Return the province (2 digits) and city (4 digits) codes of the counties nearest to points."""
    if len(lonlat) == 0:
        return set()
    counties = [one for own in _divisions().values() for one in own if not one.code.endswith("00")]
    scale = np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])
    seats = cKDTree(np.array([(one.lon, one.lat) for one in counties]) * scale)
    nearest = {counties[index].code for index in np.unique(seats.query(lonlat * scale)[1]).tolist()}
    return {code[:2] for code in nearest} | {code[:4] for code in nearest}


def _thinned(xy: NDArray[np.float64]) -> MultiPoint:
    """Return one point per 500 m square that holds at least one, the fullest first."""
    _, index, counts = np.unique(np.floor(xy / 500.0), axis=0, return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_POINTS]
    shape = MultiPoint(xy[index[order]])
    shapely.prepare(shape)
    return shape
