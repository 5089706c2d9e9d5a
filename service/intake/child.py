"""Parse one list in a process of its own: bounded memory, bounded time, no network.

Run as `python -m service.intake.child FILE`; writes one JSON document to standard output. GDAL is
never called here: GeoJSON is plain JSON, so no driver can be talked into opening another file.

::

    {"sheets": [{"name": "Sheet1", "rows": [[line, ["cell", …]], …]}]}     a spreadsheet, CSV, Word tables, a chat
    {"features": [[line, {"header": "text"}, geometry], …]}                GeoJSON
    {"error": code, "detail": …}                                           refused
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.confined.child import RefusedError, answer
from service.intake.formats import ole2
from service.intake.formats.chat import read_chat
from service.intake.formats.delimited import decode, find_separator, read_rows
from service.intake.formats.docx import PART as WORD_PART
from service.intake.formats.docx import read_docx
from service.intake.formats.html_table import looks_like_html, read_html
from service.intake.formats.limits import MAX_COLUMNS, clean, sheet
from service.intake.formats.workbook import cell_text, read_ole2, read_zipped

# A list needs less than a file of borders, whose readers alone fill half of it.
LIST_MEMORY_BYTES = 512 * 2**20
LIST_CPU_SECONDS = 10
_ZIP = b"PK\x03\x04"
_BOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".et", ".ett", ".ods")
_DOCUMENTS = (".doc", ".docx", ".wps", ".wpt", ".rtf")


def parse(path: Path) -> dict[str, Any]:
    """Return the file's content as plain lists and texts.

    Raises
    ------
    RefusedError
        If it is no list in a format that is read, or larger than the limits.
    """
    with path.open("rb") as handle:
        head = handle.read(4096)
    if not head.strip():
        raise RefusedError("empty_file")
    if head.startswith(_ZIP):
        return _zipped(path)
    if head.startswith(ole2.MAGIC):
        return read_ole2(path)
    suffix = path.suffix.lower()
    if head.lstrip().startswith(b"{\\rtf"):
        raise RefusedError("word_document")
    return _text(_decode(path, suffix), suffix)


def _zipped(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        word = WORD_PART in archive.namelist()
    return read_docx(path) if word else read_zipped(path)


def _decode(path: Path, suffix: str) -> str:
    try:
        return decode(path.read_bytes())
    except RefusedError as error:
        named = {**dict.fromkeys(_BOOKS, "not_a_workbook"), **dict.fromkeys(_DOCUMENTS, "not_a_document")}
        raise RefusedError(named.get(suffix, error.code), error.detail) from error


def _text(content: str, suffix: str) -> dict[str, Any]:
    """Return what a text holds: a web page's tables, GeoJSON, rows with a separator, or a chat.

    A text has no sheet of its own name: that is the file's, which this process does not know.
    """
    if suffix in (".geojson", ".json"):
        return {"features": list(_features(content))}
    if looks_like_html(content):
        return {"sheets": read_html(content)}
    if suffix == ".chat":
        return read_chat(content)
    separator = find_separator(content)
    if separator is None and suffix in (*_BOOKS, *_DOCUMENTS):
        raise RefusedError("not_a_workbook" if suffix in _BOOKS else "not_a_document")
    if separator is None and suffix == ".txt":
        return read_chat(content)
    return {"sheets": [sheet("", read_rows(content, separator))]}


def _features(content: str) -> Iterator[tuple[int, dict[str, str], Any]]:
    try:
        document = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError("not_json", str(error)[:200]) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise RefusedError("not_geojson")
    for line, feature in enumerate(features, start=1):
        if not isinstance(feature, dict):
            raise RefusedError("not_geojson", f"feature {line}")
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict) or len(properties) > MAX_COLUMNS:
            raise RefusedError("not_geojson", f"feature {line}")
        texts = {clean(str(key)): _json_cell(value) for key, value in properties.items()}
        yield line, texts, feature.get("geometry")


def _json_cell(value: object) -> str:
    if isinstance(value, dict | list):
        return clean(json.dumps(value, ensure_ascii=False))
    return cell_text(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


if __name__ == "__main__":
    sys.exit(answer(parse, sys.argv[1], memory_bytes=LIST_MEMORY_BYTES, cpu_seconds=LIST_CPU_SECONDS))
