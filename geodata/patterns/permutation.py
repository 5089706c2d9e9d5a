"""Permutation p-values of sums over neighbours, drawn only as long as they are in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.kernel import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# A unit far from any doubt needs some dozens of draws; one that may be significant gets them all.
MOST_DRAWS = 99_999
ENOUGH = 20


def permutation_p(
    values: Floats,
    sums: Floats,
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    weights: Floats,
    *,
    rng: np.random.Generator,
    conditional: bool,
    most_draws: int = MOST_DRAWS,
) -> Floats:
    """Return two-sided p-values of weighted sums against values dealt out at random.

    Parameters
    ----------
    values
        One number per unit, shape (n,).
    sums
        The sum observed over each unit's neighbours, shape (n,).
    starts, stops, weights
        Unit i's neighbours have the weights `weights[starts[i]:stops[i]]`.
    conditional
        Leave the unit's own value where it is and deal out the others (Anselin 1995), or deal out
        all of them.
    most_draws
        Most draws per unit, >= 1; no p-value is smaller than 2 / (most_draws + 1).

    Notes
    -----
    Besag & Clifford (1991): drawing stops as soon as `ENOUGH` draws were as extreme as the observed
    sum on either side; p = ENOUGH / draws then, else (extreme + 1) / (draws + 1). Both never understate.
    Two-sided is twice the smaller side. Ties count as extreme.
    """
    if most_draws < 1:
        raise ValueError(f"most_draws must be 1 or more, not {most_draws}")
    if not len(values):
        return np.zeros(0)
    slack = 1e-12 * max(1.0, float(np.abs(values).max()) * max(1.0, float(weights.max(initial=1.0))))
    tails = _tails(
        np.ascontiguousarray(values), np.ascontiguousarray(sums), starts, stops, weights,
        np.uint64(rng.integers(1 << 63)), conditional, most_draws, ENOUGH, slack,
    )  # fmt: skip
    doubled: Floats = np.minimum(1.0, 2.0 * tails.min(axis=1))
    return doubled


@kernel
def _next(state: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the generator's next state and number (splitmix64: Steele, Lea & Flood 2014)."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, mixed ^ (mixed >> np.uint64(31))


@kernel
def _tails(
    values: Any, sums: Any, starts: Any, stops: Any, weights: Any,
    seed: np.uint64, conditional: bool, most: int, enough: int, slack: float,
) -> Any:  # fmt: skip
    """One-sided p-values, shape (n, 2): of sums as large, and of sums as small."""
    n = len(values)
    order = np.arange(n)
    state = seed
    result = np.ones((n, 2))
    for unit in range(n):
        need = stops[unit] - starts[unit]
        large, small, draws = 0, 0, 0
        p_large, p_small = -1.0, -1.0
        while draws < most and (p_large < 0 or p_small < 0):
            total, taken, at = 0.0, 0, 0
            while taken < need:
                # The start of a Fisher-Yates shuffle; what order it starts from does not matter.
                state, number = _next(state)
                other = at + np.int64(((number >> np.uint64(32)) * np.uint64(n - at)) >> np.uint64(32))
                order[at], order[other] = order[other], order[at]
                chosen = order[at]
                at += 1
                if conditional and chosen == unit:
                    continue
                total += weights[starts[unit] + taken] * values[chosen]
                taken += 1
            draws += 1
            if total >= sums[unit] - slack:
                large += 1
                if large == enough:
                    p_large = enough / draws
            if total <= sums[unit] + slack:
                small += 1
                if small == enough:
                    p_small = enough / draws
        result[unit, 0] = p_large if p_large >= 0 else (large + 1.0) / (draws + 1.0)
        result[unit, 1] = p_small if p_small >= 0 else (small + 1.0) / (draws + 1.0)
    return result
