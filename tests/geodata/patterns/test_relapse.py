"""Relapses: nearness, window, kind and follow-up at their borders; the test per zone by enumeration."""

from math import comb

import numpy as np
import pytest

from geodata.patterns.relapse import find_relapses, relapse_table

DAY = np.datetime64("2017-09-01", "s")
ONE = np.timedelta64(1, "D")


def relapses(reports, days, *, closed=((0.0, 0.0),), after=100, **options):
    return find_relapses(
        closed, np.full(len(closed), DAY), reports, DAY + np.array(days) * ONE,
        radius_m=50, window_days=30, until=DAY + after * ONE, **options,
    )  # fmt: skip


def test_the_first_new_report_within_reach_counts():
    found = relapses([(0, 50), (0, 10), (0, 20)], [9, 8, 40])
    assert found.report.tolist() == [1]
    assert (found.distance_m[0], found.days[0]) == (10, 8)


@pytest.mark.parametrize(
    ("place", "day", "relapsed"),
    [
        ((0, 50.0), 5, True),  # on the border of the radius
        ((0, 50.01), 5, False),
        ((0, 0), 30, True),  # the last day
        ((0, 0), 31, False),
        ((0, 0), 0, False),  # the report at the moment of closing is not new
        ((0, 0), -3, False),
    ],
)
def test_borders_of_space_and_time(place, day, relapsed):
    assert relapses([place], [day]).relapsed.tolist() == [relapsed]


def test_only_the_same_kind_when_kinds_are_given():
    kinds = {"closed_kind": ["C1-02"], "reported_kind": ["C5-01", "C1-02"]}
    assert relapses([(0, 1), (0, 2)], [3, 4], **kinds).report.tolist() == [1]
    with pytest.raises(ValueError, match="neither"):
        relapses([(0, 1)], [3], closed_kind=["a"])


def test_only_closings_whose_window_is_over_count():
    found = relapses([(0, 1)], [3], after=29)
    assert found.followed.tolist() == [False]
    assert found.relapsed.tolist() == [True]
    table = relapse_table(found, [0], zones=2)
    assert table[["exposure", "pending"]].values.tolist() == [[0, 1], [0, 0]]
    assert table["label"].tolist() == ["不评价", "不评价"]
    assert relapses([(0, 1)], [3], after=30).followed.tolist() == [True]


def test_a_zone_of_relapses_by_enumeration():
    # 10 closings in each of two zones, far apart; 7 relapse in the first, 1 in the second.
    closed = np.array([(1000.0 * i, 0.0) for i in range(20)])
    again = [*range(7), 12]
    found = relapses(closed[again], [5] * 8, closed=closed)
    zone = np.repeat([0, 1], 10)
    table = relapse_table(found, zone, zones=2)
    assert table["observed"].tolist() == [7, 1]
    ways = [comb(10, k) * comb(10, 8 - k) / comb(20, 8) for k in range(9)]
    assert table["p"].tolist() == pytest.approx([2 * sum(ways[7:])] * 2)
    assert table["label"].tolist() == ["显著热点", "显著冷点"]
    assert relapse_table(found, np.full(20, -1), zones=2)["exposure"].sum() == 0


def test_brute_force():
    rng = np.random.default_rng(2)
    closed, reports = rng.uniform(0, 500, (60, 2)), rng.uniform(0, 500, (200, 2))
    when, new = DAY + rng.integers(0, 60, 60) * ONE, DAY + rng.integers(0, 90, 200) * ONE
    found = find_relapses(closed, when, reports, new, radius_m=60, window_days=20, until=DAY + 90 * ONE)
    for at in range(60):
        days = (new - when[at]) / ONE
        fits = (np.hypot(*(reports - closed[at]).T) <= 60) & (days > 0) & (days <= 20)
        assert found.relapsed[at] == fits.any()
        if fits.any():
            assert found.days[at] == days[fits].min()


def test_nothing_and_bad_input():
    none = np.zeros(0, dtype="datetime64[s]")
    empty = find_relapses([], none, [], none, radius_m=1, window_days=1, until=DAY)
    assert empty.report.shape == (0,)
    assert relapses([], []).relapsed.tolist() == [False]
    with pytest.raises(ValueError, match="one time"):
        find_relapses([[0, 0]], none, [], none, radius_m=1, window_days=1, until=DAY)
    with pytest.raises(ValueError, match="missing"):
        find_relapses([[0, 0]], np.array(["NaT"], dtype="datetime64[s]"), [], none, radius_m=1, window_days=1, until=DAY)  # fmt: skip
    with pytest.raises(ValueError, match="radius_m"):
        find_relapses([], none, [], none, radius_m=-1, window_days=1, until=DAY)
    with pytest.raises(ValueError, match="zone"):
        relapse_table(relapses([], []), [0, 1], zones=2)
