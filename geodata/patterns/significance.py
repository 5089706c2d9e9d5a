"""p-values that hold for small counts, and false-discovery control over many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import betainc, betaincc

from geodata.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Correction = Literal["bh", "by"]


def binomial_p(observed: ArrayLike, total: ArrayLike, share: ArrayLike) -> Floats:
    """Return the two-sided exact p-value of counts, each a part of a total that chance would share out.

    Parameters
    ----------
    observed
        Number found in the unit or its neighbourhood, 0 ..= total.
    total
        Number found everywhere.
    share
        Part of the total that is expected there, 0 ..= 1: of the exposure, else of the cells.

    Raises
    ------
    ValueError
        If a number lies outside these limits or is NaN.

    Notes
    -----
    Given their total, independent Poisson counts are multinomial (Przyborowski & Wilenski 1940), so
    the count in any neighbourhood is binomial, however small. Twice the smaller tail, at most 1: the
    rate of false alarms is at most the stated one, and below it where few values are possible.

    Observed may be fractions (a line shared among cells): the tails are continued by the incomplete
    beta function. Each problem then adds a number in 0..1, which varies less than the 0-or-1 of the
    binomial, so that this errs on the safe side. Weights above 1 are not allowed: a problem that
    counts three times is three problems to this test.

    Examples
    --------
    >>> binomial_p([8.0], 10, 0.5).round(6).tolist()  # 2 (45 + 10 + 1) / 1024
    [0.109375]
    """
    x, n, q = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (observed, total, share)))
    x = np.where(np.abs(x - np.rint(x)) < 1e-9, np.rint(x), x)
    q = np.where((q > 1.0) & (q < 1.0 + 1e-9), 1.0, q)
    if not ((x >= 0) & (x <= n + 1e-9) & (q >= 0) & (q <= 1)).all():
        raise ValueError("observed must lie in 0..total and share in 0..1")
    x = np.minimum(x, n)
    some, missing = x > 0, n - x > 1e-9
    upper = np.where(some, betainc(np.where(some, x, 1.0), n - x + 1.0, q), 1.0)
    lower = np.where(missing, betaincc(x + 1.0, np.where(missing, n - x, 1.0), q), 1.0)
    doubled: Floats = np.minimum(1.0, 2.0 * np.minimum(upper, lower))
    return doubled


def adjusted(p: ArrayLike, *, correction: Correction = "bh") -> Floats:
    """Return p-values raised so that "<= rate" holds the false discovery rate over all of them.

    Parameters
    ----------
    p
        p-values in 0..1, any shape, no NaN; empty gives empty.
    correction
        `bh`: Benjamini & Hochberg (1995), for independent values and for the positive dependence of
        overlapping neighbourhoods (Benjamini & Yekutieli 2001). `by`: Benjamini & Yekutieli (2001),
        for any dependence; stricter by the factor 1 + 1/2 + ... + 1/n.

    Raises
    ------
    ValueError
        If a value lies outside 0..1.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    values = np.asarray(p, dtype=np.float64)
    flat = values.ravel()
    if not ((flat >= 0) & (flat <= 1)).all():
        raise ValueError("p-values must lie between 0 and 1")
    n = len(flat)
    if n == 0:
        return np.zeros(values.shape)
    order = np.argsort(flat, kind="stable")
    factor = n if correction == "bh" else n * float((1.0 / np.arange(1, n + 1)).sum())
    stepped = flat[order] * factor / np.arange(1, n + 1)
    raised = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    result = np.empty(n)
    result[order] = raised
    return result.reshape(values.shape)


def significant(p: ArrayLike, *, rate: float, correction: Correction = "bh") -> NDArray[np.bool_]:
    """Return which p-values are rejected at a false discovery rate (step-up).

    Examples
    --------
    >>> significant([0.01, 0.04, 0.03, 0.5], rate=0.05).tolist()
    [True, False, False, False]
    """
    # The products are compared, not quotients: 4 * 0.05 / 16 against a p-value that is exactly that.
    return np.asarray(adjusted(p, correction=correction) <= rate * (1 + 1e-12))


def checked_rate(rate: float) -> float:
    """Return a false discovery rate.

    Raises
    ------
    ValueError
        If it does not lie between 0 and 1.
    """
    if not 0 < rate < 1:
        raise InputError(
            f"rate must lie between 0 and 1, not {rate}",
            zh=f"错误发现率（--fdr）要在 0 和 1 之间，不能是 {rate}",
        )
    return float(rate)
