"""From fused places to the answer: candidates, calibrated confidence, status, and the last steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot, sqrt

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.index import Gazetteer
from geodata.geocode.areas import AreaPrior
from geodata.geocode.confidence import rival_limit_m, status_of
from geodata.geocode.curves import Calibration
from geodata.geocode.evidence import Evidence, Mode, representative
from geodata.geocode.fuse import Peak
from geodata.geocode.model import Candidate, Location, Status, Step, Trace
from geodata.geocode.signals import Signals, signals_of

_MAX_CANDIDATES = 10
_LEAST_SHARE = 0.005
_STATUS_WORDS = {"located": "已定位", "ambiguous": "有歧义", "not_found": "未找到"}


def answer(
    text: str,
    trace: Trace,
    peaks: Sequence[Peak],
    prior: AreaPrior,
    evidences: Sequence[Evidence],
    gazetteer: Gazetteer,
    calibration: Calibration,
) -> Location:
    """Return the location that the fused places make, with the steps that led from them to it.

    Parameters
    ----------
    peaks
        From `fuse`, at least one, most probable first.
    calibration
        What the figures of an answer are worth.
    """
    signals = signals_of(peaks, evidences, _basis(peaks[0], gazetteer))
    p_within = calibration.p_within(signals)
    kept = [peak for peak in peaks[:_MAX_CANDIDATES] if peak.share >= _LEAST_SHARE] or [peaks[0]]
    candidates = [_candidate(peak, gazetteer) for peak in kept]
    status = status_of(p_within, _rivals(candidates))
    best = candidates[0]
    trace.add(lambda: _fused(evidences, peaks))
    trace.add(lambda: _ranked(best, prior, evidences))
    trace.add(lambda: _confident(signals, best, p_within, status))
    if status == "not_found":
        return Location(text, status, None, (), p_within, trace, gazetteer.crs)
    return Location(text, status, best, tuple(candidates[1:]), p_within, trace, gazetteer.crs)


def _rivals(candidates: Sequence[Candidate]) -> list[tuple[float, float, float]]:
    if len(candidates) == 1:
        return []
    best = candidates[0]
    x, y = representative(best.geometry)
    rivals = []
    for other in candidates[1:]:
        u, v = representative(other.geometry)
        rivals.append((other.probability, hypot(u - x, v - y), rival_limit_m(best.method, other.method)))
    return rivals


def _basis(peak: Peak, gazetteer: Gazetteer) -> str:
    """Return the row of the confidence table: `drawn` where nothing was learned from addresses."""
    mode = _naming_mode(peak)
    drawn = all(gazetteer.is_drawn(line) for line in mode.lines)
    if drawn and (mode.lines or not len(gazetteer.document_xy)):
        return f"drawn/{mode.method}"
    return mode.method


def _candidate(peak: Peak, gazetteer: Gazetteer) -> Candidate:
    named = _naming_mode(peak)
    geometry: BaseGeometry = named.geometry if named.is_drawn else Point(peak.x, peak.y)
    uncertainty = peak.sigma_m if not peak.extent_m else max(peak.extent_m / sqrt(3.0), peak.sigma_m)
    other = next((mode for mode in peak.modes if mode is not named), None)
    words = f"{named.words}；相符：{other.words}" if other is not None else named.words
    side, line_name = None, ""
    for mode in (named, *peak.modes):
        # 熊儿河西岸通泰路桥下: the bridge names the place, another frame the bank.
        if mode.side is not None:
            side, line_name = mode.side, gazetteer.line_name(mode.beside)
            break
    return Candidate(geometry, uncertainty, peak.share, named.method, words, side, line_name)


def _naming_mode(peak: Peak) -> Mode:
    """Return the mode that names the answer: the strongest frame that fixes a place, before fallbacks."""
    if len(peak.modes) == 1:
        return peak.modes[0]
    fixed = [mode for mode in peak.modes if not mode.extent_m] or list(peak.modes)
    for weak in ("similar_address", "place:brand"):
        strong = [mode for mode in fixed if mode.method != weak]
        fixed = strong or fixed
    return fixed[0]


def _fused(evidences: Sequence[Evidence], peaks: Sequence[Peak]) -> Step:
    words = f"{len(evidences)} 条依据合成 {len(peaks)} 处"
    return Step("fuse", words, {"shares": [round(peak.share, 4) for peak in peaks[:_MAX_CANDIDATES]]})


def _ranked(best: Candidate, prior: AreaPrior, evidences: Sequence[Evidence]) -> Step:
    notes = [f"不认识的区域：{'、'.join(prior.unknown)}"] if prior.unknown else []
    notes += [item.reason for item in evidences if item.reason]
    return Step("rank", "；".join([f"最可能：{best.words}", *notes]), {"method": best.method})


def _confident(signals: Signals, best: Candidate, p_within: Mapping[int, float], status: Status) -> Step:
    words = f"500 米内的把握 {p_within[500]:.0%}，200 米内 {p_within[200]:.0%}，结论：{_STATUS_WORDS[status]}"
    data = {
        "signals": signals.as_data(),
        "at": list(representative(best.geometry)),
        "p": {str(radius): round(p, 4) for radius, p in p_within.items()},
    }
    return Step("confidence", words, data)
