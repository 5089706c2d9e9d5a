"""Where lines meet: the names that stand together, and which two of them are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from geodata.geocode.model import Crossing, Name
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.stream import Stream

_JOINS = frozenset({t.JOIN, t.DASH, t.LIST, t.PASS})
_THINGS = frozenset({t.PLACE, t.RUN})
_AFTER_A_CROSSING = frozenset({t.MEET, t.CORNER, t.ARM})
_MOST_LINES = 4
LANE = re.compile(r"[东西南北]?[一二三四五六七八九十]{1,2}(?:巷|街|胡同|条)$")
LAKE = re.compile(r"(?:湖|水库|池)$")
# works along two roads (四环线及大河路快速化工程) say nothing of where they meet
_WORKS = re.compile(r"快速化|改造|提升|升级|拓宽|整治|综合整治")
_SLIPS = frozenset(("路", "街", "大街", "大道"))


@dataclass(frozen=True, slots=True)
class Meeting:
    """Lines that are said to meet, and the word after them.

    `said` tells whether a word for crossing, a corner, an arm or a structure was there; else two
    names merely stand side by side. `joined` is the index of the first name after a connector, or 0.
    `fan` says that the first line meets each of the others: A与B、C交叉口.
    """

    names: tuple[Name, ...]
    end: int
    said: bool
    joined: int
    listed: bool = False
    fan: bool = False

    def main(self) -> int:
        """Return the index of the second line of the crossing meant.

        The last two lines where a word for crossing follows; else the two that a connector joins
        (京广路与航海路地铁5号线工地, 大学南路与张魏砦西街六巷交叉口: 六巷 belongs to the street).
        """
        if self.fan:
            return 1
        last = len(self.names) - 1
        a_lane = self.joined < last and LANE.match(self.names[last].text) is not None
        if self.joined and (a_lane or not self.said):
            return self.joined
        return last - 1 if a_lane and last > 1 else last

    def crossing(self) -> Crossing:
        """Return the crossing meant."""
        second = self.main()
        return Crossing(self.names[second - 1], self.names[second])


@dataclass(slots=True)
class _Chain:
    """Names read so far, the next word, and what stood between them."""

    stream: Stream
    at: int
    names: list[Name] = field(default_factory=list)
    joined: int = 0
    listed: bool = False
    passes: bool = False
    both: bool = False
    links: list[str] = field(default_factory=list)

    def add(self, name: Name, words: int, *, after: str = "") -> None:
        """Take a name and the words it was read from; `after` is the connector before it."""
        self.at += words
        self.listed = self.listed or after == t.LIST
        if name.text in [known.text for known in self.names]:
            return
        self.names.append(name)
        self.links.append(after)
        if after and not self.joined and len(self.names) > 1:
            self.joined = len(self.names) - 1

    def ahead(self, words: int) -> str:
        """Return the code of a word ahead."""
        return self.stream.code(self.at + words)


def meeting(stream: Stream, position: int, *, before: Sequence[Name] = ()) -> Meeting | None:
    """Return the lines that meet at a position, or None if fewer than two are named there.

    Parameters
    ----------
    stream
        The words.
    position
        First word.
    before
        Lines named earlier in the text: 工贸路往东,与康庄路交叉处 means the crossing of both.
    """
    chain = _Chain(stream, position)
    last = before[-1] if before else None
    if not _open(chain, last):
        return None
    while len(chain.names) < _MOST_LINES and _go_on(chain):
        pass
    if (
        len(chain.names) == 1
        and last is not None
        and _meets_the_last(stream.code(chain.at), last, chain.names[0])
    ):
        chain.names, chain.joined = [last, chain.names[0]], 1  # 溱水路553号开阳路交叉口
    return _meeting_of(chain)


def _open(chain: _Chain, last: Name | None) -> bool:
    """Read the first name, or a connector that refers to the line named last."""
    stream, connector = chain.stream, ""
    links = (t.JOIN, t.TO, t.NEAR, t.FROM) if _measured_from(chain) else (t.JOIN, t.TO, t.NEAR)
    if last is not None and chain.ahead(0) in links and chain.ahead(1) == t.LINE:
        connector = chain.ahead(0)
        if connector == t.JOIN and _lists_parts(chain):
            return False
        walked = stream.at(chain.at).word.startswith("走")  # 建新街,走至建新北街
        if connector == t.TO and chain.ahead(2) not in _AFTER_A_CROSSING and not walked:
            return False
        chain.names.append(last)
        chain.both = stream.at(chain.at).word in ("及", "以及")
        chain.at += 1
    first = _line_name(stream, chain.at, opening=True)
    if first is None or (connector and last is not None and first.text == last.text):
        return False
    chain.add(first, 1, after=connector)
    if chain.ahead(0) == t.STRUCTURE and chain.ahead(-1) in _THINGS:
        chain.names[-1] = stream.name_of(stream.at(chain.at - 1), stream.at(chain.at))  # 花园口立交与某路
        chain.at += 1
    elif chain.ahead(0) == t.MEET and chain.ahead(1) in _JOINS and chain.ahead(2) == t.LINE:
        chain.at += 1  # 城东路口与某街
    elif last is not None and not connector and (chain.ahead(0), chain.ahead(1)) == (t.JOIN, t.MEET):
        if last.text != first.text:
            chain.names, chain.joined = [last, first], 1  # 2号天河路与交叉口: the other road came before
        chain.at += 1
    return True


def _measured_from(chain: _Chain) -> bool:
    """Return whether a distance is walked from a road that meets the last one: A路自B街向南300米."""
    after_a_line = chain.at > 0 and chain.stream.code(chain.at - 1) == t.LINE
    return after_a_line and chain.ahead(2) == t.TOWARD and chain.ahead(3) in (t.DISTANCE, t.DIGITS)


def _lists_parts(chain: _Chain) -> bool:
    """Return whether a part of one line is joined to another line: A路全线及B路北段."""
    before = chain.stream.code(chain.at - 1) if chain.at else ""
    return before in (t.EXTENT, t.SEGMENT) and chain.ahead(2) not in _AFTER_A_CROSSING


def _go_on(chain: _Chain) -> bool:
    """Read one more name; returns whether another may follow."""
    stream = chain.stream
    if chain.ahead(0) in (t.SIDE, t.RUN) and chain.ahead(1) == t.PASS:
        chain.at += 1  # 须水河右岸穿越陇海铁路, 107辅道综合管廊下穿郑开城际铁路
    code = chain.ahead(0)
    chain.passes = chain.passes or code == t.PASS
    chain.both = chain.both or stream.at(chain.at).word in ("及", "以及")
    if code in _JOINS and (name := _line_name(stream, chain.at + 1)) is not None:
        chain.add(name, 2, after=code)
        return True
    if code == t.STRUCTURE and _under_the_bridge(chain):
        chain.passes = True
        chain.add(stream.name(chain.at + 1), 2, after=t.PASS)
        return True
    if code in _JOINS and _qualified(stream, chain.at + 1):
        chain.add(stream.name(chain.at + 2), 3, after=code)
        return True
    if code == t.LINE:
        if _names_a_street_by_the_water(chain):
            chain.names[-1] = _road(stream, chain.at - 1, chain.at)
            chain.at += 1
        else:
            chain.add(stream.name(chain.at), 1)
        return True
    if stream.at(chain.at).word in _SLIPS and chain.ahead(1) in _AFTER_A_CROSSING:
        chain.at += 1  # 繁荣路路交叉口: a slip of the pen
    return False


def _under_the_bridge(chain: _Chain) -> bool:
    """Return whether a road runs under the bridge of a railway named before: 京广铁路桥下白杨路."""
    rail = "rail" in chain.names[-1].classes and chain.stream.at(chain.at).word.endswith("桥")
    return rail and chain.ahead(1) == t.LINE and chain.ahead(2) not in (t.STRUCTURE, t.TO, t.MEET)


def _names_a_street_by_the_water(chain: _Chain) -> bool:
    """Return whether a numbered street stands right after a water: 如意河东十街 is one street."""
    word, last = chain.stream.at(chain.at), chain.stream.at(chain.at - 1)
    water = last.code == t.LINE and "water" in last.classes and last.end == word.start
    return water and LANE.match(word.word) is not None


def _road(stream: Stream, first: int, last: int) -> Name:
    return replace(stream.name_of(stream.at(first), stream.at(last)), classes=("road",))


def _meeting_of(chain: _Chain) -> Meeting | None:
    """Return the meeting if at least two names can be lines that meet."""
    names, stream = chain.names, chain.stream
    if len(names) < 2:
        return None
    said = chain.passes or chain.ahead(0) in (*_AFTER_A_CROSSING, t.STRUCTURE)
    if not said and not chain.joined and any(LAKE.search(name.text) for name in names):
        return None  # 如意湖天赋路 is the road by the lake
    if not said and chain.both and _WORKS.match(stream.at(chain.at).word):
        return None
    lane = not said and not chain.joined and len(names) == 2 and LANE.match(names[1].text)
    if lane and chain.ahead(0) in ("", t.EXTENT, t.SIDE):
        return None  # 柏庐路一巷北头 is one lane
    if not said and any(
        not name.known and name.classes == ("place",) and not name.text.endswith(("立交", "立交桥"))
        for name in names
    ):
        return None
    while stream.code(chain.at) == t.MEET:
        chain.at += 1
    fan = chain.links[1:2] == [t.JOIN] and len(names) > 2 and set(chain.links[2:]) == {t.LIST}
    return Meeting(tuple(names), chain.at, said, chain.joined, chain.listed, fan)


def _meets_the_last(code: str, last: Name, name: Name) -> bool:
    """Return whether a line is said to meet the one named before; a bridge needs water or rails."""
    if last.text == name.text:
        return False
    if code == t.STRUCTURE:
        return bool({"water", "rail"} & {*last.classes, *name.classes})
    return code == t.MEET


def _qualified(stream: Stream, position: int) -> bool:
    """Return whether a few unexplained characters stand right before a line: 与经开第三大街."""
    word, line = stream.at(position), stream.at(position + 1)
    short = word.code == t.RUN and word.end - word.start <= 4
    return short and line.code == t.LINE and word.end == line.start


def _line_name(stream: Stream, position: int, *, opening: bool = False) -> Name | None:
    """Return a line's name, or any name that a connector and a word for crossing make a line."""
    code = stream.code(position)
    if code == t.LINE:
        return stream.name(position)
    if code not in _THINGS:
        return None
    word = stream.at(position)
    if not 2 <= word.end - word.start <= 8:
        return None
    if opening:
        join = position + (2 if stream.code(position + 1) == t.STRUCTURE else 1)
        fits = stream.code(join) == t.JOIN and stream.code(join + 1) == t.LINE
        interchange = stream.at(position + 1).word.startswith("立交")  # 青松立交与九如路
        fits = fits and (stream.code(join + 2) == t.MEET or interchange)
    else:
        fits = stream.code(position + 1) in _AFTER_A_CROSSING
    return stream.name(position) if fits else None
