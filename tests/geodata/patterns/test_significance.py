"""Exact p-values and false-discovery control: published examples, sums by definition, noise."""

from math import comb

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from geodata.patterns.significance import adjusted, binomial_p, significant

# Benjamini & Hochberg (1995), section 3.1: fifteen p-values, at 0.05 the first four are rejected.
EXAMPLE = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
           0.7590, 1.0]  # fmt: skip


def test_benjamini_hochberg_example():
    assert significant(EXAMPLE, rate=0.05).tolist() == [True] * 4 + [False] * 11
    assert significant([], rate=0.05).shape == (0,)
    assert not significant([0.9, 1.0], rate=0.05).any()


@pytest.mark.parametrize("correction", ["bh", "by"])
def test_adjusted_equals_scipy(correction):
    p = np.random.default_rng(1).beta(0.3, 2, (7, 11))
    expected = false_discovery_control(p.ravel(), method=correction).reshape(p.shape)
    assert adjusted(p, correction=correction) == pytest.approx(expected)


def test_arbitrary_dependence_is_stricter():
    assert significant(EXAMPLE, rate=0.05, correction="by").sum() == 3
    with pytest.raises(ValueError, match="p-values"):
        adjusted([0.1, 1.2])
    with pytest.raises(ValueError, match="p-values"):
        adjusted([np.nan])


@pytest.mark.parametrize(("total", "share"), [(10, 0.3), (25, 0.02), (1, 0.5), (40, 0.97)])
def test_binomial_equals_the_sum_of_its_terms(total, share):
    terms = [comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(total + 1)]
    for seen in range(total + 1):
        p = min(1, 2 * min(sum(terms[seen:]), sum(terms[: seen + 1])))
        assert binomial_p([float(seen)], total, share)[0] == pytest.approx(p, rel=1e-9)


def test_binomial_at_its_ends():
    assert binomial_p([0.0, 5.0], 5, [0.0, 1.0]).tolist() == [1, 1]
    assert binomial_p([1.0], 5, 0.0).tolist() == [0]  # what cannot be
    assert binomial_p([0.0], 0, 0.3).tolist() == [1]
    assert binomial_p([], 3, 0.3).shape == (0,)


def test_fractions_lie_between_whole_numbers():
    p = binomial_p(np.arange(6, 12, 0.25), 30, 0.1)
    assert (np.diff(p) < 0).all()
    assert binomial_p([7.0 + 1e-12], 30, 0.1)[0] == binomial_p([7.0], 30, 0.1)[0]


@pytest.mark.parametrize(
    ("seen", "total", "share"), [(-1, 3, 0.5), (4, 3, 0.5), (1, 3, 1.5), (np.nan, 3, 0.5)]
)
def test_what_cannot_be_counted_is_refused(seen, total, share):
    with pytest.raises(ValueError, match="observed"):
        binomial_p([float(seen)], total, share)
