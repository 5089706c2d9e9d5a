"""Local Moran's I: units that lie among their like (high-high, low-low) or stick out (high-low, low-high)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.patterns.neighbours import Neighbours

    Floats = NDArray[np.float64]

HIGH_HIGH, LOW_HIGH, LOW_LOW, HIGH_LOW = 1, 2, 3, 4
# Quadrant of a significant unit -> code and label; the others are judged like any other spot.
QUADRANTS: dict[int, tuple[str, str]] = {
    HIGH_HIGH: ("hot", "显著热点"),
    LOW_HIGH: ("low_outlier", "显著低于四周"),
    LOW_LOW: ("cold", "显著冷点"),
    HIGH_LOW: ("high_outlier", "显著高于四周"),
}


@dataclass(frozen=True, slots=True)
class LocalMoran:
    """Local Moran's I; arrays have the units' shape, units not studied have I 0, p 1, quadrant 0.

    `quadrant`: 1 high among high, 2 low among high, 3 low among low, 4 high among low; 0 without
    neighbours. `expected` and `variance` are those under total randomisation, `p` two-sided by conditional
    permutation.
    """

    score: Floats
    expected: Floats
    variance: Floats
    quadrant: NDArray[np.int8]
    p: Floats


def local_moran(
    values: ArrayLike,
    neighbours: Neighbours,
    *,
    rng: np.random.Generator | None = None,
    most_draws: int = 99_999,
) -> LocalMoran:
    """Return local Moran's I of each unit, weights standardised by row.

    Parameters
    ----------
    values
        One number per unit, shape (rows, columns) or (n,).
    neighbours
        Neighbourhoods of the same units; a unit is not its own neighbour here.
    rng
        Source of the permutations; None leaves p at 1.
    most_draws
        Most permutations per unit; see `permutation_p`.

    Raises
    ------
    ValueError
        If the values do not have the units' shape, or a studied one is NaN or infinite.

    Notes
    -----
    Anselin (1995), with the factor of esda: I_i = (n - 1) z_i sum_j w_ij z_j / sum_k z_k^2, z the
    differences from the mean, w_ij summing to 1 over j. Moments: Sokal, Oden & Thomson (1998), eq. A3
    and A4, brought to this factor (theirs, and esda's `EI` and `VI`, are for n in its place, that is
    n / (n - 1) times ours and its square). The normal approximation of I_i is poor, hence p by permutation of the others.

    Examples
    --------
    >>> from geodata.patterns.neighbours import CellNeighbours
    >>> local_moran([[0.0, 0.0, 3.0]], CellNeighbours((1, 3), 1.0)).score.round(3).tolist()
    [[0.333, -0.167, -0.667]]
    """
    x = np.asarray(values, dtype=np.float64)
    if x.shape != neighbours.shape:
        raise ValueError(f"values must have the units' shape {neighbours.shape}, not {x.shape}")
    inside = x[neighbours.studied]
    if not np.isfinite(inside).all():
        raise ValueError("values must be finite in every studied unit")
    n = len(inside)
    if n < 3 or (inside == inside[0]).all():
        blank = np.zeros(x.shape)
        return LocalMoran(blank, blank, blank, np.zeros(x.shape, dtype=np.int8), np.ones(x.shape))
    z = np.where(neighbours.studied, x - inside.mean(), 0.0)
    squares = float(np.vdot(z, z))
    others = neighbours.studied & (neighbours.weight > 1.0)
    weight = np.where(others, neighbours.weight - 1.0, 1.0)
    sums = np.where(others, neighbours.sums(z) - z, 0.0)
    lag = sums / weight
    score = (n - 1.0) * z * lag / squares
    quadrant = np.where(z > 0, np.where(lag > 0, HIGH_HIGH, HIGH_LOW), np.where(lag > 0, LOW_HIGH, LOW_LOW))
    expected, variance = _moments(z, squares, others, (neighbours.square - 1.0) / weight**2, n)
    p = np.ones(x.shape)
    if rng is not None:
        from geodata.patterns.permutation import permutation_p

        p[neighbours.studied] = permutation_p(
            z[neighbours.studied], sums[neighbours.studied], *neighbours.rows(),
            rng=rng, conditional=True, most_draws=most_draws,
        )  # fmt: skip
    return LocalMoran(score, expected, variance, np.where(others, quadrant, 0).astype(np.int8), p)


def _moments(
    z: Floats, squares: float, others: NDArray[np.bool_], square: Floats, n: int
) -> tuple[Floats, Floats]:
    """Mean and variance of I_i when all values are dealt out anew; `square` is the sum of squared weights."""
    total = others.astype(np.float64)  # standardised weights sum to 1, to 0 without neighbours
    expected = -total / (n - 1.0)
    fourth = float(np.square(np.square(z)).sum())
    kurtosis = (fourth / n) / (squares / n) ** 2
    square = np.where(others, square, 0.0)
    variance = square * (n - kurtosis) / (n - 1.0) - expected**2
    variance += (total - square) * (2.0 * kurtosis - n) / ((n - 1.0) * (n - 2.0))
    factor = (n - 1.0) / n
    return expected * factor, np.where(others, variance, 0.0) * factor**2
