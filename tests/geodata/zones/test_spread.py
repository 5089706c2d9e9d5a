"""From the geocoder's probabilities by distance to probabilities of zones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.zones import ZoneIndex, ZoneTree
from geodata.zones.spread import RADII_M, SIGMAS_M, probabilities_within, weights_of


def halves() -> ZoneIndex:
    """Return two zones that meet at x = 0, far wider than any error."""
    shapes = [shapely.box(-20000, -20000, 0, 20000), shapely.box(0, -20000, 20000, 20000)]
    return ZoneIndex(gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=shapes, crs=4547))


def test_weights_say_what_was_stated() -> None:
    mixed = np.array([0.2, 0.3, 0.25, 0.15])
    within = [
        sum(w * (1 - np.exp(-0.5 * (r / s) ** 2)) for w, s in zip(mixed, SIGMAS_M, strict=True))
        for r in RADII_M
    ]
    assert weights_of(np.array([within]), np.array([SIGMAS_M[0]]))[0] == pytest.approx(mixed, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_weights_are_shares_and_keep_the_widest_circle(values: list[float]) -> None:
    p = np.array([sorted(values)])
    weights = weights_of(p, np.array([SIGMAS_M[0]]))
    assert (weights >= 0).all()
    assert weights.sum() <= 1 + 1e-9
    stated = weights[0] @ (1 - np.exp(-0.5 * (500.0 / np.array(SIGMAS_M)) ** 2))
    assert stated <= p[0, 3] + 1e-9
    if weights.sum() < 1 - 1e-9:
        assert stated == pytest.approx(p[0, 3], abs=1e-9)


def test_deep_inside_all_stated_mass_is_home_and_on_the_border_half() -> None:
    p = np.array([[0.3, 0.5, 0.7, 0.8]] * 2)
    points, zones, chances = probabilities_within(
        halves(), np.array([[9000.0, 0.0], [0.0, 0.0]]), p, np.full(2, 40.0)
    )
    home = weights_of(p, np.full(2, SIGMAS_M[0]))[0].sum()
    assert home < 0.9
    found = dict(zip(zip(points.tolist(), zones.tolist(), strict=True), chances.tolist(), strict=True))
    assert found[0, 1] == pytest.approx(home, abs=2e-3)
    assert found[1, 0] == pytest.approx(home / 2, abs=2e-3)
    assert found[1, 1] == pytest.approx(home / 2, abs=2e-3)


def test_nearer_the_border_is_less_sure() -> None:
    p = np.array([[0.4, 0.6, 0.8, 0.95]] * 3)
    points, zones, chances = probabilities_within(
        halves(), np.array([[20.0, 0], [80.0, 0], [300.0, 0]]), p, np.full(3, 40.0)
    )
    own = chances[zones == 1]
    assert points[zones == 1].tolist() == [0, 1, 2]
    assert own[0] < own[1] < own[2]


def test_an_unknown_place_has_no_zone() -> None:
    points, _, _ = probabilities_within(halves(), np.zeros((1, 2)), np.zeros((1, 4)), np.ones(1))
    assert len(points) == 0


def test_an_exact_location_near_a_border_keeps_its_narrow_error() -> None:
    p = np.array([[0.95, 0.97, 0.98, 0.99]])
    found = probabilities_within(halves(), np.array([[15.0, 0.0]]), p, np.array([5.0]))
    # 15 m is three sigma: nearly all of the narrow part is home, and half of the little that is wide.
    assert found[2][found[1] == 1] == pytest.approx(0.95 + 0.04 / 2, abs=0.015)


def test_tree_uses_what_was_stated_for_points_and_sigma_for_lines() -> None:
    shapes = [shapely.box(-20000, -20000, 0, 20000), shapely.box(0, -20000, 20000, 20000)]
    tree = ZoneTree(community=gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=shapes, crs=4547))
    unsure = {50: 0.1, 100: 0.2, 200: 0.3, 500: 0.4}
    point, line = shapely.Point(9000, 0), shapely.LineString([(9000, 0), (9500, 0)])
    first, second, plain = tree.shares_many(
        [point, line, point], uncertainties_m=30.0, p_within=[unsure, unsure, None]
    )
    assert first.p_community == pytest.approx(
        weights_of(np.array([[0.1, 0.2, 0.3, 0.4]]), np.array([25.0])).sum(), abs=1e-3
    )
    assert not first.near_border
    assert second.p_community == plain.p_community == pytest.approx(1.0)
    assert tree.shares(point, uncertainty_m=30.0, p_within=unsure) == first
