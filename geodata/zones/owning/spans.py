"""What a point, a line or an area takes up along a centre line, and how much of it lies where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.zones.owning.banks import SIGN, CentreLine, Hand

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# A line is put on the centre line this often; between, both are taken to run alike.
_STEP_M = 25.0


class Span(NamedTuple):
    """What a part of a shape takes up along a centre line.

    It lies beside the line from `low_m` to `high_m` and is `size` large (metres, m², 1 for a place). On
    a line it is the stretch of part `part` from `from_m` to `to_m`, which is the way from low to high.
    """

    low_m: float
    high_m: float
    size: float
    from_m: float = 0.0
    to_m: float = 0.0
    part: int = 0


def spans_of(shape: BaseGeometry, line: CentreLine, hand: Hand, *, body: BaseGeometry) -> list[Span]:
    """Return what a shape takes up along a line; their sizes are the whole of it.

    Parameters
    ----------
    shape
        Point, line or area in metres.
    hand, body
        Of an area only the ground on this side and outside the body counts; where it has none there,
        it is the place in its middle.
    """
    if shapely.get_dimensions(shape) == 1 and shape.length > 0:
        parts = enumerate(shapely.get_parts(shape))
        return [span for number, part in parts for span in _of_line(part, line, number)]
    if shapely.get_dimensions(shape) == 2 and shape.area > 0:
        ground = shapely.get_parts(shapely.difference(shape, body))
        ground = ground[(shapely.get_dimensions(ground) == 2) & (shapely.area(ground) > 0)]
        inner = shapely.get_coordinates(shapely.point_on_surface(ground))
        beside = line.project(inner)[1] * SIGN[hand] > 0
        if beside.any():
            return [_of_ground(part, line) for part in ground[beside]]
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))
    along = float(line.project(middle)[0][0])
    return [Span(along, along, 1.0)]


def _of_line(part: BaseGeometry, line: CentreLine, number: int) -> list[Span]:
    xy = shapely.get_coordinates(shapely.segmentize(part, _STEP_M))
    along, left = line.project(xy)
    size = np.hypot(*np.diff(xy, axis=0).T)
    measure = np.concatenate([[0.0], np.cumsum(size)])
    low, high = np.minimum(along[:-1], along[1:]), np.maximum(along[:-1], along[1:])
    # Across the neck of a meander or the seam of a ring the nearest position leaps: there a step is
    # a place.
    middle = line.project((xy[:-1] + xy[1:]) / 2)[0]
    leaps = high - low > 4.0 * (size + np.abs(left[:-1]))
    low, high = np.where(leaps, middle, low), np.where(leaps, middle, high)
    ahead = along[:-1] <= along[1:]
    begin, end = np.where(ahead, measure[:-1], measure[1:]), np.where(ahead, measure[1:], measure[:-1])
    table = np.column_stack([low, high, size, begin, end]).tolist()
    return [Span(a, b, own, start, stop, number) for a, b, own, start, stop in table]


def _of_ground(ground: BaseGeometry, line: CentreLine) -> Span:
    along, _ = line.project(shapely.get_coordinates(ground))
    return Span(float(along.min()), float(along.max()), float(ground.area))
