"""The list again as .xlsx with a column 说明: to correct what was refused and import it once more.

Every sheet has its titles, header and rows on the lines they stood on; rows that were not imported are
marked. Cells that would be formulas are neutralised, and read back as they were.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import xlsxwriter

from service.cells import PLAIN_CELLS, workbook_text
from service.intake.report import outcome_words
from service.intake.tables.rowkinds import OUR_COLUMN
from service.intake.understanding import READ_AS
from service.words import tr


def corrected_name(file_name: str) -> str:
    """Return the download's name; it keeps the stem, so that it counts as the same source.

    Examples
    --------
    >>> corrected_name("2017年9月台账.et")
    '2017年9月台账-修改.xlsx'
    """
    return f"{PurePath(file_name).stem or file_name}-修改.xlsx"


def corrected_workbook(reading: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the workbook.

    Parameters
    ----------
    reading
        How the list was read, as kept with its import: sheets with header, header_line and titles.
    rows
        The import's rows: sheet, line, cells, outcome, reason.
    """
    by_sheet: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_sheet.setdefault(row["sheet"], []).append(row)
    sheets = {sheet["name"]: sheet for sheet in reading.get("sheets", [])}
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, PLAIN_CELLS) as book:
        named: set[str] = set()
        for name, own in by_sheet.items():
            page = book.add_worksheet(_sheet_name(name, named))
            _write_sheet(book, page, sheets.get(name, {}), own)
    return buffer.getvalue()


def _write_sheet(book: Any, page: Any, sheet: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF7"})
    refused = book.add_format({"bg_color": "#FBE3E0"})
    why = book.add_format({"bg_color": "#FBE3E0", "bold": True, "text_wrap": True})
    plain = book.add_format({})
    header = [name for name in sheet.get("header", []) if name != READ_AS]
    header += [name for row in rows for name in row["cells"] if name not in (*header, READ_AS)]
    header = [name for name in dict.fromkeys(header) if name != OUR_COLUMN]
    first = min(row["line"] for row in rows)
    # A list without header lines above its rows (a chat) gets one: rows then stand further down.
    shift = 0 if first > 1 else 2 - first
    head_line = first + shift - 1
    for line, title in enumerate(sheet.get("titles", [])[: head_line - 1], 1):
        page.write_string(line - 1, 0, workbook_text(title))
    for column, name in enumerate([*header, OUR_COLUMN]):
        page.write_string(head_line - 1, column, workbook_text(name), bold)
        page.set_column(column, column, 18)
    for row in rows:
        at = row["line"] + shift - 1
        bad = row["outcome"] == "refused"
        for column, name in enumerate(header):
            text = row["cells"].get(name, "")
            if text:
                page.write_string(at, column, workbook_text(text), refused if bad else plain)
        said = (
            f"{outcome_words(row['outcome'])}：{row['reason']}"
            if row["reason"]
            else outcome_words(row["outcome"])
        )
        page.write_string(at, len(header), workbook_text(said), why if bad else plain)
    page.freeze_panes(head_line, 0)


def _sheet_name(name: str, taken: set[str]) -> str:
    clean = "".join("_" if char in "[]:*?/\\" else char for char in name).strip("'")[:28] or tr("表", "sheet")
    found, number = clean, 2
    while found.casefold() in taken:
        found, number = f"{clean}{number}", number + 1
    taken.add(found.casefold())
    return found
