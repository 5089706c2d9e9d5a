"""Rough axes of scattered observations."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

_CELL_M = 150.0
_MAX_POINTS = 400


def rough_axis(xy: NDArray[np.float64], sigma_m: NDArray[np.float64]) -> tuple[LineString, float]:
    """Return a line through points scattered along a road, and how far off it may be; else an empty line.

    Notes
    -----
    Points are averaged in 150 m cells, joined by a minimum spanning tree whose longest path gives
    their order (rings and bends included), and smoothed over three neighbours.
    """
    nodes, weight = _cells(xy, sigma_m)
    if len(nodes) < 2:
        return LineString(), 200.0
    path = _longest_path(nodes)
    ordered, weights = nodes[path], weight[path]
    smooth = ordered.copy()
    pulled = ordered * weights[:, None]
    total = weights[:-2] + weights[1:-1] + weights[2:]
    smooth[1:-1] = (pulled[:-2] + pulled[1:-1] + pulled[2:]) / total[:, None]
    line = LineString(smooth)
    if line.length < 120.0:
        return LineString(), 200.0
    line = shapely.simplify(line, 10.0)
    off = np.asarray(shapely.distance(line, shapely.points(xy)))
    return line, float(np.median(off)) + 10.0


def _longest_path(nodes: NDArray[np.float64]) -> list[int]:
    """Return the longest path of the points' minimum spanning tree."""
    joined = _spanning_tree(nodes)
    start = max(_lengths(joined, 0).items(), key=lambda item: (item[1][0], -item[0]))[0]
    reached = _lengths(joined, start)
    path = [max(reached.items(), key=lambda item: (item[1][0], -item[0]))[0]]
    while path[-1] != start:
        path.append(reached[path[-1]][1])
    return path[::-1]


def _spanning_tree(nodes: NDArray[np.float64]) -> list[list[tuple[int, float]]]:
    """Return the neighbours and their distances of each point (Prim's algorithm on all pairs).

    A road has some dozens of points: a general graph routine spends most of its time on its own set-up.
    """
    gaps = np.hypot(*(nodes[:, None, :] - nodes[None, :, :]).transpose(2, 0, 1))
    joined: list[list[tuple[int, float]]] = [[] for _ in nodes]
    nearest = np.zeros(len(nodes), dtype=np.int64)
    gap = gaps[0].copy()
    gap[0] = np.inf
    for _ in range(len(nodes) - 1):
        new = int(gap.argmin())
        old, length = int(nearest[new]), float(gap[new])
        joined[old].append((new, length))
        joined[new].append((old, length))
        closer = (gaps[new] < gap) & (gap < np.inf)
        nearest[closer] = new
        gap[closer] = gaps[new][closer]
        gap[new] = np.inf
    return joined


def _lengths(joined: list[list[tuple[int, float]]], start: int) -> dict[int, tuple[float, int]]:
    """Return the way along a tree from a point to every other, and the point before it on that way."""
    found = {start: (0.0, start)}
    waiting = [start]
    while waiting:
        at = waiting.pop()
        for other, length in joined[at]:
            if other not in found:
                found[other] = (found[at][0] + length, at)
                waiting.append(other)
    return found


def cell_keys(xy: NDArray[np.float64], cell_m: float) -> NDArray[np.int64]:
    """Return one integer per point, equal in one square cell; they sort by x, then y."""
    cell = np.floor(xy / cell_m).astype(np.int64)
    keys: NDArray[np.int64] = (cell[:, 0] << 32) + cell[:, 1]
    return keys


def _cells(
    xy: NDArray[np.float64], sigma_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    best = np.argsort(sigma_m, kind="stable")[:_MAX_POINTS]
    xy, weight = xy[best], 1.0 / np.maximum(sigma_m[best], 5.0) ** 2
    _, cell = np.unique(cell_keys(xy, _CELL_M), return_inverse=True)
    total = np.asarray(np.bincount(cell, weights=weight), dtype=float)
    x = np.bincount(cell, weights=weight * xy[:, 0]) / total
    y = np.bincount(cell, weights=weight * xy[:, 1]) / total
    return np.column_stack([x, y]), total
