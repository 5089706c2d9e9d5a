"""Linear owners at the command line: check, repair, assign, locate, map; by hand on a canal between two zones."""

import csv
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point

from geodata.gazetteer import build

X, Y = 474_000.0, 3_848_000.0


def line(*places):
    return LineString([(X + x, Y + y) for x, y in places])


@pytest.fixture
def zones(tmp_path):
    """东渠 runs north at x = 1000 and is itself the border: 甲 (A, the lower code) west, 乙 (B) east."""
    path = tmp_path / "zones.gpkg"
    community = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["甲社区", "乙社区"]},
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
        crs=4547,
    )
    community.to_file(path, layer="community")
    owners = gpd.GeoDataFrame(
        {"code": ["c"], "name": ["渠管处"], "line_name": ["东渠"], "half_width_m": [10.0]},
        geometry=[line((1000, 0), (1000, 1000))],
        crs=4547,
    )
    owners.to_file(path, layer="线路权属")
    return path


@pytest.fixture
def gazetteer(tmp_path):
    lines = tmp_path / "lines.gpkg"
    roads = {"南街": line((0, 200), (2000, 200)), "北街": line((0, 800), (2000, 800))}
    canal = line((1000, 0), (1000, 1000))
    gpd.GeoDataFrame(
        {"name": [*roads, "东渠"], "class": ["road", "road", "water"], "width_m": [20.0, 20.0, 20.0]},
        geometry=[*roads.values(), canal],
        crs=4547,
    ).to_file(lines, layer="line")
    build(lines=lines, crs=4547, out=tmp_path / "g.qgz")
    return tmp_path / "g.qgz"


def test_check_says_what_is_wrong_and_repair_keeps_the_layer(run, zones, tmp_path):
    code, out, _ = run("zones", "check", zones)
    assert code == 0
    assert "线状权属 1" in out
    mended = tmp_path / "mended.gpkg"
    assert run("zones", "check", zones, "--repair", mended)[0] == 0
    assert gpd.read_file(mended, layer="linear_owner")["line_name"].tolist() == ["东渠"]
    bad = gpd.read_file(zones, layer="线路权属").assign(half_width_m=None)
    bad.to_file(zones, layer="线路权属")
    code, out, _ = run("zones", "check", zones, "--picture", tmp_path / "p.svg")
    assert code == 1
    assert "✗ [线状权属] c 没有可用的宽度" in out
    code, out, _ = run("zones", "check", zones, "--json")
    assert [one["kind"] for one in json.loads(out)["defects"]] == ["no_width"]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.gpkg"
    stretch = line((1000, 300), (1000, 700))
    frame = gpd.GeoDataFrame(
        {
            "what": ["plain", "east", "both", "middle", "across", "point", "road"],
            "侧": ["", "东侧", "两岸", "渠中", "", "右", "东"],
            "线": ["", "东渠", "东渠", "东渠", "", "", "农业路"],
        },
        geometry=[
            stretch, stretch, stretch, stretch, line((900, 500), (1100, 500)), Point(X + 995, Y + 500), stretch,
        ],
        crs=4547,
    )  # fmt: skip
    frame.to_file(path)
    return path


def test_assign_shares_with_the_canal(run, zones, rows, tmp_path):
    out = tmp_path / "out.parquet"
    code, _, err = run(
        "assign", rows, "--zones", zones, "--out", out, "--side-column", "侧", "--line-column", "线"
    )
    assert code == 0, err
    found = gpd.read_parquet(out)
    got = {
        what: [(r.zone, round(r.length_m, 6), round(r.share, 6), r.owner, round(r.owner_share, 6)) for r in own.itertuples()]
        for what, own in found.groupby("what", sort=False)
    }  # fmt: skip
    assert got == {
        "plain": [("A", 400, 1, "c", 1)],
        "east": [("B", 400, 1, "", 0)],
        "both": [("A", 200, 0.5, "", 0), ("B", 200, 0.5, "", 0)],
        "middle": [("A", 400, 1, "c", 1)],
        # 200 m across, 20 m of them the canal's body.
        "across": [("A", 100, 0.5, "c", 0.1), ("B", 100, 0.5, "c", 0.1)],
        "point": [("B", 0, 1, "", 0)],
        "road": [("A", 400, 1, "c", 1)],
    }


def test_assign_refuses_what_it_cannot_read(run, zones, rows, tmp_path):
    out = tmp_path / "out.parquet"
    for column, words in (("没有", "没有“没有”这一列"), ("what", "5 行的侧读不出：第 1 行“plain”")):
        code, _, err = run("assign", rows, "--zones", zones, "--out", out, "--side-column", column)
        assert code == 1
        assert words in err
    plain = tmp_path / "plain.gpkg"
    gpd.read_file(zones, layer="community").to_file(plain, layer="community")
    code, _, err = run("assign", rows, "--zones", plain, "--out", out, "--side-column", "侧")
    assert code == 1
    assert "没有线状权属图层" in err
    points = tmp_path / "points.parquet"
    pd.DataFrame({"x": [X], "y": [Y], "侧": ["东"]}).to_parquet(points)
    code, _, err = run("assign", points, "--zones", zones, "--out", out, "--side-column", "侧")
    assert code == 1
    assert "只用于画出来的线和面" in err
    assert not out.exists()


TEXTS = ["东渠南街至北街段东岸", "东渠南街至北街段西岸", "东渠南街至北街段", "东渠两岸南街至北街段"]


def test_locate_says_whose_the_bank_and_the_water_are(run, zones, gazetteer, tmp_path):
    code, out, _ = run("locate", TEXTS[0], "-g", gazetteer, "-z", zones, "--json")
    data = json.loads(out)
    assert code == 0
    assert (data["community_name"], data["owner"], data["owner_share"]) == ("乙社区", "", "")
    assert (data["candidates"][0]["side"], data["candidates"][0]["line_name"]) == ("E", "东渠")
    _, out, _ = run("locate", TEXTS[2], "-g", gazetteer, "-z", zones, "--explain")
    assert "权属：渠管处 100%" in out
    _, out, _ = run("--lang", "en", "locate", TEXTS[2], "-g", gazetteer, "-z", zones)
    assert "owners: 渠管处 100%" in out
    source, result = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("\n".join(["位置", *TEXTS]), encoding="utf-8")
    run("locate", "--batch", source, "--column", "位置", "--out", result, "-g", gazetteer, "-z", zones)
    with result.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["community_name"] for row in rows] == ["乙社区", "甲社区", "甲社区", "甲社区"]
    assert [row["side"] for row in rows] == ["E", "W", "", "both"]
    assert [(row["owner"], row["owner_name"], row["owner_share"]) for row in rows] == [
        ("", "", ""), ("", "", ""), ("c", "渠管处", "1.0"), ("", "", ""),
    ]  # fmt: skip


def test_the_map_table_names_the_owner(run, zones, gazetteer, tmp_path):
    source, table = tmp_path / "in.csv", tmp_path / "rows.csv"
    source.write_text("位置,问题描述\n" + "\n".join(f"{text},垃圾" for text in TEXTS), encoding="utf-8")
    code, _, err = run(
        "map", source, "-g", gazetteer, "-z", zones, "--out", tmp_path / "m.html", "--table", table
    )
    assert code == 0, err
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["社区"], row["线状权属"]) for row in rows] == [
        ("乙社区", ""), ("甲社区", ""), ("甲社区", "渠管处 100%"), ("甲社区", ""),
    ]  # fmt: skip
    assert rows[3]["分段"].count("300 米") == 2
    assert "渠管处" in (tmp_path / "m.html").read_text(encoding="utf-8")
