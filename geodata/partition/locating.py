"""Location texts to places over partitions: every distinct text once, rows in the order of the input.

Three steps: *texts* writes each chunk's distinct texts (with the area each is filed under) in the order
of their hashes; *locate* works out the distinct texts of a span of hashes, and writes their answers
and which of them each chunk asks for; *rows* puts them beside the rows of a chunk, which is a
partition. So a text that stands in every chunk is located once, an answer is written once, and nobody
ever holds all texts or all answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
from geodata.partition.texts import (
    ASKED,
    Span,
    count_different,
    distinct,
    in_order,
    read_span,
    stripped,
    write_texts,
)
from geodata.partition.whole_files import concatenated, read_facts, read_rows, write_rows

ROWS_PER_PARTITION = 100_000
# About a second of work: what is lost with a worker, and how evenly the end of a run is shared.
_TEXTS_PER_SPAN = 1_000
_MOST_SPANS = 1_024
_COUNTS = ("located", "ambiguous", "not_found")
_ANSWERS = pa.schema(
    [
        (name, pa.binary() if name == "geometry" else pa.string() if name in TEXT_COLUMNS else pa.float64())
        for name in RESULT_COLUMNS
    ]
)


@dataclass(frozen=True, slots=True)
class _Job(Job):
    column: str
    area_column: str | None
    gazetteer: Reference
    zones: Reference | None
    spans: int = 0


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
    with opened(out.resolve(), identity, restart=restart) as folder:
        chunks = table.chunks(rows_per_partition) or [Chunk(0, 0, 0, ())]
        job = _Job(folder, table, len(chunks), column, area_column, known, borders)
        if (before := finished(folder)) is not None:
            return _report(job, before[0], kept=len(before[0]))
        kept = finished_parts(folder, range(len(chunks)))
        if len(kept) < len(chunks):
            with running(job, chunks, cluster or ClusterOptions(), progress) as run:
                # as many spans as there is work, which is known only now
                different = count_different(run.by_chunk("texts", _texts))
                job = replace(job, spans=max(1, min(_MOST_SPANS, round(different / _TEXTS_PER_SPAN))))
                run = replace(run, job=job)
                answers = partial(folder.step, "answers")
                run.by_number("locate", _locate, range(job.spans), to=answers)
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
    """Write the distinct texts of a chunk in the order of their hashes."""
    hashed, _ = in_order(_asked(job, chunk))
    write_texts(job.folder.step("texts", chunk.number), hashed)


def _asked(job: _Job, chunk: Chunk) -> pa.Table:
    """Return the text of every row of a chunk, with the area it is filed under."""
    names = [job.column] if job.area_column is None else [job.column, job.area_column]
    table = read_chunk(job.source, chunk, list(dict.fromkeys(names)))
    texts = pc.fill_null(table.column(job.column).cast(pa.string()), "")
    if job.area_column is None:
        areas = pa.nulls(len(table), pa.string())
    else:
        areas = stripped(table.column(job.area_column).cast(pa.string()))
    return pa.table([texts, areas], schema=ASKED)


def _locate(job: _Job, number: int) -> None:
    """Locate the distinct texts of a span; write the answers, and which of them each chunk asks for."""
    span = Span.of(number, job.spans)
    pieces = [read_span(job.folder.step("texts", chunk), span) for chunk in range(job.chunks)]
    once, rows = distinct(pa.concat_tables(pieces))
    starts = np.cumsum([0, *map(len, pieces)]).tolist()
    wanted = pa.table({"answer": rows.astype(np.int32)})
    write_rows(job.folder.step("wanted", number), wanted, facts={"starts": starts})
    # last: the span is done when the answers are there
    write_rows(job.folder.step("answers", number), _answers(job, once))


def _answers(job: _Job, asked: pa.Table) -> pa.Table:
    locator = geocoder(job.gazetteer)
    tree = None if job.zones is None else zone_tree(job.zones, locator.crs)
    texts, areas = (column.to_pylist() for column in asked.columns)
    return answer_table(location_columns(locator.locate_many(texts, areas=areas), tree))


def answer_table(columns: Mapping[str, list[Any]]) -> pa.Table:
    """Return the columns of `location_columns` as a table, the geometry as well-known binary."""
    shapes = shapely.to_wkb(np.array([*columns["geometry"], None], dtype=object)[:-1])
    return pa.table({**columns, "geometry": list(shapes)}, schema=_ANSWERS)


def _wanted(job: _Job, chunk: int) -> pa.Table:
    """Return the answers to the texts of a chunk, in the order of their hashes."""
    pieces = []
    for span in range(job.spans):
        path = job.folder.step("wanted", span)
        start, end = read_facts(path)["starts"][chunk : chunk + 2]
        if start < end:
            own = read_rows(path).column("answer").slice(start, end - start)
            pieces.append(read_rows(job.folder.step("answers", span)).take(own))
    return concatenated(pieces, _ANSWERS)


def _rows(job: _Job, chunk: Chunk) -> None:
    """Put the answers beside the rows of a chunk and write the partition."""
    answers = _wanted(job, chunk.number)
    shapes = shapely.from_wkb(answers.column("geometry").to_numpy(zero_copy_only=False))
    box = shapely.total_bounds(shapes).tolist() if not shapely.is_missing(shapes).all() else None
    _, rows = in_order(_asked(job, chunk))
    own = answers.take(pa.array(rows))
    given = read_chunk(job.source, chunk)
    names = free_names(given.column_names, set(RESULT_COLUMNS))
    result = pa.Table.from_arrays([*given.columns, *own.columns], names=[*names, *RESULT_COLUMNS])
    counted = {row["values"]: row["counts"] for row in pc.value_counts(own.column("status")).to_pylist()}
    facts = {name: counted.get(name, 0) for name in _COUNTS}
    geo = geometry_note([], crs=WGS84, box=box)
    if job.source.geometry is not None:
        before = renamed_geo(job.source.geo, dict(zip(given.column_names, names, strict=True)), box=None)
        geo["columns"] |= before["columns"]
    write_part(job.folder, chunk.number, result, geo, facts)
