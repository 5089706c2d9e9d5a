"""Imports over HTTP: every row accounted for, twice the same changes nothing, undone whole."""

from __future__ import annotations

import io
import json
import os
import uuid

import numpy as np
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from geodata.datums import from_wgs84
from service.store.engine import make_engine

HEADER = ["位置", "问题描述", "责任单位", "日期"]
ROWS = [
    ["平安路与春光街交叉口", "路口积存垃圾无人清理", "测试环卫公司", "2017-11-01"],
    ["平安路春光街至夏雨街段", "路面脏污", "测试环卫公司", "2017-11-02"],
    ["平安路夏雨街至秋实街段", "沿线小广告", "测试城管", "2017-11-02"],
    ["幸福市场", "市场门口占道经营", "测试城管", "2017-11-03"],
    ["不知道什么地方", "垃圾满溢", "测试环卫公司", "2017-11-03"],
    ["", "没有位置", "测试环卫公司", "2017-11-03"],
    ["平安路与春光街交叉口", "路口积存垃圾无人清理", "测试环卫公司", "2017-11-01"],
]


def csv(rows=ROWS, *, header=HEADER, encoding="utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in [header, *rows]).encode(encoding)


def xlsx(rows, header=HEADER) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("问题")
        for line, row in enumerate([header, *rows]):
            for column, value in enumerate(row):
                sheet.write_string(line, column, value)
    return buffer.getvalue()


def send(client, content: bytes, name="问题清单.csv", key=None, **fields):
    headers = {"idempotency-key": str(key)} if key else {}
    return client.post("/api/imports", files={"file": (name, content)}, data=fields, headers=headers)


def contents(site) -> list:
    """Everything an import may change, without the imports' own book-keeping."""
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        found = [
            connection.execute(text(f"select * from {table} order by 1")).all()
            for table in ("cases", "zone_shares", "case_events", "places", "aliases")
        ]
    engine.dispose()
    return found


@pytest.fixture
def clean(site, admin):
    """Undo whatever a test imported."""
    yield
    for item in admin.get("/api/imports").json()["items"]:
        if item["undone_at"] is None:
            assert admin.post(f"/api/imports/{item['id']}/undo?force=true").status_code == 200
    assert contents(site)[0] == []


@pytest.mark.usefixtures("clean")
def test_every_row_is_accounted_for(admin):
    answer = send(admin, csv())
    assert answer.status_code == 201, answer.text
    summary = answer.json()
    assert (summary["rows"], summary["imported"], summary["merged"], summary["refused"]) == (7, 6, 0, 1)
    assert summary["review"] == 2
    assert summary["list_kind"] == "problems"
    rows = admin.get(f"/api/imports/{summary['import_id']}/rows").json()["items"]
    assert [row["line"] for row in rows] == [2, 3, 4, 5, 6, 7, 8]
    assert [row["outcome"] for row in rows] == ["imported"] * 5 + ["refused", "imported"]
    assert "位置" in rows[5]["reason"]
    assert rows[3]["placement"] == "ambiguous"
    assert rows[4]["placement"] == "not_found"


@pytest.mark.usefixtures("clean")
def test_lines_are_cut_at_the_border_and_parts_sum_to_the_whole(admin):
    send(admin, csv())
    items = admin.get("/api/cases", params={"q": "夏雨街至秋实街"}).json()["items"]
    case = admin.get(f"/api/cases/{items[0]['id']}").json()
    shares = {share["code"]: share for share in case["shares"] if share["level"] == "community"}
    # From x = 750 to x = 1250, border at x = 1000: half and half.
    assert shares["410105999001"]["length_m"] == pytest.approx(250, abs=1)
    assert shares["410105999002"]["length_m"] == pytest.approx(250, abs=1)
    assert sum(share["share"] for share in shares.values()) == pytest.approx(1)
    assert case["geometry"]["type"] == "LineString"


@pytest.mark.usefixtures("clean")
def test_the_same_file_twice_changes_nothing(site, admin):
    send(admin, csv())
    before = contents(site)
    second = send(admin, csv()).json()
    assert (second["imported"], second["merged"], second["refused"]) == (0, 6, 1)
    assert contents(site) == before


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (csv(encoding="gb18030"), "清单.csv"),
        (csv(encoding="utf-8"), "清单.csv"),
        (xlsx(ROWS), "清单.xlsx"),
    ],
    ids=["gbk", "utf8", "xlsx"],
)
def test_every_format_says_the_same(site, admin, content, name):
    send(admin, csv())
    before = contents(site)
    answer = send(admin, content, name).json()
    assert (answer["imported"], answer["merged"], answer["refused"]) == (0, 6, 1)
    assert contents(site) == before


@pytest.mark.usefixtures("clean")
def test_geojson_with_lines(admin, lonlat):
    features = [
        {"type": "Feature", "properties": {"问题描述": "沿线垃圾"},
         "geometry": {"type": "LineString", "coordinates": [lonlat(100, 100), lonlat(1900, 100)]}},
        {"type": "Feature", "properties": {"问题描述": "积水"}, "geometry": {"type": "Point", "coordinates": lonlat(1600, 200)}},
    ]  # fmt: skip
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    summary = send(admin, content, "清单.geojson").json()
    assert (summary["rows"], summary["imported"], summary["review"]) == (2, 2, 0)
    line = next(i for i in admin.get("/api/cases").json()["items"] if i["geometry_type"] == "LineString")
    shares = admin.get(f"/api/cases/{line['id']}").json()["shares"]
    assert sum(s["length_m"] for s in shares if s["level"] == "grid") == pytest.approx(1800, rel=1e-3)


def test_undo_leaves_the_content_as_before(site, admin):
    kept = send(admin, csv([ROWS[0]]), "first.csv").json()
    before = contents(site)
    second = send(admin, csv()).json()
    # Of the two equal rows the first was there, the second is another record.
    assert (second["imported"], second["merged"]) == (5, 1)
    undone = admin.post(f"/api/imports/{second['import_id']}/undo").json()
    assert undone["removed"] == 5
    assert contents(site) == before
    assert admin.post(f"/api/imports/{second['import_id']}/undo").status_code == 409
    assert admin.post(f"/api/imports/{kept['import_id']}/undo").status_code == 200
    assert contents(site)[0] == []


def test_undoing_the_first_of_two_imports_leaves_what_the_second_brought(site, admin):
    first = send(admin, csv([ROWS[0]])).json()
    second = send(admin, csv([ROWS[0]])).json()
    before = contents(site)
    undone = admin.post(f"/api/imports/{first['import_id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (0, 1)
    assert len(contents(site)[0]) == len(before[0]) == 1
    assert admin.post(f"/api/imports/{second['import_id']}/undo").json()["removed"] == 1
    assert contents(site)[0] == []


def test_after_an_undo_the_file_is_new_again(site, admin):
    first = send(admin, csv()).json()
    admin.post(f"/api/imports/{first['import_id']}/undo")
    again = send(admin, csv()).json()
    assert (again["imported"], again["merged"]) == (6, 0)
    admin.post(f"/api/imports/{again['import_id']}/undo")
    assert contents(site)[0] == []


def test_cases_worked_on_stop_an_undo_until_the_user_insists(site, admin):
    summary = send(admin, csv([ROWS[0]])).json()
    case = admin.get("/api/cases").json()["items"][0]
    assert admin.post(f"/api/cases/{case['id']}/advance", json={"state": "accepted"}).status_code == 200
    refused = admin.post(f"/api/imports/{summary['import_id']}/undo")
    assert refused.status_code == 409
    assert "1 件" in refused.json()["detail"]
    assert admin.post(f"/api/imports/{summary['import_id']}/undo?force=true").status_code == 200
    assert contents(site)[0] == []


def test_a_dry_run_writes_nothing(site, admin):
    summary = send(admin, csv(), dry_run="true").json()
    assert (summary["import_id"], summary["imported"], summary["dry_run"]) == (None, 6, True)
    assert contents(site)[0] == []
    assert all(item["undone_at"] for item in admin.get("/api/imports").json()["items"])


BAD = {
    "random bytes named .xlsx": (os.urandom(10 * 1024 * 1024), "清单.xlsx"),
    "empty file": (b"", "清单.csv"),
    "empty sheet": (xlsx([], header=[]), "清单.xlsx"),
    "header only": (xlsx([]), "清单.xlsx"),
    "no location column": (csv([["a", "b"]], header=["甲", "乙"]), "清单.csv"),
    "no list at all": (b"%PDF-1.4 \x00\x01", "清单.pdf"),
    "vrt named geojson": (b"<OGRVRTDataset><OGRVRTLayer/></OGRVRTDataset>", "清单.geojson"),
}


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_file_is_a_clear_error_and_nothing_is_written(site, admin, bad):
    content, name = BAD[bad]
    answer = send(admin, content, name)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert set(body) == {"error", "detail", "fields"}
    assert any("一" <= char <= "鿿" for char in body["detail"])
    assert contents(site)[0] == []
    assert admin.get("/healthz").status_code == 200
    assert list((site.data_dir / "uploads").glob("*")) == []


@pytest.mark.usefixtures("clean")
def test_a_row_of_a_hundred_thousand_characters_is_refused_alone(admin):
    rows = [ROWS[0], ["平安路" * 33_334, "很长", "", ""]]
    summary = send(admin, xlsx([rows[0], ["平安路" * 10_000, "很长", "", ""]]), "清单.xlsx").json()
    assert (summary["rows"], summary["imported"], summary["refused"]) == (2, 1, 1)
    summary = send(admin, csv(rows)).json()
    assert (summary["rows"], summary["merged"], summary["refused"]) == (2, 1, 1)


def test_an_upload_above_the_limit_is_refused(site, admin):
    limit = site.app.state.service.settings.upload_limit_bytes
    answer = send(admin, b"x" * (limit + 1))
    assert answer.status_code == 413
    assert set(answer.json()) == {"error", "detail", "fields"}

    def chunks():
        for _ in range(limit // (1024 * 1024) + 2):
            yield b"x" * 1024 * 1024

    head = {"content-type": "multipart/form-data; boundary=b"}
    streamed = admin.post("/api/imports", content=chunks(), headers=head)
    assert streamed.status_code in (400, 413)
    assert admin.get("/healthz").status_code == 200


def test_coordinates_in_the_wrong_datum_stop_the_import(site, admin, lonlat):
    rows = []
    for name, x in (("春光街", 250), ("夏雨街", 750), ("秋实街", 1250), ("冬青街", 1750)):
        for number in range(8):
            lon, lat = from_wgs84(np.array([lonlat(x, 500)]), "gcj02")[0]
            rows.append([f"平安路与{name}交叉口", f"第{number}处垃圾", f"{lon:.6f}", f"{lat:.6f}"])
    content = csv(rows, header=["位置", "问题描述", "经度", "纬度"])
    refused = send(admin, content)
    assert refused.status_code == 422
    assert refused.json()["error"] == "bad_datum"
    assert "gcj02" in refused.json()["detail"]
    assert contents(site)[0] == []
    done = send(admin, content, datum="gcj02").json()
    assert (done["imported"], done["review"]) == (32, 0)
    item = admin.get("/api/cases", params={"q": "春光街"}).json()["items"][0]
    assert (item["lon"], item["lat"]) == pytest.approx(lonlat(250, 500), abs=1e-5)
    admin.post(f"/api/imports/{done['import_id']}/undo")


@pytest.mark.usefixtures("clean")
def test_a_list_of_places_goes_to_the_register(admin):
    content = csv([["好吃面馆", "平安路与春光街交叉口", "小餐饮"]], header=["店名", "地址", "行业"])
    summary = send(admin, content, "门店.csv").json()
    assert (summary["list_kind"], summary["imported"]) == ("places", 1)
    places = admin.get("/api/places").json()
    assert places["total"] == 1
    assert places["items"][0]["name"] == "好吃面馆"
    assert places["items"][0]["community"] == "410105999001"
    assert admin.get("/api/cases").json()["total"] == 0


@pytest.mark.usefixtures("clean")
def test_a_preview_stores_nothing_and_its_correction_is_remembered(site, admin):
    header = ["甲列", "乙列"]
    content = csv([["平安路与春光街交叉口", "垃圾"]], header=header)
    seen = admin.post("/api/imports/preview", files={"file": ("x.csv", content)}).json()
    assert (seen["rows"], seen["header"], seen["columns"]) == (1, header, {})
    assert seen["problems"]
    assert "location" in seen["roles"]
    columns = json.dumps({"location": "甲列", "description": "乙列"})
    again = admin.post("/api/imports/preview", data={"upload": seen["upload"], "columns": columns}).json()
    assert again["columns"] == {"location": "甲列", "description": "乙列"}
    assert contents(site)[0] == []
    done = admin.post("/api/imports", data={"upload": again["upload"], "columns": columns})
    assert done.status_code == 201
    assert done.json()["imported"] == 1
    # The same header is now understood without a correction.
    assert send(admin, content).json()["merged"] == 1
    assert admin.post("/api/imports", data={"upload": again["upload"]}).status_code == 404


@pytest.mark.parametrize("columns", ['{"location": "没有"}', '{"role": "甲"}', "[1]", "{", '{"location": 3}'])
def test_a_wrong_correction_is_refused(site, admin, columns):
    answer = send(admin, csv(), columns=columns)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "detail", "fields"}
    assert contents(site)[0] == []


@pytest.mark.usefixtures("clean")
def test_a_stated_kind_holds_for_all_rows(admin):
    send(admin, csv([ROWS[0]]), kind="卫生死角")
    assert admin.get("/api/cases").json()["items"][0]["kind"] == "C1-02"
    assert send(admin, csv([ROWS[1]]), kind="没有这种").status_code == 422


@pytest.mark.usefixtures("clean")
def test_the_same_import_id_gives_the_same_answer(site, admin):
    key = uuid.uuid4()
    first, second = send(admin, csv(), key=key), send(admin, csv(), key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert send(admin, csv([ROWS[0]]), key=key).status_code == 409
    # A stop between the commit and the note of the answer: the import itself is the answer.
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        connection.execute(text("delete from client_requests where key = :key"), {"key": str(key)})
    engine.dispose()
    third = send(admin, csv(), key=key)
    assert third.json()["imported"] == first.json()["imported"]
    assert len([i for i in admin.get("/api/imports").json()["items"] if i["id"] == str(key)]) == 1


@pytest.mark.usefixtures("clean")
def test_row_results_as_excel_hold_no_formula(admin):
    rows = [["平安路与春光街交叉口", "=HYPERLINK(1)", "+86", "2017-11-01"], ["", "@x", "", ""]]
    summary = send(admin, csv(rows)).json()
    answer = admin.get(f"/api/imports/{summary['import_id']}/issues.xlsx")
    assert answer.status_code == 200
    table = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert table[0][:5] == ["工作表", "行号", "结果", "定位", "说明"]
    assert table[1][2] == "已导入"
    assert table[2][2] == "未导入"
    cells = [str(cell) for row in table[1:] for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    assert {cell for cell in cells if cell.startswith("+")} == {"+86"}  # a number, as the list has it


def test_only_the_office_imports(site):
    for name in ("leader", "grid1", "community1", "command1", "public", "auditor", None):
        with site.as_(name) as client:
            assert send(client, csv()).status_code == 403
            assert client.get("/api/imports").status_code == 403
