"""Canal or community, left bank or right: by hand, by simulation, and by laws."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point

from geodata.demo.district import build_district, line_layers
from geodata.zones import ZoneIndex
from geodata.zones.owning.owners import LinearOwners
from geodata.zones.owning.ownership import LinearOwner, Problem


def index_of(**shapes):
    return ZoneIndex(gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=4547))


WEST, EAST = shapely.box(-200, 0, 100, 1000), shapely.box(100, 0, 400, 1000)
CANAL = LinearOwner("canal", LineString([(100, 0), (100, 1000)]), half_width_m=10)


@pytest.fixture(scope="module")
def border_canal():
    """A canal of 20 m that runs north and is itself the border between A in the west and B in the east."""
    return LinearOwners([CANAL], index_of(A=WEST, B=EAST))


def answer(owners, geometry, side=None, **more):
    found = owners.share([Problem(geometry, side, **more)])[0]
    return [(part.owner or part.zone, round(part.share, 9)) for part in found.shares], found.doubt


STRETCH = LineString([(100, 300), (100, 700)])


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("left", [("A", 1)]),
        ("right", [("B", 1)]),
        ("W", [("A", 1)]),
        ("NE", [("B", 1)]),
        ("both", [("A", 0.5), ("B", 0.5)]),
        ("middle", [("canal", 1)]),
        (None, [("canal", 1)]),
    ],
)
@pytest.mark.parametrize("across_m", [-13.0, -4.0, 0.0, 4.0, 13.0])
def test_a_stretch_of_a_border_canal(border_canal, side, expected, across_m):
    """Wherever the stretch is drawn, on the centre line, on a bank or on the wrong one: what is said counts."""
    drawn = shapely.transform(STRETCH, lambda xy: xy + np.array([across_m, 0.0]))
    if side is None and abs(across_m) > 10:
        expected = [("A" if across_m < 0 else "B", 1)]
    assert answer(border_canal, drawn, side) == (expected, "")


def test_metres_go_with_the_shares(border_canal):
    parts = border_canal.share([Problem(STRETCH, "both")])[0].shares
    assert [(part.zone, part.length_m, part.area_m2) for part in parts] == [("A", 200, 0), ("B", 200, 0)]


def test_the_border_alone_gives_all_to_the_lowest_code():
    """What the sides are for: without the canal the same stretch is A's."""
    none = LinearOwners([], index_of(A=WEST, B=EAST))
    assert answer(none, STRETCH) == ([("A", 1)], "")
    assert answer(none, STRETCH, "right") == ([("A", 1)], "no_line")


@pytest.mark.parametrize(
    ("x", "side", "expected"),
    [
        (95, None, "canal"), (90, None, "canal"), (89.9, None, "A"), (110.1, None, "B"),
        (95, "right", "B"), (105, "left", "A"), (89, "middle", "canal"), (100, "E", "B"),
    ],
)  # fmt: skip
def test_points(border_canal, x, side, expected):
    assert answer(border_canal, Point(x, 500), side) == ([(expected, 1)], "")


def test_a_point_on_both_sides_is_half_each(border_canal):
    assert answer(border_canal, Point(100, 500), "both") == ([("A", 0.5), ("B", 0.5)], "")
    inside_one = LinearOwners([CANAL], index_of(A=shapely.union(WEST, EAST)))
    assert answer(inside_one, Point(100, 500), "both") == ([("A", 1)], "")


def test_a_line_across_is_cut_at_the_edges_of_the_body(border_canal):
    across = LineString([(50, 500), (200, 500)])
    parts = border_canal.share([Problem(across)])[0].shares
    assert [(p.owner or p.zone, round(p.length_m, 9)) for p in parts] == [("B", 90), ("A", 40), ("canal", 20)]


def test_a_body_may_reach_farther_on_one_side():
    wide = replace(CANAL, left_m=30.0, right_m=0.0)
    owners = LinearOwners([wide], index_of(A=WEST, B=EAST))
    parts = owners.share([Problem(LineString([(50, 500), (200, 500)]))])[0].shares
    assert [(p.owner or p.zone, round(p.length_m, 9)) for p in parts] == [
        ("B", 100),
        ("canal", 30),
        ("A", 20),
    ]
    assert wide.body().equals(shapely.box(70, 0, 100, 1000))
    assert replace(CANAL, left_m=5.0).body().equals(shapely.box(95, 0, 110, 1000))


def test_areas(border_canal):
    area = shapely.box(80, 100, 130, 200)
    parts = border_canal.share([Problem(area), Problem(area, "left"), Problem(area, "both")])
    assert [(p.owner or p.zone, round(p.area_m2, 6)) for p in parts[0].shares] == [
        ("B", 2000), ("canal", 2000), ("A", 1000),
    ]  # fmt: skip
    assert [(p.zone, p.area_m2) for p in parts[1].shares] == [("A", 5000)]
    assert [(p.zone, p.area_m2) for p in parts[2].shares] == [("A", 2500), ("B", 2500)]
    in_the_water = shapely.box(95, 100, 105, 110)
    assert answer(border_canal, in_the_water, "right") == ([("B", 1)], "")


def test_a_bank_is_cut_where_zones_change_along_it():
    zones = index_of(A1=shapely.box(-200, 0, 100, 500), A2=shapely.box(-200, 500, 100, 1000), B=EAST)
    owners = LinearOwners([CANAL], zones)
    line = LineString([(100, 400), (100, 700)])
    parts = owners.share([Problem(line, "left"), Problem(line, "both"), Problem(line.reverse(), "left")])
    # Left is of the canal, however the problem is drawn.
    for found in (parts[0], parts[2]):
        assert [(p.zone, round(p.length_m, 6)) for p in found.shares] == [("A2", 200), ("A1", 100)]
    assert [(p.zone, round(p.length_m, 6)) for p in parts[1].shares] == [("B", 150), ("A2", 100), ("A1", 50)]


def test_a_bank_outside_all_zones():
    owners = LinearOwners([CANAL], index_of(A=WEST))
    assert answer(owners, STRETCH, "right") == ([("", 1)], "")


def test_a_compass_side_along_the_line_means_nothing(border_canal):
    assert answer(border_canal, STRETCH, "N") == ([("canal", 1)], "along_line")


def test_a_side_of_no_line(border_canal):
    far = Point(300, 500)
    assert answer(border_canal, far, "left") == ([("B", 1)], "no_line")
    assert answer(border_canal, far, "left", owner="canal") == ([("A", 1)], "")
    assert answer(border_canal, Point(100, 500), "left", owner="rail") == ([("canal", 1)], "no_line")
    # 30 m and 3 sigma from the edge at x = 110
    assert answer(border_canal, Point(139, 500), "left") == ([("A", 1)], "")
    assert answer(border_canal, Point(141, 500), "left")[1] == "no_line"
    assert answer(border_canal, Point(141, 500), "left", uncertainty_m=1.0)[1] == ""


def test_the_named_line_counts_and_bodies_that_cross_go_to_the_lowest_code():
    rail = LinearOwner("a-rail", LineString([(-200, 500), (400, 500)]), half_width_m=5)
    owners = LinearOwners([CANAL, rail], index_of(A=WEST, B=EAST))
    assert answer(owners, Point(100, 500)) == ([("a-rail", 1)], "")
    assert answer(owners, Point(100, 500), "middle", owner="canal") == ([("canal", 1)], "")
    assert answer(owners, Point(150, 500), "left", owner="a-rail") == ([("B", 1)], "")


def test_beyond_its_end_a_line_has_no_body(border_canal):
    zones = index_of(A=shapely.box(-200, 0, 400, 2000))
    owners = LinearOwners([CANAL], zones)
    assert answer(owners, Point(100, 1000.5)) == ([("A", 1)], "")
    sure = owners.share([Problem(Point(100, 1030), uncertainty_m=10)])[0].shares[0]
    assert (sure.zone, round(sure.probability, 6)) == ("A", 1)


# --- uncertainty: normal tables, and simulation as second source -----------------------------------------


@pytest.mark.parametrize(
    ("x", "expected", "p"),
    [
        # sigma 10 m, body from 90 to 110
        (90, "canal", 0.477250),  # Phi(2) - Phi(0)
        (100, "canal", 0.682689),  # Phi(1) - Phi(-1)
        (85, "A", 0.691462),  # Phi(0.5)
        (115, "B", 0.691462),
        (60, "A", 0.998650),  # Phi(3)
    ],
)
def test_near_the_edge_of_the_body(border_canal, x, expected, p):
    found = border_canal.share([Problem(Point(x, 500), uncertainty_m=10)])[0]
    assert [(s.owner or s.zone) for s in found.shares] == [expected]
    assert found.shares[0].probability == pytest.approx(p, abs=2e-6)
    assert found.is_flagged == (p < 0.95)


def test_probability_beside_a_body_agrees_with_simulation():
    strip = index_of(A=shapely.box(-200, 0, 75, 1000), B=shapely.box(75, 0, 100, 1000), C=EAST)
    owners = LinearOwners([CANAL], strip)
    rng = np.random.default_rng(1)
    for x in (70.0, 80.0, 100.0, 112.0):
        found = owners.share([Problem(Point(x, 500), uncertainty_m=12)])[0].shares[0]
        true_x = x + 12 * rng.standard_normal(200_000)
        who = np.where(
            np.abs(true_x - 100) <= 10, "canal", np.where(true_x < 75, "A", np.where(true_x < 100, "B", "C"))
        )
        assert found.probability == pytest.approx(np.mean(who == (found.owner or found.zone)), abs=0.03)


def test_with_a_side_the_error_only_leads_outward():
    """B is a strip of 30 m beside the canal: the bank at 13 m, and 17 m left for the error."""
    owners = LinearOwners(
        [CANAL], index_of(A=shapely.box(-200, 0, 70, 1000), B=shapely.box(70, 0, 100, 1000), C=EAST)
    )
    found = owners.share([Problem(STRETCH, "left", uncertainty_m=20)])[0]
    assert found.shares[0].zone == "B"
    assert found.shares[0].probability == pytest.approx(0.6047, abs=1 / 16)  # 2 Phi(17/20) - 1
    assert found.doubt == "near_edge"
    right = owners.share([Problem(STRETCH, "right", uncertainty_m=20)])[0]
    assert (right.shares[0].zone, right.shares[0].probability, right.doubt) == ("C", 1.0, "")


def test_far_from_all_bodies_the_error_in_the_plane_counts(border_canal):
    xy = np.array([[-190.0, 20.0]])
    found = border_canal.share([Problem(Point(xy[0]), uncertainty_m=15)])[0].shares[0]
    _, _, p = border_canal.zones.probabilities(xy[:, 0], xy[:, 1], 15.0)
    assert found.probability == pytest.approx(float(p[0]))


# --- laws ------------------------------------------------------------------------------------------------

bends = st.lists(st.floats(-60, 60), min_size=2, max_size=12)


@settings(deadline=None, max_examples=80)
@given(bends, st.floats(1, 40), st.floats(0.0, 0.7), st.floats(0.05, 0.3))
def test_any_winding_border_canal_has_its_banks(shifts, half_width, start, length):
    """The centre line is the border: the left bank is wholly the left community's, however it winds."""
    y = np.linspace(-10, 1010, len(shifts) + 2)
    x = np.array([100, *(100 + value for value in shifts), 100])
    course = np.column_stack([x, y])
    border = [(100, -300), *course, (100, 1300)]
    left = shapely.Polygon([*border, (-900, 1300), (-900, -300)])
    right = shapely.Polygon([*border, (1100, 1300), (1100, -300)])
    # The left community has the higher code: the lowest-code rule must not decide.
    owners = LinearOwners([LinearOwner("canal", LineString(course), half_width)], index_of(B=left, A=right))
    line = shapely.ops.substring(LineString(course), start, start + length, normalized=True)
    assert answer(owners, line, "left") == ([("B", 1)], "")
    assert answer(owners, line, "right") == ([("A", 1)], "")
    assert answer(owners, line, "both") == ([("A", 0.5), ("B", 0.5)], "")
    # Drawn the other way, left and right change places.
    turned = LinearOwners([LinearOwner("canal", LineString(course[::-1]), half_width)], owners.zones)
    assert answer(turned, line, "left") == ([("A", 1)], "")


coordinate = st.floats(-200, 1200).map(lambda value: round(value, 2))
points = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6, unique=True)
shapes = st.one_of(
    points.map(LineString),
    points.map(lambda xy: Point(xy[0])),
    points.map(lambda xy: shapely.MultiPoint(xy).convex_hull.buffer(5)),
    points.map(lambda xy: MultiLineString([LineString(xy), LineString([(0, 0), (1, 9)])])),
)
sides = st.sampled_from([None, "left", "right", "both", "middle", "N", "SW"])


@pytest.fixture(scope="module")
def canal_and_lake():
    course = LineString([(0, 0), (300, 280), (320, 600), (900, 700), (1000, 1000)])
    ring = LinearOwner("lake", LineString(Point(700, 300).buffer(120).exterior.coords), 15, left_m=25)
    zones = index_of(
        A=shapely.box(0, 0, 500, 500), B=shapely.box(500, 0, 1000, 500), C=shapely.box(0, 500, 1000, 1000)
    )
    return LinearOwners([LinearOwner("canal", course, 20), ring], zones)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(shapes, sides, st.sampled_from([0.0, 8.0, 60.0])), min_size=1, max_size=4))
def test_shares_sum_to_the_whole(canal_and_lake, asked):
    owners = canal_and_lake
    problems = [Problem(shape, side, uncertainty_m=sigma) for shape, side, sigma in asked]
    for problem, found in zip(problems, owners.share(problems), strict=True):
        assert sum(part.share for part in found.shares) == pytest.approx(1, abs=1e-9)
        assert all(part.share > 0 and 0 <= part.probability <= 1 + 1e-9 for part in found.shares)
        length = problem.geometry.length if shapely.get_dimensions(problem.geometry) == 1 else 0.0
        assert sum(part.length_m for part in found.shares) == pytest.approx(length, abs=1e-3)
        assert sum(part.area_m2 for part in found.shares) == pytest.approx(problem.geometry.area, abs=1e-2)
        assert owners.share([problem])[0] == found


def test_a_side_of_a_ring_and_across_its_seam():
    lake = LinearOwner("lake", LineString(Point(0, 0).buffer(100).exterior.coords), half_width_m=5)
    inner = Point(0, 0).buffer(100)
    owners = LinearOwners([lake], index_of(A=inner, B=Point(0, 0).buffer(300) - inner))
    # Drawn clockwise: the left is outside. The seam is at (100, 0).
    over_the_seam = LineString([(90, 40), (100, 0), (90, -40)])
    assert answer(owners, over_the_seam, "left") == ([("B", 1)], "")
    assert answer(owners, over_the_seam, "right") == ([("A", 1)], "")


def test_banks_of_the_demo_canals_agree_with_places_a_metre_apart():
    """Second source: the zone of every single place beside the line, looked up one metre after the other."""
    district = build_district(np.random.default_rng(1))
    lines = line_layers(district)["line"]
    zones = ZoneIndex(district.zones["community"])
    water = lines[lines["class"].isin(["water", "rail"])]
    owners = [
        LinearOwner(name, shapely.line_merge(shape), width / 2)
        for name, shape, width in zip(water["name"], water.geometry, water["width_m"], strict=True)
    ]
    index = LinearOwners(owners, zones)
    for owner in owners:
        at = np.arange(0.5, owner.line.length, 1.0)
        here, ahead = (
            shapely.get_coordinates(shapely.line_interpolate_point(owner.line, at + d)) for d in (-0.01, 0.01)
        )
        along = (ahead - here) / np.hypot(*(ahead - here).T)[:, None]
        for hand, sign in (("left", 1), ("right", -1)):
            off = sign * (owner.half_width_m + 3)
            beside = (here + ahead) / 2 + np.column_stack([-along[:, 1], along[:, 0]]) * off
            counts = dict(zip(*np.unique(zones.positions(*beside.T), return_counts=True), strict=True))
            names = [*zones.codes, ""]
            ours = {
                p.zone: p.length_m for p in index.share([Problem(owner.line, hand, owner.code)])[0].shares
            }
            for zone, count in counts.items():
                assert ours.get(names[zone], 0.0) == pytest.approx(count, abs=0.01 * owner.line.length)


def test_nothing_asked(border_canal):
    assert border_canal.share([]) == []


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Problem(None), "no point"),
        (Problem(Point()), "no point"),
        (Problem(shapely.MultiPoint([(0, 0)])), "no point"),
        (Problem(Point(0, 0), uncertainty_m=-1), "uncertainty"),
        (Problem(Point(0, 0), uncertainty_m=np.nan), "uncertainty"),
        (Problem(Point(0, 0), "up"), "side 'up'"),
    ],
)
def test_bad_problems_are_named(border_canal, problem, words):
    with pytest.raises(ValueError, match=rf"problem 1 .*{words}"):
        border_canal.share([Problem(Point(0, 0)), problem])


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        (replace(CANAL, code=""), "no code"),
        (replace(CANAL, half_width_m=0.0), "above 0"),
        (replace(CANAL, half_width_m=np.nan), "above 0"),
        (replace(CANAL, left_m=-1.0), "above 0"),
        (replace(CANAL, line=LineString([(0, 0), (0, 0)])), "with a length"),
        (replace(CANAL, line=MultiLineString([[(0, 0), (0, 1)]])), "LineString"),
    ],
)
def test_bad_owners_are_refused(owner, words):
    with pytest.raises(ValueError, match=words):
        LinearOwners([owner], index_of(A=WEST))
