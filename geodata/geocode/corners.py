"""Corners and arms of a crossing from the directions in which its roads leave it.

Roads seldom cross on the compass: 西北角 is the corner between the two arms that bound the north-west,
whatever their bearings, and 东口 is the arm that leaves most nearly to the east.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.geocode.model import BEARING_DEG, Side
from geodata.linear.locate import side_vector

# Directions are taken this far outside the junction's nodes, where turning lanes have joined.
_OUTSIDE_M = 25.0
# Carriageways of one arm leave within this of each other.
_ONE_ARM_DEG = 35.0
# An arm this far off the named direction is not the arm meant; a wider corner is no corner.
_ARM_DEG, _WIDEST_DEG = 60.0, 170.0
# In a sharp corner the kerbs meet far out; nobody means a place farther than this.
_FARTHEST_M = 90.0


@dataclass(frozen=True, slots=True)
class Arm:
    """One road leaving a crossing: bearing in degrees from north, half its width in metres, which road."""

    bearing_deg: float
    half_width_m: float
    road: int


def arms_of(x: float, y: float, spread_m: float, roads: Sequence[tuple[BaseGeometry, float]]) -> list[Arm]:
    """Return the arms of a crossing by bearing.

    Parameters
    ----------
    x, y
        The crossing's centre, metres.
    spread_m
        Distance from the centre to its farthest node.
    roads
        Everything drawn of each road, and half its width in metres.
    """
    circle = Point(x, y).buffer(spread_m + _OUTSIDE_M, quad_segs=32).exterior
    arms = []
    for road, (shape, half_m) in enumerate(roads):
        cut = shapely.get_coordinates(shapely.intersection(shape, circle)) - [x, y]
        bearings = np.degrees(np.arctan2(cut[:, 0], cut[:, 1])) % 360.0
        arms += [Arm(bearing, half_m, road) for bearing in _grouped(bearings)]
    return sorted(arms, key=lambda arm: arm.bearing_deg)


def _grouped(bearings: NDArray[np.float64]) -> list[float]:
    """Return the mean bearings of the groups no member of which is far from the next."""
    if not len(bearings):
        return []
    ordered = np.sort(bearings)
    gaps = np.diff(np.append(ordered, ordered[0] + 360.0))
    # Begin behind the widest gap, so that no group is cut at north.
    first = (int(np.argmax(gaps)) + 1) % len(ordered)
    ordered = np.roll(ordered, -first)
    ordered = np.where(ordered < ordered[0], ordered + 360.0, ordered)
    cuts = np.flatnonzero(np.diff(ordered) > _ONE_ARM_DEG) + 1
    return [float(group.mean() % 360.0) for group in np.split(ordered, cuts)]


def corner_at(
    x: float, y: float, side: Side, arms: Sequence[Arm], *, beyond_m: float
) -> tuple[float, float] | None:
    """Return the point of a corner beyond both kerbs; None where the two roads make no such corner."""
    wanted = BEARING_DEG[side]
    for before, after in zip(arms, [*arms[1:], *arms[:1]], strict=True):
        width = (after.bearing_deg - before.bearing_deg) % 360.0
        inside = (wanted - before.bearing_deg) % 360.0
        if before.road == after.road or not inside < width or width > _WIDEST_DEG:
            continue
        # Right of the arm before, left of the arm after: both kerbs and the margin away.
        first, last = _along(before.bearing_deg + 90.0), _along(after.bearing_deg - 90.0)
        off = np.array([before.half_width_m + beyond_m, after.half_width_m + beyond_m])
        shift = np.linalg.solve(np.array([first, last]), off)
        far = float(np.hypot(*shift))
        shift = shift * min(1.0, _FARTHEST_M / far)
        return x + float(shift[0]), y + float(shift[1])
    return None


def arm_at(
    x: float, y: float, side: Side, arms: Sequence[Arm], *, beyond_m: float
) -> tuple[float, float] | None:
    """Return the point on the arm that leaves most nearly to a side, None where none does."""
    wanted = BEARING_DEG[side]

    def off(arm: Arm) -> float:
        return abs((arm.bearing_deg - wanted + 180.0) % 360.0 - 180.0)

    arm = min(arms, key=off, default=None)
    if arm is None or off(arm) > _ARM_DEG:
        return None
    crossed = max((other.half_width_m for other in arms if other.road != arm.road), default=arm.half_width_m)
    shift = _along(arm.bearing_deg) * (crossed + beyond_m)
    return x + float(shift[0]), y + float(shift[1])


def _along(bearing_deg: float) -> NDArray[np.float64]:
    bearing = np.radians(bearing_deg)
    return np.array([np.sin(bearing), np.cos(bearing)])


def moved_point(x: float, y: float, side: Side | None, half_m: float, beyond_m: float) -> tuple[float, float]:
    """Return a point moved straight to a corner (two kerbs away) or to a side (one)."""
    if side is None or side in ("left", "right", "both", "middle"):
        return x, y
    vector = side_vector(side)
    # A corner is off both roads by the same amount: the diagonal is longer by sqrt 2.
    scale = np.sqrt(2.0) if len(side) == 2 else 1.0
    east, north = vector * scale * (half_m + beyond_m)
    return x + float(east), y + float(north)
