"""Rings to polygons, for formats that only know rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.vector.model import MAX_VERTICES, FormatError

LIMIT = 1e9


def checked(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return coordinates (n, 2), refused where they are no numbers or there are too many."""
    if len(xy) > MAX_VERTICES:
        raise FormatError("too_large", f"> {MAX_VERTICES}")
    if not (np.abs(xy) < LIMIT).all():  # also false for NaN
        raise FormatError("bad_geometry")
    return xy


def closed(xy: NDArray[np.float64], *, within: float) -> NDArray[np.float64] | None:
    """Return a ring whose ends meet within a distance, its last point being its first; else None."""
    if len(xy) < 3 or np.hypot(*(xy[0] - xy[-1])) > within:
        return None
    distinct = xy[:-1] if len(xy) > 3 and np.hypot(*(xy[0] - xy[-1])) <= within else xy
    if len(np.unique(distinct, axis=0)) < 3:
        return None
    return np.vstack([distinct, distinct[:1]])


def polygon_of(rings: Sequence[NDArray[np.float64]]) -> BaseGeometry:
    """Return the land that rings enclose by the even-odd rule of their nesting: shells, holes, islands.

    Direction does not count: many programs write it wrongly.
    """
    solid = [Polygon(ring) for ring in rings if len(ring) >= 4]
    if len(solid) == 1:
        return solid[0]
    solid.sort(key=lambda part: -abs(part.area))
    points = [part.representative_point() if part.area else part.centroid for part in solid]
    prepared = [shapely.make_valid(part) for part in solid]
    depth: list[int] = []
    shells: list[tuple[int, list[int]]] = []
    home: dict[int, int] = {}
    for number, point in enumerate(points):
        around = [other for other in range(number) if prepared[other].contains(point)]
        depth.append(len(around))
        if len(around) % 2 == 0:
            home[number] = len(shells)
            shells.append((number, []))
        else:
            shells[home[max(other for other in around if depth[other] == len(around) - 1)]][1].append(number)
    parts = [
        Polygon(solid[shell].exterior, [solid[hole].exterior for hole in holes]) for shell, holes in shells
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
