"""Borders: even points give an even density, the total is kept, masked cells are not studied."""

import math

import numpy as np
import pytest
import shapely

from geodata.patterns import CellFrame, density_at, density_grid, studied_density
from geodata.patterns.edges import area_shares, mass_on_cells, study_polygon

DISTRICT = shapely.Polygon(
    [(110, 90), (1900, 230), (1730, 1490), (820, 1610), (60, 1200)],
    [[(700, 700), (1020, 760), (930, 1110), (640, 1010)]],
)
BOX = (0.0, 0.0, 2000.0, 1700.0)
KERNELS = [("quartic", 220.0), ("gaussian", 80.0), ("gaussian", 200.0)]


def even_points(step_m=8.0):
    """A lattice, the most even points there are, inside the district."""
    x, y = (a.ravel() for a in np.meshgrid(np.arange(3, 2000, step_m), np.arange(5, 1700, step_m)))
    inside = shapely.contains_xy(DISTRICT, x, y)
    return np.column_stack([x, y])[inside], 1e6 / step_m**2


def test_shares_of_cells_are_areas():
    frame = CellFrame.over(BOX, cell_m=20)
    shares = area_shares(DISTRICT, frame)
    squares = shapely.box(*(frame.centres() - 10).T, *(frame.centres() + 10).T)
    by_hand = shapely.area(shapely.intersection(squares, DISTRICT)) / 400
    assert shares.ravel() == pytest.approx(by_hand, abs=1e-12)
    assert shares.sum() * 400 == pytest.approx(DISTRICT.area, rel=1e-12)


def test_shares_of_cells_larger_than_the_area():
    speck = shapely.box(12, 13, 15, 15)
    shares = area_shares(speck, CellFrame.over((0, 0, 30, 30), cell_m=10))
    assert shares[1, 1] == pytest.approx(0.06)
    assert shares.sum() == pytest.approx(0.06)


@pytest.mark.parametrize(("kernel", "bandwidth_m"), KERNELS)
def test_mass_of_a_kernel_at_a_straight_border(kernel, bandwidth_m):
    frame = CellFrame.over((0, 0, 2000, 2000), cell_m=10)
    shares = np.zeros(frame.shape)
    shares[:, 100:] = 1.0  # east of x = 1000
    mass = mass_on_cells(shares, frame, kernel=kernel, bandwidth_m=bandwidth_m)[100]
    assert mass[99:101].mean() == pytest.approx(0.5, abs=1e-5)
    if kernel == "gaussian":
        # The studied strip runs from x = 1000 to the frame's end at 2000.
        scale = bandwidth_m * math.sqrt(2)
        phi = [
            0.5 * (math.erfc((1000 - x) / scale) - math.erfc((2000 - x) / scale))
            for x in frame.centre_x()[60:140]
        ]
        assert mass[60:140] == pytest.approx(phi, abs=2e-4)
    else:
        assert mass[:78].max() == pytest.approx(0, abs=1e-12)
        assert mass[122:150] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("kernel", "bandwidth_m"), KERNELS)
def test_even_points_give_an_even_density(kernel, bandwidth_m):
    points, even = even_points()
    arguments = {"bounds": BOX, "cell_m": 10, "bandwidth_m": bandwidth_m, "study": DISTRICT, "kernel": kernel}
    flat = studied_density(points, edge="flat", **arguments)
    inside = flat.share > 0.5
    # The lattice itself leaves its border rough by up to a step.
    assert np.abs(flat.values[inside] / even - 1).max() < 0.05
    assert flat.values[inside].mean() == pytest.approx(even, rel=2e-3)
    plain = studied_density(points, edge="none", **arguments)
    assert plain.values[inside].min() < 0.4 * even


@pytest.mark.parametrize(("kernel", "bandwidth_m"), KERNELS)
def test_the_total_is_kept(kernel, bandwidth_m):
    rng = np.random.default_rng(2)
    points = rng.uniform((0, 0), (2000, 1700), (4_000, 2))
    weights = rng.uniform(0, 3, 4_000)
    inside = shapely.intersects_xy(DISTRICT, points[:, 0], points[:, 1])
    arguments = {"bounds": BOX, "cell_m": 10, "bandwidth_m": bandwidth_m, "study": DISTRICT, "kernel": kernel}
    kept = studied_density(points, edge="mass", weights=weights, **arguments)
    assert kept.total() == pytest.approx(weights[inside].sum(), rel=1e-8)
    assert kept.counted == pytest.approx(weights[inside].sum())
    lost = studied_density(points, edge="none", weights=weights * inside, **arguments)
    assert lost.total() < 0.97 * weights[inside].sum()


def test_the_total_is_kept_by_splines_too():
    points, _ = even_points(5.0)
    grid = studied_density(
        points,
        bounds=BOX,
        cell_m=10,
        bandwidth_m=200,
        study=DISTRICT,
        edge="mass",
        kernel="gaussian",
        method="spline",
    )
    assert grid.method == "spline"
    assert grid.total() == pytest.approx(len(points), rel=1e-5)


@pytest.mark.parametrize("edge", ["none", "flat", "mass"])
def test_cells_outside_and_masked_are_not_studied(edge):
    lake = shapely.box(1200, 500, 1500, 800)
    points = np.random.default_rng(1).uniform((100, 100), (1700, 1400), (500, 2))
    grid = studied_density(
        points, bounds=BOX, cell_m=10, bandwidth_m=150, study=DISTRICT, mask=lake, edge=edge
    )
    frame = CellFrame.over(BOX, cell_m=10)
    squares = shapely.box(*(frame.centres() - 5).T, *(frame.centres() + 5).T)
    seen = shapely.area(shapely.intersection(squares, DISTRICT.difference(lake))) > 0
    assert (np.isfinite(grid.values).ravel() == seen).all()
    assert grid.peak() == np.nanmax(grid.values)
    assert grid.share.sum() * 100 == pytest.approx(DISTRICT.difference(lake).area, rel=1e-12)


def test_a_mask_alone_is_no_border():
    lake = shapely.box(900, 700, 1100, 900)
    points = np.random.default_rng(1).uniform((0, 0), (2000, 1700), (500, 2))
    grid = studied_density(points, bounds=BOX, cell_m=20, bandwidth_m=100, mask=lake, edge="flat")
    plain = density_grid(points, bounds=BOX, cell_m=20, bandwidth_m=100)
    # Farther than a kernel from the lake nothing changes, up to the discrete kernel's own mass.
    assert grid.values[0] == pytest.approx(plain.values[0], rel=5e-3, abs=1e-9)
    assert np.isnan(grid.values[40, 50])


def test_without_correction_points_beyond_the_border_count():
    half = shapely.box(0, 0, 500, 1000)
    grid = studied_density([[510, 500]], bounds=(0, 0, 500, 1000), cell_m=10, bandwidth_m=100, study=half)
    assert grid.values[50, 49] == pytest.approx(density_at([[510, 500]], [[495, 505]], bandwidth_m=100)[0])
    kept = studied_density(
        [[510, 500]], bounds=(0, 0, 500, 1000), cell_m=10, bandwidth_m=100, study=half, edge="mass"
    )
    assert (kept.counted, kept.total()) == (0, 0)


def test_points_on_the_border_are_inside():
    half = shapely.box(0, 0, 500, 1000)
    grid = studied_density(
        [[500, 500]], bounds=(0, 0, 500, 1000), cell_m=10, bandwidth_m=100, study=half, edge="mass"
    )
    assert grid.total() == pytest.approx(1)


def test_refusals():
    box = (0, 0, 10, 10)
    with pytest.raises(ValueError, match="edge must be"):
        studied_density([], bounds=box, cell_m=1, bandwidth_m=1, edge="soft")
    with pytest.raises(ValueError, match="valid polygon, not a Point"):
        study_polygon(shapely.Point(0, 0), mask=None, box=box)
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(ValueError, match="mask must be a valid polygon"):
        study_polygon(None, mask=bow, box=box)
    with pytest.raises(ValueError, match="nothing is left"):
        study_polygon(shapely.box(2, 2, 3, 3), mask=shapely.box(0, 0, 9, 9), box=box)
