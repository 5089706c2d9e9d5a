"""Tables of a web page. Many office systems export their lists as HTML and name it .xls."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from service.confined.child import RefusedError
from service.intake.formats.limits import MAX_COLUMNS, MAX_MERGES, CellBudget, clean, sheet

_DEPTH = 20


def looks_like_html(content: str) -> bool:
    """Return whether a text is a web page with a table."""
    head = content[:4096].lstrip("\ufeff \t\r\n").lower()
    return head.startswith("<") and "<table" in content[:200_000].lower() and "<?mso" not in head


def read_html(content: str) -> list[dict[str, Any]]:
    """Return every table of a page as a sheet; nested ones are sheets of their own."""
    parser = _Tables()
    parser.feed(content)
    parser.close()
    return [table.as_sheet(f"表{number}") for number, table in enumerate(parser.done, 1)]


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.merges: list[list[int]] = []
        self.taken: dict[tuple[int, int], bool] = {}
        self.cell: list[str] | None = None
        self.span = (1, 1)

    def open_cell(self, span: tuple[int, int]) -> None:
        self.close_cell()
        if not self.rows:
            self.rows.append([])
        self.cell, self.span = [], span

    def close_cell(self) -> None:
        if self.cell is None:
            return
        row, line = self.rows[-1], len(self.rows)
        while self.taken.get((line, len(row))):
            row.append("")
        across, down = self.span
        left = len(row)
        row += [clean(" ".join("".join(self.cell).split())), *[""] * (across - 1)]
        for below in range(1, down):
            self.taken.update({(line + below, left + i): True for i in range(across)})
        if (across > 1 or down > 1) and len(self.merges) < MAX_MERGES:
            self.merges.append([line, left, line + down - 1, left + across - 1])
        self.cell = None

    def as_sheet(self, name: str) -> dict[str, Any]:
        return sheet(name, list(enumerate(self.rows, 1)), merges=self.merges)


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[_Table] = []
        self.done: list[_Table] = []
        self.budget = CellBudget()
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self.silent += 1
        elif tag == "table":
            if len(self.open) >= _DEPTH:
                raise RefusedError("too_large", "nested tables")
            self.open.append(_Table())
            self.done.append(self.open[-1])
        elif self.open and tag == "tr":
            self.open[-1].close_cell()
            self.open[-1].rows.append([])
        elif self.open and tag in ("td", "th"):
            self.budget.take(1)
            given = dict(attrs)
            self.open[-1].open_cell(
                (_span(given.get("colspan"), MAX_COLUMNS), _span(given.get("rowspan"), 10_000))
            )
        elif self.open and tag == "br" and self.open[-1].cell is not None:
            self.open[-1].cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self.silent = max(self.silent - 1, 0)
        elif self.open and tag in ("td", "th", "tr"):
            self.open[-1].close_cell()
        elif self.open and tag == "table":
            self.open.pop().close_cell()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].cell is not None and not self.silent:
            self.open[-1].cell.append(data)


def _span(text: str | None, most: int) -> int:
    return min(max(int(text), 1), most) if text and text.strip().isdecimal() else 1
