"""What a location text says: names and words to readings, without any geometry.

The reader knows the grammar of Chinese location texts, not the map: it never decides where a road
runs or which of two places of one name is meant.

The way: the cheapest coverings of the text with words (`reading.lattice`) → words with brackets set
aside (`reading.stream`) → frames (`reading.parser`) → ordered evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from geodata.geocode.model import Frame, NameHit, Reading
from geodata.geocode.reading.evidence import describe
from geodata.geocode.reading.lattice import Cover, covers
from geodata.geocode.reading.parse import Found
from geodata.geocode.reading.parser import parse
from geodata.geocode.reading.stream import stream_of
from geodata.text.normalize import MAX_CHARS, NormalText

_COVERINGS = 3
_ANOTHER_PLACE = 2.0
_MOST_FRAMES = 6


def read(text: NormalText, hits: Sequence[NameHit], *, limit: int = 8) -> list[Reading]:
    """Return the ways to read a text, best first; none if nothing was understood.

    Parameters
    ----------
    text
        From `geodata.text.normalize.normalise`.
    hits
        Gazetteer names found in `text.text`; they may overlap. Names that are not in it are read
        by their form, with `known=False`.
    limit
        At most so many readings.

    Returns
    -------
    list[Reading]
        Frames of one reading are independent evidence for one place, strongest first. A direction
        that the text leaves open has `bearing="both"`; the road to walk along is only given where
        the text names it. Further places in one text (`；`, `、`) are readings with a penalty of 2
        or more.

    Examples
    --------
    >>> from geodata.text.normalize import normalise
    >>> for reading in read(normalise("陇海路京广路西北角"), []):
    ...     print(describe_reading(reading))
    路口“陇海路×京广路，西北角”
    """
    if not text.text or limit < 1:
        return []
    found: list[Reading] = []
    seen: set[tuple[Frame, ...]] = set()
    best = 0.0
    for rank, cover in enumerate(covers(text.text, hits, count=_COVERINGS)):
        best = cover.cost if rank == 0 else best
        for reading in _readings(text, cover, penalty=cover.cost - best):
            if reading.frames not in seen:
                seen.add(reading.frames)
                found.append(reading)
    found.sort(key=lambda reading: reading.penalty)
    return found[:limit]


def _readings(text: NormalText, cover: Cover, *, penalty: float) -> list[Reading]:
    """Return the readings of one covering: the main one, its rivals, and further places."""
    result = parse(stream_of(text, cover.tokens))
    areas = tuple(dict.fromkeys([name.text for name in result.areas]))
    residue = tuple(dict.fromkeys(result.residue))
    after = f"（文字过长，只读了前{MAX_CHARS}字）" if text.cut else ""
    readings: list[Reading] = []
    for index, place in enumerate([place for place in result.places if place]):
        frames = _ordered(place)
        before = "" if index == 0 else f"同一描述里的第{index + 1}处："
        extra = penalty + (_ANOTHER_PLACE + 0.1 * index if index else 0.0)
        readings.append(Reading(frames, areas, residue, round(extra, 3), before, after))
        for rival in result.rivals:
            if rival.instead_of in frames:
                swapped = tuple([rival.frame if frame == rival.instead_of else frame for frame in frames])
                own = round(extra + rival.penalty, 3)
                readings.append(Reading(swapped, areas, residue, own, f"{rival.why}：", after))
    return readings


def _ordered(found: list[Found]) -> tuple[Frame, ...]:
    """Return the frames, strongest first, each said once."""
    if len(found) > 1:
        found = sorted(found, key=lambda item: (item.weakness, item.start))
    return tuple(dict.fromkeys([item.frame for item in found]))[:_MOST_FRAMES]


def describe_reading(reading: Reading) -> str:
    """Return in Chinese how a text was read, for the trace."""
    return reading.before + "；".join(map(describe, reading.frames)) + reading.after
