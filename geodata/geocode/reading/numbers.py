"""House numbers after a road: one, a range, a list."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.geocode.model import Name, Number, Stretch
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.figures import house_number, number_range
from geodata.geocode.reading.parse import Parse
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.tails import with_tail

_GATE_AS_NUMBER = re.compile(r"(\d{1,4})号门")
_BUILDING_AS_NUMBER = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?(?:号楼|幢|商铺)")


def read_number(stream: Stream, at: int, result: Parse) -> int:
    """Read a house number after a road, a part or a side of the road between them allowed."""
    if stream.code(at) != t.LINE:
        return at
    look = at + 1
    while stream.code(look) in (t.EXTENT, t.SIDE, t.BARE) and look < at + 3:
        look += 1
    found = _number_at(stream, stream.name(at), look, right_after=look == at + 1)
    if found is None:
        return at
    number, less = found
    start = stream.at(at).start
    far = number_range(number.road, stream.at(look).word)
    if far is None and stream.code(look + 1) in (t.TO, t.DASH):
        second = _number_at(stream, number.road, look + 2, right_after=stream.code(look + 2) == t.GATE)
        if second is not None:
            far, look = second[0], look + 2
    if far is not None:
        # 12号至18号 is the part of the road between the two
        frame, end = with_tail(stream, Stretch(number.road, replace(number, sub=None), far), look + 1)
        result.lines.append(number.road)
        result.add(frame, start, less=less)
        return end
    side = stream.at(look - 1).side if stream.code(look - 1) in (t.SIDE, t.BARE) else None
    frame, end = with_tail(stream, replace(number, side=side), look + 1)
    result.lines.append(number.road)
    result.add(frame, start, less=less)
    if not isinstance(frame, Number):
        result.add(number, start, less=less + 0.05)
    return end


def _number_at(stream: Stream, road: Name, at: int, *, right_after: bool) -> tuple[Number, float] | None:
    """Return the number that a word gives, and how much weaker it is than a written 号."""
    word = stream.at(at)
    if "road" not in road.classes:
        return None
    if word.code == t.NUMBER:
        number = house_number(road, word.word)
        return None if number is None else (number, 0.0)
    if not right_after:
        return None
    if word.code == t.DIGITS and word.metres is not None and word.metres[0] == word.metres[1]:
        number = house_number(road, word.word.removesuffix("处"))
        return None if number is None else (number, 0.0)
    if word.code == t.GATE and (gate := _GATE_AS_NUMBER.fullmatch(word.word)):
        return Number(road, int(gate[1])), 0.0  # 某路18号门前 is the front of number 18
    building = _BUILDING_AS_NUMBER.match(word.word) if word.code == t.DETAIL else None
    # 棉纺东路18号楼 mostly stands at number 18
    return None if building is None else (Number(road, int(building[1]), building[2]), 0.25)


def number_of_the_same_road(stream: Stream, at: int, result: Parse) -> bool:
    """Keep 14号 of 众意路12号、14号 as another place on the road named last."""
    if at == 0 or stream.code(at - 1) != t.LIST or not result.lines:
        return False
    number = house_number(result.lines[-1], stream.at(at).word)
    if number is None:
        return False
    result.add(number, stream.at(at).start)
    return True
