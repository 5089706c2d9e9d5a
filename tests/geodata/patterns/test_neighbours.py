"""Neighbourhoods: discs against brute force, zones against what touches."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns.neighbours import CellNeighbours, ZoneNeighbours, zone_neighbours


def dense(cells: CellNeighbours, radius: float) -> np.ndarray:
    """Weights by definition, n x n, self included."""
    rows, columns = cells.shape
    at = np.array([(r, c) for r in range(rows) for c in range(columns)], dtype=float)
    near = ((at[:, None] - at[None]) ** 2).sum(axis=-1) <= radius**2 + 1e-6
    return near & cells.studied.ravel()[None, :]


@settings(deadline=None, max_examples=60)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    radius=st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.7, 20.0]),
    seed=st.integers(0, 99),
)
def test_disc_sums_equal_the_definition(rows, columns, radius, seed):
    rng = np.random.default_rng(seed)
    cells = CellNeighbours((rows, columns), radius, studied=rng.random((rows, columns)) < 0.8)
    values = rng.normal(size=(2, rows, columns))
    weights = dense(cells, radius)
    expected = (values.reshape(2, -1) @ weights.T).reshape(values.shape)
    assert cells.sums(values) == pytest.approx(expected, abs=1e-12)
    assert cells.weight.ravel() == pytest.approx(weights.sum(axis=1))
    starts, stops, ones = cells.rows()
    assert (stops - starts).tolist() == (weights.sum(axis=1) - 1)[cells.studied.ravel()].tolist()
    assert (ones == 1).all()


def test_whole_numbers_stay_whole():
    values = np.random.default_rng(1).poisson(3, (40, 60)).astype(float)
    sums = CellNeighbours((40, 60), 3.0).sums(values)
    assert (sums == np.rint(sums)).all()


def test_a_wrong_radius_or_mask_is_refused():
    with pytest.raises(ValueError, match="radius"):
        CellNeighbours((2, 2), -1)
    with pytest.raises(ValueError, match="radius"):
        CellNeighbours((2, 2), float("inf"))
    with pytest.raises(ValueError, match="studied"):
        CellNeighbours((2, 2), 1, studied=[True])


def test_zones_that_touch_or_nearly_touch():
    # Three in a row, a crack of half a metre before the third; the fourth touches the first by a corner only.
    zones = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20.5, 0, 30, 10), shapely.box(-10, 10, 0, 20)]  # fmt: skip
    near = zone_neighbours(zones)
    assert near.matrix.toarray().tolist() == [[1, 1, 0, 1], [1, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]]
    assert near.others.diagonal().tolist() == [0, 0, 0, 0]
    assert zone_neighbours([*zones, shapely.box(31.1, 0, 40, 10)]).weight[-1] == 1  # more than a crack


def test_zones_by_distance_and_left_out_zones():
    zones = shapely.box([0, 10, 20], 0, [10, 20, 30], 10)
    assert zone_neighbours(zones, by="distance", distance_m=10).weight.tolist() == [2, 3, 2]
    assert zone_neighbours(zones, by="distance", distance_m=9.9).weight.tolist() == [1, 1, 1]
    part = zone_neighbours(zones, studied=[True, False, True])
    assert part.sums(np.array([1.0, 2.0, 4.0])).tolist() == [1, 0, 4]
    starts, stops, _ = part.rows()
    assert (stops - starts).tolist() == [0, 0]


def test_weights_of_any_size():
    near = ZoneNeighbours(np.array([[7.0, 0.5, 0], [0.5, 0, 0.25], [0, 0.25, 0]]))
    assert near.weight.tolist() == [1.5, 1.75, 1.25]  # the diagonal is 1
    assert near.square.tolist() == [1.25, 1.3125, 1.0625]
    values = np.array([[1.0, 2, 4], [0, 0, 1]])
    assert near.sums(values).tolist() == [[2, 3.5, 4.5], [0, 0.25, 1]]


@pytest.mark.parametrize(
    "weights", [np.ones((2, 3)), np.array([[0, -1.0], [1, 0]]), np.array([[0, np.nan], [1, 0]])]
)
def test_bad_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        ZoneNeighbours(weights)


def test_zones_without_shape_or_distance_are_refused():
    with pytest.raises(ValueError, match="shape"):
        zone_neighbours([shapely.box(0, 0, 1, 1), None])
    with pytest.raises(ValueError, match="distance"):
        zone_neighbours([shapely.box(0, 0, 1, 1)], by="distance")
