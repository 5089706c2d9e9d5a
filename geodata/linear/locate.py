"""Positions on a line: sides, sub-lines, and walking along a line in a compass direction."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point
from shapely.ops import substring

from geodata.geocode.model import BEARING_DEG, Side

# Half the length over which a line's direction is measured.
_TANGENT_M = 25.0
# A side within about 20 degrees of the line's own direction cannot be a side of it.
_ACROSS = 0.35


def side_vector(side: Side) -> NDArray[np.float64]:
    """Return the unit vector (east, north) of a compass side.

    Raises
    ------
    ValueError
        For left, right, both, middle, which need a line's direction.

    Examples
    --------
    >>> side_vector("E").round(6).tolist()
    [1.0, 0.0]
    """
    if side not in BEARING_DEG:
        raise ValueError(f"side {side!r} has no compass direction; accepted are {', '.join(BEARING_DEG)}")
    bearing = np.radians(BEARING_DEG[side])
    return np.array([np.sin(bearing), np.cos(bearing)])


def tangent_at(line: LineString, distance_m: float) -> NDArray[np.float64]:
    """Return the unit direction (east, north) of a line at a distance along it, smoothed over 50 m."""
    low, high = max(distance_m - _TANGENT_M, 0.0), min(distance_m + _TANGENT_M, line.length)
    start, end = shapely.get_coordinates(shapely.line_interpolate_point(line, [low, high]))
    vector = end - start
    norm = float(np.hypot(*vector))
    if norm < 1e-9:
        coordinates = np.asarray(line.coords)[:, :2]
        vector = coordinates[-1] - coordinates[0]
        norm = max(float(np.hypot(*vector)), 1e-9)
    return np.asarray(vector / norm)


def along(line: LineString, point: Point) -> float:
    """Return the distance along a line, in metres, of the position nearest to a point."""
    return float(shapely.line_locate_point(line, point))


def sub_line(line: LineString, start_m: float, end_m: float) -> LineString | Point:
    """Return the part of a line between two distances along it, in either order.

    Equal distances give a Point. On a closed ring the shorter way round is taken.
    """
    low, high = sorted((start_m, end_m))
    if line.is_ring and high - low > line.length / 2:
        first, second = substring(line, high, line.length), substring(line, 0.0, low)
        coordinates = [*first.coords, *second.coords[1:]] if second.length else list(first.coords)
        return LineString(coordinates) if len(coordinates) > 1 else Point(coordinates[0])
    return substring(line, low, high)


def offset_side(geometry: Any, side: Side, distance_m: float, *, line: LineString | None = None) -> Any:
    """Return a point or line moved to one side of a line.

    Parameters
    ----------
    geometry
        Point or LineString on the line, projected CRS in metres.
    side
        Compass side or left, right (in the drawing direction); both and middle move nothing.
    distance_m
        How far, measured across the line.
    line
        The line that gives the direction across; None for `geometry` itself. A compass side of a
        point without a line is a straight move.

    Notes
    -----
    A compass side of a line is left or right of it by the line's local direction: one hand all along
    where at least three quarters of it agree (a meander that turns back stays on its bank), else
    piece by piece. A side along the line (the north side of a road running north) moves a point
    straight, and a line not at all.
    """
    if side in ("both", "middle") or distance_m == 0:
        return geometry
    base = line if line is not None else geometry
    if isinstance(base, Point):
        return Point(np.asarray(geometry.coords[0])[:2] + side_vector(side) * distance_m)
    if isinstance(geometry, Point):
        return _offset_point(geometry, side, distance_m, base)
    if side in ("left", "right"):
        return _moved(geometry, distance_m if side == "left" else -distance_m)
    if geometry.is_ring:
        return geometry
    parts = [_moved(part, distance_m * hand) for part, hand in _hands(geometry, side)]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _moved(line: LineString, left_m: float) -> Any:
    moved = shapely.offset_curve(line, left_m)
    return line if moved.is_empty else moved


def _hands(line: LineString, side: Side) -> list[tuple[LineString, int]]:
    """Return the parts of a line with the hand a compass side is on: 1 left, -1 right, 0 neither."""
    count = max(int(line.length // _TANGENT_M), 1)
    cuts = np.linspace(0.0, line.length, count + 1)
    tangents = np.array([tangent_at(line, float(at)) for at in (cuts[:-1] + cuts[1:]) / 2])
    across = np.column_stack([-tangents[:, 1], tangents[:, 0]]) @ side_vector(side)
    votes = np.where(np.abs(across) > _ACROSS, np.sign(across), 0.0).astype(int)
    voted = votes[votes != 0]
    if len(voted) < 0.1 * count:
        return [(line, 0)]
    if abs(voted.mean()) >= 0.5:
        return [(line, int(np.sign(voted.sum())))]
    # Where the line runs along the side's direction it keeps to the hand of the nearest clear part.
    clear = np.flatnonzero(votes)
    votes = votes[clear[np.abs(np.arange(count)[:, None] - clear).argmin(axis=1)]]
    turns = np.flatnonzero(np.diff(votes)) + 1
    edges = [0, *turns.tolist(), count]
    return [
        (part, int(votes[low]))
        for low, high in pairwise(edges)
        if isinstance(part := substring(line, cuts[low], cuts[high]), LineString)
    ]


def _offset_point(point: Point, side: Side, distance_m: float, line: LineString) -> Point:
    tangent = tangent_at(line, along(line, point))
    normal = np.array([-tangent[1], tangent[0]])
    if side in ("left", "right"):
        vector = normal if side == "left" else -normal
    else:
        wanted = side_vector(side)
        across = float(normal @ wanted)
        vector = normal * np.sign(across) if abs(across) > _ACROSS else wanted
    return Point(np.asarray(point.coords[0])[:2] + vector * distance_m)


def walk(line: LineString, start: Point, side: Side, distance_m: float) -> tuple[Point, float] | None:
    """Walk along a line from a point towards a compass direction.

    Returns
    -------
    tuple
        The point reached, and how many metres the line was too short (0 when it was long enough; the
        missing metres are walked straight on).
    None
        If the line runs across the wanted direction (more than 60 degrees off), so that it cannot be
        the road meant.
    """
    wanted = side_vector(side)
    position = along(line, start)
    tangent = tangent_at(line, position)
    cosine = float(tangent @ wanted)
    if abs(cosine) < 0.5:
        return None
    target = position + distance_m * np.sign(cosine)
    if line.is_ring:
        return line.interpolate(target % line.length), 0.0
    inside = min(max(target, 0.0), line.length)
    missing = abs(target - inside)
    reached = line.interpolate(inside)
    if missing > 0:
        direction = tangent_at(line, inside) * np.sign(cosine)
        reached = Point(np.asarray(reached.coords[0])[:2] + direction * missing)
    return reached, missing
