"""Shapefiles from their bytes: polygons of the .shp, attributes of the .dbf in whatever encoding they are.

Notes
-----
ESRI Shapefile Technical Description (July 1998); dBASE III field descriptors.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from geodata.vector.model import MAX_FEATURES, MAX_VERTICES, FormatError, PlainLayer, clean
from geodata.vector.rings import checked, polygon_of

MAGIC = b"\x00\x00\x27\x0a"
_POLYGONS, _LINES, _POINTS = (5, 15, 25), (3, 13, 23), (1, 11, 21)


def read_shapefile(
    shp: bytes, dbf: bytes, *, name: str, prj: bytes = b"", every: bool = False
) -> list[PlainLayer]:
    """Return the one layer of a Shapefile of polygons; its CRS as the .prj states it, None without one.

    With `every`, lines and points are read too.

    Raises
    ------
    FormatError
        If a part is damaged, or it holds points or lines.
    """
    try:
        shapes = list(_shapes(shp, every=every))
        columns = _attributes(dbf)
    except (struct.error, IndexError, ValueError) as error:
        raise FormatError("not_shapefile") from error
    if any(len(column) != len(shapes) for column in columns.values()):
        raise FormatError("not_shapefile", "行数不一致")
    stated = prj.decode("utf-8", "replace").strip()[:20_000]
    return [PlainLayer(name, columns, shapes, stated or None)]


def _shapes(shp: bytes, *, every: bool) -> Iterator[BaseGeometry | None]:
    if len(shp) < 100 or not shp.startswith(MAGIC):
        raise FormatError("not_shapefile")
    kind = struct.unpack_from("<i", shp, 32)[0]
    if kind not in _POLYGONS and not (every and kind in (*_LINES, *_POINTS)):
        raise FormatError("not_shapefile", "不是面图层")
    at, count, left = 100, 0, MAX_VERTICES
    while at + 12 <= len(shp):
        length = 2 * struct.unpack_from(">i", shp, at + 4)[0]
        content = shp[at + 8 : at + 8 + length]
        if length < 4 or len(content) < length:
            raise FormatError("not_shapefile", "文件不完整")
        shape, used = _point(content) if kind in _POINTS else _polygon(content)
        left, count = left - used, count + 1
        if left < 0 or count > MAX_FEATURES:
            raise FormatError("too_large")
        yield shape
        at += 8 + length


def _point(content: bytes) -> tuple[BaseGeometry | None, int]:
    kind = struct.unpack_from("<i", content)[0]
    if kind == 0:
        return None, 0
    xy = checked(np.frombuffer(content, "<f8", 2, 4).reshape(1, 2))
    return Point(xy[0]), 1


def _polygon(content: bytes) -> tuple[BaseGeometry | None, int]:
    kind = struct.unpack_from("<i", content)[0]
    if kind == 0:
        return None, 0
    if kind not in (*_POLYGONS, *_LINES):
        raise FormatError("not_shapefile")
    parts, points = struct.unpack_from("<ii", content, 36)
    if not 0 < parts <= points or 44 + 4 * parts + 16 * points > len(content):
        raise FormatError("not_shapefile", "文件不完整")
    starts = np.frombuffer(content, "<i4", parts, 44).astype(np.int64)
    xy: NDArray[np.float64] = np.frombuffer(content, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
    checked(xy)
    if starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] > points:
        raise FormatError("not_shapefile")
    if kind in _LINES:
        lines = [LineString(part) for part in np.split(xy, starts[1:]) if len(part) > 1]
        return (None if not lines else lines[0] if len(lines) == 1 else MultiLineString(lines)), points
    rings = [ring for ring in np.split(xy, starts[1:]) if len(ring) >= 4]
    return (polygon_of(rings) if rings else None), points


def _attributes(dbf: bytes) -> dict[str, list[Any]]:
    rows, header, width = struct.unpack_from("<IHH", dbf, 4)
    if header < 33 or rows > MAX_FEATURES or len(dbf) < header + rows * width:
        raise FormatError("not_shapefile", "dbf")
    fields: list[tuple[bytes, str, int, int]] = []
    at, start = 32, 1
    while at + 32 <= header and dbf[at] != 0x0D:
        raw, kind, size = dbf[at : at + 11].split(b"\0")[0], chr(dbf[at + 11]), dbf[at + 16]
        fields.append((raw, kind, start, size))
        at, start = at + 32, start + size
    records = [dbf[header + row * width : header + (row + 1) * width] for row in range(rows)]
    cells = [[record[low : low + size].strip(b" \0") for record in records] for _, _, low, size in fields]
    texts = [raw for raw, *_ in fields]
    texts += [
        cell for (_, kind, *_), column in zip(fields, cells, strict=True) if kind == "C" for cell in column
    ]
    encoding = encoding_of(texts)
    return {
        clean(_text(raw, encoding)): [_value(cell, kind, encoding) for cell in column]
        for (raw, kind, *_), column in zip(fields, cells, strict=True)
    }


def _value(cell: bytes, kind: str, encoding: str) -> Any:
    if kind == "C":
        return clean(_text(cell, encoding)) or None
    text = cell.decode("ascii", "replace").strip()
    if not text or set(text) <= {"*", "?"}:
        return None
    if kind in "NF":
        try:
            return int(text) if "." not in text and "e" not in text.lower() else float(text)
        except ValueError:
            return None
    if kind == "D" and len(text) == 8:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text in "YyTt" if kind == "L" else text


def encoding_of(texts: Iterable[bytes]) -> str:
    """Return the encoding in which all texts can be read: UTF-8, else GB18030, else ISO-8859-1.

    DBF fields cut a text after a number of bytes, so the last character of each may be incomplete.

    Examples
    --------
    >>> encoding_of(["商务区".encode("gbk")]), encoding_of(["商务区".encode()[:-1]]), encoding_of([b"A1"])
    ('gb18030', 'utf-8', 'utf-8')
    """
    every = list(texts)
    return next((name for name in ("utf-8", "gb18030") if all(_fits(every, name))), "latin-1")


def _fits(texts: Iterable[bytes], encoding: str) -> Iterator[bool]:
    for text in texts:
        try:
            codecs.getincrementaldecoder(encoding)().decode(text)
            yield True
        except UnicodeDecodeError:
            yield False


def _text(value: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(value)
