"""Squares of ground in the order of a Hilbert curve, filled into partitions of bounded size.

Neighbours on the curve are neighbours on the ground, so a run of squares is a compact piece of the
city, and cutting the run by numbers of rows gives spatial partitions of equal work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from geodata.partition.whole_files import read_all, write_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

# 2^9 squares a side: 100 m in a city of 50 km.
_LEVEL = 9
SIDE = 1 << _LEVEL
# Rows without a place go behind all squares.
NOWHERE_SQUARE = SIDE * SIDE


def hilbert(column: NDArray[Any], row: NDArray[Any], *, level: int = _LEVEL) -> Indices:
    """Return the position of squares on the Hilbert curve over 2^level by 2^level squares.

    Notes
    -----
    Hilbert (1891), worked out bit by bit from the coarsest quarter: each quarter adds its place among
    four and turns the coordinates within it.

    Examples
    --------
    >>> hilbert(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0]), level=1).tolist()
    [0, 1, 2, 3]
    """
    x, y = np.array(column, dtype=np.int64), np.array(row, dtype=np.int64)
    position = np.zeros(x.shape, dtype=np.int64)
    for bit in reversed(range(level)):
        half = 1 << bit
        right, upper = (x & half) > 0, (y & half) > 0
        position += half * half * ((3 * right) ^ upper)
        flipped = right & ~upper
        x, y = (
            np.where(flipped, half - 1 - (x & (half - 1)), x & (half - 1)),
            np.where(flipped, half - 1 - (y & (half - 1)), y & (half - 1)),
        )
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return position


def square_numbers(xy: Floats, box: Sequence[float]) -> Indices:
    """Return each point's square as its position on the curve; points outside the box go to its edge.

    Parameters
    ----------
    xy
        Shape (n, 2), NaN for rows without a place (`NOWHERE_SQUARE`).
    box
        (min_x, min_y, max_x, max_y) of the squares together.
    """
    low = np.array(box[:2])
    size = np.maximum((np.array(box[2:]) - low) / SIDE, 1e-9)
    there = np.isfinite(xy).all(axis=1)
    result = np.full(len(xy), NOWHERE_SQUARE, dtype=np.int64)
    steps = np.clip(np.floor((xy[there] - low) / size), 0, SIDE - 1).astype(np.int64)
    result[there] = _curve()[steps[:, 1], steps[:, 0]]
    return result


_CURVE: list[NDArray[np.int32]] = []


def _curve() -> NDArray[np.int32]:
    """Return the curve position of every square, shape (row, column): a look-up is ten times the arithmetic."""
    if not _CURVE:
        rows, columns = np.mgrid[0:SIDE, 0:SIDE]
        _CURVE.append(hilbert(columns, rows).astype(np.int32))
    return _CURVE[0]


@dataclass(frozen=True, slots=True)
class Filling:
    """Which partition the rows of a square in a chunk belong to.

    Sorted by square, then chunk: from `chunk[i]` on, rows of `square[i]` go to `partition[i]`, until
    the next entry of the square. Usually a square has one entry, from chunk 0.
    """

    square: Indices
    chunk: Indices
    partition: Indices

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return int(self.partition.max()) + 1 if len(self.partition) else 0

    def of(self, squares: Indices, chunk: int) -> Indices:
        """Return the partition of rows of one chunk by their squares."""
        width = np.int64(1) << 32
        at = np.searchsorted(self.square * width + self.chunk, squares * width + chunk, side="right") - 1
        return self.partition[at]

    def write(self, path: Path) -> None:
        """Write it as a hand-over file."""
        columns = {"square": self.square, "chunk": self.chunk, "partition": self.partition}
        write_groups(path, pa.table(columns), np.zeros(len(self.square), dtype=np.int64))

    @classmethod
    def read(cls, path: Path) -> Filling:
        """Return what `write` has written."""
        table = read_all(path)
        return cls(*(table.column(name).to_numpy() for name in ("square", "chunk", "partition")))


def fill(squares: Indices, chunks: Indices, counts: Indices, *, rows: int) -> Filling:
    """Return partitions of at most about `rows` rows along the curve.

    A square stays whole unless it alone has more; then it is cut between chunks, so that only a
    partition of one crowded square can exceed `rows`, by less than a chunk.

    Parameters
    ----------
    squares, chunks, counts
        How many rows a chunk has in a square: one entry per pair, any order.
    """
    order = np.lexsort([chunks, squares])
    squares, chunks, counts = squares[order], chunks[order], counts[order]
    edges = np.flatnonzero(np.concatenate([[True], squares[1:] != squares[:-1], [True]])).tolist()
    entries: list[tuple[int, int, int]] = []
    partition, size = -1, rows
    for start, end in pairwise(edges if len(squares) else []):
        total, square = int(counts[start:end].sum()), int(squares[start])
        if partition < 0 or size + total > rows or square == NOWHERE_SQUARE:
            partition, size = partition + 1, 0
        entries.append((square, 0, partition))
        if total <= rows:
            size += total
            continue
        for chunk, count in zip(chunks[start:end].tolist(), counts[start:end].tolist(), strict=True):
            if size and size + count > rows:
                partition, size = partition + 1, 0
                entries.append((square, chunk, partition))
            size += count
    table = np.array(entries, dtype=np.int64).reshape(-1, 3)
    return Filling(table[:, 0], table[:, 1], table[:, 2])
