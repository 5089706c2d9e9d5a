"""Density along lines: small networks worked out by hand, and the total on any network."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from geodata.patterns import line_network, network_density
from geodata.patterns.network import snap


def kernel(distance_m, h=100.0):
    """15 / (16 h) (1 - (d/h)²)², per km."""
    return 1000 * 15 / (16 * h) * np.maximum(0, 1 - (distance_m / h) ** 2) ** 2


def density(points, lines, h=100.0, lixel_m=0.5, **options):
    network = line_network(lines)
    return network, network_density(points, network, bandwidth_m=h, lixel_m=lixel_m, snap_m=5, **options)


def at(network, found, x, y):
    """The density of the lixels nearest to a place, one per edge that touches it."""
    lixels = shapely.STRtree(found.lines(network))
    return found.per_km[lixels.query_nearest(shapely.Point(x, y), all_matches=False)][0]


def test_a_straight_road():
    network, found = density([(500, 3)], [LineString([(0, 0), (1000, 0)])])
    for x in (500, 530, 470.25, 599, 601):
        assert at(network, found, x, 0) == pytest.approx(kernel(abs(x - 500)), abs=0.05)
    assert found.total() == pytest.approx(1, abs=1e-12)
    assert found.off_m.tolist() == [3]


def test_a_dead_end_turns_the_kernel_back():
    network, found = density([(20, 0)], [LineString([(0, 0), (1000, 0)])])
    # At x: directly |x - 20|, and by the end 20 + x.
    for x in (5, 20, 60, 79, 90):
        assert at(network, found, x, 0) == pytest.approx(kernel(abs(x - 20)) + kernel(20 + x), abs=0.07)
    assert found.total() == pytest.approx(1, abs=1e-12)


def test_a_t_junction():
    lines = [LineString([(-500, 0), (500, 0)]), LineString([(0, 0), (0, 500)])]
    network, found = density([(-30, 0)], lines)
    assert sorted(network.degree.tolist()) == [1, 1, 1, 3]
    # Into each of the two others 2/3 of the kernel; back 2/3 - 1 = -1/3.
    for place, expected in (
        ((40, 0), 2 / 3 * kernel(70)),
        ((0, 40), 2 / 3 * kernel(70)),
        ((-10, 0), kernel(20) - kernel(40) / 3),
        ((-50, 0), kernel(20) - kernel(80) / 3),
        ((-110, 0), kernel(80)),
    ):
        assert at(network, found, *place) == pytest.approx(expected, abs=0.06)
    assert found.total() == pytest.approx(1, abs=1e-12)


def test_continuous_at_a_junction():
    lines = [LineString([(-60, 0), (60, 0)]), LineString([(0, -60), (0, 60)])]
    network, found = density([(-30, 0)], lines, lixel_m=0.02, h=60.0)
    around = [at(network, found, *place) for place in ((-0.005, 0), (0.005, 0), (0, 0.005), (0, -0.005))]
    assert around == pytest.approx([kernel(30, 60.0) / 2] * 4, abs=0.02)


def test_a_point_on_a_junction_is_shared_by_all():
    lines = [LineString([(-500, 0), (500, 0)]), LineString([(0, 0), (0, 500)])]
    network, found = density([(0, 0)], lines)
    for place in ((-50, 0), (50, 0), (0, 50)):
        assert at(network, found, *place) == pytest.approx(2 / 3 * kernel(50), abs=0.05)
    assert found.total() == pytest.approx(1, abs=1e-12)


def test_a_ring_meets_itself():
    square = LineString([(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)])
    network, found = density([(25, 0)], [square], h=150.0)
    assert (len(network.edges), network.degree.tolist()) == (1, [2])
    # Opposite: 100 m both ways; at the point: itself, and 200 m around is out of reach.
    assert at(network, found, 25, 50) == pytest.approx(2 * kernel(100, 150.0), abs=0.05)
    assert at(network, found, 25, 0) == pytest.approx(kernel(0, 150.0), abs=0.05)
    assert found.total() == pytest.approx(1, abs=1e-12)
    # Twice around and more: the ring fills up evenly.
    _, wide = density([(25, 0)], [square], h=3_000.0)
    assert wide.per_km == pytest.approx(5, rel=0.01)
    assert wide.total() == pytest.approx(1, abs=1e-9)


def test_paths_of_one_length_are_walked_as_one():
    # A ladder of equal blocks: many walks of the same length; brute force over all of them agrees.
    lines = [LineString([(x, 0), (x, 30)]) for x in (0, 30, 60)]
    lines += [LineString([(0, y), (60, y)]) for y in (0, 30)]
    network, found = density([(10, 0)], lines, h=130.0, lixel_m=1)
    brute = np.zeros(len(found.per_km))
    for lixel, line in enumerate(found.lines(network)):
        middle = line.interpolate(0.5, normalized=True)
        brute[lixel] = walk_all(network, (10, 0), middle, 130.0)
    assert found.per_km == pytest.approx(brute, abs=0.02)


def walk_all(network, source, target, h):
    """Sum over every walk from a point to a place, by recursion; nodes by their coordinates."""

    def on(edge, place):
        return network.edges[edge].project(shapely.Point(place))

    def edge_of(place):
        return int(np.argmin([edge.distance(shapely.Point(place)) for edge in network.edges]))

    own, goal = edge_of(source), edge_of(target)
    begin, finish = on(own, source), network.edges[goal].project(target)
    total = kernel(abs(begin - finish), h) if own == goal else 0.0

    def go(edge, end, distance, factor):
        if distance >= h:
            return 0.0
        node = network.start[edge] if end == 0 else network.end[edge]
        sum_here = 0.0
        for to in range(len(network.edges)):
            for to_end, there in ((0, network.start[to]), (1, network.end[to])):
                if there != node:
                    continue
                share = factor * (2 / network.degree[node] - ((to, to_end) == (edge, end)))
                length = network.length_m[to]
                if to == goal:
                    sum_here += share * kernel(distance + (finish if to_end == 0 else length - finish), h)
                sum_here += go(to, 1 - to_end, distance + length, share)
        return sum_here

    return total + go(own, 0, begin, 1.0) + go(own, 1, network.length_m[own] - begin, 1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(10, 250))
def test_the_total_is_n_on_any_network(seed, h):
    rng = np.random.default_rng(seed)
    lines = [LineString(rng.uniform(0, 300, (rng.integers(2, 5), 2))) for _ in range(rng.integers(1, 5))]
    network = line_network(lines)
    points = rng.uniform(0, 300, (20, 2))
    weights = rng.uniform(0, 2, 20)
    found = network_density(points, network, bandwidth_m=h, lixel_m=7, snap_m=1e9, weights=weights)
    assert found.snapped.all()
    assert found.total() == pytest.approx(weights.sum(), rel=1e-9)


def test_the_order_of_lines_does_not_matter():
    lines = [
        LineString([(0, 0), (100, 0)]),
        LineString([(50, -50), (50, 50)]),
        LineString([(0, 20), (100, 20)]),
    ]
    one = density([(30, 1), (50, 10)], lines)[1]
    two = density([(30, 1), (50, 10)], [line.reverse() for line in lines[::-1]])[1]
    assert one.per_km.tolist() == two.per_km.tolist()


def test_lixels_are_cut_from_edges():
    network, found = density([(10, 0)], [LineString([(0, 0), (25, 0)])], lixel_m=10)
    assert (found.to_m - found.from_m).tolist() == pytest.approx([25 / 3] * 3)
    lines = found.lines(network)
    assert shapely.length(lines).sum() == pytest.approx(25)
    assert network.source.tolist() == [0]


def test_lixels_follow_the_bends_of_their_edge():
    # Bends on a border of two lixels (50 m) and within one (130 m).
    bent = LineString([(0, 0), (50, 0), (50, 80), (120, 80)])
    network, found = density([(10, 0)], [bent], lixel_m=25)
    lines = found.lines(network)
    assert shapely.length(lines) == pytest.approx(found.to_m - found.from_m)
    assert shapely.line_merge(shapely.union_all(lines)).hausdorff_distance(bent) < 1e-9
    for one, next_one in pairwise(lines):
        assert one.coords[-1] == pytest.approx(next_one.coords[0])
    assert [len(line.coords) for line in lines] == [2, 2, 2, 2, 2, 3, 2, 2]


def test_far_points_are_reported_and_left_out():
    _, found = density([(10, 4.9), (10, 5.1), (10, 300)], [LineString([(0, 0), (25, 0)])])
    assert found.snapped.tolist() == [True, False, False]
    assert found.off_m == pytest.approx([4.9, 5.1, 300])
    assert found.total() == pytest.approx(1)
    _, nothing = density([], [LineString([(0, 0), (25, 0)])])
    assert nothing.total() == 0


def test_ties_go_to_the_lower_edge():
    network = line_network([LineString([(0, 0), (10, 0)]), LineString([(0, 10), (10, 10)])])
    assert snap([(5, 5)], network, within_m=10).edge.tolist() == [0]


def test_crossings_and_viaducts():
    cross = [LineString([(0, 0), (10, 0)]), LineString([(5, -5), (5, 5)])]
    assert sorted(line_network(cross).degree.tolist()) == [1, 1, 1, 1, 4]
    assert line_network(cross, crossings=False).degree.tolist() == [1, 1, 1, 1]
    joined = [LineString([(0, 0), (5, 0), (10, 0)]), LineString([(5, 0), (5, 5)])]
    assert sorted(line_network(joined, crossings=False).degree.tolist()) == [1, 1, 1, 3]


def test_a_canal_does_not_meet_the_road_above_it():
    cross = [LineString([(-500, 0), (500, 0)]), LineString([(0, -500), (0, 500)])]
    network = line_network(cross, groups=["road", "water"])
    assert network.degree.tolist() == [1, 1, 1, 1]
    assert sorted(network.source.tolist()) == [0, 1]
    found = network_density([(-30, 1)], network, bandwidth_m=100, lixel_m=1, snap_m=5)
    on_road = found.edge == int(np.flatnonzero(network.source == 0)[0])
    assert found.per_km[~on_road].max() == 0
    assert found.total() == pytest.approx(1, abs=1e-12)
    with pytest.raises(ValueError, match="groups"):
        line_network(cross, groups=["road"])


def test_lines_on_each_other_are_one():
    twice = [
        LineString([(0, 0), (10, 0)]),
        LineString([(10, 0), (0, 0)]),
        MultiLineString([[(0, 0), (10, 0)]]),
        None,
    ]
    for crossings in (True, False):
        network = line_network(twice, crossings=crossings)
        assert (len(network.edges), network.source.tolist()) == (1, [0])


def test_refusals():
    with pytest.raises(ValueError, match="lines, not Point"):
        line_network([shapely.Point(0, 0)])
    with pytest.raises(ValueError, match="a line at least"):
        line_network([None, LineString()])
    with pytest.raises(ValueError, match="tolerance_m"):
        line_network([LineString([(0, 0), (1, 1)])], tolerance_m=0)
    network = line_network([LineString([(0, 0), (1, 1)])])
    with pytest.raises(ValueError, match="lixel_m"):
        network_density([(0, 0)], network, bandwidth_m=1, lixel_m=0, snap_m=1)
    with pytest.raises(ValueError, match="bandwidth_m"):
        network_density([(0, 0)], network, bandwidth_m=0, lixel_m=1, snap_m=1)
    with pytest.raises(ValueError, match="within_m"):
        snap([(0, 0)], network, within_m=-1)
