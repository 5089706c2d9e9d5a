"""Class polygons: areas tile, rings are closed and turned right, values inside lie in the class."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns import DensityGrid, density_grid
from geodata.patterns.contours import density_bands


def grid_of(values, cell_m=10.0):
    values = np.asarray(values, dtype=float)
    rows, columns = values.shape
    return DensityGrid(values, (0.0, 0.0, columns * cell_m, rows * cell_m), cell_m)


def check(bands, whole):
    """All valid, none overlapping, areas sum to the whole."""
    shapes = [band.polygon for band in bands]
    assert all(shape.is_valid and not shape.is_empty for shape in shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(whole, rel=1e-9)
    for at, one in enumerate(shapes):
        for other in shapes[at + 1 :]:
            assert one.intersection(other).area == pytest.approx(0, abs=1e-6)
        for polygon in shapely.get_parts(one):
            assert polygon.exterior.is_ccw
            assert polygon.exterior.is_closed
            assert not any(ring.is_ccw for ring in polygon.interiors)


def test_a_cone_by_hand():
    # Height 4 in the middle, 0 around: the level 2 is half-way to each neighbour, a diamond of 2 x 5² m².
    bands = density_bands(grid_of([[0, 0, 0], [0, 4, 0], [0, 0, 0]]), [-1, 2])
    assert [(band.lower, band.upper) for band in bands] == [(-1, 2), (2, np.inf)]
    assert bands[1].polygon.equals(shapely.Polygon([(10, 15), (15, 10), (20, 15), (15, 20)]))
    assert bands[0].polygon.area == 900 - 50
    assert len(bands[0].polygon.interiors) == 1


def test_a_ring_of_high_ground_with_a_hole_and_an_island():
    values = np.zeros((15, 15))
    values[2:13, 2:13] = 10
    values[5:10, 5:10] = 0
    values[7, 7] = 10
    bands = density_bands(grid_of(values), [-5, 5])
    check(bands, 150 * 150)
    high = shapely.get_parts(bands[1].polygon)
    assert sorted(len(polygon.interiors) for polygon in high) == [0, 1]


def test_level_ground_is_one_class():
    bands = density_bands(grid_of(np.full((4, 5), 3.0)), [1, 2, 3, 4])
    assert [(band.lower, band.upper) for band in bands] == [(3, 4)]
    assert bands[0].polygon.area == pytest.approx(4 * 5 * 100)
    assert density_bands(grid_of(np.zeros((2, 2))), [1]) == []


@pytest.mark.parametrize("middle_is_high", [True, False])
def test_saddles_are_decided_by_the_mean(middle_is_high):
    values = [[9, 0], [0, 9]] if middle_is_high else [[7, 0], [0, 7]]
    (band,) = density_bands(grid_of(values), [4])
    # 4 lies below the mean 4.5 (one piece) and above 3.5 (two).
    assert len(shapely.get_parts(band.polygon)) == (1 if middle_is_high else 2)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1), st.booleans())
def test_classes_tile_the_box(rows, columns, seed, with_ties):
    rng = np.random.default_rng(seed)
    values = (
        rng.integers(0, 5, (rows, columns)).astype(float) if with_ties else rng.uniform(0, 5, (rows, columns))
    )
    check(density_bands(grid_of(values), [-1, 1, 2, 2.5, 3, 4]), rows * columns * 100)


def test_values_lie_in_their_class():
    points = np.random.default_rng(5).normal(500, 150, (400, 2))
    grid = density_grid(points, bounds=(0, 0, 1000, 900), cell_m=20, bandwidth_m=120)
    limits = [0.0, 50, 200, 800, 2000]
    bands = density_bands(grid, limits)
    check(bands, 1000 * 900)
    y, x = np.meshgrid(np.arange(45) * 20 + 10, np.arange(50) * 20 + 10, indexing="ij")
    for band in bands:
        inside = shapely.contains_xy(band.polygon, x, y)
        assert ((grid.values[inside] >= band.lower) & (grid.values[inside] < band.upper)).all()


def test_bands_tile_the_study_area_and_fill_unstudied_cells():
    district = shapely.Polygon(
        [(30, 20), (930, 60), (870, 800), (90, 760)], [[(300, 300), (500, 320), (450, 480)]]
    )
    values = np.random.default_rng(6).uniform(0, 10, (45, 50))
    values[:10] = np.nan
    bands = density_bands(grid_of(values, 20.0), [-1, 3, 6, 9], within=district)
    check(bands, district.area)


def test_limits_must_rise():
    for wrong in ([2, 1], [1, 1], [0, np.nan]):
        with pytest.raises(ValueError, match="rising"):
            density_bands(grid_of([[1.0]]), wrong)
