"""Kernel density over tiles: the cells of a city or a province, where there is anything.

Three steps: *scan* counts each chunk's points by square; tiles are chosen from the counts; *spread*
hands every point to the tiles that its kernel reaches; *heat* sums the kernels of a tile's points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from geodata.errors import FrameError, InputError
from geodata.partition.cluster import ClusterOptions
from geodata.partition.job import Job, Parts, Run, ended, finished, report_of, require_rows, running
from geodata.partition.manifest import identity_of, opened
from geodata.partition.points import (
    PlaceColumns,
    box_of,
    has_place,
    in_crs,
    own_xy,
    place_columns,
    point_wkb,
    require_metres,
)
from geodata.partition.results import PartitionReport, points_note, write_part
from geodata.partition.source import Chunk, Source, read_chunk, read_source
from geodata.partition.steps import Progress, silent, summed
from geodata.partition.tiles import CellGround, Tiles, tiled
from geodata.partition.whole_files import read_all, read_facts, read_group, write_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS_PER_TILE = 250_000
# Twice round the earth: numbers beyond are something else.
_FARTHEST_M = 1e8
_COUNTS = ("counted", "without_place")


@dataclass(frozen=True, slots=True)
class _Job(Job):
    places: PlaceColumns
    crs: int
    ground: CellGround
    weight_column: str | None
    points: int


def density_partitions(
    source: Path,
    out: Path,
    *,
    bandwidth_m: float,
    cell_m: float,
    crs: int | None = None,
    weight_column: str | None = None,
    rows_per_partition: int = POINTS_PER_TILE,
    cluster: ClusterOptions | None = None,
    restart: bool = False,
    progress: Progress = silent,
) -> PartitionReport:
    """Write the kernel density of all cells above 0: `column`, `row`, `x`, `y`, `density_per_km2`.

    `x`, `y` are a cell's centre (also its geometry); column and row count cells from the CRS's origin.
    Values are those of `density_grid` over everything, up to the order of summation (relative 1e-9).

    Parameters
    ----------
    source
        As for `assign_partitions`.
    out
        Folder of GeoParquet partitions, one per tile.
    bandwidth_m, cell_m
        As for `density_grid`.
    crs
        EPSG code of the projected CRS to work in; left out, the geometry's own.
    weight_column
        Column with one finite number per point; left out, each counts 1.
    rows_per_partition
        Tiles with more points are divided; bounds memory.

    Returns
    -------
    PartitionReport
        With the counts `counted`, `without_place` and the figures `peak_per_km2` and `total`, the
        integral over all cells.

    Raises
    ------
    CrsError, FrameError
        If the input cannot be used; files are named.
    PartitionError
        If the folder is another run's, or workers fail.
    """
    require_rows(rows_per_partition)
    try:
        ground = CellGround.of(cell_m=cell_m, bandwidth_m=bandwidth_m)
    except InputError as error:
        raise FrameError(str(error), zh=error.zh) from error
    table = read_source(source)
    places = place_columns(table, crs=crs)
    target = require_metres(crs if crs is not None else places.crs)
    if weight_column is not None:
        _require_weights(table, weight_column)
    parameters = {
        "bandwidth_m": bandwidth_m, "cell_m": cell_m, "crs": target, "weight_column": weight_column,
        "rows_per_partition": rows_per_partition,
    }  # fmt: skip
    identity = identity_of("heat", table, parameters=parameters, references={})
    with opened(out.resolve(), identity, restart=restart) as folder:
        chunks = table.chunks(rows_per_partition)
        job = _Job(folder, table, len(chunks), places, target, ground, weight_column, rows_per_partition)
        if (before := finished(folder)) is not None:
            parts, counts = before
            return _report(job, parts, counts, kept=len(parts))
        with running(job, chunks, cluster or ClusterOptions(), progress) as run:
            tiles, counts = _planned(run, job)
            parts, kept = run.by_part("heat", _heat, len(tiles.side), spread=_spread)
        return ended(job, _report(job, parts, counts, kept=kept))


def _require_weights(source: Source, name: str) -> None:
    if name not in source.schema.names:
        raise FrameError(
            f"there is no column {name} for the weights; there are {', '.join(source.schema.names)}",
            zh=f"没有权重列 {name}；现有 {'、'.join(source.schema.names)}",
        )
    kind = source.schema.field(name).type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise FrameError(
            f"the weights in {name} must be numbers, not {kind}", zh=f"权重列 {name} 要是数，不能是 {kind}"
        )


def _report(job: _Job, parts: Parts, counts: Mapping[str, Any], *, kept: int) -> PartitionReport:
    figures = {
        "peak_per_km2": max((float(own["peak"]) for own in parts.values()), default=0.0),
        "total": float(sum(own["total"] for own in parts.values())),
    }
    return report_of(job, parts, {name: int(counts[name]) for name in _COUNTS}, kept=kept, figures=figures)


def _planned(run: Run, job: _Job) -> tuple[Tiles, Mapping[str, Any]]:
    """Return the tiles, and how many rows are counted and how many have no place."""
    scans = run.by_chunk("scan", _scan)
    counts = summed((read_facts(path) for path in scans), _COUNTS)
    plan = job.folder.plan()
    if not plan.exists():
        squares, numbers = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        for own in map(read_all, scans):
            together = np.concatenate([squares, own.column("square").to_numpy()])
            squares, at = np.unique(together, return_inverse=True)
            weights = np.concatenate([numbers, own.column("count").to_numpy()])
            numbers = np.bincount(at, weights=weights, minlength=len(squares)).astype(np.int64)
        tiled(job.ground, squares, numbers, points=job.points).write(plan)
    return Tiles.read(plan), counts


def _points(job: _Job, chunk: Chunk) -> tuple[Floats, Floats | None, int]:
    """Return the places of a chunk in metres, their weights, and how many rows have no place."""
    names = [*job.places.names, *([job.weight_column] if job.weight_column else [])]
    table = read_chunk(job.source, chunk, list(dict.fromkeys(names)))
    xy = in_crs(own_xy(table, job.places), job.places, job.crs)
    there = has_place(xy)
    if (np.abs(xy[there]) > _FARTHEST_M).any():
        raise FrameError(
            f"{_files(chunk)}: coordinates beyond {_FARTHEST_M:.0e} m are no places in EPSG:{job.crs}",
            zh=f"{_files(chunk)}：坐标超过 {_FARTHEST_M:.0e} 米，不是 EPSG:{job.crs} 里的位置",
        )
    if job.weight_column is None:
        return xy[there], None, int((~there).sum())
    column = table.column(job.weight_column).cast(pa.float64())
    weight = column.to_numpy(zero_copy_only=False).astype(np.float64)[there]
    if not np.isfinite(weight).all():
        missing = int((~np.isfinite(weight)).sum())
        raise FrameError(
            f"{_files(chunk)}: {missing} weights in {job.weight_column} are missing or not finite",
            zh=f"{_files(chunk)}：权重列 {job.weight_column} 有 {missing} 个是空的或不是有限的数",
        )
    return xy[there], weight, int((~there).sum())


def _files(chunk: Chunk) -> str:
    return ", ".join(dict.fromkeys(Path(own.path).name for own in chunk.slices))


def _scan(job: _Job, chunk: Chunk) -> None:
    """Count the points of a chunk by square."""
    xy, _, without_place = _points(job, chunk)
    squares, counts = np.unique(job.ground.squares(xy), return_counts=True)
    table = pa.table({"square": squares, "count": counts.astype(np.int64)})
    facts = {"counted": len(xy), "without_place": without_place}
    path = job.folder.step("scan", chunk.number)
    write_groups(path, table, np.zeros(len(squares), dtype=np.int64), facts=facts)


def _spread(job: _Job, chunk: Chunk) -> None:
    """Hand the points of a chunk to the tiles that their kernels reach."""
    xy, weight, _ = _points(job, chunk)
    points, tile = Tiles.read(job.folder.plan()).reached(xy, job.ground)
    columns = {"x": xy[points, 0], "y": xy[points, 1]}
    if weight is not None:
        columns["weight"] = weight[points]
    write_groups(job.folder.step("spread", chunk.number), pa.table(columns), tile)


def _heat(job: _Job, number: int) -> None:
    """Sum the kernels of a tile's points and write its cells above 0."""
    from geodata.patterns.density import density_grid

    tiles, cell_m = Tiles.read(job.folder.plan()), job.ground.cell_m
    if not len(tiles.side):
        return _write_cells(job, number, *(np.zeros(0) for _ in range(3)))
    side = int(tiles.side[number])
    west, south = int(tiles.column[number]), int(tiles.row[number])
    bounds = (west * cell_m, south * cell_m, (west + side) * cell_m, (south + side) * cell_m)
    values = np.zeros((side, side))
    for xy, weight in _gathered(job, number):
        grid = density_grid(
            xy, bounds=bounds, cell_m=cell_m, bandwidth_m=job.ground.bandwidth_m, weights=weight
        )
        # a hair of rounding in the box may add a row that is the neighbour's
        values += grid.values[:side, :side]
    row, column = np.nonzero(values)
    return _write_cells(job, number, column + west, row + south, values[row, column])


def _gathered(job: _Job, number: int) -> Iterator[tuple[Floats, Floats | None]]:
    """Yield the points of a tile, some chunks' at a time, so that a crowded tile is never whole in memory."""
    waiting: list[pa.Table] = []
    for chunk in range(job.chunks):
        own = read_group(job.folder.step("spread", chunk), number)
        if own is not None:
            waiting.append(own)
        if waiting and (sum(map(len, waiting)) >= job.points or chunk == job.chunks - 1):
            table = pa.concat_tables(waiting)
            xy = np.column_stack([table.column(name).to_numpy() for name in ("x", "y")])
            yield xy, table.column("weight").to_numpy() if job.weight_column else None
            waiting = []


def _write_cells(job: _Job, number: int, column: Any, row: Any, density: Any) -> None:
    cell_m = job.ground.cell_m
    xy = np.column_stack([(column + 0.5) * cell_m, (row + 0.5) * cell_m])
    table = pa.table(
        {
            "column": column.astype(np.int64), "row": row.astype(np.int64), "x": xy[:, 0], "y": xy[:, 1],
            "density_per_km2": density, "geometry": point_wkb(xy),
        }
    )  # fmt: skip
    facts = {"peak": float(density.max(initial=0.0)), "total": float(density.sum()) * cell_m**2 / 1e6}
    write_part(job.folder, number, table, points_note(job.crs, box=box_of(xy)), facts)
