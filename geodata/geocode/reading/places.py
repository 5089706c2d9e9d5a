"""Zones, places and what is said about them."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.geocode.model import Area, Between, Frame, Name, Place, Side
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import KIND_OF_PLACE, PLACE_END, is_shop
from geodata.geocode.reading.parse import Parse
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.tails import with_tail
from geodata.geocode.reading.talk import is_empty_talk, tells_trouble

# What makes a zone name an anchor of its own (赵坡村东100米) rather than a prefix.
_TAILS = frozenset(
    {t.TOWARD, t.SIDE, t.CORNER, t.GATE, t.RELATION, t.NUMBER, t.DETAIL, t.STRUCTURE, t.MEET, t.ARM, t.EXTENT}
)
_SIGN_OF_A_TOWN = re.compile(r"[镇乡]$")
# Two places written as one word: 某某广场4楼某某影院, 某某大桥南某某小区.
_TWO_IN_ONE = re.compile(
    r"(?P<first>.{2,12}?(?:广场|大厦|商场|中心|国际|城))[负地下]{0,2}\d{1,2}[楼层](?P<second>.{2,})"
    r"|(?P<bridge>[一-龥]{2,5}?(?:大桥|立交桥|桥))(?P<side>[东南西北])侧?(?P<beyond>[一-龥]{4,}.*)"
)
_SIDES: dict[str, Side] = {"东": "E", "南": "S", "西": "W", "北": "N"}
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
    closed = following == t.TO or not {t.MEET, t.BETWEEN}.isdisjoint(map(stream.code, (at + 3, at + 4)))
    if following in (t.JOIN, t.TO) and stream.code(at + 2) == t.ZONE and closed:
        return at  # 青松村至石桥村
    if _sign_with_a_town(stream, at) or _named_after_a_village(stream, at):
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
    if last == first and word.code == t.RUN and (two := _TWO_IN_ONE.fullmatch(word.word)):
        _read_two(stream, word.start, two, result)
        return last + 1
    name = stream.name_of(word, stream.at(last))
    if not name.known and tells_trouble(name.text):
        result.residue.append(name.span)
        return last + 1
    place = Place(name, relation="near") if near else Place(name)
    frame, end = with_tail(stream, place, last + 1)
    if (between := _between_parts(stream, frame, end)) is not None:
        result.add(between, word.start)
        return end + 3
    result.add(frame, word.start)
    if not name.known and not PLACE_END.search(name.text) and frame == place:
        result.residue.append(name.span)
    return end


def _read_two(stream: Stream, start: int, two: re.Match[str], result: Parse) -> None:
    """Keep a building and what is in it, or a bridge's side and what stands there, as two places."""

    def name(group: str) -> Name:
        begin, end = start + two.start(group), start + two.end(group)
        return Name(two[group], ("place",), stream.text.span(begin, end), known=False)

    if two["bridge"]:
        result.add(Place(name("bridge"), relation="beside", side=_SIDES[two["side"]]), start)
        result.add(Place(name("beyond")), start)
        return
    result.add(Place(name("first")), start)
    if is_empty_talk(two["second"]):
        result.residue.append(name("second").span)
    else:
        result.add(Place(name("second")), start)


def _between_parts(stream: Stream, frame: Frame, at: int) -> Between | None:
    """Read 5号楼与6号楼之间 after an estate's name."""
    if not isinstance(frame, Place) or frame.part is None:
        return None
    codes = [stream.code(at), stream.code(at + 1), stream.code(at + 2)]
    if codes[0] not in (t.JOIN, t.TO) or codes[1] not in (t.DETAIL, t.GATE) or codes[2] != t.BETWEEN:
        return None
    return Between(frame, replace(frame, part=stream.at(at + 1).word))


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
    if word.code == t.ZONE and (_sign_with_a_town(stream, at) or _named_after_a_village(stream, at)):
        return at + 1
    if is_shop(word.word) and following.code == t.RUN and len(following.word) == 1:
        return at + 1
    if _STATION.match(following.word):
        result.add(Place(stream.name(at), relation="near"), word.start, less=1.0)
        return at + 1
    return at


def _sign_with_a_town(stream: Stream, at: int) -> bool:
    """Return whether the whole text is a shop's sign that begins with an unknown town's name.

    逍遥镇胡辣汤 is cooked everywhere; only a town that the gazetteer has is where the shop may be.
    """
    word, following = stream.at(at), stream.at(at + 1)
    alone = at == 0 and len(stream.words) == 2 and following.code == t.RUN
    return alone and not word.known and is_shop(following.word) and bool(_SIGN_OF_A_TOWN.search(word.word))


def _named_after_a_village(stream: Stream, at: int) -> bool:
    """Return whether a village's school, clinic or office follows: 青松村小学."""
    word, following = stream.at(at), stream.at(at + 1)
    named = following.code == t.RUN and touch(stream, at) and KIND_OF_PLACE.match(following.word)
    return bool(named) and word.word.endswith(("村", "社区"))


def gate_of_a_zone(stream: Stream, at: int, result: Parse) -> bool:
    """Keep the gate of a community or village named before: 贾岗社区金水东路的南门."""
    if not result.areas or not result.areas[-1].text.endswith(("社区", "村")):
        return False
    place, _ = with_tail(stream, Place(result.areas[-1]), at)
    result.add(place, stream.at(at).start)
    return True


def touch(stream: Stream, at: int) -> bool:
    """Return whether nothing was left out between a word and the next."""
    return stream.at(at).end == stream.at(at + 1).start


def areas_alone(result: Parse) -> None:
    """Take the finest zone as the answer where the text names nothing else."""
    if result.areas and not any(result.places):
        finest = result.areas[-1]
        result.add_at(Area(finest), finest.span.start, weakness=5.0)
