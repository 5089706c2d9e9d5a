"""The geocoder: one text in, one explained location out.

Chain: normalise, alias look-up, scan for names, read the grammar, resolve each frame to geometry,
fuse the evidence, rank, calibrate. Every step leaves a line in the trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.index import Gazetteer
from geodata.geocode.areas import AreaIndex, AreaPrior
from geodata.geocode.confidence import rival_limit_m, status_of
from geodata.geocode.confidence_table import calibration_of
from geodata.geocode.evidence import Context, Evidence, Mode, representative
from geodata.geocode.fuse import Peak, fuse
from geodata.geocode.model import THRESHOLDS_M, Candidate, Location, Reading, Step
from geodata.geocode.readings import read
from geodata.geocode.resolve import resolve
from geodata.geocode.signals import signals_of
from geodata.geocode.similar import similar_addresses
from geodata.geocode.trace import frame_data
from geodata.text.normalize import NormalText, normalise

_MAX_OTHERS = 9
_LEAST_SHARE = 0.005
# Without a stated area the answer may be anywhere known, but never in less than this.
_LEAST_AREA_M2 = 25e6
_READINGS = 4
_ALIAS_SIGMA_M = 10.0
# A brand beside a road may only choose between places, never outvote.
_BRAND_TRUST = 0.03


@dataclass(frozen=True, slots=True)
class _Resolved:
    reading: Reading
    evidences: list[Evidence]


class Geocoder:
    """Answers where location texts are, from one gazetteer; safe to share between threads.

    Parameters
    ----------
    gazetteer
        An opened gazetteer.
    aliases
        Texts whose place somebody has decided: normalised text to geometry in the gazetteer's CRS.
        They answer with method `alias`.
    """

    def __init__(self, gazetteer: Gazetteer, *, aliases: Mapping[str, BaseGeometry] | None = None) -> None:
        self._gazetteer = gazetteer
        self._context = Context(gazetteer)
        self._areas = AreaIndex(gazetteer)
        self._aliases = dict(aliases or {})
        self._calibration = calibration_of(gazetteer)
        min_x, min_y, max_x, max_y = gazetteer.bounds
        self._area_m2 = max((max_x - min_x) * (max_y - min_y), _LEAST_AREA_M2)

    @classmethod
    def open(cls, path: str | Path, *, aliases: Mapping[str, BaseGeometry] | None = None) -> Geocoder:
        """Return a geocoder on a gazetteer file.

        Raises
        ------
        GazetteerError
            If the file cannot be read.
        """
        return cls(Gazetteer.open(path), aliases=aliases)

    @property
    def crs(self) -> int:
        """EPSG code of the answers' geometries (projected, metres)."""
        return self._gazetteer.crs

    @property
    def gazetteer(self) -> Gazetteer:
        """The gazetteer behind the answers."""
        return self._gazetteer

    def locate(self, text: str, *, area: str | None = None) -> Location:
        """Return where a text is; no text raises.

        Parameters
        ----------
        text
            A location text as written.
        area
            District or subdistrict the text is filed under; narrows the search softly.
        """
        normal = normalise(text)
        steps = [Step("normalise", f"规范为“{normal.text}”", {"text": normal.text, "cut": normal.cut})]
        if normal.text in self._aliases:
            return self._alias(text, normal, steps)
        if not normal.text:
            return self._nothing(text, steps, "没有文字")
        hits = self._gazetteer.scan(normal.text)
        names = list(dict.fromkeys(hit.name for hit in hits))
        words = "地名库中的名称：" + ("、".join(names[:12]) if names else "无")
        steps.append(Step("scan", words, {"names": names[:50]}))
        readings = read(normal, hits, limit=8)
        resolved = self._resolve(readings[:_READINGS], steps)
        stated = ([area] if area else []) + list(resolved.reading.areas if resolved else ())
        prior = self._areas.prior([normalise(name).text for name in stated])
        if prior.elsewhere:
            reason = f"{'、'.join(prior.elsewhere)}不在本地名库的范围内"
            return self._nothing(text, steps, reason)
        evidences = list(resolved.evidences) if resolved else []
        contradiction = next((item.reason for item in evidences if item.contradiction), "")
        if contradiction and all(_says_little(item) for item in evidences):
            return self._nothing(text, steps, contradiction)
        alike = similar_addresses(normal.text, prior, self._context)
        if alike.modes and not contradiction and not _bare_line(evidences):
            evidences.append(replace(alike, rank=len(evidences)))
            steps.append(Step("resolve", alike.modes[0].words, {"trust": round(alike.trust, 3)}))
        peaks = fuse(evidences, prior, area_m2=self._area_m2)
        if not peaks:
            reason = next((item.reason for item in evidences if item.reason), "没有读出可以定位的内容")
            return self._nothing(text, steps, reason)
        return self._answer(text, steps, peaks, prior, evidences)

    def locate_many(
        self, texts: Sequence[str], *, areas: Sequence[str | None] | None = None
    ) -> list[Location]:
        """Return the locations of many texts, in their order, each as `locate` answers it.

        Parameters
        ----------
        areas
            One per text, or None.

        Raises
        ------
        ValueError
            If `areas` has another length than `texts`.
        """
        if areas is not None and len(areas) != len(texts):
            raise ValueError(f"{len(texts)} texts, but {len(areas)} areas")
        stated: Sequence[str | None] = areas if areas is not None else [None] * len(texts)
        known: dict[tuple[str, str | None], Location] = {}
        answers = []
        for key in zip(texts, stated, strict=True):
            if key not in known:
                known[key] = self.locate(key[0], area=key[1])
            answers.append(known[key])
        return answers

    def _resolve(self, readings: Sequence[Reading], steps: list[Step]) -> _Resolved | None:
        """Return the first reading whose strongest frame is found, else the first that gives anything."""
        partial: _Resolved | None = None
        for number, reading in enumerate(readings):
            evidences = _weighed([resolve(frame, self._context) for frame in reading.frames])
            data = {
                "frames": [frame_data(frame) for frame in reading.frames],
                "areas": list(reading.areas),
                "penalty": round(reading.penalty, 3),
            }
            words = reading.words or "读作" + "、".join(type(frame).__name__ for frame in reading.frames)
            steps.append(Step("read", f"解读{number + 1}：{words}", data))
            steps += [_resolve_step(item) for item in evidences]
            found = _Resolved(reading, [replace(item, rank=rank) for rank, item in enumerate(evidences)])
            if evidences and evidences[0].modes and not _is_fallback(evidences[0].modes[0].method):
                return found
            if partial is None or (not _any(partial) and _any(found)):
                partial = found
        return partial

    def _answer(
        self,
        text: str,
        steps: list[Step],
        peaks: list[Peak],
        prior: AreaPrior,
        evidences: Sequence[Evidence],
    ) -> Location:
        candidates = [_candidate(peak) for peak in peaks if peak.share >= _LEAST_SHARE][: _MAX_OTHERS + 1]
        candidates = candidates or [_candidate(peaks[0])]
        best = candidates[0]
        signals = signals_of(peaks, evidences, self._basis(peaks[0]))
        p_within = self._calibration.p_within(signals)
        x, y = representative(best.geometry)
        rivals = []
        for other in candidates[1:]:
            u, v = representative(other.geometry)
            away_m = float(np.hypot(u - x, v - y))
            rivals.append((other.probability, away_m, rival_limit_m(best.method, other.method)))
        status = status_of(p_within, rivals)
        notes = [f"不认识的区域：{'、'.join(prior.unknown)}"] if prior.unknown else []
        notes += [item.reason for item in evidences if item.reason]
        steps.append(
            Step(
                "fuse",
                f"{len(evidences)} 条依据合成 {len(peaks)} 处",
                {"shares": [round(p.share, 4) for p in peaks[:10]]},
            )
        )
        steps.append(
            Step(
                "rank",
                f"最可能：{best.words}" + ("；" + "；".join(notes) if notes else ""),
                {"method": best.method},
            )
        )
        steps.append(
            Step(
                "confidence",
                f"500 米内的把握 {p_within[500]:.0%}，200 米内 {p_within[200]:.0%}，结论：{_STATUS_WORDS[status]}",
                {
                    "signals": signals.as_data(),
                    "at": [x, y],
                    "p": {str(k): round(v, 4) for k, v in p_within.items()},
                },
            )
        )
        if status == "not_found":
            return Location(text, status, None, (), p_within, tuple(steps), self.crs)
        return Location(text, status, best, tuple(candidates[1:]), p_within, tuple(steps), self.crs)

    def _basis(self, peak: Peak) -> str:
        """Return the row of the confidence table: `drawn` where nothing was learned from addresses."""
        mode = _naming_mode(peak)
        lines = mode.lines
        drawn = all(self._gazetteer.line(line).source != "mined" for line in lines)
        if drawn and (lines or not len(self._gazetteer.document_xy)):
            return f"drawn/{mode.method}"
        return mode.method

    def _alias(self, text: str, normal: NormalText, steps: list[Step]) -> Location:
        geometry = self._aliases[normal.text]
        words = "人工确认过的位置"
        best = Candidate(geometry, _ALIAS_SIGMA_M, 1.0, "alias", words)
        steps.append(Step("rank", words, {"method": "alias"}))
        p_within = dict.fromkeys(THRESHOLDS_M, 0.99)
        return Location(text, "located", best, (), p_within, tuple(steps), self.crs)

    def _nothing(self, text: str, steps: list[Step], reason: str) -> Location:
        steps.append(Step("rank", f"没有找到：{reason}", {"reason": reason}))
        p_within = dict.fromkeys(THRESHOLDS_M, 0.0)
        return Location(text, "not_found", None, (), p_within, tuple(steps), self.crs)


_STATUS_WORDS = {"located": "已定位", "ambiguous": "有歧义", "not_found": "未找到"}


def _any(resolved: _Resolved) -> bool:
    return any(item.modes for item in resolved.evidences)


def _says_little(item: Evidence) -> bool:
    return not item.modes or item.modes[0].method == "road"


def _weighed(evidences: list[Evidence]) -> list[Evidence]:
    """Return the evidence with shop brands silenced where anything else speaks."""
    brand = [bool(item.modes) and item.modes[0].method == "place:brand" for item in evidences]
    if all(brand) or not any(brand):
        return evidences
    return [
        replace(item, trust=_BRAND_TRUST) if own else item for item, own in zip(evidences, brand, strict=True)
    ]


def _is_fallback(method: str) -> bool:
    return ":" in method and method not in ("place:mentioned", "number:interpolated", "crossing:axes")


def _bare_line(evidences: Sequence[Evidence]) -> bool:
    """Return whether the text is nothing but the name of a line: then the line is the answer."""
    return len(evidences) == 1 and bool(evidences[0].modes) and evidences[0].modes[0].method == "road"


def _resolve_step(item: Evidence) -> Step:
    if not item.modes:
        return Step("resolve", item.reason or "没有候选", {"modes": 0})
    words = item.modes[0].words + (f"，另有 {len(item.modes) - 1} 处" if len(item.modes) > 1 else "")
    words += f"（{item.reason}）" if item.reason else ""
    data = {
        "modes": len(item.modes),
        "method": item.modes[0].method,
        "trust": round(item.trust, 3),
        "sigma_m": round(item.modes[0].sigma_m, 1),
    }
    return Step("resolve", words, data)


def _candidate(peak: Peak) -> Candidate:
    named = _naming_mode(peak)
    geometry: BaseGeometry = Point(peak.x, peak.y) if named.geometry.geom_type == "Point" else named.geometry
    uncertainty = peak.sigma_m if not peak.extent_m else max(peak.extent_m / np.sqrt(3.0), peak.sigma_m)
    others = [mode.words for mode in peak.modes if mode is not named]
    words = named.words + (f"；相符：{others[0]}" if others else "")
    return Candidate(geometry, float(uncertainty), peak.share, named.method, words)


def _naming_mode(peak: Peak) -> Mode:
    """Return the mode that names the answer: the strongest frame that fixes a place, before fallbacks."""
    fixed = [mode for mode in peak.modes if not mode.extent_m] or list(peak.modes)
    for weak in ("similar_address", "place:brand"):
        strong = [mode for mode in fixed if mode.method != weak]
        fixed = strong or fixed
    return fixed[0]
