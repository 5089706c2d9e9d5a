"""Positions and ranges by chainage: K645+300 on a railway, 桩号 on a canal."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.geocode.context import Context
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing, representative
from geodata.geocode.model import SIDE_WORDS, Chainage
from geodata.linear.locate import offset_side, sub_line
from geodata.linear.route import Route

_TRUST = {"chainage": 0.95, "chainage:only_line": 0.5, "chainage:from_start": 0.3}
_TRACK_SIDE_M = 5.0

_FALLBACK_WORDS = {
    "chainage:only_line": "没有写线路名，按唯一有这个桩号的线路推算",
    "chainage:from_start": "线路没有里程桩，按起点推算",
}


def resolve_chainage(frame: Chainage, context: Context) -> Evidence:
    """Return the point or range on the line, None of it beyond the line's ends."""
    gazetteer = context.gazetteer
    fallback = ""
    if frame.line is None:
        reaching = [line for line in gazetteer.posted_lines if _reaches(gazetteer.route(line), frame)]
        lines = [(line, 1.0) for line in reaching]
        if len(lines) != 1:
            why = "不止一条线有这个桩号" if lines else "没有一条线有这个桩号"
            return nothing(f"桩号没有线路名，{why}")
        fallback = "only_line"
    else:
        lines = context.lines(frame.line)
        if not lines:
            return nothing(f"地名库里没有{frame.line.text}")
    modes, beyond = [], []
    for line, weight in lines:
        axis = context.axis(line)
        if axis is None:
            continue
        route = gazetteer.route(line)
        method = "chainage" if route.calibrated else "chainage:from_start"
        if fallback:
            method = f"chainage:{fallback}"
        start = route.distance_of(frame.start_m)
        end = route.distance_of(frame.end_m) if frame.end_m is not None else start
        if start is None or end is None:
            low, high = route.chainage_range_m
            beyond.append(f"{gazetteer.line_name(line)}的桩号范围是 {_post(low)} 至 {_post(high)}")
            continue
        part = axis.interpolate(start) if frame.end_m is None else sub_line(axis, start, end)
        sigma = 8.0 if route.calibrated else 300.0
        modes.append(_mode(frame, part, line, weight, sigma, method, context))
    if modes:
        methods = {mode.method for mode in modes}
        reason = "；".join(words for method, words in _FALLBACK_WORDS.items() if method in methods)
        return evidence(modes, max(_TRUST[method] for method in methods), reason)
    if beyond:
        return nothing("桩号超出线路：" + "；".join(beyond), contradiction=True)
    return nothing("线路走向不明，无法按桩号定位")


def _reaches(route: Route, frame: Chainage) -> bool:
    ends = [frame.start_m] + ([frame.end_m] if frame.end_m is not None else [])
    return route.calibrated and all(route.distance_of(end) is not None for end in ends)


def _mode(
    frame: Chainage,
    part: BaseGeometry,
    line: int,
    weight: float,
    sigma_m: float,
    method: str,
    context: Context,
) -> Mode:
    row = context.gazetteer.line(line)
    words = f"{row.name} {frame.prefix}{_post(frame.start_m)}"
    if frame.end_m is not None:
        words += f" 至 {frame.prefix}{_post(frame.end_m)}"
    if frame.side is not None:
        side = context.hand(frame.side, line)
        reach = row.half_width_m + _TRACK_SIDE_M
        part = offset_side(part, side, reach, line=row.axis if isinstance(part, Point) else None)
        words += f"，{SIDE_WORDS[frame.side]}侧"
    x, y = representative(part)
    sigma = float(np.hypot(sigma_m, row.sigma_m))
    beside = line if frame.side is not None else -1
    return Mode(part, x, y, sigma, weight, method, words, (line,), side=frame.side, beside=beside)


def _post(chainage_m: float) -> str:
    kilometres, metres = divmod(round(chainage_m), 1000)
    return f"{kilometres}+{metres:03d}"
