"""The Gaussian three ways against its definition: direct product, coarse and fine splines."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns import CellFrame, density_at, density_grid
from geodata.patterns.splines import FAST, FINE, mesh_over
from geodata.patterns.summing import choose

BOX, CELL_M = (0.0, 0.0, 1200.0, 800.0), 5.0
FRAME = CellFrame.over(BOX, cell_m=CELL_M)


def by_definition(points, weights, sigma_m):
    across = np.exp(-((FRAME.centre_y() - points[:, 1:]) ** 2) / (2 * sigma_m**2)) * weights[:, None]
    along = np.exp(-((FRAME.centre_x() - points[:, :1]) ** 2) / (2 * sigma_m**2))
    return across.T @ along * 1e6 / (2 * math.pi * sigma_m**2)


def gaussian(points, weights, sigma_m, **options):
    return density_grid(
        points, bounds=BOX, cell_m=CELL_M, bandwidth_m=sigma_m, weights=weights, kernel="gaussian", **options
    )


def test_one_point_by_hand():
    top = 1e6 / (2 * math.pi * 100**2)
    found = density_at([[0, 0]], [[0, 0], [100, 0], [60, -80], [751, 0]], bandwidth_m=100, kernel="gaussian")
    assert found == pytest.approx([top, top * math.exp(-0.5), top * math.exp(-0.5), 0], abs=1e-12)


@pytest.mark.parametrize("count", [1, 7, 400])
@pytest.mark.parametrize("sigma_cells", [1.0, 5.0, 17.0, 60.0, 400.0])
@pytest.mark.parametrize(
    ("method", "error_share", "bound"),
    [("separable", None, 1e-10), ("spline", 1e-6, 1e-6), ("spline", 1e-9, 1e-9)],
)
def test_errors_keep_to_their_bound(count, sigma_cells, method, error_share, bound):
    rng = np.random.default_rng(count)
    # Also far outside: what reaches in counts, and nothing comes round the other side.
    points = np.vstack([rng.uniform((-400, -400), (1600, 1200), (count, 2)), [[603.3, 402.1]]])
    weights = rng.uniform(0.1, 2, count + 1)
    exact = by_definition(points, weights, sigma_cells * CELL_M)
    found = gaussian(points, weights, sigma_cells * CELL_M, method=method, error_share=error_share)
    assert np.abs(found.values - exact).max() <= bound * exact.max()
    assert found.method == method
    assert found.error_share <= (error_share or 1e-9)
    assert found.values.min() >= 0


@pytest.mark.parametrize("side", ["west", "east", "south", "north"])
def test_nothing_wraps_around(side):
    sigma = 100.0
    at = {"west": (-150, 400), "east": (1350, 400), "south": (600, -150), "north": (600, 950)}[side]
    # A second point beyond the opposite border makes the mesh as wide as it gets.
    far = {"west": (1900, 400), "east": (-700, 400), "south": (600, 1500), "north": (600, -700)}[side]
    points, weights = np.array([at, far], dtype=float), np.array([1.0, 0.0])
    exact = by_definition(points, weights, sigma)
    found = gaussian(points, weights, sigma, method="spline", error_share=1e-9)
    assert np.abs(found.values - exact).max() <= 1e-9 * 1e6 / (2 * math.pi * sigma**2)


def test_negative_weights_are_kept():
    points, weights = np.array([[300.0, 300.0], [700.0, 500.0]]), np.array([1.0, -1.0])
    exact = by_definition(points, weights, 90.0)
    for method in ("separable", "spline"):
        found = gaussian(points, weights, 90.0, method=method, error_share=1e-9).values
        assert found == pytest.approx(exact, abs=1e-9 * exact.max())
        assert found.min() < 0
    quartic = density_grid(points, bounds=BOX, cell_m=CELL_M, bandwidth_m=90, weights=weights).values
    direct = density_at(points, FRAME.centres(), bandwidth_m=90, weights=weights)
    assert quartic.ravel() == pytest.approx(direct, abs=1e-9)


def test_mass_is_the_weight():
    points = np.random.default_rng(3).uniform((500, 300), (700, 500), (2_000, 2))
    for method in ("separable", "spline"):
        assert gaussian(points, None, 30.0, method=method).total() == pytest.approx(2_000, rel=1e-8)


def test_threads_change_nothing_but_the_last_digits():
    rng = np.random.default_rng(4)
    points, weights = rng.uniform(0, 1200, (60_000, 2)), rng.uniform(0, 1, 60_000)
    for options in ({"kernel": "quartic"}, {"kernel": "gaussian"}):
        one, two = (
            density_grid(
                points, bounds=BOX, cell_m=10, bandwidth_m=40, weights=weights, threads=threads, **options
            ).values
            for threads in (1, 2)
        )
        assert two == pytest.approx(one, rel=1e-9, abs=1e-12 * one.max())


def test_no_points_and_nothing_in_reach():
    assert gaussian([], None, 50.0).values.max() == 0
    assert gaussian([], None, 50.0, method="spline").values.max() == 0
    assert gaussian([[90_000, 90_000]], None, 50.0, method="spline", error_share=1e-6).values.max() == 0


def test_the_cheapest_way_that_is_exact_enough():
    frame = CellFrame.over((0, 0, 10_240, 10_240), cell_m=10)
    arguments = {"frame": frame, "box": frame.bounds, "kernel": "gaussian"}
    assert choose(100, bandwidth_m=10, error_share=1e-9, **arguments) == ("separable", None)
    assert choose(10**7, bandwidth_m=100, error_share=1e-9, **arguments) == ("spline", FINE)
    assert choose(10**7, bandwidth_m=170, error_share=1e-6, **arguments) == ("spline", FAST)
    assert choose(10**7, bandwidth_m=10, error_share=1e-9, **arguments)[0] == "separable"
    allowed = gaussian(np.full((50_000, 2), 500.0), None, 17 * CELL_M)
    assert (allowed.method, allowed.error_share) == ("spline", 1e-6)
    narrower = gaussian(np.full((50_000, 2), 500.0), None, 16.9 * CELL_M)
    assert (narrower.method, narrower.error_share) == ("spline", 1e-9)


def test_refusals():
    with pytest.raises(ValueError, match="kernel must be"):
        density_grid([[0, 0]], bounds=BOX, cell_m=5, bandwidth_m=20, kernel="cosine")
    with pytest.raises(ValueError, match="cannot be summed"):
        density_grid([[0, 0]], bounds=BOX, cell_m=5, bandwidth_m=20, method="spline")
    with pytest.raises(ValueError, match="cannot be summed"):
        gaussian([[0, 0]], None, 20.0, method="direct")
    with pytest.raises(ValueError, match="method must be"):
        gaussian([[0, 0]], None, 20.0, method="magic")
    with pytest.raises(ValueError, match="no spline mesh"):
        gaussian([[0, 0]], None, 200.0, method="spline", error_share=1e-12)
    with pytest.raises(ValueError, match="no spline mesh"):
        density_grid(
            [[0, 0]],
            bounds=(0, 0, 40_000, 40_000),
            cell_m=50,
            bandwidth_m=1,
            kernel="gaussian",
            method="spline",
        )


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-900, 2100), st.floats(-700, 1500), st.floats(8, 300),
    st.floats(-900, 2100), st.floats(-700, 1500),
)  # fmt: skip
def test_two_points_anywhere(x, y, sigma_m, other_x, other_y):
    points, weights = np.array([[x, y], [other_x, other_y]]), np.array([1.0, 2.0])
    height = 1e6 / (2 * math.pi * sigma_m**2)
    exact = by_definition(points, weights, sigma_m)
    for options in ({"method": "separable"}, {"method": "spline", "error_share": 1e-9}):
        found = gaussian(points, weights, sigma_m, **options).values
        assert np.abs(found - exact).max() <= 3e-9 * height


def test_mesh_leaves_room_for_a_kernel():
    mesh = mesh_over((0, 0, 100, 100), (-1e9, 20, 1e9, 30), sigma_m=10, scheme=FAST)
    # The farthest pair is 175 m apart, and from there to the next copy it must be 75 m again.
    assert (mesh.west, mesh.last_x, mesh.south) == (-75, 175, 0)
    assert mesh.shape[1] * mesh.step_m >= 175 + 75
