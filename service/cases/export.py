"""Cases as an Excel file for the office: the filtered list, with formulas neutralised."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from service.cases.model import CaseItem
from service.cases.transitions import placement_words
from service.cells import PLAIN_CELLS, workbook_text
from service.clock import OFFICE_ZONE
from service.words import tr

# Excel holds 1,048,576 rows; more than this is no list for people.
MAX_ROWS = 50_000


def write_workbook(
    title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, notes: Sequence[str] = ()
) -> bytes:
    """Return an .xlsx with one sheet.

    Parameters
    ----------
    rows
        Values per row: text, number, None, or an aware datetime (written as office time).
    notes
        Lines under the table: filter, moment, remarks.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, PLAIN_CELLS) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF7"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for column, words in enumerate(header):
            sheet.write_string(0, column, words, bold)
        line = 0
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(sheet, line, column, value, moment)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(line, 1), max(len(header) - 1, 0))
        sheet.set_column(0, max(len(header) - 1, 0), 16)
        for offset, words in enumerate(notes):
            sheet.write_string(line + 2 + offset, 0, words)
    return buffer.getvalue()


def _sheet_name(title: str) -> str:
    return "".join("_" if char in "[]:*?/\\'" else char for char in title)[:31] or "1"


def _write(sheet: Any, line: int, column: int, value: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(line, column, value.astimezone(OFFICE_ZONE).replace(tzinfo=None), moment)
    elif isinstance(value, bool):
        sheet.write_string(line, column, tr("是", "yes") if value else "")
    elif isinstance(value, (int, float)):
        sheet.write_number(line, column, value)
    else:
        sheet.write_string(line, column, workbook_text(str(value)))


def cases_workbook(items: Iterable[CaseItem], *, notes: Sequence[str]) -> bytes:
    """Return the cases as an .xlsx, one row each; positions in EPSG:4326."""
    header = [
        tr("案件号", "number"), tr("状态", "state"), tr("超期", "late"), tr("问题类别", "kind"), tr("指挥部", "command"),
        tr("位置描述", "location"), tr("问题描述", "description"), tr("社区", "community"), tr("网格", "grid"),
        tr("责任单位", "unit"), tr("上报时间", "reported"), tr("时限", "due"), tr("结案时间", "closed"),
        tr("定位", "placement"), tr("经度（WGS84）", "lon"), tr("纬度（WGS84）", "lat"), tr("误差（米）", "uncertainty (m)"),
    ]  # fmt: skip
    rows = (
        (
            item.number, item.state_words, item.late, item.kind_name, item.command, item.location_text,
            item.description, item.community_name or item.community, item.grid, item.unit, item.reported_at,
            item.due_at, item.closed_at, placement_words(item.placement), item.lon, item.lat, item.uncertainty_m,
        )
        for item in items
    )  # fmt: skip
    return write_workbook(tr("案件", "cases"), header, rows, notes=notes)
