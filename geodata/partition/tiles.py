"""Tiles of analysis cells for a density over more ground than one array holds.

Cells lie on whole multiples of their side, so that tiles, runs and machines line up. A tile is a
square of cells, small where points are many; every point is handed to all tiles that its kernel
reaches, so a tile is worked out alone and its cells are right up to its edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from geodata.errors import InputError
from geodata.partition.whole_files import read_all, read_facts, write_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

# A tile of the largest size is an array of 8 MB.
_LARGEST_SIDE = 1_024
_SMALLEST_SIDE = 64
# A bandwidth of more cells than this is smoother than its cells by far: larger ones say the same.
_MOST_REACH = 1_000
# Squares are numbered row · 2^31 + column, from a corner far outside any projected CRS.
_OFFSET = 1 << 29
_WIDTH = 1 << 31
_NEIGHBOURS = [(across, up) for up in (-1, 0, 1) for across in (-1, 0, 1)]


@dataclass(frozen=True, slots=True)
class CellGround:
    """Cells over the plane: side in metres, and how many of them a kernel reaches.

    `square` is the side of the smallest tile, in cells: a power of two above the kernel's reach, so
    that a kernel never reaches beyond the neighbour of its square.
    """

    cell_m: float
    bandwidth_m: float
    square: int

    @classmethod
    def of(cls, *, cell_m: float, bandwidth_m: float) -> CellGround:
        """Return the ground for a cell side and a kernel radius.

        Raises
        ------
        ValueError
            If one is not positive, or the radius is more than 1,000 cells.
        """
        for name, name_zh, value in (("cell_m", "方格边长", cell_m), ("bandwidth_m", "带宽", bandwidth_m)):
            if not (value > 0 and math.isfinite(value)):
                raise InputError(
                    f"{name} must be a positive number of metres, not {value}",
                    zh=f"{name_zh}（{name}）要是正数（米），不能是 {value}",
                )
        reach = math.ceil(bandwidth_m / cell_m)
        if reach > _MOST_REACH:
            least_m = f"{bandwidth_m / _MOST_REACH:.1f}"
            raise InputError(
                f"a bandwidth of {bandwidth_m} m is {reach} cells; use cells of {least_m} m or more",
                zh=f"带宽 {bandwidth_m} 米合 {reach} 格，太多；方格边长至少取 {least_m} 米",
            )
        return cls(cell_m, bandwidth_m, max(_SMALLEST_SIDE, 1 << reach.bit_length()))

    def squares(self, xy: Floats) -> Indices:
        """Return the number of the smallest square that each point lies in."""
        steps = np.floor(xy / (self.cell_m * self.square)).astype(np.int64)
        return numbered(steps[:, 0], steps[:, 1])


def numbered(column: Indices, row: Indices) -> Indices:
    """Return squares' numbers from their columns and rows, counted from the CRS's origin."""
    return (row + _OFFSET) * _WIDTH + (column + _OFFSET)


def column_row(numbers: Indices) -> tuple[Indices, Indices]:
    """Return columns and rows from squares' numbers."""
    return numbers % _WIDTH - _OFFSET, numbers // _WIDTH - _OFFSET


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles, and which tile each smallest square that matters lies in.

    `column`, `row`, `side` are a tile's south-west cell and side, in cells. `square` is sorted;
    `tile[i]` belongs to `square[i]`.
    """

    column: Indices
    row: Indices
    side: Indices
    square: Indices
    tile: Indices

    def of(self, squares: Indices) -> Indices:
        """Return the tile of each square, all of which must matter."""
        return self.tile[np.searchsorted(self.square, squares)]

    def reached(self, xy: Floats, ground: CellGround) -> tuple[Indices, Indices]:
        """Return pairs (point, tile): every tile that a point's kernel reaches, by point."""
        home = self.of(ground.squares(xy))
        low = np.column_stack([self.column[home], self.row[home]]) * ground.cell_m
        high = low + (self.side[home] * ground.cell_m)[:, None]
        near = ((xy - ground.bandwidth_m < low) | (xy + ground.bandwidth_m > high)).any(axis=1)
        points = np.flatnonzero(near)
        steps = [np.array(step) * ground.bandwidth_m for step in _NEIGHBOURS]
        tiles = np.sort([self.of(ground.squares(xy[points] + step)) for step in steps], axis=0)
        first = np.concatenate([np.ones((1, len(points)), dtype=bool), tiles[1:] != tiles[:-1]])
        spread = np.broadcast_to(points, tiles.shape)[first]
        inner = np.flatnonzero(~near)
        pairs = np.concatenate([inner, spread]), np.concatenate([home[inner], tiles[first]])
        order = np.argsort(pairs[0], kind="stable")
        return pairs[0][order], pairs[1][order]

    def write(self, path: Path) -> None:
        """Write them as a hand-over file of two groups."""
        squares = pa.table({"a": self.square, "b": self.tile, "c": np.zeros_like(self.tile)})
        tiles = pa.table({"a": self.column, "b": self.row, "c": self.side})
        groups = np.repeat([0, 1], [len(self.square), len(self.side)])
        write_groups(path, pa.concat_tables([squares, tiles]), groups, facts={"squares": len(self.square)})

    @classmethod
    def read(cls, path: Path) -> Tiles:
        """Return what `write` has written."""
        squares = int(read_facts(path)["squares"])
        a, b, c = (column.to_numpy() for column in read_all(path).columns)
        return cls(a[squares:], b[squares:], c[squares:], a[:squares], b[:squares])


def tiled(ground: CellGround, squares: Indices, counts: Indices, *, points: int) -> Tiles:
    """Return tiles over all squares that a kernel can reach.

    Parameters
    ----------
    squares, counts
        Squares with points (each once) and how many.
    points
        A tile with more is divided in four, down to the smallest square.
    """
    column, row = column_row(squares)
    around = [numbered(column + across, row + up) for across, up in _NEIGHBOURS]
    active = np.unique(np.concatenate(around))
    weight = np.zeros(len(active), dtype=np.int64)
    weight[np.searchsorted(active, squares)] = counts
    column, row = column_row(active)
    steps = max(1, _LARGEST_SIDE // ground.square)
    found: list[tuple[int, int, int]] = []
    tile = np.full(len(active), -1, dtype=np.int64)
    waiting = np.arange(len(active))
    while len(waiting):
        # squares that share a square of `steps` by `steps` of them
        key, at = np.unique(numbered(column[waiting] // steps, row[waiting] // steps), return_inverse=True)
        load = np.bincount(at, weights=weight[waiting])
        whole = (load <= points) | (steps == 1)
        name = np.cumsum(whole) - 1 + len(found)
        for own in key[whole]:
            across, up = column_row(own)
            side = steps * ground.square
            found.append((int(across) * side, int(up) * side, side))
        settled = whole[at]
        tile[waiting[settled]] = name[at[settled]]
        waiting = waiting[~settled]
        steps //= 2
    table: NDArray[Any] = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Tiles(table[:, 0], table[:, 1], table[:, 2], active, tile)
