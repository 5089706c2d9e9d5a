"""Tiles: everything that a kernel reaches is covered once, and every point goes to all tiles it reaches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.partition.tiles import CellGround, Tiles, column_row, numbered, tiled


def test_a_smallest_square_is_wider_than_a_kernel_reaches():
    for bandwidth_m in (1.0, 639.0, 640.0, 641.0, 5_000.0, 9_999.0):
        ground = CellGround.of(cell_m=10.0, bandwidth_m=bandwidth_m)
        assert ground.square * ground.cell_m > bandwidth_m
        assert ground.square & (ground.square - 1) == 0


@pytest.mark.parametrize(
    ("cell_m", "bandwidth_m"), [(0.0, 5.0), (5.0, -1.0), (np.nan, 5.0), (5.0, np.inf), (1.0, 1_001.0)]
)
def test_grounds_that_make_no_sense_are_refused(cell_m, bandwidth_m):
    with pytest.raises(ValueError, match=r"m must be|use cells of"):
        CellGround.of(cell_m=cell_m, bandwidth_m=bandwidth_m)


def test_numbers_of_squares_on_both_sides_of_the_origin():
    column, row = np.array([-7, 0, 5, 40_000]), np.array([3, -1, 0, -60_000])
    assert [part.tolist() for part in column_row(numbered(column, row))] == [column.tolist(), row.tolist()]


points = st.lists(st.tuples(st.floats(-9_000, 9_000), st.floats(-9_000, 9_000)), min_size=1, max_size=60)


@given(points, st.sampled_from([5.0, 63.0, 64.0, 130.0, 700.0]), st.integers(1, 12))
def test_points_reach_exactly_the_tiles_that_their_kernels_meet(xy, bandwidth_m, most):
    xy = np.array(xy)
    ground = CellGround.of(cell_m=1.0, bandwidth_m=bandwidth_m)
    squares, counts = np.unique(ground.squares(xy), return_counts=True)
    tiles = tiled(ground, squares, counts, points=most)
    low = np.column_stack([tiles.column, tiles.row]).astype(float)
    high = low + tiles.side[:, None]
    # by definition: a square of side 2 h round the point meets the tile
    meets = ((xy[:, None] + bandwidth_m >= low) & (xy[:, None] - bandwidth_m <= high)).all(axis=2)
    strictly = ((xy[:, None] + bandwidth_m > low) & (xy[:, None] - bandwidth_m < high)).all(axis=2)
    point, tile = tiles.reached(xy, ground)
    handed = np.zeros(meets.shape, dtype=int)
    np.add.at(handed, (point, tile), 1)
    assert handed.max() == 1
    assert (handed[strictly] == 1).all()
    assert (handed[~meets] == 0).all()
    # tiles do not overlap, and what lies in reach of a point is covered
    centres = np.concatenate([xy, xy + bandwidth_m * 0.99, xy - bandwidth_m * 0.99])
    inside = ((centres[:, None] >= low) & (centres[:, None] < high)).all(axis=2)
    assert (inside.sum(axis=1) == 1).all()


def test_tiles_are_small_where_points_are_many(tmp_path):
    ground = CellGround.of(cell_m=10.0, bandwidth_m=100.0)
    rng = np.random.default_rng(1)
    crowd, strays = rng.normal(50_000, 900, (9_000, 2)), rng.random((200, 2)) * 100_000
    xy = np.concatenate([crowd, strays])
    squares, counts = np.unique(ground.squares(xy), return_counts=True)
    tiles = tiled(ground, squares, counts, points=500)
    assert set(tiles.side.tolist()) >= {64, 1_024}
    home = tiles.of(ground.squares(xy))
    load = np.bincount(home)
    assert load[tiles.side[: len(load)] > 64].max() <= 500
    tiles.write(tmp_path / "plan.arrow")
    again = Tiles.read(tmp_path / "plan.arrow")
    assert again.tile.tolist() == tiles.tile.tolist()
    assert again.side.tolist() == tiles.side.tolist()
