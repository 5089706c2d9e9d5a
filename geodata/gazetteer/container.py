"""One file of named arrays and a JSON header: what a compiled gazetteer is on disk.

Arrays are memory-mapped, so opening costs no copy and several processes share the pages. Nothing in
the file is executed (no pickle); every length and offset is checked before use.

Layout: 8 bytes magic, 8 bytes header length (little endian), header (UTF-8 JSON), then the arrays,
each on a 64-byte boundary. The header holds `meta`, the arrays' dtype, shape and offset, the file's
size and the CRC-32 of everything behind the header.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from geodata.errors import GazetteerError

_MAGIC = b"QTGAZ\x00\x01\n"
_ALIGN = 64
_DTYPES = ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
_MAX_HEADER = 64 * 1024 * 1024


class TextColumn(Sequence[str]):
    """Texts of a mapped file, decoded one by one."""

    def __init__(self, raw: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self._raw = raw.data
        self._ends = ends.data

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[index] for index in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        return str(self._raw[self._ends[row - 1] if row else 0 : self._ends[row]], "utf-8")

    def joined(self, low: int, high: int) -> str:
        """Return the texts of rows low to high - 1 as one, faster than one by one."""
        start = self._ends[low - 1] if low else 0
        return str(self._raw[start : self._ends[high - 1] if high else 0], "utf-8")


@dataclass(frozen=True, slots=True)
class Container:
    """The header's `meta` and the arrays of one file, read-only."""

    meta: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def column(self, name: str) -> TextColumn:
        """Return a text column written by `text_arrays`; its texts are decoded when asked for."""
        return TextColumn(self.arrays[f"{name}.bytes"], self.arrays[f"{name}.ends"])

    def texts(self, name: str) -> list[str]:
        """Return the whole of a text column written by `text_arrays`."""
        blob = self.arrays[f"{name}.bytes"].tobytes()
        ends = self.arrays[f"{name}.ends"].tolist()
        return [blob[a:b].decode("utf-8") for a, b in pairwise([0, *ends])]

    def blob(self, name: str, row: int) -> bytes:
        """Return one value of a bytes column written by `bytes_arrays`."""
        ends = self.arrays[f"{name}.ends"]
        start = int(ends[row - 1]) if row else 0
        return self.arrays[f"{name}.bytes"][start : int(ends[row])].tobytes()


def bytes_arrays(name: str, values: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """Return the two arrays that hold a column of byte strings."""
    ends = np.cumsum([len(value) for value in values], dtype=np.int64) if values else np.empty(0, np.int64)
    return {f"{name}.bytes": np.frombuffer(b"".join(values), dtype=np.uint8), f"{name}.ends": ends}


def text_arrays(name: str, values: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the two arrays that hold a column of texts."""
    return bytes_arrays(name, [value.encode("utf-8") for value in values])


def write_container(path: Path, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
    """Write a file whole or not at all: to a temporary name beside it, then renamed.

    Raises
    ------
    GazetteerError
        If the file cannot be written.
    """
    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    packed = {name: array.astype(array.dtype.newbyteorder("<")) for name, array in packed.items()}
    offset = 0
    table: dict[str, dict[str, Any]] = {}
    for name, array in packed.items():
        if array.dtype.str not in _DTYPES:
            raise GazetteerError(
                f"array {name} has type {array.dtype}; accepted are {', '.join(_DTYPES)}",
                zh=f"数组 {name} 的类型是 {array.dtype}；可以是 {'、'.join(_DTYPES)}",
            )
        table[name] = {"dtype": array.dtype.str, "shape": list(array.shape), "offset": offset}
        offset += -(-array.nbytes // _ALIGN) * _ALIGN
    body = bytearray(offset)
    for name, array in packed.items():
        at = table[name]["offset"]
        body[at : at + array.nbytes] = array.tobytes()
    header = {"meta": dict(meta), "arrays": table, "body": offset, "crc32": zlib.crc32(body)}
    raw = json.dumps(header, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8")
    raw += b" " * (-(len(_MAGIC) + 8 + len(raw)) % _ALIGN)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(_MAGIC + struct.pack("<Q", len(raw)) + raw)
            file.write(body)
        # NamedTemporaryFile makes 0600; a gazetteer is shared by the office's users.
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise GazetteerError(
            f"cannot write the gazetteer {path}: {error}", zh=f"地名库 {path} 写不进去：{error}"
        ) from error


def read_container(path: Path) -> Container:
    """Map a file written by `write_container`.

    Raises
    ------
    GazetteerError
        If it cannot be read, is no gazetteer, is cut short, or its content does not match its checksum.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(len(_MAGIC) + 8)
            if head[: len(_MAGIC)] != _MAGIC:
                raise GazetteerError(
                    f"{path} is not a gazetteer; build one with: qingtu gazetteer build",
                    zh=f"{path} 不是地名库；请用 qingtu gazetteer build 编一个",
                )
            length = struct.unpack("<Q", head[len(_MAGIC) :])[0]
            if length > min(size, _MAX_HEADER):
                raise GazetteerError(
                    f"{path} is damaged: its header does not fit the file; build it again",
                    zh=f"{path} 已损坏（文件头对不上）；请重新编",
                )
            header = json.loads(file.read(length).decode("utf-8"))
        start = len(_MAGIC) + 8 + length
        if size != start + header["body"]:
            raise GazetteerError(
                f"{path} is cut short or has been added to; build it again",
                zh=f"{path} 不完整，或被加过内容；请重新编",
            )
        if header["body"] == 0:
            raise GazetteerError(f"{path} holds nothing; build it again", zh=f"{path} 是空的；请重新编")
        raw = np.memmap(path, dtype=np.uint8, mode="r", offset=0)[start:]
        if zlib.crc32(raw.data) != header["crc32"]:
            raise GazetteerError(
                f"{path} is damaged (checksum); build it again", zh=f"{path} 已损坏（校验和不符）；请重新编"
            )
        return Container(header["meta"], {name: _view(raw, spec) for name, spec in header["arrays"].items()})
    except GazetteerError:
        raise
    except OSError as error:
        raise GazetteerError(
            f"cannot read the gazetteer {path}: {error.strerror or error}",
            zh=f"地名库 {path} 读不了：{error.strerror or error}",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GazetteerError(
            f"{path} is damaged: {error}; build it again", zh=f"{path} 已损坏：{error}；请重新编"
        ) from error


def _view(raw: NDArray[np.uint8], spec: Mapping[str, Any]) -> NDArray[Any]:
    if spec["dtype"] not in _DTYPES:
        raise ValueError(f"type {spec['dtype']!r}")
    dtype = np.dtype(spec["dtype"])
    shape = tuple(int(side) for side in spec["shape"])
    offset = int(spec["offset"])
    count = int(np.prod(shape, dtype=np.int64))
    end = offset + count * dtype.itemsize
    if min((0, *shape)) < 0 or offset < 0 or offset % _ALIGN or end > len(raw):
        raise ValueError(f"an array of shape {shape} at {offset} leaves the file")
    array: NDArray[Any] = np.asarray(raw)[offset:end].view(dtype).reshape(shape)
    return array
