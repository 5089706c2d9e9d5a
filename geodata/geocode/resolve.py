"""From a frame to evidence: one resolver per frame, anchors resolved first."""

from __future__ import annotations

from dataclasses import replace

from geodata.geocode.blocks import resolve_between, resolve_block
from geodata.geocode.chainages import resolve_chainage
from geodata.geocode.context import Context
from geodata.geocode.crossings import resolve_crossing
from geodata.geocode.evidence import Evidence, evidence, nothing
from geodata.geocode.model import (
    Area,
    Between,
    Block,
    Chainage,
    Crossing,
    Frame,
    Name,
    Number,
    Offset,
    Place,
    Stretch,
)
from geodata.geocode.numbers import resolve_number
from geodata.geocode.offsets import resolve_offset
from geodata.geocode.places import resolve_area, resolve_place, taken_for
from geodata.geocode.stretches import resolve_stretch

# Anchors in anchors in anchors: no text a person writes is deeper.
_MAX_DEPTH = 6
# The most doubtful way names the answer.
_LESS = {"typo": 0.7, "variant": 0.85, "homophone": 0.88}


def resolve(frame: Frame, context: Context, *, depth: int = 0) -> Evidence:
    """Return where a frame may be.

    An evidence without modes carries the reason; nothing is raised for odd texts.
    """
    if depth > _MAX_DEPTH:
        return nothing("描述嵌套过深")
    found = _resolve(frame, context, depth)
    return _marked(found, frame, context) if depth == 0 else found


def _marked(found: Evidence, frame: Frame, context: Context) -> Evidence:
    """Name the answer's way where a name was not found as written, and trust it less."""
    if not found.modes:
        return found
    ways = {name.text: context.way_to(name) for name in names_of(frame)}
    used = {way for way, _ in ways.values()}
    way = next((way for way in _LESS if way in used), "")
    if not way:
        return found
    modes = tuple(
        mode if ":" in mode.method else mode._replace(method=f"{mode.method}:{way}") for mode in found.modes
    )
    sections = "、".join(name for name, (own, _) in ways.items() if own == "variant")
    reasons = [found.reason] if found.reason else []
    reasons += [taken_for(name, meant) for name, (_, meant) in ways.items() if meant]
    reasons += [f"{sections}按同名不同段处理"] if sections else []
    return replace(found, modes=modes, trust=found.trust * _LESS[way], reason="；".join(reasons))


def _resolve(frame: Frame, context: Context, depth: int) -> Evidence:
    match frame:
        case Crossing():
            return context.remember(resolve_crossing, frame)
        case Number():
            return resolve_number(frame, context)
        case Place():
            return context.remember(_place, frame)
        case Offset():
            return resolve_offset(frame, resolve(frame.anchor, context, depth=depth + 1), context)
        case Stretch():
            start = _anchor(frame.start, frame.line, context, depth) if frame.start is not None else None
            end = _anchor(frame.end, frame.line, context, depth) if frame.end is not None else None
            return resolve_stretch(frame, start, end, context)
        case Chainage():
            return resolve_chainage(frame, context)
        case Block():
            return resolve_block(frame, context)
        case Between():
            start = resolve(frame.start, context, depth=depth + 1)
            end = resolve(frame.end, context, depth=depth + 1)
            return resolve_between(start, end)
        case Area():
            return resolve_area(frame, context)


def _place(frame: Place, context: Context) -> Evidence:
    found = resolve_place(frame, context)
    if not found.modes and context.lines(frame.name):
        found = resolve_stretch(Stretch(frame.name), None, None, context)
        if frame.side is not None:
            modes = tuple(mode._replace(side=frame.side, beside=mode.lines[0]) for mode in found.modes)
            return replace(found, modes=modes)
    return found


def _anchor(frame: Frame, line: Name, context: Context, depth: int) -> Evidence:
    """Resolve an end of a stretch: a line's name there means its crossing with the stretch's line."""
    crossing = None
    match frame:
        case Place(name=name) if context.lines(name):
            crossing = Crossing(line, name)
        case Stretch(line=name, start=None, end=None):
            crossing = Crossing(line, name)
    if crossing is not None:
        found = resolve_crossing(crossing, context)
        points = [mode for mode in found.modes if not mode.extent_m]
        return evidence(points, found.trust, found.reason) if points else nothing(found.reason)
    return resolve(frame, context, depth=depth + 1)


def names_of(frame: Frame) -> list[Name]:
    """Return all names a frame mentions."""
    match frame:
        case Crossing(first=first, second=second):
            return [first, second]
        case Number(road=road):
            return [road]
        case Place(name=name) | Area(name=name):
            return [name]
        case Offset(anchor=anchor, along=along):
            return names_of(anchor) + ([along] if along is not None else [])
        case Stretch(line=line, start=start, end=end):
            ends = [part for part in (start, end) if part is not None]
            return [line, *(name for part in ends for name in names_of(part))]
        case Chainage(line=line):
            return [line] if line is not None else []
        case Block(bounds=bounds):
            return [bound.line for bound in bounds]
        case Between(start=start, end=end):
            return names_of(start) + names_of(end)
