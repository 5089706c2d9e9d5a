"""`qingtu zones from-bounds` as a user calls it."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xlsxwriter

from geodata.gazetteer import build

X, Y = 474_000.0, 3_849_000.0
HEADER = ("社区", "东至", "南至", "西至", "北至", "备注")
SOUND = (("甲社区", "中路", "南街", "西路", "北街", ""), ("乙社区", "东路", "南街", "甲社区", "北街", "待核"))


@pytest.fixture
def town(tmp_path):
    """Two blocks of 500 m x 400 m beside each other."""
    rows = {
        "西路": [(0, -50), (0, 450)], "中路": [(500, -50), (500, 450)], "东路": [(1000, -50), (1000, 450)],
        "南街": [(-50, 0), (1050, 0)], "北街": [(-50, 400), (1050, 400)],
    }  # fmt: skip
    gpd.GeoDataFrame(
        {"name": list(rows), "class": "road"},
        geometry=[shapely.LineString(np.array(xy) + np.array([X, Y])) for xy in rows.values()], crs=4547,
    ).to_file(tmp_path / "l.gpkg", layer="line")  # fmt: skip
    build(lines=tmp_path / "l.gpkg", out=tmp_path / "g.qgz")
    return tmp_path


def table(path, rows, header=HEADER):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "各社区四至一览表")
        for number, row in enumerate((header, *rows), start=1):
            sheet.write_row(number, 0, row)
    return path


def test_a_table_becomes_a_zone_file_that_can_be_used(run, town):
    out, picture = town / "z.gpkg", town / "p.png"
    code, words, err = run(
        "zones", "from-bounds", table(town / "四至.xlsx", SOUND), "--gazetteer", town / "g.qgz", "--out", out,
        "--prefix", "410105999000", "--name", "示范街道", "--picture", picture,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "2 个社区围成 2 个" in words
    assert "未经审定" in words
    community = gpd.read_file(out, layer="community")
    assert community["code"].tolist() == ["410105999001", "410105999002"]
    assert community.area.tolist() == pytest.approx([200_000, 200_000])
    assert not community["official"].any()
    assert gpd.read_file(out, layer="subdistrict")["name"].tolist() == ["示范街道"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run("zones", "check", out)[0] == 0


def test_what_closes_is_written_and_the_rest_is_named(run, town):
    rows = (*SOUND, ("丙社区", "无名路", "南街", "东路", "北街", ""))
    code, words, _ = run(
        "zones", "from-bounds", table(town / "t.xlsx", rows), "-g", town / "g.qgz", "--out", town / "z.gpkg",
        "--prefix", "410105999", "--picture", town / "p.svg",
    )  # fmt: skip
    assert code == 0
    assert "✗ 丙社区：没有围成。东边：地名库里没有“无名路”" in words
    assert len(gpd.read_file(town / "z.gpkg", layer="community")) == 2
    assert "丙社区" in (town / "p.svg").read_text()


def test_nothing_closes(run, town):
    path = table(town / "t.xlsx", [("丙社区", "无名路", "南街", "东路", "北街", "")])
    out = town / "z.gpkg"
    code, words, _ = run("zones", "from-bounds", path, "-g", town / "g.qgz", "--out", out, "--prefix", "410105999",
                         "--picture", town / "p.html")  # fmt: skip
    assert code == 1
    assert "1 个社区围成 0 个" in words
    assert not out.exists()
    assert (town / "p.html").exists()


def test_json_csv_and_another_crs(run, town):
    path = town / "t.csv"
    lines = ["代码,社区,四至", "1,甲社区,东至中路，南至南街，西至西路，北至北街".replace("，", ";")]
    path.write_bytes("\n".join(lines).encode("gb18030"))
    code, words, _ = run(
        "zones",
        "from-bounds",
        path,
        "-g",
        town / "g.qgz",
        "--out",
        town / "z.gpkg",
        "--crs",
        "4549",
        "--json",
    )
    answer = json.loads(words)
    assert (code, answer["closed"], answer["crs"]) == (0, 1, 4549)
    (made,) = answer["communities"]
    assert (made["code"], made["closed"], made["area_m2"]) == ("1", True, 200_000.0)
    assert [side["status"] for side in made["sides"]] == ["found"] * 4
    assert gpd.read_file(town / "z.gpkg", layer="community").crs.to_epsg() == 4549


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--out": "z.shp"}, ".gpkg"),
        ({"--crs": "4326"}, "4326"),
        ({"--crs": "3857"}, "3857"),
        ({"--prefix": "12"}, "9 位"),
        ({"--prefix": ""}, "没有代码"),
        ({"--picture": "p.bmp"}, ".png"),
        ({"--gazetteer": "none.qgz"}, "none.qgz"),
    ],
)
def test_refusals_say_what_to_do(run, town, change, words):
    options = {"--gazetteer": "g.qgz", "--out": "z.gpkg", "--prefix": "410105999", **change}
    files = {"--gazetteer", "--out", "--picture"}
    flat = [part for key, value in options.items() for part in (key, town / value if key in files else value)]
    code, _, err = run("zones", "from-bounds", table(town / "t.xlsx", SOUND), *flat)
    assert code == 1
    assert words in err
    assert not (town / "z.gpkg").exists()


def test_a_table_without_the_columns(run, town):
    path = table(town / "t.xlsx", [("甲社区", "中路")], header=("社区", "东至"))
    code, _, err = run("zones", "from-bounds", path, "-g", town / "g.qgz", "--out", town / "z.gpkg")
    assert code == 1
    assert "没有“南至、西至、北至”列" in err


def test_a_kml_is_checked_with_its_datum(run, town):
    from tests.geodata.vector import border_files as files

    (town / "a.kml").write_bytes(files.kml(datum="gcj02"))
    code, words, _ = run("zones", "check", town / "a.kml", "--datum", "gcj02", "--json")
    report = json.loads(words)
    assert (code, report["zones"], report["crs"]) == (0, {"community": 2}, 4547)
    (town / "a.dxf").write_bytes(files.dxf())
    assert run("zones", "check", town / "a.dxf")[0] == 1
    assert run("zones", "check", town / "a.dxf", "--crs", "4547")[0] == 0
    (town / "vrt.kml").write_bytes(files.HOSTILE["vrt.kml"][0]())
    code, _, err = run("zones", "check", town / "vrt.kml")
    assert (code, "不是 KML" in err) == (1, True)
