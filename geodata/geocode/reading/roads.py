"""Roads, railways and waters: crossings, numbers, stretches, borders, or the bare line."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.geocode.model import Block, Bound, Crossing, Frame, Name, Number, Offset, Place, Side, Stretch
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.figures import house_number
from geodata.geocode.reading.meetings import Meeting, meeting
from geodata.geocode.reading.parse import Parse, Rival
from geodata.geocode.reading.places import touch
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.stretches import stretch
from geodata.geocode.reading.tails import with_tail

_CORNERS: dict[frozenset[str], Side] = {
    frozenset("NE"): "NE",
    frozenset("NW"): "NW",
    frozenset("SE"): "SE",
    frozenset("SW"): "SW",
}
_DIAGONAL = frozenset({"NE", "NW", "SE", "SW"})
_KIND_OF_PLACE = re.compile(
    r"^(?:第[一二三四五六七八九十]+)?(?:实验)?(?:小学|中学|初中|高中|学校|幼儿园|医院|卫生院|派出所|市场|农贸市场|菜市场|酒店|宾馆"
    r"|公园|广场|小区|社区|车站|公交站|地铁站|站|支行|邮局|商场|大厦|花园|家属院|夜市|小吃街|店|公交站牌|加油站|停车场|公厕|垃圾站|中转站)$"
)
_MOTORWAY = re.compile(r"高速(?:公路)?$")
_MALL_STREET = re.compile(r"(?:步行|商业|美食|小吃|风情|金)街$|湖$")
_GATE_AS_NUMBER = re.compile(r"(\d{1,4})号门")
_BUILDING_AS_NUMBER = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?(?:号楼|幢|商铺)")


def read_block(stream: Stream, at: int, result: Parse) -> int:
    """Read A以南、B以东 and A与B以北; one border with a distance is an offset from it."""
    if not stream.has(t.BOUND):
        return at
    start, bounds = at, list[Bound]()
    while (found := _bounds(stream, at)) is not None:
        bounds += found[0]
        at = found[1]
        if stream.code(at) in (t.LIST, t.STOP, t.JOIN):
            at += 1
    if not bounds:
        return start
    result.lines += [bound.line for bound in bounds if bound.line.classes != ("place",)]
    first = bounds[0]
    if len(bounds) == 1 and stream.code(at) == t.DISTANCE:
        anchor: Frame = Stretch(first.line, extent="whole")
        if first.line.classes == ("place",):
            anchor = Place(first.line)
        result.add(Offset(anchor, first.side, stream.at(at).metres), stream.at(start).start)
        return at + 1
    result.add(Block(tuple(bounds)), stream.at(start).start)
    return at


def _bounds(stream: Stream, at: int) -> tuple[list[Bound], int] | None:
    """Return the borders of one 以南, several names before it included, and where it ends."""
    names: list[Name] = []
    while stream.code(at) in (t.LINE, t.PLACE, t.RUN, t.ZONE):
        bridge = stream.code(at) == t.RUN and stream.code(at + 1) == t.STRUCTURE
        names.append(stream.name_of(stream.at(at), stream.at(at + bridge)))
        at += 1 + bridge
        if stream.code(at) not in (t.JOIN, t.LIST):
            break
        at += 1
    side = stream.at(at).side
    if not names or stream.code(at) != t.BOUND or side is None:
        return None
    return [Bound(name, side) for name in names], at + 1


def read_stretch(stream: Stream, at: int, result: Parse) -> int:
    """Read a part of a line between two points."""
    if not (stream.has(t.TO, t.DASH, t.BETWEEN) or stream.groups):
        return at
    part = stretch(stream, at, before=result.lines)
    if part is None:
        return at
    result.add(part.frame, stream.at(at).start)
    if part.other is not None:
        result.rivals.append(Rival(part.frame, part.other, 0.4, "另一条路也可能是走向"))
    if part.bracket is not None:
        result.used.append(part.bracket)
    if isinstance(part.frame, Stretch):
        result.lines.append(part.frame.line)
    return part.end


def read_crossing(stream: Stream, at: int, result: Parse) -> int:
    """Read lines that meet, with what follows; a number after the last one is evidence as well."""
    end = _corner_of_sides(stream, at, result)
    if end > at:
        return end
    met = meeting(stream, at, before=result.lines)
    if met is None:
        _crossing_in_brackets(stream, at, result)
        return at
    if met.listed and not met.said and not _measured(stream, met.end):
        return at  # a list of streets, not a crossing
    near = stream.code(at) == t.NEAR
    frame, end = with_tail(stream, met.crossing(), met.end)
    start = stream.at(at).start
    said = met.said or frame != met.crossing()
    result.add(frame, start, said=said, less=0.2 if near else 0.0)
    _other_pairs(met, start, result)
    if stream.code(met.end) == t.NUMBER:
        number = house_number(met.names[-1], stream.at(met.end).word)
        if number is not None:
            house, end = with_tail(stream, number, met.end + 1)
            result.add(house, start)
    result.lines += met.names
    return end


def _corner_of_sides(stream: Stream, at: int, result: Parse) -> int:
    """Read A路东侧B路北侧, A路(东)、B路(北): the corner that lies on both sides."""
    first, second = _line_with_side(stream, at), None
    if first is not None:
        look = first[2]
        look += stream.code(look) in (t.STOP, t.LIST)
        second = _line_with_side(stream, look)
    if first is None or second is None or first[0].text == second[0].text:
        return at
    corner = _CORNERS.get(frozenset((first[1], second[1])))
    if corner is None:
        return at
    frame, end = with_tail(stream, Crossing(first[0], second[0], corner=corner), second[2])
    result.add(frame, stream.at(at).start)
    result.lines += (first[0], second[0])
    return end


def _line_with_side(stream: Stream, at: int) -> tuple[Name, str, int] | None:
    """Return a line, the side of it that follows at once or in brackets, and where that ends."""
    if stream.code(at) != t.LINE:
        return None
    after = stream.at(at + 1)
    if after.code == t.SIDE or (after.code == t.BARE and stream.code(at + 2) not in (t.DISTANCE, t.DIGITS)):
        return stream.name(at), after.side or "", at + 2
    for group in stream.groups.get(at + 1, ()):
        if len(group.words) == 1 and group.words[0].code in (t.SIDE, t.BARE):
            return stream.name(at), group.words[0].side or "", at + 1
    return None


def _other_pairs(met: Meeting, start: int, result: Parse) -> None:
    for index in range(1, len(met.names)):
        if index != met.main():
            pair = Crossing(met.names[index - 1], met.names[index])
            result.add(pair, start, said=False, less=0.1)


def _measured(stream: Stream, at: int) -> bool:
    return stream.code(at) in (t.TOWARD, t.BARE) and stream.code(at + 1) in (t.DISTANCE, t.DIGITS)


def _crossing_in_brackets(stream: Stream, at: int, result: Parse) -> None:
    """Keep 航海路东北(紫荆山路), 新郑路172号(近陇海路), 农业路101号(与桐柏路交叉口) as crossings."""
    if stream.code(at) != t.LINE:
        return
    line, after = stream.name(at), stream.at(at + 1)
    corner = after.side if after.code in (t.BARE, t.CORNER, t.SIDE) and after.side in _DIAGONAL else None
    for index in range(at + 1, min(at + 4, len(stream.words) + 1)):
        for group in stream.groups.get(index, ()):
            inner = [word for word in group.words if word.code not in (t.JOIN, t.NEAR, t.MEET)]
            if len(inner) != 1 or inner[0].code != t.LINE or inner[0].word == line.text:
                continue
            said = corner is not None or any(word.code == t.MEET for word in group.words)
            crossing = Crossing(line, group.name_of(inner[0], inner[0]), corner=corner)
            result.add(crossing, stream.at(at).start, said=said, less=0.05)


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


def read_line(stream: Stream, at: int, result: Parse) -> int:
    """Read a line alone: with a side, an extent, a thing built on it, or a distance from it."""
    if stream.code(at) != t.LINE:
        return at
    line = stream.name(at)
    result.lines.append(line)
    end = _place_named_after(stream, at, result)
    if end > at:
        return end
    look = at + 1
    while stream.code(look) == t.MEET:
        look += 1
    frame, end = with_tail(stream, Stretch(line, extent="whole"), look)
    result.add(frame, stream.at(at).start)
    return end


def _place_named_after(stream: Stream, at: int, result: Parse) -> int:
    """Read 文化路小学, 东风渠3号闸, 步行街东门: a place whose name begins with the line's."""
    word, following = stream.at(at), stream.at(at + 1)
    road = Stretch(stream.name(at), extent="whole")
    if following.code == t.GATE and _MALL_STREET.search(word.word):
        place, end = with_tail(stream, Place(road.line), at + 1)
        result.add(place, word.start)
        return end
    exit_ = following.code == t.RUN and touch(stream, at) and _MOTORWAY.search(word.word)
    if exit_ and stream.code(at + 2) == t.GATE:
        place, end = with_tail(stream, Place(stream.name_of(word, following)), at + 2)
        result.add(place, word.start)
        result.add(road, word.start)
        return end
    built = following.code == t.STRUCTURE
    kind = following.code in (t.RUN, t.PLACE) and touch(stream, at) and _KIND_OF_PLACE.match(following.word)
    if not built and not kind:
        return at
    place, end = with_tail(stream, Place(stream.name_of(word, following)), at + 2)
    if built:
        # a bridge or sluice of the line comes before the bare line, which is the fallback
        result.add_at(place, word.start, weakness=2.9)
    else:
        result.add(place, word.start)
    result.add(road, word.start)
    return end
