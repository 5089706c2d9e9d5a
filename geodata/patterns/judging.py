"""Whether a unit's neighbourhood holds more or less than chance explains: Gi*, honest p-values, false discoveries.

Knows no shapes: only counts, exposures and neighbourhoods, of cells or of zones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
import pandas as pd
from scipy.special import ndtr

from geodata.errors import InputError
from geodata.patterns.gi_star import gi_star
from geodata.patterns.significance import Correction, adjusted, binomial_p, checked_rate
from geodata.patterns.verdicts import codes, labels, verdicts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.patterns.neighbours import Neighbours

    Floats = NDArray[np.float64]

Test = Literal["exact", "permutation", "normal"]


class Judging(TypedDict, total=False):
    """How to judge: the options of `judge`, which all that end in it take and hand on."""

    rate: float
    test: Test
    correction: Correction
    rng: np.random.Generator | None


@dataclass(frozen=True, slots=True)
class Spots:
    """Hot spots of units; arrays have the units' shape.

    `around` is what was counted in a unit's neighbourhood, `expected` what chance would put there,
    `z` the Gi* score (against the exposure where there is one: see `judge`), `p` two-sided, `q` adjusted
    for the number of units, `verdict` as `Verdict`. Units that are not studied have z 0, p and q 1.
    """

    counts: Floats
    exposure: Floats
    around: Floats
    expected: Floats
    z: Floats
    p: Floats
    q: Floats
    verdict: NDArray[np.int8]
    studied: NDArray[np.bool_]

    def table(self) -> pd.DataFrame:
        """Return one row per studied unit: numbers, `ratio` = around / expected, `verdict`, `label` (Chinese)."""
        at = self.studied
        columns = {
            "count": self.counts[at], "exposure": self.exposure[at], "around": self.around[at],
            "expected": self.expected[at], "z": self.z[at], "p": self.p[at], "q": self.q[at],
        }  # fmt: skip
        table = pd.DataFrame(columns)
        table.insert(4, "ratio", _ratio(table["around"].to_numpy(), table["expected"].to_numpy()))
        return table.assign(verdict=codes(self.verdict[at]), label=labels(self.verdict[at]))


def judge(
    counts: Floats,
    neighbours: Neighbours,
    *,
    exposure: ArrayLike | None = None,
    rate: float = 0.05,
    test: Test = "exact",
    correction: Correction = "bh",
    rng: np.random.Generator | None = None,
) -> Spots:
    """Return for each unit whether its neighbourhood holds more or less than chance explains.

    Parameters
    ----------
    counts
        Problems per unit, >= 0, of the neighbourhoods' shape.
    exposure
        >= 0, same shape; None: 1 for each studied unit.
    rate
        False discovery rate in 0..1.
    test
        `exact`: given their total, counts fall on the exposure at random (`binomial_p`); weights of the
        neighbourhoods must be 0 or 1. `permutation`: the counts, of any weight, are dealt out anew over
        the units; needs `rng`, takes no exposure. `normal`: from z; only for dense counts, kept for comparison.
    correction
        See `adjusted`.

    Raises
    ------
    ValueError
        If shapes do not fit, numbers are NaN or negative, or `rate` is outside 0..1.

    Notes
    -----
    Without exposure z is Gi* of the counts. With one it is the neighbourhood's count in standard
    deviations of the binomial, (O - E) / sqrt(E (1 - E / N)).

    `exact` asks "are problems spread by the exposure alone?": ten in one cell are hot. `permutation`
    asks "do high cells lie together?" and takes the piles in single cells as given.
    """
    checked_rate(rate)
    size = (
        neighbours.studied.astype(np.float64) if exposure is None else np.asarray(exposure, dtype=np.float64)
    )
    if counts.shape != neighbours.shape or size.shape != neighbours.shape:
        raise ValueError(f"counts and exposure must have the units' shape {neighbours.shape}")
    studied = neighbours.studied
    if not ((counts[studied] >= 0).all() and (size[studied] >= 0).all() and np.isfinite(size[studied]).all()):
        raise InputError(
            "counts and exposure must be numbers of 0 or more", zh="件数和基数都要是不小于 0 的数"
        )
    held, size = np.where(studied, counts, 0.0), np.where(studied, size, 0.0)
    total, whole = float(held.sum()), float(size.sum())
    reach = np.maximum(neighbours.sums(size), 0.0)
    judged = studied & (reach > 1e-9 * max(whole, 1e-300))
    around = np.where(studied, neighbours.sums(held), 0.0)
    expected = total * reach / whole if whole > 0 else np.zeros(counts.shape)
    p = np.ones(counts.shape)
    z = gi_star(held, neighbours) if exposure is None else _deviation(around, expected, total, judged)
    if test == "exact":
        p[judged] = _exact(around[judged], expected[judged], total, neighbours)
    elif test == "permutation":
        if exposure is not None:
            raise InputError(
                "rates of unequal exposure cannot be dealt out anew; use test='exact'",
                zh="有基数时不能做置换检验（permutation）；请用精确检验（exact）",
            )
        p = _dealt(held, neighbours, rng)
    else:
        p[judged] = 2.0 * ndtr(-np.abs(z[judged]))
    q = np.ones(counts.shape)
    q[judged] = adjusted(p[judged], correction=correction)
    verdict = verdicts(q, around, expected, rate=rate, judged=judged)
    return Spots(held, size, around, expected, np.where(judged, z, 0.0), p, q, verdict, studied)


def _exact(around: Floats, expected: Floats, total: float, neighbours: Neighbours) -> Floats:
    if not np.allclose(neighbours.weight, neighbours.square):
        raise InputError(
            "the exact test needs neighbours of weight 1; use test='permutation'",
            zh="精确检验（exact）要求邻居的权重都是 1；请用置换检验（permutation）",
        )
    if total <= 0:
        return np.ones(around.shape)
    return binomial_p(np.clip(around, 0.0, total), total, np.clip(expected / total, 0.0, 1.0))


def _dealt(values: Floats, neighbours: Neighbours, rng: np.random.Generator | None) -> Floats:
    if rng is None:
        raise ValueError("a permutation test needs rng, a seeded generator")
    from geodata.patterns.permutation import permutation_p

    studied = neighbours.studied
    starts, stops, weights = neighbours.rows()
    if not np.allclose(weights, 1.0):
        raise ValueError("the permutation test of Gi* needs neighbours of weight 1")
    # Each unit is its own neighbour: one more value is drawn for it, and all values are dealt out.
    ones = np.ones(int((stops - starts).max(initial=0)) + 1)
    result = np.ones(values.shape)
    result[studied] = permutation_p(
        values[studied], neighbours.sums(np.where(studied, values, 0.0))[studied], np.zeros_like(starts),
        stops - starts + 1, ones, rng=rng, conditional=False,
    )  # fmt: skip
    return result


def _deviation(around: Floats, expected: Floats, total: float, judged: NDArray[np.bool_]) -> Floats:
    variance = expected * (1.0 - expected / total) if total > 0 else np.zeros(expected.shape)
    usable = judged & (variance > 0)
    z = np.zeros(expected.shape)
    z[usable] = (around[usable] - expected[usable]) / np.sqrt(variance[usable])
    return z


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return quotients, 0 where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.zeros(np.shape(numerator)), where=denominator > 0)
