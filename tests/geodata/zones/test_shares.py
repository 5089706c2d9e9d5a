"""ZoneTree.shares: points, lines and areas, piece by piece."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, Polygon

from geodata.zones import LEVELS, ZoneIndex, ZoneTree


def lengths(answer, level="community"):
    return {part.code: round(part.length_m, 6) for part in answer.parts_of(level)}


def test_point(tree):
    answer = tree.shares(Point(50, 50))
    assert (answer.subdistrict, answer.community, answer.community_name, answer.grid) == (
        "S",
        "B",
        "社区B",
        "B-1",
    )
    assert (answer.p_community, answer.border_m, answer.near_border, answer.outside) == (
        1.0,
        50.0,
        False,
        False,
    )
    assert [(part.level, part.code, part.share) for part in answer.parts] == [
        ("subdistrict", "S", 1.0), ("community", "B", 1.0), ("grid", "B-1", 1.0),
    ]  # fmt: skip


def test_point_on_a_border_stays_within_one_family(tree):
    answer = tree.shares(Point(200, 100))
    assert (answer.community, answer.grid, answer.border_m, answer.near_border) == ("A", "A-1", 0.0, True)


def test_uncertain_point_near_a_border(tree):
    answer = tree.shares(Point(190, 100), uncertainty_m=10)
    assert answer.near_border
    assert answer.p_community == pytest.approx(0.841345, abs=1e-5)  # Phi(1)
    assert [(other.code, round(other.probability, 5)) for other in answer.others] == [("A", 0.15866)]
    assert not tree.shares(Point(100, 100), uncertainty_m=10).near_border


def test_point_outside(tree):
    answer = tree.shares(Point(-5, 100), uncertainty_m=10)
    assert (answer.community, answer.grid, answer.outside, answer.near_border) == ("", "", True, True)
    assert (answer.p_community, answer.others[0].code) == (0.0, "B")
    assert [(part.code, part.share) for part in answer.parts] == [("", 1.0)] * 3


def test_crack_between_grid_and_community_goes_to_its_own_grid(tree):
    assert tree.shares(Point(499.8, 50)).grid == "A-3"


def test_line_across(tree):
    answer = tree.shares(LineString([(-50, 100), (550, 100)]))
    assert lengths(answer, "subdistrict") == {"S": 500, "": 100}
    assert lengths(answer) == {"A": 300, "B": 200, "": 100}
    # The crack of 0.5 m behind A-3 is closed, half a metre is not lost.
    assert lengths(answer, "grid") == {"A-1": 100, "A-2": 100, "A-3": 100, "B-1": 100, "B-2": 100, "": 100}
    assert (answer.community, answer.grid, answer.outside) == ("A", "A-1", False)
    piece = answer.parts_of("community")[0]
    assert piece.geometry.equals(LineString([(200, 100), (500, 100)]))
    assert (piece.share, piece.probability) == (0.5, 1.0)


def test_line_along_a_border_goes_to_the_lowest_code(tree):
    line = LineString([(200, 0), (200, 60), (200, 200)])
    assert lengths(tree.shares(line)) == {"A": 200}
    assert lengths(tree.shares(line.reverse()), "grid") == {"A-1": 200}


def test_line_along_an_outer_border_is_inside(tree):
    assert lengths(tree.shares(LineString([(0, 0), (100, 0)]))) == {"B": 100}


def test_line_that_touches_or_runs_back_over_itself(tree):
    touching = LineString([(150, 100), (200, 100), (150, 150)])
    assert lengths(tree.shares(touching)) == {"B": round(50 + 50 * 2**0.5, 6)}
    back = LineString([(150, 100), (250, 100), (150, 100)])
    assert lengths(tree.shares(back)) == {"A": 100, "B": 100}


def test_line_wholly_outside(tree):
    answer = tree.shares(LineString([(-50, 0), (-50, 100)]))
    assert (answer.community, answer.outside, answer.p_community) == ("", True, 0.0)
    assert lengths(answer) == {"": 100}


def test_multi_line_and_line_without_length(tree):
    several = MultiLineString([[(50, 50), (60, 50)], [(250, 50), (280, 50)]])
    assert lengths(tree.shares(several)) == {"A": 30, "B": 10}
    spot = tree.shares(LineString([(50, 50), (50, 50)]))
    assert (spot.community, spot.parts[0].share) == ("B", 1.0)


def test_uncertain_line_expects_some_of_it_across(tree):
    inside = tree.shares(LineString([(350, 20), (350, 180)]), uncertainty_m=5)
    assert inside.p_community > 0.98
    along = tree.shares(LineString([(205, 20), (205, 180)]), uncertainty_m=5)
    # 5 m beside the border at sigma 5 m: Phi(1); the ends reach 20 m = 4 sigma from the outer border.
    assert along.p_community == pytest.approx(0.841345, abs=2e-3)
    assert along.near_border


def test_area(tree):
    answer = tree.shares(shapely.box(150, 150, 300, 250))
    areas = {part.code: part.area_m2 for part in answer.parts_of("community")}
    assert areas == pytest.approx({"A": 5000, "B": 2500, "": 7500})
    assert answer.community == "A"
    assert sum(part.share for part in answer.parts_of("grid")) == pytest.approx(1)


def test_shares_tie_goes_to_the_lowest_code(tree):
    assert tree.shares(LineString([(150, 50), (250, 50)])).community == "A"


def test_many_keeps_order_and_mixes_shapes(tree):
    shapes = [Point(50, 50), LineString([(0, 1), (10, 1)]), Point(250, 50), shapely.box(210, 10, 220, 20)]
    answers = tree.shares_many(shapes, uncertainties_m=[0, 1, 2, 3])
    assert [answer.community for answer in answers] == ["B", "B", "A", "A"]
    assert tree.shares_many([]) == []


@pytest.mark.parametrize(
    ("shape", "error", "words"),
    [
        (None, 0, "missing"),
        (Point(), 0, "empty"),
        (Point(np.nan, 1), 0, "empty|NaN"),
        (shapely.MultiPoint([(0, 0), (1, 1)]), 0, "neither"),
        (Point(1, 1), -1, "uncertainty"),
        (Point(1, 1), np.nan, "uncertainty"),
    ],
)
def test_bad_geometries_are_refused(tree, shape, error, words):
    with pytest.raises(ValueError, match=words):
        tree.shares(shape, uncertainty_m=error)


coordinate = st.floats(-500, 4500).map(lambda value: round(value, 3))
vertices = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=12, unique=True)


@pytest.fixture(scope="module")
def coverage(voronoi):
    return ZoneTree(community=voronoi), voronoi


@settings(deadline=None, max_examples=150)
@given(vertices)
def test_line_pieces_sum_to_the_whole_and_lie_in_their_zone(coverage, points):
    tree, zones = coverage
    line = LineString(points)
    answer = tree.shares(line)
    polygons = dict(zip(zones["code"], zones.geometry, strict=True))
    for level in LEVELS:
        parts = answer.parts_of(level)
        assert sum(part.length_m for part in parts) == pytest.approx(line.length, abs=1e-3)
        assert sum(part.geometry.length for part in parts) == pytest.approx(line.length, abs=1e-3)
        assert sum(part.share for part in parts) == pytest.approx(1)
    for part in answer.parts_of("community"):
        inside = polygons[part.code].buffer(1e-5) if part.code else None
        if inside is not None:
            assert inside.covers(part.geometry)
        else:
            assert (
                shapely.union_all(zones.geometry.array).buffer(-1e-5).intersection(part.geometry).length
                < 1e-3
            )
        # Overlay by GEOS as second source where the line does not run over itself.
        if line.is_simple and part.code:
            assert part.length_m == pytest.approx(polygons[part.code].intersection(line).length, abs=1e-3)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_lines_over_border_vertices_and_edges(coverage, data):
    """Lines through the corners of the coverage and along its edges: the hard cases for rounding."""
    tree, zones = coverage
    corners = np.unique(shapely.get_coordinates(zones.geometry.array), axis=0)
    chosen = data.draw(st.lists(st.integers(0, len(corners) - 1), min_size=2, max_size=6, unique=True))
    line = LineString(corners[chosen])
    parts = tree.shares(line).parts_of("community")
    assert sum(part.length_m for part in parts) == pytest.approx(line.length, abs=1e-3)
    edge = shapely.get_parts(
        shapely.boundary(zones.geometry.array[data.draw(st.integers(0, len(zones) - 1))])
    )[0]
    along = tree.shares(edge).parts_of("community")
    assert sum(part.length_m for part in along) == pytest.approx(edge.length, abs=1e-3)
    for part in along:
        middle = part.geometry.geoms[0] if part.geometry.geom_type == "MultiLineString" else part.geometry
        spot = middle.interpolate(0.5, normalized=True)
        touching = zones.loc[zones.distance(spot) < 1e-6, "code"]
        assert part.code == touching.min()


@settings(deadline=None, max_examples=60)
@given(st.tuples(coordinate, coordinate), st.floats(1, 2000), st.floats(1, 2000))
def test_area_pieces_sum_to_the_whole(coverage, corner, width, height):
    tree, _ = coverage
    shape = shapely.box(*corner, corner[0] + width, corner[1] + height)
    parts = tree.shares(shape).parts_of("community")
    assert sum(part.area_m2 for part in parts) == pytest.approx(shape.area, rel=1e-6, abs=1e-3)


def test_invalid_area_is_mended_first(tree):
    bow = Polygon([(10, 10), (90, 90), (90, 10), (10, 90)])
    assert tree.shares(bow).community == "B"


def test_points_agree_with_the_index(coverage):
    tree, zones = coverage
    rng = np.random.default_rng(2)
    xy = rng.uniform(-100, 4100, (2000, 2))
    codes = ZoneIndex(zones).assign(xy[:, 0], xy[:, 1])
    answers = tree.shares_many(list(shapely.points(xy)), uncertainties_m=30.0)
    assert [answer.community or None for answer in answers] == codes.tolist()
