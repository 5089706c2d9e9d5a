"""How the house numbers of one road run: along its axis, one side after the other.

Numbers rise along a road, odd ones on one side and even ones on the other; records of them are a few
metres or a few hundred metres off. `numbering_of` turns the records of one road into a rule that gives
every number a place: positions along the axis that never turn back, per side, and how far off the
axis each side stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from geodata.gazetteer.index import NumberTable

# A record this far out of the order of the others is a slip or another road's.
_OUT_OF_ORDER_M = 150.0
# Nearer to the axis than this a record does not say which side it is on.
_SIDE_M = 4.0
# Buildings stand no deeper than this behind the kerb they are numbered on.
_DEEPEST_M = 60.0
_TANGENT_M = 2.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Knots:
    """Known numbers of one side, rising, and their positions in metres along the way numbers rise.

    `positions_m` never falls. `across_m` is how far left of the drawn axis the side stands (right is
    negative), None where the records do not say.
    """

    numbers: NDArray[np.int64]
    positions_m: Floats
    across_m: float | None

    def around(self, number: int) -> tuple[float, int, int, float] | None:
        """Return the position of a number, the known ones around it, and the metres between these.

        None outside the known range.
        """
        if len(self.numbers) == 0 or not self.numbers[0] <= number <= self.numbers[-1]:
            return None
        right = min(int(np.searchsorted(self.numbers, number)), len(self.numbers) - 1)
        left = right if self.numbers[right] == number else right - 1
        gap = float(self.positions_m[right] - self.positions_m[left])
        position = float(np.interp(number, self.numbers, self.positions_m))
        return position, int(self.numbers[left]), int(self.numbers[right]), gap


@dataclass(frozen=True, slots=True)
class Numbering:
    """The rule of one road's numbers: `sides` by parity (even, odd), `both` regardless of it.

    `origin_m` and `heading` (1 or -1) turn a position into a distance along the axis. `doubted` holds
    the records (rows of the table) that are out of order.
    """

    axis: LineString
    origin_m: float
    heading: int
    sides: tuple[Knots, Knots]
    both: Knots
    doubted: frozenset[int]

    def place(self, position_m: float, parity: int) -> Floats:
        """Return the point (x, y) at a position, on the side of a parity where that is known."""
        distance = self.origin_m + self.heading * position_m
        if self.axis.is_ring:
            distance %= self.axis.length
        foot, normal = _foot_and_normal(self.axis, distance)
        return foot + normal * self.across_m(parity)

    def across_m(self, parity: int) -> float:
        """Return how far left of the drawn axis the numbers of a parity stand."""
        own, other = self.sides[parity].across_m, self.sides[1 - parity].across_m
        if own is not None:
            return own
        # Even numbers face odd ones across the street.
        return -other if other is not None else 0.0


def numbering_of(axis: LineString, table: NumberTable) -> Numbering | None:
    """Return the rule of a road's numbers, None for fewer than two different ones.

    Parameters
    ----------
    axis
        The road's centre line, projected CRS in metres, not empty.
    table
        Its known numbers.
    """
    numbers = table.numbers.astype(np.int64)
    if len(np.unique(numbers)) < 2:
        return None
    distance = np.asarray(shapely.line_locate_point(axis, shapely.points(table.xy)))
    positions, origin, heading = _unrolled(numbers, distance, axis.length if axis.is_ring else None)
    across = _across(axis, distance, table.xy)
    doubted: set[int] = set()
    every = np.arange(len(numbers))
    sides = []
    for parity in (0, 1):
        rows = every[numbers % 2 == parity]
        kept = rows[_in_order(numbers[rows], positions[rows])]
        doubted |= set(rows.tolist()) - set(kept.tolist())
        sides.append(_knots(numbers[kept], positions[kept], across[kept]))
    sure = every[~np.isin(every, list(doubted))]
    sure = sure[_in_order(numbers[sure], positions[sure])]
    both = _knots(numbers[sure], positions[sure], across[sure])
    return Numbering(axis, origin, heading, (sides[0], sides[1]), both, frozenset(doubted))


def _unrolled(
    numbers: NDArray[np.int64], distance: Floats, ring_m: float | None
) -> tuple[Floats, float, int]:
    """Return positions along the way numbers rise, where that way begins on the axis, its heading."""
    if ring_m is None:
        ranks = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
        heading = 1 if float(np.sum((ranks - ranks.mean()) * (distance - distance.mean()))) >= 0 else -1
        origin = 0.0
        return heading * distance, origin, heading
    order = np.lexsort((distance, numbers))
    origin = float(distance[order[0]])
    best: Floats | None = None
    heading = 1
    for way in (1, -1):
        steps = way * np.diff(distance[order])
        # Round a ring the way on is any part of it, the way back (a misplaced record) only a short one.
        steps = (steps + ring_m / 4) % ring_m - ring_m / 4
        reached = np.concatenate([[0.0], np.cumsum(steps)])
        if best is None or reached[-1] > best[-1]:
            best, heading = reached, way
    positions = np.empty(len(numbers))
    positions[order] = best
    return positions, origin, heading


def _across(axis: LineString, distance: Floats, xy: Floats) -> Floats:
    feet, normals = _feet_and_normals(axis, distance)
    return np.asarray(np.sum((xy - feet) * normals, axis=1))


def _feet_and_normals(axis: LineString, distance: Floats) -> tuple[Floats, Floats]:
    """Return points of a line and its unit normals to the left there, from the piece each lies on."""
    low = np.clip(distance - _TANGENT_M, 0.0, max(axis.length - 2 * _TANGENT_M, 0.0))
    ends = shapely.get_coordinates(
        shapely.line_interpolate_point(axis, np.concatenate([distance, low, low + 2 * _TANGENT_M]))
    )
    feet, start, end = np.split(ends, 3)
    way = end - start
    way = way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    return feet, np.column_stack([-way[:, 1], way[:, 0]])


def _foot_and_normal(axis: LineString, distance_m: float) -> tuple[Floats, Floats]:
    feet, normals = _feet_and_normals(axis, np.array([distance_m]))
    return feet[0], normals[0]


def _in_order(numbers: NDArray[np.int64], positions: Floats) -> NDArray[np.bool_]:
    """Return which records are not far out of the order that most of them keep."""
    if len(numbers) < 3:
        return np.ones(len(numbers), dtype=bool)
    order = np.lexsort((positions, numbers))
    chain = order[_longest_rising(positions[order])]
    # Before and behind the chain its ends hold.
    low = np.interp(numbers, numbers[chain], positions[chain])
    return np.asarray(np.abs(positions - low) <= _OUT_OF_ORDER_M) | np.isin(np.arange(len(numbers)), chain)


def _longest_rising(values: Floats) -> NDArray[np.int64]:
    """Return the indices of a longest non-falling subsequence (patience sorting)."""
    tops: list[float] = []
    at: list[int] = []
    before = np.full(len(values), -1, dtype=np.int64)
    for i, value in enumerate(values.tolist()):
        pile = int(np.searchsorted(tops, value, side="right"))
        before[i] = at[pile - 1] if pile else -1
        if pile == len(tops):
            tops.append(value)
            at.append(i)
        else:
            tops[pile], at[pile] = value, i
    chain = [at[-1]] if at else []
    while chain and before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1], dtype=np.int64)


def _knots(numbers: NDArray[np.int64], positions: Floats, across: Floats) -> Knots:
    distinct, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    middle = np.array([np.median(positions[inverse == i]) for i in range(len(distinct))])
    fitted = isotonic(middle, counts.astype(float))
    side = float(np.median(across)) if len(across) else 0.0
    known = abs(side) >= _SIDE_M
    return Knots(distinct, fitted, float(np.clip(side, -_DEEPEST_M, _DEEPEST_M)) if known else None)


def isotonic(values: Floats, weights: Floats) -> Floats:
    """Return the non-falling sequence nearest to values in weighted least squares.

    Parameters
    ----------
    values, weights
        Shape (n,); weights > 0. n = 0 gives an empty array.

    Notes
    -----
    Pool adjacent violators (Ayer et al. 1955; Barlow et al. 1972).

    Examples
    --------
    >>> isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4)).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        count = 1
        while pools and pools[-1][0] > value:
            other, own, members = pools.pop()
            value = (value * weight + other * own) / (weight + own)
            weight, count = weight + own, count + members
        pools.append((value, weight, count))
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools]).astype(float)
