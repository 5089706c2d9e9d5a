"""The Hilbert curve by its laws, and the filling of squares into partitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.partition.squares import NOWHERE_SQUARE, SIDE, Filling, fill, hilbert, square_numbers


@pytest.mark.parametrize("level", [1, 2, 3, 6, 9])
def test_the_curve_visits_every_square_once_and_steps_to_a_neighbour(level):
    side = 1 << level
    rows, columns = np.mgrid[0:side, 0:side]
    position = hilbert(columns, rows, level=level).ravel()
    order = np.argsort(position)
    assert position[order].tolist() == list(range(side * side))
    steps = np.abs(np.diff(columns.ravel()[order])) + np.abs(np.diff(rows.ravel()[order]))
    assert (steps == 1).all()


def test_points_outside_go_to_the_edge_and_those_without_a_place_behind_all():
    box = (0.0, 0.0, float(SIDE), float(SIDE))
    xy = np.array([[0.5, 0.5], [-99.0, -99.0], [SIDE + 5.0, 0.5], [SIDE, 0.0], [np.nan, 1.0], [1.0, np.inf]])
    squares = square_numbers(xy, box)
    corner = hilbert(np.array([SIDE - 1]), np.array([0]))[0]
    assert squares.tolist() == [0, 0, corner, corner, NOWHERE_SQUARE, NOWHERE_SQUARE]
    assert square_numbers(np.zeros((0, 2)), box).shape == (0,)


def test_a_box_without_extent_is_one_square():
    assert square_numbers(np.array([[3.0, 4.0]]), (3.0, 4.0, 3.0, 4.0)).tolist() == [0]


def test_squares_stay_whole_up_to_the_size_and_nowhere_is_apart():
    squares = np.array([1, 1, 2, 7, NOWHERE_SQUARE])
    chunks = np.array([0, 1, 0, 1, 1])
    filling = fill(squares, chunks, np.array([3, 3, 4, 5, 2]), rows=10)
    assert filling.of(np.array([1, 2, 7, NOWHERE_SQUARE]), 1).tolist() == [0, 0, 1, 2]
    assert filling.partitions == 3


def test_a_crowded_square_is_cut_between_chunks():
    filling = fill(np.array([5, 5, 5, 6]), np.array([0, 2, 3, 0]), np.array([6, 6, 6, 1]), rows=10)
    assert [int(filling.of(np.array([5]), chunk)[0]) for chunk in range(4)] == [0, 0, 1, 2]
    assert filling.of(np.array([6]), 0).tolist() == [2]


def test_nothing_fills_nothing(tmp_path):
    nothing = np.zeros(0, dtype=np.int64)
    filling = fill(nothing, nothing, nothing, rows=10)
    filling.write(tmp_path / "plan.arrow")
    assert Filling.read(tmp_path / "plan.arrow").partitions == 0


entries = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 4)), st.integers(1, 9), min_size=1, max_size=25
)


@given(entries, st.integers(1, 30))
def test_partitions_are_bounded_and_every_row_is_in_one(counts, rows):
    keys = np.array(list(counts), dtype=np.int64)
    numbers = np.array(list(counts.values()), dtype=np.int64)
    filling = fill(keys[:, 0], keys[:, 1], numbers, rows=rows)
    sizes = np.zeros(filling.partitions, dtype=int)
    for (square, chunk), count in counts.items():
        sizes[filling.of(np.array([square]), chunk)[0]] += count
    assert sizes.sum() == numbers.sum()
    assert (sizes > 0).all()
    # one chunk's rows of one square are never cut
    assert sizes.max() < rows + numbers.max()
