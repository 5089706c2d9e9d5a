"""Probabilities of zones for uncertain points, against the error function and Monte Carlo."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from geodata.zones import ZoneIndex


def one(shape):
    return ZoneIndex(gpd.GeoDataFrame({"code": ["A"]}, geometry=[shape], crs=4547))


def chance(index, x, y, sigma, zone=0):
    _, zones, p = index.probabilities([x], [y], [sigma])
    return dict(zip(zones.tolist(), p.tolist(), strict=True)).get(zone, 0.0)


@pytest.mark.parametrize("offset_m", [-300, -100, -1, 0, 1, 50, 100, 250])
def test_half_plane_is_the_normal_distribution(offset_m):
    half = one(shapely.box(0, -1e5, 1e5, 1e5))
    assert chance(half, offset_m, 0, 100.0) == pytest.approx(ndtr(offset_m / 100), abs=1e-5)


@given(st.floats(-150, 450), st.floats(-150, 350), st.floats(1, 400))
def test_rectangle_is_a_product_of_normals(x, y, sigma):
    def across(value, low, high):
        return ndtr((high - value) / sigma) - ndtr((low - value) / sigma)

    expected = across(x, 0, 300) * across(y, 0, 200)
    assert chance(one(shapely.box(0, 0, 300, 200)), x, y, sigma) == pytest.approx(expected, abs=1e-5)


def test_quarter_at_a_corner_and_half_on_an_edge():
    square = one(shapely.box(0, 0, 1e4, 1e4))
    assert chance(square, 0, 0, 20) == pytest.approx(0.25, abs=1e-5)
    assert chance(square, 0, 5000, 20) == pytest.approx(0.5, abs=1e-5)


def test_irregular_zones_against_monte_carlo(voronoi):
    index = ZoneIndex(voronoi)
    rng = np.random.default_rng(11)
    n = 400_000
    for x, y, sigma in ((2000, 2000, 300), (600, 3300, 150), (30, 1000, 80), (3999, 3999, 200)):
        _, zones, p = index.probabilities([x], [y], [sigma])
        shot = index.positions(*(rng.normal(size=(2, n)) * sigma + [[x], [y]]))
        counts = np.bincount(shot[shot >= 0], minlength=40) / n
        exact = np.zeros(40)
        exact[zones] = p
        # Four standard errors of the sampled share.
        assert np.all(np.abs(exact - counts) < 4 * np.sqrt(0.25 / n)), np.abs(exact - counts).max()


def test_hole_takes_its_mass_away():
    disc = shapely.Point(0, 0).buffer(100, quad_segs=256)
    ring = one(shapely.Point(0, 0).buffer(1000, quad_segs=64) - disc)
    # Mass of a centred normal beyond radius r is exp(-r²/2σ²).
    # From sigma 50 m borders are simplified: a circle, all bent one way, is the worst case.
    assert chance(ring, 0, 0, 100) == pytest.approx(np.exp(-0.5), abs=1e-3)
    small = one(shapely.Point(0, 0).buffer(400, quad_segs=64) - shapely.Point(0, 0).buffer(40, quad_segs=256))
    assert chance(small, 0, 0, 40) == pytest.approx(np.exp(-0.5), abs=1e-5)


def test_zones_of_a_coverage_sum_to_one_inside(voronoi):
    index = ZoneIndex(voronoi)
    rng = np.random.default_rng(5)
    x, y = rng.uniform(1000, 3000, (2, 200))
    points, _, p = index.probabilities(x, y, 150.0)
    assert np.bincount(points, weights=p) == pytest.approx(np.ones(200), abs=1e-4)


def test_exact_points_belong_wholly_to_the_assigned_zone(drawn):
    index = ZoneIndex(drawn("BA"))
    points, zones, p = index.probabilities([100, 50, 300], [50, 50, 50], 0.0)
    assert (points.tolist(), zones.tolist(), p.tolist()) == ([0, 1], [0, 1], [1.0, 1.0])


def test_bad_sigma_is_refused(drawn):
    for sigma in (-1.0, np.nan):
        with pytest.raises(ValueError, match="sigma_m"):
            ZoneIndex(drawn("A")).probabilities([0], [0], sigma)
