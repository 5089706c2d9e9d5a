"""Areas divided among zones: by hand, against GEOS, and by laws."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.zones import ZoneIndex
from geodata.zones.cutting.areas import cut_areas


def index_of(*shapes, codes="ABCDEFGH"):
    return ZoneIndex(gpd.GeoDataFrame({"code": list(codes[: len(shapes)])}, geometry=list(shapes), crs=4547))


def rows(areas, index):
    cuts = cut_areas(areas, index)
    names = [*index.codes, ""]
    return [
        (area, names[zone], round(size, 6))
        for area, zone, size in zip(cuts.area, cuts.zone, cuts.area_m2, strict=True)
    ]


@pytest.fixture(scope="module")
def three():
    """A and B side by side, C above A; all that fit edge by edge."""
    return index_of(
        shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)]),
        shapely.Polygon([(100, 0), (200, 0), (200, 100), (100, 100)]),
        shapely.Polygon([(0, 100), (100, 100), (100, 200), (0, 200)]),
    )


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (shapely.box(10, 10, 20, 30), [("A", 200)]),
        (shapely.box(90, 90, 110, 110), [("A", 100), ("B", 100), ("C", 100), ("", 100)]),
        (shapely.box(300, 300, 310, 310), [("", 100)]),
        # equal to a zone, and touching others along their borders only
        (shapely.box(0, 0, 100, 100), [("A", 10000)]),
        # touches A at a corner and C along an edge
        (shapely.box(100, 100, 150, 150), [("", 2500)]),
        (
            shapely.MultiPolygon([shapely.box(10, 10, 20, 20), shapely.box(150, 50, 250, 60)]),
            [("A", 100), ("B", 500), ("", 500)],
        ),
        (shapely.box(-10, 40, 120, 60) - shapely.box(50, 45, 60, 55), [("A", 1900), ("B", 400), ("", 200)]),
    ],
)
def test_by_hand(three, area, expected):
    assert rows([area], three) == [(0, code, size) for code, size in expected]


def test_overlapping_zones_go_to_the_lowest_code():
    index = index_of(shapely.box(40, 0, 100, 100), shapely.box(0, 0, 60, 100), shapely.box(45, 0, 55, 100))
    # C lies wholly under A and B; what reaches above the zones is outside
    assert rows([shapely.box(0, 0, 100, 110)], index) == [(0, "A", 6000), (0, "B", 4000), (0, "", 1000)]
    assert rows([shapely.box(46, 10, 54, 20)], index) == [(0, "A", 80)]


def test_overlap_and_gap_of_one_size_do_not_cancel():
    index = index_of(shapely.box(0, 0, 60, 10), shapely.box(50, 0, 100, 10), shapely.box(110, 0, 150, 10))
    assert rows([shapely.box(0, 0, 150, 10)], index) == [
        (0, "A", 600), (0, "B", 400), (0, "C", 400), (0, "", 100),
    ]  # fmt: skip


def test_a_zone_inside_another_without_a_hole():
    index = index_of(shapely.box(0, 0, 30, 30), shapely.box(10, 10, 20, 20), codes="BA")
    assert rows([shapely.box(5, 5, 25, 25), shapely.box(12, 12, 14, 14)], index) == [
        (0, "A", 100), (0, "B", 300), (1, "A", 4),
    ]  # fmt: skip


def test_rows_that_share_a_code_are_one_zone():
    index = index_of(
        shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100), shapely.box(100, 0, 200, 100), codes="AAB"
    )
    assert rows([shapely.box(40, 0, 110, 10)], index) == [(0, "A", 600), (0, "B", 100)]


def test_many_keep_their_order_and_nothing_gives_nothing(three):
    areas = [shapely.box(150, 10, 160, 20), shapely.Polygon(), shapely.box(10, 150, 20, 160)]
    assert rows(areas, three) == [(0, "B", 100), (2, "C", 100)]
    assert rows([], three) == []
    empty = ZoneIndex(gpd.GeoDataFrame({"code": []}, geometry=[], crs=4547))
    assert rows([shapely.box(0, 0, 1, 1)], empty) == [(0, "", 1)]


def test_an_invalid_area_is_mended_first(three):
    bow = shapely.Polygon([(10, 10), (90, 90), (90, 10), (10, 90)])
    assert rows([bow], three) == [(0, "A", 3200)]


def test_a_speck_keeps_one_piece(three):
    speck = shapely.box(100 - 1e-3, 50, 100 + 3e-3, 50.01)
    assert [code for _, code, _ in rows([speck], three)] == ["B"]


@pytest.mark.parametrize("area", [None, shapely.Point(1, 1)])
def test_what_is_no_area_is_refused(three, area):
    with pytest.raises(ValueError, match="1 geometries are missing or no areas"):
        cut_areas([shapely.box(0, 0, 1, 1), area], three)


coordinate = st.floats(-500, 4500).map(lambda value: round(value, 3))
corners = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8, unique=True)


@settings(deadline=None, max_examples=100)
@given(st.lists(corners, min_size=1, max_size=6), st.booleans())
def test_pieces_sum_to_the_area_and_agree_with_geos(voronoi, drawings, is_dirty):
    """With zones grown by a metre all overlap, and the lower code takes what both claim."""
    zones = voronoi.assign(geometry=voronoi.geometry.buffer(1.0)) if is_dirty else voronoi
    index = ZoneIndex(zones)
    polygons = [index.polygon(number) for number in range(len(index.codes))]
    areas = np.array([shapely.MultiPoint(points).convex_hull.buffer(0.5) for points in drawings])
    cuts = cut_areas(areas, index)
    whole = np.bincount(cuts.area, weights=cuts.area_m2, minlength=len(areas))
    np.testing.assert_allclose(whole, shapely.area(areas), atol=1e-2)
    assert not np.isin(shapely.get_type_id(cuts.geometry), [3, 6], invert=True).any()
    for number, area in enumerate(areas):
        ours = dict(zip(cuts.zone[cuts.area == number], cuts.area_m2[cuts.area == number], strict=True))
        lower = shapely.Polygon()
        for zone, polygon in enumerate(polygons):
            if polygon.intersects(area):
                theirs = area.intersection(polygon).difference(lower).area
                assert ours.get(zone, 0.0) == pytest.approx(theirs, abs=1e-3)
                lower = lower.union(polygon)
        assert ours.get(-1, 0.0) == pytest.approx(area.difference(lower).area, abs=1e-3)
