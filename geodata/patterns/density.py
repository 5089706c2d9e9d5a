"""Kernel density: how many problems (or places) per square kilometre, smoothly.

Exact sums over the points, without binning or a cut-off other than the kernel's own radius. Work in
the district's projected CRS only; a density in degrees or web mercator is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np
from scipy.spatial import cKDTree

from geodata.patterns.cells import CellFrame, finite_xy, weights_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

F = TypeVar("F", bound=Callable[..., Any])

_M2_PER_KM2 = 1e6
# Neighbour lists of this many cells at a time keep memory flat.
_CHUNK = 50_000


def _compiled(function: F) -> F:
    return cast(F, numba.njit(cache=True, nogil=True)(function))


@dataclass(frozen=True, slots=True)
class DensityGrid:
    """Densities on cells.

    `values` has shape (rows, columns), row 0 southernmost, in points (or weight) per km². `bounds` is
    (min_x, min_y, max_x, max_y) in metres.
    """

    values: Floats
    bounds: tuple[float, float, float, float]
    cell_m: float

    def total(self) -> float:
        """Return the integral over the cells: about n where all kernels lie within the bounds."""
        return float(self.values.sum()) * self.cell_m**2 / _M2_PER_KM2


def density_at(
    points: ArrayLike, cells: ArrayLike, *, bandwidth_m: float, weights: ArrayLike | None = None
) -> Floats:
    """Return the kernel density at each cell centre, in points per km².

    Parameters
    ----------
    points
        East and north in metres, district CRS, shape (n, 2), no NaN. n = 0 gives zeros.
    cells
        Where to evaluate, same CRS, shape (m, 2), no NaN.
    bandwidth_m
        Radius of the quartic kernel, > 0.
    weights
        One finite number per point; left out, each counts 1.

    Raises
    ------
    ValueError
        If a coordinate is NaN, shapes do not fit, or `bandwidth_m` is not positive.

    Notes
    -----
    Silverman (1986), eq. 4.5: K(u) = 3/π (1 - u²)² for u < 1, so one point gives 3 / (π h²) at its
    own place. No correction at the district border.

    Examples
    --------
    >>> density_at([[0.0, 0.0]], [[0.0, 0.0], [100.0, 0.0]], bandwidth_m=100).round(3).tolist()
    [95.493, 0.0]
    """
    xy, targets = finite_xy(points), finite_xy(cells)
    scale = _scale(bandwidth_m)
    weight = weights_of(weights, len(xy))
    result = np.zeros(len(targets))
    if not len(xy) or not len(targets):
        return result
    tree = cKDTree(xy)
    for start in range(0, len(targets), _CHUNK):
        chunk = targets[start : start + _CHUNK]
        near = cKDTree(chunk).sparse_distance_matrix(tree, bandwidth_m, output_type="coo_matrix")
        kernel = (1.0 - (near.data / bandwidth_m) ** 2) ** 2 * weight[near.col]
        # Pairs at distance 0 are kept by the explicit data array, not dropped as sparse zeros.
        result[start : start + len(chunk)] = np.bincount(near.row, weights=kernel, minlength=len(chunk))
    return result * scale


def density_grid(
    points: ArrayLike,
    *,
    bounds: Sequence[float],
    cell_m: float,
    bandwidth_m: float,
    weights: ArrayLike | None = None,
) -> DensityGrid:
    """Return the kernel density at the centres of cells over a box, in points per km².

    Parameters
    ----------
    points, bandwidth_m, weights
        As `density_at`. Points outside the box count as far as their kernels reach in.
    bounds
        (min_x, min_y, max_x, max_y) in metres; grows east and north to whole cells.
    cell_m
        Side of a cell, metres, > 0. Choose it well below `bandwidth_m`.

    Raises
    ------
    ValueError
        As `density_at`, or if the box is empty or needs too many cells.

    Notes
    -----
    Each point is added to the cells within its kernel, so the work is n π (h / cell)², and the values
    equal `density_at` at the centres up to rounding.
    """
    xy = finite_xy(points)
    frame = CellFrame.over(bounds, cell_m=cell_m)
    scale = _scale(bandwidth_m)
    values = np.zeros(frame.shape)
    _add_kernels(
        xy, weights_of(weights, len(xy)), frame.bounds[0], frame.bounds[1], frame.cell_m, bandwidth_m, values
    )
    return DensityGrid(values=values * scale, bounds=frame.bounds, cell_m=frame.cell_m)


def _scale(bandwidth_m: float) -> float:
    if not (bandwidth_m > 0 and math.isfinite(bandwidth_m)):
        raise ValueError(f"bandwidth_m must be a positive number of metres, not {bandwidth_m}")
    return _M2_PER_KM2 * 3.0 / (math.pi * bandwidth_m**2)


@_compiled
def _add_kernels(
    xy: Floats, weight: Floats, west: float, south: float, cell_m: float, bandwidth_m: float, values: Floats
) -> None:
    """Add (1 - u²)² of every point to the cells whose centres lie within its bandwidth."""
    rows, columns = values.shape
    for point in range(len(xy)):
        # Position in cells, measured from the centre of the south-west cell.
        at_column = (xy[point, 0] - west) / cell_m - 0.5
        at_row = (xy[point, 1] - south) / cell_m - 0.5
        reach = bandwidth_m / cell_m
        for row in range(max(0, math.ceil(at_row - reach)), min(rows - 1, math.floor(at_row + reach)) + 1):
            up = ((row - at_row) / reach) ** 2
            if up >= 1.0:
                continue
            half = reach * math.sqrt(1.0 - up)
            first = max(0, math.ceil(at_column - half))
            last = min(columns - 1, math.floor(at_column + half))
            for column in range(first, last + 1):
                left = 1.0 - up - ((column - at_column) / reach) ** 2
                if left > 0.0:
                    values[row, column] += weight[point] * left * left
