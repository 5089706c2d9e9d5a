"""Bandwidth advice: round suggestions, Silverman by hand, the likelihood against its definition."""

import math

import numpy as np
import pytest

from geodata.patterns import suggest_bandwidth_m
from geodata.patterns.bandwidths import left_out_likelihood, likelihood, silverman


@pytest.mark.parametrize(
    ("count", "side_m", "expected"),
    # Uniform points: 30 neighbours within sqrt(30 / (pi density)), that is 218 m, 976 m; 6 within 11.5 km.
    [(5_000, 5_000, 250), (1_000, 10_000, 1000), (52, 60_000, 1000), (3_000, 1_500, 150)],
)
def test_bandwidth_follows_how_near_points_are(count, side_m, expected):
    points = np.random.default_rng(3).uniform(0, side_m, (count, 2))
    assert suggest_bandwidth_m(points) == expected


def test_bandwidth_of_hardly_any_points():
    assert suggest_bandwidth_m([[5, 5]]) == 150
    assert suggest_bandwidth_m([[5, 5], [900, 900]]) == 1000


def test_silverman_by_hand():
    # Corners of a square of 200 m: deviation 100 on each axis, quartiles 0 and 200 (/ 1.34 = 149 > 100).
    square = [[0, 0], [200, 0], [0, 200], [200, 200]]
    sigma = 100 * 4 ** (-1 / 6)
    assert silverman(square, kernel="gaussian").bandwidth_m == pytest.approx(sigma)
    # Quartic over Gaussian: (R / mu² of each)^(1/6) with R = 9 / 5 pi, mu = 1/8 and R = 1 / 4 pi, mu = 1.
    ratio = ((9 / (5 * math.pi) * 64) / (1 / (4 * math.pi))) ** (1 / 6)
    advice = silverman(square)
    assert advice.bandwidth_m == pytest.approx(sigma * ratio)
    assert (advice.rule, advice.kernel) == ("silverman", "quartic")
    assert "Silverman" in advice.reason_zh
    # Weights of 1 twice are as good as points twice, up to n: n_eff = (sum w)² / sum w².
    weighted = silverman(square, weights=[2, 2, 2, 2], kernel="gaussian")
    assert weighted.bandwidth_m == pytest.approx(sigma)


def test_silverman_for_a_normal_cloud_is_near_the_best_there_is():
    points = np.random.default_rng(5).normal(0, 300, (4_000, 2))
    assert silverman(points, kernel="gaussian").bandwidth_m == pytest.approx(
        300 * 4_000 ** (-1 / 6), rel=0.05
    )


@pytest.mark.parametrize("count", [40, 900])
def test_likelihood_by_definition(count):
    rng = np.random.default_rng(count)
    places = rng.uniform(0, 500, (count, 2))
    mass = rng.integers(1, 4, count).astype(float)
    sigma = 60.0
    total = 0.0
    for at in range(count):
        others = np.delete(np.arange(count), at)
        squared = ((places[others] - places[at]) ** 2).sum(axis=1)
        kernels = np.exp(-squared / (2 * sigma**2)) / (2 * math.pi * sigma**2) * 1e6
        total += mass[at] * math.log((mass[others] * kernels).sum() / mass[others].sum())
    assert left_out_likelihood(places, mass, sigma_m=sigma) == pytest.approx(total, rel=1e-7)


def test_likelihood_finds_clusters_that_silverman_smears():
    rng = np.random.default_rng(8)
    middles = rng.uniform(0, 5_000, (12, 2))
    points = middles[rng.integers(0, 12, 1_500)] + rng.normal(0, 60, (1_500, 2))
    found = likelihood(points, kernel="gaussian")
    assert 10 < found.bandwidth_m < 60
    assert silverman(points, kernel="gaussian").bandwidth_m > 5 * found.bandwidth_m
    assert "交叉验证" in found.reason_zh


def test_repeated_places_do_not_draw_the_bandwidth_to_zero():
    points = np.random.default_rng(9).uniform(0, 2_000, (300, 2))
    once = likelihood(points).bandwidth_m
    assert likelihood(np.vstack([points, points, points])).bandwidth_m == pytest.approx(once, rel=0.35)


def test_one_far_stray_does_not_decide():
    points = np.random.default_rng(10).normal(0, 200, (400, 2))
    alone = likelihood(points).bandwidth_m
    assert likelihood(np.vstack([points, [[4_000, 4_000]]])).bandwidth_m == pytest.approx(alone, rel=0.25)


def test_advice_needs_places():
    for rule in (silverman, likelihood):
        with pytest.raises(ValueError, match="two places"):
            rule([[1, 1], [1, 1]])
        with pytest.raises(ValueError, match="two places"):
            rule([])
    with pytest.raises(ValueError, match="three different places"):
        likelihood([[0, 0], [1, 1]])
    with pytest.raises(ValueError, match="kernel"):
        silverman([[0, 0], [1, 1]], kernel="cosine")
