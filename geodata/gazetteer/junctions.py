"""Where lines meet: shared nodes, drawn intersections, and ends that stop just short.

The carriageways of two dual roads cross in four nodes: these are one crossing. The same two roads
meeting again farther than 100 m away is another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Point

from geodata.gazetteer.model import CrossingRow, LineRow, Source
from geodata.gazetteer.pieces import Piece, link

SAME_CROSSING_M = 100.0
# A road drawn to just short of another one does meet it on the ground.
_SHORT_END_M = 30.0

Pair = tuple[int, int]


def shared_nodes(pieces: Sequence[Piece], line_of: Sequence[int]) -> dict[Pair, list[tuple[float, float]]]:
    """Return, per pair of lines, the points (x, y) of the nodes both are drawn through."""
    lines_at: dict[int, dict[int, tuple[float, float]]] = defaultdict(dict)
    for piece, line in zip(pieces, line_of, strict=True):
        for node, point in zip(piece.node_ids.tolist(), piece.line.coords, strict=False):
            lines_at[node][line] = (point[0], point[1])
    met: dict[Pair, list[tuple[float, float]]] = defaultdict(list)
    for there in lines_at.values():
        if len(there) > 1:
            indices = sorted(there)
            for i, first in enumerate(indices):
                for second in indices[i + 1 :]:
                    met[first, second].append(there[first])
    return dict(met)


def find_crossings(
    lines: Sequence[LineRow], nodes: Mapping[Pair, list[tuple[float, float]]], *, since: int = 0
) -> list[CrossingRow]:
    """Return all crossings of lines with different names.

    Parameters
    ----------
    nodes
        From `shared_nodes`; empty where the drawing has no node ids.
    since
        Only crossings with lines from this index on are asked for.

    Notes
    -----
    A drawn intersection counts only farther than 100 m from the pair's shared nodes: flyovers cross
    without sharing a node, but where nodes are shared they say best where the junction is.
    """
    drawn = _drawn_intersections(lines, since)
    crossings: list[CrossingRow] = []
    for pair in sorted(set(nodes) | set(drawn)):
        first, second = pair
        if lines[first].name == lines[second].name:
            continue
        source: Source = "osm" if "osm" in (lines[first].source, lines[second].source) else "lines"
        shared = np.array(nodes.get(pair, []), dtype=float).reshape(-1, 2)
        extra = np.array(drawn.get(pair, []), dtype=float).reshape(-1, 2)
        if len(shared) and len(extra):
            gap = shapely.distance(shapely.multipoints(shared), shapely.points(extra))
            extra = extra[np.asarray(gap) > SAME_CROSSING_M]
        for points, sigma in ((shared, 5.0), (extra, 8.0)):
            crossings += _clusters(pair, points, sigma, source)
    return crossings


def _clusters(pair: Pair, points: NDArray[np.float64], sigma_m: float, source: Source) -> list[CrossingRow]:
    if len(points) == 0:
        return []
    points = np.unique(points, axis=0)
    labels = np.asarray(link([Point(xy) for xy in points], SAME_CROSSING_M))
    rows = []
    for label in range(labels.max() + 1):
        members = points[labels == label]
        nodes = MultiPoint(members)
        centre = nodes.convex_hull.centroid
        spread = float(np.hypot(*(members - [centre.x, centre.y]).T).max())
        rows.append(CrossingRow(*pair, centre.x, centre.y, sigma_m + spread / 3, len(members), nodes, source))
    return rows


def _drawn_intersections(lines: Sequence[LineRow], since: int) -> dict[Pair, list[tuple[float, float]]]:
    shapes = np.array([line.shape for line in lines], dtype=object)
    if len(shapes) < 2:
        return {}
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_SHORT_END_M)
    # What was mined from addresses is where somebody was, not where the road is.
    mined = np.array([line.source == "mined" for line in lines])
    ordered = (left < right) & (right >= since) & ~mined[left] & ~mined[right]
    left, right = left[ordered], right[ordered]
    cuts = np.asarray(shapely.intersection(shapes[left], shapes[right]))
    met: dict[Pair, list[tuple[float, float]]] = defaultdict(list)
    for a, b, cut in zip(left.tolist(), right.tolist(), cuts, strict=True):
        if cut.is_empty:
            met[a, b] += _short_ends(lines[a], lines[b]) + _short_ends(lines[b], lines[a])
            continue
        for part in shapely.get_parts(cut):
            # Lines drawn on each other (a road on its bridge) meet along a stretch, not at a point.
            point = part if part.geom_type == "Point" else part.interpolate(0.5, normalized=True)
            met[a, b].append((point.x, point.y))
    return {pair: points for pair, points in met.items() if points}


def _short_ends(line: LineRow, other: LineRow) -> list[tuple[float, float]]:
    if {line.line_class, other.line_class} != {"road"}:
        return []
    found = []
    for end in (line.axis.coords[0], line.axis.coords[-1]):
        point = shapely.points(end[:2])
        if 0 < shapely.distance(point, other.shape) <= _SHORT_END_M:
            near = shapely.get_coordinates(shapely.shortest_line(point, other.shape))[1]
            found.append((float(near[0]), float(near[1])))
    return found
