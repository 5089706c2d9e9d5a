"""Local Moran's I: hand calculation, the sum that makes the global I, moments and p by enumeration."""

from itertools import permutations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from geodata.patterns.local_moran import HIGH_HIGH, HIGH_LOW, LOW_HIGH, LOW_LOW, local_moran
from geodata.patterns.neighbours import CellNeighbours, ZoneNeighbours


def test_by_hand():
    # z = -1, -1, 2; sum of squares 6; lags -1, (−1 + 2)/2, -1; I = 2 z lag / 6.
    found = local_moran([[0.0, 0.0, 3.0]], CellNeighbours((1, 3), 1.0))
    assert found.score == pytest.approx(np.array([[2 / 6, 2 * -0.5 / 6, 2 * -2 / 6]]))
    assert found.quadrant.tolist() == [[LOW_LOW, LOW_HIGH, HIGH_LOW]]


def test_the_sum_is_the_global_index():
    rng = np.random.default_rng(5)
    x = rng.gamma(2, 1, (8, 6))
    found = local_moran(x, CellNeighbours((8, 6), 1.0))
    at = np.argwhere(np.ones((8, 6)))
    w = (((at[:, None] - at[None]) ** 2).sum(axis=-1) == 1).astype(float)
    w /= w.sum(axis=1, keepdims=True)
    z = (x - x.mean()).ravel()
    assert found.score.sum() / 47 == pytest.approx(z @ w @ z / (z @ z))


def test_moments_and_p_equal_those_of_all_permutations():
    x = np.array([0.0, 1.0, 1.0, 4.0, 9.0, 2.0])
    w = np.zeros((6, 6))
    for i, j in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (3, 5)]:
        w[i, j] = w[j, i] = 1
    near = ZoneNeighbours(csr_matrix(w))
    found = local_moran(x, near, rng=np.random.default_rng(3), most_draws=200_000)
    every = np.array([local_moran(np.array(order), near).score for order in permutations(x)])
    assert found.expected == pytest.approx(every.mean(axis=0))
    assert found.variance == pytest.approx(every.var(axis=0))
    standard = w / w.sum(axis=1, keepdims=True)
    for unit in range(6):
        others = np.delete(x, unit)
        lags = np.array(
            [standard[unit] @ np.insert(np.array(order), unit, 0) for order in permutations(others)]
        )
        seen = standard[unit] @ x
        p = min(1, 2 * min((lags >= seen - 1e-9).mean(), (lags <= seen + 1e-9).mean()))
        # Drawing stops after 20 extreme ones: relative error of about 1 / sqrt(20).
        assert found.p[unit] == pytest.approx(p, rel=0.9)


def test_clusters_and_outliers():
    x = np.zeros((20, 20))
    x[3:7, 3:7] = 5.0
    x[15, 15] = 5.0
    found = local_moran(x + np.random.default_rng(1).normal(0, 0.1, x.shape), CellNeighbours((20, 20), 1.0), rng=np.random.default_rng(1))  # fmt: skip
    assert found.quadrant[4, 4] == HIGH_HIGH
    assert found.p[4, 4] < 0.001
    assert found.quadrant[15, 15] == HIGH_LOW
    assert found.score[15, 15] < 0


def test_same_seed_same_p_and_units_without_neighbours():
    x = np.random.default_rng(6).poisson(2, (6, 6)).astype(float)
    cells = CellNeighbours((6, 6), 1.0)
    first, second = (local_moran(x, cells, rng=np.random.default_rng(9)).p for _ in range(2))
    assert (first == second).all()
    alone = ZoneNeighbours(csr_matrix(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])))
    found = local_moran([1.0, 5.0, 9.0], alone, rng=np.random.default_rng(0))
    assert (found.score[2], found.quadrant[2], found.p[2], found.expected[2], found.variance[2]) == (
        0,
        0,
        1,
        0,
        0,
    )


def test_nothing_varies_and_bad_values():
    cells = CellNeighbours((3, 3), 1.0)
    flat = local_moran(np.ones((3, 3)), cells, rng=np.random.default_rng(0))
    assert not flat.score.any()
    assert (flat.p == 1).all()
    with pytest.raises(ValueError, match="shape"):
        local_moran(np.zeros(9), cells)
    with pytest.raises(ValueError, match="finite"):
        local_moran(np.full((3, 3), np.inf), cells)
