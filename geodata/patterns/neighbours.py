"""Who is whose neighbour: discs on square cells, and sparse weights between zones.

Both kinds answer the same questions (how many neighbours, what is the sum over them), so that each
statistic is written once. Every unit is its own neighbour here, with weight 1; statistics that leave
the unit out subtract it. No n x n matrix is made.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import numpy as np
import shapely
from scipy.sparse import csr_matrix, eye_array

from geodata.errors import InputError
from geodata.patterns.windows import disc_sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

# Borders drawn by hand miss each other by centimetres; neighbours across such a crack still touch.
CRACK_M = 1.0


class Neighbours(Protocol):
    """Neighbourhoods of units; arrays carry the units in their last axes, of shape `shape`.

    `studied` says which units take part. `weight` and `square` are the sums of the weights and of
    their squares over a unit's neighbours, itself included.
    """

    studied: Mask

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the units' shape."""

    @property
    def weight(self) -> Floats:
        """Return the sum of a unit's weights, itself included."""

    @property
    def square(self) -> Floats:
        """Return the sum of the squares of a unit's weights, itself included."""

    @property
    def star_scale(self) -> Floats:
        """Return sqrt((n - 1) / (n square - weight^2)), 0 where nothing can vary or is not studied."""

    def sums(self, values: Floats) -> Floats:
        """Return the weighted sum over each unit's neighbourhood, itself included, shape as given."""

    def rows(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
        """Return start, stop and a store of weights of each studied unit's neighbours without itself."""


class CellNeighbours:
    """Discs on square cells: the cells whose centres lie within a radius of a cell's own.

    Parameters
    ----------
    shape
        (rows, columns).
    radius_cells
        Radius in cells, >= 0; 0 leaves each cell alone.
    studied
        Booleans of that shape; left out, all cells take part. The others are nobody's neighbours.

    Raises
    ------
    ValueError
        If the radius is negative or not finite, or `studied` has another shape.

    Examples
    --------
    >>> CellNeighbours((3, 3), 1.0).weight.astype(int).tolist()
    [[3, 4, 3], [4, 5, 4], [3, 4, 3]]
    """

    def __init__(self, shape: tuple[int, int], radius_cells: float, *, studied: ArrayLike | None = None):
        if not (radius_cells >= 0 and math.isfinite(radius_cells)):
            raise InputError(
                f"radius_cells must be 0 or more, not {radius_cells}",
                zh=f"邻域半径不能是负数：{radius_cells} 格",
            )
        self.shape: tuple[int, ...] = (int(shape[0]), int(shape[1]))
        self._all = studied is None
        self.studied: Mask = (
            np.ones(shape, dtype=bool) if studied is None else np.asarray(studied, dtype=bool)
        )
        if self.studied.shape != self.shape:
            raise ValueError(f"studied must have the cells' shape {self.shape}, not {self.studied.shape}")
        reach = radius_cells + 1e-9
        # A disc wider than the frame reaches no more cells than one that just covers it.
        half = [
            math.floor(math.sqrt(reach**2 - dy**2)) for dy in range(min(math.floor(reach), shape[0] - 1) + 1)
        ]
        self._half_widths = np.minimum(np.array(half, dtype=np.intp), self.shape[1] - 1)

    @cached_property
    def weight(self) -> Floats:
        """Return the number of studied cells in each disc; whole numbers."""
        return self.sums(self.studied.astype(np.float64))

    @property
    def square(self) -> Floats:
        """Return the same: all weights are 1."""
        return self.weight

    @cached_property
    def star_scale(self) -> Floats:
        """Return what a difference is multiplied with, beside 1 / S, to become Gi*."""
        return _star_scale(self)

    def sums(self, values: Floats) -> Floats:
        """Return the sum over each cell's disc; values of shape (..., rows, columns)."""
        held = values if self._all else np.where(self.studied, values, 0.0)
        layers = np.ascontiguousarray(held, dtype=np.float64).reshape(-1, *self.shape)
        return cast("Floats", disc_sums(layers, self._half_widths)).reshape(np.shape(values))

    def rows(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
        """Return start, stop and weights of the studied cells, row by row; all share one row of ones."""
        count = np.rint(self.weight[self.studied]).astype(np.intp) - 1
        return np.zeros(len(count), dtype=np.intp), count, np.ones(int(count.max(initial=0)))


class ZoneNeighbours:
    """Neighbourhoods given by sparse weights between n zones.

    Parameters
    ----------
    weights
        Square sparse matrix, weights >= 0; its diagonal is set to 1. Row i holds i's neighbours.
    studied
        Booleans of shape (n,); left out, all take part.

    Raises
    ------
    ValueError
        If the matrix is not square, a weight is negative or NaN, or `studied` does not fit.
    """

    def __init__(self, weights: Any, *, studied: ArrayLike | None = None) -> None:
        matrix = csr_matrix(weights, dtype=np.float64)
        n = matrix.shape[0]
        if matrix.shape != (n, n):
            raise ValueError(f"weights must be square, not {matrix.shape}")
        if not (matrix.data >= 0).all():
            raise ValueError("weights must be 0 or more")
        self.shape: tuple[int, ...] = (n,)
        self.studied: Mask = np.ones(n, dtype=bool) if studied is None else np.asarray(studied, dtype=bool)
        if self.studied.shape != (n,):
            raise ValueError(f"studied must have shape ({n},), not {self.studied.shape}")
        matrix.setdiag(0.0)
        matrix.eliminate_zeros()
        kept = csr_matrix(matrix.multiply(self.studied[None, :]).multiply(self.studied[:, None]))
        kept.eliminate_zeros()
        kept.sort_indices()
        self.others = kept
        self.matrix = csr_matrix(
            kept + csr_matrix(eye_array(n, format="csr")).multiply(self.studied[:, None])
        )

    @cached_property
    def weight(self) -> Floats:
        """Return each zone's sum of weights, itself included; 0 where it is not studied."""
        return np.asarray(self.matrix.sum(axis=1), dtype=np.float64).ravel()

    @cached_property
    def square(self) -> Floats:
        """Return each zone's sum of squared weights, itself included."""
        return np.asarray(self.matrix.multiply(self.matrix).sum(axis=1), dtype=np.float64).ravel()

    @cached_property
    def star_scale(self) -> Floats:
        """Return what a difference is multiplied with, beside 1 / S, to become Gi*."""
        return _star_scale(self)

    def sums(self, values: Floats) -> Floats:
        """Return the weighted sum over each zone's neighbourhood; values of shape (..., n)."""
        flat = np.asarray(values, dtype=np.float64).reshape(-1, self.shape[0])
        return np.asarray(self.matrix @ flat.T, dtype=np.float64).T.reshape(np.shape(values))

    def rows(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
        """Return start, stop and weights of the studied zones' neighbours, without themselves."""
        pointer = self.others.indptr.astype(np.intp)
        return pointer[:-1][self.studied], pointer[1:][self.studied], np.asarray(self.others.data)


def _star_scale(neighbours: Neighbours) -> Floats:
    n = float(neighbours.studied.sum())
    variance = np.where(neighbours.studied, n * neighbours.square - neighbours.weight**2, 0.0)
    # What is left by rounding where a unit has all others for neighbours is no variance.
    usable = variance > 1e-12 * n * n
    return np.where(usable, np.sqrt(max(n - 1.0, 0.0) / np.where(usable, variance, 1.0)), 0.0)


def zone_neighbours(
    shapes: ArrayLike,
    *,
    by: Literal["contact", "distance"] = "contact",
    distance_m: float = 0.0,
    studied: ArrayLike | None = None,
) -> ZoneNeighbours:
    """Return which zones are neighbours: those that touch, or those whose inner points are near.

    Parameters
    ----------
    shapes
        Polygons in a projected CRS, metres.
    by
        `contact`: borders or corners at most `CRACK_M` apart (queen). `distance`: points inside the
        polygons at most `distance_m` apart.

    Raises
    ------
    ValueError
        If a shape is missing or empty, or `by="distance"` has no positive distance.

    Examples
    --------
    >>> squares = shapely.box([0, 10, 20], 0, [10, 20, 30], 10)
    >>> zone_neighbours(squares).weight.tolist()
    [2.0, 3.0, 2.0]
    """
    zones = np.asarray(shapes, dtype=object)
    if (shapely.is_missing(zones) | shapely.is_empty(zones)).any():
        raise InputError(
            "every zone needs a shape",
            zh="有的分区没有图形；用 qingtu zones check 找出来，补上再算",
        )
    if by == "distance":
        if not (distance_m > 0 and math.isfinite(distance_m)):
            raise InputError(
                f"distance_m must be above 0, not {distance_m}",
                zh=f"邻域半径（distance_m）要大于 0，不能是 {distance_m}",
            )
        zones, reach = shapely.point_on_surface(zones), distance_m
    else:
        reach = CRACK_M
    first, second = shapely.STRtree(zones).query(zones, predicate="dwithin", distance=reach)
    n = len(zones)
    return ZoneNeighbours(csr_matrix((np.ones(len(first)), (first, second)), shape=(n, n)), studied=studied)
