"""Files that are there whole or not at all, and the small table files that steps hand to each other.

A file gets its name only when it is complete and on the disk, so a name that exists is a finished
piece of work, whoever was killed while writing. Hand-over files are Arrow IPC, mapped into memory:
compressed with one record batch per group and read group by group, or as they are in one batch, of
which only what is looked at is read. Nothing in them is executed (no pickle).
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FACTS = b"qingtu"
_TEMPORARY = ".tmp"


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then give it its name.

    Two writers of one file may run at a time (a worker thought lost that was not): the last one wins,
    and a reader sees one or the other whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_TEMPORARY}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that killed writers left in a folder."""
    for path in folder.glob(f".*{_TEMPORARY}"):
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document whole."""
    words = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(path, lambda temporary: _write_text(temporary, words + "\n"))


def _write_text(path: Path, words: str) -> None:
    path.write_text(words, encoding="utf-8")


def write_groups(
    path: Path, table: pa.Table, groups: NDArray[np.integer[Any]], *, facts: dict[str, Any] | None = None
) -> None:
    """Write the rows of a table by group, rows of a group in their order.

    Parameters
    ----------
    groups
        Number of each row's group, >= 0, shape (rows,).
    facts
        JSON-able figures to keep with it.
    """
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    rows = table.take(pa.array(order)).combine_chunks()
    note = {"groups": present.tolist(), "facts": facts or {}}
    schema = table.schema.with_metadata({_FACTS: json.dumps(note).encode()})
    ends = np.append(starts, len(order))[1:].tolist()

    def write(temporary: Path) -> None:
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as file:
            for start, end in zip(starts.tolist(), ends, strict=True):
                # one batch each, also where a text column came in several pieces
                piece = rows.slice(start, end - start).combine_chunks()
                (batch,) = piece.to_batches()
                file.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))

    write_whole(path, write)


def write_rows(path: Path, table: pa.Table, *, facts: dict[str, Any] | None = None) -> None:
    """Write a table so that any slice of it can be read alone; `facts` are JSON-able figures to keep."""
    schema = table.schema.with_metadata({_FACTS: json.dumps({"facts": facts or {}}).encode()})
    rows = table.cast(schema).combine_chunks()

    def write(temporary: Path) -> None:
        with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as file:
            file.write_table(rows)

    write_whole(path, write)


def read_rows(path: Path) -> pa.Table:
    """Return a table of `write_rows`; its columns lie in the file, not in memory."""
    with _opened(path) as (file, _):
        table: pa.Table = file.read_all().replace_schema_metadata(None)
        return table


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    with pa.memory_map(str(path)) as source:
        file = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(use_threads=False))
        yield file, json.loads(file.schema.metadata[_FACTS])


def read_group(path: Path, group: int) -> pa.Table | None:
    """Return the rows of one group, None where the file has none of it."""
    with _opened(path) as (file, note):
        if group not in note["groups"]:
            return None
        batch = file.get_batch(note["groups"].index(group))
        return pa.Table.from_batches([batch]).replace_schema_metadata(None)


def read_all(path: Path) -> pa.Table:
    """Return all rows, group after group."""
    with _opened(path) as (file, _):
        return file.read_all().replace_schema_metadata(None)


def read_facts(path: Path) -> dict[str, Any]:
    """Return the figures kept with a file of `write_groups`."""
    with _opened(path) as (_, note):
        facts: dict[str, Any] = note["facts"]
        return facts


def concatenated(tables: Sequence[pa.Table | None], schema: pa.Schema) -> pa.Table:
    """Return the rows of several tables one after another; an empty table of a schema where there are none."""
    present = [table for table in tables if table is not None]
    return pa.concat_tables(present) if present else schema.empty_table()
