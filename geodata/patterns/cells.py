"""Regular square cells: the ground that densities and counts are worked out on.

Analysis squares are `cells`; `grid` is kept for the office's 网格.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# 64 million cells are half a gigabyte; a subdistrict at 1 m is 15 million.
MAX_CELLS = 64_000_000


@dataclass(frozen=True, slots=True)
class CellFrame:
    """Square cells over a box: row 0 is the southernmost, so that rows count with the north coordinate.

    `bounds` is (min_x, min_y, max_x, max_y) in metres, a whole number of cells wide and high.
    """

    bounds: tuple[float, float, float, float]
    cell_m: float
    shape: tuple[int, int]

    @classmethod
    def over(cls, bounds: Sequence[float], *, cell_m: float) -> CellFrame:
        """Return cells that cover a box; the box grows east and north to whole cells.

        Parameters
        ----------
        bounds
            (min_x, min_y, max_x, max_y) in metres; the south-west corner stays.
        cell_m
            Side of a cell, metres, > 0.

        Raises
        ------
        ValueError
            If the box is empty, not finite, or needs more than `MAX_CELLS` cells.
        """
        min_x, min_y, max_x, max_y = map(float, bounds)
        if not (cell_m > 0 and math.isfinite(cell_m)):
            raise InputError(
                f"cell_m must be a positive number of metres, not {cell_m}",
                zh=f"方格边长（cell_m）要是正数（米），不能是 {cell_m}",
            )
        if not (np.isfinite([min_x, min_y, max_x, max_y]).all() and max_x > min_x and max_y > min_y):
            raise InputError(
                f"bounds must be (min_x, min_y, max_x, max_y) of a box, not {tuple(bounds)}",
                zh=f"范围要写成（最小 x，最小 y，最大 x，最大 y），不能是 {tuple(bounds)}",
            )
        # A hair of tolerance: 1000 m / 0.1 m are 10,000 cells, not 10,001.
        columns = max(1, math.ceil((max_x - min_x) / cell_m - 1e-9))
        rows = max(1, math.ceil((max_y - min_y) / cell_m - 1e-9))
        if rows * columns > MAX_CELLS:
            raise InputError(
                f"{rows} x {columns} cells are too many; use a larger cell_m than {cell_m}",
                zh=f"{rows} × {columns} 个方格太多；请把方格边长（cell_m）取得比 {cell_m} 米大",
            )
        box = (min_x, min_y, min_x + columns * cell_m, min_y + rows * cell_m)
        return cls(bounds=box, cell_m=float(cell_m), shape=(rows, columns))

    def centre_x(self) -> Floats:
        """Return the east coordinate of each column's centre."""
        x: Floats = self.bounds[0] + (np.arange(self.shape[1], dtype=np.float64) + 0.5) * self.cell_m
        return x

    def centre_y(self) -> Floats:
        """Return the north coordinate of each row's centre, southernmost first."""
        y: Floats = self.bounds[1] + (np.arange(self.shape[0], dtype=np.float64) + 0.5) * self.cell_m
        return y

    def centres(self) -> Floats:
        """Return all cell centres row by row, shape (rows * columns, 2)."""
        x, y = np.meshgrid(self.centre_x(), self.centre_y())
        return np.column_stack([x.ravel(), y.ravel()])

    def counts(self, points: ArrayLike, *, weights: ArrayLike | None = None) -> Floats:
        """Return the number (or summed weight) of points in each cell, shape (rows, columns).

        A cell owns its west and south border; points outside the box count nowhere.
        """
        xy = finite_xy(points)
        column = np.floor((xy[:, 0] - self.bounds[0]) / self.cell_m).astype(np.intp)
        row = np.floor((xy[:, 1] - self.bounds[1]) / self.cell_m).astype(np.intp)
        inside = (column >= 0) & (column < self.shape[1]) & (row >= 0) & (row < self.shape[0])
        result = np.zeros(self.shape)
        np.add.at(result, (row[inside], column[inside]), weights_of(weights, len(xy))[inside])
        return result


def finite_xy(points: ArrayLike) -> Floats:
    """Return points as float array of shape (n, 2).

    Raises
    ------
    ValueError
        If the shape is another or a coordinate is NaN or infinite.
    """
    xy = np.asarray(points, dtype=float)
    if xy.size == 0:
        return np.zeros((0, 2))
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"points must have shape (n, 2), not {xy.shape}")
    if not np.isfinite(xy).all():
        bad = int((~np.isfinite(xy).all(axis=1)).sum())
        raise InputError(
            f"{bad} points have NaN or infinite coordinates",
            zh=f"{bad} 个点的坐标不是有限的数；请先去掉或改正",
        )
    return xy


def weights_of(weights: ArrayLike | None, count: int) -> Floats:
    """Return one finite weight per point, 1 where none are given."""
    if weights is None:
        return np.ones(count)
    values = np.asarray(weights, dtype=float)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise InputError(
            f"weights must be {count} finite numbers, not an array of shape {values.shape}",
            zh=f"权重要是 {count} 个有限的数，每点一个；现在的形状是 {values.shape}，或含有空值",
        )
    return values
