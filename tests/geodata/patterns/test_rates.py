"""Rates with exposure: hand calculations, laws of shrinking, the exact tests by enumeration."""

from math import comb

import numpy as np
import pytest
from scipy.stats import beta, gamma

from geodata.patterns.rates import league, rate_table, standardised_rates


def test_marshall_by_hand():
    # m = 40/200 = 0.2; s2 = (100*(0.3-0.2)^2 + 100*(0.1-0.2)^2)/200 = 0.01; A = 0.01 - 0.2/100 = 0.008;
    # weight = 0.008 / (0.008 + 0.2/100) = 0.8: 0.2 + 0.8*0.1 = 0.28 and 0.12.
    table = rate_table([30, 10], [100.0, 100.0])
    assert table["smoothed"].tolist() == pytest.approx([0.28, 0.12])
    assert table["expected"].tolist() == [20, 20]
    assert table["ratio"].tolist() == [1.5, 0.5]
    # The interval: gamma with shape m^2/A + O = 5 + O and rate m/A + E = 25 + 100.
    assert table["low"].tolist() == pytest.approx(gamma.ppf(0.025, [35, 15], scale=1 / 125).tolist())
    assert table["high"].tolist() == pytest.approx(gamma.ppf(0.975, [35, 15], scale=1 / 125).tolist())


def test_the_exact_test_by_enumeration():
    # 9 of 12 in a zone with half of the exposure.
    p = 2 * sum(comb(12, k) for k in range(9, 13)) / 2**12
    assert rate_table([9, 3], [5.0, 5.0])["p"].tolist() == pytest.approx([p, p])


def test_binomial_model_by_enumeration_and_by_hand():
    # 8 of 10 failed here, 2 of 10 there: hypergeometric with 10 failures among 20.
    table = rate_table([8, 2], [10, 10], model="binomial")
    ways = [comb(10, k) * comb(10, 10 - k) / comb(20, 10) for k in range(11)]
    assert table["p"].tolist() == pytest.approx([2 * sum(ways[8:])] * 2)
    # m = 0.5, s2 = 0.09, A = (0.09 - 0.25/10) / 0.9 = 0.13/1.8; a beta of m / A (1 - m) - 1 = 2.46... trials.
    prior = 0.25 * 1.8 / 0.13 - 1
    assert table["smoothed"].tolist() == pytest.approx(
        [(prior / 2 + 8) / (prior + 10), (prior / 2 + 2) / (prior + 10)]
    )
    assert table["low"][0] == pytest.approx(beta.ppf(0.025, prior / 2 + 8, prior / 2 + 2))


def test_a_small_zone_is_drawn_in_more_and_does_not_win():
    # One of one: the highest raw rate, but not the worst zone.
    table = rate_table([1, 60, 20, 22, 18], [1.0, 100.0, 100.0, 100.0, 100.0])
    assert table["rate"].idxmax() == 0
    assert table["rank"].tolist()[1] == 1
    ordered = league(table)
    assert ordered.index[0] == 1
    assert ordered["smoothed"].is_monotonic_decreasing
    inside = (table["low"] <= table["smoothed"]) & (table["smoothed"] <= table["high"])
    assert inside.all()
    assert table["label"][1] == "显著热点"


def test_zones_that_differ_only_by_chance_all_get_the_mean():
    table = rate_table([10, 11, 9, 10], [100.0] * 4)
    assert table["smoothed"].tolist() == pytest.approx([0.1] * 4)
    assert table["rank"].tolist() == [1, 1, 1, 1]
    assert (table["low"] < 0.1).all()
    assert (table["high"] > 0.1).all()


def test_no_exposure_is_not_judged_and_not_0():
    table = rate_table([7, 3, 4, 2], [0.0, 10.0, 10.0, np.nan])
    assert table["label"].tolist() == ["不评价", "无明显差异", "无明显差异", "不评价"]
    assert table.loc[[0, 3], ["rate", "smoothed", "p", "expected"]].isna().all(axis=None)
    assert table["rank"].tolist() == [0, 1, 1, 0]  # alike but for chance
    assert table["expected"].tolist()[1:3] == [3.5, 3.5]  # its seven problems are nobody's
    assert league(table).index.tolist() == [2, 1, 0, 3]  # among equals by the ratio


def test_sums_are_kept():
    rng = np.random.default_rng(3)
    exposure = rng.gamma(2, 50, 60)
    table = rate_table(rng.poisson(exposure * 0.1), exposure)
    assert table["expected"].sum() == pytest.approx(table["observed"].sum())


@pytest.mark.parametrize("model", ["poisson", "binomial"])
def test_alike_zones_are_seldom_called_different(model):
    rng = np.random.default_rng(12)
    false = 0
    for _ in range(200):
        exposure = rng.integers(1, 60, 53)
        failed = rng.binomial(exposure, 0.1) if model == "binomial" else rng.poisson(exposure * 0.1)
        false += rate_table(failed, exposure, model=model)["verdict"].isin(["hot", "cold"]).any()
    assert false <= 21  # 5 % of 200, and what chance adds once in a thousand tests


def test_standardised_rates_have_mean_0_and_even_spread():
    rng = np.random.default_rng(4)
    exposure = np.concatenate([np.full(300, 5.0), np.full(300, 500.0)])
    z = standardised_rates(rng.poisson(exposure * 0.2), exposure)
    assert z.mean() == pytest.approx(0)
    assert z[:300].std() == pytest.approx(z[300:].std(), rel=0.25)
    assert standardised_rates([0, 0], [1.0, 2.0]).tolist() == [0, 0]
    assert standardised_rates([4, 1, 1], [0.0, 1.0, 1.0]).tolist() == [0, 0, 0]


def test_empty_and_all_zero():
    assert rate_table([], []).empty
    assert rate_table([1], [0.0])["rank"].tolist() == [0]
    nothing = rate_table([0, 0], [5.0, 10.0])
    assert nothing["smoothed"].tolist() == [0, 0]
    assert nothing["p"].tolist() == [1, 1]
    assert (nothing["high"] > 0).all()
    assert rate_table([0, 0], [5, 10], model="binomial")["p"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("cases", "exposure", "options", "words"),
    [
        ([1.5], [1.0], {}, "whole"),
        ([-1], [1.0], {}, "whole"),
        ([1], [-1.0], {}, "exposure"),
        ([1, 2], [1.0], {}, "one length"),
        ([3], [2], {"model": "binomial"}, "at most"),
        ([1], [1.0], {"level": 1}, "level"),
        ([1], [1.0], {"rate": 0}, "rate"),
    ],
)
def test_bad_numbers_are_refused(cases, exposure, options, words):
    with pytest.raises(ValueError, match=words):
        rate_table(cases, exposure, **options)
