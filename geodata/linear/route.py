"""One centre line out of the many drawn pieces of a road, and its calibration by chainage posts.

Maps draw a dual carriageway as two lines and cut every line at junctions and bridges. Walking along
a road needs one line: `spine` finds it. `Route` adds the kilometre posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix

# A road is drawn on beyond a gap (an unnamed junction, a missing piece) up to this far.
_BRIDGED_GAP_M = 300.0
# Opposite carriageways of one road lie at most this far apart.
_CARRIAGEWAY_M = 45.0
_STEP_M = 20.0


@dataclass(frozen=True, slots=True)
class Route:
    """A centre line with chainage.

    `line` is in a projected CRS (metres). `posts` has shape (n, 2): distance along the line in
    metres, chainage in metres, sorted by distance; empty when the line has no posts.
    """

    line: LineString
    posts: NDArray[np.float64]

    @property
    def length_m(self) -> float:
        """Length of the line in metres."""
        return float(self.line.length)

    @property
    def calibrated(self) -> bool:
        """Whether at least two posts fix the chainage's origin, direction and scale."""
        return len(self.posts) >= 2

    def distance_of(self, chainage_m: float) -> float | None:
        """Return the distance along the line of a chainage, None where the line does not reach.

        Without posts chainage 0 is the line's start. One post fixes the origin only (chainage then
        rises with the line's direction). Beyond the outer posts the nearest interval's scale goes on.

        Examples
        --------
        >>> line = LineString([(0, 0), (1000, 0)])
        >>> Route(line, np.array([[0.0, 5000.0], [1000.0, 6000.0]])).distance_of(5300.0)
        300.0
        >>> Route(line, np.empty((0, 2))).distance_of(1200.0) is None
        True
        """
        distance = _interpolate(chainage_m, self.posts[:, 1], self.posts[:, 0])
        # Posts and lines are drawn to about a metre; a text's last metre must not fall off the end.
        slack = 1.0
        if distance < -slack or distance > self.length_m + slack:
            return None
        return float(min(max(distance, 0.0), self.length_m))

    def chainage_of(self, distance_m: float) -> float:
        """Return the chainage in metres at a distance along the line; inverse of `distance_of`."""
        return _interpolate(distance_m, self.posts[:, 0], self.posts[:, 1])

    @property
    def chainage_range_m(self) -> tuple[float, float]:
        """Smallest and largest chainage on the line, in metres."""
        ends = (self.chainage_of(0.0), self.chainage_of(self.length_m))
        return min(ends), max(ends)


def _interpolate(value: float, known: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    if len(known) == 0:
        return float(value)
    if len(known) == 1:
        return float(wanted[0] + value - known[0])
    order = np.argsort(known)
    known, wanted = known[order], wanted[order]
    right = int(np.clip(np.searchsorted(known, value), 1, len(known) - 1))
    span = known[right] - known[right - 1]
    slope = (wanted[right] - wanted[right - 1]) / span if span else 0.0
    return float(wanted[right - 1] + (value - known[right - 1]) * slope)


def make_route(line: LineString, post_xy: NDArray[np.float64], chainage_m: NDArray[np.float64]) -> Route:
    """Return a route calibrated by posts given as points (n, 2) with their chainages (n,).

    Posts that would make the chainage turn back (out of order along the line) are left out, those
    that break the majority's direction first.
    """
    if len(post_xy) == 0:
        return Route(line, np.empty((0, 2)))
    distance = shapely.line_locate_point(line, shapely.points(post_xy))
    order = np.lexsort((chainage_m, distance))
    posts = np.column_stack([distance, chainage_m])[order]
    rising = np.sum(np.diff(posts[:, 1]) > 0) >= np.sum(np.diff(posts[:, 1]) < 0)
    keep = _longest_monotone(posts[:, 1] if rising else -posts[:, 1])
    posts = posts[keep]
    distinct = np.concatenate([[True], np.diff(posts[:, 0]) > 0.01])
    return Route(line, posts[distinct])


def _longest_monotone(values: NDArray[np.float64]) -> list[int]:
    best: list[int] = [1] * len(values)
    before: list[int] = [-1] * len(values)
    for i in range(len(values)):
        for j in range(i):
            if values[j] < values[i] and best[j] + 1 > best[i]:
                best[i], before[i] = best[j] + 1, j
    chain: list[int] = []
    at = int(np.argmax(best))
    while at >= 0:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def spine(pieces: Sequence[LineString]) -> LineString:
    """Return the one centre line of a road drawn in many pieces.

    Parameters
    ----------
    pieces
        At least one line, projected CRS in metres. A single piece comes back unchanged; a real ring
        (a ring road, not the thin loop of two carriageways) stays closed.

    Notes
    -----
    The pieces form a graph (shared points, ends bridged over gaps up to 300 m); the spine is its
    longest shortest path, moved to the middle between opposite carriageways up to 45 m apart.
    """
    if len(pieces) == 1:
        return pieces[0]
    merged = shapely.line_merge(shapely.multilinestrings(list(pieces)))
    parts = [part for part in shapely.get_parts(merged) if part.length > 0]
    if len(parts) == 1 and not (parts[0].is_ring and not _is_round(parts[0])):
        only: LineString = parts[0]
        return only
    rings = [part for part in parts if part.is_ring and _is_round(part)]
    total = sum(part.length for part in parts)
    if rings and max(part.length for part in rings) > 0.4 * total:
        ring: LineString = max(rings, key=lambda part: float(part.length))
        return ring
    path = _longest_path([shapely.segmentize(part, 4 * _STEP_M) for part in parts])
    return _centred(path, shapely.multilinestrings(parts))


def _is_round(ring: LineString) -> bool:
    # Isoperimetric quotient: a circle 1, a square 0.79, a loop 500 m by 20 m 0.12.
    return bool(4 * np.pi * Polygon(ring.coords).area / ring.length**2 > 0.25)


def _longest_path(parts: Sequence[LineString]) -> LineString:
    # Spines are found when a gazetteer is built; whoever only looks lines up need not load scipy.
    from scipy.sparse.csgraph import dijkstra

    graph, xy = _graph(parts)
    start = 0
    distances = dijkstra(graph, directed=False, indices=[start])[0]
    reach = np.isfinite(distances)
    start = int(np.argmax(np.where(reach, distances, -1.0)))
    distances, before = dijkstra(graph, directed=False, indices=[start], return_predecessors=True)
    end = int(np.argmax(np.where(np.isfinite(distances[0]), distances[0], -1.0)))
    path = [end]
    while path[-1] != start and before[0][path[-1]] >= 0:
        path.append(int(before[0][path[-1]]))
    if len(path) < 2:
        return max(parts, key=lambda part: float(part.length))
    line = LineString(xy[path[::-1]])
    longest = max(parts, key=lambda part: float(part.length))
    return line if line.length >= longest.length or longest.is_ring else longest


def _graph(parts: Sequence[LineString]) -> tuple[coo_matrix, NDArray[np.float64]]:
    from scipy.sparse import coo_matrix
    from scipy.spatial import cKDTree

    coordinates = [np.asarray(part.coords)[:, :2] for part in parts]
    xy, index = np.unique(np.vstack(coordinates).round(2), axis=0, return_inverse=True)
    index = index.ravel()
    rows: list[int] = []
    columns: list[int] = []
    at = 0
    ends: list[int] = []
    for part in coordinates:
        ids = index[at : at + len(part)]
        rows += ids[:-1].tolist()
        columns += ids[1:].tolist()
        ends += [int(ids[0]), int(ids[-1])]
        at += len(part)
    weights = np.hypot(*(xy[rows] - xy[columns]).T)
    loose = np.unique(ends)
    pairs = cKDTree(xy[loose]).query_pairs(_BRIDGED_GAP_M, output_type="ndarray")
    # A bridge costs more than a drawn way, so that it is used only where nothing is drawn.
    gaps = np.hypot(*(xy[loose[pairs[:, 0]]] - xy[loose[pairs[:, 1]]]).T) * 2.0 + 5.0
    rows += loose[pairs[:, 0]].tolist()
    columns += loose[pairs[:, 1]].tolist()
    weights = np.concatenate([weights, gaps])
    count = len(xy)
    # Parallel edges must not add up, so keep the shortest of each pair.
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    order = np.lexsort((weights, high, low))
    low, high, weights = low[order], high[order], np.maximum(weights[order], 1e-6)
    first = np.concatenate([[True], (np.diff(low) != 0) | (np.diff(high) != 0)]) & (low != high)
    return coo_matrix((weights[first], (low[first], high[first])), shape=(count, count)), xy


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
