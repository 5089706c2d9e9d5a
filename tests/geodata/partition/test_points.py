"""Points from well-known binary without geometry objects: shapely is the second source."""

import numpy as np
import pyarrow as pa
import pytest
import shapely

from geodata.errors import FrameError
from geodata.partition.points import point_wkb, wkb_points


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, type=kind or pa.binary())])


def test_plain_points_with_nulls_and_offsets():
    shapes = shapely.points([[1.5, 2.5], [-3.25, 1e6], [474_000.123456789, 3.8e6]])
    values = [*shapely.to_wkb(shapes), None]
    for kind in (pa.binary(), pa.large_binary()):
        whole = column([values[3], *values[:3]], kind)
        assert np.array_equal(wkb_points(whole)[1:], shapely.get_coordinates(shapes))
        assert np.isnan(wkb_points(whole)[0]).all()
        assert wkb_points(whole.slice(2, 1)).tolist() == [[-3.25, 1e6]]


@pytest.mark.parametrize(
    "options", [{"byte_order": 0}, {"include_srid": True, "flavor": "extended"}, {"output_dimension": 3}]
)
def test_other_ways_to_write_a_point(options):
    shapes = shapely.set_srid(shapely.points([[1.0, 2.0, 9.0], [3.0, 4.0, 9.0]]), 4547)
    values = [*shapely.to_wkb(shapes, **options), None, shapely.to_wkb(shapely.Point())]
    xy = wkb_points(column(values))
    assert xy[:2].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert np.isnan(xy[2:]).all()


def test_what_is_no_point_is_refused():
    with pytest.raises(FrameError, match="only points"):
        wkb_points(column([shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)]))]))
    with pytest.raises(FrameError, match="no well-known binary"):
        wkb_points(column([b"nonsense"]))
    # 21 bytes, but of a line's type
    with pytest.raises(FrameError):
        wkb_points(column([b"\x01\x02\x00\x00\x00" + b"\x00" * 16]))


def test_written_points_are_what_shapely_writes():
    xy = np.array([[1.5, 2.5], [np.nan, 1.0], [-7.0, 1e9], [np.inf, 0.0]])
    written = point_wkb(xy).to_pylist()
    assert [written[0], written[2]] == [shapely.to_wkb(shapely.Point(*xy[at])) for at in (0, 2)]
    assert written[1] is None
    assert written[3] is None
    assert point_wkb(np.zeros((0, 2))).to_pylist() == []
    assert np.array_equal(wkb_points(pa.chunked_array([point_wkb(xy)]))[[0, 2]], xy[[0, 2]])
