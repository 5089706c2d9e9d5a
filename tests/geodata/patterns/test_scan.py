"""The scan statistic: against brute force by definition, planted clusters, noise, what is not judged."""

import math

import numpy as np
import pytest

from geodata.patterns.scan import baseline, gumbel_p, scan
from geodata.patterns.verdicts import Verdict


def ratio(c: float, mu: float, total: float) -> float:
    """Kulldorff (1997), by definition."""
    if c <= mu:
        return 0.0
    rest = (total - c) * math.log((total - c) / (total - mu)) if total > c else 0.0
    return c * math.log(c / mu) + rest


def brute_force(cube, xy, expected, *, mode, most_share, most_weeks):
    """The best window: every circle around every zone, every span of weeks."""
    weeks, n = cube.shape
    total, best = cube.sum(), (0.0, None)
    for centre in range(n):
        distance = np.hypot(*(xy - xy[centre]).T)
        for edge in range(n):
            zones = distance <= distance[edge]
            if expected[:, zones].sum() > most_share * total * (1 + 1e-12) and zones.sum() > 1:
                continue
            for first in range(weeks):
                for last in range(first + 1, min(weeks, first + most_weeks) + 1):
                    if mode == "prospective" and last != weeks:
                        continue
                    value = ratio(cube[first:last, zones].sum(), expected[first:last, zones].sum(), total)
                    if value > best[0] + 1e-12:
                        best = (value, (frozenset(np.flatnonzero(zones).tolist()), first, last - 1))
    return best


@pytest.mark.parametrize("mode", ["prospective", "retrospective"])
@pytest.mark.parametrize("seed", range(6))
def test_the_best_window_is_that_of_brute_force(mode, seed):
    rng = np.random.default_rng(seed)
    xy, exposure = rng.uniform(0, 1000, (14, 2)), rng.uniform(0.5, 3, 14)
    cube = rng.poisson(np.outer(rng.uniform(0.5, 2, 6), exposure)).astype(float)
    expected = baseline(exposure, cube, follow_weeks=seed % 2 == 0)
    value, window = brute_force(cube, xy, expected, mode=mode, most_share=0.5, most_weeks=3)
    found = scan(cube, xy, expected, rng=rng, mode=mode, most_share=0.5, replicas=9).clusters[0]
    assert found.llr == pytest.approx(value)
    assert (frozenset(found.zones.tolist()), found.first_week, found.last_week) == window
    inside = (slice(found.first_week, found.last_week + 1), found.zones)
    assert found.observed == cube[inside].sum()
    assert found.expected == pytest.approx(expected[inside].sum())


def test_maxima_of_the_replicas_are_those_of_brute_force():
    # The same draws, searched window by window without the kernel's short cuts.
    rng = np.random.default_rng(3)
    xy, exposure = rng.uniform(0, 1000, (10, 2)), rng.uniform(0.5, 3, 10)
    cube = rng.poisson(np.outer(np.ones(4), exposure)).astype(float)
    expected = baseline(exposure, cube)
    result = scan(cube, xy, expected, rng=np.random.default_rng(5), most_share=0.5, replicas=20)
    draws, total = np.random.default_rng(5), int(cube.sum())
    upto = np.cumsum((expected / expected.sum()).ravel())
    where = np.searchsorted(upto, draws.random((20, total)) * upto[-1], side="right")
    for row, maximum in zip(where, result.maxima, strict=True):
        dealt = np.bincount(row, minlength=cube.size).reshape(cube.shape).astype(float)
        value, _ = brute_force(dealt, xy, expected, mode="retrospective", most_share=0.5, most_weeks=2)
        assert maximum == pytest.approx(value, rel=1e-5)


def planted(rng, *, times=3.0):
    """A square of zones, one in nine with more in the last three of eight weeks."""
    at = np.arange(12) * 100.0
    xy = np.array([(x, y) for y in at for x in at])
    inside = np.hypot(*(xy - [300, 700]).T) <= 150
    rate = np.full((8, len(xy)), 0.6)
    rate[5:, inside] *= times
    return xy, inside, rng.poisson(rate).astype(float)


def test_planted_cluster_is_found_where_and_when_it_is():
    found_in = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        xy, inside, cube = planted(rng, times=4)
        cluster = scan(cube, xy, baseline(np.ones(len(xy)), cube), rng=rng, replicas=99).clusters[0]
        overlap = inside[cluster.zones].sum() / len(set(cluster.zones) | set(np.flatnonzero(inside)))
        found_in += cluster.verdict == Verdict.HOT and overlap > 0.4 and 4 <= cluster.first_week <= 6
    assert found_in >= 9


def test_prospective_does_not_see_what_is_over():
    rng = np.random.default_rng(1)
    xy, _, cube = planted(rng, times=4.0)
    over = cube[::-1].copy()  # in the first three weeks
    expected = baseline(np.ones(len(xy)), over)
    assert scan(over, xy, expected, rng=rng, mode="retrospective", replicas=99).clusters[0].p <= 0.02
    now = scan(over, xy, expected, rng=rng, mode="prospective", replicas=99)
    assert all(cluster.verdict == Verdict.CHANCE for cluster in now.clusters)
    assert all(cluster.last_week == 7 for cluster in now.clusters)


def test_noise_is_called_a_cluster_no_more_often_than_stated():
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, 1000, (30, 2))
    false = 0
    for _ in range(100):
        cube = rng.poisson(0.5, (6, 30)).astype(float)
        clusters = scan(cube, xy, baseline(np.ones(30), cube), rng=rng, replicas=99).clusters
        false += bool(clusters) and clusters[0].p <= 0.05
    assert false <= 12  # 5 expected; more come up once in a thousand tests


def test_a_week_in_which_everything_rises_is_no_cluster_when_weeks_are_followed():
    rng = np.random.default_rng(4)
    xy = rng.uniform(0, 1000, (25, 2))
    cube = rng.poisson(np.outer([1, 1, 1, 1, 1, 4], np.ones(25))).astype(float)
    alike = scan(cube, xy, baseline(np.ones(25), cube), rng=rng, replicas=99, most_share=0.5)
    followed = scan(
        cube, xy, baseline(np.ones(25), cube, follow_weeks=True), rng=rng, replicas=99, most_share=0.5
    )
    assert alike.clusters[0].p <= 0.02
    assert followed.clusters[0].p > 0.05


def test_further_clusters_share_no_zone_and_are_ordered():
    rng = np.random.default_rng(2)
    xy, inside, cube = planted(rng, times=5)
    other = np.hypot(*(xy - [1000, 200]).T) <= 150
    cube[:3, other] += 3
    found = scan(cube, xy, baseline(np.ones(len(xy)), cube), rng=rng, replicas=99)
    used = np.concatenate([cluster.zones for cluster in found.clusters])
    assert len(set(used.tolist())) == len(used)
    values = [cluster.llr for cluster in found.clusters]
    assert values == sorted(values, reverse=True)
    assert [cluster.verdict for cluster in found.clusters[:2]] == [Verdict.HOT, Verdict.HOT]
    assert {bool(inside[c.zones].any()) for c in found.clusters[:2]} == {True, False}
    table = found.table()
    assert table["label"][0] == "显著热点"
    assert table["last_week"].max() <= 8


def test_same_seed_same_answer_and_gumbel_goes_on_where_replicas_end():
    rng = np.random.default_rng(2)
    xy, _, cube = planted(rng, times=6)
    expected = baseline(np.ones(len(xy)), cube)
    first, second = (scan(cube, xy, expected, rng=np.random.default_rng(1), replicas=199) for _ in range(2))
    assert (first.maxima == second.maxima).all()
    best = first.clusters[0]
    assert best.p == 1 / 200
    assert 0 < best.p_gumbel < 1 / 200


def test_gumbel_of_gumbel_draws():
    draws = np.random.default_rng(1).gumbel(8, 1.5, 20_000)
    assert gumbel_p(12.0, draws) == pytest.approx(1 - math.exp(-math.exp(-(12 - 8) / 1.5)), rel=0.05)
    assert gumbel_p(3.0, np.array([2.0])) == 1.0


def test_zones_without_exposure_are_not_judged_and_radius_is_held():
    xy = np.array([(0.0, 0.0), (100, 0), (200, 0), (300, 0)])
    cube = np.array([[50.0, 9, 1, 1]])
    expected = baseline([0, 1, 1, 1], cube)
    assert expected.sum() == 11
    found = scan(
        cube, xy, expected, rng=np.random.default_rng(1), replicas=99, most_radius_m=50, most_share=1
    )
    assert found.judged.tolist() == [False, True, True, True]
    assert found.clusters[0].zones.tolist() == [1]
    assert found.clusters[0].radius_m == 0
    nothing = scan(np.zeros((2, 4)), xy, np.zeros((2, 4)), rng=np.random.default_rng(1))
    assert nothing.clusters == ()
    assert nothing.table().empty


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cube": np.full((2, 3), 0.5)}, "whole"),
        ({"cube": np.ones((3, 2))}, "fit"),
        ({"expected": np.full((2, 3), -1.0)}, "expected"),
        ({"centres": np.full((3, 2), np.nan)}, "finite"),
        ({"most_share": 0}, "most_share"),
        ({"replicas": 0}, "replicas"),
        ({"most_weeks": -1}, "most_weeks"),
        ({"level": 2}, "rate"),
    ],
)
def test_bad_input_is_refused(change, words):
    given = {"cube": np.ones((2, 3)), "centres": np.zeros((3, 2)), "expected": np.ones((2, 3))} | change
    with pytest.raises(ValueError, match=words):
        scan(
            given.pop("cube"),
            given.pop("centres"),
            given.pop("expected"),
            rng=np.random.default_rng(1),
            **given,
        )


def test_baseline_needs_exposure():
    with pytest.raises(ValueError, match="exposure"):
        baseline([0, 0], np.ones((1, 2)))
    with pytest.raises(ValueError, match="exposure"):
        baseline([1, -1], np.ones((1, 2)))
