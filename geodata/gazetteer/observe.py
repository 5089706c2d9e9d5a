"""What a located address teaches: read it, and undo its corners and distances back to the anchors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import hypot, sqrt
from typing import NamedTuple

from geodata.geocode.model import (
    Area,
    Between,
    Block,
    Chainage,
    Crossing,
    Frame,
    Number,
    Offset,
    Place,
    Side,
    Stretch,
)
from geodata.linear.locate import side_vector

_CORNER_M, _ARM_M, _ROADSIDE_M, _UNSTATED_M = 35.0, 40.0, 25.0, 50.0


class Seen(NamedTuple):
    """Something named by a located address: where it should be by that address, and how surely."""

    names: tuple[str, ...]
    number: int
    x: float
    y: float
    sigma_m: float
    document: int


@dataclass(slots=True)
class Observations:
    """All that a list of addresses says. Road names' `roads` are the addresses' own positions."""

    crossings: list[Seen] = field(default_factory=list)
    numbers: list[Seen] = field(default_factory=list)
    roads: list[Seen] = field(default_factory=list)
    places: list[Seen] = field(default_factory=list)
    areas: list[tuple[str, int]] = field(default_factory=list)


def observe(frames: Sequence[Frame], xy: tuple[float, float], document: int, into: Observations) -> None:
    """Add what the frames of one located address teach.

    Parameters
    ----------
    frames
        Of the address's best reading.
    xy
        The address's position.
    """
    for frame in frames:
        _observe(frame, xy, 25.0, document, into)


def _observe(frame: Frame, xy: tuple[float, float], sigma: float, document: int, into: Observations) -> None:
    match frame:
        case Crossing(first=first, second=second, corner=corner, arm=arm):
            x, y = _back(_back(xy, corner, _CORNER_M), arm, _ARM_M)
            own = sigma if corner or arm else hypot(sigma, 35.0)
            names = (first.text, second.text)
            into.crossings.append(Seen(names, 0, x, y, own, document))
            for name in names:
                into.roads.append(Seen((name,), 0, x, y, own, document))
        case Number(road=road, number=number):
            into.numbers.append(Seen((road.text,), number, *xy, sigma, document))
            into.roads.append(Seen((road.text,), 0, *xy, sigma + 15.0, document))
        case Offset(anchor=anchor, bearing=bearing, distance_m=distance, side=side, along=along):
            metres = _UNSTATED_M if distance is None else sum(distance) / 2
            own = 60.0 if distance is None else 8.0 + 0.15 * metres + (distance[1] - distance[0]) / 4
            moved = _back(_back(xy, bearing, metres), side, _ROADSIDE_M)
            if along is not None:
                into.roads.append(Seen((along.text,), 0, *xy, 40.0, document))
            _observe(anchor, moved, hypot(sigma, own), document, into)
        case Place(name=name, part=part, relation=relation, side=side):
            far = relation in ("near", "opposite", "behind") or part is not None or side is not None
            own = hypot(sigma, 60.0) if far else sigma
            into.places.append(Seen((name.text,), 0, *xy, own, document))
            if part is not None and len(part) >= 2:
                into.places.append(Seen((name.text + part,), 0, *xy, sigma, document))
        case Stretch(line=line):
            into.roads.append(Seen((line.text,), 0, *xy, 40.0, document))
        case Area(name=name):
            into.areas.append((name.text, document))
        case Between() | Block() | Chainage():
            pass


def _back(xy: tuple[float, float], side: Side | None, metres: float) -> tuple[float, float]:
    """Return a point moved against a direction."""
    if side is None or side in ("left", "right", "both", "middle"):
        return xy
    east, north = _toward(side)
    # A corner is off both roads by the same amount: the diagonal is longer by sqrt 2.
    reach = metres * sqrt(2.0) if len(side) == 2 and metres == _CORNER_M else metres
    return xy[0] - east * reach, xy[1] - north * reach


@lru_cache(maxsize=16)
def _toward(side: Side) -> tuple[float, float]:
    east, north = side_vector(side).tolist()
    return east, north
