"""Wilson's interval against its definition: the rates p0 that a score test of p0 does not reject."""

from __future__ import annotations

import math

import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from geodata.places import pass_rate
from geodata.places.pass_rates import TOO_FEW


@pytest.mark.parametrize(("passed", "n"), [(10, 10), (0, 12), (45, 50), (7, 20), (999, 1000)])
def test_the_interval_holds_the_rates_a_score_test_keeps(passed, n):
    found = pass_rate(passed, n)
    z, p = norm.ppf(0.975), passed / n

    def score(p0):
        return (p - p0) ** 2 - z * z * p0 * (1 - p0) / n

    low = 0.0 if passed == 0 else brentq(score, 1e-12, p - 1e-9) if p < 1 else brentq(score, 1e-9, 1 - 1e-6)
    high = (
        1.0 if passed == n else brentq(score, p + 1e-9, 1 - 1e-12) if p > 0 else brentq(score, 1e-6, 1 - 1e-9)
    )
    assert math.isclose(found.low, low, abs_tol=1e-6)
    assert math.isclose(found.high, high, abs_tol=1e-6)


def test_too_few_items_have_no_rate():
    assert pass_rate(TOO_FEW - 1, TOO_FEW - 1).rate is None
    assert pass_rate(TOO_FEW, TOO_FEW).rate == 1
    assert pass_rate(0, 0).low is None
    with pytest.raises(ValueError, match="cannot have passed"):
        pass_rate(3, 2)
