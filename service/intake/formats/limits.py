"""What every format reader keeps to: bounds, cleaned text, and the shape of a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.confined.child import RefusedError

MAX_UNPACKED_BYTES = 300 * 2**20
MAX_CELLS = 5_000_000
MAX_COLUMNS = 500
MAX_MERGES = 50_000


def clean(text: str) -> str:
    """Return text that the store takes: PostgreSQL has no U+0000, UTF-8 no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def sheet(name: str, rows: Iterable[tuple[int, list[str]]], **marks: Any) -> dict[str, Any]:
    """Return a sheet as the child prints it; blank rows are left out.

    `marks` may hold `merges` ([top line, left, bottom line, right], lines 1-based, columns from 0),
    `hidden`, `hidden_rows` (lines), `hidden_columns` (from 0) and `titles` (texts above the table).
    """
    filled = [(line, cells) for line, cells in rows if any(cells)]
    return {"name": clean(name), "rows": filled, **{key: value for key, value in marks.items() if value}}


class CellBudget:
    """Counts cells and stops a reader that was given more than the limits."""

    def __init__(self) -> None:
        self.cells = 0

    def take(self, columns: int) -> None:
        """Count a row."""
        self.cells += columns
        if self.cells > MAX_CELLS or columns > MAX_COLUMNS:
            raise RefusedError("too_large", f"{self.cells} cells, {columns} columns")
