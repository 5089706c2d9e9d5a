"""Columns and paths come back as they went in (checked by a decoder written here)."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from maps.encode import anchor_point, encode_column, encode_path, encode_shape, plain_text


def _decode(column, length):
    if column is None:
        return [""] * length
    if "all" in column:
        return [column["all"]] * length
    return [column["of"][at] for at in column["at"]] if "of" in column else column["list"]


@given(st.lists(st.sampled_from(["", "二七区", "中原区", "金水区"]), max_size=40))
def test_column_round_trip(values):
    column = encode_column(values)
    if any(values):
        assert _decode(column, len(values)) == values
    else:
        assert column is None


@given(st.lists(st.tuples(st.floats(73, 135), st.floats(18, 53)), min_size=1, max_size=30))
def test_path_round_trip_within_a_tenth_of_a_metre(points):
    steps = np.array(encode_path(np.array(points))).reshape(-1, 2)
    back = np.cumsum(steps, axis=0) / 1e6
    assert np.abs(back[0] - points[0]).max() <= 5.1e-7
    assert np.abs(back[-1] - points[-1]).max() <= 5.1e-7
    assert len(back) <= len(points)


def test_shapes():
    assert encode_shape(shapely.Point(1, 2)) is None
    assert list(encode_shape(shapely.LineString([(0, 0), (1, 1)]))) == ["line"]
    holed = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (2, 1), (2, 2)]])
    two = encode_shape(shapely.MultiPolygon([holed, shapely.box(9, 9, 10, 10)]))["area"]
    assert [len(rings) for rings in two] == [2, 1]
    mixed = shapely.GeometryCollection(
        [shapely.Point(0, 0), shapely.MultiLineString([[(0, 0), (1, 0)], [(2, 0), (3, 0)]])]
    )
    assert len(encode_shape(mixed)["line"]) == 2


@pytest.mark.parametrize(
    ("wkt", "expected"),
    [
        ("POINT (3 4)", (3, 4)),
        ("LINESTRING (0 0, 10 0)", (5, 0)),
        ("MULTILINESTRING ((0 0, 1 0), (5 0, 5 8))", (5, 4)),
        ("GEOMETRYCOLLECTION (POINT (9 9), LINESTRING (0 0, 0 2))", (0, 1)),
    ],
)
def test_anchor(wkt, expected):
    assert anchor_point(shapely.from_wkt(wkt)) == expected


def test_anchor_of_a_ring_shaped_area_is_inside():
    ring = shapely.Point(0, 0).buffer(10).difference(shapely.Point(0, 0).buffer(8))
    assert ring.covers(shapely.Point(anchor_point(ring)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (3.0, "3"),
        (3.25, "3.25"),
        (" 东风渠 ", "东风渠"),
        (np.float64(7), "7"),
    ],
)
def test_plain_text(value, text):
    assert plain_text(value) == text
