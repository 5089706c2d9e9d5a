"""Hot and cold spots: where counts are higher than chance would spread them (Getis-Ord Gi*)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import convolve
from scipy.special import ndtr

from geodata.patterns.cells import CellFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Gi* on cells; all arrays have shape (rows, columns), row 0 southernmost.

    `z` is the Gi* score, `p` its two-sided p-value, `label` 1 hot, -1 cold, 0 neither at the false
    discovery rate asked for. `studied` says which cells took part; elsewhere z is 0 and p is 1.
    """

    counts: Floats
    z: Floats
    p: Floats
    label: NDArray[np.int8]
    studied: NDArray[np.bool_]
    bounds: tuple[float, float, float, float]
    cell_m: float


def hot_spots(
    points: ArrayLike,
    *,
    bounds: Sequence[float],
    cell_m: float,
    distance_m: float,
    weights: ArrayLike | None = None,
    studied: ArrayLike | None = None,
    rate: float = 0.05,
) -> HotSpots:
    """Return the cells with more (or fewer) points around them than the whole area's spread explains.

    Parameters
    ----------
    points, weights
        As `density_at`.
    bounds, cell_m
        As `density_grid`.
    distance_m
        Cells whose centres lie within this distance are neighbours (each also of itself), >= 0.
    studied
        Booleans of the cells' shape: which cells belong to the district. Left out: all. Lakes and
        land outside should be left out, else they make everything else hot.
    rate
        False discovery rate in 0..1.

    Raises
    ------
    ValueError
        If shapes do not fit, numbers are NaN, or `rate` is outside 0..1.

    Notes
    -----
    Ord & Getis (1995), eq. 7 with binary weights including the cell itself. p-values are two-sided
    normal; rejection after Benjamini & Hochberg (1995) over the studied cells, which holds under the
    positive dependence of overlapping neighbourhoods.
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate must lie between 0 and 1, not {rate}")
    if not (distance_m >= 0 and math.isfinite(distance_m)):
        raise ValueError(f"distance_m must be 0 or more, not {distance_m}")
    frame = CellFrame.over(bounds, cell_m=cell_m)
    mask = np.ones(frame.shape, dtype=bool) if studied is None else np.asarray(studied, dtype=bool)
    if mask.shape != frame.shape:
        raise ValueError(f"studied must have the cells' shape {frame.shape}, not {mask.shape}")
    counts = frame.counts(points, weights=weights)
    z = gi_star(counts, neighbourhood(distance_m / cell_m), studied=mask)
    p = np.where(mask, 2.0 * ndtr(-np.abs(z)), 1.0)
    hot = np.zeros(frame.shape, dtype=np.int8)
    hot[mask] = np.where(significant(p[mask], rate=rate), np.sign(z[mask]), 0).astype(np.int8)
    return HotSpots(
        counts=counts, z=z, p=p, label=hot, studied=mask, bounds=frame.bounds, cell_m=frame.cell_m
    )


def neighbourhood(radius_cells: float) -> Floats:
    """Return ones for the cells within a radius (in cells) of the middle one, itself included."""
    reach = math.floor(radius_cells + 1e-9)
    offset = np.arange(-reach, reach + 1)
    return (offset[:, None] ** 2 + offset[None, :] ** 2 <= (radius_cells + 1e-9) ** 2).astype(float)


def gi_star(values: Floats, neighbours: Floats, *, studied: NDArray[np.bool_]) -> Floats:
    """Return the Gi* score of each studied cell, 0 elsewhere and where nothing varies.

    Parameters
    ----------
    values
        One number per cell, shape (rows, columns).
    neighbours
        Odd-sized kernel of zeros and ones, centre 1.
    studied
        Cells that take part, both as places and as neighbours.
    """
    n = int(studied.sum())
    inside = values[studied]
    spread = float(inside.std()) if n else 0.0  # S of the paper: divisor n
    if n < 2 or spread == 0.0:
        return np.zeros(values.shape)
    held = np.where(studied, values, 0.0)
    summed = convolve(held, neighbours, mode="constant")
    # Counts of neighbours are whole numbers; the convolution of ones leaves no doubt but rounding.
    count = np.rint(convolve(studied.astype(float), neighbours, mode="constant"))
    variance = (n * count - count**2) / (n - 1)
    score = np.zeros(values.shape)
    usable = studied & (variance > 0)
    score[usable] = (summed[usable] - inside.mean() * count[usable]) / (spread * np.sqrt(variance[usable]))
    return score


def significant(p: ArrayLike, *, rate: float) -> NDArray[np.bool_]:
    """Return which p-values are rejected at a false discovery rate (Benjamini-Hochberg step-up).

    Examples
    --------
    >>> significant([0.01, 0.04, 0.03, 0.5], rate=0.05).tolist()
    [True, False, False, False]
    """
    values = np.asarray(p, dtype=float)
    if not len(values):
        return np.zeros(0, dtype=bool)
    ordered = np.sort(values)
    passing = np.flatnonzero(ordered <= rate * np.arange(1, len(values) + 1) / len(values))
    return values <= ordered[passing[-1]] if len(passing) else np.zeros(len(values), dtype=bool)
