"""ZoneIndex: every point to one zone, by the stated rule."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.errors import CrsError, FrameError, ZoneError
from geodata.zones import ZoneIndex


def test_points_inside_and_outside(drawn):
    index = ZoneIndex(drawn("BA\nBC"))
    assert index.assign([50, 150, 150, 250], [50, 150, 50, 50]).tolist() == ["B", "A", "C", None]


def test_border_goes_to_the_lowest_code(drawn):
    index = ZoneIndex(drawn("BA\nBC"))
    #            A|B edge   A|C edge   B|C edge  corner of all three   outer edge of B
    x, y = [100, 150, 100, 100, 0], [150, 100, 50, 100, 50]
    assert index.assign(x, y).tolist() == ["A", "A", "B", "A", "B"]


def test_overlap_goes_to_the_lowest_code_whatever_the_row_order():
    frame = gpd.GeoDataFrame(
        {"code": ["Z", "M"]}, geometry=[shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)], crs=4547
    )
    for order in ([0, 1], [1, 0]):
        assert ZoneIndex(frame.iloc[order]).assign([7, 2], [5, 5]).tolist() == ["M", "Z"]


def test_hole_and_multipolygon():
    ring = shapely.box(0, 0, 30, 30) - shapely.box(10, 10, 20, 20)
    frame = gpd.GeoDataFrame(
        {"code": ["R"]}, geometry=[shapely.MultiPolygon([ring, shapely.box(50, 0, 60, 10)])], crs=4547
    )
    index = ZoneIndex(frame)
    assert index.assign([5, 15, 10, 55], [5, 15, 15, 5]).tolist() == ["R", None, "R", "R"]
    assert index.border_distance([15, 2], [15, 15]).tolist() == [5, 2]


def test_another_code_column_and_numbers_as_codes():
    frame = gpd.GeoDataFrame({"id": [410105001.0]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4547)
    assert ZoneIndex(frame, code="id").assign([0.5], [0.5]).tolist() == ["410105001"]


def test_border_distance_by_hand(drawn):
    index = ZoneIndex(drawn("AB"))
    assert index.border_distance([90, 50, -30, 100], [50, 50, -40, 20]).tolist() == [10, 50, 50, 0]


def test_agrees_with_geopandas_sjoin_away_from_borders(voronoi):
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-200, 4200, (2, 5000))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4547)
    joined = points.sjoin(voronoi, how="left", predicate="within")
    expected = [None if code != code else code for code in joined["code"]]
    assert ZoneIndex(voronoi).assign(x, y).tolist() == expected


def test_vertices_of_a_coverage_all_get_the_lowest_neighbour(voronoi):
    index = ZoneIndex(voronoi)
    corners = np.unique(shapely.get_coordinates(voronoi.geometry.array), axis=0)
    got = index.assign(corners[:, 0], corners[:, 1])
    for corner, code in zip(shapely.points(corners), got, strict=True):
        assert code == voronoi.loc[voronoi.intersects(corner), "code"].min()


def test_empty_inputs(drawn):
    index = ZoneIndex(drawn("A"))
    assert index.assign([], []).shape == (0,)
    assert index.border_distance([], []).shape == (0,)
    nothing = ZoneIndex(gpd.GeoDataFrame({"code": []}, geometry=[], crs=4547))
    assert nothing.assign([1.0], [1.0]).tolist() == [None]
    assert nothing.border_distance([1.0], [1.0]).tolist() == [np.inf]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_coordinates_are_refused(drawn, bad):
    with pytest.raises(ValueError, match="rows 1"):
        ZoneIndex(drawn("A")).assign([0, bad], [0, 0])


def test_lengths_must_agree(drawn):
    with pytest.raises(ValueError, match="one length"):
        ZoneIndex(drawn("A")).assign([0, 1], [0])


def test_crs_is_required_and_in_metres(drawn):
    with pytest.raises(CrsError, match="no CRS"):
        ZoneIndex(drawn("A").set_crs(None, allow_override=True))
    with pytest.raises(CrsError, match="degrees"):
        ZoneIndex(drawn("A").set_crs(4326, allow_override=True))


def test_all_faults_are_named(drawn):
    with pytest.raises(FrameError, match="community_code"):
        ZoneIndex(drawn("A"), code="community_code")
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    frame = gpd.GeoDataFrame(
        {"code": ["bow", "line", "none", None]},
        geometry=[bow, shapely.LineString([(0, 0), (1, 1)]), None, shapely.box(0, 0, 1, 1)],
        crs=4547,
    )
    with pytest.raises(ZoneError) as error:
        ZoneIndex(frame)
    for words in ("bow is invalid", "line is not a polygon", "none has no geometry", "row 3 has no code"):
        assert words in str(error.value)
