"""Walking order of a round: short, the same every time, at once.

Distances are straight lines; ways around canals and railways come with the street network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

MAX_POINTS = 2000
# Improvements below this are rounding; without it two equal orders could alternate for ever.
_GAIN_M = 1e-9
# Beginnings tried for a short round; fewer for long ones, so that 300 stops stay well below a second.
_TRIED_STARTS = 12
_STOPS_TRIED = 400
_LONGEST_BLOCK = 3
# A move looks at n² places; nobody walks 500 stops, so long lists get fewer moves, never a long wait.
_PLACES_LOOKED_AT = 100_000_000
# Added to the way between the end of the walk and its fixed beginning: always worth keeping.
_BOUND_M = -1e9


def plan_round(points: ArrayLike, *, start: ArrayLike | None = None) -> list[int]:
    """Return an order in which to visit points on a short open walk.

    Parameters
    ----------
    points
        East and north in metres, district CRS, shape (n, 2), no NaN, at most 2,000. n = 0 gives [].
    start
        Where the walker stands, (x, y) in the same CRS; left out, the walk begins at one of the points.

    Returns
    -------
    list of int
        Row numbers, each once. The same input gives the same order on every machine.

    Raises
    ------
    ValueError
        If shapes do not fit, a coordinate is NaN, or there are too many points.

    Notes
    -----
    Nearest neighbour from several beginnings, each improved by 2-opt and or-opt (moves of up to three
    consecutive stops, also reversed; Lin 1965, Or 1976) until nothing helps; the shortest wins. Plain
    array operations: compiling this took 20 s on first use, and 300 stops need none of it.

    Examples
    --------
    >>> plan_round([[0, 0], [20, 0], [10, 0], [30, 0]], start=(-5, 0))
    [0, 2, 1, 3]
    """
    xy = _points(points)
    n = len(xy)
    if n < 2:
        return list(range(n))
    if start is None:
        tries = max(1, min(n, _TRIED_STARTS, _STOPS_TRIED // n))
        firsts = np.unique(np.linspace(0, n - 1, tries).round().astype(np.intp))
        order = _shortest(_lengths(xy), firsts, fixed=False)
        # One direction of the same walk: the one that begins with the lower row.
        return order if order[0] < order[-1] else order[::-1]
    here = np.vstack([xy, _points([start])])
    order = _shortest(_lengths(here), np.array([n], dtype=np.intp), fixed=True)
    return order[1:]


def walk_length_m(points: ArrayLike, order: list[int], *, start: ArrayLike | None = None) -> float:
    """Return the length in metres of visiting points in an order, from a start if one is given."""
    way = _points(points)[order] if order else np.zeros((0, 2))
    if start is not None:
        way = np.vstack([_points([start]), way])
    steps = np.diff(way, axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


def _points(points: Any) -> Floats:
    xy: Floats = np.asarray(points, dtype=np.float64)
    if xy.size == 0:
        return np.zeros((0, 2))
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"points must have shape (n, 2), not {xy.shape}")
    if not np.isfinite(xy).all():
        raise ValueError("points must not have NaN or infinite coordinates")
    if len(xy) > MAX_POINTS:
        raise ValueError(f"{len(xy)} points are too many for one round; at most {MAX_POINTS}")
    return xy


def _lengths(xy: Floats) -> Floats:
    """Return straight lengths between all stops, and of no length to one more stop: nowhere.

    With a stop nowhere between its end and its beginning, an open walk is a closed tour.
    """
    n = len(xy)
    lengths = np.zeros((n + 1, n + 1))
    lengths[:n, :n] = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    return lengths


def _shortest(lengths: Floats, firsts: Indices, *, fixed: bool) -> list[int]:
    nowhere = len(lengths) - 1
    best: Indices | None = None
    least = np.inf
    for first in firsts:
        kept = lengths
        if fixed:
            kept = lengths.copy()
            kept[nowhere, first] = kept[first, nowhere] = _BOUND_M
        tour = _improved(kept, _nearest_neighbour(lengths, int(first)))
        walk = float(lengths[tour, np.roll(tour, -1)].sum())
        if walk < least - _GAIN_M:
            best, least = tour, walk
    if best is None:
        raise AssertionError("no beginning was tried")
    order = np.roll(best, -int(np.flatnonzero(best == nowhere)[0]))[1:]
    if fixed and order[0] != firsts[0]:
        order = order[::-1]
    return [int(stop) for stop in order]


def _nearest_neighbour(lengths: Floats, first: int) -> Indices:
    """Return a tour that begins nowhere, goes to the first stop, and on to the nearest one left."""
    n = len(lengths) - 1
    left = np.ones(n, dtype=bool)
    tour = [n, first]
    left[first] = False
    for _ in range(n - 1):
        ways = np.where(left, lengths[tour[-1], :n], np.inf)
        tour.append(int(ways.argmin()))
        left[tour[-1]] = False
    return np.array(tour, dtype=np.intp)


def _improved(lengths: Floats, tour: Indices) -> Indices:
    """Make the best 2-opt move, else the best or-opt move, until none shortens the tour."""
    for _ in range(_PLACES_LOOKED_AT // len(tour) ** 2):
        ways = lengths[np.ix_(tour, tour)]
        better = _two_opt(ways)
        if better is None:
            better = _or_opt(ways)
        if better is None:
            break
        tour = tour[better]
    return tour


def _two_opt(ways: Floats) -> Indices | None:
    """Return the positions after reversing the best stretch, None if no reversal shortens the tour.

    `ways` holds the lengths between positions of the tour.
    """
    n = len(ways)
    onward = np.roll(ways, -1, axis=1)
    edge = onward.diagonal()
    # Reversing i+1..j replaces the ways i to i+1 and j to j+1 by i to j and i+1 to j+1.
    change = ways + np.roll(onward, -1, axis=0) - edge[:, None] - edge[None, :]
    change[np.tril_indices(n, 1)] = 0.0
    at = int(change.argmin())
    i, j = divmod(at, n)
    if change[i, j] >= -_GAIN_M:
        return None
    positions = np.arange(n)
    positions[i + 1 : j + 1] = positions[i + 1 : j + 1][::-1]
    return positions


def _or_opt(ways: Floats) -> Indices | None:
    """Return the positions after the best move of one to three stops, either way round, or None."""
    n = len(ways)
    position = np.arange(n)
    edge = ways[position, (position + 1) % n]
    best, found = -_GAIN_M, None
    for size in range(1, min(_LONGEST_BLOCK, n - 3) + 1):
        first = np.arange(1, n - size + 1)
        last = first + size - 1
        before, behind = first - 1, (last + 1) % n
        freed = ways[before, first] + ways[last, behind] - ways[before, behind]
        inside = (position >= before[:, None]) & (position <= last[:, None])
        for turned in (False, True):
            head, tail = (last, first) if turned else (first, last)
            # The block goes between positions t and t+1.
            added = ways[head] + np.roll(ways, -1, axis=1)[tail] - edge
            change = np.where(inside, np.inf, added - freed[:, None])
            at = int(change.argmin())
            row, to = divmod(at, n)
            if change[row, to] < best:
                best, found = float(change[row, to]), (int(first[row]), int(last[row]), to, turned)
    if found is None:
        return None
    start, end, to, turned = found
    block = position[start : end + 1][:: -1 if turned else 1]
    rest = np.delete(position, np.s_[start : end + 1])
    after = int(np.flatnonzero(rest == to)[0]) + 1
    return np.concatenate([rest[:after], block, rest[after:]])
