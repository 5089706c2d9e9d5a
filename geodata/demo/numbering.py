"""House numbers and kilometre posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.demo.authored import Line, ellipse


@dataclass(frozen=True, slots=True)
class House:
    """A house number: its road, and the point on the frontage."""

    road: str
    number: int
    geometry: Point


def beside(line: LineString, at_m: NDArray[np.float64], offset_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points at distances along a line, set off to its left (positive) or right, shape (n, 2)."""
    before, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(line, np.clip(at_m + shift, 0.0, line.length)))
        for shift in (-2.0, 2.0)
    )
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, at_m))
    course = after - before
    size = np.hypot(course[:, 0], course[:, 1])
    left: NDArray[np.float64] = np.column_stack([-course[:, 1], course[:, 0]]) / size[:, None]
    moved: NDArray[np.float64] = middle + left * offset_m[:, None]
    return moved


def number_straight(line: Line, *, every_m: float, clear_of: Sequence[Point]) -> list[House]:
    """Return the numbers of a road: odd on its left, even on its right, rising with its course.

    Frontages within 20 m of a crossing get no number.
    """
    steps = np.arange(1, int(line.geometry.length / every_m))
    if not len(steps):
        return []
    numbers = np.concatenate([2 * steps - 1, 2 * steps])
    at = np.concatenate([steps, steps + 0.5]) * every_m
    keep = at <= line.geometry.length - 15.0
    if clear_of:
        spots = shapely.line_interpolate_point(line.geometry, at)
        keep &= shapely.distance(spots, shapely.multipoints(list(clear_of))) >= 20.0
    numbers, at = numbers[keep], at[keep]
    setback = np.where(numbers % 2 == 1, 1.0, -1.0) * (line.width_m / 2 + 14.0)
    xy = np.round(beside(line.geometry, at, setback), 3)
    return [House(line.name, int(number), Point(place)) for number, place in zip(numbers, xy, strict=True)]


def number_ring(
    line: Line, table: Mapping[str, Any], centre: Sequence[float], half_axes: Sequence[float], axis_deg: float
) -> list[House]:
    """Return the numbers of a ring road: one sequence on its outer side, rising clockwise.

    The table gives some numbers with their bearing from the ring's centre; the rest are
    interpolated between these.
    """
    known = np.asarray(table["numbers"], dtype=float)
    numbers = np.arange(int(known[0, 0]), int(known[-1, 0]) + 1)
    bearings = np.interp(numbers, known[:, 0], known[:, 1])
    wider = np.asarray(half_axes, dtype=float) + table["outside_m"]
    xy = ellipse(centre, wider, long_axis_bearing_deg=axis_deg, bearings_deg=bearings)
    return [
        House(line.name, int(number), Point(np.round(at, 3))) for number, at in zip(numbers, xy, strict=True)
    ]


def number_all(
    lines: Sequence[Line], *, lines_table: Mapping[str, Any], district: Mapping[str, Any], within: Polygon
) -> list[House]:
    """Return every house number of the district, sorted by road and number."""
    origin = np.asarray(district["origin_m"], dtype=float)
    rings = {row["name"]: row for row in lines_table["ring"]}
    numbering = lines_table["numbering"]
    found: list[House] = []
    roads = [line for line in lines if line.klass == "road"]
    for line in roads:
        if line.name in rings:
            ring = rings[line.name]
            centre = (np.asarray(district["ring_centre_m"]) + origin).tolist()
            found += number_ring(line, ring, centre, ring["half_axes_m"], ring["long_axis_bearing_deg"])
            continue
        meets = [Point(xy) for xy in _meeting(line, roads)]
        every = numbering["minor_every_m" if line.rank == "minor" else "main_every_m"]
        found += number_straight(line, every_m=every, clear_of=meets)
    places = np.array([house.geometry for house in found])
    keep = shapely.contains(within, places) & ~shapely.contains(_ground_taken(lines), places)
    return sorted(
        (found[number] for number in np.flatnonzero(keep).tolist()), key=lambda h: (h.road, h.number)
    )


def _ground_taken(lines: Sequence[Line]) -> BaseGeometry:
    """Return carriageways and water, where no house can stand."""
    taken = shapely.union_all([line.geometry.buffer(line.width_m / 2 + 2.0) for line in lines])
    shapely.prepare(taken)
    return taken


def _meeting(line: Line, roads: Sequence[Line]) -> list[tuple[float, ...]]:
    own = {tuple(xy) for xy in shapely.get_coordinates(line.geometry).tolist()}
    others = [road.geometry for road in roads if road.name != line.name]
    near = shapely.get_coordinates([road for road in others if shapely.intersects(road, line.geometry)])
    return sorted({tuple(xy) for xy in near.tolist()} & own)


def kilometre_posts(rail: Line, *, first_m: float, every_m: float = 100.0) -> list[tuple[str, float, Point]]:
    """Return (line, chainage in metres, point) every `every_m` along a railway, rising with its course.

    The last post stands at the end even where rounding has left the line some millimetres short.
    """
    count = round(rail.geometry.length / every_m)
    return [
        (
            rail.name,
            first_m + every_m * step,
            rail.geometry.interpolate(min(every_m * step, rail.geometry.length)),
        )
        for step in range(count + 1)
    ]
