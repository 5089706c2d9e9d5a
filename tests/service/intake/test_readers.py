"""Lists as offices keep them, and files that are no lists: every row with its line, or a plain reason."""

import json
import os
import zipfile

import pytest
import xlsxwriter

from service.confined.reading import UnreadableError
from service.intake.readers import read_table

ROWS = "位置,问题描述\r\n商务外环路1号,垃圾堆积\r\n,\r\n众意路与商务内环路交叉口,污水外溢\r\n"


def write_workbook(path, rows, sheet="九月"):
    with xlsxwriter.Workbook(path) as workbook:
        worksheet = workbook.add_worksheet(sheet)
        for line, row in rows.items():
            worksheet.write_row(line - 1, 0, row)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_csv_in_every_encoding_that_offices_use(tmp_path, encoding):
    path = tmp_path / "问题.csv"
    path.write_bytes(ROWS.encode(encoding))
    table = read_table(path)
    assert table.header == ("位置", "问题描述")
    assert [(row.line, row.cells["位置"]) for row in table.rows] == [
        (2, "商务外环路1号"),
        (4, "众意路与商务内环路交叉口"),
    ]


def test_a_quoted_line_break_keeps_the_line_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('位置,问题描述\n众意路,"两\n行"\n九如路,一行\n', encoding="utf-8")
    assert [row.line for row in read_table(path).rows] == [2, 4]


def test_title_rows_are_passed_over_and_numbers_and_dates_are_text(tmp_path):
    rows = {1: ["2017年9月问题台账"], 3: ["序号", "位置", "问题描述"], 4: [1, "众意路", 3.5]}
    table = read_table(write_workbook(tmp_path / "台账.xlsx", rows))
    (row,) = table.rows
    assert (row.sheet, row.line) == ("九月", 4)
    assert dict(row.cells) == {"序号": "1", "位置": "众意路", "问题描述": "3.5"}


def test_cells_beyond_the_header_are_kept_and_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("位置,问题描述\n众意路,垃圾,多,余\n", encoding="utf-8")
    table = read_table(path)
    assert table.rows[0].cells["其他"] == "多 余"
    assert [(issue.code, issue.refused) for issue in table.issues] == [("extra_cells", False)]


def test_equal_headers_are_told_apart(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("位置,备注,备注,\n众意路,甲,乙,丙\n", encoding="utf-8")
    assert read_table(path).header == ("位置", "备注", "备注_2", "第4列")


def test_geojson_keeps_its_geometries(tmp_path):
    line = {"type": "LineString", "coordinates": [[113.72, 34.77], [113.73, 34.77]]}
    feature = {"type": "Feature", "properties": {"问题描述": "垃圾", "n": 2}, "geometry": line}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    (row,) = read_table(path).rows
    assert row.geometry == line
    assert row.cells["n"] == "2"


def far_cell(path):
    with xlsxwriter.Workbook(path) as workbook:
        worksheet = workbook.add_worksheet()
        worksheet.write(0, 0, "位置")
        worksheet.write(1048575, 16383, "x")


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (301 * 2**20))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.csv", b"", "empty_file"),
        ("只有表头.csv", "位置,问题描述\n".encode(), "no_rows"),
        ("随机.xlsx", os.urandom(10_000_000), "not_a_workbook"),
        ("坏的.xlsx", b"PK\x03\x04" + os.urandom(1000), "unreadable"),
        ("随机.csv", b"\x00\x01\x02" * 1000, "not_text"),
        ("远.xlsx", far_cell, "too_large"),
        ("炸弹.xlsx", bomb, "too_large"),
        ("vrt.geojson", b"<OGRVRTDataSource><OGRVRTLayer name='passwd'/></OGRVRTDataSource>", "not_json"),
        ("nan.geojson", b'{"features": [{"properties": {"a": NaN}}]}', "not_json"),
        ("深.geojson", b"[" * 100_000, "not_json"),
        ("列表.geojson", b"[1, 2]", "not_geojson"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_with_a_reason(tmp_path, name, content, code):
    path = tmp_path / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    with pytest.raises(UnreadableError, match=name) as refusal:
        read_table(path)
    assert refusal.value.code == code


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableError, match="找不到文件"):
        read_table(tmp_path / "没有.xlsx")
