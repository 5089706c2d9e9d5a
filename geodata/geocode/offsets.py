"""So many metres in a direction from an anchor, walked along the road that is meant."""

from __future__ import annotations

import numpy as np
from shapely.geometry import LineString, Point

from geodata.geocode.context import Context
from geodata.geocode.evidence import Evidence, Mode, evidence
from geodata.geocode.model import BEARING_DEG, SIDE_WORDS, Offset, Side
from geodata.linear.locate import along, offset_side, side_vector, tangent_at, walk

# "向北" without a distance: people say it within sight.
_UNSTATED_M, _UNSTATED_SIGMA_M = 45.0, 50.0
_ROADSIDE_M = 15.0
# Beside a mined axis an anchor's distance is half the anchor's and half the axis's own error.
_ROUGH_SHARE = 0.5
# A place this far behind the kerb still stands on the road.
_STANDS_ON_M = 60.0


def resolve_offset(frame: Offset, anchor: Evidence, context: Context) -> Evidence:
    """Return the anchor's modes moved; the anchor has been resolved by the caller."""
    if not anchor.modes:
        return anchor
    named = [line for line, _ in context.lines(frame.along)] if frame.along is not None else []
    modes = [_moved(frame, mode, named, context) for mode in anchor.modes]
    return evidence(modes, anchor.trust * 0.995, anchor.reason)


def _moved(frame: Offset, mode: Mode, named: list[int], context: Context) -> Mode:
    if frame.distance_m is None:
        distance, own_sigma = _UNSTATED_M, _UNSTATED_SIGMA_M
    else:
        low, high = frame.distance_m
        distance = (low + high) / 2
        own_sigma = 10.0 + 0.12 * distance + (high - low) / 4
    start = Point(mode.x, mode.y)
    if frame.bearing not in BEARING_DEG:
        # "on both sides", "in the middle": no direction to walk in, so only the radius grows.
        sigma = float(np.hypot(mode.sigma_m, distance))
        words = f"{mode.words}，{distance:.0f} 米内（方向不明）"
        return mode.moved(mode.x, mode.y, sigma_m=sigma, method="offset:no_direction", words=words)
    line = _best_line(start, frame.bearing, [*named, *mode.lines], context)
    reached, how = None, "按方位直线"
    if line is not None:
        axis = context.axis(line)
        walked = walk(axis, start, frame.bearing, distance) if axis is not None else None
        if walked is not None and axis is not None:
            mined = context.gazetteer.line(line).source == "mined"
            reached = _beside(walked[0], start, axis, share=_ROUGH_SHARE if mined else 1.0)
            how = f"沿{context.gazetteer.line_name(line)}"
            own_sigma += 0.3 * walked[1]
    if reached is None:
        vector = side_vector(frame.bearing) * distance
        reached = Point(start.x + float(vector[0]), start.y + float(vector[1]))
        own_sigma += 0.1 * distance
    reached = _roadside(reached, frame.side, line, context)
    side, beside = _side_of(frame, mode, line, context)
    sigma = float(np.hypot(mode.sigma_m, own_sigma))
    toward = "方向不明" if frame.bearing == "both" else f"向{SIDE_WORDS[frame.bearing]}"
    words = f"{mode.words}，{how}{toward} {distance:.0f} 米" + (
        "（未说距离）" if frame.distance_m is None else ""
    )
    way = "on_line" if mode.extent_m else mode.method.partition(":")[2]
    method = f"offset:{way}" if way else "offset"
    return mode.moved(
        reached.x, reached.y, sigma_m=sigma, method=method, words=words, side=side, beside=beside
    )


def _side_of(frame: Offset, mode: Mode, line: int | None, context: Context) -> tuple[Side | None, int]:
    """Return the side that an offset says, and the line it is of (-1: of none).

    After so many metres along a line the side is that line's. "The south bank at the bridge" is only a
    direction: it is a side of the water or railway under the bridge.
    """
    if frame.side is not None:
        return (None, -1) if line is None else (frame.side, line)
    if frame.distance_m is not None:
        return None, -1
    for own in mode.lines:
        if own != line and context.has_banks(own) and context.is_across(frame.bearing, own, mode.x, mode.y):
            return frame.bearing, own
    return None, -1


def _beside(reached: Point, start: Point, axis: LineString, *, share: float) -> Point:
    """Return the point beside the axis as the walk began beside it: turned with the axis, times a share."""
    position = along(axis, start)
    foot = axis.interpolate(position)
    off = np.array([start.x - foot.x, start.y - foot.y])
    before, after = tangent_at(axis, position), tangent_at(axis, along(axis, reached))
    ahead = float(off @ before)
    left = float(before[0] * off[1] - before[1] * off[0])
    moved = share * (ahead * after + left * np.array([-after[1], after[0]]))
    return Point(reached.x + float(moved[0]), reached.y + float(moved[1]))


def _best_line(start: Point, bearing: Side, lines: list[int], context: Context) -> int | None:
    """Return the line that the anchor stands on and that runs most nearly in the wanted direction."""
    wanted = side_vector(bearing)
    best, best_cosine = None, 0.7
    for line in dict.fromkeys(lines):
        axis = context.axis(line)
        row = context.gazetteer.line(line)
        # A mined axis may lie well beside the road it stands for.
        reach = 300.0 if row.source == "mined" else row.half_width_m + _STANDS_ON_M
        if axis is None or axis.distance(start) > reach:
            continue
        cosine = abs(float(tangent_at(axis, along(axis, start)) @ wanted))
        if cosine > best_cosine:
            best, best_cosine = line, cosine
    return best


def _roadside(point: Point, side: Side | None, line: int | None, context: Context) -> Point:
    if side is None or side in ("both", "middle"):
        return point
    axis = context.axis(line) if line is not None else None
    half = context.gazetteer.line(line).half_width_m if line is not None else 10.0
    if axis is None:
        if side in ("left", "right"):
            return point
        vector = side_vector(side) * (half + _ROADSIDE_M)
        return Point(point.x + float(vector[0]), point.y + float(vector[1]))
    moved: Point = offset_side(point, side, half + _ROADSIDE_M, line=axis)
    return moved
