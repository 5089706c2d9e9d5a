"""Coordinates as they come in, checked, and the rule for a point that several zones cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError
from geodata.zones.lookup.build import NOWHERE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]


def two_columns(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Return coordinates as two arrays of one length; contiguous float64 arrays are not copied.

    Raises
    ------
    ValueError
        If the lengths differ or an array has more than one dimension.
    """
    east = np.atleast_1d(np.ascontiguousarray(x, dtype=np.float64))
    north = np.atleast_1d(np.ascontiguousarray(y, dtype=np.float64))
    if east.shape != north.shape or east.ndim != 1:
        raise ValueError(
            f"x and y must be one-dimensional and of one length, not {east.shape} and {north.shape}"
        )
    return east, north


def require_finite(x: Floats, y: Floats) -> None:
    """Raise ValueError if a coordinate is NaN or infinite; the first three rows are named."""
    bad = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
    if len(bad):
        rows = ", ".join(map(str, bad[:3].tolist()))
        raise InputError(
            f"{len(bad)} points have NaN or infinite coordinates (rows {rows} …)",
            zh=f"{len(bad)} 个点的坐标不是有限的数（第 {rows} … 行，从 0 起）",
        )


def finite_points(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return coordinates as an array of shape (n, 2); errors as `two_columns` and `require_finite`."""
    columns = two_columns(x, y)
    require_finite(*columns)
    return np.column_stack(columns)


def lowest(count: int, points: Indices, zones: Indices) -> Indices:
    """Return for each of `count` points the lowest of its zone numbers, -1 where it has none."""
    result = np.full(count, np.iinfo(np.intp).max, dtype=np.intp)
    np.minimum.at(result, points, zones)
    result[result == np.iinfo(np.intp).max] = NOWHERE
    return result
