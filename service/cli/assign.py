"""`qingtu assign`: whose is each place of a file; lines and areas are cut at the borders."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import answer_json, fail, progress_bar, say
from service.cli.zones import CodeColumn, Crs
from service.words import said, tr

if TYPE_CHECKING:
    from geodata.zones.model import Level


OnDay = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help=tr(
            "按这一天有效的边界；不写：没有终止日期的边界",
            "the day whose borders count; else those without an end",
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command `assign`."""
    app.command("assign", help=_assign_help())(assign_command)


def _assign_help() -> str:
    return tr(
        "给每个点加上 zone（所属区划代码）、border_m（到最近边界的米数）、flag（near_border 靠近边界，just_outside 紧挨边界外侧，"
        "outside 界外）、nearest_zone（紧挨边界外侧的点最近的区划）；GeoPackage 里的线和面按边界切开，一段一行。"
        "点的坐标列为 x、y（边界的坐标系）或 lon、lat（WGS84）。边界文件有线状权属（linear_owner）时，线和面另有"
        " owner（渠、铁路等的权属代码）、owner_share（它占整条线的份额）。\n\n"
        "例：qingtu assign 点.parquet --zones 边界.gpkg --out 结果.parquet",
        "Add `zone`, `border_m`, `flag` (near_border, just_outside, outside) and `nearest_zone` (of points just"
        " outside) to every point; lines and areas of a GeoPackage are cut at borders, one"
        " row per piece. Points have x, y (the zones' CRS) or lon, lat (WGS84)."
        " With linear owners in the zone file lines and areas get `owner` and `owner_share` (of the whole).\n\n"
        "Example: qingtu assign points.parquet --zones zones.gpkg --out out.parquet",
    )


def assign_command(
    points: Annotated[
        Path,
        typer.Argument(
            help=tr("点：.parquet .csv；点、线、面：.gpkg .geojson", "places"), show_default=False
        ),
    ],
    zones: Annotated[
        Path, typer.Option("--zones", "-z", help=tr("边界文件", "zone file"), show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help=tr("结果 .parquet .csv .gpkg", "result"), show_default=False)
    ],
    level: Annotated[str, typer.Option("--level", help="community | grid | subdistrict")] = "community",
    on: OnDay = None,
    code_column: CodeColumn = "code",
    crs: Crs = None,
    side_column: Annotated[
        str | None,
        typer.Option(
            "--side-column",
            help=tr(
                "写明侧或岸的列（东侧、左岸、两岸、中间……），按线状权属分岸",
                "column with the side (E, left, both, middle …): banks of linear owners",
            ),
        ),
    ] = None,
    line_column: Annotated[
        str | None,
        typer.Option(
            "--line-column",
            help=tr("写明是哪条线的列；不写取最近的", "column with the line's name; else the nearest"),
        ),
    ] = None,
    tolerance_m: Annotated[
        float,
        typer.Option(
            "--tolerance-m",
            min=0.0,
            help=tr("离边界多近的点要标出来（米）", "flag points this near to a border, metres"),
        ),
    ] = 20.0,
    as_json: Annotated[
        bool, typer.Option("--json", help=tr("以 JSON 输出统计", "answer the counts as JSON"))
    ] = False,
) -> None:
    """Write every row with its zone; lines and areas give one row per piece."""
    from geodata.errors import QingtuError
    from geodata.zones.model import LEVELS
    from service.cli.assign_rows import assign_file

    if level not in LEVELS:
        fail(
            tr(
                f"没有层级 {level}，可用：community、grid、subdistrict",
                f"no level {level}: community, grid, subdistrict",
            )
        )
    chosen: Level = level
    try:
        with progress_bar(tr("归属", "assigning")):
            counts = assign_file(
                points,
                zones,
                out,
                level=chosen,
                on=on.date() if on else None,
                code_column=code_column,
                crs=crs,
                tolerance_m=tolerance_m,
                side_column=side_column,
                line_column=line_column,
            )
    except QingtuError as error:
        fail(said(error))
    if as_json:
        answer_json(counts)
        return
    say(
        tr(
            f"{counts['rows']} 行 → {counts['written']} 行：界内 {counts['inside']}，界外 {counts['outside']}"
            f"（其中紧挨边界 {counts['just_outside']}），靠近边界 {counts['near_border']}，没有坐标 {counts['without_place']}；写入 {out}（{counts['rows_per_s']:,.0f} 行/秒）",
            f"{counts['rows']} rows -> {counts['written']}: inside {counts['inside']}, outside {counts['outside']}"
            f" (just outside {counts['just_outside']}), near a border {counts['near_border']}, without a place {counts['without_place']}; written to {out} ({counts['rows_per_s']:,.0f} rows/s)",
        )
    )
