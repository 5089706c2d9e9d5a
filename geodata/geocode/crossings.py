"""Where two named lines meet: known crossings, crossing axes, and honest fallbacks."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString, Point

from geodata.gazetteer.model import CrossingRow
from geodata.geocode.context import Context
from geodata.geocode.corners import Arm, arm_at, arms_of, corner_at, moved_point
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing
from geodata.geocode.model import SIDE_WORDS, Crossing, Side

# A mined axis ends at the last thing known on it; the road itself goes on.
_EXTEND_M = 900.0
_CHORD_M = 800.0
_UNSEEN_M = 400.0
# Axes that pass this near without touching may still meet (a gap in the drawing).
_NEAR_M, _NEAR_DRAWN_M = 150.0, 40.0
# From the kerb to the middle of what stands at a corner, and along an arm.
_BEYOND_KERB_M, _ARM_M = 15.0, 25.0
_TRUST = {"crossing": 0.97, "crossing:axes": 0.8, "crossing:variant": 0.75, "crossing:near": 0.5}
# Two roads that make no such corner: one of the words is wrong, and it may be a name.
_NO_CORNER_TRUST = 0.45
_SAME_JUNCTION_M = 60.0
_FALLBACK_TRUST = 0.35
_BOTH_DRAWN_TRUST = 0.5

Lines = list[tuple[int, float]]


def resolve_crossing(frame: Crossing, context: Context) -> Evidence:
    """Return the places where the two lines meet, moved to the stated corner or arm."""
    if frame.first.text == frame.second.text:
        return nothing(f"{frame.first.text}不与自己相交", contradiction=True)
    first, second = context.lines(frame.first), context.lines(frame.second)
    modes = _known(frame, first, second, context, "crossing")
    if not modes:
        modes = _axes(frame, first, second, context)
    if not modes:
        wider_first = first + context.variants(frame.first)
        wider_second = second + context.variants(frame.second)
        modes = _known(frame, wider_first, wider_second, context, "crossing:variant")
    if modes:
        best = max(modes, key=lambda mode: (_TRUST.get(mode.method, 0.0), mode.weight))
        # exp(weight) - 1 is the number of records behind a known crossing of the names themselves.
        mined = best.method == "crossing" and context.trust(0.0, best.lines) == 0.0
        few = 0.06 / max(float(np.expm1(best.weight)), 1.0) if mined else 0.0
        if best.method == "crossing:no_such_corner":
            reason = f"{frame.first.text}与{frame.second.text}的路口没有{SIDE_WORDS[frame.corner or 'N']}角"
            return evidence(modes, _NO_CORNER_TRUST, reason)
        usual = _TRUST[best.method] - few
        if best.method == "crossing:variant":
            return evidence(modes, _variant_trust(first + second, usual, context))
        return evidence(modes, context.trust(usual, best.lines))
    return _fallback(frame, first, second, context)


def _variant_trust(named: Lines, usual: float, context: Context) -> float:
    """Return the trust in a crossing of another section (中路 for 东路) than the one named.

    Of two roads that are both drawn and do not meet, as likely the other name is wrong, or both.
    """
    drawn = all(context.gazetteer.line(line).source != "mined" for line, _ in named)
    return min(usual, _BOTH_DRAWN_TRUST) if drawn else usual


def _known(frame: Crossing, first: Lines, second: Lines, context: Context, method: str) -> list[Mode]:
    modes = []
    for a, weight_a in first:
        for b, weight_b in second:
            for row in context.gazetteer.crossings_of(a, b):
                weight = weight_a * weight_b * float(np.log1p(row.support))
                modes.append(_mode(frame, row, (a, b), weight, context, method))
    return modes


def _mode(
    frame: Crossing, row: CrossingRow, pair: tuple[int, int], weight: float, context: Context, method: str
) -> Mode:
    names = "与".join(context.gazetteer.line_name(line) for line in pair)
    half = sum(context.gazetteer.line(line).half_width_m for line in pair) / 2
    x, y = row.x, row.y
    arms = _arms(row, pair, context) if frame.corner is not None or frame.arm is not None else []
    if frame.corner is not None:
        corner = corner_at(x, y, frame.corner, arms, beyond_m=_BEYOND_KERB_M)
        if corner is None and arms:
            # A road that goes on under another name bounds a corner as well.
            every = _arms(row, _lines_at(row, pair, context), context)
            corner = corner_at(x, y, frame.corner, every, beyond_m=_BEYOND_KERB_M)
            method = method if corner else "crossing:no_such_corner"
        x, y = corner or moved_point(x, y, frame.corner, half, _BEYOND_KERB_M)
    if frame.arm is not None:
        arm = arm_at(row.x, row.y, frame.arm, arms, beyond_m=_ARM_M) if frame.corner is None else None
        x, y = arm or moved_point(x, y, frame.arm, half, _ARM_M)
    sigma = row.sigma_m if frame.corner is None and frame.arm is None else float(np.hypot(row.sigma_m, 15.0))
    source = f"由 {row.support} 条已定位地址得出" if row.source == "mined" else f"地图上 {row.support} 个节点"
    words = f"{names}交叉口（{source}）" + (f"，{SIDE_WORDS[frame.corner]}角" if frame.corner else "")
    side, beside = _bank(frame, row, pair, context)
    return Mode(None, x, y, sigma, weight, method, words, pair, side=side, beside=beside)


def _bank(
    frame: Crossing, row: CrossingRow, pair: tuple[int, int], context: Context
) -> tuple[Side | None, int]:
    """Return the side that a corner or arm is of the only water or railway of a crossing, and its line."""
    side = frame.corner or frame.arm
    if side is None:
        return None, -1
    first, second = (context.has_banks(line) for line in pair)
    beside = pair[0] if first else pair[1]
    if first == second or not context.is_across(side, beside, row.x, row.y):
        return None, -1
    return side, beside


def _lines_at(row: CrossingRow, pair: tuple[int, int], context: Context) -> tuple[int, ...]:
    """Return the two lines of a crossing and all others that cross them there."""
    found = list(pair)
    for line in pair:
        for other in context.gazetteer.crossings_on(line):
            if np.hypot(other.x - row.x, other.y - row.y) < _SAME_JUNCTION_M:
                found += [other.first, other.second]
    return tuple(dict.fromkeys(found))


def _arms(row: CrossingRow, crossing: tuple[int, ...], context: Context) -> list[Arm]:
    """Return the arms of a crossing of drawn roads; mined axes are too rough to tell their bearings."""
    lines = [context.gazetteer.line(line) for line in crossing]
    if any(line.source == "mined" for line in lines):
        return []
    spread = float(shapely.hausdorff_distance(Point(row.x, row.y), row.nodes))
    return arms_of(row.x, row.y, spread, [(line.shape, line.half_width_m) for line in lines])


def _axes(frame: Crossing, first: Lines, second: Lines, context: Context) -> list[Mode]:
    """Return where the axes cross though no crossing is recorded, or nearly do."""
    modes = []
    for a, weight_a in first:
        for b, weight_b in second:
            if a == b:
                continue
            row_a, row_b = context.gazetteer.line(a), context.gazetteer.line(b)
            if row_a.axis.is_empty or row_b.axis.is_empty:
                continue
            if row_a.axis.distance(row_b.axis) > 2 * _EXTEND_M:
                continue
            mined = row_a.source == "mined" or row_b.source == "mined"
            reach = (_EXTEND_M, _NEAR_M) if mined else (0.0, _NEAR_DRAWN_M)
            found = _meeting(row_a.axis, row_b.axis, *reach)
            if found is None:
                continue
            x, y, off, meet = found
            sigma = float(np.hypot(np.hypot(row_a.sigma_m, row_b.sigma_m), 20.0) + off)
            method = "crossing:axes" if meet else "crossing:near"
            row = CrossingRow(a, b, x, y, sigma, 1, shapely.MultiPoint([(x, y)]), row_a.source)
            mode = _mode(frame, row, (a, b), weight_a * weight_b, context, method)
            names = "与".join(context.gazetteer.line_name(line) for line in (a, b))
            how = "取两线走向的交点" if meet else f"两线未相交，取相距 {off:.0f} 米处的中点"
            words = f"{names}没有记录的交叉口，{how}"
            modes.append(mode._replace(sigma_m=sigma, words=words))
    return modes


def _meeting(
    first: LineString, second: LineString, extend_m: float, near_m: float
) -> tuple[float, float, float, bool] | None:
    """Return where two lines meet when drawn on, the metres it is uncertain by, and whether they do."""
    lines = (first, second) if not extend_m else (extended(first, extend_m), extended(second, extend_m))
    cut = lines[0].intersection(lines[1])
    if not cut.is_empty:
        # Of several, the one nearest to what is drawn rather than to what was extended.
        parts = [part.representative_point() for part in shapely.get_parts(cut)]
        point = min(parts, key=lambda part: float(part.distance(first) + part.distance(second)))
        off = 0.1 * float(point.distance(first) + point.distance(second))
        return float(point.x), float(point.y), off, True
    gap = float(first.distance(second))
    if gap > near_m:
        return None
    ends = shapely.get_coordinates(shapely.shortest_line(first, second))
    x, y = ends.mean(axis=0)
    return float(x), float(y), gap, False


def extended(line: LineString, by_m: float) -> LineString:
    """Return a line drawn on straight at both ends by a length in metres."""
    if line.is_ring:
        return line
    coordinates = np.asarray(line.coords)[:, :2]
    # Rough axes wobble at their ends: the direction is taken over a long chord.
    chord = min(_CHORD_M, line.length)
    head = coordinates[0] - np.asarray(line.interpolate(chord).coords[0])[:2]
    tail = coordinates[-1] - np.asarray(line.interpolate(line.length - chord).coords[0])[:2]
    head = head / max(float(np.hypot(*head)), 1e-9) * by_m
    tail = tail / max(float(np.hypot(*tail)), 1e-9) * by_m
    return LineString(np.vstack([coordinates[0] + head, coordinates, coordinates[-1] + tail]))


def _fallback(frame: Crossing, first: Lines, second: Lines, context: Context) -> Evidence:
    if not first and not second:
        return nothing(f"地名库里没有{frame.first.text}，也没有{frame.second.text}")
    if first and second:
        gap = min(
            float(shapely.distance(context.gazetteer.line(a).shape, context.gazetteer.line(b).shape))
            for a, _ in first
            for b, _ in second
        )
        surveyed = all(context.gazetteer.line(line).source != "mined" for line, _ in first + second)
        if surveyed or gap > 3000.0:
            reason = f"{frame.first.text}与{frame.second.text}在地名库里不相交，最近处相距 {gap:.0f} 米"
            # Roads that addresses taught may run on to a crossing nobody has written of yet.
            return nothing(reason, contradiction=surveyed, doubt=True)
        reason = f"没有{frame.first.text}与{frame.second.text}的交叉口，只能落到其中一条路靠近另一条处"
        return _nearest_on_road(first, second, context, reason)
    known, missing = (first, frame.second) if first else (second, frame.first)
    modes = [line_mode(line, weight, context, "crossing:first_road") for line, weight in known]
    return evidence(modes, _FALLBACK_TRUST, f"地名库里没有{missing.text}，只能落到另一条路上")


def _nearest_on_road(first: Lines, second: Lines, context: Context, reason: str) -> Evidence:
    modes = []
    for a, weight_a in first:
        for b, weight_b in second:
            shape_a, shape_b = context.gazetteer.line(a).shape, context.gazetteer.line(b).shape
            gap = float(shape_a.distance(shape_b))
            if gap > 3000.0:
                continue
            (x, y), (u, v) = shapely.get_coordinates(shapely.shortest_line(shape_a, shape_b))
            middle = Point((x + u) / 2, (y + v) / 2)
            weight = weight_a * weight_b / (200.0 + gap)
            sigma = max(gap / 2, 150.0)
            words = f"两路已知部分的最近处（相距 {gap:.0f} 米）"
            modes.append(
                Mode(None, middle.x, middle.y, sigma, weight, "crossing:nearest_on_road", words, (a, b))
            )
    return evidence(modes, _FALLBACK_TRUST, reason)


def line_mode(line: int, weight: float, context: Context, method: str) -> Mode:
    """Return a whole line as the mode of an unknown point on it."""
    row = context.gazetteer.line(line)
    geometry = row.shape if row.axis.is_empty else row.axis
    if row.axis.is_empty:
        centre = row.shape.centroid
        x, y = float(centre.x), float(centre.y)
        min_x, min_y, max_x, max_y = row.shape.bounds
        # Seen once or twice, it may run on for a good way from there.
        extent = max(float(np.hypot(max_x - min_x, max_y - min_y)) / 2, _UNSEEN_M)
        geometry = Point(x, y)
    else:
        middle = row.axis.interpolate(0.5, normalized=True)
        x, y, extent = float(middle.x), float(middle.y), float(row.axis.length) / 2
    sigma = float(np.hypot(row.half_width_m + 20.0, row.sigma_m))
    return Mode(geometry, x, y, sigma, weight, method, f"{row.name}全线", (line,), max(extent, 50.0))
