"""Points to zones over spatial partitions.

Three steps: *scan* counts each chunk's rows by square of ground; from the counts the squares are
filled into partitions along a Hilbert curve; *spread* writes each chunk's rows by partition; *assign*
gathers a partition, looks its points up and writes it. A partition's rows stand in the order of the
input, and `source_row` is their number in it: sorted by it, the partitions are the table that one
process writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from geodata.partition.cluster import ClusterOptions
from geodata.partition.job import Job, Parts, Run, ended, finished, report_of, require_rows, running
from geodata.partition.manifest import identity_of, opened
from geodata.partition.points import PlaceColumns, box_of, has_place, in_crs, own_xy, place_columns, point_wkb
from geodata.partition.references import Reference, ZoneReference, zones_of
from geodata.partition.results import (
    PartitionReport,
    free_names,
    points_note,
    renamed_geo,
    write_part,
)
from geodata.partition.source import Chunk, read_chunk, read_source
from geodata.partition.squares import Filling, fill, square_numbers
from geodata.partition.steps import Progress, silent, summed
from geodata.partition.whole_files import concatenated, read_all, read_group, write_groups
from geodata.zones.model import Level
from geodata.zones.point_columns import POINT_COLUMNS, TOLERANCE_M, point_columns

ROWS_PER_PARTITION = 250_000
_COUNTS = ("inside", "outside", "without_place")
_FLAGS = ("just_outside", "near_border")
_ROW = "source_row"
_ADDED = (*POINT_COLUMNS, _ROW)


@dataclass(frozen=True, slots=True)
class _Job(Job):
    places: PlaceColumns
    zones: ZoneReference
    tolerance_m: float


def assign_partitions(
    source: Path,
    out: Path,
    *,
    zones: Path,
    level: Level = "community",
    code_column: str = "code",
    crs: int | None = None,
    tolerance_m: float = TOLERANCE_M,
    rows_per_partition: int = ROWS_PER_PARTITION,
    cluster: ClusterOptions | None = None,
    restart: bool = False,
    progress: Progress = silent,
) -> PartitionReport:
    """Write every row with its zone, border distance and flags (`point_columns`), and `source_row`.

    Parameters
    ----------
    source
        Folder of (Geo)Parquet files of points, or one file: a geometry with CRS, `x y` in the zones'
        CRS, or `lon lat`. Columns that clash with results become `input_…`.
    out
        Folder of GeoParquet partitions. One that holds a part of this very run is completed.
    zones, level, code_column, crs
        As `ZoneTree.read`; borders without an end count.
    tolerance_m
        As `point_columns`.
    rows_per_partition
        Bounds memory: a worker holds a few times this many rows.

    Returns
    -------
    PartitionReport
        With the counts `inside`, `outside`, `without_place`, and the figures `just_outside`, `near_border`.

    Raises
    ------
    CrsError, FrameError, ZoneError
        If input or zones cannot be used; files are named.
    PartitionError
        If the folder is another run's, or workers fail.
    """
    require_rows(rows_per_partition)
    zone_file = ZoneReference(Reference.of(zones), level, code_column, crs)
    index = zones_of(zone_file).index
    table = read_source(source)
    places = place_columns(table, crs=index.crs)
    parameters = {
        "level": level, "code_column": code_column, "crs": crs, "tolerance_m": tolerance_m,
        "rows_per_partition": rows_per_partition,
    }  # fmt: skip
    identity = identity_of("assign", table, parameters=parameters, references={"zones": zones})
    with opened(out.resolve(), identity, restart=restart) as folder:
        chunks = table.chunks(rows_per_partition)
        job = _Job(folder, table, len(chunks), places, zone_file, tolerance_m)
        if (before := finished(folder)) is not None:
            return _report(job, before[0], kept=len(before[0]))
        with running(job, chunks, cluster or ClusterOptions(), progress) as run:
            filling = _planned(run, rows_per_partition)
            parts, kept = run.by_part("assign", _assign, filling.partitions, spread=_spread)
        return ended(job, _report(job, parts, kept=kept))


def _report(job: _Job, parts: Parts, *, kept: int) -> PartitionReport:
    counts, flags = (summed(parts.values(), names) for names in (_COUNTS, _FLAGS))
    return report_of(job, parts, counts, kept=kept, figures=flags)


def _planned(run: Run, rows: int) -> Filling:
    """Return the plan of the run, made from the counts of all chunks unless it is there."""
    plan = run.job.folder.plan()
    if not plan.exists():
        found = [read_all(path) for path in run.by_chunk("scan", _scan)]
        owner = np.repeat([chunk.number for chunk in run.chunks], [len(own) for own in found])
        counted = concatenated(found, pa.schema([("square", pa.int64()), ("count", pa.int64())]))
        squares, counts = (counted.column(name).to_numpy() for name in ("square", "count"))
        fill(squares, owner.astype(np.int64), counts, rows=rows).write(plan)
    return Filling.read(plan)


def _scan(job: _Job, chunk: Chunk) -> None:
    """Count the rows of a chunk by square."""
    squares = _squares(job, read_chunk(job.source, chunk, job.places.names))
    found, counts = np.unique(squares, return_counts=True)
    table = pa.table({"square": found.astype(np.int64), "count": counts.astype(np.int64)})
    write_groups(job.folder.step("scan", chunk.number), table, np.zeros(len(found), dtype=np.int64))


def _squares(job: _Job, table: pa.Table) -> Any:
    zones = zones_of(job.zones)
    xy = in_crs(own_xy(table, job.places), job.places, zones.index.crs)
    return square_numbers(xy, zones.box)


def _spread(job: _Job, chunk: Chunk) -> None:
    """Write the rows of a chunk by partition, each with its number in the input."""
    table = read_chunk(job.source, chunk)
    partition = Filling.read(job.folder.plan()).of(_squares(job, table), chunk.number)
    rows = pa.array(np.arange(chunk.first_row, chunk.first_row + chunk.rows, dtype=np.int64))
    numbered = pa.Table.from_arrays([*table.columns, rows], schema=_handed_over(job))
    write_groups(job.folder.step("spread", chunk.number), numbered, partition)


def _handed_over(job: _Job) -> pa.Schema:
    """Return the input's columns and, last, the row number (by position: a column may have its name)."""
    return pa.schema([*job.source.schema, pa.field(_ROW, pa.int64())])


def _assign(job: _Job, number: int) -> None:
    """Gather a partition, look its points up, write it."""
    schema = _handed_over(job)
    pieces = [read_group(job.folder.step("spread", chunk), number) for chunk in range(job.chunks)]
    table = concatenated(pieces, schema)
    given = pa.Table.from_arrays(table.columns[:-1], schema=job.source.schema)
    index = zones_of(job.zones).index
    own = own_xy(given, job.places)
    xy = in_crs(own, job.places, index.crs)
    there = has_place(xy)
    found = point_columns(index, xy, tolerance_m=job.tolerance_m)
    texts = {name: pa.array(found[name], type=pa.string()) for name in POINT_COLUMNS if name != "border_m"}
    columns = texts | {"border_m": pa.array(found["border_m"], from_pandas=True), _ROW: table.column(-1)}
    added = [columns[name] for name in _ADDED]
    result, geo = _with_geometry(job, given, own, xy, index.crs)
    result = pa.Table.from_arrays([*result.columns, *added], names=[*result.column_names, *_ADDED])
    inside = int(np.count_nonzero(found["zone"] != ""))
    facts = {"inside": inside, "outside": int(there.sum()) - inside, "without_place": int((~there).sum())}
    facts |= {name: int(np.count_nonzero(found["flag"] == name)) for name in _FLAGS}
    write_part(job.folder, number, result, geo, facts)


def _with_geometry(
    job: _Job, given: pa.Table, own: Any, xy: Any, crs: int
) -> tuple[pa.Table, dict[str, Any]]:
    """Return the input's columns under names that leave room for the results, with a geometry and its metadata."""
    geometry = job.source.geometry
    names = free_names(given.column_names, {*_ADDED, *(() if geometry else ("geometry",))})
    table = given.rename_columns(names)
    if geometry is None:
        return table.append_column("geometry", point_wkb(xy)), points_note(crs, box=box_of(xy))
    return table, renamed_geo(
        job.source.geo, dict(zip(given.column_names, names, strict=True)), box=box_of(own)
    )
