"""From the words of a bound to the lines it may mean, by the geocoder's grammar and the gazetteer.

The grammar says what is meant (a whole road, a part between two others, a line so many metres beside
one); the gazetteer says where it is. Which of several lines of one name is meant is decided later, by
what closes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import shapely
from shapely.geometry import LineString

from geodata.errors import Fault
from geodata.gazetteer.index import Gazetteer
from geodata.geocode.areas import spellings
from geodata.geocode.context import Context
from geodata.geocode.model import (
    BEARING_DEG,
    SIDE_WORDS,
    Area,
    Block,
    Crossing,
    Frame,
    Name,
    Offset,
    Place,
    Side,
    Stretch,
)
from geodata.geocode.readings import read
from geodata.linear.locate import side_vector
from geodata.text.normalize import normalise
from geodata.text.spans import Span
from geodata.zones.bounds.model import Bound, Choice, Compass, either
from geodata.zones.bounds.shapes import drawn_lines, outlines_of, parallel, part_of, way_round
from geodata.zones.bounds.wording import Words, without_leading, words_of

# The ends of a stated part are looked for where the two lines pass each other this closely.
_MEETING_M = 60.0
# One way round a ring is clearly shorter than the other.
_CLEARLY = 1.25
_SIDES_EN: Mapping[Side, str] = {
    "N": "north", "NE": "north-east", "E": "east", "SE": "south-east", "S": "south", "SW": "south-west", "W": "west",
    "NW": "north-west", "left": "left", "right": "right", "both": "both sides", "middle": "middle",
}  # fmt: skip
_MOST_MEETINGS, _MOST_CHOICES = 3, 12
# What people leave off: 农业东 for 农业东路, 商务内环 for 商务内环路.
_DROPPED = ("路", "街", "大道", "大街", "河", "渠", "铁路", "巷")
_WAYS = {
    "homophone": Fault("sounds the same", "同音"), "typo": Fault("looks alike", "形近"),
    "variant": Fault("differs in a direction only", "只差方位"),
}  # fmt: skip


class BoundNames:
    """Reads the names of bounds with one gazetteer.

    Parameters
    ----------
    gazetteer
        An opened gazetteer; all lines come in its CRS, metres.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._context = Context(gazetteer)
        self._outlines: dict[str, list[LineString]] | None = None

    def bounds_of(self, side: Compass, text: str, *, neighbours: Sequence[str] = ()) -> list[Bound]:
        """Return the bounds that one side's text names, in the order written.

        Parameters
        ----------
        neighbours
            Names of communities whose own sides are known: these stand for the lines between.
        """
        return [self._bound(side, words, neighbours) for words in words_of(text)]

    def _bound(self, side: Compass, words: Words, neighbours: Sequence[str]) -> Bound:
        known = {spelling: name for name in neighbours for spelling in spellings(name)}
        for name in (words.name, without_leading(words.name)):
            if name in known:
                return Bound(side, words.text, longer=words.longer, neighbour=known[name])
        meant = self._choices(words)
        choices = tuple(_distinct(self._beyond(meant, *words.beyond) if words.beyond else meant))
        problem = None if choices else self._unknown(words)
        return Bound(side, words.text, choices[:_MOST_CHOICES], problem, words.longer)

    def _choices(self, words: Words) -> Iterator[Choice]:
        # 至善路 is a name, 至东风渠 is not: as written first.
        for name in dict.fromkeys((words.name, without_leading(words.name))):
            if words.outline and (edges := list(self._outline(name))):
                yield from edges
                return
            text = normalise(name).text
            if self._gazetteer.lines_of(text):
                yield from self._whole(Name(text, ("road",), Span(0, len(text))))
                return
        yield from self._said(words.name)

    def _said(self, name: str) -> Iterator[Choice]:
        """Yield what the grammar makes of words that are no line's bare name."""
        normal = normalise(name)
        for reading in read(normal, self._gazetteer.scan(normal.text), limit=2):
            found = [choice for frame in reading.frames[:1] for choice in self._framed(frame)]
            if reading.residue:
                unread = "、".join(name[span.start : span.end] for span in reading.residue)
                found = [
                    replace(item, words=_with(item.words, _unread(unread)), exact=False) for item in found
                ]
            yield from found
            if found:
                return
        yield from self._outline(name)
        for ending in _DROPPED:
            longer = normal.text + ending
            if self._gazetteer.lines_of(longer):
                whole = self._whole(Name(longer, ("road",), Span(0, len(longer))))
                as_longer = Fault(f"read as {longer}", f"读作{longer}")
                yield from (replace(item, words=as_longer, exact=False) for item in whole)
                return

    def _framed(self, frame: Frame) -> Iterator[Choice]:
        """Yield what a frame of the grammar means as a border."""
        if isinstance(frame, Stretch):
            yield from self._stretch(frame)
        elif isinstance(frame, Offset) and isinstance(frame.anchor, Stretch) and frame.distance_m:
            yield from self._beside(frame.anchor.line, frame.bearing, frame.distance_m[0])
        elif isinstance(frame, Block):
            # 农业路以南: the land lies south, the border is the line.
            if len(frame.bounds) == 1:
                yield from self._whole(frame.bounds[0].line)
        elif isinstance(frame, Crossing):
            pairs = product(self._whole(frame.first), self._whole(frame.second))
            for first, second in pairs:
                words = either([first.words, second.words], by=(" and ", "和"))
                yield Choice(first.lines + second.lines, words, first.exact and second.exact)
        elif isinstance(frame, Area):
            yield from self._zone(frame.name.text)
        elif isinstance(frame, Place):
            yield from self._outline(frame.name.text)

    def _whole(self, name: Name) -> Iterator[Choice]:
        """Yield the lines of a name as they are drawn, or their middle where they are drawn apart."""
        for line, axis, words, exact in self._known(name):
            lines, gaps = drawn_lines(self._gazetteer.line(line), axis)
            yield Choice(lines, words, exact, is_one=True, gaps=gaps)

    def _axes(self, name: Name) -> Iterator[tuple[LineString, Fault, bool]]:
        """Yield the one centre line of each line of a name: what is cut, or moved aside."""
        return ((axis, words, exact) for _, axis, words, exact in self._known(name))

    def _known(self, name: Name) -> Iterator[tuple[int, LineString, Fault, bool]]:
        way, _ = self._context.way_to(name)
        for line, _ in self._context.lines(name):
            axis = self._context.axis(line)
            if axis is not None and self._gazetteer.is_drawn(line):
                known = self._gazetteer.line_name(line)
                words = Fault(known, known)
                if way:
                    en, zh = _WAYS.get(way, Fault("", ""))
                    written = Fault(f"{en}, written “{name.text}”", f"{zh}，原文“{name.text}”")
                    words = _with(words, written)
                yield line, axis, words, not way

    def _stretch(self, frame: Stretch) -> Iterator[Choice]:
        if frame.side is not None and frame.side in BEARING_DEG:
            yield from self._edge(frame.line, frame.side)
            return
        ends = [end.second for end in (frame.start, frame.end) if isinstance(end, Crossing)]
        if len(ends) < 2:
            more = [Fault("only the whole line is known", "只认得整条线")] if frame.start or frame.end else []
            for whole in self._whole(frame.line):
                words = either([whole.words, *more], by=(", ", "，"))
                yield replace(whole, words=words, exact=whole.exact and not more)
            return
        for axis, known, exact in self._axes(frame.line):
            for part in self._between(axis, ends[0], ends[1]):
                first, last = ends[0].text, ends[1].text
                yield Choice((part,), _with(known, Fault(f"{first} to {last}", f"{first}至{last}")), exact)

    def _between(self, axis: LineString, start: Name, end: Name) -> Iterator[LineString]:
        """Yield the parts of a line between the places where two others meet it.

        Of a ring the shorter way round is meant; both where neither is clearly shorter.
        """
        for first, last in product(self._meetings(axis, start), self._meetings(axis, end)):
            low, high = min(first, last), max(first, last)
            inner, outer = high - low, axis.length - (high - low)
            if inner > 1.0 and (not axis.is_ring or inner * _CLEARLY < outer):
                yield part_of(axis, low, high)
            if axis.is_ring and outer * _CLEARLY < inner:
                yield way_round(axis, low, high)
            if axis.is_ring and max(inner, outer) <= _CLEARLY * min(inner, outer):
                yield from (part_of(axis, low, high), way_round(axis, low, high))

    def _meetings(self, axis: LineString, name: Name) -> list[float]:
        """Return where along a line those of a name meet it, metres."""
        found: list[float] = []
        for other, _, _ in self._axes(name):
            crossing = shapely.intersection(axis, other)
            points = [shapely.centroid(part) for part in shapely.get_parts(crossing)]
            if not points and shapely.dwithin(axis, other, _MEETING_M):
                points = [shapely.get_point(shapely.shortest_line(axis, other), 0)]
            found += [float(axis.project(point)) for point in points]
        return list(dict.fromkeys(round(at, 3) for at in found))[:_MOST_MEETINGS]

    def _beyond(self, choices: Iterator[Choice], name: str, side: Compass) -> Iterator[Choice]:
        """Yield the parts of lines beyond where those of a name meet them, towards a side."""
        limit = Name(normalise(name).text, ("road",), Span(0, len(name)))
        for choice in choices:
            for line in choice.lines:
                for at in self._meetings(line, limit):
                    parts = [
                        part
                        for part in (part_of(line, 0.0, at), part_of(line, at, line.length))
                        if part.length > 1
                    ]
                    here = shapely.get_coordinates(line.interpolate(at))[0]
                    off = [
                        float(
                            (shapely.get_coordinates(part.interpolate(0.5, normalized=True))[0] - here)
                            @ side_vector(side)
                        )
                        for part in parts
                    ]
                    if parts and max(off) > 0:
                        where, where_zh = _SIDES_EN[side], SIDE_WORDS[side]
                        beyond = Fault(f"{where} of {name}", f"{name}以{where_zh}")
                        words = _with(choice.words, beyond)
                        yield Choice((parts[int(np.argmax(off))],), words, choice.exact)

    def _edge(self, name: Name, side: Side) -> Iterator[Choice]:
        """Yield the kerb or bank of a line on a side: half its width off the middle."""
        for line, _ in self._context.lines(name):
            axis = self._context.axis(line)
            if axis is not None:
                row = self._gazetteer.line(line)
                if (moved := parallel(axis, side, row.half_width_m)) is not None:
                    where_zh, off_m = SIDE_WORDS[side], row.half_width_m
                    where = _SIDES_EN[side]
                    words = Fault(
                        f"{where} edge of {row.name}, {off_m:.0f} m off its middle",
                        f"{row.name}{where_zh}侧边线，离中线 {off_m:.0f} 米",
                    )
                    yield Choice((moved,), words)

    def _beside(self, name: Name, side: Side, distance_m: float) -> Iterator[Choice]:
        for whole in self._whole(name):
            if (moved := parallel(whole.lines[0], side, distance_m)) is not None:
                (en, zh), where, where_zh = whole.words, _SIDES_EN[side], SIDE_WORDS[side]
                words = Fault(f"{distance_m:g} m {where} of {en}", f"{zh}以{where_zh} {distance_m:g} 米")
                yield Choice((moved,), words, whole.exact)

    def _zone(self, name: str) -> Iterator[Choice]:
        for zone in self._gazetteer.zones_of(name):
            if shapely.get_dimensions(zone.shape) == 2:
                rings = [LineString(ring.coords) for ring in shapely.get_rings(zone.shape)]
                words = Fault(f"the border of {name} in the gazetteer", f"地名库里{name}的边界")
                yield Choice(tuple(rings), words)

    def _outline(self, name: str) -> Iterator[Choice]:
        """Yield the outline of a named lake, park or building, or a named wall or fence."""
        if self._outlines is None:
            self._outlines = outlines_of(self._gazetteer)
        for ring in self._outlines.get(normalise(name).text, ()):
            yield Choice((ring,), Fault(f"the outline of {name}", f"{name}的边线"))

    def _unknown(self, words: Words) -> Fault:
        name, text = words.name, normalise(words.name).text
        if words.beyond and any(True for _ in self._choices(words)):
            return Fault(
                f"“{name}” is known, but does not meet “{words.beyond[0]}”: name another road in the brackets, or leave them out",
                f"“{name}”找到了，但没有和“{words.beyond[0]}”相交：改写括号里的路，或去掉括号",
            )
        if len(text) < 2:
            return Fault(
                f"“{words.text}” cannot be read: write the name of a road, a water or a railway",
                f"“{words.text}”没有读懂：写成路、河、铁路的名字",
            )
        if self._gazetteer.places_of(text):
            return Fault(
                f"“{name}” is a mere point in the gazetteer, it has no outline: name the road or water beside it, or draw its wall",
                f"“{name}”在地名库里只是一个点，没有边线：改写成它旁边的路、河，或先把它的围墙画成线",
            )
        if self._gazetteer.lines_of(text):
            return Fault(
                f"“{name}” is known from addresses only, nobody has drawn it: draw this line first",
                f"“{name}”只从地址里知道，没有画出的线：先补画这条线",
            )
        return Fault(
            f"the gazetteer has no “{name}”: look for a slip, or draw this line first, or add an alias",
            f"地名库里没有“{name}”：查一查有没有写错，或先补画这条线、加一个别名",
        )


def _with(words: Fault, more: Fault) -> Fault:
    en, zh = f"{words.en} ({more.en})", f"{words.zh}（{more.zh}）"
    return Fault(en, zh)


def _unread(text: str) -> Fault:
    return Fault(f"not understood: {text}", f"没有读懂：{text}")


def _distinct(choices: Iterator[Choice]) -> Iterator[Choice]:
    seen: set[bytes] = set()
    for choice in choices:
        key = b"".join(shapely.to_wkb(line) for line in choice.lines)
        if key not in seen:
            seen.add(key)
            yield choice
