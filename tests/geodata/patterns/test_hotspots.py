"""Hot spots: what a cluster looks like, noise stays within the stated rate, unequal zones, edges."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.errors import CrsError
from geodata.patterns import hot_spots, zone_hot_spots
from geodata.patterns.judging import judge
from geodata.patterns.neighbours import CellNeighbours, ZoneNeighbours
from geodata.patterns.verdicts import LABELS, Verdict

CRS = 4547


def test_a_cluster_is_hot_and_noise_is_not():
    rng = np.random.default_rng(1)
    noise = rng.uniform(0, 2000, (800, 2))
    cluster = rng.normal((600, 1500), 60, (120, 2))
    found = hot_spots(np.vstack([noise, cluster]), bounds=(0, 0, 2000, 2000), cell_m=100, distance_m=150)
    assert found.verdict[15, 6] == Verdict.HOT
    rows, columns = np.nonzero(found.verdict == Verdict.HOT)
    assert np.hypot(rows - 14.5, columns - 5.5).max() < 5
    # A fixed draw: noise alone has no significant cell, though some look dense.
    alone = hot_spots(noise, bounds=(0, 0, 2000, 2000), cell_m=100, distance_m=150)
    assert set(np.unique(alone.verdict)) == {Verdict.ORDINARY, Verdict.CHANCE}


@pytest.mark.parametrize("mean", [0.05, 0.5, 5.0])
@pytest.mark.parametrize(("test", "even"), [("exact", True), ("exact", False), ("permutation", True)])
def test_pure_noise_stays_within_the_stated_rate(mean, even, test):
    rng = np.random.default_rng(31)
    cells = CellNeighbours((30, 30), 2.0)
    runs, false = (150, 0) if test == "exact" else (40, 0)
    for _ in range(runs):
        exposure = np.ones((30, 30)) if even else rng.gamma(0.7, 1, (30, 30)) * (rng.random((30, 30)) > 0.1)
        counts = rng.poisson(mean * exposure / exposure.mean()).astype(float)
        found = judge(counts, cells, exposure=None if even else exposure, test=test, rng=rng)
        false += bool((np.abs(found.verdict) == 1).any())
    # At the stated 5 % more than this many of the runs come up once in a thousand tests.
    assert false <= (16 if test == "exact" else 7)


def test_normal_p_values_do_not_hold_for_sparse_counts():
    rng = np.random.default_rng(31)
    cells = CellNeighbours((30, 30), 2.0)
    noise = [rng.poisson(0.05, (30, 30)).astype(float) for _ in range(40)]
    false = sum(bool((judge(counts, cells, test="normal").verdict == 1).any()) for counts in noise)
    assert false > 20  # why they are not the default


@pytest.mark.parametrize("test", ["exact", "permutation"])
def test_a_planted_cluster_is_found(test):
    rng = np.random.default_rng(5)
    cells = CellNeighbours((50, 50), 2.0)
    found = 0
    for _ in range(20):
        rate = np.ones((50, 50))
        rate[10:15, 30:35] = 3
        verdict = judge(rng.poisson(rate).astype(float), cells, test=test, rng=rng).verdict
        found += bool((verdict[10:15, 30:35] == Verdict.HOT).any())
    assert found >= 18


def test_the_exact_test_is_the_binomial_of_the_neighbourhood():
    # 9 of 12 problems in one of 100 cells: P(X >= 9) of Bin(12, 0.01), times two.
    counts = np.zeros((10, 10))
    counts[0, 0], counts[9, 9] = 9, 3
    found = judge(counts, CellNeighbours((10, 10), 0.0))
    terms = [220 * 0.01**9 * 0.99**3, 66 * 0.01**10 * 0.99**2, 12 * 0.01**11 * 0.99, 0.01**12]
    assert found.p[0, 0] == pytest.approx(2 * sum(terms))
    assert found.expected[0, 0] == pytest.approx(0.12)
    assert found.verdict[9, 9] == Verdict.HOT
    assert found.verdict[5, 5] == Verdict.ORDINARY


def test_an_uncommon_gap_is_cold():
    counts = np.full((20, 20), 2.0)
    counts[5:12, 5:12] = 0
    found = judge(counts, CellNeighbours((20, 20), 3.0))
    assert found.verdict[8, 8] == Verdict.COLD
    assert found.z[8, 8] < 0
    assert not (found.verdict == Verdict.HOT).any()


def test_exposure_explains_what_the_area_does_not():
    rng = np.random.default_rng(2)
    exposure = np.ones((30, 30))
    exposure[10:16, 10:16] = 8  # a street of shops
    counts = rng.poisson(exposure).astype(float)
    cells = CellNeighbours((30, 30), 1.5)
    assert (judge(counts, cells).verdict[11:15, 11:15] == Verdict.HOT).all()
    with_shops = judge(counts, cells, exposure=exposure)
    assert not (np.abs(with_shops.verdict) == 1).any()


def test_without_exposure_a_cell_is_not_judged():
    exposure = np.ones((1, 9))
    exposure[0, :4] = 0
    found = judge(np.array([[7.0, 0, 0, 0, 1, 1, 1, 1, 1]]), CellNeighbours((1, 9), 1.0), exposure=exposure)
    assert found.verdict[0, :3].tolist() == [Verdict.NOT_JUDGED] * 3
    assert found.p[0, :3].tolist() == [1, 1, 1]
    assert found.table()["label"][0] == "不评价"


def test_left_out_cells_take_no_part():
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 500, (200, 2))
    studied = np.zeros((10, 10), dtype=bool)
    studied[:5, :5] = True
    found = hot_spots(points, bounds=(0, 0, 1000, 1000), cell_m=100, distance_m=100, studied=studied)
    assert not found.z[~studied].any()
    assert not (found.verdict == Verdict.HOT).any()  # the empty land outside makes nothing hot
    assert len(found.table()) == 25
    assert (
        hot_spots(points, bounds=(0, 0, 1000, 1000), cell_m=100, distance_m=100).verdict[2, 2] == Verdict.HOT
    )


def test_table_and_squares_say_it_in_words():
    found = hot_spots([[15, 15]] * 9 + [[85, 85]], bounds=(0, 0, 100, 100), cell_m=10, distance_m=0)
    squares = found.squares(crs=CRS)
    hot = squares[squares["verdict"] == "hot"].iloc[0]
    assert (hot["count"], hot["label"], hot.geometry.bounds) == (9, "显著热点", (10, 10, 20, 20))
    assert hot["ratio"] == pytest.approx(9 / 0.1)
    assert set(squares["label"]) <= set(LABELS.values())
    assert squares.crs.to_epsg() == CRS


def test_big_zones_do_not_win_by_size():
    # A zone of four times the area with four times the problems is like the others; a small one with three times the rate is hot.
    sizes = [4, 1, 1, 1, 1, 1]
    edges = np.concatenate([[0], np.cumsum(sizes)]) * 1000.0
    zones = gpd.GeoDataFrame(geometry=shapely.box(edges[:-1], 0, edges[1:], 1000), crs=CRS)
    counts = [80, 20, 20, 20, 60, 20]
    alone = ZoneNeighbours(np.zeros((6, 6)))
    found = zone_hot_spots(zones, counts, neighbours=alone)
    assert found.exposure.tolist() == pytest.approx(sizes)
    assert found.verdict[4] == Verdict.HOT
    assert found.verdict[0] != Verdict.HOT
    # Judged by shops, of which the small zone has three times as many, it is not.
    assert not (
        zone_hot_spots(zones, counts, exposure=[4, 1, 1, 1, 3, 1], neighbours=alone).verdict == 1
    ).any()


def test_zone_without_exposure_is_not_judged_and_gives_nothing_to_others():
    zones = gpd.GeoDataFrame(geometry=shapely.box([0, 10, 20], 0, [10, 20, 30], 10), crs=CRS)
    found = zone_hot_spots(zones, [50, 5, 5], exposure=[0, 10, 10])
    assert found.verdict.tolist() == [Verdict.NOT_JUDGED, Verdict.ORDINARY, Verdict.ORDINARY]
    assert found.around.tolist() == [0, 10, 10]
    assert len(found.table()) == 2
    with pytest.raises(CrsError):
        zone_hot_spots(zones.set_crs(4326, allow_override=True), [1, 1, 1])


def test_severity_needs_the_permutation_test():
    points, weights = [[15.0, 15.0], [85.0, 85.0]], [3.0, 1.0]
    box = {"bounds": (0, 0, 100, 100), "cell_m": 10, "distance_m": 10}
    found = hot_spots(points, **box, weights=weights, test="permutation", rng=np.random.default_rng(1))
    assert found.counts.max() == 3
    first = hot_spots(points, **box, weights=weights, test="permutation", rng=np.random.default_rng(1))
    assert (found.p == first.p).all()


def test_nothing_to_find():
    empty = hot_spots([], bounds=(0, 0, 100, 100), cell_m=10, distance_m=20)
    assert (empty.z == 0).all()
    assert (empty.p == 1).all()
    one = hot_spots([[5, 5]], bounds=(0, 0, 10, 10), cell_m=10, distance_m=20)
    assert one.verdict.tolist() == [[0]]


def test_bad_input_is_refused():
    box = {"bounds": (0, 0, 10, 10), "cell_m": 1}
    with pytest.raises(ValueError, match="rate"):
        hot_spots([], **box, distance_m=1, rate=0)
    with pytest.raises(ValueError, match="studied"):
        hot_spots([], **box, distance_m=1, studied=np.ones((2, 2)))
    with pytest.raises(ValueError, match="distance_m"):
        hot_spots([], **box, distance_m=-1)
    with pytest.raises(ValueError, match="shape"):
        hot_spots([], **box, distance_m=1, exposure=np.ones((2, 2)))
    with pytest.raises(ValueError, match="0 or more"):
        hot_spots([], **box, distance_m=1, exposure=np.full((10, 10), -1.0))
    with pytest.raises(ValueError, match="rng"):
        hot_spots([[1, 1]], **box, distance_m=1, test="permutation")
    with pytest.raises(ValueError, match="dealt out"):
        hot_spots([[1, 1]], **box, distance_m=1, test="permutation", exposure=np.ones((10, 10)))
    weighted = ZoneNeighbours(np.array([[0, 0.5], [0.5, 0]]))
    with pytest.raises(ValueError, match="weight 1"):
        judge(np.array([1.0, 2.0]), weighted)
