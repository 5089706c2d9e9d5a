"""A network of lines as edges between nodes: the ground on which street problems are counted.

For densities, not for routing: no directions, no speeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LineNetwork:
    """Edges (LineStrings, metres), their lengths, and the nodes they run between.

    `start`, `end` number the nodes at an edge's first and last corner; the same for a ring. `degree`
    counts the edge ends at each node (a ring counts twice); `source` is the line an edge is part of,
    in the order of the lines given.
    """

    edges: NDArray[np.object_]
    length_m: Floats
    start: Ints
    end: Ints
    degree: Ints
    source: Ints


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where points lie on a network: edge (-1: too far off), metres along it, metres off it."""

    edge: Ints
    along_m: Floats
    off_m: Floats


def line_network(
    lines: Iterable[BaseGeometry | None],
    *,
    tolerance_m: float = 0.01,
    crossings: bool = True,
    groups: Sequence[str] | None = None,
) -> LineNetwork:
    """Return the network of lines.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in a projected CRS, metres; None and empty ones are passed over.
    tolerance_m
        Corners nearer than this to each other are one (lines are put on a lattice of this size), > 0.
    crossings
        Whether lines that cross without a common corner meet there (drawn roads) or pass over each
        other (only common corners and ends are nodes; a viaduct stays apart).
    groups
        What each line is (road, water); lines of different groups never meet: a canal under a bridge.

    Raises
    ------
    ValueError
        If something is no line, or no line is left, or groups do not fit.

    Notes
    -----
    Lines lying on each other become one edge, of the first line.
    """
    if not tolerance_m > 0:
        raise InputError(
            f"tolerance_m must be above 0, not {tolerance_m}",
            zh=f"容差（tolerance_m）要大于 0，不能是 {tolerance_m}",
        )
    given = list(lines)
    wrong = {g.geom_type for g in given if g is not None and g.geom_type not in _LINES}
    if wrong:
        raise InputError(
            f"a network needs lines, not {', '.join(sorted(wrong))}",
            zh=f"线网只收线，不收 {'、'.join(sorted(wrong))}",
        )
    kinds = np.zeros(len(given), dtype=str) if groups is None else np.asarray(groups, dtype=str)
    if kinds.shape != (len(given),):
        raise ValueError(f"groups must be {len(given)} words, not {len(kinds)}")
    parts, source = shapely.get_parts(np.asarray(given, dtype=object), return_index=True)
    parts = shapely.set_precision(parts, tolerance_m)
    keep = ~(shapely.is_missing(parts) | shapely.is_empty(parts)) & (shapely.length(parts) > 0)
    parts, source = parts[keep], source[keep]
    if not len(parts):
        raise InputError("a network needs a line at least", zh="线网里没有一条线")
    networks = [
        _one_network(parts[mine], source[mine], tolerance_m=tolerance_m, crossings=crossings)
        for mine in (kinds[source] == kind for kind in np.unique(kinds[source]))
    ]
    return networks[0] if len(networks) == 1 else _side_by_side(networks)


def _one_network(
    parts: NDArray[np.object_], source: Ints, *, tolerance_m: float, crossings: bool
) -> LineNetwork:
    pieces: NDArray[np.object_] = _noded(parts, tolerance_m) if crossings else _cut_at_corners(parts)
    first, last = shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)
    ends = np.vstack([shapely.get_coordinates(first), shapely.get_coordinates(last)])
    _, node = np.unique(np.round(ends / tolerance_m).astype(np.int64), axis=0, return_inverse=True)
    node = node.ravel()
    return LineNetwork(
        edges=pieces, length_m=shapely.length(pieces), start=node[: len(pieces)], end=node[len(pieces) :],
        degree=np.bincount(node), source=_sources(pieces, parts, source),
    )  # fmt: skip


def _side_by_side(networks: Sequence[LineNetwork]) -> LineNetwork:
    """Several networks as one, with no node in common."""
    nodes = np.cumsum([0, *(len(network.degree) for network in networks[:-1])])
    return LineNetwork(
        edges=np.concatenate([network.edges for network in networks]),
        length_m=np.concatenate([network.length_m for network in networks]),
        start=np.concatenate([network.start + shift for network, shift in zip(networks, nodes, strict=True)]),
        end=np.concatenate([network.end + shift for network, shift in zip(networks, nodes, strict=True)]),
        degree=np.concatenate([network.degree for network in networks]),
        source=np.concatenate([network.source for network in networks]),
    )


_LINES = ("LineString", "MultiLineString", "LinearRing")


def _noded(parts: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Pieces between crossings and ends, straight-through nodes merged away; in a fixed order."""
    merged = shapely.line_merge(shapely.union_all(parts, grid_size=tolerance_m))
    return _ordered(shapely.get_parts(merged))


def _cut_at_corners(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Pieces between corners that more than one line has, or that are ends."""
    corners, line = shapely.get_coordinates(parts, return_index=True)
    keys, place = np.unique(corners, axis=0, return_inverse=True)
    place = place.ravel()
    is_end = np.r_[True, line[1:] != line[:-1]] | np.r_[line[1:] != line[:-1], True]
    shared = np.bincount(place, minlength=len(keys)) > 1
    cut = is_end | shared[place] | (np.bincount(place, weights=is_end, minlength=len(keys)) > 0)[place]
    pieces = []
    for number in range(len(parts)):
        mine = np.flatnonzero(line == number)
        stops = mine[cut[mine]]
        pieces += [corners[a : b + 1] for a, b in pairwise(stops)]
    unique = {min(p.tobytes(), p[::-1].tobytes()): p for p in reversed(pieces)}
    return _ordered(np.asarray([shapely.LineString(p) for p in unique.values()], dtype=object))


def _ordered(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Edges sorted by their corners: the same lines in another order give the same network."""
    lines = np.asarray(shapely.normalize(pieces), dtype=object)
    keys = sorted(range(len(lines)), key=lambda at: shapely.get_coordinates(lines[at]).tolist())
    return np.asarray(lines, dtype=object)[keys]


def _sources(pieces: NDArray[np.object_], parts: NDArray[np.object_], source: Ints) -> Ints:
    """The first line that each edge lies on: the one nearest its middle, ties to the first."""
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    (edge, part) = shapely.STRtree(parts).query_nearest(middles, all_matches=True)
    found = np.full(len(pieces), np.iinfo(np.int64).max)
    np.minimum.at(found, edge, source[part])
    return found


def snap(points: ArrayLike, network: LineNetwork, *, within_m: float) -> Snapped:
    """Return the nearest place on the network for each point; ties go to the lower edge number.

    Parameters
    ----------
    points
        Shape (n, 2), metres, the network's CRS.
    within_m
        Points farther off than this are not snapped, >= 0.
    """
    from geodata.patterns.cells import finite_xy

    if not within_m >= 0:
        raise InputError(
            f"within_m must not be negative, not {within_m}",
            zh=f"离线距离（--snap-m）不能是负数：{within_m}",
        )
    xy = finite_xy(points)
    edge, off = np.full(len(xy), -1, dtype=np.int64), np.full(len(xy), np.inf)
    along = np.full(len(xy), np.nan)
    if not len(xy):
        return Snapped(edge, along, off)
    spots = np.asarray(shapely.points(xy), dtype=object)
    (which, near), distance = shapely.STRtree(network.edges).query_nearest(
        spots, all_matches=True, return_distance=True
    )
    off[which] = distance
    taken = np.full(len(xy), np.iinfo(np.int64).max)
    np.minimum.at(taken, which, near)
    close = off <= within_m
    edge[close] = taken[close]
    along[close] = shapely.line_locate_point(network.edges[edge[close]], spots[close])
    return Snapped(edge, along, off)
