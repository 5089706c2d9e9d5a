"""Corners by the roads' own bearings: worked out by hand on straight roads."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, MultiLineString

from geodata.geocode.corners import arm_at, arms_of, corner_at, moved_point


def _road(bearing_deg: float, length_m: float = 500.0, *, both: bool = True) -> LineString:
    bearing = np.radians(bearing_deg)
    end = np.array([np.sin(bearing), np.cos(bearing)]) * length_m
    return LineString([-end if both else (0, 0), end])


def test_a_straight_crossing_has_its_corner_two_kerbs_away() -> None:
    arms = arms_of(0, 0, 10, [(_road(90), 10.0), (_road(0), 20.0)])
    assert [round(arm.bearing_deg) % 360 for arm in arms] == [0, 90, 180, 270]
    # 20 m and the margin west of the wide road, 10 m and the margin north of the other.
    assert corner_at(0, 0, "NW", arms, beyond_m=15) == pytest.approx((-35, 25))


def test_a_skewed_crossing_has_its_corner_between_its_arms() -> None:
    # One road runs 100-280, the other 60-240: the north-west lies between 280 and 60.
    arms = arms_of(0, 0, 10, [(_road(100), 10.0), (_road(60), 10.0)])
    x, y = corner_at(0, 0, "NW", arms, beyond_m=15) or (0, 0)
    assert np.degrees(np.arctan2(x, y)) % 360 == pytest.approx(350)
    # Both kerbs are the same 25 m away: 25 / sin(70 degrees) from the middle.
    assert np.hypot(x, y) == pytest.approx(25 / np.sin(np.radians(70)))
    east = corner_at(0, 0, "E", arms, beyond_m=15)
    assert east is not None
    assert np.hypot(*east) == pytest.approx(25 / np.sin(np.radians(20)))


def test_a_sharp_corner_is_not_a_street_away() -> None:
    arms = arms_of(0, 0, 10, [(_road(85), 20.0), (_road(95), 20.0)])
    point = corner_at(0, 0, "E", arms, beyond_m=15)
    assert point is not None
    assert np.hypot(*point) == pytest.approx(90)


def test_a_road_that_ends_there_has_no_corner_on_the_far_side() -> None:
    arms = arms_of(0, 0, 10, [(_road(90), 10.0), (_road(180, both=False), 10.0)])
    assert len(arms) == 3
    assert corner_at(0, 0, "NW", arms, beyond_m=15) is None
    assert corner_at(0, 0, "SW", arms, beyond_m=15) == pytest.approx((-25, -25))


def test_carriageways_are_one_arm_across_north() -> None:
    dual = MultiLineString([[(-12, -500), (-12, 500)], [(12, 500), (12, -500)]])
    arms = arms_of(0, 0, 17, [(dual, 20.0), (_road(90), 10.0)])
    assert len(arms) == 4
    assert min(arm.bearing_deg for arm in arms if arm.road == 0) == pytest.approx(0, abs=1e-6) or max(
        arm.bearing_deg for arm in arms if arm.road == 0
    ) == pytest.approx(360, abs=1e-6)


def test_the_arm_meant_leaves_most_nearly_to_the_side() -> None:
    arms = arms_of(0, 0, 10, [(_road(110), 10.0), (_road(20), 14.0)])
    x, y = arm_at(0, 0, "E", arms, beyond_m=25) or (0, 0)
    assert np.degrees(np.arctan2(x, y)) == pytest.approx(110)
    assert np.hypot(x, y) == pytest.approx(14 + 25)
    assert arm_at(0, 0, "E", [], beyond_m=25) is None


def test_moved_straight_where_no_bearing_is_known() -> None:
    assert moved_point(0, 0, "NE", 10, 15) == pytest.approx((25, 25))
    assert moved_point(0, 0, "E", 10, 15) == pytest.approx((25, 0))
    assert moved_point(3, 4, None, 10, 15) == (3, 4)
