"""`qingtu partition locate|assign|heat`: lists larger than one process, on this machine's cores or a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import JsonOption, answer_json, fail, progress_bar, say
from service.cli.run_options import RunOptions, takes_run_options
from service.words import said, tr

if TYPE_CHECKING:
    from geodata.partition import PartitionReport
    from geodata.partition.steps import Progress
    from geodata.zones.model import Level

_STEPS = {
    "scan": ("清点", "counting"),
    "spread": ("分区", "partitioning"),
    "texts": ("取出文字", "reading texts"),
    "locate": ("定位", "locating"),
    "rows": ("写出", "writing"),
    "assign": ("归属", "assigning"),
    "heat": ("核密度", "density"),
}
_COUNTS = {
    "located": ("已定位", "located"),
    "ambiguous": ("有歧义", "ambiguous"),
    "not_found": ("未找到", "not found"),
    "inside": ("界内", "inside"),
    "outside": ("界外", "outside"),
    "without_place": ("没有坐标", "without a place"),
    "counted": ("计入", "counted"),
}

Source = Annotated[
    Path,
    typer.Argument(
        metavar="IN.parquet/",
        help=tr("（Geo）Parquet 文件夹，或一个文件", "folder of (Geo)Parquet files, or one"),
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT.parquet/",
        help=tr(
            "结果文件夹；中断后用同一条命令接着做", "folder of results; the same command goes on after a stop"
        ),
        show_default=False,
    ),
]


_NO_OPTIONS = RunOptions()


def register(app: typer.Typer) -> None:
    """Add the command group `partition`."""
    words = tr(
        "大清单：按分区定位、归属、算核密度，可用一台机器的各核，也可用多台机器（见 docs/scale.md）。",
        "Large lists: locate, assign, density over partitions, on one machine's cores or several machines.",
    )
    group = typer.Typer(no_args_is_help=True, help=words)
    group.command("locate", help=_locate_help())(takes_run_options(locate_command))
    group.command("assign", help=_assign_help())(takes_run_options(assign_command))
    group.command("heat", help=_heat_help())(takes_run_options(heat_command))
    app.add_typer(group, name="partition")


def _locate_help() -> str:
    return tr(
        "定位：与 qingtu locate --batch 相同的列，几何为 EPSG:4326；行的顺序不变，相同的文字只定位一次。\n\n"
        "例：qingtu partition locate 清单.parquet/ 结果.parquet/ --gazetteer 本地.qgz --column 地址",
        "Locate: the columns of qingtu locate --batch, geometry in EPSG:4326; rows keep their order.\n\n"
        "Example: qingtu partition locate list.parquet/ out.parquet/ --gazetteer g.qgz --column address",
    )


def _assign_help() -> str:
    return tr(
        "归属：与 qingtu assign 相同的列（zone、border_m、flag、nearest_zone），加 source_row（原来的行号，从 0 起）；结果按地面位置分区。\n\n"
        "例：qingtu partition assign 点.parquet/ 结果.parquet/ --zones 边界.gpkg --level grid",
        "Assign: the columns of qingtu assign, and source_row (the row's number in the input, from 0); partitions are"
        " pieces of ground.\n\nExample: qingtu partition assign points.parquet/ out.parquet/ --zones z.gpkg",
    )


def _heat_help() -> str:
    return tr(
        "核密度：写出密度大于 0 的方格（中心、每平方公里密度）；--tif 另写成一幅 GeoTIFF。\n\n"
        "例：qingtu partition heat 点.parquet/ 热力.parquet/ --bandwidth-m 150 --cell-m 10 --crs 4547",
        "Density: writes the cells above 0 (centre, density per km²); --tif also writes one GeoTIFF.\n\n"
        "Example: qingtu partition heat points.parquet/ heat.parquet/ --bandwidth-m 150 --cell-m 10",
    )


def locate_command(
    source: Source,
    out: Out,
    column: Annotated[
        str,
        typer.Option("--column", help=tr("位置描述所在的列", "column with the texts"), show_default=False),
    ],
    gazetteer: Annotated[Path, typer.Option("--gazetteer", "-g", help=tr("地名库", "gazetteer"))] = Path(
        "gazetteer.qgz"
    ),
    area_column: Annotated[
        str | None, typer.Option("--area-column", help=tr("所属区县所在的列", "column with the area"))
    ] = None,
    zones: Annotated[Path | None, typer.Option("--zones", "-z", help=tr("边界文件", "zone file"))] = None,
    as_json: JsonOption = False,
    options: RunOptions = _NO_OPTIONS,
) -> None:
    """Locate every row."""
    from geodata.partition import locate_partitions
    from geodata.partition.locating import ROWS_PER_PARTITION

    cluster = options.cluster()
    with _run(source, out, as_json=as_json) as (progress, report):
        rows = options.rows(source, ROWS_PER_PARTITION)
        report(
            locate_partitions(
                source, out, gazetteer=gazetteer, column=column, area_column=area_column, zones=zones,
                rows_per_partition=rows, cluster=cluster, restart=options.restart, progress=progress,
            )
        )  # fmt: skip


def assign_command(
    source: Source,
    out: Out,
    zones: Annotated[
        Path, typer.Option("--zones", "-z", help=tr("边界文件", "zone file"), show_default=False)
    ],
    level: Annotated[str, typer.Option("--level", help="community | grid | subdistrict")] = "community",
    code_column: Annotated[
        str, typer.Option("--code-column", help=tr("代码列的列名", "column with the zones' codes"))
    ] = "code",
    crs: Annotated[
        int | None,
        typer.Option("--crs", help=tr("边界的投影坐标系 EPSG 代码", "EPSG code of the zones to work in")),
    ] = None,
    tolerance_m: Annotated[
        float,
        typer.Option(
            "--tolerance-m",
            min=0.0,
            help=tr("离边界多近的点要标出来（米）", "flag points this near to a border, metres"),
        ),
    ] = 20.0,
    as_json: JsonOption = False,
    options: RunOptions = _NO_OPTIONS,
) -> None:
    """Assign every point."""
    from geodata.partition import assign_partitions
    from geodata.partition.assigning import ROWS_PER_PARTITION
    from geodata.zones import LEVELS

    if level not in LEVELS:
        raise typer.BadParameter(f"--level: {' | '.join(LEVELS)}")
    chosen: Level = level
    cluster = options.cluster()
    with _run(source, out, as_json=as_json) as (progress, report):
        rows = options.rows(source, ROWS_PER_PARTITION)
        report(
            assign_partitions(
                source, out, zones=zones, level=chosen, code_column=code_column, crs=crs,
                tolerance_m=tolerance_m,
                rows_per_partition=rows, cluster=cluster, restart=options.restart, progress=progress,
            )
        )  # fmt: skip


def heat_command(
    source: Source,
    out: Out,
    bandwidth_m: Annotated[
        float, typer.Option("--bandwidth-m", help=tr("核半径（米）", "kernel radius, metres"))
    ] = 150.0,
    cell_m: Annotated[float, typer.Option("--cell-m", help=tr("方格边长（米）", "cell side, metres"))] = 10.0,
    crs: Annotated[
        int | None,
        typer.Option(
            "--crs", help=tr("工作用的投影坐标系 EPSG 代码", "EPSG code of the projected CRS to work in")
        ),
    ] = None,
    weight_column: Annotated[
        str | None, typer.Option("--weight-column", help=tr("权重所在的列", "column with the weights"))
    ] = None,
    tif: Annotated[
        Path | None,
        typer.Option("--tif", help=tr("另写成一幅 GeoTIFF", "also write one GeoTIFF"), metavar="OUT.tif"),
    ] = None,
    as_json: JsonOption = False,
    options: RunOptions = _NO_OPTIONS,
) -> None:
    """Write the density."""
    from geodata.partition import density_partitions
    from geodata.partition.heating import POINTS_PER_TILE

    cluster = options.cluster()
    with _run(source, out, as_json=as_json) as (progress, report):
        rows = options.rows(source, POINTS_PER_TILE)
        done = density_partitions(
            source, out, bandwidth_m=bandwidth_m, cell_m=cell_m, crs=crs, weight_column=weight_column,
            rows_per_partition=rows, cluster=cluster, restart=options.restart, progress=progress,
        )  # fmt: skip
        if tif is not None:
            _write_tif(out, tif, cell_m=cell_m)
        report(done)


def _write_tif(folder: Path, tif: Path, *, cell_m: float) -> None:
    from geodata.partition import density_raster
    from geodata.partition.source import read_source
    from geodata.patterns.geotiff import write_geotiff

    grid = density_raster(folder, cell_m=cell_m)
    tif.parent.mkdir(parents=True, exist_ok=True)
    write_geotiff(tif, grid.values, bounds=grid.bounds, epsg=read_source(folder).crs())


@contextmanager
def _run(
    source: Path, out: Path, *, as_json: bool
) -> Iterator[tuple[Progress, Callable[[PartitionReport], None]]]:
    """Yield a progress bar and a function that prints the report; refusals end the command plainly."""
    from geodata.errors import QingtuError

    began = time.perf_counter()
    reports: list[PartitionReport] = []
    if out.resolve() == source.resolve():
        fail(tr("结果不能写回输入文件夹", "the results must not go into the input's folder"))
    try:
        with progress_bar(tr("准备", "preparing")) as bar:

            def progress(step: str, done: int, total: int) -> None:
                bar(done, total, tr(*_STEPS[step]))

            yield progress, reports.append
    except OSError as error:
        fail(tr(f"文件读写失败：{error}", f"cannot read or write: {error}"))
    except (QingtuError, ValueError) as error:
        fail(said(error))
    for done in reports:
        _print(done, out, time.perf_counter() - began, as_json=as_json)


def _print(report: PartitionReport, out: Path, seconds: float, *, as_json: bool) -> None:
    speed = report.rows / max(seconds, 1e-9)
    if as_json:
        data: dict[str, Any] = {
            "rows": report.rows, "written": report.written, **report.counts, **report.figures,
            "partitions": report.partitions, "kept": report.kept, "seconds": round(seconds, 3),
            "rows_per_s": round(speed, 1), "out": str(out),
        }  # fmt: skip
        answer_json(data)
        return
    counts = "，".join(f"{tr(*_COUNTS[name])} {count}" for name, count in report.counts.items())
    say(tr(f"{report.rows} 行：{counts}", f"{report.rows} rows: {counts}"))
    say(
        tr(
            f"写出 {report.written} 行，{report.partitions} 个分区（{report.kept} 个是以前做好的），写入 {out}；"
            f"{seconds:.1f} 秒，{speed:,.0f} 行/秒",
            f"{report.written} rows written in {report.partitions} partitions ({report.kept} from before) to {out};"
            f" {seconds:.1f} s, {speed:,.0f} rows/s",
        )
    )
    if "near_border" in report.figures:
        near, beyond = report.figures["near_border"], report.figures["just_outside"]
        say(tr(f"其中靠近边界 {near}，刚出界 {beyond}", f"near a border {near}, just outside {beyond}"))
    if "peak_per_km2" in report.figures:
        peak, total = report.figures["peak_per_km2"], report.figures["total"]
        say(
            tr(
                f"最高每平方公里 {peak:,.1f}，合计 {total:,.1f}",
                f"peak {peak:,.1f} per km², total {total:,.1f}",
            )
        )
