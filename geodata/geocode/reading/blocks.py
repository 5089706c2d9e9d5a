"""Pieces of land by the lines around them: A以南、B以东; 东至A、西至B; A、B、C围合区域."""

from __future__ import annotations

from geodata.geocode.model import Block, Bound, Crossing, Frame, Name, Offset, Place, Side, Stretch
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.parse import Parse
from geodata.geocode.reading.stream import Stream

_OPPOSITE: dict[Side, Side] = {"N": "S", "S": "N", "E": "W", "W": "E"}
_APART = frozenset({t.LIST, t.STOP, t.JOIN})
_NAMED = frozenset({t.LINE, t.PLACE, t.RUN, t.ZONE})


def read_block(stream: Stream, at: int, result: Parse) -> int:
    """Read a piece of land; returns where the words end, `at` if there is none.

    One border with a distance is an offset from it. Two opposite ends after a line (农业路东至A、西至B)
    are a stretch of that line. Lines that enclose (围合) leave the side open: `middle`.
    """
    if stream.has(t.REACH) and (end := _read_reaches(stream, at, result)) > at:
        return end
    if stream.has(t.ENCLOSED) and (end := _read_enclosed(stream, at, result)) > at:
        return end
    if not stream.has(t.BOUND):
        return at
    start, bounds = at, list[Bound]()
    while (found := _bounds(stream, at)) is not None:
        bounds += found[0]
        at = found[1]
        if stream.code(at) in _APART:
            at += 1
    if not bounds:
        return start
    first = bounds[0]
    if len(bounds) == 1 and stream.code(at) == t.DISTANCE:
        _remember(bounds, result)
        anchor: Frame = Stretch(first.line, extent="whole")
        if first.line.classes == ("place",):
            anchor = Place(first.line)
        result.add(Offset(anchor, first.side, stream.at(at).metres), stream.at(start).start)
        return at + 1
    if len(bounds) == 1 and stream.code(at) == t.TO:
        return start  # 经三路以东至经七路 is an end of a stretch
    _remember(bounds, result)
    result.add(Block(tuple(bounds)), stream.at(start).start)
    return at


def _remember(bounds: list[Bound], result: Parse) -> None:
    result.lines += [bound.line for bound in bounds if bound.line.classes != ("place",)]


def _bounds(stream: Stream, at: int) -> tuple[list[Bound], int] | None:
    """Return the borders of one 以南, several names before it included, and where it ends."""
    names: list[Name] = []
    while stream.code(at) in _NAMED:
        name, at = _name(stream, at)
        names.append(name)
        if stream.code(at) not in (t.JOIN, t.LIST):
            break
        at += 1
    side = stream.at(at).side
    if not names or stream.code(at) != t.BOUND or side is None:
        return None
    return [Bound(name, side) for name in names], at + 1


def _name(stream: Stream, at: int) -> tuple[Name, int]:
    """Return a name, a bridge's two words taken together, and where it ends."""
    bridge = stream.code(at) == t.RUN and stream.code(at + 1) == t.STRUCTURE
    return stream.name_of(stream.at(at), stream.at(at + bridge)), at + 1 + bridge


def _read_reaches(stream: Stream, at: int, result: Parse) -> int:
    """Read 东至A、西至B: the land lies on the other side of each line."""
    start = at
    line = stream.name(at) if stream.code(at) == t.LINE else None
    if line is not None:
        at += 1 + (stream.code(at + 1) == t.STOP)
    ends: list[tuple[Name, Side]] = []
    while stream.code(at) == t.REACH and stream.code(at + 1) in _NAMED:
        side = stream.at(at).side
        name, at = _name(stream, at + 1)
        if side in _OPPOSITE:
            ends.append((name, side))
        if stream.code(at) in _APART and stream.code(at + 1) == t.REACH:
            at += 1
    if not ends:
        return start
    if line is not None:
        if len(ends) != 2 or ends[1][1] != _OPPOSITE[ends[0][1]]:
            return start
        first, second = (Crossing(line, name) for name, _ in ends)
        result.add(Stretch(line, first, second), stream.at(start).start)
        result.lines.append(line)
        return at
    bounds = [Bound(name, _OPPOSITE[side]) for name, side in ends]
    _remember(bounds, result)
    result.add(Block(tuple(bounds)), stream.at(start).start)
    return at


def _read_enclosed(stream: Stream, at: int, result: Parse) -> int:
    """Read A、B、C围合区域: inside of all lines, whichever side that is."""
    start, names = at, list[Name]()
    while stream.code(at) in (t.LINE, t.PLACE):
        names.append(stream.name(at))
        at += 1
        if stream.code(at) in (t.JOIN, t.LIST, t.DASH):
            at += 1
    if len(names) < 2 or stream.code(at) != t.ENCLOSED:
        return start
    bounds = [Bound(name, "middle") for name in names]
    _remember(bounds, result)
    result.add(Block(tuple(bounds)), stream.at(start).start)
    return at + 1
