"""One rule for cells of all tables we write: no formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from service.cases.export import write_workbook
from service.cells import neutral, workbook_text
from service.cli.locate_batch import BatchRow, write_rows
from service.cli.map_table import write_table
from service.intake.tables.cells import plain_cell

# As written, and as it stands in our tables.
CELLS = [
    ("", ""),
    ("东风渠北岸", "东风渠北岸"),
    ("陇海路 - 京广路", "陇海路 - 京广路"),
    ("=1+1", "'=1+1"),
    (" =1+1", "' =1+1"),
    ("＝1+1", "'＝1+1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("＠SUM(A1)", "'＠SUM(A1)"),
    ("+cmd|'/c calc'!A0", "'+cmd|'/c calc'!A0"),
    ("\t=1+1", "'\t=1+1"),
    ("\r=1+1", "'\r=1+1"),
    ("\n5", "'\n5"),
    ("-5 号楼", "'-5 号楼"),
    ("-5", "-5"),
    (" -5.50 ", " -5.50 "),
    ("+8613800000000", "+8613800000000"),
    ("-1.5e3", "-1.5e3"),
    ("-1_000", "'-1_000"),
    ("-inf", "'-inf"),
    ("+nan", "'+nan"),
    ("-5-3", "'-5-3"),
    ("－5", "'－5"),
    ("-٥", "'-٥"),
    ("'=1", "'=1"),
]


@pytest.mark.parametrize(("written", "kept"), CELLS)
def test_the_rule(written, kept):
    assert neutral(written) == kept


@given(st.text())
def test_a_cell_is_the_text_itself_or_quoted(text):
    assert neutral(text) in (text, f"'{text}")
    first = neutral(text).lstrip()[:1]
    assert first not in tuple("=@＝＋－＠") or first == ""
    if first in ("+", "-"):
        float(neutral(text))


def test_a_workbook_holds_what_excel_allows():
    assert workbook_text("=" + "字" * 40_000) == "'=" + "字" * 31_999
    assert neutral("字" * 40_000) == "字" * 40_000


TEXTS = [written for written, _ in CELLS if written.strip()]
KEPT = [kept for written, kept in CELLS if written.strip()]


def test_exported_workbooks(tmp_path):
    content = write_workbook("表", ["列"], [[text] for text in TEXTS])
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[0].replace("\r\n", "\n") for row in rows[1 : len(TEXTS) + 1]] == KEPT


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
def test_tables_of_a_map(tmp_path, kind):
    path = tmp_path / f"rows{kind}"
    frame = gpd.GeoDataFrame({"=列": TEXTS}, geometry=[None] * len(TEXTS), crs=4326)
    write_table(frame, path, kind=kind)
    if kind == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
    else:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [str(row[0]) for row in rows] == ["'=列", *KEPT]


def test_located_lists(tmp_path):
    from geodata.geocode.columns import RESULT_COLUMNS

    rows = [BatchRow((text,), text, None) for text in TEXTS]
    write_rows(tmp_path / "out.csv", ["=列"], rows, [dict.fromkeys(RESULT_COLUMNS, "") for _ in rows])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.reader(stream))
    assert [row[0] for row in found] == ["'=列", *KEPT]


def test_what_was_quoted_is_read_back_as_what_was_written():
    """A corrected list is imported again."""
    for written, kept in CELLS:
        if kept != written:
            assert plain_cell(kept) == plain_cell(written)
