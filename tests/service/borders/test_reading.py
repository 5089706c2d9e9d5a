"""Uploaded border files are parsed in a confined process: what is no plain GeoPackage is refused."""

from __future__ import annotations

import hashlib
import sqlite3

import geopandas as gpd
import pytest
import shapely

from geodata.errors import CrsError, FrameError
from service.borders.reading import read_border_file
from service.confined.reading import UnreadableError

CRS = 4547


def read(path):
    return read_border_file(path, name=path.name, crs=CRS)


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "sound.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["甲", None], "valid_from": ["2017-01-01", None]},
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)],
        crs=CRS,
    )
    frame.to_file(path, layer="community", driver="GPKG")
    return path


def test_equals_what_gdal_reads(sound):
    ours, theirs = read(sound).layers["community"], gpd.read_file(sound, layer="community")
    assert ours["code"].tolist() == theirs["code"].tolist()
    assert ours["name"].tolist() == ["甲", "B"]
    assert all(a.equals(b) for a, b in zip(ours.geometry, theirs.geometry, strict=True))
    assert read(sound).sha256 == hashlib.sha256(sound.read_bytes()).hexdigest()


def test_one_layer_of_any_name_is_taken_as_communities(tmp_path):
    path = tmp_path / "one.gpkg"
    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 10, 10)], crs=CRS)
    frame.to_file(path, layer="社区边界", driver="GPKG")
    assert list(read(path).layers) == ["community"]
    frame.to_file(path, layer="另一层", driver="GPKG")
    with pytest.raises(UnreadableError, match="没有名为"):
        read(path)


def test_other_crs_are_reprojected_and_none_is_refused(tmp_path):
    path = tmp_path / "degrees.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": ["A"]}, geometry=[shapely.box(474_000, 3_848_000, 474_100, 3_848_100)], crs=CRS
    )
    frame.to_crs(4326).to_file(path, layer="community", driver="GPKG")
    assert read(path).layers["community"].area.iloc[0] == pytest.approx(10_000, rel=1e-6)
    bare = tmp_path / "bare.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        frame.set_crs(None, allow_override=True).to_file(bare, layer="community", driver="GPKG")
    with pytest.raises(CrsError):
        read(bare)


def test_a_layer_without_codes(tmp_path):
    path = tmp_path / "codeless.gpkg"
    gpd.GeoDataFrame({"x": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=CRS).to_file(path, layer="community")
    with pytest.raises(FrameError, match="code"):
        read(path)


HOSTILE = {
    "text": b"not a geopackage at all",
    "empty": b"",
    "vrt": b'<OGRVRTDataSource><OGRVRTLayer name="community"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    "magic only": b"SQLite format 3\x00" + b"\xff" * 5_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_geopackage_is_refused(tmp_path, name):
    path = tmp_path / "upload.gpkg"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(UnreadableError, match="GeoPackage"):
        read(path)


@pytest.mark.parametrize(
    "trick",
    [
        # A view that never ends, in place of the table.
        "alter table community rename to hidden;"
        "create view community as with recursive n(i) as (select 1 union all select i + 1 from n) select i as fid, x'' as geom, 'A' as code from n",
        # A view that computes.
        "alter table community rename to hidden; create view community as select fid, geom, upper(code) as code from hidden",
    ],
)
def test_views_are_not_run(sound, trick):
    with sqlite3.connect(sound) as store:
        for name in list(store.execute("select name from sqlite_master where type = 'trigger'")):
            store.execute(f'drop trigger "{name[0]}"')
        store.executescript(trick)
    store.close()
    with pytest.raises(UnreadableError, match="普通的表"):
        read(sound)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"GP",
        b"XX\x00\x01" + b"\x00" * 40,
        b"GP\x00\x0e" + b"\x00" * 60,
        b"GP\x00\x01\x00\x00\x00\x00\x01\x03",
    ],
)
def test_broken_geometries_are_refused(sound, blob):
    with sqlite3.connect(sound) as store:
        for name in list(store.execute("select name from sqlite_master where type = 'trigger'")):
            store.execute(f'drop trigger "{name[0]}"')
        store.execute("update community set geom = ? where code = 'B'", (blob,))
    store.close()
    with pytest.raises(UnreadableError, match="图形"):
        read(sound)


def test_nothing_is_written_beside_the_file(sound):
    before = sorted(sound.parent.iterdir())
    content = sound.read_bytes()
    read(sound)
    assert sorted(sound.parent.iterdir()) == before
    assert sound.read_bytes() == content


def test_too_many_zones_are_refused(tmp_path):
    path = tmp_path / "many.gpkg"
    shapes = shapely.box(range(20_001), 0, range(1, 20_002), 1)
    gpd.GeoDataFrame({"code": [str(i) for i in range(20_001)]}, geometry=shapes, crs=CRS).to_file(
        path, layer="grid"
    )
    with pytest.raises(UnreadableError, match="上限"):
        read(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(UnreadableError, match="找不到"):
        read(tmp_path / "absent.gpkg")
