"""What a located address teaches: read it, and undo its corners and distances back to the anchors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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

_CORNER_M, _ROADSIDE_M, _UNSTATED_M = 35.0, 25.0, 50.0


@dataclass(frozen=True, slots=True)
class Seen:
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


def observe(frames: Sequence[Frame], xy: NDArray[np.float64], document: int, into: Observations) -> None:
    """Add what the frames of one located address teach.

    Parameters
    ----------
    frames
        Of the address's best reading.
    xy
        The address's position, shape (2,).
    """
    for frame in frames:
        _observe(frame, xy, 25.0, document, into)


def _observe(frame: Frame, xy: NDArray[np.float64], sigma: float, document: int, into: Observations) -> None:
    match frame:
        case Crossing(first=first, second=second, corner=corner, arm=arm):
            shift = _shift(corner, _CORNER_M) + _shift(arm, 40.0)
            centre = xy - shift
            own = sigma if corner or arm else float(np.hypot(sigma, 35.0))
            names = (first.text, second.text)
            into.crossings.append(Seen(names, 0, float(centre[0]), float(centre[1]), own, document))
            for name in names:
                into.roads.append(Seen((name,), 0, float(centre[0]), float(centre[1]), own, document))
        case Number(road=road, number=number):
            into.numbers.append(Seen((road.text,), number, float(xy[0]), float(xy[1]), sigma, document))
            into.roads.append(Seen((road.text,), 0, float(xy[0]), float(xy[1]), sigma + 15.0, document))
        case Offset(anchor=anchor, bearing=bearing, distance_m=distance, side=side, along=along):
            metres = _UNSTATED_M if distance is None else sum(distance) / 2
            own = 60.0 if distance is None else 8.0 + 0.15 * metres + (distance[1] - distance[0]) / 4
            moved = xy - _shift(bearing, metres) - _shift(side, _ROADSIDE_M)
            if along is not None:
                into.roads.append(Seen((along.text,), 0, float(xy[0]), float(xy[1]), 40.0, document))
            _observe(anchor, moved, float(np.hypot(sigma, own)), document, into)
        case Place(name=name, part=part, relation=relation, side=side):
            far = relation in ("near", "opposite", "behind") or part is not None or side is not None
            own = float(np.hypot(sigma, 60.0)) if far else sigma
            into.places.append(Seen((name.text,), 0, float(xy[0]), float(xy[1]), own, document))
            if part is not None and len(part) >= 2:
                whole = name.text + part
                into.places.append(Seen((whole,), 0, float(xy[0]), float(xy[1]), sigma, document))
        case Stretch(line=line):
            into.roads.append(Seen((line.text,), 0, float(xy[0]), float(xy[1]), 40.0, document))
        case Area(name=name):
            into.areas.append((name.text, document))
        case Between() | Block() | Chainage():
            pass


def _shift(side: Side | None, metres: float) -> NDArray[np.float64]:
    if side is None or side in ("left", "right", "both", "middle"):
        return np.zeros(2)
    scale = np.sqrt(2.0) if len(side) == 2 and metres == _CORNER_M else 1.0
    return side_vector(side) * metres * scale
