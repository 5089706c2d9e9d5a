"""What is added between lines: short bridges, straight prolongations, and nothing where lines already meet."""

import pytest
import shapely
from shapely.geometry import LineString

from geodata.zones.bounds.network import BRIDGE_M, PROLONG_M, STATED_PROLONG_M, bridges, prolongations

WALL = LineString([(0, 0), (1000, 0)])


def upright(gap_m, x=500):
    return LineString([(x, 500), (x, gap_m)])


@pytest.mark.parametrize(
    ("gap_m", "length_m"), [(0, None), (-10, None), (1, 1), (BRIDGE_M, BRIDGE_M), (BRIDGE_M + 1, None)]
)
def test_bridges_up_to_a_limit(gap_m, length_m):
    found = bridges([WALL, upright(gap_m)], [0, 1])
    assert [(c.line, c.length_m) for c in found] == ([] if length_m is None else [(1, length_m)])
    for connector in found:
        assert shapely.crosses(connector.shape, WALL)


def test_an_end_that_passes_a_line_shortly_before_needs_no_bridge_to_the_next():
    beyond = LineString([(-500, -20), (1500, -20)])
    assert not [
        connector for connector in bridges([WALL, beyond, upright(-5)], [0, 1, 2]) if connector.line == 2
    ]
    # The wall's own ends stop 20 m from it.
    assert {connector.line for connector in bridges([WALL, beyond], [0, 1])} == {0}


def test_a_ring_has_no_ends():
    ring = LineString([(300, 5), (400, 5), (400, 105), (300, 5)])
    assert bridges([WALL, ring], [0, 1]) == []


def test_joining_its_own_kin_does_not_count_as_arriving():
    # The last 10 m of a road are a piece of their own, and stop 20 m short of the wall.
    road, stub = LineString([(500, 500), (500, 30)]), LineString([(500, 30), (500, 20)])
    assert [(c.line, c.length_m) for c in bridges([WALL, road, stub], [0, 1, 1])] == [(2, 20)]
    # As roads of two names the stub has arrived at the other road.
    assert bridges([WALL, road, stub], [0, 1, 2]) == []


@pytest.mark.parametrize(
    ("gap_m", "longer", "length_m"),
    [
        (PROLONG_M, "", PROLONG_M), (PROLONG_M + 1, "", None), (PROLONG_M + 1, "S", PROLONG_M + 1),
        (PROLONG_M + 1, "any", PROLONG_M + 1), (PROLONG_M + 1, "N", None), (STATED_PROLONG_M + 1, "S", None),
        (BRIDGE_M, "", None),
    ],
)  # fmt: skip
def test_prolongations_up_to_a_limit(gap_m, longer, length_m):
    line = LineString([(500, 3000), (500, gap_m)])
    found = prolongations([WALL, line], [0, 1], ["", longer])
    assert [c.length_m for c in found] == ([] if length_m is None else [pytest.approx(length_m)])


def test_two_ends_meet_at_a_corner_that_nobody_drew():
    north, east = LineString([(0, 200), (100, 200)]), LineString([(200, 0), (200, 100)])
    found = prolongations([north, east], [0, 1], ["", ""])
    assert sorted(c.length_m for c in found) == pytest.approx([100, 100])
    assert shapely.intersects(found[0].shape, found[1].shape)


def test_a_drawn_line_stops_a_prolongation_before_a_farther_one():
    far = LineString([(0, -50), (1000, -50)])
    (found,) = prolongations([WALL, far, upright(100)], [0, 1, 2], ["", "", ""])
    assert found.length_m == pytest.approx(100)
