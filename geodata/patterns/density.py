"""Kernel density: how many problems (or places) per square kilometre, smoothly.

Three ways to the same numbers, chosen by cost and named in the result: the quartic kernel is summed
directly; a Gaussian either directly, as a product of two axes, or by splines and FFT (`splines`),
where a point costs the same for any bandwidth. Work in the district's projected CRS only; a density
in degrees or web mercator is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError
from geodata.patterns.cells import CellFrame, finite_xy, weights_of
from geodata.patterns.kernels import (
    M2_PER_KM2,
    Kernel,
    check_kernel,
    height_per_km2,
    reach_m,
)
from geodata.patterns.summing import COARSE_FROM_CELLS, EXACT, Method, by_splines, choose, summed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DensityGrid:
    """Densities on cells.

    `values` has shape (rows, columns), row 0 southernmost, in points (or weight) per km², NaN where
    not studied. `bounds` is (min_x, min_y, max_x, max_y) in metres. `method` says which way the sums
    were made and `error_share` the largest error as a share of the peak. `share` is the part of each
    cell that is studied (None: all of all), `edge` how the border was corrected, `counted` how many
    points (or their weight) took part.
    """

    values: Floats
    bounds: tuple[float, float, float, float]
    cell_m: float
    kernel: Kernel = "quartic"
    bandwidth_m: float = math.nan
    method: Method = "direct"
    error_share: float = EXACT
    share: Floats | None = None
    edge: str = "none"
    counted: float = math.nan

    def total(self) -> float:
        """Return the integral over the (studied parts of the) cells.

        About n where all kernels lie within the bounds; see `edges` for what a border changes.
        """
        values = self.values if self.share is None else np.nan_to_num(self.values) * self.share
        return float(values.sum()) * self.cell_m**2 / M2_PER_KM2

    def peak(self) -> float:
        """Return the highest density, 0 where nothing is studied."""
        return float(np.nanmax(self.values)) if np.isfinite(self.values).any() else 0.0


def density_at(
    points: ArrayLike,
    cells: ArrayLike,
    *,
    bandwidth_m: float,
    weights: ArrayLike | None = None,
    kernel: Kernel = "quartic",
) -> Floats:
    """Return the kernel density at each place, in points per km²; always a direct sum.

    Parameters
    ----------
    points
        East and north in metres, district CRS, shape (n, 2), no NaN. n = 0 gives zeros.
    cells
        Where to evaluate, same CRS, shape (m, 2), no NaN.
    bandwidth_m
        Radius of the quartic kernel, or sigma of the Gaussian (summed to 7.5 sigma), > 0.
    weights
        One finite number per point; left out, each counts 1.

    Raises
    ------
    ValueError
        If a coordinate is NaN, shapes do not fit, or `bandwidth_m` is not positive.

    Notes
    -----
    Silverman (1986), eq. 4.5: K(u) = 3/π (1 - u²)² for u < 1, so one point gives 3 / (π h²) at its
    own place; the Gaussian gives 1 / (2 π σ²). No correction at the district border.

    Examples
    --------
    >>> density_at([[0.0, 0.0]], [[0.0, 0.0], [100.0, 0.0]], bandwidth_m=100).round(3).tolist()
    [95.493, 0.0]
    """
    xy, targets = finite_xy(points), finite_xy(cells)
    check_kernel(kernel, bandwidth_m)
    weight = None if weights is None else weights_of(weights, len(xy))
    if not len(xy) or not len(targets):
        return np.zeros(len(targets))
    from geodata.patterns.direct import sum_at

    order, starts, frame, width = _buckets(xy, reach_m(kernel, bandwidth_m))
    sums = sum_at(
        targets, xy[order], None if weight is None else weight[order], starts, frame, width, bandwidth_m,
        kernel == "gaussian",
    )  # fmt: skip
    result: Floats = sums * height_per_km2(kernel, bandwidth_m)
    return result


def _buckets(
    xy: Floats, side_m: float
) -> tuple[NDArray[np.intp], NDArray[np.int64], tuple[float, float, float], int]:
    """Sort points into square buckets: order, where each begins, (west, south, side), buckets in a row."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    # At most as many buckets as points (and 1000): far strays must not blow up the table.
    side = max(
        side_m, math.sqrt(float(np.prod(high - low)) / max(1000, len(xy))), float((high - low).max()) / 1e6
    )
    column, row = np.floor((xy - low) / side).astype(np.int64).T
    width, height = int(column.max()) + 1, int(row.max()) + 1
    bucket = row * width + column
    order = np.argsort(bucket, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(bucket, minlength=width * height))])
    return order, starts.astype(np.int64), (float(low[0]), float(low[1]), side), width


def density_grid(
    points: ArrayLike,
    *,
    bounds: Sequence[float],
    cell_m: float,
    bandwidth_m: float,
    weights: ArrayLike | None = None,
    kernel: Kernel = "quartic",
    method: Method | None = None,
    error_share: float | None = None,
    threads: int = 1,
) -> DensityGrid:
    """Return the kernel density at the centres of cells over a box, in points per km².

    Parameters
    ----------
    points, bandwidth_m, weights, kernel
        As `density_at`. Points outside the box count as far as their kernels reach in.
    bounds
        (min_x, min_y, max_x, max_y) in metres; grows east and north to whole cells.
    cell_m
        Side of a cell, metres, > 0. Choose it well below `bandwidth_m`.
    method
        `direct` (quartic), `separable` (Gaussian, a direct sum), `spline` (Gaussian); None takes the
        cheapest that keeps to `error_share`.
    error_share
        The largest error allowed, as a share of the peak. None: 1e-6 for a Gaussian of sigma >= 17
        cells, else 1e-9.
    threads
        How many processors to use; the result depends on it in the last digits only.

    Raises
    ------
    ValueError
        As `density_at`, or if the box is empty or needs too many cells, or the method does not fit
        the kernel.

    Notes
    -----
    Values equal `density_at` at the centres up to rounding (direct, separable) or the stated error.
    Direct work is n π (h / cell)², the splines' n + mesh: `splines` gives formula and bound.
    """
    from geodata.patterns.direct import extent

    xy = _pairs(points)
    frame = CellFrame.over(bounds, cell_m=cell_m)
    check_kernel(kernel, bandwidth_m)
    weight = None if weights is None else weights_of(weights, len(xy))
    *box, bad = extent(xy)
    if bad:
        raise InputError(
            f"{bad} points have NaN or infinite coordinates",
            zh=f"{bad} 个点的坐标不是有限的数；请先去掉或改正",
        )
    allowed = error_share or (1e-6 if bandwidth_m >= COARSE_FROM_CELLS * cell_m * (1 - 1e-9) else EXACT)
    way, scheme = choose(
        len(xy), frame, box=box, kernel=kernel, bandwidth_m=bandwidth_m, error_share=allowed, method=method
    )
    if scheme is None:
        values = summed(xy, weight, frame, kernel=kernel, bandwidth_m=bandwidth_m, threads=threads)
    else:
        values = by_splines(xy, weight, frame, box=box, sigma_m=bandwidth_m, scheme=scheme, threads=threads)
    values *= height_per_km2(kernel, bandwidth_m)
    return DensityGrid(
        values=values, bounds=frame.bounds, cell_m=frame.cell_m, kernel=kernel, bandwidth_m=bandwidth_m,
        method=way, error_share=EXACT if scheme is None else scheme.error,
        counted=float(len(xy) if weight is None else weight.sum()),
    )  # fmt: skip


def _pairs(points: ArrayLike) -> Floats:
    """Points as contiguous pairs; whether they are finite is seen while they are read for their box."""
    xy = np.ascontiguousarray(points, dtype=np.float64)
    if xy.size == 0:
        return np.zeros((0, 2))
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"points must have shape (n, 2), not {xy.shape}")
    return xy
