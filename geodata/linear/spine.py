"""One centre line out of the many drawn pieces of a road, and paths through the pieces.

Maps draw a dual carriageway as two lines and cut every line at junctions and bridges. Walking along
a road needs one line: `spine` finds it. A branch that the spine leaves out is reached by `drawn_path`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from shapely.geometry import LineString, Point, Polygon

# A road is drawn on beyond a gap (an unnamed junction, a missing piece) up to this far.
_BRIDGED_GAP_M = 300.0
# Opposite carriageways of one road lie at most this far apart.
_CARRIAGEWAY_M = 45.0
# The two legs of a hairpin bend are joined by less than this along the road.
_HAIRPIN_M = 600.0
_STEP_M = 20.0


def spine(pieces: Sequence[LineString], *, gap_m: float = _BRIDGED_GAP_M) -> LineString:
    """Return the one centre line of a road drawn in many pieces.

    Parameters
    ----------
    pieces
        At least one line, projected CRS in metres. A single piece comes back unchanged; a real ring
        (a ring road, not the thin loop of two carriageways) stays closed.
    gap_m
        The line is drawn on over gaps (an unnamed junction, a missing piece) up to this, metres.

    Notes
    -----
    The pieces form a graph (shared points, ends bridged over the gaps, opposite carriageways
    joined crosswise); the spine is its longest shortest path, moved to the middle between opposite
    carriageways up to 45 m apart. It runs the way most of the pieces are drawn: a river's downstream.
    """
    if len(pieces) == 1:
        return pieces[0]
    return _drawn_way(_one_line(pieces, gap_m), pieces)


def _one_line(pieces: Sequence[LineString], gap_m: float) -> LineString:
    merged = shapely.line_merge(shapely.multilinestrings(list(pieces)))
    parts = [part for part in shapely.get_parts(merged) if part.length > 0]
    rings = [part for part in parts if part.is_ring and _is_round(part)]
    total = sum(part.length for part in parts)
    if rings and max(part.length for part in rings) > 0.4 * total:
        ring: LineString = max(rings, key=lambda part: float(part.length))
        return ring
    graph = _graph([shapely.segmentize(part, 2 * _STEP_M) for part in parts], gap_m)
    if len(parts) == 1 and not graph.dual and not parts[0].is_ring:
        only: LineString = parts[0]
        return only
    path = _longest_path(graph)
    if path is None:
        longest: LineString = max(parts, key=lambda part: float(part.length))
        return longest
    return _centred(path, shapely.multilinestrings(parts)) if graph.dual else path


def drawn_path(pieces: Sequence[LineString], start: Point, end: Point) -> LineString | None:
    """Return the shortest way along the pieces between the points on them nearest to two points.

    Opposite carriageways count as one, gaps are bridged as in `spine`. None where nothing joins them.
    """
    merged = shapely.line_merge(shapely.multilinestrings(list(pieces)))
    parts = [part for part in shapely.get_parts(merged) if part.length > 0]
    graph = _graph([_with_points(part, (start, end)) for part in parts], _BRIDGED_GAP_M)
    tree = cKDTree(graph.xy)
    first, last = (int(tree.query([point.x, point.y])[1]) for point in (start, end))
    path = _shortest(graph, first, last)
    if path is None:
        return None
    return _centred(path, shapely.multilinestrings(parts)) if graph.dual else path


def _with_points(part: LineString, points: Sequence[Point]) -> LineString:
    """Return a line with more vertices: every 40 m and where the points lie nearest to it."""
    vertices = _positions(shapely.get_coordinates(shapely.segmentize(part, 2 * _STEP_M)))
    stops = shapely.line_locate_point(part, np.array(points, dtype=object))
    return LineString(shapely.line_interpolate_point(part, np.unique([*vertices, *stops])))


def _positions(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance along a line of each of its vertices (n, 2)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def _drawn_way(line: LineString, pieces: Sequence[LineString]) -> LineString:
    """Return a line in the direction in which most of its pieces are drawn."""
    if line.is_ring:
        return line
    ends = shapely.points([[piece.coords[0][:2], piece.coords[-1][:2]] for piece in pieces])
    along = np.asarray(shapely.line_locate_point(line, ends))
    return line if float((along[:, 1] - along[:, 0]).sum()) >= 0 else line.reverse()


def _is_round(ring: LineString) -> bool:
    # Isoperimetric quotient: a circle 1, a square 0.79, a loop 500 m by 20 m 0.12.
    return bool(4 * np.pi * Polygon(ring.coords).area / ring.length**2 > 0.25)


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes (n, 2) and the metres between joined ones; `dual` if carriageways face each other."""

    xy: NDArray[np.float64]
    metres: coo_matrix
    dual: bool


def _longest_path(graph: _Graph) -> LineString | None:
    """Return the longest of the shortest paths through the part with most of the drawn length."""
    _, label = connected_components(graph.metres, directed=False)
    drawn = np.bincount(label[graph.metres.row], weights=graph.metres.data, minlength=label.max() + 1)
    start = int(np.argmax(label == np.argmax(drawn)))
    for _ in range(2):
        distances = dijkstra(graph.metres, directed=False, indices=start)
        end, start = start, int(np.argmax(np.where(np.isfinite(distances), distances, -1.0)))
    return _shortest(graph, start, end)


def _shortest(graph: _Graph, start: int, end: int) -> LineString | None:
    before = dijkstra(graph.metres, directed=False, indices=start, return_predecessors=True)[1]
    path = [end]
    while path[-1] != start:
        if before[path[-1]] < 0:
            return None
        path.append(int(before[path[-1]]))
    return LineString(graph.xy[path[::-1]]) if len(path) > 1 else None


def _graph(parts: Sequence[LineString], gap_m: float) -> _Graph:
    coordinates = [np.asarray(part.coords)[:, :2] for part in parts]
    xy, index = np.unique(np.vstack(coordinates).round(2), axis=0, return_inverse=True)
    index = index.ravel()
    last = np.cumsum([len(part) for part in coordinates]) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    inner = np.ones(len(index), dtype=bool)
    inner[last] = False
    drawn = np.column_stack([index[:-1], index[1:]])[inner[:-1]]
    loose = np.unique(index[np.concatenate([first, last])])
    gaps = loose[cKDTree(xy[loose]).query_pairs(gap_m, output_type="ndarray")]
    across = _across(coordinates, index, xy)
    pairs = np.vstack([drawn, gaps, across])
    metres = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    # A bridge costs more than a drawn way, so that it is used only where nothing is drawn.
    metres[len(drawn) :] = metres[len(drawn) :] * 2.0 + 5.0
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    # Parallel edges must not add up, so keep the shortest of each pair.
    order = np.lexsort((metres, high, low))
    low, high, metres = low[order], high[order], np.maximum(metres[order], 1e-6)
    kept = np.concatenate([[True], (np.diff(low) != 0) | (np.diff(high) != 0)]) & (low != high)
    matrix = coo_matrix((metres[kept], (low[kept], high[kept])), shape=(len(xy), len(xy)))
    return _Graph(xy, matrix, len(across) > 0)


def _across(
    coordinates: Sequence[NDArray[np.float64]], index: NDArray[np.intp], xy: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return the pairs of nodes that face each other on opposite carriageways, shape (n, 2).

    Without such links, carriageways joined at one end would be walked up and down again. A hairpin's
    legs come as near, but are soon joined along the line itself; they must be walked round.
    """
    part = np.zeros(len(xy), dtype=np.int64)
    position = np.zeros(len(xy))
    part[index] = np.repeat(np.arange(len(coordinates)), [len(own) for own in coordinates])
    position[index] = np.concatenate([_positions(own) for own in coordinates])
    pairs: NDArray[np.intp] = cKDTree(xy).query_pairs(_CARRIAGEWAY_M, output_type="ndarray")
    first, second = pairs.T
    apart = np.abs(position[first] - position[second]) > _HAIRPIN_M
    facing: NDArray[np.intp] = pairs[(part[first] != part[second]) | apart]
    return facing


def _centred(line: LineString, drawn: shapely.MultiLineString) -> LineString:
    """Move each sample of a line to the middle of the carriageways drawn across it."""
    count = max(int(line.length // _STEP_M), 1)
    distances = np.linspace(0.0, line.length, count + 1)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, distances))
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.minimum(distances + 5, line.length))
    )
    back = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(distances - 5, 0)))
    tangent = ahead - back
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    rays = shapely.linestrings(np.stack([xy - normal * _CARRIAGEWAY_M, xy + normal * _CARRIAGEWAY_M], axis=1))
    hits = np.asarray(shapely.intersection(rays, drawn))
    shift = np.zeros(len(xy))
    for i in range(len(xy)):
        points = shapely.get_coordinates(hits[i])
        if len(points) >= 2:
            across = (points - xy[i]) @ normal[i]
            shift[i] = (across.min() + across.max()) / 2
    # A median keeps side roads crossed at one sample from bending the line.
    padded = np.pad(shift, 2, mode="edge")
    shift = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    return shapely.simplify(LineString(xy + normal * shift[:, None]), 0.5)
