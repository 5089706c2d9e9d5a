"""Files of every exchange format as sources; an office without records; an office with the finished file only."""

from __future__ import annotations

import io
import time
import zipfile
from uuid import uuid4

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point

from geodata.gazetteer import build
from service.setup.initialising import initialise
from service.setup.profile import read_profile

X, Y, CRS = 474_000.0, 3_849_000.0, 4547


@pytest.fixture
def own_database(database_maker):
    """An empty database of this test alone."""
    with database_maker() as url:
        yield url


def wait_ready(client):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        state = client.get("/api/gazetteer").json()
        if state["state"] not in ("checking", "draft"):
            return state
        time.sleep(0.1)
    raise AssertionError(state)


def upload(client, name, content, **fields):
    return client.post("/api/gazetteer/sources", files={"file": (name, content)}, data=fields)


def kml(lonlat, name="新开河", points=((300, 100), (300, 900))):
    path = " ".join(f"{lon},{lat}" for lon, lat in (lonlat(*point) for point in points))
    return f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>{name}</name><LineString><coordinates>{path}</coordinates></LineString></Placemark></Document></kml>'.encode()


DXF = "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n道路\n10\n474400\n20\n3849000\n11\n474400\n21\n3849900\n0\nTEXT\n8\n注记\n10\n474402\n20\n3849400\n1\n图上路\n0\nENDSEC\n0\nEOF\n"


def shapefile(tmp_path):
    frame = gpd.GeoDataFrame(
        {"路名": ["测量路"], "宽度": [12.0]},
        geometry=[LineString([(X + 600, Y), (X + 600, Y + 900)])],
        crs=CRS,
    )
    frame.to_file(tmp_path / "roads.shp", encoding="GBK")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in tmp_path.glob("roads.*"):
            archive.write(part, part.name)
    return out.getvalue()


def test_every_format_is_read_and_shown_before_it_counts(full, editor, tmp_path, lonlat):
    client = editor.client
    before = client.get("/api/gazetteer").json()
    gpd.GeoDataFrame(
        {"name": ["资料路"], "class": ["road"]},
        geometry=[LineString([(X + 450, Y), (X + 450, Y + 900)])],
        crs=CRS,
    ).to_file(tmp_path / "a.gpkg", driver="GPKG")
    geojson = (
        gpd.GeoDataFrame({"name": ["东门"], "class": ["gate"]}, geometry=[Point(*lonlat(320, 320))], crs=4326)
        .to_json()
        .encode()
    )
    osm = '<osm version="0.6"><node id="1" lat="{}" lon="{}"/><node id="2" lat="{}" lon="{}"/><way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="name" v="开放路"/></way></osm>'.format(
        *reversed(lonlat(700, 100)), *reversed(lonlat(700, 900))
    )
    posts = "线路,桩号,经度,纬度\n平安路,K1+200,{},{}\n平安路,没有,1,2\n".format(*lonlat(1200, 500)).encode()
    files = [
        ("a.gpkg", (tmp_path / "a.gpkg").read_bytes(), {}, "lines", "资料路"),
        ("河.kml", kml(lonlat), {}, "lines", "新开河"),
        ("图.dxf", DXF.encode(), {"crs": "4547"}, "lines", "图上路"),
        ("路.zip", shapefile(tmp_path), {}, "lines", "测量路"),
        ("门.geojson", geojson, {}, "places", "东门"),
        ("小区.osm", osm.encode(), {}, "osm", "开放路"),
        ("桩.csv", posts, {"datum": "wgs84"}, "posts", "平安路"),
    ]  # fmt: skip
    for name, content, fields, kind, told in files:
        answer = upload(client, name, content, **fields)
        assert answer.status_code == 201, (name, answer.text)
        made = answer.json()
        assert (made["kind"], made["standing"]) == (kind, "drafted"), name
        assert told in made["counts"]["names"], name
        shown = client.get(f"/api/gazetteer/sources/{made['id']}/preview").json()["features"]
        assert told in {one["properties"]["name"] for one in shown}
    assert client.get("/api/gazetteer").json()["lines"] == before["lines"], "a draft does not count"
    check = editor.check()
    assert editor.decide(check, "accept").status_code == 200
    after = client.get("/api/gazetteer").json()
    assert after["lines"] == before["lines"] + 5
    assert after["posts"] == before["posts"] + 1
    found = client.get("/api/locate", params={"q": "平安路与图上路交叉口"}).json()
    assert found["status"] == "located"
    lon, lat = lonlat(400, 500)
    assert abs(found["lon"] - lon) < 1e-5
    assert abs(found["lat"] - lat) < 1e-5


@pytest.mark.parametrize(
    ("name", "content", "fields", "field"),
    [
        ("图.dxf", DXF.encode(), {}, "body.crs"),
        ("点.csv", "名称,经度,纬度\n东门,113.7,34.7\n".encode(), {}, "body.datum"),
    ],
)
def test_what_a_file_does_not_say_is_asked(full, editor, name, content, fields, field):
    answer = upload(editor.client, name, content, **fields)
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["fields"]}


@pytest.mark.parametrize("name", ["a.gpkg", "a.kml", "a.osm", "a.zip", "a.dxf", "a.xlsx", "a.txt"])
def test_files_that_are_none_are_refused_and_leave_nothing(full, editor, name):
    folder = full.data_dir / "sources"
    before = sorted(folder.iterdir())
    answer = upload(editor.client, name, b"\x00\x01not a file of anything" * 9)
    assert answer.status_code == 422, answer.text
    assert sorted(folder.iterdir()) == before


def test_the_same_request_and_the_same_file_are_one_source(full, editor, lonlat):
    key = str(uuid4())
    content = kml(lonlat, "重复河")
    first = editor.client.post(
        "/api/gazetteer/sources", files={"file": ("a.kml", content)}, headers={"idempotency-key": key}
    )
    again = editor.client.post(
        "/api/gazetteer/sources", files={"file": ("a.kml", content)}, headers={"idempotency-key": key}
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert upload(editor.client, "b.kml", content).status_code == 409


def test_rights_are_those_of_borders(full, editor):
    with full.as_("grid1") as client:
        assert client.get("/api/gazetteer").status_code == 403
    with full.as_("leader") as client:
        assert client.get("/api/gazetteer").status_code == 200
        assert client.post("/api/gazetteer/checks").status_code == 403
    with full.as_(None) as client:
        assert client.get("/api/gazetteer").status_code in (401, 403)


def test_located_records_teach_only_what_a_person_or_a_list_knew(full, editor):
    answer = editor.client.post("/api/gazetteer/sources/learn")
    assert answer.status_code == 422, "everything here was placed by the program itself"


def bare(folder, tiny_profile, names):
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((tiny_profile / name).read_bytes())
    return folder


def test_an_office_without_records_needs_no_decision(tiny_profile, own_database, tmp_path, serve, lonlat):
    profile = bare(tmp_path / "profile", tiny_profile, ["office.toml", "people.toml", "zones.gpkg"])
    initialise(tmp_path / "office", read_profile(profile, demo=True), database_url=own_database)
    with serve(tmp_path / "office", own_database) as site, site.as_("admin") as client:
        assert client.get("/api/gazetteer").json()["state"] == "empty"
        answer = upload(client, "河.kml", kml(lonlat))
        assert answer.status_code == 201
        state = wait_ready(client)
        assert (state["state"], state["waters"], state["pending"]) == ("ready", 1, 0)
        assert client.get("/api/locate", params={"q": "新开河"}).json()["status"] == "located"


def test_a_finished_gazetteer_is_the_base_that_edits_are_compiled_over(
    tiny_profile, own_database, tmp_path, serve, lonlat
):
    profile = bare(tmp_path / "profile", tiny_profile, ["office.toml", "people.toml", "zones.gpkg"])
    build(
        lines=tiny_profile / "lines.gpkg",
        zones=tiny_profile / "zones.gpkg",
        crs=CRS,
        out=profile / "gazetteer.qgz",
    )
    initialise(tmp_path / "office", read_profile(profile, demo=True), database_url=own_database)
    with serve(tmp_path / "office", own_database) as site, site.as_("admin") as client:
        assert [one["kind"] for one in client.get("/api/gazetteer").json()["source_list"]] == ["base"]
        upload(client, "新路.kml", kml(lonlat, "新建路", ((500, 0), (500, 1000))))
        state = wait_ready(client)
        assert (state["state"], state["roads"], state["crossings"]) == ("ready", 6, 5)
        assert client.get("/api/locate", params={"q": "平安路与新建路交叉口"}).json()["status"] == "located"
