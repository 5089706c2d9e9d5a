"""`qingtu roads add | check | accept | undo | list` as a user calls them."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
from shapely.geometry import LineString

from service.setup.initialising import initialise
from service.setup.profile import read_profile

X, Y = 474_000.0, 3_849_000.0


@pytest.fixture
def office(tiny_profile, database_maker, tmp_path, monkeypatch):
    with database_maker() as url:
        initialise(tmp_path / "office", read_profile(tiny_profile, demo=True), database_url=url)
        monkeypatch.setenv("QINGTU_DATABASE_URL", url)
        yield tmp_path / "office"


def test_from_a_file_to_an_acceptance_and_back(run, office, tmp_path):
    path = tmp_path / "新路.gpkg"
    frame = gpd.GeoDataFrame(
        {"name": ["新建路"], "class": ["road"]},
        geometry=[LineString([(X + 500, Y), (X + 500, Y + 1000)])],
        crs=4547,
    )
    frame.to_file(path, driver="GPKG")
    listed = tmp_path / "清单.csv"
    listed.write_text(
        "位置,问题描述\n平安路与新建路交叉口,垃圾\n平安路与春光街交叉口,垃圾\n", encoding="utf-8-sig"
    )
    assert run("import", listed, "--data", office)[0] == 0
    code, out, _ = run("roads", "check", "--data", office)
    assert code == 1, "nothing was changed"
    code, out, _ = run("roads", "add", path, "--data", office, "--json")
    assert (code, json.loads(out)["counts"]["lines"]) == (0, 1)
    code, out, _ = run("roads", "check", "--data", office, "--json")
    check = json.loads(out)
    assert (code, check["state"]) == (0, "waiting")
    assert [item["words"] for item in check["items"]] == ["平安路与新建路交叉口"]
    code, out, _ = run("roads", "accept", "--data", office)
    assert code == 0
    assert "平安路与新建路交叉口" in out
    state = json.loads(run("roads", "list", "--data", office, "--json")[1])
    assert {source["standing"] for source in state["sources"]} == {"in_force"}
    assert run("roads", "undo", "--data", office)[0] == 0
    state = json.loads(run("roads", "list", "--data", office, "--json")[1])
    assert sorted(source["standing"] for source in state["sources"]) == ["drafted", "in_force"]
    assert run("roads", "accept", "--data", office)[0] == 1, "no check waits"


def test_files_that_are_not_there_or_say_too_little_are_refused(run, office, tmp_path):
    assert run("roads", "add", tmp_path / "no.gpkg", "--data", office)[0] == 1
    table = tmp_path / "点.csv"
    table.write_text("名称,经度,纬度\n东门,113.7,34.7\n", encoding="utf-8")
    code, _, err = run("roads", "add", table, "--data", office)
    assert code == 1
    assert "gcj02" in err
    assert run("roads", "add", table, "--datum", "gcj02", "--data", office)[0] == 0
