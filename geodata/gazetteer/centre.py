"""Robust centres and rough axes of scattered observations."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial.distance import cdist
from shapely.geometry import LineString

_CELL_M = 150.0
_MAX_POINTS = 400


def robust_centre(xy: NDArray[np.float64], sigma_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the weighted geometric median of observations and its 1-sigma radius.

    Parameters
    ----------
    xy, sigma_m
        Shape (n, 2) and (n,), n >= 1.

    Notes
    -----
    Weiszfeld's iteration with weights 1/sigma; observations beyond three robust deviations are then
    left out of the radius: median distance / 1.18, divided by the root of their number.
    """
    weight = 1.0 / np.maximum(sigma_m, 1.0)
    centre = np.average(xy, axis=0, weights=weight**2)
    if len(xy) == 1:
        return centre, float(sigma_m[0])
    for _ in range(25):
        pull = weight / np.maximum(np.hypot(*(xy - centre).T), 1.0)
        moved = np.average(xy, axis=0, weights=pull)
        if float(np.hypot(*(moved - centre))) < 0.1:
            break
        centre = moved
    distance = np.hypot(*(xy - centre).T)
    spread = float(np.median(distance)) / 1.18
    kept = distance <= 3.0 * max(spread, 20.0)
    radius = float(np.median(distance[kept])) / 1.18
    expected = float(np.median(sigma_m[kept]))
    return centre, max(radius, 0.5 * expected) / float(np.sqrt(kept.sum())) + 8.0


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
    tree = minimum_spanning_tree(cdist(nodes, nodes)).tocsr()
    start = int(np.argmax(dijkstra(tree, directed=False, indices=0)))
    distance, before = dijkstra(tree, directed=False, indices=start, return_predecessors=True)
    path = [int(np.argmax(distance))]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    ordered, weights = nodes[path[::-1]], weight[path[::-1]]
    smooth = ordered.copy()
    for i in range(1, len(ordered) - 1):
        smooth[i] = np.average(ordered[i - 1 : i + 2], axis=0, weights=weights[i - 1 : i + 2])
    line = LineString(smooth)
    if line.length < 120.0:
        return LineString(), 200.0
    line = shapely.simplify(line, 10.0)
    off = np.asarray(shapely.distance(line, shapely.points(xy)))
    return line, float(np.median(off)) + 10.0


def _cells(
    xy: NDArray[np.float64], sigma_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    best = np.argsort(sigma_m, kind="stable")[:_MAX_POINTS]
    xy, weight = xy[best], 1.0 / np.maximum(sigma_m[best], 5.0) ** 2
    _, cell = np.unique(np.floor(xy / _CELL_M), axis=0, return_inverse=True)
    cell = cell.ravel()
    total = np.asarray(np.bincount(cell, weights=weight), dtype=float)
    x = np.bincount(cell, weights=weight * xy[:, 0]) / total
    y = np.bincount(cell, weights=weight * xy[:, 1]) / total
    return np.column_stack([x, y]), total
