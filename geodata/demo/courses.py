"""Walking along lines: bearings, sides, compass words, crossings and their corners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import LineString, Point
from shapely.ops import substring

from geodata.demo.authored import Line
from geodata.demo.network import crossings
from geodata.demo.numbering import beside

COMPASS = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")
REACH_M = 25.0


def bearing_deg(start: Point, end: Point) -> float:
    """Return the bearing from one point to another, degrees clockwise from north, 0 to 360."""
    return math.degrees(math.atan2(end.x - start.x, end.y - start.y)) % 360.0


def turn_deg(a: float, b: float) -> float:
    """Return the angle between two bearings, 0 to 180 degrees."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


def compass(bearing: float, *, within_deg: float, words: Sequence[str] = COMPASS) -> str | None:
    """Return the compass word nearest to a bearing, or None if none lies within a tolerance."""
    best = min(words, key=lambda word: turn_deg(bearing, COMPASS.index(word) * 45.0))
    return best if turn_deg(bearing, COMPASS.index(best) * 45.0) <= within_deg else None


def along(line: LineString, at_m: float) -> Point | None:
    """Return the point at a distance along a line; rings go round, past an end is None."""
    if line.is_ring:
        return line.interpolate(at_m % line.length)
    return line.interpolate(at_m) if 0.0 <= at_m <= line.length else None


def course_deg(line: LineString, at_m: float) -> float:
    """Return the bearing in which a line runs at a distance along it."""
    before = along(line, at_m - 5.0) or line.interpolate(0.0)
    after = along(line, at_m + 5.0) or line.interpolate(line.length)
    return bearing_deg(before, after)


def moved(point: Point, bearing: float, distance_m: float) -> Point:
    """Return a point moved on the plane."""
    angle = math.radians(bearing)
    return Point(point.x + distance_m * math.sin(angle), point.y + distance_m * math.cos(angle))


def side_bearing(course: float, word: str) -> float:
    """Return the bearing square to a course that points most nearly to a compass word."""
    want = COMPASS.index(word) * 45.0
    return min(((course + 90.0) % 360.0, (course - 90.0) % 360.0), key=lambda angle: turn_deg(angle, want))


def sides_of(course: float) -> tuple[str, str] | None:
    """Return the compass words of both sides of a course that runs clearly north-south or east-west."""
    if min(turn_deg(course, 0.0), turn_deg(course, 180.0)) <= 32.0:
        return ("东", "西")
    if min(turn_deg(course, 90.0), turn_deg(course, 270.0)) <= 32.0:
        return ("南", "北")
    return None


def beside_line(line: LineString, bearing: float, offset_m: float) -> LineString:
    """Return a line set off to the side that a bearing points to, in the original direction.

    Each vertex moves square to the course: on curves as wide as a street's that is the parallel, and
    unlike a buffer's edge it never falls into pieces.
    """
    course = bearing_deg(Point(line.coords[0]), Point(line.coords[-1]))
    left = turn_deg((course - 90.0) % 360.0, bearing) < 90.0
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(np.asarray(line.coords), axis=0).T))])
    return LineString(np.round(beside(line, at, np.full(len(at), offset_m if left else -offset_m)), 3))


@dataclass(frozen=True, slots=True)
class Junction:
    """A crossing of two named lines, with the legs that leave it as (line, bearing)."""

    first: Line
    second: Line
    point: Point
    arms: tuple[tuple[Line, float], ...]

    @property
    def corners(self) -> list[tuple[str, float, float]]:
        """The corners that a compass quadrant names without doubt, as (word, bearing, opening in degrees)."""
        bearings = sorted(bearing for _, bearing in self.arms)
        found = []
        for here, there in zip(bearings, [*bearings[1:], bearings[0] + 360.0], strict=True):
            middle = ((here + there) / 2.0) % 360.0
            word = compass(middle, within_deg=20.0, words=("东北", "东南", "西南", "西北"))
            if word and 50.0 < there - here < 140.0:
                found.append((word, middle, there - here))
        return found

    def other(self, line: Line) -> Line:
        """Return the line that crosses a given one here."""
        return self.second if line is self.first else self.first


def _arms(line: Line, point: Point) -> list[tuple[Line, float]]:
    at = float(line.geometry.project(point))
    ends = (along(line.geometry, at + shift) for shift in (REACH_M, -REACH_M))
    return [(line, bearing_deg(point, end)) for end in ends if end is not None]


def junctions(lines: Sequence[Line]) -> list[Junction]:
    """Return every crossing of a road with a road, canal or rail, pairs that meet once only."""
    found: dict[tuple[int, int], list[Point]] = {}
    for i, j, point in crossings(lines):
        if "road" in (lines[i].klass, lines[j].klass):
            found.setdefault((i, j), []).append(point)
    result = []
    for (i, j), points in found.items():
        if len(points) == 1:
            arms = (*_arms(lines[i], points[0]), *_arms(lines[j], points[0]))
            result.append(Junction(lines[i], lines[j], points[0], arms))
    return result


def stretch(line: LineString, start: Point, end: Point) -> LineString:
    """Return the part of a line between two points on it, from the first to the second."""
    a, b = sorted((float(line.project(start)), float(line.project(end))))
    piece = substring(line, a, b)
    return LineString(np.round(np.asarray(piece.coords), 3))
