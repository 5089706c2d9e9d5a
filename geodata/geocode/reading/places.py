"""Zones, places and what is said about them."""

from __future__ import annotations

import re

from geodata.geocode.model import Area, Place
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import PLACE_END, is_shop
from geodata.geocode.reading.parse import Parse
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.tails import with_tail

# What makes a zone name an anchor of its own (赵坡村东100米) rather than a prefix.
_TAILS = frozenset(
    {t.TOWARD, t.SIDE, t.CORNER, t.GATE, t.RELATION, t.NUMBER, t.DETAIL, t.STRUCTURE, t.MEET, t.ARM, t.EXTENT}
)
_SAYS_SOMETHING = re.compile(r"[一-龥]|[A-Za-z]{2}")
_SAYS_NOTHING = re.compile(r"不知道|不清楚|不详|不明|未知|待核实|待定|哪里|哪儿")
# Words that many notices use and that name no place, in any combination: 一无名工地, 沿街门店
_GENERIC = re.compile(
    r"(?:一|某|该|此|这|那|有|处|个|座|家|片|段|无名|新建|在建|正在|施工|道路|工程|工地|项目部?|门店|店铺|商户|门面"
    r"|小餐饮|店|餐饮|市政|小小|距离|百米|行驶|南北|东西|整个|水域|路上|地方|位置|地段|区域|范围|墙上|围墙|的|大型|是"
    r"|河道|河水|水面|水体|栅栏|空地|绿地|绿化带|楼道|楼下|大厅|路面|路段|过道|拐角|垃圾|背街小巷|主次干道|小区|公交站牌?|停车场|商铺|家|第[一二三四五六七八九十\d]+个?|河长|全长|长|口|号|标|外|内|里|上|下|旁|前|后|等|附|距|约|到|至)+"
)
_STATION = re.compile(r"(?:地铁|公交|火车|高铁)?站$")


def read_zone(stream: Stream, at: int, result: Parse) -> int:
    """Read a zone that narrows the search; returns where the words end, `at` if there is none."""
    if stream.code(at) != t.ZONE:
        return at
    following = stream.code(at + 1)
    measured = following == t.BARE and stream.code(at + 2) in (t.DISTANCE, t.DIGITS)
    group = following == t.DETAIL and stream.at(at + 1).word.endswith("组")
    if (following in _TAILS and not group) or measured:
        return at
    result.areas.append(stream.name(at))
    at += 1
    while stream.code(at) in (t.DASH, t.LIST) or stream.at(at).word in (",", "·", ":"):
        at += 1
    return at


def read_place(stream: Stream, at: int, result: Parse) -> int:
    """Read a place with what follows it; returns where the words end, `at` if there is none."""
    near = stream.code(at) == t.NEAR
    first = at + 1 if near else at
    last = _last_word(stream, first, result)
    if last is None:
        return at
    word = stream.at(first)
    name = stream.name_of(word, stream.at(last))
    place = Place(name, relation="near") if near else Place(name)
    frame, end = with_tail(stream, place, last + 1)
    result.add(frame, word.start)
    if not name.known and not PLACE_END.search(name.text) and frame == place:
        result.residue.append(name.span)
    return end


def _last_word(stream: Stream, at: int, result: Parse) -> int | None:
    """Return the last word of the place's name that begins at `at`, or None if it names no place."""
    word, following = stream.at(at), stream.at(at + 1)
    if word.code not in (t.PLACE, t.RUN, t.ZONE):
        return None
    if word.code == t.RUN:
        if word.end - word.start < 2 or is_empty_talk(word.word):
            return None
        last = at
        while stream.code(last + 1) == t.STRUCTURE and last < at + 3:
            last += 1
        if stream.code(last + 1) == t.PLACE and is_shop(stream.at(last + 1).word) and touch(stream, last):
            last += 1  # 相逢 + 川菜馆 is one sign
        return last
    if not touch(stream, at) or following.code not in (t.RUN, t.PLACE):
        return at
    if is_shop(word.word) and following.code == t.RUN and len(following.word) == 1:
        return at + 1
    if _STATION.match(following.word):
        result.add(Place(stream.name(at), relation="near"), word.start, less=1.0)
        return at + 1
    return at


def gate_of_a_zone(stream: Stream, at: int, result: Parse) -> bool:
    """Keep the gate of a community or village named before: 贾岗社区金水东路的南门."""
    if not result.areas or not result.areas[-1].text.endswith(("社区", "村")):
        return False
    place, _ = with_tail(stream, Place(result.areas[-1]), at)
    result.add(place, stream.at(at).start)
    return True


def is_empty_talk(words: str) -> bool:
    """Return whether words that no rule explains name no place at all."""
    return (
        not _SAYS_SOMETHING.search(words)
        or _GENERIC.fullmatch(words) is not None
        or _SAYS_NOTHING.search(words) is not None
    )


def touch(stream: Stream, at: int) -> bool:
    """Return whether nothing was left out between a word and the next."""
    return stream.at(at).end == stream.at(at + 1).start


def areas_alone(result: Parse) -> None:
    """Take the finest zone as the answer where the text names nothing else."""
    if result.areas and not any(result.places):
        finest = result.areas[-1]
        result.add_at(Area(finest), finest.span.start, weakness=5.0)
