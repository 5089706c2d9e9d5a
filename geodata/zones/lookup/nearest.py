"""The nearest border of each point, by rings of coarse cells around it (numba)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.kernel import kernel
from geodata.zones.lookup.build import CellIndex
from geodata.zones.lookup.cells import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def nearest_borders(
    index: CellIndex, start: Floats, end: Floats, x: Floats, y: Floats
) -> tuple[Floats, NDArray[np.int32]]:
    """Return the distance in metres to the nearest border segment, and its number.

    Parameters
    ----------
    start, end
        Ends of the segments that the index was built from, shape (m, 2).
    x, y
        Finite coordinates, metres, shape (n,).
    """
    cells = index.cells
    distance = np.empty(len(x))
    segment = np.empty(len(x), dtype=np.int32)
    _nearest(
        x, y, distance, segment, cells.origin[0], cells.origin[1], cells.side_m * SIDE, cells.columns,
        cells.rows, index.near_first, index.near, np.hstack([start, end]),
    )  # fmt: skip
    return distance, segment


@kernel
def _square_distance(x: float, y: float, ends: Floats) -> float:
    ax, ay = ends[0], ends[1]
    dx, dy = ends[2] - ax, ends[3] - ay
    px, py = x - ax, y - ay
    share = min(max((px * dx + py * dy) / (dx * dx + dy * dy), 0.0), 1.0)
    px -= share * dx
    py -= share * dy
    return float(px * px + py * py)


@kernel
def _nearest(
    x: Floats, y: Floats, distance: Floats, segment: NDArray[np.int32], min_x: float, min_y: float,
    side: float, columns: int, rows: int, first: NDArray[np.int32], near: NDArray[np.int32], ends: Floats,
) -> None:  # fmt: skip
    for point in range(len(x)):
        # From outside the cells the way in is never longer than from the nearest place on their edge.
        at_x = min(max(x[point], min_x), min_x + columns * side)
        at_y = min(max(y[point], min_y), min_y + rows * side)
        column = min(int((at_x - min_x) / side), columns - 1)
        row = min(int((at_y - min_y) / side), rows - 1)
        best, found, ring = np.inf, -1, 0
        while True:
            for down in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                step = 1 if abs(down - row) == ring else max(2 * ring, 1)
                for across in range(column - ring, column + ring + 1, step):
                    if across < 0 or across >= columns:
                        continue
                    cell = down * columns + across
                    for number in range(first[cell], first[cell + 1]):
                        square = _square_distance(x[point], y[point], ends[near[number]])
                        if square < best:
                            best, found = square, near[number]
            # what has not been looked at lies beyond the block of cells looked at so far
            clear = np.inf
            if column - ring > 0:
                clear = min(clear, at_x - (min_x + (column - ring) * side))
            if column + ring < columns - 1:
                clear = min(clear, min_x + (column + ring + 1) * side - at_x)
            if row - ring > 0:
                clear = min(clear, at_y - (min_y + (row - ring) * side))
            if row + ring < rows - 1:
                clear = min(clear, min_y + (row + ring + 1) * side - at_y)
            if clear == np.inf or best <= clear * clear:
                break
            ring += 1
        distance[point] = np.sqrt(best)
        segment[point] = found
