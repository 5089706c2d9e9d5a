"""The texts a list asks for: each once, in an order by hash that all chunks of the list share.

A text and the area it is filed under belong together. The hash of both says where in the order they
stand, so one span of hashes holds a text in whatever chunk it stands, and spans can be cut as finely
as there is work, after all chunks have been read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geodata.partition.whole_files import read_rows, write_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASKED = pa.schema([("text", pa.string()), ("area", pa.string())])
_HASHED = ASKED.append(pa.field("hash", pa.int64()))
# The hashes are those of CRC-32.
_HASHES = 1 << 32
# Above so many texts, a part of the hashes tells well enough how many different ones there are.
_ALL_COUNTED = 1_000_000
_PART_COUNTED = 64


class Span(NamedTuple):
    """Hashes from `start` up to but not including `end`: span `number` of `of` equal ones."""

    start: int
    end: int

    @classmethod
    def of(cls, number: int, spans: int) -> Span:
        """Return a span of `spans` that cover all hashes."""
        return cls(_HASHES * number // spans, _HASHES * (number + 1) // spans)


def distinct(asked: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the different rows of a table of ASKED as they first appear, and each row's number among them."""
    codes = np.zeros(len(asked), dtype=np.int64)
    for column in asked.columns:
        encoded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
        codes = codes * max(1, len(encoded.dictionary)) + encoded.indices.to_numpy()
    _, first, rows = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return asked.take(pa.array(first[order])), place[rows]


def in_order(asked: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the different rows of a table of ASKED by hash, with it, and each row's number among them."""
    once, rows = distinct(asked)
    pairs = zip(*(column.to_pylist() for column in once.columns), strict=True)
    hashes = np.array(
        [zlib.crc32(f"{text}\x00{area or ''}".encode()) for text, area in pairs], dtype=np.int64
    )
    order = np.argsort(hashes, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    hashed = once.append_column("hash", pa.array(hashes)).take(pa.array(order))
    return hashed.cast(_HASHED).combine_chunks(), place[rows]


def stripped(areas: pa.ChunkedArray) -> pa.Array:
    """Return areas without the white space round them, None for those that are empty."""
    encoded = pc.dictionary_encode(areas).combine_chunks()
    names = [(area or "").strip() or None for area in encoded.dictionary.to_pylist()]
    return pa.array(names, type=pa.string()).take(encoded.indices)


def write_texts(path: Path, hashed: pa.Table) -> None:
    """Write the texts of a chunk, as `in_order` returns them."""
    write_rows(path, hashed)


def read_span(path: Path, span: Span) -> pa.Table:
    """Return the texts of a chunk in a span of hashes, in their order."""
    hashed = read_rows(path)
    start, end = np.searchsorted(hashed.column("hash").to_numpy(), span)
    return hashed.slice(start, end - start).select(ASKED.names)


def count_different(paths: Iterable[Path]) -> int:
    """Return about how many different texts the chunks hold: exact for a short list, else within some percent.

    Two texts of the same hash count once. The same files give the same number.
    """
    hashes = [read_rows(path).column("hash").to_numpy() for path in paths]
    part = 1 if sum(map(len, hashes)) <= _ALL_COUNTED else _PART_COUNTED
    span = Span.of(0, part)
    found = [own[slice(*np.searchsorted(own, span))] for own in hashes]
    return part * len(np.unique(np.concatenate(found))) if found else 0
