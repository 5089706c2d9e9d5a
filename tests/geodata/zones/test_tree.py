"""ZoneTree: files, contracts, valid dates."""

from datetime import date

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import Point

from geodata.errors import CrsError, FrameError, ZoneError
from geodata.zones import ZoneTree
from geodata.zones.contract import zone_frame


def test_round_trip_through_a_geopackage(tree, tmp_path):
    path = tmp_path / "zones.gpkg"
    tree.write(path)
    tree.write(path)  # replaces
    again = ZoneTree.read(path)
    assert sorted(pyogrio.list_layers(path)[:, 0]) == ["community", "grid", "subdistrict"]
    for level, layer in tree.layers().items():
        other = again.layers()[level]
        assert other["code"].tolist() == layer["code"].tolist()
        assert other["parent"].tolist() == layer["parent"].tolist()
        assert all(a.equals(b) for a, b in zip(layer.geometry, other.geometry, strict=True))
    assert again.shares(Point(50, 50)) == tree.shares(Point(50, 50))
    assert (again.crs, again.is_official, again.note) == (4547, True, "")


def test_one_layer_with_a_code_column_in_degrees(drawn, tmp_path):
    path = tmp_path / "zones.geojson"
    zones = drawn("BA", origin=(474000, 3848000)).rename(columns={"code": "片区号"})
    zones.to_crs(4326).to_file(path, driver="GeoJSON")
    read = ZoneTree.read(path, code_column="片区号")
    assert read.crs == 4547
    assert read.shares(Point(474050, 3848050)).community == "B"
    assert ZoneTree.read(path, code_column="片区号", crs=32649).crs == 32649
    with pytest.raises(FrameError, match=r"'code'; it has .*片区号"):
        ZoneTree.read(path)


def test_crs_rules(drawn, tmp_path):
    bare = tmp_path / "bare.gpkg"
    zones = drawn("A").set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        zones.to_file(bare, layer="community")
    with pytest.raises(CrsError, match="no CRS"):
        ZoneTree.read(bare)
    assert ZoneTree.read(bare, crs=4547).crs == 4547
    with pytest.raises(CrsError, match="degrees"):
        ZoneTree.read(bare, crs=4326)
    with pytest.raises(CrsError, match="layer grid"):
        ZoneTree(community=drawn("A").assign(parent=""), grid=drawn("A").to_crs(4548))


def test_files_that_are_no_zones(drawn, tmp_path):
    noise = tmp_path / "noise.gpkg"
    noise.write_bytes(b"\x00\x01" * 5000)
    with pytest.raises(FrameError, match="no known format"):
        ZoneTree.read(noise)
    with pytest.raises(FrameError, match="does not exist"):
        ZoneTree.read(tmp_path / "absent.gpkg")
    others = tmp_path / "others.gpkg"
    drawn("A").to_file(others, layer="roads")
    drawn("A").to_file(others, layer="rivers")
    with pytest.raises(FrameError, match="layers roads, rivers"):
        ZoneTree.read(others)
    grids = tmp_path / "grids.gpkg"
    drawn("A").to_file(grids, layer="grid")
    with pytest.raises(FrameError, match="no layer community"):
        ZoneTree.read(grids)


def test_all_violations_at_once(drawn):
    community = pd.concat([drawn("AB"), drawn("..A")]).assign(parent="S")
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    grid = gpd.GeoDataFrame({"code": ["g", ""], "parent": ["A", "X"]}, geometry=[bow, None], crs=4547)
    with pytest.raises(ZoneError) as error:
        ZoneTree(community=community, grid=grid, subdistrict=drawn("T"))
    for words in (
        "A stands there 2 times",
        "community B: its parent is no subdistrict",
        "g is invalid",
        "row 2 has no code",
        "has no geometry",
        "its parent is no community",
    ):
        assert words in str(error.value)


def test_valid_dates(drawn, tmp_path):
    old = drawn("AABB").assign(valid_from="2016-01-01", valid_to="2017-07-01")
    new = drawn("ABBB").assign(valid_from="2017-07-01", valid_to="9999-12-31")
    both = ZoneTree(community=pd.concat([old, new], ignore_index=True))
    moved = Point(150, 50)
    assert both.shares(moved, on=date(2017, 6, 30)).community == "A"
    assert both.shares(moved, on=date(2017, 7, 1)).community == "B"
    assert both.shares(moved).community == "B"
    assert both.shares(moved, on=date(2015, 1, 1)).outside
    both.write(tmp_path / "z.gpkg")
    assert ZoneTree.read(tmp_path / "z.gpkg").shares(moved, on=date(2017, 6, 30)).community == "A"
    with pytest.raises(ZoneError, match="begins on"):
        ZoneTree(community=old.assign(valid_to="2015-01-01"))
    with pytest.raises(FrameError, match="row 1: valid_from 'soon'"):
        ZoneTree(community=old.assign(valid_from="soon"))


def test_overlapping_versions_are_refused(drawn):
    old = drawn("A").assign(valid_from="2016-01-01", valid_to="2018-01-01")
    new = drawn("A").assign(valid_from="2017-01-01", valid_to=None)
    with pytest.raises(ZoneError, match="same days"):
        ZoneTree(community=pd.concat([old, new], ignore_index=True))


def test_unofficial_mark_and_note(drawn, tmp_path):
    zones = drawn("AB").assign(official=[True, False], note=["", "示意边界"])
    made = ZoneTree(community=zones)
    assert (made.is_official, made.note) == (False, "示意边界")
    made.write(tmp_path / "z.gpkg")
    assert not ZoneTree.read(tmp_path / "z.gpkg").is_official


def test_empty_frames_and_other_crs(drawn):
    with pytest.raises(ZoneError, match="no community"):
        ZoneTree(community=drawn("A").iloc[:0])
    zones = ZoneTree(community=drawn("A", origin=(474000, 3848000)))
    assert zones.to_crs(4547) is zones
    utm = zones.to_crs(32649)
    x, y = shapely.get_coordinates(utm.community.geometry.iloc[0].centroid)[0]
    assert utm.shares(Point(x, y)).community == "A"


def test_without_borders_every_place_lies_outside_until_the_first_ones_come():
    tree = ZoneTree.empty(4547)
    shapes = [shapely.Point(5, 5), shapely.LineString([(0, 0), (3, 4)]), shapely.box(0, 0, 2, 2)]
    for answer in tree.shares_many(shapes, uncertainties_m=20.0):
        assert (answer.community, answer.grid, answer.outside, answer.near_border) == ("", "", True, False)
        assert {(part.level, part.code, part.share) for part in answer.parts} == {
            ("subdistrict", "", 1.0), ("community", "", 1.0), ("grid", "", 1.0)
        }  # fmt: skip
    assert sum(part.length_m for part in tree.shares(shapes[1]).parts if part.level == "grid") == 5.0
    assert tree.to_crs(4548).crs == 4548
    first = gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(0, 0, 10, 10)], crs=4547)
    day = date(2024, 1, 1)
    begun = tree.with_change({"community": zone_frame(first, level="community")}, valid_from=day)
    assert [begun.shares(shapes[0], on=on).community for on in (day, date(2023, 12, 31))] == ["a", ""]
