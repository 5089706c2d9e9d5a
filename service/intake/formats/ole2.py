"""Look into an OLE2 compound file (.xls, .et, .doc, .wps): its stream names, and one stream.

Only what is needed to tell a workbook from a text document and to find hidden rows, which the
workbook reader does not report. After [MS-CFB] and [MS-XLS].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from service.confined.child import RefusedError

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FREE = 0xFFFFFFFA
_MAX_SECTORS = 300_000
_DIRECTORY_ENTRY = 128
_BOUNDSHEET, _BOF, _ROW, _COLINFO, _DATEMODE = 0x85, 0x809, 0x208, 0x7D, 0x22
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x20, 0x01


class CompoundFile:
    """The streams of a compound file by name."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(MAGIC) or len(content) < 512:
            raise RefusedError("unreadable", "OLE2")
        self._content = content
        self._size = 1 << struct.unpack_from("<H", content, 30)[0]
        if self._size not in (512, 4096):
            raise RefusedError("unreadable", "OLE2 sector size")
        self._table = self._allocation()
        self.streams = dict(self._entries(struct.unpack_from("<I", content, 48)[0]))

    def read(self, name: str) -> bytes:
        """Return a stream of the main sectors; empty where it is absent or in the mini stream."""
        start, length = self.streams.get(name, (_FREE, 0))
        if length < 4096:
            return b""
        return b"".join(self._chain(start))[:length]

    def _sector(self, number: int) -> bytes:
        at = 512 if self._size == 512 else 4096
        start = at + number * self._size
        return self._content[start : start + self._size]

    def _allocation(self) -> list[int]:
        count, *_ = struct.unpack_from("<I", self._content, 44)
        numbers = [n for n in struct.unpack_from("<109I", self._content, 76) if n < _FREE]
        more, following = struct.unpack_from("<2I", self._content, 68)
        seen = 0
        while more < _FREE and seen < min(following, 1000):
            entries = struct.unpack(f"<{self._size // 4}I", self._sector(more).ljust(self._size, b"\xff"))
            numbers += [n for n in entries[:-1] if n < _FREE]
            more, seen = entries[-1], seen + 1
        table: list[int] = []
        for number in numbers[: min(count, 4096)]:
            table += struct.unpack(f"<{self._size // 4}I", self._sector(number).ljust(self._size, b"\xff"))
        return table

    def _chain(self, number: int) -> Iterator[bytes]:
        for _ in range(_MAX_SECTORS):
            if number >= min(_FREE, len(self._table)):
                return
            yield self._sector(number)
            number = self._table[number]
        raise RefusedError("unreadable", "OLE2 chain")

    def _entries(self, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
        directory = b"".join(self._chain(start))
        for at in range(0, len(directory) - _DIRECTORY_ENTRY + 1, _DIRECTORY_ENTRY):
            length = struct.unpack_from("<H", directory, at + 64)[0]
            if 2 <= length <= 64:
                name = directory[at : at + length - 2].decode("utf-16-le", "replace")
                first, size = struct.unpack_from("<II", directory, at + 116)
                yield name, (first, size)


def document_kind(content: bytes) -> str:
    """Return `workbook`, `text`, `locked` or `other` for a compound file, by its streams."""
    names = set(CompoundFile(content).streams)
    if names & {"Workbook", "Book"}:
        return "workbook"
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        return "locked"
    # WPS Writer keeps Word's stream names; very old .wps files have a stream of their own.
    if names & {"WordDocument", "CONTENTS", "MatOST", "WPS"}:
        return "text"
    return "other"


def workbook_marks(content: bytes) -> tuple[list[dict[str, list[int]]], bool]:
    """Return hidden rows (1-based) and columns (from 0) of every sheet, and whether dates count from 1904."""
    stream = CompoundFile(content).read("Workbook")
    offsets: list[int] = []
    from_1904 = False
    for kind, data in _records(stream, 0):
        if kind == _BOUNDSHEET and len(data) >= 4:
            offsets.append(struct.unpack_from("<I", data)[0])
        elif kind == _DATEMODE and len(data) >= 2:
            from_1904 = data[0] == 1
    return [_sheet_marks(stream, offset) for offset in offsets], from_1904


def _sheet_marks(stream: bytes, offset: int) -> dict[str, list[int]]:
    rows: list[int] = []
    columns: list[int] = []
    for kind, data in _records(stream, offset):
        if kind == _ROW and len(data) >= 16:
            row, flags = struct.unpack_from("<H", data)[0], struct.unpack_from("<I", data, 12)[0]
            if flags & _ROW_HIDDEN:
                rows.append(row + 1)
        elif kind == _COLINFO and len(data) >= 10:
            first, last = struct.unpack_from("<HH", data)
            if struct.unpack_from("<H", data, 8)[0] & _COLUMN_HIDDEN:
                columns += range(first, min(last, 255) + 1)
    return {"hidden_rows": rows, "hidden_columns": columns}


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one substream, to its end."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == _BOF:
            depth += 1
        elif kind == 0x0A:
            depth -= 1
            if depth <= 0:
                return
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
