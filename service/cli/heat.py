"""`qingtu heat`: where it is dense."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import answer_json, fail, progress_bar, say
from service.words import said, tr

PointsArgument = Annotated[
    Path,
    typer.Argument(
        help=tr("点或线：.parquet .csv（x y 或 lon lat）.gpkg .geojson", "points or lines"),
        show_default=False,
    ),
]
CrsOption = Annotated[
    int | None,
    typer.Option(
        "--crs",
        help=tr("工作用的投影坐标系 EPSG 代码；x、y 列必须写", "EPSG code to work in; needed for x, y"),
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=tr("以 JSON 输出统计", "answer the figures as JSON"))
]


def register(app: typer.Typer) -> None:
    """Add the command `heat`."""
    app.command(
        "heat",
        help=tr(
            "核密度（每平方公里）：GeoTIFF、带坐标文件与图例的 PNG、分级面；或沿道路河渠的密度（每公里）。\n\n"
            "例：qingtu heat 问题.gpkg --bandwidth-m 150 --cell-m 10 --out heat.tif\n\n"
            "例：qingtu heat 问题.gpkg --bandwidth-m auto --study 边界.gpkg --contours 分级.gpkg --out heat.png\n\n"
            "例：qingtu heat 问题.gpkg --network 地名库.qgz --bandwidth-m 200 --out 沿路.gpkg",
            "Kernel density per km² as GeoTIFF, PNG with world file and legend, or class polygons; "
            "or along roads and canals, per km.\n\n"
            "Example: qingtu heat problems.gpkg --bandwidth-m 150 --cell-m 10 --out heat.tif\n\n"
            "Example: qingtu heat problems.gpkg --network lines.gpkg --bandwidth-m 200 --out along.gpkg",
        ),
    )(heat_command)


def heat_command(
    points: PointsArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help=".tif | .png | .gpkg | .geojson", show_default=False)
    ],
    bandwidth: Annotated[
        str,
        typer.Option(
            "--bandwidth-m",
            help=tr(
                "核半径（高斯核为 σ），米；或 auto、silverman、likelihood、neighbours 由点推荐并说明理由",
                "kernel radius (sigma of a Gaussian), metres; or auto, silverman, likelihood, neighbours",
            ),
        ),
    ] = "150",
    cell_m: Annotated[float, typer.Option("--cell-m", help=tr("方格边长（米）", "cell side, metres"))] = 10.0,
    kernel: Annotated[str, typer.Option("--kernel", help="quartic | gaussian")] = "quartic",
    weight: Annotated[
        str | None, typer.Option("--weight", help=tr("严重程度等权重所在的列", "column with weights"))
    ] = None,
    date_column: Annotated[
        str | None,
        typer.Option(
            "--date-column", help=tr("按时间衰减：日期所在的列", "column with dates, for a decay by age")
        ),
    ] = None,
    now: Annotated[
        str | None, typer.Option("--now", help=tr("衰减算到哪一天", "the day from which age counts"))
    ] = None,
    half_life_days: Annotated[
        float, typer.Option("--half-life-days", help=tr("半衰期（天）", "days in which a weight halves"))
    ] = 28.0,
    study: Annotated[
        Path | None,
        typer.Option("--study", help=tr("研究范围（面）；范围外不算", "polygons to study; nothing outside")),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            "--mask",
            help=tr("水面、无人区（面），不研究", "polygons that hold no problem: water, empty land"),
        ),
    ] = None,
    edge: Annotated[
        str | None,
        typer.Option(
            "--edge",
            help=tr(
                "边界校正：none | flat（均匀的点密度均匀，给了 --study 时的默认）| mass（总数守恒）",
                "edge correction: none | flat (even points stay even; the default with --study) | mass (keeps the total)",
            ),
        ),
    ] = None,
    contours: Annotated[
        Path | None,
        typer.Option(
            "--contours", help=tr("另写分级面：.gpkg | .geojson", "also write the classes: .gpkg | .geojson")
        ),
    ] = None,
    limits: Annotated[
        str | None,
        typer.Option(
            "--limits",
            help=tr("分级下限，如 20,50,100；不写则取整数", "lower class limits, such as 20,50,100"),
        ),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(
            "--network",
            help=tr(
                "沿线密度（处/公里）：线文件或地名库；结果写 .gpkg | .geojson | .parquet",
                "density along lines (per km): a file of lines or a gazetteer; result .gpkg | .geojson | .parquet",
            ),
        ),
    ] = None,
    line_classes: Annotated[
        str,
        typer.Option(
            "--line-class",
            help=tr(
                "用哪些线：road,water,rail；不同类的线不相通",
                "which lines: road,water,rail; classes never meet",
            ),
        ),
    ] = "road",
    snap_m: Annotated[
        float,
        typer.Option("--snap-m", help=tr("离线多远以内算在线上（米）", "how far off a line counts, metres")),
    ] = 40.0,
    lixel_m: Annotated[
        float, typer.Option("--lixel-m", help=tr("每段多长（米）", "longest piece, metres"))
    ] = 20.0,
    threads: Annotated[
        int, typer.Option("--threads", min=1, max=64, help=tr("用几个处理器", "processors to use"))
    ] = 1,
    crs: CrsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the density; lines weigh 1 along their length."""
    from geodata.errors import QingtuError
    from service.cli.heat_inputs import problem_weights
    from service.cli.heat_run import HeatWish, heat_over_area, heat_over_lines, stated_limits
    from service.cli.point_rows import places, read_rows

    try:
        wish = HeatWish(
            out=out, bandwidth=bandwidth, cell_m=cell_m, kernel=kernel, edge=edge, study=study, mask=mask,
            contours=contours, limits=stated_limits(limits), network=network,
            line_classes=tuple(line_classes.split(",")), snap_m=snap_m, lixel_m=lixel_m, threads=threads,
        )  # fmt: skip
        with progress_bar(tr("核密度", "density")):
            rows = read_rows(points)
            found = places(rows, crs=crs)
            weights = problem_weights(
                rows.iloc[found.kept], column=weight, date_column=date_column, now=now,
                half_life_days=half_life_days,
            )  # fmt: skip
            run = heat_over_area if network is None else heat_over_lines
            answer = run(wish, found, weights)
    except (QingtuError, ValueError) as error:
        fail(said(error))
    if as_json:
        answer_json(answer.figures)
        return
    for line in answer.words:
        say(line)
    say(tr("写入 ", "written: ") + "、".join(answer.figures["files"]))
