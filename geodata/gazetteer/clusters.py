"""Mentions of many names at once: which belong together, and where their middle is.

Mining handles hundreds of thousands of names with a handful of mentions each. One array operation
over all of them costs what a few hundred single calls would. Groups are ranges of rows: group i is
`starts[i]:starts[i + 1]`, never empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geodata.gazetteer.pieces import link

# Above this size a tree of its own beats comparing all pairs.
_FEW = 40
_ROUNDS = 25


def link_groups(
    xy: NDArray[np.float64], starts: NDArray[np.int64], distance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the clusters of each group: points nearer than a distance share one (single linkage).

    Parameters
    ----------
    xy
        Shape (n, 2), metres.
    starts
        Shape (groups + 1,).

    Returns
    -------
    order, cluster_starts
        Rows sorted by group and cluster, shape (n,), in their given order within a cluster, and where
        each cluster begins in it, shape (clusters + 1,). Clusters of a group come in the order of
        their first rows.
    """
    sizes = np.diff(starts)
    first, second = _pairs(starts[:-1][sizes <= _FEW], sizes[sizes <= _FEW])
    near = np.hypot(*(xy[first] - xy[second]).T) <= distance_m
    edges = [np.stack([first[near], second[near]])]
    for group in np.flatnonzero(sizes > _FEW).tolist():
        low, high = int(starts[group]), int(starts[group + 1])
        points: Any = shapely.points(xy[low:high])
        own: NDArray[np.int64] = np.array(link(list(points), distance_m), dtype=np.int64)
        # Every member is joined to the first of its cluster.
        _, leaders = np.unique(own, return_index=True)
        edges.append(np.stack([low + leaders[own], np.arange(low, high)]))
    joined = np.concatenate(edges, axis=1)
    graph = coo_matrix((np.ones(joined.shape[1], dtype=np.int8), joined), shape=(len(xy), len(xy)))
    labels: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    begins = np.flatnonzero(np.diff(labels[order], prepend=-1))
    return order, np.append(begins, len(xy))


def _pairs(
    begins: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of different rows within ranges of rows."""
    firsts, seconds = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for size in np.unique(sizes).tolist():
        one, other = np.triu_indices(size, 1)
        own = begins[sizes == size][:, None]
        firsts.append((own + one).ravel())
        seconds.append((own + other).ravel())
    return np.concatenate(firsts), np.concatenate(seconds)


def robust_centres(
    xy: NDArray[np.float64], sigma_m: NDArray[np.float64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each group's weighted geometric median, shape (groups, 2), and its 1-sigma radius.

    Parameters
    ----------
    xy, sigma_m
        Shape (n, 2) and (n,).
    starts
        Shape (groups + 1,).

    Notes
    -----
    Weiszfeld's iteration with weights 1/sigma, until it moves less than 0.1 m; observations beyond
    three robust deviations are then left out of the radius: median distance / 1.18, divided by the
    root of their number. A single observation keeps its own radius.
    """
    weight = 1.0 / np.maximum(sigma_m, 1.0)
    centre = _averages(xy, weight**2, starts)
    radius = sigma_m[starts[:-1]].astype(float)
    many = np.flatnonzero(np.diff(starts) > 1)
    if len(many) == 0:
        return centre, radius
    rows, inner = _of_groups(starts, many)
    xy, sigma_m, weight = xy[rows], sigma_m[rows], weight[rows]
    centre[many] = found = _medians_of_space(xy, weight, inner, centre[many])
    distance = np.hypot(*(xy - np.repeat(found, np.diff(inner), axis=0)).T)
    spread = medians(distance, inner) / 1.18
    kept = distance <= np.repeat(3.0 * np.maximum(spread, 20.0), np.diff(inner))
    count = np.add.reduceat(kept.astype(np.int64), inner[:-1])
    inner = np.concatenate([[0], np.cumsum(count)])
    expected = medians(sigma_m[kept], inner)
    own = np.maximum(medians(distance[kept], inner) / 1.18, 0.5 * expected)
    radius[many] = own / np.sqrt(count) + 8.0
    return centre, radius


def _of_groups(
    starts: NDArray[np.int64], groups: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of some groups, and where each begins among them."""
    sizes = np.diff(starts)[groups]
    inner = np.concatenate([[0], np.cumsum(sizes)])
    return np.arange(inner[-1]) + np.repeat(starts[groups] - inner[:-1], sizes), inner


def _averages(
    xy: NDArray[np.float64], weight: NDArray[np.float64], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    total = np.add.reduceat(weight, starts[:-1])
    average: NDArray[np.float64] = np.add.reduceat(xy * weight[:, None], starts[:-1]) / total[:, None]
    return average


def _medians_of_space(
    xy: NDArray[np.float64],
    weight: NDArray[np.float64],
    starts: NDArray[np.int64],
    centre: NDArray[np.float64],
) -> NDArray[np.float64]:
    centre = centre.copy()
    moving = np.arange(len(centre))
    for _ in range(_ROUNDS):
        rows, inner = _of_groups(starts, moving)
        away = np.hypot(*(xy[rows] - np.repeat(centre[moving], np.diff(inner), axis=0)).T)
        moved = _averages(xy[rows], weight[rows] / np.maximum(away, 1.0), inner)
        far = np.hypot(*(moved - centre[moving]).T) >= 0.1
        moving = moving[far]
        centre[moving] = moved[far]
        if len(moving) == 0:
            break
    return centre


def medians(values: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the median of each group's values."""
    sizes = np.diff(starts)
    ordered = values[np.lexsort((values, np.repeat(np.arange(len(sizes)), sizes)))]
    low, high = ordered[starts[:-1] + (sizes - 1) // 2], ordered[starts[:-1] + sizes // 2]
    median: NDArray[np.float64] = (low + high) / 2
    return median
