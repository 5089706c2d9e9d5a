"""Centre lines: carriageways count as one road, hairpins do not; branches are reached."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, Point

from geodata.linear.spine import drawn_path, spine

EAST = LineString([(0, 0), (1000, 0), (2000, 0)])
WEST = LineString([(2000, 30), (1000, 30), (0, 30)])


def test_carriageways_joined_at_one_end_are_not_walked_up_and_down() -> None:
    end = LineString([(2000, 0), (2030, 15), (2000, 30)])
    axis = spine([EAST, end, WEST])
    assert axis.length == pytest.approx(2030, abs=60)
    middle = axis.interpolate(0.5, normalized=True)
    assert middle.y == pytest.approx(15, abs=1)


def test_carriageways_of_different_length() -> None:
    longer = LineString([(3000, 30), (2000, 30), (0, 30)])
    axis = spine([EAST, longer])
    assert axis.length == pytest.approx(3000, abs=60)
    assert axis.distance(Point(500, 15)) < 1
    assert axis.distance(Point(2800, 30)) < 1


def test_a_hairpin_is_walked_round() -> None:
    up = LineString([(0, 0), (500, 0), (515, 15), (500, 30), (250, 30)])
    on = LineString([(250, 30), (250, 400)])
    # By hand: 500 + 2 * 21.2 + 250 + 370.
    assert spine([up, on]).length == pytest.approx(1162.4, abs=1)


def test_the_spine_runs_downstream() -> None:
    pieces = [LineString([(1000, 0), (0, 10)]), LineString([(2000, 0), (1000, 0)])]
    for order in (pieces, pieces[::-1]):
        axis = spine(order)
        assert (axis.coords[0], axis.coords[-1]) == ((2000, 0), (0, 10))


def test_the_largest_part_wins_over_the_first() -> None:
    far = LineString([(9000, 9000), (9050, 9000)])
    assert spine([far, EAST]).length == pytest.approx(2000)


def test_a_branch_is_reached_through_the_junction() -> None:
    branch = LineString([(1000, 0), (1000, 600)])
    path = drawn_path([EAST, branch], Point(200, 5), Point(1010, 500))
    assert path is not None
    assert path.length == pytest.approx(800 + 500)
    assert path.distance(Point(1000, 0)) < 1e-6


def test_no_path_where_nothing_joins() -> None:
    assert drawn_path([EAST, LineString([(0, 5000), (900, 5000)])], Point(0, 0), Point(0, 5000)) is None


def test_gaps_are_bridged_up_to_the_given_length() -> None:
    beyond = LineString([(2500, 0), (3500, 0)])
    assert spine([EAST, beyond]).length == pytest.approx(2000)
    assert spine([EAST, beyond], gap_m=800).length == pytest.approx(3500)


def test_no_vertex_of_a_plain_line_is_lost() -> None:
    wave = [(x, 40 * np.sin(x / 50)) for x in range(0, 2000, 10)]
    axis = spine([LineString(wave[:101]), LineString(wave[100:])])
    assert axis.hausdorff_distance(LineString(wave)) < 1e-6
