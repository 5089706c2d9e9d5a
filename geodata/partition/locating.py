"""Location texts to places over partitions: every distinct text once, rows in the order of the input.

Three steps: *texts* writes each chunk's distinct texts (with the area each is filed under) by bucket,
a bucket being chosen by a hash of the text; *locate* works out a bucket's distinct texts and writes
the answers by chunk; *rows* puts them beside the rows of a chunk, which is a partition. So a text
that stands in every chunk is located once, and nobody ever holds all texts or all answers.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from geodata.crs import WGS84
from geodata.errors import FrameError
from geodata.geocode.columns import RESULT_COLUMNS, TEXT_COLUMNS, location_columns
from geodata.partition.cluster import ClusterOptions
from geodata.partition.job import Job, Parts, ended, finished, report_of, require_rows, running
from geodata.partition.manifest import identity_of, opened
from geodata.partition.references import Reference, geocoder, zone_tree
from geodata.partition.results import (
    PartitionReport,
    finished_parts,
    free_names,
    geometry_note,
    renamed_geo,
    write_part,
)
from geodata.partition.source import Chunk, Source, read_chunk, read_source
from geodata.partition.steps import Progress, silent, summed
from geodata.partition.whole_files import concatenated, read_group, write_groups

ROWS_PER_PARTITION = 100_000
# About a second of work: what is lost with a worker, and how evenly the end of a run is shared.
_ROWS_PER_BUCKET = 1_000
_MOST_BUCKETS = 1_024
_COUNTS = ("located", "ambiguous", "not_found")
_ANSWERS = pa.schema(
    [
        (name, pa.binary() if name == "geometry" else pa.string() if name in TEXT_COLUMNS else pa.float64())
        for name in RESULT_COLUMNS
    ]
)
_ASKED = pa.schema([("text", pa.string()), ("area", pa.string())])

Asked = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class _Job(Job):
    column: str
    area_column: str | None
    gazetteer: Reference
    zones: Reference | None
    buckets: int


def locate_partitions(
    source: Path,
    out: Path,
    *,
    gazetteer: Path,
    column: str,
    area_column: str | None = None,
    zones: Path | None = None,
    rows_per_partition: int = ROWS_PER_PARTITION,
    cluster: ClusterOptions | None = None,
    restart: bool = False,
    progress: Progress = silent,
) -> PartitionReport:
    """Write every row with its location: the columns of `location_columns`, geometry in EPSG:4326.

    Parameters
    ----------
    source
        Folder of Parquet files, or one file. Columns that clash with results become `input_…`.
    out
        Folder of GeoParquet partitions, rows in input order, partition after partition. One that
        holds a part of this very run is completed.
    gazetteer
        File made by `qingtu gazetteer build`.
    column, area_column
        Columns with the location text and, where there is one, the area it is filed under. A missing
        text is an empty one: `not_found`.
    zones
        Zone file for `community` and `grid`, as for `ZoneTree.read`.
    rows_per_partition
        Bounds memory: a worker holds one such partition.

    Returns
    -------
    PartitionReport
        With the counts `located`, `ambiguous`, `not_found`.

    Raises
    ------
    FrameError, GazetteerError, ZoneError
        If input, gazetteer or zones cannot be used; files are named.
    PartitionError
        If the folder is another run's, or workers fail.
    """
    require_rows(rows_per_partition)
    table = read_source(source)
    _require_texts(table, source, [column, *([area_column] if area_column else [])])
    references = {"gazetteer": gazetteer, **({"zones": zones} if zones else {})}
    parameters = {"column": column, "area_column": area_column, "rows_per_partition": rows_per_partition}
    known, borders = Reference.of(gazetteer), Reference.of(zones) if zones else None
    # what cannot be used is said here, not by every worker
    crs = geocoder(known).crs
    if borders is not None:
        zone_tree(borders, crs)
    identity = identity_of("locate", table, parameters=parameters, references=references)
    buckets = max(1, min(_MOST_BUCKETS, -(-table.rows // _ROWS_PER_BUCKET)))
    with opened(out.resolve(), identity, restart=restart) as folder:
        chunks = table.chunks(rows_per_partition) or [Chunk(0, 0, 0, ())]
        job = _Job(folder, table, len(chunks), column, area_column, known, borders, buckets)
        if (before := finished(folder)) is not None:
            return _report(job, before[0], kept=len(before[0]))
        kept = finished_parts(folder, range(len(chunks)))
        if len(kept) < len(chunks):
            with running(job, chunks, cluster or ClusterOptions(), progress) as run:
                run.by_chunk("texts", _texts)
                answers = partial(folder.step, "answers")
                run.by_number("locate", _locate, range(buckets), to=answers)
                run.by_chunk("rows", _rows, to=folder.part)
        parts = finished_parts(folder, range(len(chunks)))
        return ended(job, _report(job, parts, kept=len(kept)))


def _report(job: _Job, parts: Parts, *, kept: int) -> PartitionReport:
    return report_of(job, parts, summed(parts.values(), _COUNTS), kept=kept)


def _require_texts(source: Source, path: Path, columns: list[str]) -> None:
    missing = [name for name in columns if name not in source.schema.names]
    if missing:
        there = ", ".join(source.schema.names)
        raise FrameError(
            f"{path} lacks the columns {', '.join(missing)}; it has {there}",
            zh=f"{path} 缺少列 {'、'.join(missing)}；现有 {there}",
        )
    for name in columns:
        kind = source.schema.field(name).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
            raise FrameError(
                f"{path}: column {name} must hold texts, not {kind}",
                zh=f"{path} 的列 {name} 要是文字，不能是 {kind}",
            )


def _texts(job: _Job, chunk: Chunk) -> None:
    """Write the distinct texts of a chunk by bucket, in the order in which they first appear."""
    distinct, _ = _asked(job, chunk)
    table = pa.table(
        {"text": [text for text, _ in distinct], "area": [area for _, area in distinct]}, schema=_ASKED
    )
    write_groups(job.folder.step("texts", chunk.number), table, _buckets(distinct, job.buckets))


def _asked(job: _Job, chunk: Chunk) -> tuple[list[Asked], Any]:
    """Return the distinct texts of a chunk with their areas, and each row's number among them."""
    names = [job.column] if job.area_column is None else [job.column, job.area_column]
    table = read_chunk(job.source, chunk, list(dict.fromkeys(names)))
    texts = [text or "" for text in table.column(job.column).to_pylist()]
    areas: list[str | None] = [None] * len(texts)
    if job.area_column is not None:
        areas = [(area or "").strip() or None for area in table.column(job.area_column).to_pylist()]
    number: dict[Asked, int] = {}
    rows = [number.setdefault(asked, len(number)) for asked in zip(texts, areas, strict=True)]
    return list(number), np.array(rows, dtype=np.int64)


def _buckets(asked: list[Asked], buckets: int) -> Any:
    keys = (f"{text}\x00{area or ''}".encode("utf-8", "surrogatepass") for text, area in asked)
    return np.array([zlib.crc32(key) % buckets for key in keys], dtype=np.int64)


def _locate(job: _Job, bucket: int) -> None:
    """Locate the distinct texts of a bucket and write the answers by chunk, in the chunks' orders."""
    asked: list[Asked] = []
    owner: list[int] = []
    for chunk in range(job.chunks):
        own = read_group(job.folder.step("texts", chunk), bucket)
        if own is not None:
            asked += zip(*(own.column(name).to_pylist() for name in ("text", "area")), strict=True)
            owner += [chunk] * own.num_rows
    distinct = list(dict.fromkeys(asked))
    where = {key: number for number, key in enumerate(distinct)}
    rows = pa.array([where[key] for key in asked], type=pa.int64())
    answers = _answers(job, distinct).take(rows)
    write_groups(job.folder.step("answers", bucket), answers, np.array(owner, dtype=np.int64))


def _answers(job: _Job, asked: list[Asked]) -> pa.Table:
    locator = geocoder(job.gazetteer)
    tree = None if job.zones is None else zone_tree(job.zones, locator.crs)
    found = locator.locate_many([text for text, _ in asked], areas=[area for _, area in asked])
    return answer_table(location_columns(found, tree))


def answer_table(columns: Mapping[str, list[Any]]) -> pa.Table:
    """Return the columns of `location_columns` as a table, the geometry as well-known binary."""
    shapes = shapely.to_wkb(np.array([*columns["geometry"], None], dtype=object)[:-1])
    return pa.table({**columns, "geometry": list(shapes)}, schema=_ANSWERS)


def _rows(job: _Job, chunk: Chunk) -> None:
    """Put the answers beside the rows of a chunk and write the partition."""
    distinct, rows = _asked(job, chunk)
    pieces = [read_group(job.folder.step("answers", bucket), chunk.number) for bucket in range(job.buckets)]
    answers = concatenated(pieces, _ANSWERS)
    # answers stand bucket after bucket, in a bucket as the texts first appear
    place = np.empty(len(distinct), dtype=np.int64)
    place[np.argsort(_buckets(distinct, job.buckets), kind="stable")] = np.arange(len(distinct))
    own = answers.take(pa.array(place[rows], type=pa.int64()))
    given = read_chunk(job.source, chunk)
    names = free_names(given.column_names, set(RESULT_COLUMNS))
    result = pa.Table.from_arrays([*given.columns, *own.columns], names=[*names, *RESULT_COLUMNS])
    status = own.column("status").to_numpy(zero_copy_only=False)
    facts = {name: int(np.count_nonzero(status == name)) for name in _COUNTS}
    shapes = shapely.from_wkb(own.column("geometry").to_numpy(zero_copy_only=False))
    box = shapely.total_bounds(shapes).tolist() if not shapely.is_missing(shapes).all() else None
    geo = geometry_note([], crs=WGS84, box=box)
    if job.source.geometry is not None:
        before = renamed_geo(job.source.geo, dict(zip(given.column_names, names, strict=True)), box=None)
        geo["columns"] |= before["columns"]
    write_part(job.folder, chunk.number, result, geo, facts)
