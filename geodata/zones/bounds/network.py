"""Lines of bounds joined where they should meet: short gaps bridged, short ends prolonged, all of it listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, Point

from geodata.zones.bounds.model import UNIT, Connector, Longer
from geodata.zones.bounds.shapes import part_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

# A side street ends at the kerb of a wide road whose middle bounds: half of a dual carriageway and its verge.
BRIDGE_M = 30.0
# The direction a line ends in is taken over this length: its last metres often turn into a crossing.
_HEADING_M = 40.0
_JOINED_M = 0.0005
# An end that stops short may be drawn straight on this far; one that is said to go on (延长线) farther.
PROLONG_M = 250.0
STATED_PROLONG_M = 800.0
# Between two pieces of one line so much may be undrawn: a longer gap can hide a bend of 30 m.
TORN_M = 100.0
_TOWARDS_COS = 0.5
# A connector goes this far beyond what it reaches, so that noding finds them crossing.
_BEYOND_M = 0.01


def bridges(lines: Sequence[LineString], kin: Sequence[int]) -> list[Connector]:
    """Return the bridges from ends that stop within `BRIDGE_M` of another line.

    Parameters
    ----------
    lines
        Lines in metres. Rings have no ends; an end that lies on another line, or passes one in its
        last `BRIDGE_M`, needs no bridge.
    kin
        One number per line, the same for the pieces of one road: an end needs no bridge to its own
        kin, and what joins its kin has not reached another line yet.
    """
    found: list[Connector] = []
    for number, at, end in _ends(lines):
        others, is_joined = _others(lines, kin, number, at)
        if not len(others) or is_joined:
            continue
        gaps = shapely.distance(end, others)
        nearest = int(np.argmin(gaps))
        if gaps[nearest] <= BRIDGE_M:
            spot = shapely.get_coordinates(shapely.shortest_line(end, others[nearest]))[1]
            found.append(Connector("bridge", number, _beyond(end, spot), float(gaps[nearest])))
    return found


def prolongations(
    lines: Sequence[LineString], kin: Sequence[int], longer: Sequence[Longer]
) -> list[Connector]:
    """Return ends drawn straight on to the first line, or to another prolonged end, within their reach.

    Parameters
    ----------
    lines, kin
        As `bridges`; an end that is joined or bridged is left alone unless its line is stated to go on.
    longer
        Per line whether and towards where it is stated to go on: then it reaches `STATED_PROLONG_M`
        instead of `PROLONG_M`.
    """
    loose: list[tuple[int, LineString]] = []
    for number, at, end in _ends(lines):
        ray = _ray(lines[number], at, STATED_PROLONG_M)
        others, is_joined = _others(lines, kin, number, at)
        if not _is_stated(ray, longer[number]):
            if is_joined or shapely.dwithin(end, others, BRIDGE_M).any():
                continue
            ray = _ray(lines[number], at, PROLONG_M)
        loose.append((number, ray))
    found: list[Connector] = []
    for number, ray in loose:
        drawn = [line for other, line in enumerate(lines) if other != number]
        rays = [other for owner, other in loose if owner != number]
        # A corner that nobody drew: both ends go on until they meet, unless a drawn line comes first.
        stops = [stop for stop in (_first_hit(ray, drawn), _first_hit(ray, rays)) if stop is not None]
        if stops:
            reached = shapely.get_coordinates(ray.interpolate(min(stops)))[0]
            found.append(Connector("prolonged", number, _beyond(Point(ray.coords[0]), reached), min(stops)))
    return found


def _is_stated(ray: LineString, longer: Longer) -> bool:
    if longer == "" or longer == "any":
        return longer == "any"
    heading = np.diff(shapely.get_coordinates(ray), axis=0)[0] / ray.length
    return bool(heading @ np.array(UNIT[longer]) > _TOWARDS_COS)


def _ends(lines: Sequence[LineString]) -> Iterator[tuple[int, int, Point]]:
    for number, line in enumerate(lines):
        if not line.is_ring:
            for at in (0, -1):
                yield number, at, Point(line.coords[at])


def _others(lines: Sequence[LineString], kin: Sequence[int], number: int, at: int) -> tuple[Shapes, bool]:
    """Return the lines that are no kin, and whether an end has met one of them, or lies on its kin."""
    line, end = lines[number], Point(lines[number].coords[at])
    last = (
        part_of(line, 0.0, BRIDGE_M)
        if at == 0
        else part_of(line, max(line.length - BRIDGE_M, 0.0), line.length)
    )
    own = [other for place, other in enumerate(lines) if place != number and kin[place] == kin[number]]
    foreign = np.array(
        [*(other for place, other in enumerate(lines) if kin[place] != kin[number]), None], dtype=object
    )[:-1]
    joined = shapely.dwithin(last, foreign, _JOINED_M).any() or any(
        shapely.dwithin(end, other, _JOINED_M) for other in own
    )
    return foreign, bool(joined)


def _ray(line: LineString, at: int, reach_m: float) -> LineString:
    back = line.interpolate(_HEADING_M if at == 0 else -_HEADING_M)
    if line.length <= _HEADING_M:
        back = Point(line.coords[-1 if at == 0 else 0])
    end = np.asarray(line.coords)[at, :2]
    heading = end - shapely.get_coordinates(back)[0]
    heading = heading / max(float(np.hypot(*heading)), 1e-9)
    return LineString([end, end + heading * reach_m])


def _first_hit(ray: LineString, others: Sequence[LineString]) -> float | None:
    """Return how far along a ray it first meets one of some lines, None if it meets none."""
    hits = shapely.get_coordinates(shapely.intersection(ray, np.array([*others, None], dtype=object)[:-1]))
    if not len(hits):
        return None
    along = np.asarray(shapely.line_locate_point(ray, shapely.points(hits)))
    # What it meets so soon it has reached already.
    ahead = along[along > BRIDGE_M]
    return float(np.min(ahead)) if len(ahead) else None


def _beyond(end: Point, spot: np.ndarray) -> LineString:
    start = np.array([end.x, end.y])
    step = spot - start
    length = float(np.hypot(*step))
    return LineString([start, spot + step / length * _BEYOND_M if length > 0 else spot + _BEYOND_M])
