"""The folder that goes in: its files, what is wrong with any of them, and chunks of rows to read.

All files are opened (footers only) before any work starts, and everything that is wrong is said at
once with the names of the files. Rows are numbered through all files in the order of their names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geodata.errors import Fault, FrameError, listed
from geodata.partition.contract import common_geo, crs_of, first_line, fullest, plain_schema, schema_faults

# Rows decoded at a time, so that one huge row group is never in memory as a whole.
_BATCH_ROWS = 65_536
_FOOTER_BYTES = 8
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows `start` to `start + rows` of one row group of one file."""

    path: str
    row_group: int
    start: int
    rows: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of the input that one task reads; `first_row` counts through all files."""

    number: int
    first_row: int
    rows: int
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The input as a whole: columns, GeoParquet metadata (empty for plain Parquet), and row groups.

    `groups` holds path and number of rows of every row group, in order. `files` says of every file
    what identifies it: name, size, time of change, hash of its footer.
    """

    schema: pa.Schema
    geo: dict[str, Any]
    groups: tuple[tuple[str, int, int], ...]
    files: tuple[dict[str, Any], ...]

    @property
    def rows(self) -> int:
        """Number of rows in all files."""
        return sum(rows for _, _, rows in self.groups)

    @property
    def geometry(self) -> str | None:
        """Name of the primary geometry column, None for plain Parquet."""
        name = self.geo.get("primary_column")
        return None if name is None else str(name)

    def crs(self) -> int:
        """Return the EPSG code of the primary geometry column.

        Raises
        ------
        CrsError
            If there is none, or it has no code.
        """
        return crs_of(self.geo["columns"][self.geometry])

    def chunks(self, rows: int) -> list[Chunk]:
        """Return the input in chunks of at most `rows` rows, in order; small files share one."""
        chunks: list[Chunk] = []
        waiting: list[Slice] = []
        size = first = 0
        for piece in self._pieces(rows):
            if waiting and size + piece.rows > rows:
                chunks.append(Chunk(len(chunks), first, size, tuple(waiting)))
                first, size, waiting = first + size, 0, []
            waiting.append(piece)
            size += piece.rows
        if waiting:
            chunks.append(Chunk(len(chunks), first, size, tuple(waiting)))
        return chunks

    def _pieces(self, rows: int) -> Iterator[Slice]:
        for path, group, size in self.groups:
            parts = -(-size // rows)
            for part in range(parts):
                start, end = size * part // parts, size * (part + 1) // parts
                yield Slice(path, group, start, end - start)


def read_source(folder: Path) -> Source:
    """Return a folder of Parquet files (or one file) ready to be read.

    Names that begin with `.` or `_` are left out, as all readers of such folders do.

    Raises
    ------
    FrameError
        If there is no file, one cannot be read, columns or CRS differ between files; all named.
    """
    paths = _paths(folder)
    faults: list[Fault] = []
    footers: list[tuple[Path, Any]] = []
    for path in paths:
        try:
            footers.append((path, pq.read_metadata(path)))
        except (pa.ArrowException, OSError, ValueError) as error:
            why = first_line(error)
            faults.append(Fault(f"{path.name} cannot be read: {why}", f"{path.name} 读不了：{why}"))
    schema: pa.Schema = pa.schema([])
    geo: dict[str, Any] = {}
    if footers:
        tables = [(path, plain_schema(footer.schema.to_arrow_schema())) for path, footer in footers]
        schema = fullest([table for _, table in tables])
        faults += [
            fault for path, table in tables for fault in schema_faults(path, table, tables[0][0], schema)
        ]
        geo, geo_faults = common_geo(footers)
        faults += geo_faults
    if faults:
        en, zh = listed(faults, most=_SHOWN)
        raise FrameError(f"{folder}: {en}", zh=f"{folder}：{zh}")
    groups = tuple(
        (str(path), number, footer.row_group(number).num_rows)
        for path, footer in footers
        for number in range(footer.num_row_groups)
        if footer.row_group(number).num_rows
    )
    return Source(schema, geo, groups, tuple(_identity(path) for path in paths))


def _paths(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise FrameError(
            f"{folder} does not exist; a folder of .parquet files, or one such file, is read",
            zh=f"没有 {folder}；这里要一个装 .parquet 文件的文件夹，或一个这样的文件",
        )
    paths = [path for path in folder.iterdir() if path.name[0] not in "._" and path.suffix == ".parquet"]
    if not paths:
        raise FrameError(
            f"{folder} has no file that ends in .parquet", zh=f"{folder} 里没有以 .parquet 结尾的文件"
        )
    return sorted(paths, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """part-2 before part-10, and always the same order."""
    return [(int(word) if word.isdecimal() else -1, word) for word in re.split(r"(\d+)", path.name)]


def _identity(path: Path) -> dict[str, Any]:
    """Return what tells a file from a changed one without reading all of it."""
    facts = path.stat()
    with path.open("rb") as file:
        file.seek(-_FOOTER_BYTES, 2)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-_FOOTER_BYTES - length, 2)
        footer = hashlib.sha256(file.read(length)).hexdigest()
    return {
        "name": path.name,
        "bytes": facts.st_size,
        "modified_ns": facts.st_mtime_ns,
        "footer_sha256": footer,
    }


def read_chunk(source: Source, chunk: Chunk, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of a chunk, with all or some columns, in the source's types.

    Raises
    ------
    FrameError
        If a file cannot be read any more (named).
    """
    schema = source.schema if columns is None else pa.schema([source.schema.field(name) for name in columns])
    tables = [piece for own in chunk.slices for piece in _read_slice(own, schema)]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read_slice(own: Slice, schema: pa.Schema) -> Iterator[pa.Table]:
    before, left = own.start, own.rows
    try:
        with pq.ParquetFile(own.path, pre_buffer=False) as file:
            for batch in file.iter_batches(
                _BATCH_ROWS, row_groups=[own.row_group], columns=schema.names, use_threads=False
            ):
                taken = batch.slice(before, left) if before < batch.num_rows else batch.slice(0, 0)
                before = max(0, before - batch.num_rows)
                left -= taken.num_rows
                if taken.num_rows:
                    yield _cast(taken, schema)
                if not left:
                    return
    except (pa.ArrowException, OSError, ValueError) as error:
        name, why = Path(own.path).name, first_line(error)
        raise FrameError(f"{name} cannot be read: {why}", zh=f"{name} 读不了：{why}") from error
    name = Path(own.path).name
    raise FrameError(
        f"{name} has fewer rows than its own table of contents says",
        zh=f"{name} 的行数比它自己的目录写的少；文件不完整，请重新导出",
    )


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        column = batch.column(batch.schema.get_field_index(field.name))
        if isinstance(column, pa.ExtensionArray):
            column = column.storage
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)
