"""`qingtu zones check`, `assign`, `heat`, `hotspots` as a user calls them."""

import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

X, Y = 474000.0, 3848000.0


@pytest.fixture
def zones(tmp_path):
    path = tmp_path / "zones.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["甲", "乙"]},
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
        crs=4547,
    )
    frame.to_file(path, layer="community")
    return path


def test_check_of_sound_zones(run, zones):
    code, out, _ = run("zones", "check", zones)
    assert code == 0
    assert "可以使用" in out
    code, out, _ = run("zones", "check", zones, "--json")
    assert json.loads(out)["usable"] is True


def test_check_and_repair(run, tmp_path):
    bow = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    path, mended = tmp_path / "bad.gpkg", tmp_path / "mended.gpkg"
    gpd.GeoDataFrame({"code": ["A"]}, geometry=[bow], crs=4547).to_file(path, layer="community")
    code, out, _ = run("zones", "check", path)
    assert code == 1
    assert "图形无效" in out
    code, out, _ = run("zones", "check", path, "--repair", mended)
    assert code == 0
    assert "修复 1 处" in out
    assert gpd.read_file(mended, layer="community").area.tolist() == [pytest.approx(5000)]
    assert run("zones", "check", mended)[0] == 0


def test_repair_lists_changes_and_refusals(run, tmp_path):
    path, mended = tmp_path / "bad.gpkg", tmp_path / "mended.gpkg"
    boxes = [
        shapely.box(X, Y, X + 1001, Y + 1000),  # a metre over B
        shapely.box(X + 1000, Y, X + 2000, Y + 1000),
        shapely.box(X + 1800, Y, X + 3000, Y + 1000),  # 20 ha over B
    ]
    gpd.GeoDataFrame({"code": list("ABC")}, geometry=boxes, crs=4547).to_file(path, layer="community")
    code, out, _ = run("zones", "check", path, "--repair", mended, "--all")
    assert code == 1
    assert "修复 1 处，留给人定 1 处" in out
    assert "B 让出与 A 的重叠 1,000.0 平方米（归代码小的）" in out
    assert "B、C 重叠 20.00 公顷，大于 1.00 公顷" in out
    code, out, _ = run("zones", "check", path, "--repair", mended, "--limit-ha", "50", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["refusals"] == []
    assert {(r["kind"], r["code"]) for r in answer["repairs"]} >= {("overlap", "B"), ("overlap", "C")}
    assert run("zones", "check", mended)[0] == 0


def test_check_draws_a_picture(run, zones, tmp_path):
    for suffix in ("png", "svg", "html"):
        picture = tmp_path / f"defects.{suffix}"
        code, out, _ = run("zones", "check", zones, "--picture", picture)
        assert code == 0
        assert "缺陷图写入" in out
        assert picture.stat().st_size > 1000
    assert run("zones", "check", zones, "--picture", tmp_path / "defects.jpg")[0] == 1


def test_check_says_in_which_crs_it_measures(run, zones, tmp_path):
    assert "坐标系 EPSG:4547" in run("zones", "check", zones)[1]
    degrees = tmp_path / "degrees.geojson"
    gpd.read_file(zones).to_crs(4326).to_file(degrees)
    assert "EPSG:4326 → EPSG:4547" in run("zones", "check", degrees)[1]
    wrong = tmp_path / "wrong.gpkg"
    gpd.read_file(degrees).set_crs(4547, allow_override=True).to_file(wrong)
    code, _, err = run("zones", "check", wrong)
    assert code == 1
    assert "数值是经纬度" in err


def test_check_refuses_what_is_no_zone_file(run, tmp_path):
    noise = tmp_path / "noise.gpkg"
    noise.write_bytes(b"\x01\x02" * 999)
    for path in (noise, tmp_path / "absent.gpkg"):
        code, _, err = run("zones", "check", path)
        assert code == 1
        assert "边界文件不能用" in err
    assert run("zones", "check", noise, "--repair", tmp_path / "x.shp")[0] == 1


def test_assign_points_from_parquet(run, zones, tmp_path):
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    rows = pd.DataFrame(
        {
            "id": [1, 2, 3, 4, 5],
            "zone": list("vwxyz"),
            "x": [X + 10, X + 1000, X - 5, np.nan, X + 1999],
            "y": Y + 500,
        }
    )
    rows.to_parquet(source)
    code, words, _ = run("assign", source, "--zones", zones, "--out", out)
    assert code == 0
    assert "界内 3，界外 1（其中紧挨边界 1），靠近边界 3，没有坐标 1" in words
    result = pd.read_parquet(out)
    assert result["zone"].tolist() == ["A", "A", "", "", "B"]
    assert result["input_zone"].tolist() == list("vwxyz")
    assert result["border_m"].tolist() == pytest.approx([10, 0, 5, np.nan, 1], nan_ok=True)
    assert result["flag"].tolist() == ["near_border", "near_border", "just_outside", "", "near_border"]
    assert result["nearest_zone"].tolist() == ["", "", "A", "", ""]
    assert run("assign", source, "--zones", zones, "--out", out, "--tolerance-m", 4)[0] == 0
    result = pd.read_parquet(out)
    assert result["flag"].tolist() == ["", "near_border", "outside", "", "near_border"]
    assert result["nearest_zone"].tolist() == [""] * 5


def test_assign_degrees_from_csv(run, zones, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    spot = gpd.GeoSeries([shapely.Point(X + 1500, Y + 500)], crs=4547).to_crs(4326)[0]
    source.write_text(f"key,lon,lat\n007,{spot.x},{spot.y}\n008,,\n009,999,34\n", encoding="utf-8-sig")
    code, out_words, _ = run("assign", source, "--zones", zones, "--out", out, "--json")
    assert code == 0
    assert json.loads(out_words)["without_place"] == 2
    result = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert result["key"].tolist() == ["007", "008", "009"]
    assert result["zone"].tolist() == ["B", "", ""]
    assert float(result["border_m"][0]) == pytest.approx(500, abs=1e-3)


def test_assign_cuts_lines(run, zones, tmp_path):
    source, out = tmp_path / "lines.gpkg", tmp_path / "out.gpkg"
    lines = gpd.GeoDataFrame(
        {"name": ["渠", "路"]},
        geometry=[
            shapely.LineString([(X + 900, Y + 500), (X + 1300, Y + 500)]),
            shapely.LineString([(X + 10, Y + 10), (X + 20, Y + 10)]),
        ],
        crs=4547,
    )
    lines.to_crs(4326).to_file(source)
    assert run("assign", source, "--zones", zones, "--out", out)[0] == 0
    pieces = gpd.read_file(out)
    assert pieces[["name", "zone"]].to_numpy().tolist() == [["渠", "A"], ["渠", "B"], ["路", "A"]]
    assert pieces["length_m"].tolist() == pytest.approx([100, 300, 10], abs=1e-3)
    assert pieces.length.tolist() == pytest.approx([100, 300, 10], abs=1e-3)


def test_assign_refusals(run, zones, tmp_path):
    nothing = tmp_path / "n.csv"
    nothing.write_text("a,b\n1,2\n", encoding="utf-8")
    for arguments, words in (
        ((nothing, "--zones", zones, "--out", tmp_path / "o.csv"), "没有坐标列"),
        ((tmp_path / "absent.csv", "--zones", zones, "--out", tmp_path / "o.csv"), "找不到文件"),
        ((nothing, "--zones", zones, "--out", tmp_path / "o.doc"), "结果格式"),
        ((nothing, "--zones", zones, "--out", tmp_path / "o.csv", "--level", "grid"), "没有图层 grid"),
        ((nothing, "--zones", zones, "--out", tmp_path / "o.csv", "--code-column", "nr"), "nr"),
    ):
        code, _, err = run("assign", *arguments)
        assert code == 1
        assert words in err


@pytest.fixture
def problems(tmp_path):
    rng = np.random.default_rng(9)
    xy = np.vstack(
        [rng.uniform((X, Y), (X + 1000, Y + 1000), (150, 2)), rng.normal((X + 300, Y + 700), 40, (50, 2))]
    )
    path = tmp_path / "problems.gpkg"
    gpd.GeoDataFrame({"n": range(200)}, geometry=shapely.points(xy), crs=4547).to_file(path)
    return path


def test_heat_as_geotiff_and_png(run, problems, tmp_path):
    out = tmp_path / "heat.tif"
    code, words, _ = run("heat", problems, "--bandwidth-m", 100, "--cell-m", 10, "--out", out, "--json")
    figures = json.loads(words)
    assert code == 0
    assert figures["total"] == pytest.approx(200, rel=1e-3)
    with Image.open(out) as image:
        values = np.asarray(image)
        row, column = np.unravel_index(values.argmax(), values.shape)
        scale, tie = image.tag_v2[33550], image.tag_v2[33922]
    peak = np.array([tie[3] + (column + 0.5) * scale[0], tie[4] - (row + 0.5) * scale[1]])
    assert np.hypot(*(peak - [X + 300, Y + 700])) < 50
    picture = tmp_path / "heat.png"
    assert run("heat", problems, "--out", picture)[0] == 0
    world = [float(line) for line in (tmp_path / "heat.pgw").read_text().split()]
    assert (world[0], world[3]) == (10, -10)
    facts = json.loads((tmp_path / "heat.json").read_text())
    assert facts["crs"] == "EPSG:4547"
    assert (world[4] - 5, world[5] + 5) == (facts["bounds"][0], facts["bounds"][3])
    with Image.open(picture) as image:
        assert (image.mode, image.size[0]) == ("RGBA", round((facts["bounds"][2] - facts["bounds"][0]) / 10))
    assert (tmp_path / "heat_legend.png").exists()


def test_hotspots(run, problems, zones, tmp_path):
    out = tmp_path / "hot.gpkg"
    code, words, _ = run("hotspots", problems, "--zones", zones, "--out", out, "--json")
    figures = json.loads(words)
    assert code == 0
    assert figures["cells"] == 200
    assert figures["counted"] == 200
    cells = gpd.read_file(out)
    hot = cells[cells["label"] == "显著热点"]
    strongest = hot.nlargest(8, "z")
    assert strongest.distance(shapely.Point(X + 300, Y + 700)).max() < 300
    assert hot.bounds["maxx"].max() <= X + 1100  # none in the empty community; a cell at most reaches over
    assert run("hotspots", problems, "--out", tmp_path / "hot.csv")[0] == 0


def test_heat_refusals(run, tmp_path, problems):
    metres = tmp_path / "xy.csv"
    metres.write_text("x,y\n1,2\n", encoding="utf-8")
    empty = tmp_path / "empty.csv"
    empty.write_text("lon,lat\n,\n", encoding="utf-8")
    for arguments, words in (
        ((metres, "--out", tmp_path / "o.tif"), "--crs"),
        ((metres, "--out", tmp_path / "o.tif", "--crs", 3857), "不是真的米"),
        ((empty, "--out", tmp_path / "o.tif"), "没有一行有坐标"),
        ((problems, "--out", tmp_path / "o.jpg"), ".tif"),
        ((problems, "--out", tmp_path / "o.tif", "--bandwidth-m", -1), "大于 0"),
    ):
        code, _, err = run("heat", *arguments)
        assert code == 1
        assert words in err


def dirty_zones(path):
    """Write a file with nearly every fault that single zones, neighbours, parents and linear owners can have."""
    bow = shapely.Polygon([(X, Y + 5000), (X + 100, Y + 5100), (X + 100, Y + 5000), (X, Y + 5100)])
    holed = shapely.box(X + 5000, Y, X + 6000, Y + 1000).difference(
        shapely.box(X + 5400, Y + 400, X + 5500, Y + 500)
    )
    community = [
        ("A", shapely.box(X, Y, X + 1001, Y + 1000)),  # over B
        ("B", shapely.box(X + 1000, Y, X + 2000, Y + 1000)),
        ("C", shapely.box(X + 1900, Y, X + 3000, Y + 1000)),  # 10 ha over B
        ("D", holed),
        ("E", bow),
        ("", shapely.box(X + 7000, Y, X + 8000, Y + 1000)),
        ("1.23E+11", shapely.box(X + 8000, Y, X + 9000, Y + 1000)),
        ("F", shapely.LineString([(X, Y), (X + 10, Y)])),
        ("G", None),
        ("H", shapely.box(X + 9000, Y, X + 9001, Y + 1000)),  # a strip of a metre
        ("J", shapely.box(X + 10_000, Y, X + 11_000, Y + 1000)),
        ("K", shapely.box(X + 10_000, Y, X + 11_000, Y + 1000)),  # the same as J
        ("L", shapely.box(X + 12_000, Y, X + 13_000, Y + 1000)),
        ("L", shapely.box(X + 14_000, Y, X + 15_000, Y + 1000)),  # the same code
    ]
    frame = gpd.GeoDataFrame(
        {"code": [code for code, _ in community]}, geometry=[shape for _, shape in community], crs=4547
    )
    frame["valid_from"] = [{"F": "2017-02-30", "G": "2017-06-01"}.get(code) for code in frame["code"]]
    frame["valid_to"] = [{"G": "2017-05-01"}.get(code) for code in frame["code"]]
    frame.to_file(path, layer="community")
    grids = gpd.GeoDataFrame(
        {"code": ["D-1", "N-1"], "parent": ["D", "N"]},
        geometry=[shapely.box(X + 5000, Y, X + 6100, Y + 400), shapely.box(X, Y, X + 100, Y + 100)],
        crs=4547,
    )
    grids.to_file(path, layer="grid")
    owners = gpd.GeoDataFrame(
        {"code": ["c", "", "w"], "line_name": ["东风渠", "", "金水河"], "half_width_m": [10.0, 5.0, None]},
        geometry=[shapely.LineString([(X, Y + y), (X + 500, Y + y)]) for y in (90_000, 100, 200)],
        crs=4547,
    )
    owners.to_file(path, layer="linear_owner")
    return path


def test_in_english_every_word_is_english(run, tmp_path):
    path, mended = dirty_zones(tmp_path / "dirty.gpkg"), tmp_path / "mended.gpkg"
    arguments = ("zones", "check", path, "--repair", mended, "--all")
    code, english, err = run(*arguments, "--lang", "en")
    assert code == 1, err
    assert re.findall("[\u3400-\u9fff]+", english) == []
    chinese = run(*arguments)[1]
    assert len(chinese.splitlines()) == len(english.splitlines())
    found = json.loads(run(*arguments, "--json", "--lang", "en")[1])
    kinds = {defect["kind"] for defect in found["defects"]}
    assert kinds >= {
        "no_code", "duplicate_code", "bad_dates", "no_geometry", "not_polygon", "invalid", "duplicate_shape",
        "orphan", "overlap", "hole", "outside", "uncovered", "sliver", "odd_code", "no_width", "no_name", "outside_zones",
    }  # fmt: skip
    assert "A and B overlap by 1,000.0 m² (0.1% of the smaller)" in english
    assert "row 6 has no code" in english
