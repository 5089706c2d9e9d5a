"""Getis-Ord Gi and Gi*: is the sum around a unit larger than the whole spread explains?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.patterns.neighbours import Neighbours

    Floats = NDArray[np.float64]


def gi_star(values: ArrayLike, neighbours: Neighbours, *, star: bool = True) -> Floats:
    """Return the standardised Gi* (or Gi) of each studied unit, 0 elsewhere and where nothing varies.

    Parameters
    ----------
    values
        One number per unit: shape (rows, columns) for cells, (n,) for zones.
    neighbours
        Neighbourhoods of the same units.
    star
        Count the unit itself (Gi*, with weight 1), or leave it out of both its sum and of the mean
        and spread it is compared with (Gi).

    Raises
    ------
    ValueError
        If the values do not have the neighbourhoods' shape, or a studied one is NaN or infinite.

    Notes
    -----
    Ord & Getis (1995), eq. 6 and 7::

        z_i = (sum_j w_ij x_j - W_i mean) / (S sqrt((n S1_i - W_i^2) / (n - 1)))

    with W_i = sum_j w_ij, S1_i = sum_j w_ij^2 and S with divisor n. For Gi everything is over the
    n - 1 others. A factor on a unit's weights changes nothing, so standardised rows are not needed.
    The normal p-value of z holds for dense counts only: see `geodata.patterns.significance`.

    Examples
    --------
    >>> from geodata.patterns.neighbours import CellNeighbours
    >>> gi_star([[0.0, 0.0, 3.0]], CellNeighbours((1, 3), 1.0)).round(3).tolist()
    [[-1.414, 0.0, 0.707]]
    """
    x = np.asarray(values, dtype=np.float64)
    if x.shape != neighbours.shape:
        raise ValueError(f"values must have the units' shape {neighbours.shape}, not {x.shape}")
    studied = neighbours.studied
    inside = x if studied.all() else x[studied]
    n = inside.size
    mean = float(inside.mean()) if n else 0.0
    # Differences from the mean sum up more exactly than large values do, and their mean is 0.
    centred = x - mean if inside is x else np.where(studied, x - mean, 0.0)
    squares = float(np.vdot(centred, centred))
    if not np.isfinite(squares):
        raise ValueError("values must be finite in every studied unit")
    if n < (2 if star else 3) or (inside == inside.flat[0]).all():
        return np.zeros(x.shape)
    around = neighbours.sums(centred)
    if star:
        around *= neighbours.star_scale
        around *= 1.0 / np.sqrt(squares / n)
        return around
    score = _others(centred, around, neighbours, n)
    score[~studied] = 0.0
    return score


def _others(centred: Floats, around: Floats, neighbours: Neighbours, n: int) -> Floats:
    """Gi: mean and spread of the n - 1 others, different for each unit."""
    others = n - 1.0
    mean = -centred / others
    spread = (float(np.vdot(centred, centred)) - centred**2) / others - mean**2
    weight, square = neighbours.weight - 1.0, neighbours.square - 1.0
    variance = np.maximum(spread, 0.0) * (others * square - weight**2) / (others - 1.0)
    return _divided(around - centred - weight * mean, variance)


def _divided(difference: Floats, variance: Floats) -> Floats:
    """Return difference / sqrt(variance), 0 where the variance is 0 (a unit with no or all others)."""
    # What is left of n S1 - W^2 by rounding is no variance.
    usable = variance > 1e-12 * variance.max(initial=0.0)
    if usable.all():
        return difference / np.sqrt(variance)
    score = np.zeros(difference.shape)
    np.divide(
        difference, np.sqrt(variance, where=usable, out=np.ones(variance.shape)), out=score, where=usable
    )
    return score
