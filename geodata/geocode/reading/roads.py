"""Roads, railways and waters: crossings, numbers, stretches, borders, or the bare line."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.geocode.model import Crossing, Name, Offset, Place, Side, Stretch
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import KIND_OF_PLACE
from geodata.geocode.reading.figures import house_number
from geodata.geocode.reading.meetings import LAKE, LANE, Meeting, meeting
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
_MOTORWAY = re.compile(r"高速(?:公路)?$")
_MALL_STREET = re.compile(r"(?:步行|商业|美食|小吃|风情|金)街$|湖$")


def read_stretch(stream: Stream, at: int, result: Parse) -> int:
    """Read a part of a line between two points."""
    if not (stream.has(t.TO, t.DASH, t.BETWEEN) or stream.groups or stream.code(at) == t.ZONE):
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
    end = _corner_of_sides(stream, at, result) or _beside_and_beyond(stream, at, result)
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
    if stream.code(at + 1) == t.RUN and stream.code(at + 2) == t.PASS:
        skipped = stream.at(at + 1)
        result.residue.append(stream.text.span(skipped.start, skipped.end))
    if stream.code(at + 1) == t.SIDE and stream.code(at + 2) == t.PASS:
        # 沿须水河右岸穿越陇海铁路: the bank goes with the line
        result.add(Stretch(stream.name(at), side=stream.at(at + 1).side, extent="whole"), start)
    if stream.code(met.end) == t.NUMBER:
        number = house_number(met.names[-1], stream.at(met.end).word)
        if number is not None:
            house, end = with_tail(stream, number, met.end + 1)
            result.add(house, start)
    result.lines += met.names
    return end


def read_passage(stream: Stream, at: int, result: Parse) -> int:
    """Read 穿西四环、须水河 after a line: the crossings of that line with each of them."""
    if stream.code(at) != t.PASS or not result.lines or stream.code(at + 1) != t.LINE:
        return at
    line, start = result.lines[-1], stream.at(at).start
    at += 1
    while stream.code(at) == t.LINE:
        other = stream.name(at)
        if other.text != line.text:
            result.add(Crossing(line, other), start)
            result.lines.insert(-1, other)
        at += 1
        if stream.code(at) in (t.LIST, t.JOIN) and stream.code(at + 1) in (t.LINE, t.PASS):
            at += 1 + (stream.code(at + 1) == t.PASS)
    return at


def _corner_of_sides(stream: Stream, at: int, result: Parse) -> int:
    """Read A路东侧B路北侧, A路(东)、B路(北): the corner that lies on both sides."""
    first, second = _line_with_side(stream, at), None
    if first is not None:
        look = first[2]
        look += stream.code(look) in (t.STOP, t.LIST)
        second = _line_with_side(stream, look)
    if first is None or second is None or first[0].text == second[0].text:
        return 0
    corner = _CORNERS.get(frozenset((first[1], second[1])))
    if corner is None:
        return 0
    frame, end = with_tail(stream, Crossing(first[0], second[0], corner=corner), second[2])
    result.add(frame, stream.at(at).start)
    result.lines += (first[0], second[0])
    return end


def _beside_and_beyond(stream: Stream, at: int, result: Parse) -> int:
    """Read A路南侧、B路以东100米: so far from the crossing, on that side of the first road."""
    first = _line_with_side(stream, at)
    if first is None:
        return 0
    look = first[2] + (stream.code(first[2]) in (t.STOP, t.LIST))
    beyond, far = stream.at(look + 1), stream.at(look + 2)
    if stream.code(look) != t.LINE or beyond.code not in (t.BOUND, t.BARE, t.SIDE):
        return 0
    if far.code not in (t.DISTANCE, t.DIGITS) or frozenset((first[1], beyond.side or "")) not in _CORNERS:
        return 0
    crossing = Crossing(first[0], stream.name(look))
    along: Side = first[1]
    frame, end = with_tail(stream, Offset(crossing, beyond.side or "both", far.metres, side=along), look + 3)
    result.add(frame, stream.at(at).start)
    result.lines += (crossing.first, crossing.second)
    return end


def _line_with_side(stream: Stream, at: int) -> tuple[Name, Side, int] | None:
    """Return a line, the side of it that follows at once or in brackets, and where that ends."""
    if stream.code(at) != t.LINE:
        return None
    after = stream.at(at + 1)
    measured = stream.code(at + 2) in (t.DISTANCE, t.DIGITS)
    if after.side is not None and (after.code == t.SIDE or (after.code == t.BARE and not measured)):
        return stream.name(at), after.side, at + 2
    for group in stream.groups.get(at + 1, ()):
        side = group.words[0].side if len(group.words) == 1 else None
        if side is not None and group.words[0].code in (t.SIDE, t.BARE):
            return stream.name(at), side, at + 1
    return None


def _other_pairs(met: Meeting, start: int, result: Parse) -> None:
    for index in range(1, len(met.names)):
        if index != met.main():
            pair = Crossing(met.names[0 if met.fan else index - 1], met.names[index])
            if met.fan:
                result.separate()
                result.add(pair, start)
                continue
            result.add(pair, start, said=False, less=0.1)


def _measured(stream: Stream, at: int) -> bool:
    if stream.code(at) in (t.TOWARD, t.BARE) and stream.code(at + 1) in (t.DISTANCE, t.DIGITS):
        return True
    # 经二路、黄河路(南): a side of the last one that ends the text is a side of their crossing
    sided = any(
        len(group.words) == 1 and group.words[0].code == t.BARE for group in stream.groups.get(at, ())
    )
    return sided and at == len(stream.words)


def _crossing_in_brackets(stream: Stream, at: int, result: Parse) -> None:
    """Keep 航海路东北(紫荆山路), 新郑路172号(近陇海路), 农业路101号(与桐柏路交叉口) as crossings."""
    if stream.code(at) != t.LINE:
        return
    line, after = stream.name(at), stream.at(at + 1)
    corner = after.side if after.code in (t.BARE, t.CORNER, t.SIDE) and after.side in _DIAGONAL else None
    for index in range(at + 1, min(at + 4, len(stream.words) + 1)):
        for group in stream.groups.get(index, ()):
            if (beyond := _beyond(group, line)) is not None:
                result.add(beyond, stream.at(at).start)
                result.used.append(group)
                left = [word for word in group.words if word.code == t.RUN]
                result.residue += [group.text.span(word.start, word.end) for word in left]
                continue
            inner = [word for word in group.words if word.code not in (t.JOIN, t.NEAR, t.MEET)]
            if len(inner) != 1 or inner[0].code != t.LINE or inner[0].word == line.text:
                continue
            said = corner is not None or any(word.code == t.MEET for word in group.words)
            crossing = Crossing(line, group.name_of(inner[0], inner[0]), corner=corner)
            result.add(crossing, stream.at(at).start, said=said, less=0.05)


def _beyond(group: Stream, line: Name) -> Offset | None:
    """Read 枣庄街(建业路以北200米), 七里河(梨园路桥西侧50米): so far from where both meet."""
    built = group.code(1) == t.STRUCTURE
    away, far = group.at(1 + built), group.at(2 + built)
    if group.code(0) != t.LINE or group.at(0).word == line.text or len(group.words) > 4 + built:
        return None
    sided = away.code in (t.BOUND, t.BARE, t.SIDE, t.TOWARD) and away.side is not None
    if not sided or away.side is None or far.code not in (t.DISTANCE, t.DIGITS):
        return None
    crossing = Crossing(line, group.name(0), structure=group.at(1).word if built else None)
    return Offset(crossing, away.side, far.metres)


def read_line(stream: Stream, at: int, result: Parse) -> int:
    """Read a line alone: with a side, an extent, a thing built on it, or a distance from it."""
    if stream.code(at) != t.LINE:
        return at
    line = stream.name(at)
    if stream.code(at + 1) == t.LINE and touch(stream, at) and LANE.match(stream.at(at + 1).word):
        # 柏庐路一巷 is one lane
        line = replace(stream.name_of(stream.at(at), stream.at(at + 1)), classes=line.classes)
        at += 1
    result.lines.append(line)
    end = _place_named_after(stream, at, result)
    if end > at:
        return end
    look = at + 1
    while stream.code(look) == t.MEET:
        look += 1
    frame, end = with_tail(stream, Stretch(line, extent="whole"), look)
    # 如意湖天赋路 is the road by the lake
    less = 0.05 if LAKE.search(line.text) and stream.code(end) == t.LINE else 0.0
    result.add(frame, stream.at(at).start, less=less)
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
    kind = following.code in (t.RUN, t.PLACE) and touch(stream, at) and KIND_OF_PLACE.match(following.word)
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
