"""`qingtu map` end to end: every row accounted for, clear refusals, nothing half-written."""

import csv
import io
import json
import re
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import python_calamine
import shapely
import xlsxwriter

from geodata.crs import reproject_xy
from geodata.datums import from_wgs84
from geodata.gazetteer import build
from service.cli import main

HEADER = ["位置", "问题描述", "责任单位", "日期"]
ROWS = [
    ["众意路与农业路交叉口", "路边有垃圾堆积", "示范单位", "2017-06-12"],
    ["农业路众意路至九如路段", "沿线小广告", "示范单位", "2017-06-13"],
    ["没有这样的路九百号", "工地黄土裸露", "示范单位", "2017-06-14"],
    ["", "没有写位置", "示范单位", "2017-06-15"],
    ["=cmd|' /C calc'!A0", "-1 号门", "+单位", "2017-06-16"],
]


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory):
    """Two roads from south to north, one from west to east, 600 m apart; metres in EPSG:4547.

    ::

        九如路 x=472600   众意路 x=472000   农业路 y=3848500
    """
    folder = tmp_path_factory.mktemp("gazetteer")
    lines = gpd.GeoDataFrame(
        {"name": ["众意路", "九如路", "农业路"], "class": "road", "width_m": 30.0},
        geometry=[
            shapely.LineString([(472000, 3847000), (472000, 3850000)]),
            shapely.LineString([(472600, 3847000), (472600, 3850000)]),
            shapely.LineString([(471000, 3848500), (474000, 3848500)]),
        ],
        crs=4547,
    )
    pyogrio.write_dataframe(lines, folder / "lines.gpkg", layer="line")
    build(lines=folder / "lines.gpkg", out=folder / "g.qgz", crs=4547)
    return folder / "g.qgz"


@pytest.fixture(scope="module")
def zones(tmp_path_factory):
    path = tmp_path_factory.mktemp("zones") / "zones.gpkg"
    community = gpd.GeoDataFrame(
        {
            "code": ["001", "002"],
            "name": ["甲社区", "乙社区"],
            "parent": "",
            "official": False,
            "note": "非官方示范数据",
        },
        geometry=[
            shapely.box(471000, 3847000, 472200, 3850000),
            shapely.box(472200, 3847000, 474000, 3850000),
        ],
        crs=4547,
    )
    pyogrio.write_dataframe(community, path, layer="community")
    return path


def write_list(path, rows=ROWS, header=HEADER):
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("问题")
        for line, cells in enumerate([header, *rows]):
            for at, cell in enumerate(cells):
                sheet.write_string(line, at, cell)
    return path


def run(*arguments):
    with pytest.raises(SystemExit) as done:
        main(["map", *map(str, arguments)])
    return done.value.code or 0


def page_data(path):
    text = path.read_text("utf-8")
    assert not re.search(r"https?:/{2}", text, re.IGNORECASE)
    return json.loads(re.search(r'id="qingtu-data">(.*?)</script>', text, re.DOTALL)[1])


def test_a_list_becomes_a_map_and_every_row_is_accounted_for(gazetteer, zones, tmp_path, capsys):
    source = write_list(tmp_path / "清单.xlsx")
    assert (
        run(source, "--gazetteer", gazetteer, "--zones", zones, "--out", tmp_path / "map.html", "--json") == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"] == len(ROWS)
    assert answer["located"] + answer["ambiguous"] + answer["not_found"] + answer["refused"] == len(ROWS)
    assert answer["refused"] == 1
    assert answer["as"] == "problems"
    data = page_data(tmp_path / "map.html")
    assert data["counts"]["rows"] == len(ROWS)
    assert data["rows"]["count"] + len(data["unplaced"]) == len(ROWS)
    assert {row["line"] for row in data["unplaced"]} >= {4, 5}
    assert data["note"] == "非官方示范数据"
    assert {one["name"] for one in data["basemap"]} == {"众意路", "九如路", "农业路"}


def test_positions_and_shares_are_right(gazetteer, zones, tmp_path):
    source = write_list(tmp_path / "清单.xlsx", ROWS[:2])
    run(source, "-g", gazetteer, "-z", zones, "-o", tmp_path / "map.html", "--table", tmp_path / "rows.gpkg")
    rows = pyogrio.read_dataframe(tmp_path / "rows.gpkg").to_crs(4547)
    # Drawn above: the roads cross at (472000, 3848500); the stretch runs from there 600 m east.
    assert rows.geometry[0].distance(shapely.Point(472000, 3848500)) < 20
    assert rows.geometry[1].length == pytest.approx(600, abs=20)
    assert rows["社区"][0] == "甲社区"
    assert re.fullmatch(r"甲社区 (19\d|20\d) 米、乙社区 (39\d|40\d) 米", rows["分段"][1])


def test_tables_keep_every_row_and_run_no_formula(gazetteer, tmp_path):
    source = write_list(tmp_path / "清单.xlsx")
    run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--table", tmp_path / "rows.csv")
    run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--table", tmp_path / "rows.xlsx")
    written = list(csv.reader(io.StringIO((tmp_path / "rows.csv").read_text("utf-8-sig"))))
    assert len(written) == len(ROWS) + 1
    assert [row[written[0].index("定位结果")] for row in written[3:5]] == ["未找到", "拒绝"]
    assert not [cell for row in written for cell in row if cell[:1] in ("=", "+", "-", "@")]
    sheet = (
        python_calamine.CalamineWorkbook.from_path(str(tmp_path / "rows.xlsx"))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert len(sheet) == len(ROWS) + 1
    assert sheet[5][2] == f"'{ROWS[4][0]}"


def test_a_geojson_list_with_lines(zones, tmp_path):
    features = [
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[113.69, 34.77], [113.70, 34.77]]}, "properties": {"问题描述": "沿线垃圾"}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [113.695, 34.771]}, "properties": {"问题描述": "渣土堆放"}},
    ]  # fmt: skip
    source = tmp_path / "list.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    assert run(source, "-z", zones, "-o", tmp_path / "map.html") == 0
    data = page_data(tmp_path / "map.html")
    assert data["counts"]["located"] == 2
    assert list(data["rows"]["shapes"]) == ["0"]


def test_a_register_is_guessed_and_can_be_overruled(gazetteer, tmp_path, capsys):
    source = write_list(
        tmp_path / "店.xlsx", [["甲店", "小餐饮", "众意路农业路口"]], ["店名", "行业", "地址"]
    )
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html") == 0
    said = capsys.readouterr().out
    assert "场所台账（places）" in said
    assert "--as problems" in said
    assert page_data(tmp_path / "map.html")["density"] is None
    checked = write_list(
        tmp_path / "查.xlsx",
        [["甲店", "小餐饮", "众意路农业路口", "不合格"], ["乙店", "小旅店", "众意路农业路口", "合格"]],
        ["店名", "行业", "地址", "检查结果"],
    )
    assert run(checked, "-g", gazetteer, "-o", tmp_path / "map.html") == 0
    capsys.readouterr()
    data = page_data(tmp_path / "map.html")
    assert (data["as_"], data["density"]["title"]) == ("places", "不合格热力")
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--as", "problems") == 0
    assert page_data(tmp_path / "map.html")["as_"] == "problems"


def test_a_column_can_be_stated(gazetteer, tmp_path, capsys):
    source = write_list(tmp_path / "列.xlsx", [["众意路农业路口", "垃圾"]], ["在哪儿", "问题"])
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html") == 1
    refusal = capsys.readouterr().err
    assert "在哪儿" in refusal
    assert "--column 位置=" in refusal
    assert not (tmp_path / "map.html").exists()
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--column", "位置=在哪儿") == 0
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--column", "location=在哪儿") == 0


BAD_FILES = {
    "missing": (None, "找不到文件"),
    "empty": (b"", "空"),
    "random": (bytes(range(256)) * 400, "读不了"),
    "text named xlsx": ("位置,问题\n众意路,垃圾\n".encode(), "读不了"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_refused_and_nothing_is_written(gazetteer, tmp_path, capsys, kind):
    content, words = BAD_FILES[kind]
    source = tmp_path / "bad.xlsx"
    if content is not None:
        source.write_bytes(content)
    before = set(tmp_path.iterdir())
    code = run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--table", tmp_path / "rows.csv")
    if code == 0:  # a reader that recognises a text table in spite of its name is fine
        assert kind == "text named xlsx"
        return
    assert code == 1
    assert words in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == before


def test_an_empty_sheet_is_refused(gazetteer, tmp_path, capsys):
    source = write_list(tmp_path / "空.xlsx", [])
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html") == 1
    assert "没有数据行" in capsys.readouterr().err


def test_a_very_long_row_is_refused_and_the_others_go_on(gazetteer, tmp_path, capsys):
    source = write_list(tmp_path / "长.csv.xlsx", [ROWS[0], ["众" * 30_000, "垃圾", "", ""]])
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["refused"]) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "no/such/folder/map.html"], "没有这个文件夹"),
        (["--gazetteer", "no.qgz"], "找不到地名库"),
        (["--zones", "no.gpkg"], "找不到边界文件"),
        (["--table", "rows.docx"], ".xlsx .csv .gpkg"),
        (["--column", "哪里=位置"], "含义有"),
        (["--datum", "mars"], "mars"),
    ],
)
def test_wrong_options_are_named(gazetteer, tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    header = [*HEADER, "经度", "纬度"] if "--datum" in arguments else HEADER
    rows = [[*ROWS[0], "113.7", "34.77"]] if "--datum" in arguments else ROWS
    write_list(Path("清单.xlsx"), rows, header)
    given = ["--gazetteer", gazetteer] if "--gazetteer" not in arguments else []
    assert run("清单.xlsx", *given, *arguments) == 1
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["清单.xlsx"]


def test_texts_without_a_gazetteer_say_what_is_needed(tmp_path, capsys):
    source = write_list(tmp_path / "清单.xlsx")
    assert run(source, "-o", tmp_path / "map.html") == 1
    assert "qingtu gazetteer build" in capsys.readouterr().err


def test_the_list_itself_is_never_overwritten(gazetteer, tmp_path, capsys):
    source = write_list(tmp_path / "清单.xlsx")
    before = source.read_bytes()
    assert run(source, "-g", gazetteer, "-o", source) == 1
    assert "盖掉" in capsys.readouterr().err
    assert source.read_bytes() == before


def test_english(gazetteer, tmp_path, capsys):
    source = write_list(tmp_path / "list.xlsx", ROWS[:1])
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--lang", "en") == 0
    assert "1 rows" in capsys.readouterr().out
    assert page_data(tmp_path / "map.html")["words"]["layers"] == "Layers"


@pytest.mark.testdata
@pytest.mark.parametrize(
    ("name", "rows", "kind"),
    [("problem_list.xlsx", 52, "problems"), ("six_small_shops.xlsx", 5_996, "places")],
)
def test_real_lists_are_accounted_for(test_data, gazetteer, tmp_path, capsys, name, rows, kind):
    # The small gazetteer above places hardly any of them: what counts is that no row is lost.
    source = test_data / "zhengzhou" / name
    assert (
        run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--table", tmp_path / "rows.csv", "--json")
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["as"]) == (rows, kind)
    assert answer["located"] + answer["ambiguous"] + answer["not_found"] + answer["refused"] == rows
    assert page_data(tmp_path / "map.html")["counts"]["rows"] == rows
    written = csv.reader(io.StringIO((tmp_path / "rows.csv").read_text("utf-8-sig")))
    assert sum(1 for _ in written) == rows + 1
    assert (tmp_path / "map.html").stat().st_size < 8_000_000


def test_coordinates_in_the_wrong_datum_are_stopped(gazetteer, tmp_path, capsys):
    # GCJ-02 coordinates of the crossing drawn above (EPSG:4547 472000, 3848500), given as WGS84.
    crossing = from_wgs84(reproject_xy([[472000, 3848500]], 4547, 4326), "gcj02")[0]
    row = ["众意路与农业路交叉口", "垃圾", "", "", *(f"{value:.6f}" for value in crossing)]
    source = write_list(tmp_path / "坐标.xlsx", [row] * 12, [*HEADER, "经度", "纬度"])
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html") == 1
    assert "--datum gcj02" in capsys.readouterr().err
    assert not (tmp_path / "map.html").exists()
    assert run(source, "-g", gazetteer, "-o", tmp_path / "map.html", "--datum", "gcj02") == 0
    placed = page_data(tmp_path / "map.html")["rows"]["at"][:2]
    assert reproject_xy([placed], 4326, 4547)[0] == pytest.approx([472000, 3848500], abs=1)
