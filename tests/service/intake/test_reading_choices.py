"""Corrections over HTTP: shown, applied, remembered per source; pasted text; the list to correct."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from service.intake.choices import file_stem, source_hash
from tests.fixtures.ugly_lists import biff8, books, messes
from tests.fixtures.ugly_lists.chats import CHATS

XLSX = "台账.xlsx"


def preview(client, content=None, name=XLSX, **fields):
    files = {"file": (name, content)} if content is not None else None
    return client.post("/api/imports/preview", files=files, data=fields)


def send(client, content, name=XLSX, **fields):
    answer = client.post("/api/imports", files={"file": (name, content)}, data=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def clean(admin):
    """Undo whatever a test imported."""
    yield
    for item in admin.get("/api/imports").json()["items"]:
        if item["undone_at"] is None:
            assert admin.post(f"/api/imports/{item['id']}/undo").status_code == 200


def test_a_preview_says_the_state_of_every_row_and_what_was_carried(admin):
    seen = preview(admin, books.to_xls(messes.totals()), "台账.xls").json()
    assert (seen["rows"], seen["ready"], seen["refused"]) == (7, 2, 5)
    assert [row["state"] for row in seen["sample"]] == ["ready", "refused", "ready", *["refused"] * 4]
    assert sum(reason["rows"] for reason in seen["reasons"] if reason["refused"]) == 5
    seen = preview(admin, books.to_xlsx(messes.merged_down())).json()
    assert seen["parts"] == ["路段", "位置"]
    assert [row["carried"] for row in seen["sample"]] == [
        [],
        ["社区", "路段", "责任单位"],
        ["社区", "路段", "责任单位"],
        [],
    ]
    assert seen["sample"][1]["location"] == "平安路 与夏雨街交叉口"


def test_a_merged_problem_is_not_carried_and_the_preview_says_so(admin):
    seen = preview(admin, books.to_xlsx(messes.merged_problem())).json()
    assert [row["cells"]["问题描述"] for row in seen["sample"]] == ["垃圾成堆", ""]
    assert seen["sample"][0]["reasons"] == []
    assert "“问题描述”与第 2 行是一个合并单元格，没有沿用：只算第 2 行的问题" in seen["sample"][1]["reasons"]
    assert seen["sample"][1]["state"] == "remark"


def table(*rows):
    """A list with a community, a place, a problem and a unit."""
    book = books.Book("台账")
    sheet = book.sheet()
    sheet.put("社区", "位置", "问题描述", "责任单位")
    for row in rows:
        sheet.put(*row)
    return book, sheet


PLACES = ("平安路与春光街交叉口", "平安路与夏雨街交叉口", "平安路与秋实街交叉口", "平安路与冬青街交叉口")


@pytest.mark.parametrize(
    ("units", "read"),
    [
        (["环卫", "", "城管", ""], ["环卫", "", "城管", ""]),
        (["环卫", "", "", ""], ["环卫", "", "", ""]),
        (["环卫", "同上", "城管", "〃"], ["环卫", "环卫", "城管", "城管"]),
        (["环卫", "″", "", "城管"], ["环卫", "环卫", "", "城管"]),
    ],
)
def test_a_blank_unit_stays_blank_where_a_blank_community_is_the_one_above(admin, units, read):
    """Whose a problem is is often not decided yet; a community is left out where it repeats."""
    areas = ["甲社区", "", "乙社区", ""]
    book, _ = table(*zip(areas, PLACES, ["垃圾", "占道", "积水", "小广告"], units, strict=True))
    seen = preview(admin, books.to_xlsx(book)).json()
    assert [row["cells"]["责任单位"] for row in seen["sample"]] == read
    assert [row["cells"]["社区"] for row in seen["sample"]] == ["甲社区", "甲社区", "乙社区", "乙社区"]


def test_a_merged_unit_is_carried_as_far_as_it_reaches(admin):
    book, sheet = table(
        *zip(["甲社区"] * 4, PLACES, ["垃圾", "占道", "积水", "小广告"], ["环卫", "", "", ""], strict=True)
    )
    sheet.merge(2, 3, 3, 3)
    seen = preview(admin, books.to_xlsx(book)).json()
    assert [row["cells"]["责任单位"] for row in seen["sample"]] == ["环卫", "环卫", "", ""]


def test_a_blank_unit_is_carried_on_request(admin):
    book, _ = table(*zip(["甲社区"] * 4, PLACES, ["垃圾"] * 4, ["环卫", "", "城管", ""], strict=True))
    seen = preview(admin, books.to_xlsx(book), choices=json.dumps({"carry": {"责任单位": True}})).json()
    assert [row["cells"]["责任单位"] for row in seen["sample"]] == ["环卫", "环卫", "城管", "城管"]


def test_a_question_is_answered_and_the_answer_remembered_for_the_source(admin, clean):
    content = books.to_xlsx(messes.year_asked())
    seen = preview(admin, content, "甲组9月台账.xlsx").json()
    assert [(q["kind"], q["rows"]) for q in seen["questions"]] == [("year", 2)]
    choices = {**seen["choices"], "dates": {"year": 2016}}
    again = preview(admin, upload=seen["upload"], choices=json.dumps(choices)).json()
    assert again["questions"] == []
    assert [row["day"] for row in again["sample"]] == ["2016-09-13", "2016-09-14"]
    send(admin, content, "甲组9月台账.xlsx", choices=json.dumps(choices))
    case = admin.get("/api/cases").json()["items"][0]
    assert case["reported_at"].startswith(("2016-09-13", "2016-09-14", "2016-09-12"))
    # Next month's list of the source; a list of another source asks again.
    assert preview(admin, content, "甲组10月台账(2).xlsx").json()["questions"] == []
    assert preview(admin, content, "乙组9月台账.xlsx").json()["questions"]
    # Its own title says more than an old answer.
    titled = messes.year_asked()
    sheet = titled.sheets[0]
    sheet.lines = {line + 1: cells for line, cells in sheet.lines.items()} | {1: ["2018年台账"]}
    shown = preview(admin, books.to_xlsx(titled), "甲组9月台账.xlsx").json()
    assert shown["year"] == 2018
    assert shown["sample"][0]["day"] == "2018-09-13"


def test_a_header_is_moved_and_a_sheet_switched_off(admin):
    book = messes.several_sheets()
    seen = preview(admin, books.to_xlsx(book)).json()
    assert {s["name"]: s["state"] for s in seen["sheets"]} == {
        "如意湖": "list",
        "龙湖": "list",
        "汇总": "no_list",
    }
    choices = {"sheets": {"如意湖": {"use": False}, "龙湖": {"use": True, "header": 0}}}
    moved = preview(admin, upload=seen["upload"], choices=json.dumps(choices)).json()
    assert {s["name"]: s["state"] for s in moved["sheets"]}["如意湖"] == "off"
    assert [row["line"] for row in moved["sample"] if row["sheet"] == "龙湖"] == [1, 2, 3]
    assert [s["header"][0] for s in moved["sheets"] if s["name"] == "龙湖"] == ["第1列"]


def test_blanks_are_kept_blank_on_request(admin):
    content = books.to_xlsx(messes.blanks_below())
    choices = json.dumps({"carry": {"社区": False, "日期": False}})
    seen = preview(admin, content, choices=choices).json()
    assert all(row["carried"] == [] for row in seen["sample"])
    assert seen["sample"][1]["cells"]["社区"] == ""


def test_the_location_is_composed_as_decided_and_a_wrong_column_is_refused(admin):
    content = books.to_xlsx(messes.composed())
    seen = preview(admin, content).json()
    assert seen["parts"] == ["路段", "位置", "店名"]
    fewer = preview(admin, upload=seen["upload"], choices=json.dumps({"location": ["位置", "路段"]})).json()
    assert fewer["sample"][0]["location"] == "与春光街交叉口东北角 平安路"
    wrong = preview(admin, upload=seen["upload"], choices=json.dumps({"location": ["没有"]}))
    assert wrong.status_code == 422
    # The upload is still there for another try.
    assert preview(admin, upload=seen["upload"]).status_code == 200
    for bad in ('{"sheets": {"a": {"header": -1}}}', '{"x": 1}', '{"dates": {"year": 20}}', "[]", "{"):
        assert preview(admin, upload=seen["upload"], choices=bad).status_code == 422


def test_pasted_text_goes_the_same_way_and_keeps_phones_out_of_cases(admin, clean):
    text = CHATS[0][1].decode()
    seen = preview(admin, text=text, title="网格群").json()
    assert (seen["file_name"], seen["rows"], seen["ready"]) == ("网格群", 5, 3)
    done = admin.post("/api/imports", data={"upload": seen["upload"]}).json()
    assert (done["imported"], done["refused"]) == (3, 2)
    rows = admin.get(f"/api/imports/{done['import_id']}/rows").json()["items"]
    assert [row["cells"]["电话"] for row in rows if row["cells"].get("电话")] == ["13812345678"]
    for case in admin.get("/api/cases").json()["items"]:
        whole = admin.get(f"/api/cases/{case['id']}").text
        assert "13812345678" not in whole
        assert "张三" not in whole
    again = admin.post("/api/imports", data={"text": text, "title": "网格群"}).json()
    assert (again["imported"], again["merged"]) == (0, 3)


@pytest.mark.parametrize(
    "mess",
    [
        "totals",
        "merged_down",
        "two_lines",
        "formulas",
        "year_of_title",
        "side_by_side",
        "several_sheets",
        "single_blanks",
    ],
)
def test_the_list_to_correct_imports_again_and_only_corrections_are_new(admin, clean, mess):
    book = messes.MESSES[mess]()
    first = send(admin, books.to_xlsx(book), f"{book.name}.xlsx")
    answer = admin.get(f"/api/imports/{first['import_id']}/corrected.xlsx")
    assert "%E4%BF%AE%E6%94%B9.xlsx" in answer.headers["content-disposition"]
    assert not [v for v in formulas_in(answer.content) if v]
    again = send(admin, answer.content, f"{book.name}-修改.xlsx")
    assert (again["rows"], again["imported"], again["merged"]) == (first["rows"], 0, first["imported"])
    sheets = [page.to_python() for page in pages(answer.content)]
    assert all("说明" in [cell for row in sheet for cell in row] for sheet in sheets)


def formulas_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [b"<f>" in archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/")]


def pages(content):
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]


def test_rows_stay_on_their_lines_in_the_list_to_correct(admin, clean):
    first = send(admin, books.to_xlsx(messes.titles()), "标题行.xlsx")
    content = admin.get(f"/api/imports/{first['import_id']}/corrected.xlsx").content
    table = pages(content)[0].to_python(skip_empty_area=False)
    assert table[0][0] == "如意湖办事处2017年9月环境卫生问题台账"
    assert table[3][:2] == ["序号", "位置"]
    assert table[4][1] == messes.A


def test_what_an_undoing_would_do_is_told_first(admin, clean):
    one = send(admin, books.to_xlsx(messes.plain()))
    two = send(admin, books.to_xlsx(messes.plain()))
    assert admin.get(f"/api/imports/{one['import_id']}/undo").json() | {"import_id": ""} == {
        "import_id": "", "removed": 0, "kept": 2, "worked_on": 0,
    }  # fmt: skip
    assert admin.post(f"/api/imports/{one['import_id']}/undo").json()["kept"] == 2
    assert admin.get(f"/api/imports/{one['import_id']}/undo").status_code == 409
    assert admin.get(f"/api/imports/{two['import_id']}/undo").json()["removed"] == 2


def test_only_the_office_sees_previews_effects_and_lists_to_correct(site, admin, clean):
    done = send(admin, books.to_xlsx(messes.plain()))
    for name in ("leader", "grid1", "public", None):
        with site.as_(name) as client:
            assert client.get(f"/api/imports/{done['import_id']}/undo").status_code == 403
            assert client.get(f"/api/imports/{done['import_id']}/corrected.xlsx").status_code == 403
            assert preview(client, text="平安路垃圾").status_code == 403


def test_old_text_documents_are_told_what_to_do(admin):
    for name in ("通报.doc", "通报.wps"):
        answer = preview(admin, biff8.compound({"WordDocument": b"x" * 5000}), name)
        assert answer.status_code == 422
        assert "另存为 .docx" in answer.json()["detail"]
    locked = preview(admin, biff8.compound({"EncryptedPackage": b"x" * 5000}), "锁.xlsx")
    assert "密码" in locked.json()["detail"]
    empty = preview(admin, books.docx_of(books.paragraph("没有表格")), "文.docx")
    assert "没有表格" in empty.json()["detail"]


def test_a_source_is_its_headers_and_the_stem_of_its_name():
    header = ("位置", "问题描述")
    same = source_hash("如意湖2017年9月台账.xlsx", header)
    assert source_hash("如意湖10月份台账(3)最终.xls", ("问题 描述", "位置：")) == same
    assert source_hash("龙湖9月台账.xlsx", header) != same
    assert source_hash("如意湖9月台账.xlsx", (*header, "日期")) != same
    assert file_stem("2017-09.csv") == ""
