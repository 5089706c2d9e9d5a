"""Weeks: Mann-Kendall by hand and by enumeration, the cube, each rule of the classes, noise."""

from itertools import permutations

import numpy as np
import pytest

from geodata.patterns.neighbours import CellNeighbours
from geodata.patterns.trend import PATTERNS, emerging_hot_spots, mann_kendall, week_counts


def test_mann_kendall_with_ties_by_hand():
    # 1 2 2 3: five rises, one tie. Var S = (4*3*13 - 2*1*9) / 18 = 138/18; z = 4 / sqrt(Var S).
    trend = mann_kendall([1, 2, 2, 3])
    assert float(trend.s) == 5
    assert float(trend.z) == pytest.approx(4 / (138 / 18) ** 0.5)
    assert float(trend.tau) == pytest.approx(5 / (6 * 5) ** 0.5)


def test_variance_is_that_of_all_orders():
    values = [1.0, 2, 2, 3, 3, 3]
    every = np.array(list(permutations(values))).T
    s = mann_kendall(every).s
    # z + 1/sqrt(Var) undoes the correction of continuity for a positive S.
    trend = mann_kendall(values)
    variance = ((float(trend.s) - 1) / float(trend.z)) ** 2
    assert s.mean() == pytest.approx(0)
    assert s.var() == pytest.approx(variance)


def test_series_without_a_trend():
    assert float(mann_kendall([3, 3, 3, 3]).p) == 1
    assert float(mann_kendall([3, 3, 3, 3]).tau) == 0
    assert float(mann_kendall([1, 2]).p) == 1  # two weeks show no trend
    assert mann_kendall(np.zeros((5, 2, 3))).p.shape == (2, 3)
    with pytest.raises(ValueError, match="gaps"):
        mann_kendall([1, np.nan, 2])


def test_noise_has_no_trend_more_often_than_stated():
    series = np.random.default_rng(6).poisson(2, (12, 4000))
    assert (mann_kendall(series).p <= 0.05).mean() < 0.06


def test_cube_counts_every_dated_row_once():
    start = np.datetime64("2017-08-21")
    moments = start + np.array([0, 6, 7, 13, 14, -1], dtype="timedelta64[D]")
    cube = week_counts([0, 1, 1, -1, 0, 0], moments, n_units=2, start=start, weeks=2)
    assert cube.tolist() == [[1, 1], [0, 1]]  # outside the weeks, or in no unit: not counted
    assert (
        week_counts([0], np.array(["NaT"], dtype="datetime64[s]"), n_units=1, start=start, weeks=1).sum() == 0
    )
    assert week_counts([0, 0], [start, start], n_units=1, start=start, weeks=1, weights=[0.5, 2]).sum() == 2.5
    with pytest.raises(ValueError, match="weeks"):
        week_counts([], [], n_units=1, start=start, weeks=0)


LEVELS = {
    "never": [1] * 12,
    "emerging": [1, 1, 1, 1, 1, 1, 1, 1, 1, 15, 25, 35],
    "intensifying": [8, 9, 10, 11, 13, 15, 17, 20, 24, 28, 33, 40],
    "cooling": [40, 36, 32, 28, 25, 22, 19, 16, 14, 12, 11, 10],
    "persistent": [22, 20, 23, 21, 22, 20, 21, 22, 23, 20, 22, 21],
    "historical": [30, 28, 31, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    "sporadic": [30, 1, 1, 1, 30, 1, 1, 1, 1, 30, 1, 1],
}


@pytest.mark.parametrize("pattern", LEVELS)
def test_each_class_by_its_story(pattern):
    rng = np.random.default_rng(1)
    cube = rng.poisson(1.0, (12, 15, 15)).astype(float)
    cube[:, 7, 7] = LEVELS[pattern]
    found = emerging_hot_spots(cube, CellNeighbours((15, 15), 0.0), back=0)
    assert found.pattern[7, 7] == pattern
    table = found.table(np.ones((15, 15), dtype=bool))
    assert table["label"][7 * 15 + 7] == PATTERNS[pattern]
    assert (table["pattern"] == "never").mean() > 0.98


def test_weeks_before_help_where_one_is_too_thin():
    rng = np.random.default_rng(3)
    cube = rng.poisson(0.3, (12, 20, 20)).astype(float)
    cube[:, 5:8, 5:8] += rng.poisson(0.7, (12, 3, 3))
    near = CellNeighbours((20, 20), 1.5)
    alone = emerging_hot_spots(cube, near, back=0).hot[:, 6, 6].sum()
    together = emerging_hot_spots(cube, near, back=2).hot[:, 6, 6].sum()
    assert together > alone


def test_noise_has_no_hot_weeks():
    rng = np.random.default_rng(8)
    near = CellNeighbours((20, 20), 1.5)
    runs = [emerging_hot_spots(rng.poisson(0.4, (12, 20, 20)), near) for _ in range(40)]
    assert sum(found.hot.any() for found in runs) <= 7


def test_a_quiet_week_cools_nothing():
    rng = np.random.default_rng(9)
    cube = rng.poisson(4.0, (12, 15, 15)).astype(float)
    cube[:, 7, 7] += 30
    cube[6] = np.floor(cube[6] / 3)  # a holiday everywhere
    found = emerging_hot_spots(cube, CellNeighbours((15, 15), 0.0), back=0)
    assert found.pattern[7, 7] == "persistent"
    assert found.hot[6, 7, 7]


def test_units_not_studied_and_bad_input():
    studied = np.ones((4, 4), dtype=bool)
    studied[0] = False
    near = CellNeighbours((4, 4), 1.0, studied=studied)
    found = emerging_hot_spots(np.ones((3, 4, 4)), near)
    assert (found.pattern[0] == "not_judged").all()
    assert (found.pattern[1:] == "never").all()
    assert len(found.table(studied)) == 12
    assert found.table(studied)["first_hot"].tolist() == [0] * 12
    with pytest.raises(ValueError, match="cube"):
        emerging_hot_spots(np.ones((3, 4)), near)
    with pytest.raises(ValueError, match="back"):
        emerging_hot_spots(np.ones((3, 4, 4)), near, back=-1)
