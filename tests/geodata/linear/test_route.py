"""Chainage and spines, against hand calculations and round trips."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geodata.linear.route import Route, make_route
from geodata.linear.spine import spine

LINE = LineString([(0, 0), (1000, 0), (1000, 1000)])


def _route(*posts: tuple[float, float, float]) -> Route:
    xy = np.array([post[:2] for post in posts], dtype=float).reshape(-1, 2)
    return make_route(LINE, xy, np.array([post[2] for post in posts], dtype=float))


def test_chainage_between_posts_is_linear() -> None:
    route = _route((0, 0, 5000.0), (1000, 0, 6000.0), (1000, 1000, 6900.0))
    assert route.distance_of(5250.0) == pytest.approx(250.0)
    # 900 m of chainage over 1000 m of line
    assert route.distance_of(6450.0) == pytest.approx(1500.0)
    assert route.chainage_range_m == (5000.0, 6900.0)


def test_falling_chainage() -> None:
    route = _route((0, 0, 6000.0), (1000, 0, 5000.0))
    assert route.distance_of(5400.0) == pytest.approx(600.0)


def test_beyond_the_line_is_none() -> None:
    route = _route((0, 0, 5000.0), (1000, 0, 6000.0))
    assert route.distance_of(4990.0) is None
    assert route.distance_of(7000.4) == pytest.approx(2000.0)
    assert route.distance_of(7010.0) is None


def test_without_posts_from_the_start() -> None:
    route = _route()
    assert not route.calibrated
    assert route.distance_of(300.0) == 300.0


def test_a_post_out_of_order_is_left_out() -> None:
    route = _route((0, 0, 5000.0), (500, 0, 9000.0), (1000, 0, 6000.0), (1000, 500, 6500.0))
    assert len(route.posts) == 3
    assert route.distance_of(5500.0) == pytest.approx(500.0)


@given(
    st.lists(st.floats(1, 400), min_size=2, max_size=6),
    st.lists(st.floats(1, 400), min_size=6, max_size=6),
    st.floats(0, 1),
)
def test_chainage_round_trip(gaps: list[float], steps: list[float], share: float) -> None:
    distance = np.cumsum(gaps)
    line = LineString([(0, 0), (float(distance[-1]), 0)])
    chainage = 1000.0 + np.cumsum(steps[: len(gaps)])
    route = make_route(line, np.column_stack([distance, np.zeros(len(gaps))]), chainage)
    at = share * line.length
    assert route.distance_of(route.chainage_of(at)) == pytest.approx(at, abs=1e-6)


def test_spine_of_two_carriageways_runs_in_the_middle() -> None:
    north = LineString([(0, 10), (1000, 10)])
    south = LineString([(0, -10), (1000, -10)])
    middle = spine([north, south])
    inside = [middle.interpolate(share, normalized=True) for share in np.linspace(0.1, 0.9, 9)]
    assert max(abs(point.y) for point in inside) < 3.0
    assert middle.length == pytest.approx(1000, rel=0.05)


def test_spine_bridges_a_gap_but_keeps_the_order() -> None:
    pieces = [LineString([(600, 0), (1000, 0)]), LineString([(0, 0), (500, 0)])]
    line = spine(pieces)
    assert line.length == pytest.approx(1000, abs=1)
    assert {round(line.coords[0][0]), round(line.coords[-1][0])} == {0, 1000}


def test_spine_keeps_a_ring_closed() -> None:
    ring = LineString(Point(0, 0).buffer(300).exterior.coords)
    halves = shapely.get_parts(shapely.ops.split(ring, LineString([(0, -400), (0, 400)])))
    line = spine(list(halves))
    assert line.is_ring
    assert line.length == pytest.approx(ring.length, rel=0.01)


def test_spine_ignores_a_side_branch() -> None:
    pieces = [
        LineString([(0, 0), (500, 0)]),
        LineString([(500, 0), (1000, 0)]),
        LineString([(500, 0), (500, 80)]),
    ]
    assert spine(pieces).length == pytest.approx(1000, abs=1)
