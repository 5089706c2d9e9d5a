"""Rates with exposure: which zones have more problems than what they hold explains.

A raw count ranks zones by size, a raw rate ranks the smallest by luck. So: expected counts, an exact
test of each zone against all, and a rate drawn towards the mean as far as it is uncertain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.special import betaincinv, gammaincinv
from scipy.stats import hypergeom

from geodata.errors import InputError
from geodata.patterns.significance import Correction, adjusted, binomial_p, checked_rate
from geodata.patterns.verdicts import codes, labels, verdicts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Model = Literal["poisson", "binomial"]


def rate_table(
    observed: ArrayLike,
    exposure: ArrayLike,
    *,
    model: Model = "poisson",
    rate: float = 0.05,
    correction: Correction = "bh",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return one row per zone, in the zones' order: its rate, its test, its smoothed rate with rank.

    Parameters
    ----------
    observed
        Problems in each zone, whole numbers >= 0.
    exposure
        What they come from, >= 0; 0 or NaN: not judged, whatever was observed there. Shops, road km
        or people (`poisson`); places checked, of which `observed` failed (`binomial`, whole numbers).
    rate, correction
        False discovery rate in 0..1, and how it is held.
    level
        Of the interval around the smoothed rate, in 0..1.

    Returns
    -------
    DataFrame
        `observed`, `exposure`, `expected` (at the rate of all judged zones), `ratio` = observed /
        expected, `rate`, `smoothed`, `low`, `high` (per unit of exposure), `p`, `q`, `rank` (1 = highest
        smoothed rate, ties share the better rank; 0 = not judged), `verdict`, `label`. What is not
        judged has NaN for numbers.

    Raises
    ------
    ValueError
        If numbers are negative or do not fit together.

    Notes
    -----
    Test: given the total, a zone's count is binomial (poisson) or hypergeometric (binomial); two-sided,
    twice the smaller tail. Smoothing: Marshall (1991), global: m = sum O / sum E, s2 = sum E (r - m)^2 /
    sum E, A = max(0, s2 - m / mean E), smoothed = m + (r - m) A / (A + m / E). This is the mean of a gamma
    distribution with shape m^2/A + O and rate m/A + E, whose quantiles are the interval. With A = 0 the
    zones do not differ more than chance makes them: all get m, with the interval of m itself. Binomial:
    A = (s2 - m (1 - m) / mean E) / (1 - 1 / mean E), m (1 - m) - A in the place of m, and a beta distribution.

    Examples
    --------
    >>> table = rate_table([30, 2, 0], [100.0, 10.0, 0.0])
    >>> table[["expected", "rank", "label"]].round(2).values.tolist()
    [[29.09, 1, '无明显差异'], [2.91, 1, '无明显差异'], [nan, 0, '不评价']]
    """
    checked_rate(rate)
    if not 0 < level < 1:
        raise InputError(
            f"level must lie between 0 and 1, not {level}",
            zh=f"置信水平要在 0 和 1 之间，不能是 {level}",
        )
    cases, size = np.asarray(observed, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    if cases.shape != size.shape or cases.ndim != 1:
        raise ValueError(
            f"observed and exposure must be lists of one length, not {cases.shape} and {size.shape}"
        )
    judged = np.isfinite(size) & (size > 0)
    if not (cases >= 0).all() or (size < 0).any() or np.isinf(size).any() or (cases != np.rint(cases)).any():
        raise InputError(
            "observed must be whole numbers of 0 or more, exposure numbers of 0 or more",
            zh="件数要是不小于 0 的整数，基数要是不小于 0 的数",
        )
    if model == "binomial" and ((cases > size)[judged].any() or (size != np.rint(size))[judged].any()):
        raise InputError(
            "of the places checked, a whole number, at most all can fail",
            zh="检查的处数要是整数，不合格的不能比检查的多",
        )
    table = pd.DataFrame({"observed": cases, "exposure": size})
    found = _judged(cases[judged], size[judged], model=model, level=level)
    found["q"] = adjusted(found["p"], correction=correction)
    for name in ("expected", "ratio", "rate", "smoothed", "low", "high", "p", "q"):
        column = np.full(len(cases), np.nan)
        column[judged] = found[name]
        table[name] = column
    table["rank"] = _ranks(table["smoothed"].to_numpy())
    verdict = verdicts(table["q"].fillna(1.0), cases, table["expected"].fillna(0.0), rate=rate, judged=judged)
    return table.assign(verdict=codes(verdict), label=labels(verdict))


def league(table: pd.DataFrame) -> pd.DataFrame:
    """Return a rate table in league order: worst smoothed rate first, zones not judged last."""
    last = int(table["rank"].max() if len(table) else 0) + 1
    order = np.lexsort((np.arange(len(table)), -table["ratio"], table["rank"].replace(0, last)))
    return table.iloc[order]


def standardised_rates(observed: ArrayLike, exposure: ArrayLike) -> Floats:
    """Return rates as differences from the mean in standard deviations of their own, for Moran's I.

    Zones without exposure get 0, the mean. Shape as given.

    Notes
    -----
    Assuncao & Reis (1999): (r - m) / sqrt(A + m / E), with m and A as in `rate_table` (A may not be
    below 0), then set to mean 0. Raw rates of small zones vary more, and would pass for clusters.

    Examples
    --------
    >>> standardised_rates([1, 9], [10.0, 90.0]).tolist()
    [0.0, 0.0]
    """
    cases, size = np.asarray(observed, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    known = np.isfinite(size) & (size > 0)
    result = np.zeros(cases.shape)
    whole = float(size[known].sum())
    if not known.any() or cases[known].sum() <= 0:
        return result
    mean = float(cases[known].sum()) / whole
    raw = cases[known] / size[known]
    between = float((size[known] * (raw - mean) ** 2).sum()) / whole - mean * int(known.sum()) / whole
    scaled = (raw - mean) / np.sqrt(max(between, 0.0) + mean / size[known])
    result[known] = scaled - scaled.mean()
    return result


def _judged(cases: Floats, size: Floats, *, model: Model, level: float) -> dict[str, Floats]:
    total, whole = float(cases.sum()), float(size.sum())
    mean = total / whole if whole else 0.0
    expected = size * mean
    raw = cases / size
    smoothed, low, high = _smoothed(cases, size, mean, model=model, level=level)
    if model == "binomial":
        upper = hypergeom.sf(cases - 1, whole, total, size)
        lower = hypergeom.cdf(cases, whole, total, size)
        p = np.clip(2.0 * np.minimum(upper, lower), 0.0, 1.0)
    else:
        p = binomial_p(cases, total, size / whole) if len(cases) else np.zeros(0)
    ratio = np.divide(cases, expected, out=np.ones(len(cases)), where=expected > 0)
    return {
        "expected": expected, "ratio": ratio, "rate": raw, "smoothed": smoothed, "low": low, "high": high, "p": p,
    }  # fmt: skip


def _smoothed(
    cases: Floats, size: Floats, mean: float, *, model: Model, level: float
) -> tuple[Floats, Floats, Floats]:
    """Marshall's rate and its interval."""
    n, whole, total = len(cases), float(size.sum()), float(cases.sum())
    edges = np.array([(1 - level) / 2, (1 + level) / 2])
    if n == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    spread = float((size * (cases / size - mean) ** 2).sum()) / whole
    if model == "poisson":
        noise = mean
        between = spread - noise * n / whole
    else:
        # A zone's own share p varies by p (1 - p), on average m (1 - m) - A.
        between = (spread - mean * (1 - mean) * n / whole) / (1 - n / whole) if whole > n else 0.0
        noise = max(mean * (1 - mean) - between, 1e-9)
    if between <= 0 or mean <= 0:
        # Nothing beyond chance between the zones, or no problem at all: only the mean is uncertain.
        if model == "binomial":
            ends = _beta_ends(total + 0.5, whole - total + 0.5, edges)
        else:
            ends = gammaincinv(total + 0.5, edges) / whole
        return np.full(n, mean), np.full(n, ends[0]), np.full(n, ends[1])
    weight = between / (between + noise / size)
    smoothed = mean + weight * (cases / size - mean)
    prior = noise / between
    if model == "poisson":
        low, high = (gammaincinv(mean * prior + cases, edge) / (prior + size) for edge in edges)
    else:
        low, high = (
            betaincinv(mean * prior + cases, (1 - mean) * prior + size - cases, edge) for edge in edges
        )
    return smoothed, low, high


def _beta_ends(first: float, second: float, edges: Floats) -> Floats:
    return np.asarray(betaincinv(first, second, edges), dtype=np.float64)


def _ranks(smoothed: Floats) -> NDArray[np.int64]:
    """1 for the highest; equal rates share the better rank; 0 for NaN."""
    known = np.isfinite(smoothed)
    ranks = np.zeros(len(smoothed), dtype=np.int64)
    ordered = -np.sort(-np.round(smoothed[known], 12))
    ranks[known] = 1 + np.searchsorted(-ordered, -np.round(smoothed[known], 12), side="left")
    return ranks
