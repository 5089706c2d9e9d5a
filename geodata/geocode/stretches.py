"""Parts of a line: between two anchors, one side or bank of it, a named extent, or all of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from geodata.geocode.context import Context
from geodata.geocode.crossings import line_mode
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing, representative
from geodata.geocode.model import SIDE_WORDS, Extent, Side, Stretch
from geodata.linear.locate import along, offset_side, side_vector, sub_line, tangent_at
from geodata.linear.spine import drawn_path

# An anchor farther than this from the line does not lie on it.
_ON_LINE_M = 400.0
# An anchor this far outside the line's kerb lies on a branch that the axis leaves out.
_OFF_AXIS_M = 15.0
_BANK_M = 3.0
_EXTENT_WORDS: dict[Extent | None, str] = {
    None: "", "whole": "全线", "N": "北段", "E": "东段", "S": "南段", "W": "西段", "middle": "中段",
}  # fmt: skip
# 北段 is the northern part: people mean a third to a half.
_EXTENT_SHARE = 0.4
_TRUST_BOTH, _TRUST_ONE, _TRUST_WHOLE, _TRUST_BARE = 0.95, 0.6, 0.9, 0.9


@dataclass(frozen=True, slots=True)
class _End:
    """An anchor put on a line: where it is, metres off the line and along it, 1-sigma radius, weight."""

    point: Point
    off_m: float
    position_m: float
    sigma_m: float
    weight: float
    words: str


def resolve_stretch(
    frame: Stretch, start: Evidence | None, end: Evidence | None, context: Context
) -> Evidence:
    """Return the part of the line meant; the anchors have been resolved by the caller.

    Parameters
    ----------
    start, end
        What the frame's anchors gave, None where it has none.
    """
    lines = context.lines(frame.line)
    if not lines:
        if start is not None and end is not None and start.modes and end.modes:
            return _straight(start, end, f"地名库里没有{frame.line.text}")
        return nothing(f"地名库里没有{frame.line.text}")
    if start is None and end is None:
        return _extent(frame, lines, context)
    modes = []
    for line, weight in lines:
        axis = context.axis(line)
        if axis is not None:
            modes += _between(frame, line, weight, axis, start, end, context)
    if modes:
        return evidence(modes, context.trust(_TRUST_BOTH, modes[0].lines))
    return _fallback(frame, lines, start, end, context)


def _ends(anchor: Evidence | None, axis: LineString) -> list[_End]:
    if anchor is None:
        return []
    found = []
    for mode in anchor.modes:
        if mode.extent_m:
            continue
        point = Point(mode.x, mode.y)
        off = float(axis.distance(point))
        if off <= max(_ON_LINE_M, 2 * mode.sigma_m):
            weight = mode.weight / (1.0 + (off / 100.0) ** 2)
            found.append(_End(point, off, along(axis, point), mode.sigma_m, weight, mode.words))
    return found


def _between(
    frame: Stretch,
    line: int,
    weight: float,
    axis: LineString,
    start: Evidence | None,
    end: Evidence | None,
    context: Context,
) -> list[Mode]:
    starts, ends = _ends(start, axis), _ends(end, axis)
    modes = []
    for first, second in product(starts[:6], ends[:6]):
        if first.point.distance(second.point) < 1.0:
            continue
        part = _part_between(line, axis, first, second, context)
        if part.length < 1.0:
            continue
        sigma = float(np.hypot(first.sigma_m, second.sigma_m) / np.sqrt(2.0))
        own = weight * first.weight * second.weight
        name = context.gazetteer.line_name(line)
        words = f"{name}：自{first.words}至{second.words}，长 {part.length:.0f} 米"
        modes.append(_line_mode(part, frame.side, line, sigma, own, "stretch", words, context))
    return modes


def _part_between(
    line: int, axis: LineString, first: _End, second: _End, context: Context
) -> LineString | Point:
    """Return the axis between two ends on it; for an end on a branch the way through what is drawn."""
    row = context.gazetteer.line(line)
    if max(first.off_m, second.off_m) > row.half_width_m + _OFF_AXIS_M and row.source != "mined":
        parts = [part for part in shapely.get_parts(row.shape) if isinstance(part, LineString)]
        way = drawn_path(parts, first.point, second.point)
        if way is not None:
            middle = way.interpolate(0.5, normalized=True)
            onward = tangent_at(axis, along(axis, middle)) @ tangent_at(way, way.length / 2)
            return way if onward >= 0 else way.reverse()
    return sub_line(axis, first.position_m, second.position_m)


def _line_mode(
    part: BaseGeometry,
    side: Side | None,
    line: int,
    sigma_m: float,
    weight: float,
    method: str,
    words: str,
    context: Context,
) -> Mode:
    geometry = part
    row = context.gazetteer.line(line)
    if side is not None and side not in ("both", "middle"):
        # A bank lies just beyond the water, a street's side at its kerb.
        reach = row.half_width_m + (_BANK_M if row.line_class == "water" else 0.0)
        base = row.axis if isinstance(part, Point) else None
        geometry = offset_side(part, context.hand(side, line), reach, line=base)
        words += f"，{SIDE_WORDS[side]}侧（距中线 {reach:.0f} 米）"
    x, y = representative(geometry)
    sigma = float(np.hypot(sigma_m, row.sigma_m))
    beside = line if side is not None else -1
    return Mode(geometry, x, y, max(sigma, 5.0), weight, method, words, (line,), side=side, beside=beside)


def _extent(frame: Stretch, lines: list[tuple[int, float]], context: Context) -> Evidence:
    """Return a line as a whole, a named part of it, or an unknown point on it (a bare road name)."""
    modes = []
    named = frame.extent not in (None, "whole") or frame.side is not None
    for line, weight in lines:
        axis = context.axis(line)
        if axis is None:
            modes.append(line_mode(line, weight, context, "road"))
        elif named:
            part = axis if frame.extent in (None, "whole") else _part(axis, frame.extent)
            words = context.gazetteer.line_name(line) + _EXTENT_WORDS[frame.extent]
            sigma = 0.25 * axis.length if frame.extent not in (None, "whole") else 20.0
            mode = _line_mode(part, frame.side, line, sigma, weight, "stretch", words, context)
            if frame.extent in (None, "whole"):
                # 建设路北侧 names a side but no ends: somewhere along it.
                mode = mode._replace(extent_m=axis.length / 2)
            modes.append(mode)
        else:
            modes.append(line_mode(line, weight, context, "road"))
    return evidence(modes, context.trust(_TRUST_WHOLE if named else _TRUST_BARE, modes[0].lines))


def _part(axis: LineString, extent: Extent) -> BaseGeometry:
    if extent == "middle":
        return sub_line(axis, 0.3 * axis.length, 0.7 * axis.length)
    wanted = side_vector(extent)  # type: ignore[arg-type]
    first, last = np.asarray(axis.coords[0])[:2], np.asarray(axis.coords[-1])[:2]
    share = _EXTENT_SHARE * axis.length
    if float((last - first) @ wanted) > 0:
        return sub_line(axis, axis.length - share, axis.length)
    return sub_line(axis, 0.0, share)


def _fallback(
    frame: Stretch,
    lines: list[tuple[int, float]],
    start: Evidence | None,
    end: Evidence | None,
    context: Context,
) -> Evidence:
    anchors = [anchor for anchor in (start, end) if anchor is not None and anchor.modes]
    if len(anchors) == 2 and not any(context.axis(line) for line, _ in lines):
        return _straight(anchors[0], anchors[1], f"{frame.line.text}的走向不明")
    modes = []
    for line, weight in lines:
        axis = context.axis(line)
        for anchor in anchors:
            for found in _ends(anchor, axis) if axis is not None else []:
                point = axis.interpolate(found.position_m) if axis is not None else Point()
                mode = Mode(
                    point,
                    point.x,
                    point.y,
                    float(np.hypot(found.sigma_m, 250.0)),
                    weight * found.weight,
                    "stretch:one_end",
                    f"只找到一端：{found.words}",
                    (line,),
                    side=frame.side,
                    beside=line if frame.side is not None else -1,
                )
                modes.append(mode)
    if modes:
        return evidence(modes, _TRUST_ONE, "路段只有一端能找到")
    reasons = "；".join(anchor.reason for anchor in (start, end) if anchor is not None and anchor.reason)
    whole = [line_mode(line, weight, context, "stretch:whole_line") for line, weight in lines]
    return evidence(whole, 0.3, reasons or "路段的两端都不在这条线上")


def _straight(start: Evidence, end: Evidence, reason: str) -> Evidence:
    modes = []
    for first, second in product(start.modes[:4], end.modes[:4]):
        if first.extent_m or second.extent_m:
            continue
        line = LineString([(first.x, first.y), (second.x, second.y)])
        if not 1.0 < line.length < 6000.0:
            continue
        x, y = representative(line)
        sigma = float(np.hypot(max(first.sigma_m, second.sigma_m), 0.1 * line.length))
        words = f"{reason}，以{first.words}与{second.words}之间的直线代替"
        modes.append(Mode(line, x, y, sigma, first.weight * second.weight, "stretch:straight", words))
    return evidence(modes, 0.8, reason)
