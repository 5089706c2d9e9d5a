"""Hidden rows and columns of an .xlsx, and its date system: what the workbook reader does not report.

The sheets are scanned as bytes for the few attributes that matter; no XML is built and no entity
is ever expanded.
"""

from __future__ import annotations

import posixpath
import re
import zipfile

_CHUNK = 1 << 20
# An element is shorter than this; what may be cut at a chunk's end is looked at again.
_OVERLAP = 4096
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*\bhidden=\"(?:1|true)\"[^>]*>")


def _attribute(element: bytes, name: bytes) -> str:
    found = re.search(rb"(?:^|[\s:])" + name + rb"=\"([^\"]*)\"", element)
    return found.group(1).decode("utf-8", "replace") if found else ""


def workbook_marks(archive: zipfile.ZipFile) -> tuple[list[dict[str, list[int]]], bool]:
    """Return hidden rows (1-based) and columns (from 0) of every sheet in order, and whether dates count from 1904."""
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return [], False
    book = archive.read("xl/workbook.xml")
    targets = {
        _attribute(relation, b"Id"): _attribute(relation, b"Target")
        for relation in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
    }
    marks = []
    for element in _SHEET.findall(book):
        target = targets.get(_attribute(element, rb"(?:r:)?id"), "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        marks.append(_sheet_marks(archive, path) if path in names else {})
    return marks, bool(re.search(rb"date1904=\"(?:1|true)\"", book))


def _sheet_marks(archive: zipfile.ZipFile, path: str) -> dict[str, list[int]]:
    rows: set[int] = set()
    columns: set[int] = set()
    with archive.open(path) as handle:
        rest = b""
        while chunk := handle.read(_CHUNK):
            text = rest + chunk
            for element in _ROW.findall(text):
                line = _attribute(element, b"r")
                if line.isdigit():
                    rows.add(int(line))
            for element in _COLUMN.findall(text):
                first, last = _attribute(element, b"min"), _attribute(element, b"max")
                if first.isdigit() and last.isdigit():
                    columns.update(range(int(first) - 1, min(int(last), int(first) + 1000)))
            rest = text[-_OVERLAP:]
    return {"hidden_rows": sorted(rows), "hidden_columns": sorted(columns)}
