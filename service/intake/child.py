"""Parse one list in a process of its own: bounded memory, bounded time, no network.

Run as `python -m service.intake.child FILE`; writes one JSON document to standard output. GDAL is
never called here: GeoJSON is plain JSON, so no driver can be talked into opening another file.

::

    {"sheets": [{"name": "Sheet1", "rows": [[line, ["cell", …]], …]}]}     a spreadsheet or CSV
    {"features": [[line, {"header": "text"}, geometry], …]}                GeoJSON
    {"error": code, "detail": …}                                           refused
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from service.confined.child import RefusedError, answer

MAX_UNPACKED_BYTES = 300 * 2**20
MAX_CELLS = 5_000_000
MAX_COLUMNS = 500
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def parse(path: Path) -> dict[str, Any]:
    """Return the file's content as plain lists and texts.

    Raises
    ------
    RefusedError
        If it is no spreadsheet, CSV or GeoJSON, or larger than the limits.
    """
    with path.open("rb") as handle:
        head = handle.read(4096)
    if not head.strip():
        raise RefusedError("empty_file")
    suffix = path.suffix.lower()
    if head.startswith((_ZIP, _OLE)):
        return {"sheets": list(_workbook(path, zipped=head.startswith(_ZIP)))}
    if suffix in (".xlsx", ".xlsm", ".xls", ".et", ".ods"):
        raise RefusedError("not_a_workbook")
    content = _decode(path.read_bytes())
    if suffix in (".geojson", ".json"):
        return {"features": list(_features(content))}
    return {"sheets": [{"name": path.stem, "rows": list(_csv(content))}]}


def _workbook(path: Path, *, zipped: bool) -> Iterator[dict[str, Any]]:
    from python_calamine import CalamineWorkbook

    if zipped:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise RefusedError("too_large", f"{MAX_UNPACKED_BYTES // 2**20} MB")
    workbook = CalamineWorkbook.from_path(str(path))
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.width > MAX_COLUMNS or sheet.width * sheet.total_height > MAX_CELLS:
            raise RefusedError("too_large", f"{name}: {sheet.total_height} × {sheet.width}")
        first = sheet.start[0] + 1 if sheet.start else 1
        rows = sheet.to_python(skip_empty_area=True)
        yield {
            "name": name,
            "rows": list(_filled((first + i, [_cell(v) for v in row]) for i, row in enumerate(rows))),
        }


def _cell(value: object) -> str:
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
    return _clean(str(value))


def _clean(text: str) -> str:
    # PostgreSQL text cannot hold U+0000 and UTF-8 cannot hold lone surrogates.
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _decode(content: bytes) -> str:
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(bom):
            return _strict(content, encoding)
    if b"\x00" in content:
        raise RefusedError("not_text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(content, "gb18030")


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RefusedError("not_text", f"{encoding}: byte {error.start}") from error


def _csv(content: str) -> Iterator[tuple[int, list[str]]]:
    # A cell may be as long as the file; the row check decides later what is too long.
    csv.field_size_limit(sys.maxsize)
    first_line = content.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;，", key=first_line.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    cells = 0
    line = 1
    for row in reader:
        cells += len(row)
        if cells > MAX_CELLS or len(row) > MAX_COLUMNS:
            raise RefusedError("too_large", f"{cells} cells, {len(row)} columns")
        yield from _filled([(line, [_clean(cell) for cell in row])])
        line = reader.line_num + 1


def _filled(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    return ((line, row) for line, row in rows if any(row))


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
        texts = {_clean(str(key)): _json_cell(value) for key, value in properties.items()}
        yield line, texts, feature.get("geometry")


def _json_cell(value: object) -> str:
    if isinstance(value, dict | list):
        return _clean(json.dumps(value, ensure_ascii=False))
    return _cell(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


if __name__ == "__main__":
    sys.exit(answer(parse, sys.argv[1]))
