"""Lines to bound with: drawn pieces or their middle, parts of lines, lines beside lines, outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geodata.geocode.model import Side
from geodata.linear.locate import side_vector
from geodata.text.normalize import normalise

if TYPE_CHECKING:
    from geodata.gazetteer.index import Gazetteer
    from geodata.gazetteer.model import LineRow

# Drawn at most this much longer than its axis, in at most so many pieces: one line, not two carriageways.
_SINGLE, _MOST_PIECES = 1.08, 6
_SIDEWAYS_M, _WORTH_A_GAP_M = 10.0, 5.0


def drawn_lines(row: LineRow, axis: LineString) -> tuple[tuple[LineString, ...], tuple[LineString, ...]]:
    """Return the lines of a row to bound with, and the gaps between its pieces that its axis runs over.

    A road drawn as one line keeps its drawing, corner for corner; one drawn as two carriageways, or
    with branches, is its axis.
    """
    near = shapely.buffer(row.shape, max(row.half_width_m, _SIDEWAYS_M) + 5.0)
    torn = [part for part in _lines_in(shapely.difference(axis, near)) if part.length > _WORTH_A_GAP_M]
    gaps = tuple(_reaching(part, row.shape) for part in torn)
    pieces = _lines_in(shapely.line_merge(row.shape))
    if (
        axis.is_ring
        or len(pieces) > _MOST_PIECES
        or row.shape.length > _SINGLE * (axis.length - shapely.length(gaps).sum())
    ):
        return (axis,), gaps
    return (*pieces, *gaps), gaps


def _reaching(gap: LineString, drawn: BaseGeometry) -> LineString:
    """Return a gap's line with both ends on what is drawn nearest to them."""
    ends = [shapely.get_coordinates(shapely.shortest_line(Point(gap.coords[at]), drawn))[1] for at in (0, -1)]
    return LineString([ends[0], *gap.coords, ends[1]])


def _lines_in(shape: BaseGeometry) -> list[LineString]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, LineString) and part.length > 0]


def way_round(ring: LineString, low: float, high: float) -> LineString:
    """Return the part of a ring from one place on to another through its first vertex."""
    parts = [part_of(ring, high, ring.length), part_of(ring, 0.0, low)]
    return LineString([xy for part in parts if part.length > 0 for xy in part.coords])


def parallel(axis: LineString, side: Side, distance_m: float) -> LineString | None:
    """Return the line beside another on a compass side; None where the line has no such side.

    Parameters
    ----------
    distance_m
        Distance from the line, > 0.

    Notes
    -----
    Of the two parallels the one whose points lie farther to the side. A line that runs towards the
    side has none (nothing lies north of a road to the north).
    """
    wanted = side_vector(side)
    at = np.linspace(0.05, 0.95, 19)
    here = shapely.get_coordinates(shapely.line_interpolate_point(axis, at, normalized=True))
    best: tuple[float, LineString] | None = None
    for signed in (distance_m, -distance_m):
        parts = shapely.get_parts(shapely.offset_curve(axis, signed, join_style="mitre"))
        if not len(parts):
            continue
        moved = max(parts, key=lambda part: float(part.length))
        there = [
            shapely.get_coordinates(shapely.get_point(shapely.shortest_line(Point(xy), moved), 1))[0]
            for xy in here
        ]
        off = float(np.mean((np.array(there) - here) @ wanted))
        if off > 0.2 * distance_m and (best is None or off > best[0]):
            best = off, moved
    return None if best is None else best[1]


def outlines_of(gazetteer: Gazetteer) -> dict[str, list[LineString]]:
    """Return the outlines of named areas of the basemap, and its named walls and fences, by name."""
    found: dict[str, list[LineString]] = {}
    basemap = gazetteer.basemap()
    named = basemap[basemap["name"] != ""]
    for name, layer, shape in zip(named["name"], named["layer"], named.geometry, strict=True):
        if shapely.get_dimensions(shape) == 2:
            lines = [LineString(part.exterior.coords) for part in shapely.get_parts(shape)]
        elif layer not in ("road", "rail", "water"):
            lines = [part for part in shapely.get_parts(shape) if isinstance(part, LineString)]
        else:
            lines = []
        found.setdefault(normalise(str(name)).text, []).extend(lines)
    return found


def part_of(line: LineString, start_m: float, end_m: float) -> LineString:
    """Return the part of a line between two distances along it, start_m < end_m."""
    part = substring(line, start_m, end_m)
    # A part without length comes as a point.
    return part if isinstance(part, LineString) else LineString([part, part])
