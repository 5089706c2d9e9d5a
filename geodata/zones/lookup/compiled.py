"""The cell index asked by a numba kernel: about a dozen nanoseconds a point.

A point in a touched cell is reached from the cell's reference by a path along the axes, first north or
south, then east or west. Every edge that the path crosses changes which zones one is in. Crossings
are decided by the sign of an orientation whose rounding error is bounded; where the sign is not
certain the point is left open, and the caller asks the polygons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.kernel import kernel
from geodata.zones.lookup.build import BELOW, NOWHERE, CellIndex
from geodata.zones.lookup.cells import SHIFT, SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

OPEN = -2
# Shewchuk (1997): the sign of a 2 x 2 orientation is certain beyond (3 + 16 u) u of the terms' sum.
_BOUND = 3.3306690738754716e-16
_MASK = SIDE - 1
# Points worked on at a time: what is noted of them stays in the first cache.
_BATCH = 2048


def positions(index: CellIndex, x: Floats, y: Floats) -> tuple[NDArray[np.int32], int, int]:
    """Return each point's zone (-1 none, `OPEN` undecided), how many are open, and how many not finite."""
    result = np.empty(len(x), dtype=np.int32)
    cells = index.cells
    rows, columns = cells.fine_shape
    undecided, bad = _positions(
        x, y, result, cells.origin[0], cells.origin[1], 1.0 / cells.side_m, columns, rows, index.coarse,
        index.blocks, index.first, index.edges, index.turn, index.side, index.reference_x, index.inside,
        index.zones_first, index.zones, index.exact,
    )  # fmt: skip
    return result, undecided, bad


@kernel
def _orientation(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> int:
    """Return 1 if (x, y) lies left of a→b, -1 right, 0 on the line, 2 if rounding leaves it open."""
    left = (bx - ax) * (y - ay)
    right = (by - ay) * (x - ax)
    det = left - right
    bound = _BOUND * (abs(left) + abs(right))
    if det > bound:
        return 1
    if -det > bound:
        return -1
    # differences have the right sign even when rounded, so that a zero factor is a true zero
    if (bx == ax or y == ay) and (by == ay or x == ax):
        return 0
    return 2


@kernel
def _in_list(
    leaf: int, x: float, y: float, first: NDArray[np.int32], edges: Floats, turn: NDArray[np.uint64],
    side: NDArray[np.int8], reference_x: Floats, inside: NDArray[np.uint64], zones_first: NDArray[np.int32],
    zones: NDArray[np.int32],
) -> int:  # fmt: skip
    covered = inside[leaf]
    touched = np.uint64(0)
    at_x = reference_x[leaf]
    for edge in range(first[leaf], first[leaf + 1]):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        if (ay == y and ax == x) or (by == y and bx == x) or (ay == y and by == y and (ax < x) != (bx < x)):
            touched |= turn[edge]
        level = (ay <= y) != (by <= y)
        own = side[edge]
        if not level and own == 0:
            continue
        corner = _orientation(ax, ay, bx, by, at_x, y)
        if corner == 2 or corner == 0 or own == 2:
            return OPEN
        if own != 0 and own != corner:
            covered ^= turn[edge]
        if level:
            here = _orientation(ax, ay, bx, by, x, y)
            if here == 2:
                return OPEN
            if here == 0:
                touched |= turn[edge]
            elif here != corner:
                covered ^= turn[edge]
    covered |= touched
    if covered == 0:
        return NOWHERE
    place = zones_first[leaf]
    while covered & np.uint64(1) == 0:
        covered >>= np.uint64(1)
        place += 1
    return int(zones[place])


@kernel
def _positions(
    x: Floats, y: Floats, result: NDArray[np.int32], min_x: float, min_y: float, per_m: float, columns: int,
    rows: int, coarse: NDArray[np.int32], blocks: NDArray[np.int32], first: NDArray[np.int32], edges: Floats,
    turn: NDArray[np.uint64], side: NDArray[np.int8], reference_x: Floats, inside: NDArray[np.uint64],
    zones_first: NDArray[np.int32], zones: NDArray[np.int32], exact: NDArray[np.bool_],
) -> tuple[int, int]:  # fmt: skip
    undecided = 0
    outside = 0
    width = np.uint32(columns >> SHIFT)
    fine = np.empty(_BATCH, dtype=np.uint32)
    cell = np.empty(_BATCH, dtype=np.uint32)
    mixed = np.empty(_BATCH, dtype=np.uint32)
    mask, shift = np.uint32(_MASK), np.uint32(SHIFT)
    far_x, far_y = float(columns), float(rows)
    for begin in range(0, len(x), _BATCH):
        count = min(_BATCH, len(x) - begin)
        own_x, own_y, own = x[begin : begin + count], y[begin : begin + count], result[begin : begin + count]
        # no branch in the first loops: processors guess badly where points fall
        for at in range(count):
            across, up = (own_x[at] - min_x) * per_m, (own_y[at] - min_y) * per_m
            within = (across >= 0.0) & (up >= 0.0) & (across < far_x) & (up < far_y)
            outside += not within
            column = np.uint32(np.int32(across if within else 0.0))
            row = np.uint32(np.int32(up if within else 0.0))
            cell[at] = (row >> shift) * width + (column >> shift)
            fine[at] = ((row & mask) << shift) | (column & mask)
        many = np.uint32(0)
        for at in range(count):
            zone = coarse[cell[at]]
            own[at] = zone
            mixed[many] = at
            many += np.uint32(zone <= BELOW)
        lists = np.uint32(0)
        for at in range(many):
            point = mixed[at]
            zone = blocks[np.uint32(BELOW - own[point]), fine[point]]
            own[point] = zone
            mixed[lists] = point
            lists += np.uint32(zone <= BELOW)
        for at in range(lists):
            point = mixed[at]
            leaf = BELOW - own[point]
            zone = OPEN
            if exact[leaf]:
                zone = _in_list(
                    leaf, own_x[point], own_y[point], first, edges, turn, side, reference_x, inside, zones_first,
                    zones,
                )  # fmt: skip
            undecided += zone == OPEN
            own[point] = zone
    return undecided, outside
