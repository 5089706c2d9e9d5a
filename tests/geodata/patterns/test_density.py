"""Kernel density: values by hand, mass, agreement of the two ways, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns import CellFrame, density_at, density_grid


def test_one_point_by_hand():
    # 3 / (π h²) at the point, h = 100 m: 95.493 per km²; at u = 1/2: (3/4)² of it; at u = 1: 0.
    top = 3e6 / (math.pi * 100**2)
    at = [[0, 0], [50, 0], [0, -50], [60, 80], [99.999, 0], [300, 0]]
    expected = [top, top * 0.5625, top * 0.5625, 0, top * (1 - 0.99999**2) ** 2, 0]
    assert density_at([[0, 0]], at, bandwidth_m=100) == pytest.approx(expected, abs=1e-9)


def test_points_at_one_place_and_weights_add_up():
    one = density_at([[0, 0]], [[10, 0]], bandwidth_m=50)
    assert density_at([[0, 0]] * 3, [[10, 0]], bandwidth_m=50) == pytest.approx(3 * one)
    assert density_at([[0, 0]], [[10, 0]], bandwidth_m=50, weights=[2.5]) == pytest.approx(2.5 * one)


def test_mass_is_n():
    rng = np.random.default_rng(4)
    points = rng.uniform(0, 2000, (500, 2))
    grid = density_grid(points, bounds=(-300, -300, 2300, 2300), cell_m=10, bandwidth_m=150)
    assert grid.total() == pytest.approx(500, rel=1e-4)


def test_grid_equals_direct_sum_at_centres():
    rng = np.random.default_rng(6)
    points = rng.normal(500, 300, (300, 2))
    bounds, cell_m = (0.0, 0.0, 990.0, 705.0), 15.0
    grid = density_grid(points, bounds=bounds, cell_m=cell_m, bandwidth_m=120, weights=rng.uniform(0, 2, 300))
    rng = np.random.default_rng(6)
    rng.normal(500, 300, (300, 2))
    direct = density_at(
        points,
        CellFrame.over(bounds, cell_m=cell_m).centres(),
        bandwidth_m=120,
        weights=rng.uniform(0, 2, 300),
    )
    assert grid.values.shape == (47, 66)
    assert grid.values.ravel() == pytest.approx(direct, abs=1e-9)


def test_rows_begin_in_the_south():
    grid = density_grid([[5, 5]], bounds=(0, 0, 100, 100), cell_m=10, bandwidth_m=20)
    assert np.unravel_index(grid.values.argmax(), grid.values.shape) == (0, 0)
    grid = density_grid([[95, 5]], bounds=(0, 0, 100, 100), cell_m=10, bandwidth_m=20)
    assert np.unravel_index(grid.values.argmax(), grid.values.shape) == (0, 9)


def test_bounds_grow_to_whole_cells():
    frame = CellFrame.over((0, 0, 95, 101), cell_m=10)
    assert (frame.shape, frame.bounds) == ((11, 10), (0, 0, 100, 110))


def test_counts():
    frame = CellFrame.over((0, 0, 20, 20), cell_m=10)
    points = [[0, 0], [9.9, 9.9], [10, 0], [5, 15], [20, 5], [-1, 5]]
    assert frame.counts(points).tolist() == [[2, 1], [1, 0]]


def test_empty_inputs():
    assert density_at([], [[0, 0], [1, 1]], bandwidth_m=10).tolist() == [0, 0]
    assert density_at([[0, 0]], np.zeros((0, 2)), bandwidth_m=10).shape == (0,)
    assert density_grid([], bounds=(0, 0, 10, 10), cell_m=5, bandwidth_m=10).total() == 0


@pytest.mark.parametrize("bandwidth_m", [0, -5, np.nan, np.inf])
def test_bandwidth_must_be_positive(bandwidth_m):
    with pytest.raises(ValueError, match="bandwidth_m"):
        density_at([[0, 0]], [[0, 0]], bandwidth_m=bandwidth_m)
    with pytest.raises(ValueError, match="bandwidth_m"):
        density_grid([[0, 0]], bounds=(0, 0, 1, 1), cell_m=1, bandwidth_m=bandwidth_m)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="1 points have NaN"):
        density_at([[0, np.nan]], [[0, 0]], bandwidth_m=10)
    with pytest.raises(ValueError, match="shape"):
        density_at([1.0, 2.0, 3.0], [[0, 0]], bandwidth_m=10)
    with pytest.raises(ValueError, match="weights"):
        density_at([[0, 0]], [[0, 0]], bandwidth_m=10, weights=[1, 2])
    for bounds in ((0, 0, 0, 10), (0, 0, np.inf, 10), (5, 0, 0, 10)):
        with pytest.raises(ValueError, match="bounds"):
            density_grid([[0, 0]], bounds=bounds, cell_m=1, bandwidth_m=10)
    with pytest.raises(ValueError, match="too many"):
        density_grid([[0, 0]], bounds=(0, 0, 1e6, 1e6), cell_m=1, bandwidth_m=10)


@settings(deadline=None, max_examples=50)
@given(st.floats(100, 900), st.floats(100, 900), st.floats(30, 100))
def test_mass_of_one_point_wherever_it_lies(x, y, bandwidth_m):
    grid = density_grid([[x, y]], bounds=(0, 0, 1000, 1000), cell_m=2, bandwidth_m=bandwidth_m)
    assert grid.total() == pytest.approx(1, rel=2e-3)
