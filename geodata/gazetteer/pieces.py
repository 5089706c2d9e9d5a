"""From drawn pieces to lines: pieces of one name that belong together become one line.

The same name far apart stays apart: every town has its 人民路.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point

from geodata.gazetteer.model import LineClass, LineRow, Source
from geodata.linear.spine import spine

# Pieces of one name nearer than this belong to one line. Rivers and railways have long unnamed gaps.
_SAME_LINE_M: dict[LineClass, float] = {"road": 800.0, "rail": 3000.0, "water": 3000.0}
_FEW = 40
# Carriageways drawn apart lie between these distances from the axis; their own lanes reach farther.
_DUAL_M, _CARRIAGEWAY_M, _LANES_M = 3.0, 45.0, 7.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One drawn line in the gazetteer's CRS; `node_ids` (n,) for its vertices, or empty.

    `sigma_m` is how far it may lie off the real one, metres.
    """

    name: str
    line_class: LineClass
    line: LineString
    half_width_m: float
    node_ids: NDArray[np.int64]
    category: str = ""
    source: Source = "osm"
    sigma_m: float = 5.0


def merge_pieces(pieces: Sequence[Piece]) -> tuple[list[LineRow], list[int]]:
    """Return one line per name and neighbourhood, and for each piece the index of its line.

    A line drawn in several sources has the source and the uncertainty of most of its length.
    """
    by_name: dict[tuple[str, LineClass], list[int]] = defaultdict(list)
    for index, piece in enumerate(pieces):
        by_name[piece.name, piece.line_class].append(index)
    lines: list[LineRow] = []
    line_of = [-1] * len(pieces)
    for (name, line_class), members in by_name.items():
        labels = link([pieces[i].line for i in members], _SAME_LINE_M[line_class])
        for label in range(max(labels) + 1):
            group = [i for i, own in zip(members, labels, strict=True) if own == label]
            for i in group:
                line_of[i] = len(lines)
            lines.append(_line(name, line_class, [pieces[i] for i in group]))
    return lines, line_of


def link(shapes: Sequence[shapely.Geometry], distance_m: float) -> list[int]:
    """Return a cluster number per shape: shapes nearer than a distance share one (single linkage)."""
    if len(shapes) == 1:
        return [0]
    if len(shapes) <= _FEW and all(isinstance(shape, Point) for shape in shapes):
        return _link_points(shapely.get_coordinates(list(shapes)), distance_m)
    array = np.asarray(shapes, dtype=object)
    pairs = shapely.STRtree(array).query(array, predicate="dwithin", distance=distance_m)
    graph = coo_matrix((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(array), len(array)))
    labels: list[int] = connected_components(graph, directed=False)[1].tolist()
    return labels


def _link_points(xy: NDArray[np.float64], distance_m: float) -> list[int]:
    # Mining links thousands of tiny groups: a plain walk is much faster there than building a tree.
    difference = xy[:, None, :] - xy[None, :, :]
    near = np.hypot(difference[..., 0], difference[..., 1]) <= distance_m
    labels = [-1] * len(xy)
    count = 0
    for start in range(len(xy)):
        if labels[start] >= 0:
            continue
        waiting = [start]
        while waiting:
            at = waiting.pop()
            if labels[at] < 0:
                labels[at] = count
                waiting += np.flatnonzero(near[at]).tolist()
        count += 1
    return labels


def _line(name: str, line_class: LineClass, group: list[Piece]) -> LineRow:
    # The width of most of the length: a slip road must not make an avenue narrow.
    widths: Counter[float] = Counter()
    origins: Counter[tuple[Source, float]] = Counter()
    for piece in group:
        widths[piece.half_width_m] += int(piece.line.length) + 1
        origins[piece.source, piece.sigma_m] += int(piece.line.length) + 1
    source, sigma_m = origins.most_common(1)[0][0]
    shapes = [piece.line for piece in group]
    shape = shapes[0] if len(shapes) == 1 else shapely.multilinestrings(shapes)
    axis = spine(shapes, gap_m=_SAME_LINE_M[line_class])
    half = _half_width(axis, shapes, widths.most_common(1)[0][0]) if line_class == "road" else 0.0
    return LineRow(name, line_class, axis, shape, half or widths.most_common(1)[0][0], sigma_m, source)


def _half_width(axis: LineString, shapes: list[LineString], usual_m: float) -> float:
    """Return a road's half width: its class's, or to beyond the carriageways that are drawn apart."""
    points = shapely.line_interpolate_point(
        np.repeat(np.asarray(shapes, dtype=object), 9),
        np.tile(np.arange(0.1, 1.0, 0.1), len(shapes)),
        normalized=True,
    )
    weight = np.repeat(shapely.length(shapes), 9)
    off = np.asarray(shapely.distance(points, axis))
    carriageways = off < _CARRIAGEWAY_M
    off, weight = off[carriageways], weight[carriageways]
    if not len(off) or np.average(off > _DUAL_M, weights=weight) < 0.5:
        return usual_m
    order = np.argsort(off)
    at = np.searchsorted(np.cumsum(weight[order]), 0.75 * weight.sum())
    return max(usual_m, float(off[order][min(at, len(off) - 1)]) + _LANES_M)
