"""The ground of a cell index: fine cells, sixteen by sixteen of them to a coarse one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHIFT = 4
SIDE = 1 << SHIFT
# Share of the ground in cells that a border touches: what is left to exact tests. Less costs memory.
_TOUCHED = 0.02
_MAX_FINE = 12_000_000
_LEAST_M = 0.05
# What a cell counts as its own beyond its sides: more than any rounding of coordinates in metres.
SLACK_M = 1e-6


@dataclass(frozen=True, slots=True)
class Cells:
    """Square cells over a box, row 0 southernmost.

    `origin` is the south-west corner and `side_m` the side of a fine cell, metres; `columns`, `rows`
    count coarse cells.
    """

    origin: tuple[float, float]
    side_m: float
    columns: int
    rows: int

    @property
    def fine_shape(self) -> tuple[int, int]:
        """Rows and columns of fine cells."""
        return self.rows * SIDE, self.columns * SIDE

    def at(self, xy: Floats) -> NDArray[np.int64]:
        """Return the (column, row) of the fine cell of positions, shape (n, 2); may lie outside."""
        cells: NDArray[np.int64] = np.floor((xy - np.array(self.origin)) * (1.0 / self.side_m)).astype(
            np.int64
        )
        return cells

    def centres(self, cells: NDArray[np.int64]) -> Floats:
        """Return the middles of fine cells given by number (row * columns + column), shape (n, 2)."""
        row, column = np.divmod(cells, self.columns * SIDE)
        middle: Floats = np.array(self.origin) + (np.column_stack([column, row]) + 0.5) * self.side_m
        return middle


def cells_for(start: Floats, end: Floats) -> Cells:
    """Return cells fine enough that borders touch few of them.

    Parameters
    ----------
    start, end
        Ends of the border segments, metres, shape (m, 2), m > 0.
    """
    low = np.minimum(start.min(axis=0), end.min(axis=0))
    high = np.maximum(start.max(axis=0), end.max(axis=0))
    width, height = np.maximum(high - low, _LEAST_M)
    length = float(np.hypot(*(end - start).T).sum())
    # A line crosses about 4/π cells per side length.
    wanted = _TOUCHED * width * height / (length * 4.0 / math.pi)
    side = max(wanted, math.sqrt(width * height / _MAX_FINE), max(width, height) / (SIDE * 8192), _LEAST_M)
    # two cells of margin: no border touches the outermost ones, which stand for all the ground beyond
    columns, rows = (math.ceil((extent + 4.0 * side) / (side * SIDE)) for extent in (width, height))
    return Cells((float(low[0] - 2.0 * side), float(low[1] - 2.0 * side)), float(side), columns, rows)
