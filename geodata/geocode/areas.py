"""District names as a spatial prior: where the answer should lie, softly.

A name the gazetteer lacks is looked up in the national table of divisions: a district far away means
that the text is about another city. Names in neither (开发区, 新区) say nothing either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer.index import Gazetteer
from geodata.geocode.divisions import Surroundings

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

    @cached_property
    def _around(self) -> Surroundings:
        points = self._gazetteer.sample_points()
        return Surroundings(reproject_xy(points, self._gazetteer.crs, WGS84))

    def prior(self, names: Sequence[str]) -> AreaPrior:
        """Return the prior of some area names; names of no known area are listed as unknown."""
        shapes, unknown, elsewhere = [], [], []
        for name in dict.fromkeys(name for name in names if name):
            shape = self._shape(name)
            if shape is not None:
                shapes.append((name, shape))
                continue
            near = self._around.has(name)
            if near is False:
                elsewhere.append(name)
            elif near is None:
                unknown.append(name)
        return AreaPrior(tuple(shapes), tuple(unknown), tuple(elsewhere))

    def _shape(self, name: str) -> shapely.Geometry | None:
        if name not in self._cache:
            self._cache[name] = self._find(name)
        return self._cache[name]

    def _find(self, name: str) -> shapely.Geometry | None:
        for spelling in spellings(name):
            filed = self._gazetteer.filed_under(spelling)
            if len(filed):
                return _thinned(filed)
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


def _thinned(xy: NDArray[np.float64]) -> MultiPoint:
    """Return one point per 500 m square that holds at least one, the fullest first."""
    _, index, counts = np.unique(np.floor(xy / 500.0), axis=0, return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_POINTS]
    shape = MultiPoint(xy[index[order]])
    shapely.prepare(shape)
    return shape
