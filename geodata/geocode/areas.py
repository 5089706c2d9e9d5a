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
from shapely.geometry import MultiPoint, Point

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer.index import Gazetteer
from geodata.geocode.divisions import Surroundings
from geodata.text.normalize import normalise

# Districts known by points only reach this far beyond them; a border is soft by this much anyway.
_REACH_M = 800.0
_SOFT_M = 1000.0
_MAX_POINTS = 400
# Side of the squares that filed points are thinned to; its diagonal is shorter than _REACH_M.
_CELL_M = 500.0
_MOST_PRIORS = 4096


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where an area is: a border, or the points filed under it and the squares they fill."""

    shape: shapely.Geometry
    filled: frozenset[tuple[int, int]] = frozenset()

    def beyond_m(self, points: Sequence[tuple[float, float]]) -> list[float]:
        """Return how far in metres each point lies outside."""
        result = [0.0] * len(points)
        # a filled square reaches less far than a filed point does, so inside one there is nothing to measure
        open_ = [
            i for i, (x, y) in enumerate(points) if (int(x // _CELL_M), int(y // _CELL_M)) not in self.filled
        ]
        if open_:
            reach = _REACH_M if self.filled else 0.0
            away = shapely.distance(self.shape, shapely.points([points[i] for i in open_]))
            for i, distance in zip(open_, np.atleast_1d(away).tolist(), strict=True):
                result[i] = max(distance - reach, 0.0)
        return result


@dataclass(frozen=True, slots=True)
class AreaPrior:
    """How well points agree with the stated areas.

    `unknown` lists names without a known place, `elsewhere` names of divisions far from everything
    the gazetteer knows.
    """

    extents: tuple[_Extent, ...]
    unknown: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def agreement(self, points: Sequence[tuple[float, float]]) -> list[float]:
        """Return a factor in 0..1 per point: 1 inside all areas, falling off outside.

        Parameters
        ----------
        points
            East and north in metres, gazetteer CRS.
        """
        factor = [1.0] * len(points)
        for extent in self.extents:
            for index, beyond in enumerate(extent.beyond_m(points)):
                if beyond:
                    factor[index] = min(factor[index], 1.0 / (1.0 + (beyond / _SOFT_M) ** 2))
        return factor


class AreaIndex:
    """Areas by name: zones with borders, and districts known by the places filed under them."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._extents: dict[str, _Extent | None] = {}
        self._priors: dict[tuple[str, ...], AreaPrior] = {}

    @cached_property
    def _around(self) -> Surroundings:
        points = self._gazetteer.sample_points()
        return Surroundings(reproject_xy(points, self._gazetteer.crs, WGS84))

    def prior(self, names: Sequence[str]) -> AreaPrior:
        """Return the prior of some area names as written; those of no known area are listed as unknown."""
        key = tuple(names)
        prior = self._priors.get(key)
        if prior is None:
            if len(self._priors) >= _MOST_PRIORS:
                self._priors.clear()
            plain = dict.fromkeys(normalise(name).text for name in names)
            prior = self._priors[key] = self._prior([name for name in plain if name])
        return prior

    def _prior(self, names: Sequence[str]) -> AreaPrior:
        extents, unknown, elsewhere = [], [], []
        for name in names:
            extent = self._extent(name)
            if extent is not None:
                extents.append(extent)
                continue
            near = self._around.has(name)
            if near is False:
                elsewhere.append(name)
            elif near is None:
                unknown.append(name)
        return AreaPrior(tuple(extents), tuple(unknown), tuple(elsewhere))

    def _extent(self, name: str) -> _Extent | None:
        if name not in self._extents:
            self._extents[name] = self._find(name)
        return self._extents[name]

    def _find(self, name: str) -> _Extent | None:
        for spelling in spellings(name):
            filed = self._gazetteer.filed_under(spelling)
            if len(filed):
                return _filed(filed)
            zones = self._gazetteer.zones_of(spelling)
            if zones:
                shape = shapely.union_all([zone.shape for zone in zones])
                shapely.prepare(shape)
                return (
                    _filed(shapely.get_coordinates(shape))
                    if isinstance(shape, MultiPoint | Point)
                    else _Extent(shape)
                )
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


def _filed(xy: NDArray[np.float64]) -> _Extent:
    """Return the extent of scattered points, one per square that holds at least one, the fullest first."""
    cells, index, counts = np.unique(np.floor(xy / _CELL_M), axis=0, return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_POINTS]
    shape = MultiPoint(xy[index[order]])
    shapely.prepare(shape)
    return _Extent(shape, frozenset((int(x), int(y)) for x, y in cells[order].tolist()))
