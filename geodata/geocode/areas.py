"""District names as a spatial prior: where the answer should lie, softly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint

from geodata.gazetteer.index import Gazetteer

# Districts known by points only reach this far beyond them; a border is soft by this much anyway.
_REACH_M = 800.0
_SOFT_M = 1000.0
_MAX_POINTS = 400


@dataclass(frozen=True, slots=True)
class AreaPrior:
    """How well points agree with the stated areas; `unknown` lists names the gazetteer lacks."""

    shapes: tuple[tuple[str, shapely.Geometry], ...]
    unknown: tuple[str, ...]

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
        self.knows_any = bool(self._filed) or bool(gazetteer.stats()["zones"])

    def prior(self, names: Sequence[str]) -> AreaPrior:
        """Return the prior of some area names; names of no known area are listed as unknown."""
        shapes, unknown = [], []
        for name in dict.fromkeys(name for name in names if name):
            shape = self._shape(name)
            if shape is None:
                unknown.append(name)
            else:
                shapes.append((name, shape))
        return AreaPrior(tuple(shapes), tuple(unknown))

    def _shape(self, name: str) -> shapely.Geometry | None:
        if name not in self._cache:
            self._cache[name] = self._find(name)
        return self._cache[name]

    def _find(self, name: str) -> shapely.Geometry | None:
        if name in self._filed:
            xy = self._gazetteer.document_xy[self._gazetteer.document_areas == name]
            return _thinned(xy)
        zones = self._gazetteer.zones_of(name)
        if zones:
            shape = shapely.union_all([zone.shape for zone in zones])
            shapely.prepare(shape)
            return shape
        return None


def _thinned(xy: NDArray[np.float64]) -> MultiPoint:
    """Return one point per 500 m square that holds at least one, the fullest first."""
    cells, index, counts = np.unique(np.floor(xy / 500.0), axis=0, return_index=True, return_counts=True)
    del cells
    order = np.argsort(-counts, kind="stable")[:_MAX_POINTS]
    shape = MultiPoint(xy[index[order]])
    shapely.prepare(shape)
    return shape
