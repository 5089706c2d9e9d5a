"""Tables of a Word document (.docx): nested tables, cells merged across and down, the paragraph above as title.

A small streaming reader of word/document.xml: no document type, no entities of its own, no links to
other files are ever followed. Deleted text of tracked changes is left out, inserted text is read.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.parsers import expat

from service.confined.child import RefusedError
from service.intake.formats.limits import MAX_COLUMNS, CellBudget, clean, sheet
from service.intake.formats.workbook import check_unpacked

PART = "word/document.xml"
MAX_XML_BYTES = 100 * 2**20
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "
_DEPTH = 20
_TITLES = 3
# A fallback repeats the drawing before it; deleted text is no longer part of the document.
_SKIPPED = ("Fallback", "del", "moveFrom", "instrText", "footnote")


def read_docx(path: Path) -> dict[str, Any]:
    """Return the tables of a document as sheets 表1, 表2, … in order of appearance."""
    with zipfile.ZipFile(path) as archive:
        check_unpacked(archive)
        if archive.getinfo(PART).file_size > MAX_XML_BYTES:
            raise RefusedError("too_large", f"{MAX_XML_BYTES // 2**20} MB")
        reader = _Reader()
        with archive.open(PART) as handle:
            try:
                reader.parser.ParseFile(handle)
            except expat.ExpatError as error:
                raise RefusedError("unreadable", "word/document.xml") from error
    if not reader.done:
        raise RefusedError("no_word_table")
    return {"sheets": [table.as_sheet(f"表{n}") for n, table in enumerate(reader.done, 1)], "kind": "docx"}


class _Table:
    def __init__(self, titles: list[str]) -> None:
        self.titles = titles
        self.rows: list[list[str]] = []
        self.merges: list[list[int]] = []
        # column -> line at which the cell that goes on downwards began
        self.down: dict[int, list[int]] = {}
        self.cell: list[str] = []
        self.across = 1
        self.continued = False
        self.restarts = False

    def start_row(self) -> None:
        self.rows.append([])

    def start_cell(self) -> None:
        self.cell, self.across, self.continued, self.restarts = [], 1, False, False

    def end_cell(self) -> None:
        if not self.rows:
            self.rows.append([])
        row, line = self.rows[-1], len(self.rows)
        left = len(row)
        text = "\n".join(part for part in "".join(self.cell).split("\n") if part.strip())
        row += [clean(text), *[""] * (self.across - 1)]
        if self.continued and left in self.down:
            self.down[left][2] = line
            row[left] = ""
            return
        self.down.pop(left, None)
        merge = [line, left, line, left + self.across - 1]
        if self.restarts or self.across > 1:
            self.merges.append(merge)
        if self.restarts:
            self.down[left] = merge

    def as_sheet(self, name: str) -> dict[str, Any]:
        return sheet(name, list(enumerate(self.rows, 1)), merges=self.merges, titles=self.titles)


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._no_doctype
        self.open: list[_Table] = []
        self.done: list[_Table] = []
        self.budget = CellBudget()
        self.paragraph: list[str] = []
        self.recent: list[str] = []
        self.reading = False
        self.skipping = 0

    def _no_doctype(self, *_: object) -> None:
        raise RefusedError("unreadable", "DOCTYPE")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rsplit(" ", 1)[-1]
        if self.skipping or local in _SKIPPED:
            self.skipping += 1
            return
        if not name.startswith((_WORD, _STRICT)):
            return
        table = self.open[-1] if self.open else None
        value = next((v for k, v in attributes.items() if k.rsplit(" ", 1)[-1] == "val"), "")
        if local == "tbl":
            if len(self.open) >= _DEPTH:
                raise RefusedError("too_large", "nested tables")
            self.open.append(_Table([] if table else self.recent[-_TITLES:]))
            self.done.append(self.open[-1])
            self.recent = []
        elif local == "t":
            self.reading = True
        elif table is None:
            if local == "p":
                self.paragraph = []
        else:
            self._in_table(table, local, value)

    def _in_table(self, table: _Table, local: str, value: str) -> None:
        if local == "tr":
            table.start_row()
        elif local == "tc":
            self.budget.take(1)
            table.start_cell()
        elif local == "gridSpan" and value.isdecimal():
            table.across = min(max(int(value), 1), MAX_COLUMNS)
        elif local == "gridBefore" and value.isdecimal() and table.rows:
            table.rows[-1] += [""] * min(int(value), MAX_COLUMNS)
        elif local == "vMerge":
            table.restarts = value == "restart"
            table.continued = not table.restarts
        elif local in ("tab", "br", "cr"):
            table.cell.append(" " if local == "tab" else "\n")

    def _end(self, name: str) -> None:
        if self.skipping:
            self.skipping -= 1
            return
        local = name.rsplit(" ", 1)[-1]
        if not name.startswith((_WORD, _STRICT)):
            return
        if local == "t":
            self.reading = False
        elif local == "tbl" and self.open:
            self.open.pop()
        elif local == "tc" and self.open:
            self.open[-1].end_cell()
        elif local == "p":
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        if self.open:
            self.open[-1].cell.append("\n")
        elif text := clean("".join(self.paragraph)):
            self.recent = [*self.recent[-_TITLES:], text[:200]]

    def _text(self, text: str) -> None:
        if self.reading and not self.skipping:
            (self.open[-1].cell if self.open else self.paragraph).append(text)
