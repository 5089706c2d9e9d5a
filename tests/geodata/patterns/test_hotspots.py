"""Gi*: the formula by hand, the false discovery rate, and what a cluster looks like."""

import numpy as np
import pytest

from geodata.patterns import CellFrame, hot_spots
from geodata.patterns.hotspots import gi_star, neighbourhood, significant


def test_gi_star_by_hand():
    # Three cells 0, 0, 3 in a row, neighbours: itself and the next. Mean 1, S = sqrt(2), n = 3.
    values = np.array([[0.0, 0.0, 3.0]])
    score = gi_star(values, np.ones((1, 3)), studied=np.ones((1, 3), dtype=bool))
    # End: sum 3, w = 2: (3 - 2) / (sqrt(2) * sqrt((3*2 - 4) / 2)) = 1 / sqrt(2); the middle has all, no variance.
    assert score == pytest.approx(np.array([[-2 / 2**0.5, 0.0, 1 / 2**0.5]]))


def test_gi_star_against_the_formula_with_matrices():
    rng = np.random.default_rng(8)
    values = rng.poisson(3, (7, 9)).astype(float)
    studied = rng.random((7, 9)) < 0.8
    frame = CellFrame.over((0, 0, 90, 70), cell_m=10)
    centres = frame.centres()[studied.ravel()]
    distance = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    w = (distance <= 20 + 1e-6).astype(float)
    x = values[studied]
    n = len(x)
    spread = np.sqrt((x**2).mean() - x.mean() ** 2)
    w_sum = w.sum(axis=1)
    expected = (w @ x - x.mean() * w_sum) / (spread * np.sqrt((n * (w**2).sum(axis=1) - w_sum**2) / (n - 1)))
    got = gi_star(values, neighbourhood(2.0), studied=studied)
    assert got[studied] == pytest.approx(expected)
    assert not got[~studied].any()


def test_neighbourhood_is_a_disc():
    assert neighbourhood(0).tolist() == [[1]]
    assert neighbourhood(1).tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    assert neighbourhood(1.5).sum() == 9


def test_benjamini_hochberg_example():
    # Benjamini & Hochberg (1995), section 3.1: fifteen p-values, at 0.05 the first four are rejected.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
         0.7590, 1.0]  # fmt: skip
    assert significant(p, rate=0.05).sum() == 4
    assert significant([], rate=0.05).shape == (0,)
    assert not significant([0.9, 1.0], rate=0.05).any()


def test_a_cluster_is_hot_and_noise_is_not():
    rng = np.random.default_rng(1)
    noise = rng.uniform(0, 2000, (800, 2))
    cluster = rng.normal((600, 1500), 60, (120, 2))
    found = hot_spots(np.vstack([noise, cluster]), bounds=(0, 0, 2000, 2000), cell_m=100, distance_m=150)
    assert found.label[15, 6] == 1
    rows, columns = np.nonzero(found.label == 1)
    assert np.hypot(rows - 14.5, columns - 5.5).max() < 5
    # A fixed draw: noise alone has no significant cell.
    assert not hot_spots(noise, bounds=(0, 0, 2000, 2000), cell_m=100, distance_m=150).label.any()


def test_nothing_to_find():
    empty = hot_spots([], bounds=(0, 0, 100, 100), cell_m=10, distance_m=20)
    assert (empty.z == 0).all()
    assert (empty.p == 1).all()
    one = hot_spots([[5, 5]], bounds=(0, 0, 10, 10), cell_m=10, distance_m=20)
    assert one.label.tolist() == [[0]]


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="rate"):
        hot_spots([], bounds=(0, 0, 10, 10), cell_m=1, distance_m=1, rate=0)
    with pytest.raises(ValueError, match="studied"):
        hot_spots([], bounds=(0, 0, 10, 10), cell_m=1, distance_m=1, studied=np.ones((2, 2)))
    with pytest.raises(ValueError, match="distance_m"):
        hot_spots([], bounds=(0, 0, 10, 10), cell_m=1, distance_m=-1)
