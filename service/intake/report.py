"""What became of every row of an import, as an Excel file the office can work through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from service.cases.export import write_workbook
from service.cases.transitions import placement_words
from service.words import tr


def outcome_words(outcome: str) -> str:
    """Return an outcome's name in the user's language."""
    return {
        "imported": tr("已导入", "imported"),
        "merged": tr("已有，未重复", "merged"),
        "refused": tr("未导入", "refused"),
    }.get(outcome, outcome)


def rows_workbook(rows: Iterable[Mapping[str, Any]], *, title: str) -> bytes:
    """Return an .xlsx with one line per row: where it stood, its outcome, the reason, its own cells.

    Parameters
    ----------
    rows
        Mappings with sheet, line, outcome, reason, placement and cells (header -> text).
    """
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row["cells"]))
    header = [
        tr("工作表", "sheet"), tr("行号", "line"), tr("结果", "outcome"), tr("定位", "placement"), tr("说明", "reason"),
        *columns,
    ]  # fmt: skip
    lines = (
        (
            row["sheet"], row["line"], outcome_words(row["outcome"]),
            placement_words(row["placement"]) if row["placement"] else "", row["reason"],
            *(row["cells"].get(column, "") for column in columns),
        )
        for row in rows
    )  # fmt: skip
    return write_workbook(title, header, lines)
