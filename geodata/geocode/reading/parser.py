"""Words to frames: the rules of the grammar, tried from left to right, the most telling first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.blocks import read_block
from geodata.geocode.reading.numbers import number_of_the_same_road, read_number
from geodata.geocode.reading.parse import Parse
from geodata.geocode.reading.places import areas_alone, gate_of_a_zone, read_place, read_zone
from geodata.geocode.reading.posts import close_posts, read_chainage, read_kilometres
from geodata.geocode.reading.roads import read_crossing, read_line, read_passage, read_stretch
from geodata.geocode.reading.stream import Stream

_LESS_IN_BRACKETS = 0.05
Rule: TypeAlias = Callable[[Stream, int, Parse], int]
# The rules that a word can begin, in the order they are tried.
_RULES: dict[str, tuple[Rule, ...]] = {
    t.ZONE: (read_zone, read_block, read_stretch, read_place),
    t.CHAINAGE: (read_chainage,),
    t.LINE: (read_kilometres, read_block, read_stretch, read_crossing, read_number, read_line),
    t.PLACE: (read_block, read_stretch, read_crossing, read_place),
    t.RUN: (read_block, read_stretch, read_crossing, read_place),
    t.STRUCTURE: (read_stretch,),
    t.FROM: (read_stretch, read_crossing),
    t.JOIN: (read_crossing,),
    t.TO: (read_crossing,),
    t.PASS: (read_passage,),
    t.REACH: (read_block,),
    t.NEAR: (read_crossing, read_place),
}


def parse(stream: Stream) -> Parse:
    """Return the frames of a text.

    Parameters
    ----------
    stream
        Words with brackets set aside.
    """
    result = Parse()
    _read(stream, result)
    close_posts(stream.text.text, result)
    areas_alone(result)
    return result


def _read(stream: Stream, result: Parse) -> None:
    """Apply the first rule that fits, over and over; brackets are read after the words before them."""
    at = 0
    _read_brackets(stream, 0, result)
    while at < len(stream.words):
        for rule in _RULES.get(stream.code(at), ()):
            after = rule(stream, at, result)
            if after > at:
                break
        else:
            after = _unread(stream, at, result)
        for index in range(at + 1, after + 1):
            _read_brackets(stream, index, result)
        at = after


def _read_brackets(stream: Stream, index: int, result: Parse) -> None:
    """Read the brackets at a place as further evidence, slightly weaker than the text around it."""
    for group in stream.groups.get(index, ()):
        if any(group is used for used in result.used) or _says_nothing_new(group):
            continue
        if _is_old_name(group):
            result.residue.append(group.text.span(group.words[0].start, group.words[-1].end))
            continue
        result.less += _LESS_IN_BRACKETS
        _read(group, result)
        result.less -= _LESS_IN_BRACKETS


def _says_nothing_new(group: Stream) -> bool:
    """Return whether a bracket holds a side only (taken by what stands before it) or a branch: (桐柏路店)."""
    if len(group.words) != 1:
        return False
    word = group.words[0]
    return word.code in (t.SIDE, t.BARE) or (word.code == t.RUN and word.word.endswith("店"))


def _is_old_name(group: Stream) -> bool:
    """Return whether a bracket tells what a road was called before: (原雁鸣路)."""
    if not group.words:
        return False
    start = group.words[0].start
    return group.text.text[start : start + 1] in ("原", "曾") and len(group.words) <= 2


def _unread(stream: Stream, at: int, result: Parse) -> int:
    word = stream.at(at)
    if word.code == t.LIST or (word.code == t.STOP and ";" in word.word):
        if stream.code(at + 1) != t.PASS:
            result.separate()
    elif word.code == t.JOIN and at and stream.code(at - 1) in (t.EXTENT, t.SEGMENT):
        result.separate()
    elif (word.code == t.NUMBER and number_of_the_same_road(stream, at, result)) or (
        word.code == t.GATE and gate_of_a_zone(stream, at, result)
    ):
        pass
    elif word.code in (t.RUN, t.NUMBER, t.DETAIL, t.GATE, t.DISTANCE):
        result.residue.append(stream.text.span(word.start, word.end))
    return at + 1
