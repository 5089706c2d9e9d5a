"""Sides, sub-lines and walking, against hand calculations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geodata.linear.locate import offset_side, side_vector, sub_line, walk

EAST = LineString([(0, 0), (1000, 0)])
WEST = LineString([(1000, 0), (0, 0)])
RING = LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])


@pytest.mark.parametrize("line", [EAST, WEST])
def test_compass_side_does_not_depend_on_drawing_direction(line: LineString) -> None:
    moved = offset_side(line, "N", 10.0)
    assert {round(y) for _, y in moved.coords} == {10}


def test_left_and_right_do() -> None:
    assert offset_side(EAST, "left", 10.0).coords[0][1] == pytest.approx(10)
    assert offset_side(WEST, "left", 10.0).coords[0][1] == pytest.approx(-10)


def test_a_side_along_the_line_moves_no_line() -> None:
    assert offset_side(EAST, "E", 10.0).equals(EAST)
    assert offset_side(EAST, "both", 10.0) is EAST


def test_point_is_moved_across_its_line() -> None:
    diagonal = LineString([(0, 0), (100, 100)])
    moved = offset_side(Point(50, 50), "N", 10.0, line=diagonal)
    assert (moved.x, moved.y) == pytest.approx((50 - 10 / np.sqrt(2), 50 + 10 / np.sqrt(2)))


def test_left_has_no_compass_direction() -> None:
    with pytest.raises(ValueError, match="left"):
        side_vector("left")


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_sub_line_has_the_length_asked_for(start: float, end: float) -> None:
    part = sub_line(EAST, start, end)
    assert part.length == pytest.approx(abs(start - end), abs=1e-6)


def test_sub_line_of_a_ring_takes_the_shorter_way() -> None:
    part = sub_line(RING, 350.0, 50.0)
    assert part.length == pytest.approx(100.0)
    assert part.distance(Point(0, 0)) == 0


@pytest.mark.parametrize("line", [EAST, WEST])
def test_walk_goes_where_the_compass_says(line: LineString) -> None:
    reached = walk(line, Point(400, 0), "E", 150.0)
    assert reached is not None
    assert (reached[0].x, reached[0].y, reached[1]) == pytest.approx((550, 0, 0))


def test_walk_follows_a_bend() -> None:
    bend = LineString([(0, 0), (300, 0), (300, 400)])
    reached = walk(bend, Point(200, 0), "E", 250.0)
    assert reached is not None
    assert (reached[0].x, reached[0].y) == pytest.approx((300, 150))


def test_walk_refuses_a_line_across() -> None:
    assert walk(EAST, Point(400, 0), "N", 100.0) is None


def test_walk_beyond_the_end_goes_straight_on_and_says_so() -> None:
    reached = walk(EAST, Point(900, 0), "E", 300.0)
    assert reached is not None
    assert (reached[0].x, reached[1]) == pytest.approx((1200, 200))


def test_banks_of_a_river_round_a_town_change_hands() -> None:
    river = LineString([(0, 1000), (0, 0), (1000, 0), (1000, 1000)])
    west = offset_side(river, "W", 20.0)
    # The western bank: outside on the left leg, inside (towards the town) on the right leg.
    assert west.distance(Point(-20, 500)) < 1
    assert west.distance(Point(980, 500)) < 1
    assert west.distance(Point(20, 500)) > 30


def test_a_meander_that_turns_back_stays_on_its_bank() -> None:
    river = LineString([(0, 0), (1000, 0), (1000, 200), (800, 200), (800, 400), (3000, 400)])
    north = offset_side(river, "N", 20.0)
    assert north.geom_type == "LineString"
    assert north.distance(Point(500, 20)) < 1
    assert north.distance(Point(2000, 420)) < 1
    # Left of the stretch that runs west is south of it.
    assert north.distance(Point(900, 180)) < 1


def test_a_side_along_the_line_moves_nothing() -> None:
    road = LineString([(0, 0), (0, 1000)])
    assert offset_side(road, "N", 20.0).equals(road)
