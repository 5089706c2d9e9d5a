"""`qingtu zones changes | propose | proposals | decide` and `assign --on` as a user calls them."""

from __future__ import annotations

import json
import os

import geopandas as gpd
import pandas as pd
import pytest
import shapely

X, Y = 474000.0, 3848000.0
A, B = "410105999001", "410105999002"


def strips(path, spans, **columns):
    shapes = [shapely.box(X + west, Y, X + east, Y + 1000) for west, east in spans.values()]
    frame = gpd.GeoDataFrame({"code": list(spans), **columns}, geometry=shapes, crs=4547)
    frame.to_file(path, layer="community", driver="GPKG")
    return path


@pytest.fixture
def old(tmp_path):
    return strips(tmp_path / "old.gpkg", {"A": (0, 1000), "B": (1000, 2000)}, name=["甲", "乙"])


def test_what_differs_between_two_files(run, old, tmp_path):
    new = strips(
        tmp_path / "new.gpkg", {"A": (0, 800), "B": (800, 1900), "C": (1900, 2000)}, name=["甲", "乙", "丙"]
    )
    code, out, _ = run("zones", "changes", old, new, "--json")
    found = json.loads(out)
    assert code == 0
    assert {zone["code"]: zone["kind"] for zone in found["zones"]} == {"A": "moved", "B": "moved", "C": "new"}
    land = {(move["from"], move["to"]): move["area_m2"] for move in found["land"]}
    assert land == {("A", "B"): 200_000.0, ("B", "C"): 100_000.0}
    code, out, _ = run("zones", "changes", old, new, "--out", tmp_path / "land.gpkg")
    assert "A → B  200,000.0 m²" in out
    assert "[社区] C 丙: 新设" in out
    written = gpd.read_file(tmp_path / "land.gpkg")
    assert sorted(written.area.round()) == [100_000, 200_000]
    assert "new" in run("zones", "changes", old, new, "--lang", "en")[1]
    assert "相同" in run("zones", "changes", old, old)[1]


def test_versions_of_one_file(run, tmp_path):
    both = gpd.GeoDataFrame(
        {
            "code": ["A", "B", "A", "B"],
            "valid_from": ["2016-01-01"] * 2 + ["2017-07-01"] * 2,
            "valid_to": ["2017-07-01"] * 2 + [None] * 2,
        },
        geometry=[
            shapely.box(X + west, Y, X + east, Y + 1000)
            for west, east in ((0, 1000), (1000, 2000), (0, 800), (800, 2000))
        ],
        crs=4547,
    )
    path = tmp_path / "both.gpkg"
    both.to_file(path, layer="community", driver="GPKG")
    found = json.loads(run("zones", "changes", path, path, "--old-on", "2017-06-30", "--json")[1])
    assert [move["area_m2"] for move in found["land"]] == [200_000.0]
    points = tmp_path / "points.csv"
    pd.DataFrame({"x": [X + 900, X + 100], "y": [Y + 500] * 2}).to_csv(points, index=False)
    for day, zones in (("2017-06-30", ["A", "A"]), ("2017-07-01", ["B", "A"]), (None, ["B", "A"])):
        option = ("--on", day) if day else ()
        code, _, _ = run("assign", points, "--zones", path, "--out", tmp_path / "out.csv", *option)
        assert code == 0
        assert pd.read_csv(tmp_path / "out.csv")["zone"].tolist() == zones, day
    code, _, err = run("assign", points, "--zones", path, "--out", tmp_path / "out.csv", "--on", "2015-01-01")
    assert (code, "2015-01-01" in err) == (1, True)
    assert run("assign", points, "--zones", path, "--out", tmp_path / "out.csv", "--on", "soon")[0] == 2


def test_refusals(run, old, tmp_path):
    noise = tmp_path / "noise.gpkg"
    noise.write_bytes(b"\x00" * 100)
    assert run("zones", "changes", old, noise)[0] == 1
    assert run("zones", "changes", old, tmp_path / "absent.gpkg")[0] == 1
    assert run("zones", "changes", old, old, "--out", tmp_path / "x.shp")[0] == 1
    assert run("zones", "propose", old, "--from", "2017-08-01", "--data", tmp_path / "none")[0] == 1


@pytest.fixture
def office(monkeypatch, set_up_office, tmp_path):
    data = tmp_path / "office"
    with set_up_office(data) as url:
        monkeypatch.setenv("QINGTU_DATABASE_URL", url)
        yield data


def test_propose_list_decide(run, office, serve, file_report, lonlat, tmp_path):
    database_url = os.environ["QINGTU_DATABASE_URL"]
    with serve(office, database_url) as site, site.as_("coordinator1") as client:
        cases = []
        for y in (200, 600):
            lon, lat = lonlat(900, y)
            cases.append(file_report(client, "", lon=lon, lat=lat))
    spans = {A: (0, 800), B: (800, 2000)}
    shapes = [shapely.box(474_000 + w, 3_849_000, 474_000 + e, 3_850_000) for w, e in spans.values()]
    grids = {f"{A}001": (0, 500), f"{A}002": (500, 800), f"{B}001": (800, 1500), f"{B}002": (1500, 2000)}
    path = tmp_path / "new.gpkg"
    gpd.GeoDataFrame({"code": list(spans)}, geometry=shapes, crs=4547).to_file(path, layer="community")
    gpd.GeoDataFrame(
        {"code": list(grids), "parent": [code[:12] for code in grids]},
        geometry=[shapely.box(474_000 + w, 3_849_000, 474_000 + e, 3_850_000) for w, e in grids.values()],
        crs=4547,
    ).to_file(path, layer="grid")
    code, out, err = run("zones", "propose", path, "--from", "2017-11-10", "--data", office)
    assert code == 0, err
    assert "甲社区 → 乙社区" in out
    assert str(cases[0]["number"]) in out
    again = json.loads(run("zones", "propose", path, "--from", "2017-11-10", "--data", office, "--json")[1])
    assert again["created"] is False
    change = again["id"]
    listed = json.loads(run("zones", "proposals", "--data", office, "--json")[1])
    assert [item["id"] for item in listed] == [change]
    assert "待决定" in run("zones", "proposals", "--data", office)[1]
    assert str(cases[1]["number"]) in run("zones", "proposals", change[:8], "--data", office)[1]
    for arguments, status, words in (
        ((change, "--accept", "--reject"), 2, ""),
        ((change,), 2, ""),
        (("ffffffff", "--accept"), 1, "没有编号"),
        ((change, "--reject"), 1, "理由"),
        ((change, "--accept", "--keep", "99999=想留"), 1, "不在移交之列"),
        ((change, "--accept", "--keep", "1"), 2, ""),
    ):
        code, _, err = run("zones", "decide", *arguments, "--data", office)
        assert code == status, arguments
        assert words in err
    number = cases[0]["number"]
    code, out, err = run(
        "zones", "decide", change[:8], "--accept", "--keep", f"{number}=本周办结", "--data", office
    )
    assert code == 0, err
    assert "已生效" in out
    assert "留办：本周办结" in out
    assert "已移交" in out
    assert run("zones", "decide", change, "--accept", "--data", office)[0] == 1
    assert "完整" in run("audit", "verify", "--data", office)[1]
    with serve(office, database_url) as site, site.as_("admin") as client:
        assert [client.get(f"/api/cases/{case['id']}").json()["community"] for case in cases] == [A, B]
    # Maps on paper show the borders of today.
    assert run("export", "map", "--data", office, "--out", tmp_path / "map.html")[0] == 0


def test_grids_that_stay_behind_are_told_before_the_decision(run, office, tmp_path):
    shapes = [shapely.box(474_000 + w, 3_849_000, 474_000 + e, 3_850_000) for w, e in ((0, 800), (800, 2000))]
    path = tmp_path / "communities.gpkg"
    gpd.GeoDataFrame({"code": [A, B]}, geometry=shapes, crs=4547).to_file(path, layer="community")
    code, out, err = run("zones", "propose", path, "--from", "2017-11-10", "--data", office)
    assert code == 0, err
    assert "网格没有跟着社区改" in out
    assert "乙社区 有 200,000 m²没有网格" in out
    assert "有 200,000 m²在 甲社区 之外" in out
    assert "zones draw-grids" in out
    change = json.loads(run("zones", "proposals", "--data", office, "--json")[1])[0]["id"]
    shown = run("zones", "proposals", change, "--data", office, "--lang", "en")[1]
    assert "Grids stay behind their communities" in shown
