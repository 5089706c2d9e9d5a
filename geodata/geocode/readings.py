"""What a location text says: names and words to readings, without any geometry.

The reader knows the grammar of Chinese location texts, not the map: it never decides where a road
runs or which of two places of one name is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from geodata.geocode.model import (
    Crossing,
    Frame,
    Name,
    NameHit,
    Number,
    Offset,
    Place,
    Reading,
    Side,
    Stretch,
)
from geodata.text.normalize import NormalText

_SIDES: dict[str, Side] = {
    "东": "E", "南": "S", "西": "W", "北": "N", "东北": "NE", "西北": "NW", "东南": "SE", "西南": "SW",
}  # fmt: skip
_ROAD = re.compile(r"[\u4e00-\u9fff]{2,5}?(?:大道|大街|路|街|道|巷)")
_TAIL = re.compile(
    r"(?:交叉口)?(?:(?P<corner>[东西][南北])角)?(?:[向往]?(?P<to>[东西][南北]|[东西南北])(?P<m>\d+)米)?(?:路(?P<side>[东西南北]))?"
)
_NUMBER = re.compile(r"(\d{1,5})(?:-(\d+))?号院?")


def read(text: NormalText, hits: Sequence[NameHit], *, limit: int = 8) -> list[Reading]:
    """Return the ways to read a text, best first; none if nothing was understood.

    Parameters
    ----------
    text
        From `geodata.text.normalize.normalise`.
    hits
        Gazetteer names found in `text.text`; they may overlap.
    limit
        At most so many readings.
    """
    chosen: list[tuple[int, int, tuple[str, ...]]] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if not chosen or hit.start >= chosen[-1][1]:
            chosen.append((hit.start, hit.end, hit.classes))
    if not any("road" in c[2] for c in chosen):
        chosen = [(m.start(), m.end(), ("road",)) for m in _ROAD.finditer(text.text)] or chosen
    names = [Name(text.text[a:b], c, text.span(a, b)) for a, b, c in chosen]  # type: ignore[arg-type]
    roads = [(n, b) for n, (_, b, c) in zip(names, chosen, strict=True) if set(c) & {"road", "water", "rail"}]
    frames: list[Frame] = []
    if len(roads) >= 2:
        tail = _TAIL.match(text.text, roads[1][1])
        corner = _SIDES.get(tail["corner"] or "") if tail else None
        frame: Frame = Crossing(roads[0][0], roads[1][0], corner=corner)
        if tail and tail["m"]:
            metres = float(tail["m"])
            side = _SIDES.get(tail["side"] or "")
            frame = Offset(frame, _SIDES[tail["to"]], (metres, metres), side=side)
        frames.append(frame)
    for road, end in roads:
        if number := _NUMBER.match(text.text, end):
            frames.append(Number(road, int(number[1]), number[2]))
    frames += [Place(name) for name in names if "place" in name.classes]
    if len(roads) == 1 and not frames:
        frames.append(Stretch(roads[0][0], extent="whole"))
    return [Reading(tuple(frames), words="初版语法")][:limit] if frames else []
