"""What the frames of one reading are worth together: which speak for themselves, which lean on others.

Evidence multiplies only where it is independent. The number from which an offset starts is no second
witness for the offset's end, and a crossing named beside a house number (青禾路21号，近白鹭街) is the
nearest one, not the place itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import hypot

from geodata.geocode.evidence import Evidence
from geodata.geocode.model import Between, Crossing, Frame, Number, Offset, Place, Reading, Stretch

# A crossing named to help find a number lies this far from it, 1-sigma.
_NEAREST_CROSSING_M = 90.0
# A brand beside a road may only choose between places, never outvote.
_BRAND_TRUST = 0.03
_MANY_PLACES = 4


def weighed(frames: Sequence[Frame], found: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence of a reading's frames, in their order, without what only repeats another.

    Parameters
    ----------
    frames, found
        Frames and what each resolved to, equally many.
    """
    kept = [
        _loosened(frame, item, frames)
        for frame, item in zip(frames, found, strict=True)
        if not _repeats(frame, frames, found)
    ]
    return _brands_silenced(kept)


def _repeats(frame: Frame, frames: Sequence[Frame], found: Sequence[Evidence]) -> bool:
    """Return whether another frame that was found starts from this one."""
    for other, item in zip(frames, found, strict=True):
        if other is frame or not item.modes:
            continue
        if frame in anchors_of(other):
            return True
    return False


def anchors_of(frame: Frame) -> list[Frame]:
    """Return the frames a frame starts from, at any depth."""
    match frame:
        case Offset(anchor=anchor):
            return [anchor, *anchors_of(anchor)]
        case Stretch(start=start, end=end) | Between(start=start, end=end):
            ends = [part for part in (start, end) if part is not None]
            return [*ends, *(inner for part in ends for inner in anchors_of(part))]
        case _:
            return []


def _loosened(frame: Frame, item: Evidence, frames: Sequence[Frame]) -> Evidence:
    if not isinstance(frame, Crossing) or frame.corner or frame.arm or frame.structure or not item.modes:
        return item
    roads = {frame.first.text, frame.second.text}
    if not any(isinstance(other, Number) and other.road.text in roads for other in frames):
        return item
    modes = tuple(mode._replace(sigma_m=hypot(mode.sigma_m, _NEAREST_CROSSING_M)) for mode in item.modes)
    return replace(item, modes=modes)


def _brands_silenced(evidences: list[Evidence]) -> list[Evidence]:
    """Return the evidence with shop brands silenced where anything else speaks."""
    brand = [bool(item.modes) and item.modes[0].method == "place:brand" for item in evidences]
    if all(brand) or not any(brand):
        return evidences
    return [
        replace(item, trust=_BRAND_TRUST) if own else item for item, own in zip(evidences, brand, strict=True)
    ]


def only_a_common_name(reading: Reading, evidences: Sequence[Evidence], text: str) -> bool:
    """Return whether a text is nothing but a name of many places.

    An address that holds the same name is then no second witness for the branch it is about.
    """
    if len(reading.frames) != 1 or not isinstance(reading.frames[0], Place) or not evidences:
        return False
    if len(evidences[0].modes) < _MANY_PLACES:
        return False
    named = len(reading.frames[0].name.text) + sum(map(len, reading.areas))
    return named >= len(text) - 1
