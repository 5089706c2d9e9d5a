"""Spreadsheets of every make (.xlsx .xls .et .xlsb .ods), told by their content, never by their ending."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from service.confined.child import RefusedError
from service.intake.formats import ole2, xlsx_marks
from service.intake.formats.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_MERGES,
    MAX_UNPACKED_BYTES,
    clean,
    sheet,
)


def cell_text(value: object) -> str:
    """Return a cell as text: whole numbers without a point, dates in ISO form."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return clean(str(value))


def read_zipped(path: Path) -> dict[str, Any]:
    """Return the sheets of a zipped workbook, its unpacked size checked first."""
    with zipfile.ZipFile(path) as archive:
        check_unpacked(archive)
        marks, from_1904 = xlsx_marks.workbook_marks(archive)
    return _read(path.read_bytes(), marks, from_1904=from_1904)


def check_unpacked(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that unpacks to more than the limit."""
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
        raise RefusedError("too_large", f"{MAX_UNPACKED_BYTES // 2**20} MB")


def read_ole2(path: Path) -> dict[str, Any]:
    """Return the sheets of a workbook in an OLE2 file; a text document is refused."""
    content = path.read_bytes()
    kind = ole2.document_kind(content)
    if kind in ("text", "locked"):
        raise RefusedError("word_document" if kind == "text" else "locked_workbook")
    marks, from_1904 = ole2.workbook_marks(content)
    return _read(content, marks, from_1904=from_1904)


def _read(content: bytes, marks: Sequence[dict[str, list[int]]], *, from_1904: bool) -> dict[str, Any]:
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError as error:
        raise RefusedError("locked_workbook") from error
    sheets = list(_sheets(workbook, marks))
    return {"sheets": sheets, "from_1904": from_1904}


def _sheets(workbook: Any, marks: Sequence[dict[str, list[int]]]) -> Iterator[dict[str, Any]]:
    for index, about in enumerate(workbook.sheets_metadata):
        if str(about.typ) != "SheetTypeEnum.WorkSheet":
            continue
        # Stray rows or columns far out make a dense table of nothing: refused before it is built.
        page = workbook.get_sheet_by_index(index)
        if page.width > MAX_COLUMNS or page.width * page.total_height > MAX_CELLS:
            raise RefusedError("too_large", f"{about.name}: {page.total_height} × {page.width}")
        top, left = page.start or (0, 0)
        own = marks[index] if index < len(marks) else {}
        rows = page.to_python(skip_empty_area=True)
        yield sheet(
            about.name,
            ((top + 1 + i, [cell_text(value) for value in row]) for i, row in enumerate(rows)),
            merges=_merges(page.merged_cell_ranges or [], left),
            hidden=str(about.visible) != "SheetVisibleEnum.Visible",
            hidden_rows=own.get("hidden_rows", []),
            hidden_columns=[column - left for column in own.get("hidden_columns", []) if column >= left],
            first_column=left,
        )


def _merges(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]], left: int) -> list[list[int]]:
    return [
        [top + 1, start - left, bottom + 1, end - left]
        for (top, start), (bottom, end) in ranges[:MAX_MERGES]
        if start >= left
    ]
