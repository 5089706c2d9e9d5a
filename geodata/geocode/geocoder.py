"""The geocoder: one text in, one explained location out.

Chain: normalise, alias look-up, scan for names, read the grammar, resolve each frame to geometry,
fuse the evidence, rank, calibrate. Every step leaves a line in the trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.index import Gazetteer
from geodata.geocode.answer import answer
from geodata.geocode.areas import AreaIndex, AreaPrior
from geodata.geocode.confidence_table import calibration_of
from geodata.geocode.context import Context
from geodata.geocode.evidence import Evidence
from geodata.geocode.following import completed_rows, followed
from geodata.geocode.fuse import fuse
from geodata.geocode.model import THRESHOLDS_M, Candidate, Location, NameHit, Reading, Step, Trace
from geodata.geocode.reading.previous import Completed
from geodata.geocode.readings import describe_reading, read
from geodata.geocode.resolve import resolve
from geodata.geocode.similar import similar_addresses
from geodata.geocode.support import only_a_common_name, weighed
from geodata.geocode.trace import frame_data
from geodata.text.normalize import NormalText, normalise

# Without a stated area the answer may be anywhere known, but never in less than this.
_LEAST_AREA_M2 = 25e6
_READINGS = 4
# Texts that share the array operations of one look-up.
_TOGETHER = 64
_ALIAS_SIGMA_M = 10.0
# What likeness is worth where the words name roads that nobody has seen meet.
_DOUBTED = 0.5


@dataclass(frozen=True, slots=True)
class _Resolved:
    reading: Reading
    evidences: list[Evidence]


@dataclass(frozen=True, slots=True)
class _Case:
    """A text that has been read, and what speaks for its place so far."""

    text: str
    plain: str
    trace: Trace
    prior: AreaPrior
    evidences: list[Evidence]
    wants_likeness: bool


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
        return self._locate([(text, area)])[0]

    def locate_many(
        self, texts: Sequence[str], *, areas: Sequence[str | None] | None = None, follow: bool = False
    ) -> list[Location]:
        """Return the locations of many texts, in their order, each as `locate` answers it.

        Parameters
        ----------
        areas
            One per text, or None.
        follow
            Whether the texts are the rows of one list, from top to bottom: what only makes sense after
            the row above (同上, 对面, 路东50米) then goes on from it, with less confidence.

        Raises
        ------
        ValueError
            If `areas` has another length than `texts`.
        """
        if areas is not None and len(areas) != len(texts):
            raise ValueError(f"{len(texts)} texts, but {len(areas)} areas")
        stated: Sequence[str | None] = areas if areas is not None else [None] * len(texts)
        if follow:
            links = self.links(texts, stated)
            asked = [text if link is None else link.text for text, link in zip(texts, links, strict=True)]
            found = self.locate_many(asked, areas=stated)
            return [
                location if link is None else followed(location, text, link)
                for location, text, link in zip(found, texts, links, strict=True)
            ]
        keys = list(zip(texts, stated, strict=True))
        distinct = list(dict.fromkeys(keys))
        known: dict[tuple[str, str | None], Location] = {}
        for start in range(0, len(distinct), _TOGETHER):
            together = distinct[start : start + _TOGETHER]
            known.update(zip(together, self._locate(together), strict=True))
        return [known[key] for key in keys]

    def links(self, texts: Sequence[str], areas: Sequence[str | None]) -> list[Completed | None]:
        """Return for every row of a list how it goes on from the row above, None where it stands alone."""
        return completed_rows(texts, areas, self._best_reading)

    def _best_reading(self, text: str) -> Reading | None:
        normal = normalise(text)
        return next(iter(read(normal, self._gazetteer.scan(normal.text), limit=1)), None)

    def _locate(self, asked: Sequence[tuple[str, str | None]]) -> list[Location]:
        """Return the answers to texts with their areas; the likeness of all is looked up at once."""
        cases = [self._read(text, area) for text, area in asked]
        unlike = [case for case in cases if isinstance(case, _Case) and case.wants_likeness]
        if unlike:
            found = similar_addresses(
                [case.plain for case in unlike], [case.prior for case in unlike], self._context
            )
            for case, alike in zip(unlike, found, strict=True):
                if alike.modes:
                    if any(item.doubt for item in case.evidences):
                        alike = replace(alike, trust=alike.trust * _DOUBTED)
                    case.evidences.append(alike)
                    case.trace.add(partial(_resolved_step, alike))
        return [self._answer(case) if isinstance(case, _Case) else case for case in cases]

    def _read(self, text: str, area: str | None) -> _Case | Location:
        """Return what a text says with all its evidence, or the answer where there is nothing to weigh."""
        normal = normalise(text)
        trace = Trace()
        trace.add(partial(_normalised, normal))
        if normal.text in self._aliases:
            return self._alias(text, normal, trace)
        if not normal.text:
            return self._nothing(text, trace, "没有文字")
        hits = self._gazetteer.scan(normal.text)
        trace.add(partial(_scanned, hits))
        resolved = self._resolve(text, read(normal, hits, limit=_READINGS), trace)
        evidences = list(resolved.evidences) if resolved else []
        prior = self._areas.prior((*([area] if area else ()), *(resolved.reading.areas if resolved else ())))
        if prior.elsewhere:
            return self._nothing(text, trace, f"{'、'.join(prior.elsewhere)}不在本地名库的范围内")
        contradiction = next((item.reason for item in evidences if item.contradiction), "")
        if contradiction and all(_says_little(item) for item in evidences):
            return self._nothing(text, trace, contradiction)
        common = resolved is not None and only_a_common_name(resolved.reading, evidences, normal.text)
        likeness = not contradiction and not common and not _bare_line(evidences)
        return _Case(text, normal.text, trace, prior, evidences, likeness)

    def _answer(self, case: _Case) -> Location:
        peaks = fuse(case.evidences, case.prior, area_m2=self._area_m2)
        if not peaks:
            reason = next((item.reason for item in case.evidences if item.reason), "没有读出可以定位的内容")
            return self._nothing(case.text, case.trace, reason)
        return answer(
            case.text, case.trace, peaks, case.prior, case.evidences, self._gazetteer, self._calibration
        )

    def _resolve(self, text: str, readings: Sequence[Reading], trace: Trace) -> _Resolved | None:
        """Return the first reading whose strongest frame is found, else the first that gives anything."""
        best: _Resolved | None = None
        for number, reading in enumerate(readings):
            evidences = weighed(reading.frames, [resolve(frame, self._context) for frame in reading.frames])
            trace.add(partial(_read_step, number, reading, text))
            for item in evidences:
                trace.add(partial(_resolved_step, item))
            found = _Resolved(reading, evidences)
            if evidences and evidences[0].modes and not _is_fallback(evidences[0].modes[0].method):
                return found
            if best is None or (not _any(best) and _any(found)):
                best = found
        return best

    def _alias(self, text: str, normal: NormalText, trace: Trace) -> Location:
        words = "人工确认过的位置"
        best = Candidate(self._aliases[normal.text], _ALIAS_SIGMA_M, 1.0, "alias", words)
        trace.add(partial(Step, "rank", words, {"method": "alias"}))
        return Location(text, "located", best, (), dict.fromkeys(THRESHOLDS_M, 0.99), trace, self.crs)

    def _nothing(self, text: str, trace: Trace, reason: str) -> Location:
        trace.add(partial(Step, "rank", f"没有找到：{reason}", {"reason": reason}))
        return Location(text, "not_found", None, (), dict.fromkeys(THRESHOLDS_M, 0.0), trace, self.crs)


def _any(resolved: _Resolved) -> bool:
    return any(item.modes for item in resolved.evidences)


def _says_little(item: Evidence) -> bool:
    return not item.modes or item.modes[0].method == "road"


def _is_fallback(method: str) -> bool:
    return ":" in method and method not in (
        "place:mentioned",
        "number:interpolated",
        "number:across",
        "crossing:axes",
    )


def _bare_line(evidences: Sequence[Evidence]) -> bool:
    """Return whether the text is nothing but a line, or a side of one: then the line is the answer."""
    if len(evidences) != 1 or not evidences[0].modes:
        return False
    first = evidences[0].modes[0]
    return first.method == "road" or (first.method == "stretch" and first.extent_m > 0)


def _normalised(normal: NormalText) -> Step:
    return Step("normalise", f"规范为“{normal.text}”", {"text": normal.text, "cut": normal.cut})


def _scanned(hits: Sequence[NameHit]) -> Step:
    names = list(dict.fromkeys(hit.name for hit in hits))
    words = "地名库中的名称：" + ("、".join(names[:12]) if names else "无")
    return Step("scan", words, {"names": names[:50]})


def _read_step(number: int, reading: Reading, text: str) -> Step:
    unread = [text[span.start : span.end] for span in reading.residue]
    words = f"解读{number + 1}：{describe_reading(reading)}"
    words += f"（没有读懂：{'、'.join(unread)}）" if unread else ""
    data = {
        "frames": [frame_data(frame) for frame in reading.frames],
        "areas": list(reading.areas),
        "penalty": round(reading.penalty, 3),
        "residue": unread,
    }
    return Step("read", words, data)


def _resolved_step(item: Evidence) -> Step:
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
