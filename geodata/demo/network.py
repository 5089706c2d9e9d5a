"""The street network: T-junctions cut clean, and crossings whose vertex both lines share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, STRtree
from shapely.geometry.base import BaseGeometry

from geodata.demo.authored import Line


def points_of(geometry: BaseGeometry) -> list[Point]:
    """Return the points in what two lines share; overlaps count by their ends."""
    found: list[Point] = []
    for part in shapely.get_parts(geometry):
        if isinstance(part, Point):
            found.append(part)
        elif isinstance(part, LineString):
            found += [Point(part.coords[0]), Point(part.coords[-1])]
    return found


def crossings(lines: Sequence[Line]) -> list[tuple[int, int, Point]]:
    """Return (line, line, point) of every crossing, line numbers ascending, points on the millimetre grid."""
    tree = STRtree([line.geometry for line in lines])
    left, right = tree.query([line.geometry for line in lines], predicate="intersects")
    found: list[tuple[int, int, Point]] = []
    for i, j in sorted(
        {(min(a, b), max(a, b)) for a, b in zip(left.tolist(), right.tolist(), strict=True) if a != b}
    ):
        shared = points_of(lines[i].geometry.intersection(lines[j].geometry))
        found += [(i, j, Point(np.round(point.coords[0], 3))) for point in shared]
    return found


def trim(lines: Sequence[Line], *, trim_m: float) -> list[Line]:
    """Return the roads cut back to their first and last crossing with a road where the tail is short.

    The lines must share their vertices already, so that a cut is a choice of vertices and the ends
    stay bit for bit on the road they meet. Rings, canals and rails keep their ends; so does a road
    whose tail is `trim_m` or longer.
    """
    nodes: list[set[tuple[float, float]]] = [set() for _ in lines]
    for i, j, point in crossings(lines):
        if lines[i].klass == lines[j].klass == "road":
            nodes[i].add((point.x, point.y))
            nodes[j].add((point.x, point.y))
    return [
        line if line.klass != "road" or line.rank == "ring" or not found else _cut(line, found, trim_m)
        for line, found in zip(lines, nodes, strict=True)
    ]


def _cut(line: Line, nodes: set[tuple[float, float]], trim_m: float) -> Line:
    xy = shapely.get_coordinates(line.geometry)
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    on = [number for number, (x, y) in enumerate(xy.tolist()) if (x, y) in nodes]
    first = on[0] if at[on[0]] < trim_m else 0
    last = on[-1] if at[-1] - at[on[-1]] < trim_m else len(xy) - 1
    return line.with_geometry(LineString(xy[first : last + 1]))


def share_vertices(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with a vertex at every crossing, bit for bit the same in both."""
    extra: list[list[Point]] = [[] for _ in lines]
    for i, j, point in crossings(lines):
        extra[i].append(point)
        extra[j].append(point)
    return [
        line.with_geometry(insert(line.geometry, points)) for line, points in zip(lines, extra, strict=True)
    ]


def insert(line: LineString, points: Sequence[Point], *, merge_m: float = 0.5) -> LineString:
    """Return a line that passes through points lying on it; a vertex within `merge_m` is replaced."""
    if not points:
        return line
    xy = np.round(shapely.get_coordinates(line), 3)
    closed = bool(line.is_closed)
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    new = np.asarray([point.coords[0] for point in points])
    new_at = np.asarray([line.project(point) for point in points])
    keep = np.abs(at[:, None] - new_at[None, :]).min(axis=1) > merge_m
    all_xy, all_at = np.vstack([xy[keep], new]), np.concatenate([at[keep], new_at])
    ordered: NDArray[np.float64] = all_xy[np.argsort(all_at, kind="stable")]
    fresh = np.concatenate([[True], np.any(np.diff(ordered, axis=0) != 0, axis=1)])
    ordered = ordered[fresh]
    if closed and not np.array_equal(ordered[0], ordered[-1]):
        ordered = np.vstack([ordered, ordered[:1]])
    return LineString(ordered)
