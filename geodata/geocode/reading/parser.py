"""Words to frames: the grammar, tried from left to right, the most telling form first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from geodata.geocode.model import (
    Area,
    Block,
    Bound,
    Chainage,
    Crossing,
    Frame,
    Name,
    Number,
    Offset,
    Place,
    Span,
    Stretch,
)
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import PLACE_END, is_shop, strength
from geodata.geocode.reading.figures import chainage, house_number
from geodata.geocode.reading.lines import meeting, stretch
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.tails import with_tail

# What makes a zone name an anchor of its own (赵坡村东100米) rather than a prefix.
_TAILS = frozenset(
    {t.TOWARD, t.SIDE, t.CORNER, t.GATE, t.RELATION, t.NUMBER, t.DETAIL, t.STRUCTURE, t.MEET, t.ARM, t.EXTENT}
)
_KIND_OF_PLACE = re.compile(
    r"^(?:第[一二三四五六七八九十]+)?(?:实验)?(?:小学|中学|初中|高中|学校|幼儿园|医院|卫生院|派出所|市场|农贸市场|菜市场|酒店|宾馆|"
    r"公园|广场|小区|社区|车站|公交站|地铁站|站|支行|邮局|商场|大厦|花园|家属院|夜市|小吃街|店|公交站牌|加油站|停车场|公厕|垃圾站|中转站)$"
)
_SAYS_SOMETHING = re.compile(r"[一-龥]|[A-Za-z]{2}")
_GENERIC = re.compile(
    r".*(?:不知道|不清楚|不详|不明|未知|待核实|待定|哪里|哪儿)|^(?:一|某|该|此|这|那|有|处|个|座|家|片|段|无名|新建|在建|正在|施工|道路|工程|工地|项目部?|门店|店铺|商户|门面|小餐饮|店|餐饮|市政|小小|距离|"
    r"百米|行驶|南北|东西|整个|水域|路上|地方|位置|地段|墙上|围墙|的|大型|是|河道|河水|河长|全长|长|口|号|标|外|内|里|上|下|旁|前|后|等|附|距|约|到|至)+$"
)


_STATION = re.compile(r"(?:地铁|公交|火车|高铁)?站$")
_NUMBERED_ROAD = re.compile(r"^[GSXY]?\d+|高速")
_MALL_STREET = re.compile(r"(?:步行|商业|美食|小吃|风情|金)街$")
_BUILDING_AS_NUMBER = re.compile(r"(\d{1,4})号楼")


@dataclass(slots=True)
class Found:
    """A frame, how weak it is as evidence, and where its words begin."""

    frame: Frame
    strength: float
    start: int


@dataclass(slots=True)
class Parse:
    """What the grammar made of one covering of a text.

    `places` holds one list of frames for each separate place the text speaks of; `others` frames
    that stand for the first frame of a list in a rival reading.
    """

    places: list[list[Found]] = field(default_factory=lambda: [[]])
    others: list[tuple[Frame, Frame, float, str]] = field(default_factory=list)
    areas: list[Name] = field(default_factory=list)
    residue: list[Span] = field(default_factory=list)
    lines: list[Name] = field(default_factory=list)
    posts: list[tuple[Chainage, int]] = field(default_factory=list)
    used: list[Stream] = field(default_factory=list)

    def add(self, frame: Frame, start: int, *, said: bool = True, less: float = 0.0) -> None:
        """Keep a frame as evidence for the current place."""
        self.places[-1].append(Found(frame, strength(frame, said=said) + less, start))

    def separate(self) -> None:
        """Begin another place, if the current one has evidence of its own."""
        if any(found.strength < 3.3 for found in self.places[-1]):
            self.places.append([])


def parse(stream: Stream) -> Parse:
    """Return the frames of a text.

    Parameters
    ----------
    stream
        Words with brackets set aside.
    """
    result = Parse()
    _read(stream, result, less=0.0)
    _close_posts(stream, result)
    _areas_alone(result)
    return result


def _read(stream: Stream, result: Parse, *, less: float) -> None:
    at = 0
    words = stream.words
    done_groups: set[int] = set()
    while at < len(words):
        after = at
        for rule in _RULES:
            after = rule(stream, at, result, less)
            if after > at:
                break
        else:
            after = _unread(stream, at, result)
        for index in range(at + 1, after + 1):
            if index not in done_groups:
                done_groups.add(index)
                _read_brackets(stream, index, result, less)
        if at == 0 and 0 not in done_groups:
            done_groups.add(0)
            _read_brackets(stream, 0, result, less)
        at = after
    if not words:
        for index in stream.groups:
            _read_brackets(stream, index, result, less)


def _read_brackets(stream: Stream, index: int, result: Parse, less: float) -> None:
    """Read the brackets at a place as further evidence, slightly weaker than the text around it."""
    for group in stream.groups.get(index, ()):
        if any(group is used for used in result.used):
            continue
        first = group.at(0)
        if not group.words or (first.code == t.SIDE and len(group.words) == 1):
            _read(group, result, less=less + 0.05) if group.groups else None
            continue
        before = stream.text.text[first.start - 1 : first.start + 1]
        if before[-1:] in ("原", "曾", "暂") and first.code in (t.RUN, t.LINE, t.PLACE):
            result.residue.append(stream.text.span(first.start, group.words[-1].end))
            continue
        if len(group.words) == 1 and first.code == t.RUN and first.word.endswith("店"):
            continue  # the name of a branch: (桐柏路店)
        _read(group, result, less=less + 0.05)


def _unread(stream: Stream, at: int, result: Parse) -> int:
    word = stream.at(at)
    if word.code == t.STOP and ";" in word.word or word.code == t.LIST:
        result.separate()
    elif word.code in (t.RUN, t.NUMBER, t.DETAIL, t.GATE, t.DISTANCE):
        result.residue.append(stream.text.span(word.start, word.end))
    return at + 1


def _read_zone(stream: Stream, at: int, result: Parse, less: float) -> int:
    if stream.code(at) != t.ZONE:
        return at
    following = stream.code(at + 1)
    bare = following == t.BARE and stream.code(at + 2) in (t.DISTANCE, t.DIGITS)
    if following in _TAILS or bare:
        return at
    result.areas.append(stream.name(at))
    at += 1
    while stream.code(at) in (t.DASH, t.LIST) or stream.at(at).word in (",", "·", ":"):
        at += 1
    return at


def _read_block(stream: Stream, at: int, result: Parse, less: float) -> int:
    """Read A以南、B以东 and A与B以北."""
    bounds: list[Bound] = []
    start = at
    while True:
        names: list[Name] = []
        look = at
        while stream.code(look) in (t.LINE, t.PLACE, t.RUN, t.ZONE):
            if stream.code(look) == t.RUN and stream.code(look + 1) == t.STRUCTURE:
                names.append(stream.name_of(stream.at(look), stream.at(look + 1)))
                look += 2
            else:
                names.append(stream.name(look))
                look += 1
            if stream.code(look) not in (t.JOIN, t.LIST):
                break
            look += 1
        side = stream.at(look).side
        if not names or stream.code(look) != t.BOUND or side is None:
            break
        bounds += [Bound(name, side) for name in names]
        at = look + 1
        if stream.code(at) in (t.LIST, t.STOP, t.JOIN):
            at += 1
    if not bounds:
        return start
    result.lines += [bound.line for bound in bounds if bound.line.classes != ("place",)]
    if len(bounds) == 1 and stream.code(at) == t.DISTANCE:
        anchor: Frame = _line_or_place(bounds[0].line)
        result.add(Offset(anchor, bounds[0].side, stream.at(at).metres), start, less=less)
        return at + 1
    result.add(Block(tuple(bounds)), start, less=less)
    return at


def _line_or_place(name: Name) -> Frame:
    return Place(name) if name.classes == ("place",) else Stretch(name, extent="whole")


def _read_chainage(stream: Stream, at: int, result: Parse, less: float) -> int:
    word = stream.at(at)
    if word.code != t.CHAINAGE:
        return at
    post = chainage(result.lines[-1] if result.lines else None, word.word)
    if post is None:
        return at
    if stream.at(at + 1).code == t.SIDE:
        post = replace(post, side=stream.at(at + 1).side)
    result.posts.append((post, word.start))
    at += 1
    while stream.code(at) in (t.SEGMENT, t.SIDE, t.STRUCTURE, t.BETWEEN):
        at += 1
    return at


def _close_posts(stream: Stream, result: Parse) -> None:
    """Keep the chainages: two single ones with 至 between them are the ends of one range."""
    posts = result.posts
    if not posts:
        return
    text = stream.text.text
    line = next((name for name in result.lines if {"rail", "water"} & set(name.classes)), None)
    posts = [(replace(post, line=post.line and line or post.line), start) for post, start in posts]
    if len(posts) == 2 and posts[0][0].end_m is None and posts[1][0].end_m is None:
        between = text[posts[0][1] : posts[1][1]]
        if re.search(r"[至到~]", between) and posts[0][0].start_m < posts[1][0].start_m:
            first = posts[0][0]
            posts = [(replace(first, end_m=posts[1][0].start_m), posts[0][1])]
    result.places[0].append(Found(posts[0][0], strength(posts[0][0]), posts[0][1]))
    for post, start in posts[1:]:
        result.places.append([Found(post, strength(post), start)])


def _read_stretch(stream: Stream, at: int, result: Parse, less: float) -> int:
    part = stretch(stream, at, before=result.lines)
    if part is None:
        return at
    result.add(part.frame, stream.at(at).start, less=less)
    if part.other is not None:
        result.others.append((part.frame, part.other, 0.4, "另一条路也可能是走向"))
    if part.bracket is not None:
        result.used.append(part.bracket)
    if isinstance(part.frame, Stretch):
        result.lines.append(part.frame.line)
    return part.end


def _read_crossing(stream: Stream, at: int, result: Parse, less: float) -> int:
    near = stream.code(at) == t.NEAR
    met = meeting(stream, at, before=result.lines)
    if met is None:
        return _one_road_and_bracket(stream, at, result, less)
    if met.listed and not met.said and not _measured(stream, met.end):
        return at  # a list of streets, not a crossing
    frame, end = with_tail(stream, met.crossing(), met.end)
    said = met.said or frame != met.crossing()
    start = stream.at(at).start
    result.add(frame, start, said=said, less=less + (0.2 if near else 0.0))
    for index in range(1, len(met.names)):
        if index != met.main():
            result.add(Crossing(met.names[index - 1], met.names[index]), start, said=False, less=less + 0.1)
    if stream.code(met.end) == t.NUMBER:
        number = house_number(met.names[-1], stream.at(met.end).word)
        if number is not None:
            house, end = with_tail(stream, number, met.end + 1)
            result.add(house, start, less=less)
    result.lines += met.names
    return end


def _measured(stream: Stream, at: int) -> bool:
    return stream.code(at) in (t.TOWARD, t.BARE) and stream.code(at + 1) in (t.DISTANCE, t.DIGITS)


def _one_road_and_bracket(stream: Stream, at: int, result: Parse, less: float) -> int:
    """Read 航海路东北(紫荆山路), 新郑路172号(近陇海路), 农业路101号(与桐柏路交叉口)."""
    if stream.code(at) != t.LINE:
        return at
    line = stream.name(at)
    for index in range(at + 1, min(at + 4, len(stream.words) + 1)):
        for group in stream.groups.get(index, ()):
            inner = [word for word in group.words if word.code not in (t.JOIN, t.NEAR, t.MEET)]
            if len(inner) != 1 or inner[0].code != t.LINE or inner[0].word == line.text:
                continue
            met = Crossing(line, group.name_of(inner[0], inner[0]))
            said = any(word.code == t.MEET for word in group.words)
            corner = stream.at(at + 1).side if stream.code(at + 1) in (t.BARE, t.CORNER, t.SIDE) else None
            if corner in ("NE", "NW", "SE", "SW"):
                met = replace(met, corner=corner)
            result.add(met, stream.at(at).start, said=said or corner is not None, less=less + 0.05)
    return at


def _read_number(stream: Stream, at: int, result: Parse, less: float) -> int:
    if stream.code(at) != t.LINE:
        return at
    look = at + 1
    while stream.code(look) in (t.EXTENT, t.SIDE, t.BARE) and look < at + 3:
        look += 1
    word = stream.at(look)
    building = _BUILDING_AS_NUMBER.match(word.word) if word.code == t.DETAIL and look == at + 1 else None
    if building is not None:
        # 棉纺东路18号楼 mostly stands at number 18
        number, less = Number(stream.name(at), int(building[1])), less + 0.25
    elif (
        word.code == t.DIGITS
        and word.metres is not None
        and word.metres[0] == word.metres[1]
        and look == at + 1
    ):
        number = house_number(stream.name(at), word.word.removesuffix("处"))
    elif word.code == t.NUMBER:
        number = house_number(stream.name(at), word.word)
    else:
        return at
    if number is None:
        return at
    result.lines.append(number.road)
    side = stream.at(look - 1).side if stream.code(look - 1) in (t.SIDE, t.BARE) else None
    frame, end = with_tail(stream, replace(number, side=side), look + 1)
    result.add(frame, stream.at(at).start, less=less)
    if not isinstance(frame, Number):
        result.add(number, stream.at(at).start, less=less + 0.05)
    return end


def _read_place(stream: Stream, at: int, result: Parse, less: float) -> int:
    word = stream.at(at)
    relation_before = word.code == t.NEAR
    if relation_before:
        at += 1
        word = stream.at(at)
    if word.code not in (t.PLACE, t.RUN, t.ZONE):
        return at - 1 if relation_before else at
    last = at
    if word.code == t.RUN:
        if word.end - word.start < 2 or not _SAYS_SOMETHING.search(word.word) or _GENERIC.match(word.word):
            return at - 1 if relation_before else at
        while stream.code(last + 1) == t.STRUCTURE and last < at + 3:
            last += 1
        if stream.code(last + 1) == t.PLACE and is_shop(stream.at(last + 1).word) and _touch(stream, last):
            last += 1
    elif is_shop(word.word) and stream.code(at + 1) == t.RUN and _touch(stream, at):
        last += len(stream.at(at + 1).word) == 1
    elif (
        stream.code(at + 1) in (t.RUN, t.PLACE)
        and _STATION.match(stream.at(at + 1).word)
        and _touch(stream, at)
    ):
        result.add(Place(stream.name(at), relation="near"), word.start, less=less + 1.0)
        last += 1
    name = stream.name_of(word, stream.at(last))
    place = Place(name, relation="near") if relation_before else Place(name)
    frame, end = with_tail(stream, place, last + 1)
    result.add(frame, word.start, less=less)
    if not name.known and not PLACE_END.search(name.text) and frame == place:
        result.residue.append(name.span)
    return end


def _touch(stream: Stream, at: int) -> bool:
    """Return whether nothing was left out between a word and the next."""
    return stream.at(at).end == stream.at(at + 1).start


def _read_line(stream: Stream, at: int, result: Parse, less: float) -> int:
    """Read a line alone, with a side, an extent, a built thing on it, or a distance from it."""
    if stream.code(at) != t.LINE:
        return at
    word = stream.at(at)
    line = stream.name(at)
    result.lines.append(line)
    start = word.start
    following = stream.at(at + 1)
    if following.code in (t.RUN, t.PLACE) and _KIND_OF_PLACE.match(following.word) and _touch(stream, at):
        # 文化路小学 that the gazetteer does not have: a school named after its road
        place, end = with_tail(stream, Place(stream.name_of(word, following)), at + 2)
        result.add(place, start, less=less)
        result.add(Stretch(line, extent="whole"), start, less=less)
        return end
    if following.code == t.STRUCTURE:
        place, end = with_tail(stream, Place(stream.name_of(word, following)), at + 2)
        # a bridge or sluice of the line: before the bare line, whose stretch is the fallback
        result.places[-1].append(Found(place, 2.9 + less, start))
        result.add(Stretch(line, extent="whole"), start, less=less)
        return end
    if following.code == t.GATE and _MALL_STREET.search(word.word):
        place, end = with_tail(stream, Place(line), at + 1)
        result.add(place, start, less=less)
        return end
    if _is_post(line, stream, at + 1):
        far, near = stream.at(at + 1).metres, stream.at(at + 2).metres
        rest = near[0] if near and stream.code(at + 2) == t.DISTANCE and near[0] < 1000 else 0.0
        post = Chainage(line, (far[0] if far else 0.0) + rest, prefix="")
        result.posts.append((post, start))
        return at + (3 if rest else 2)
    look = at + 1
    while stream.code(look) == t.MEET:
        look += 1
    frame, end = with_tail(stream, Stretch(line, extent="whole"), look)
    result.add(frame, start, less=less)
    return max(end, at + 1)


def _is_post(line: Name, stream: Stream, at: int) -> bool:
    """Return whether kilometres right after a railway or a numbered road are a post: 京广线645公里300米."""
    word = stream.at(at)
    if word.code != t.DISTANCE or "公里" not in word.word or word.metres is None:
        return False
    return "rail" in line.classes or bool(_NUMBERED_ROAD.search(line.text))


def _areas_alone(result: Parse) -> None:
    """Take the finest zone as the answer where the text names nothing else."""
    if result.areas and not any(result.places):
        result.places[0].append(Found(Area(result.areas[-1]), 5.0, result.areas[-1].span.start))


_RULES: tuple[Callable[[Stream, int, Parse, float], int], ...] = (
    _read_zone,
    _read_chainage,
    _read_block,
    _read_stretch,
    _read_crossing,
    _read_number,
    _read_place,
    _read_line,
)
