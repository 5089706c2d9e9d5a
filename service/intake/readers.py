"""Read an office's list: .xlsx, .xls, .csv (UTF-8 or GBK), .geojson; every row with its line number.

The file is parsed by `service.intake.child` in a confined process; this side finds the header of each
sheet and turns the rows into `ImportRow`. Not for deciding what a column means: see `columns`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from service.confined.reading import read_confined, refusal
from service.intake.columns import recognise
from service.intake.model import ImportRow, RowIssue, SourceTable
from service.words import tr

_TITLE_ROWS = 15


_REASONS = {
    "empty_file": ("文件是空的", "the file is empty"),
    "no_rows": ("表里没有数据行；第一行应是表头，下面每行一个问题或场所", "there are no data rows; the first row must be the header, one problem or place in each row below"),
    "not_a_workbook": ("文件名像 Excel，内容却不是；请用 Excel 或 WPS 打开后另存为 .xlsx", "it is named like a workbook but is none; open it in a spreadsheet program and save it as .xlsx"),
    "not_text": ("不是文本文件；请另存为 .xlsx 或 UTF-8 的 .csv", "it is not a text file; save it as .xlsx or as .csv in UTF-8"),
    "not_json": ("不是有效的 JSON", "it is not valid JSON"),
    "not_geojson": ("不是 GeoJSON 要素集（FeatureCollection）", "it is not a GeoJSON FeatureCollection"),
    "too_large": ("内容超过上限；请分成几个较小的表", "it exceeds the limits; split it into smaller lists"),
    "too_slow": ("读取超时；请另存为新的 .xlsx 再试", "reading took too long; save it as a new .xlsx and try again"),
    "unreadable": ("文件损坏或格式不对；请用 Excel 或 WPS 打开后另存为 .xlsx", "it is broken or of another format; open it in a spreadsheet program and save it as .xlsx"),
}  # fmt: skip


def read_table(path: Path, *, name: str | None = None) -> SourceTable:
    """Return every row of a list.

    Parameters
    ----------
    path
        The file; its first bytes and its ending decide the format.
    name
        The file's name as the user knows it (an upload is stored under another name).

    Raises
    ------
    UnreadableError
        If the file is missing, empty, too large, or no list.
    """
    path = Path(path)
    name = name or path.name
    answer = read_confined("service.intake.child", path, name=name, reasons=_REASONS)
    if "features" in answer:
        header, rows = _feature_rows(answer["features"], Path(name).stem)
        issues: list[RowIssue] = []
    else:
        header, rows, issues = _sheet_rows(answer["sheets"])
    if not rows:
        raise refusal("no_rows", name=name, reasons=_REASONS)
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return SourceTable(name=name, sha256=digest, header=tuple(header), rows=tuple(rows), issues=tuple(issues))


def _feature_rows(features: Sequence[Sequence[Any]], sheet: str) -> tuple[list[str], list[ImportRow]]:
    header: dict[str, None] = {}
    rows = []
    for line, cells, geometry in features:
        header.update(dict.fromkeys(cells))
        rows.append(
            ImportRow(
                sheet=sheet, line=line, cells=cells, geometry=geometry if isinstance(geometry, dict) else None
            )
        )
    return list(header), rows


def _sheet_rows(sheets: Sequence[dict[str, Any]]) -> tuple[list[str], list[ImportRow], list[RowIssue]]:
    header: dict[str, None] = {}
    rows: list[ImportRow] = []
    issues: list[RowIssue] = []
    for sheet in sheets:
        lines = sheet["rows"]
        at = _header_row(lines)
        if at is None:
            continue
        names = _unique(lines[at][1])
        header.update(dict.fromkeys(names))
        for line, cells in lines[at + 1 :]:
            if len(cells) > len(names) and any(cells[len(names) :]):
                words = tr(
                    "这一行比表头多出几格，多出的内容保留在“其他”列",
                    "the row has more cells than the header; they are kept under 其他",
                )
                issues.append(RowIssue(sheet["name"], line, "其他", "extra_cells", words, refused=False))
            rows.append(ImportRow(sheet=sheet["name"], line=line, cells=_row_cells(names, cells)))
    return list(header), rows, issues


def _row_cells(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    row = dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False))
    extra = [cell for cell in cells[len(names) :] if cell]
    return {**row, "其他": " ".join(extra)} if extra else row


def _header_row(lines: Sequence[tuple[int, list[str]]]) -> int | None:
    """Return which row is the header: the one of the first rows with most recognised columns."""
    best, best_score = None, 0.0
    for index, (_, cells) in enumerate(lines[:_TITLE_ROWS]):
        filled = [cell for cell in cells if cell]
        recognised = len(recognise([cell for cell in filled if len(cell) <= 20]).roles)
        # A title row is one long cell; a data row can contain a header's word by chance.
        score = recognised + (0.5 if len(filled) > 1 else 0.0) - 0.01 * index
        if score > best_score:
            best, best_score = index, score
    return best


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for index, raw in enumerate(names, start=1):
        name = " ".join(raw.split()) or f"第{index}列"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
