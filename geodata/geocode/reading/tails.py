"""What may follow an anchor: corner, arm, direction and distance, side, relation, part."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from geodata.geocode.model import (
    Crossing,
    Frame,
    Name,
    Number,
    Offset,
    Place,
    Relation,
    Side,
    Stretch,
)
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.stream import Stream

_DIAGONAL = frozenset({"NE", "NW", "SE", "SW"})
_PLAIN = frozenset({"N", "E", "S", "W"}) | _DIAGONAL
_PHASE = re.compile(r"\d{1,2}期")
_BUILDING = re.compile(r"号楼|栋|幢|号商铺|号院")

Step = tuple[Frame, int]


def with_tail(stream: Stream, anchor: Frame, position: int) -> Step:
    """Return the anchor refined by the words from a position on, and where they end.

    Parameters
    ----------
    stream
        The words.
    anchor
        What has been read so far.
    position
        The first word after the anchor.
    """
    for _ in range(32):
        word = stream.at(position)
        if word.code in (t.STOP, t.DASH) and _goes_on(stream, position + 1):
            position += 1
            continue
        reader = _READERS.get(word.code)
        step = reader(stream, anchor, position) if reader else None
        if step is None:
            break
        anchor, position = step
    side = _bracketed_side(stream, position)
    if side is not None:
        anchor = _with_side(anchor, side)
    return anchor, position


def _goes_on(stream: Stream, position: int) -> bool:
    """Return whether after a comma a direction with a distance follows: 交叉口，向北200米."""
    code, after = stream.code(position), stream.code(position + 1)
    if code == t.RELATION and stream.at(position).word == "opposite":
        return after in ("", t.RUN)  # 北门，对面是一片工地
    return (code in (t.TOWARD, t.BARE) and after in (t.DISTANCE, t.DIGITS)) or code in (t.CORNER, t.GATE)


def _bracketed_side(stream: Stream, position: int) -> Side | None:
    for group in stream.groups.get(position, ()):
        if len(group.words) == 1 and group.words[0].code in (t.SIDE, t.BARE, t.CORNER):
            return group.words[0].side
    return None


def _with_side(anchor: Frame, side: Side) -> Frame:
    """Return the anchor on a side, where its kind has one and none was given."""
    if isinstance(anchor, Offset | Stretch | Number) and anchor.side is None:
        return replace(anchor, side=side)
    if isinstance(anchor, Crossing) and anchor.corner is None and side in _DIAGONAL:
        return replace(anchor, corner=side)
    if isinstance(anchor, Crossing) and anchor.corner is None and anchor.arm is None and side in _PLAIN:
        return Offset(anchor, side, None)
    if isinstance(anchor, Place) and anchor.side is None:
        relation: Relation = "beside" if anchor.relation == "at" else anchor.relation
        return replace(anchor, side=side, relation=relation)
    return anchor


def _corner(stream: Stream, anchor: Frame, position: int) -> Step | None:
    word = stream.at(position)
    side = word.side
    if side is None:
        return None
    if isinstance(anchor, Crossing) and anchor.corner is None:
        anchor = replace(anchor, corner=side)
    elif isinstance(anchor, Place) and anchor.side is None:
        anchor = replace(anchor, side=side)
    if stream.code(position + 1) == t.DISTANCE:
        return Offset(anchor, side, stream.at(position + 1).metres), position + 2
    return anchor, position + 1


def _arm(stream: Stream, anchor: Frame, position: int) -> Step | None:
    word = stream.at(position)
    if isinstance(anchor, Crossing) and anchor.arm is None:
        return replace(anchor, arm=word.side), position + 1
    if isinstance(anchor, Place) and anchor.part is None:
        return replace(anchor, part=word.word), position + 1
    if isinstance(anchor, Stretch | Number):
        # 某街西口: the western end of the street
        extent = word.side if word.side in ("N", "E", "S", "W") else None
        if isinstance(anchor, Stretch) and extent is not None and anchor.start is None:
            return replace(anchor, extent=extent), position + 1
    return anchor, position + 1


def _direction(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Read a direction, with or without a distance and a road to walk along."""
    word = stream.at(position)
    side = word.side
    if side is None:
        return None
    after = stream.at(position + 1)
    if after.code in (t.DISTANCE, t.DIGITS) and side in _PLAIN:
        # 沿某路向北300米 walks along it, 某路北300米 and 某路以北300米 need not
        along = anchor.line if isinstance(anchor, Stretch) and word.code == t.TOWARD else None
        return Offset(anchor, side, after.metres, along=along), position + 2
    if word.code == t.TOWARD and after.code == t.LINE:
        road = _one_of(anchor, stream.name(position + 1))
        if road is not None:
            return Offset(anchor, side, None, along=road), position + 2
    if word.code == t.SIDE:
        return _with_side(anchor, side), position + 1
    if isinstance(anchor, Crossing) and word.code == t.BARE and side in _DIAGONAL and anchor.corner is None:
        return replace(anchor, corner=side), position + 1
    if isinstance(anchor, Offset) and anchor.side is None and word.code == t.BARE:
        return replace(anchor, side=side), position + 1
    if isinstance(anchor, Place) and word.code == t.BARE:
        return _with_side(anchor, side), position + 1
    if isinstance(anchor, Stretch) and word.code == t.BARE:
        return _with_side(anchor, side), position + 1
    if side in _PLAIN and not isinstance(anchor, Stretch):
        return Offset(anchor, side, None), position + 1
    return anchor, position + 1


def _one_of(anchor: Frame, name: Name) -> Name | None:
    """Return the name if it is one of the roads of the anchor."""
    roads = (anchor.first, anchor.second) if isinstance(anchor, Crossing) else ()
    return next((road for road in roads if road.text == name.text), None)


def _distance(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Read a distance without a direction: somewhere around, which `both` says."""
    word = stream.at(position)
    if isinstance(anchor, Stretch):
        return None
    if isinstance(anchor, Offset):
        if anchor.distance_m is None:
            return replace(anchor, distance_m=word.metres), position + 1
        return anchor, position + 1
    return Offset(anchor, "both", word.metres), position + 1


def _along(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Read 沿某路向北300米: the road to walk along is named."""
    if stream.code(position + 1) != t.LINE or stream.code(position + 2) not in (t.TOWARD, t.BARE):
        return None
    heading, distance = stream.at(position + 2), stream.at(position + 3)
    if heading.side is None:
        return None
    measured = distance.code in (t.DISTANCE, t.DIGITS)
    metres = distance.metres if measured else None
    along = stream.name(position + 1)
    bare = isinstance(anchor, Stretch) and anchor.start is None and anchor.end is None
    if bare and isinstance(anchor, Stretch) and anchor.line.text != along.text:
        anchor = Crossing(anchor.line, along)  # 从众意路口沿农业东路向东
    frame = Offset(anchor, heading.side, metres, along=along)
    return frame, position + (4 if measured else 3)


def _extent(stream: Stream, anchor: Frame, position: int) -> Step | None:
    word = stream.at(position)
    if isinstance(anchor, Stretch) and anchor.start is None:
        extent = word.side if word.side in ("N", "E", "S", "W", "middle") else "whole"
        return replace(anchor, extent=extent), position + 1
    if isinstance(anchor, Crossing) and word.side in _PLAIN:
        return Offset(anchor, word.side, None), position + 1
    if isinstance(anchor, Place) and word.side in _PLAIN:
        return _with_side(anchor, word.side), position + 1
    return anchor, position + 1


def _relation(stream: Stream, anchor: Frame, position: int) -> Step | None:
    relation: Relation = stream.at(position).word  # type: ignore[assignment]
    if isinstance(anchor, Place):
        if relation == "inside" and anchor.relation in ("beside", "behind", "opposite"):
            return anchor, position + 1  # 小学旁胡同里 is beside the school
        return replace(anchor, relation=relation), position + 1
    if isinstance(anchor, Stretch) and relation in ("front", "opposite"):
        return None
    return anchor, position + 1


def _structure(stream: Stream, anchor: Frame, position: int) -> Step | None:
    word = stream.at(position).word
    if isinstance(anchor, Crossing) and anchor.structure is None:
        return replace(anchor, structure=word), position + 1
    if isinstance(anchor, Crossing | Offset):
        return anchor, position + 1
    if isinstance(anchor, Place) and anchor.part is None:
        return replace(anchor, part=word), position + 1
    return None


def _part(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Read a gate, building, floor or shop number; only gates and buildings can be looked for."""
    word = stream.at(position)
    if isinstance(anchor, Place):
        phase = anchor.part is not None and _PHASE.fullmatch(anchor.part)
        if word.code == t.GATE or ((anchor.part is None or phase) and _BUILDING.search(word.word)):
            return replace(anchor, part=(anchor.part or "") + word.word), position + 1
        return anchor, position + 1
    if isinstance(anchor, Stretch):
        return None
    return anchor, position + 1


def _house(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Read a number after a place, where it is the number of a building: 时代广场10号."""
    if not isinstance(anchor, Place):
        return None
    if anchor.part is None:
        return replace(anchor, part=stream.at(position).word), position + 1
    return anchor, position + 1


def _bound(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Read 以西50米 after a crossing; after a line alone it is the border of a block."""
    side, after = stream.at(position).side, stream.at(position + 1)
    if side is None or not isinstance(anchor, Crossing | Offset):
        return None
    if after.code in (t.DISTANCE, t.DIGITS):
        return Offset(anchor, side, after.metres), position + 2
    return Offset(anchor, side, None), position + 1


def _yard(stream: Stream, anchor: Frame, position: int) -> Step | None:
    """Skip 院 before a gate (家属院院东门); take the phase of an estate as a part of it (二期)."""
    word = stream.at(position).word
    if isinstance(anchor, Place) and anchor.part is None and _PHASE.fullmatch(word):
        return replace(anchor, part=word), position + 1
    return (anchor, position + 1) if word in ("院", "院子") else None


def _meet(_: Stream, anchor: Frame, position: int) -> Step | None:
    if isinstance(anchor, Place):
        return replace(anchor, relation="front"), position + 1
    return anchor, position + 1


def _skip(_: Stream, anchor: Frame, position: int) -> Step | None:
    return anchor, position + 1


_READERS: dict[str, Callable[[Stream, Frame, int], Step | None]] = {
    t.CORNER: _corner,
    t.ARM: _arm,
    t.TOWARD: _direction,
    t.BARE: _direction,
    t.BOUND: _bound,
    t.SIDE: _direction,
    t.DISTANCE: _distance,
    t.ALONG: _along,
    t.EXTENT: _extent,
    t.RELATION: _relation,
    t.STRUCTURE: _structure,
    t.GATE: _part,
    t.DETAIL: _part,
    t.NUMBER: _house,
    t.MEET: _meet,
    t.RUN: _yard,
    t.SEGMENT: _skip,
}
