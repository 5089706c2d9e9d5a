"""`qingtu hotspots`: where it is dense, and where that is no chance."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import answer_json, fail, progress_bar, say
from service.cli.heat import CrsOption, JsonOption, PointsArgument
from service.words import said, tr

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.zones import ZoneTree
    from service.cli.hotspots_rows import Problems
    from service.cli.hotspots_units import Units

_DATED = ("emerging", "relapse")


class Method(StrEnum):
    """What is asked."""

    gi = "gi"
    moran = "moran"
    scan = "scan"
    emerging = "emerging"
    rates = "rates"
    relapse = "relapse"


class Ground(StrEnum):
    """What is judged."""

    cells = "cells"
    community = "community"
    grid = "grid"


class SpanMode(StrEnum):
    """Clusters that live on, or all."""

    prospective = "prospective"
    retrospective = "retrospective"


class TestName(StrEnum):
    """How p-values of Gi* are made."""

    exact = "exact"
    permutation = "permutation"


def register(app: typer.Typer) -> None:
    """Add the command `hotspots`."""
    app.command(
        "hotspots",
        help=tr(
            "热点与冷点，并说明是否可能只是偶然：Gi*（gi）、局部莫兰（moran）、时空扫描（scan）、逐周演变（emerging）、"
            "按基数的比率排名（rates）、反弹（relapse）。按错误发现率（FDR）判定，写成面、表或可离线打开的 .html 地图。\n\n"
            "例：qingtu hotspots 问题.gpkg --zones 边界.gpkg --out 热点.html\n\n"
            "例：qingtu hotspots 问题.csv --zones 边界.gpkg --by grid --exposure-column 门店数 --method rates --out 排名.csv\n\n"
            "例：qingtu hotspots 问题.gpkg --zones 边界.gpkg --method emerging --date-column 上报时间 --weeks 12 --out 演变.gpkg",
            "Hot and cold spots, and what may be chance: Gi*, local Moran, space-time scan, emerging, rates, relapse.\n\n"
            "Example: qingtu hotspots problems.gpkg --zones zones.gpkg --out hot.html",
        ),
    )(hotspots_command)


def hotspots_command(
    points: PointsArgument,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help=".gpkg | .geojson | .parquet | .csv | .html", show_default=False),
    ],
    method: Annotated[Method, typer.Option("--method", help=tr("方法", "method"))] = Method.gi,
    by: Annotated[
        Ground, typer.Option("--by", help=tr("评价单元：方格、社区或网格", "cells, communities or grids"))
    ] = Ground.cells,
    zones: Annotated[
        Path | None,
        typer.Option(
            "--zones",
            "-z",
            help=tr("边界文件；方格只取社区以内的", "zones; only cells inside the communities"),
        ),
    ] = None,
    cell_m: Annotated[
        float, typer.Option("--cell-m", help=tr("方格边长（米）", "cell side, metres"))
    ] = 100.0,
    distance_m: Annotated[
        float | None,
        typer.Option(
            "--distance-m",
            help=tr("邻域半径（米）；方格默认 200，社区和网格默认按相邻", "neighbourhood radius, metres"),
        ),
    ] = None,
    exposure_column: Annotated[
        str | None,
        typer.Option(
            "--exposure-column",
            help=tr("边界图层中的基数列（门店数、道路公里、人口）", "exposure column of the zones"),
        ),
    ] = None,
    exposure_points: Annotated[
        Path | None,
        typer.Option(
            "--exposure-points", help=tr("基数点（如全部门店），按单元计数", "points to count as exposure")
        ),
    ] = None,
    rate: Annotated[float, typer.Option("--fdr", help=tr("错误发现率", "false discovery rate"))] = 0.05,
    test: Annotated[TestName, typer.Option("--test", help=tr("Gi* 的检验", "test of Gi*"))] = TestName.exact,
    date_column: Annotated[
        str | None, typer.Option("--date-column", help=tr("上报时间的列", "column with the date"))
    ] = None,
    weeks: Annotated[
        int | None,
        typer.Option("--weeks", min=1, help=tr("只看最后几周；默认全部", "the last weeks only; default all")),
    ] = None,
    back: Annotated[
        int,
        typer.Option(
            "--back", min=0, help=tr("emerging：连同此前几周一起判断", "weeks before that count too")
        ),
    ] = 2,
    mode: Annotated[
        SpanMode, typer.Option("--mode", help=tr("scan：只找仍在持续的，或全部", "scan: alive now, or all"))
    ] = SpanMode.retrospective,
    follow_weeks: Annotated[
        bool,
        typer.Option(
            "--follow-weeks/--weeks-alike",
            help=tr(
                "scan：以每周总量为准，或假定各周相同", "scan: take weekly totals as given, or all alike"
            ),
        ),
    ] = True,
    most_radius_m: Annotated[
        float, typer.Option("--most-radius-m", help=tr("scan：最大半径（米）", "scan: largest radius"))
    ] = 1000.0,
    replicas: Annotated[
        int, typer.Option("--replicas", min=1, max=99_999, help=tr("scan：模拟次数", "scan: replicas"))
    ] = 999,
    closed_column: Annotated[
        str | None,
        typer.Option("--closed-column", help=tr("relapse：结案时间的列", "column with the closing time")),
    ] = None,
    kind_column: Annotated[
        str | None, typer.Option("--kind-column", help=tr("relapse：只算同一类别", "relapse: same kind only"))
    ] = None,
    radius_m: Annotated[
        float,
        typer.Option(
            "--relapse-radius-m", help=tr("relapse：多近算同一处（米）", "how near is the same place")
        ),
    ] = 50.0,
    window_days: Annotated[
        float, typer.Option("--window-days", help=tr("relapse：结案后多少天内", "days after closing"))
    ] = 30.0,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help=tr("随机种子；相同的种子得相同的结果", "random seed"))
    ] = 1,
    crs: CrsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one row per unit (or cluster), with `label` in words."""
    from geodata.errors import QingtuError
    from service.cli import hotspots_methods as methods
    from service.cli.hotspots_files import SUFFIXES, write_map, write_spots

    _check(method, by, out, (*SUFFIXES, ".html"), zones=zones, date_column=date_column, closed_column=closed_column,
           exposure_column=exposure_column)  # fmt: skip
    try:
        with progress_bar(tr("热点", "hot spots")):
            problems, units, tree = _read(
                points, zones, by=by, cell_m=cell_m, distance_m=distance_m, crs=crs,
                exposure_column=exposure_column, exposure_points=exposure_points,
            )  # fmt: skip
            runs: dict[str, Any] = {
                "gi": lambda: methods.gi(problems, units, rate=rate, test=test.value, seed=seed),
                "moran": lambda: methods.moran(problems, units, rate=rate, seed=seed),
                "rates": lambda: methods.rates(problems, units, rate=rate),
                "emerging": lambda: methods.emerging(
                    problems, units, date_column=date_column or "", weeks=weeks, rate=rate, back=back
                ),
                "scan": lambda: methods.clusters(
                    problems, units, date_column=date_column, weeks=weeks, rate=rate, seed=seed, replicas=replicas,
                    mode=mode.value, follow_weeks=follow_weeks, most_radius_m=most_radius_m,
                ),
                "relapse": lambda: methods.relapse(
                    problems, units, date_column=date_column or "", closed_column=closed_column or "",
                    kind_column=kind_column, radius_m=radius_m, window_days=window_days, rate=rate,
                ),
            }  # fmt: skip
            spots, facts = runs[method.value]()
            if out.suffix.lower() == ".html":
                write_map(out, spots, tree=tree, method=method.value, fdr=rate)
            else:
                write_spots(out, spots)
    except (QingtuError, ValueError) as error:
        fail(said(error))
    _report(spots, facts, problems, out, method=method.value, rate=rate, as_json=as_json)


def _check(
    method: Method, by: Ground, out: Path, suffixes: tuple[str, ...], *, zones: Path | None, date_column: str | None,
    closed_column: str | None, exposure_column: str | None,
) -> None:  # fmt: skip
    """Refuse what cannot work before any file is read."""
    if out.suffix.lower() not in suffixes:
        known = " ".join(suffixes)
        fail(tr(f"结果写成 {known}，不能是 {out.name}", f"unknown result format {out.name}: use {known}"))
    if by is not Ground.cells and zones is None:
        fail(tr("按社区或网格评价要写 --zones", "communities and grids need --zones"))
    if exposure_column and by is Ground.cells:
        fail(
            tr("--exposure-column 是社区或网格的列；方格用 --exposure-points", "cells take --exposure-points")
        )
    if method.value in _DATED and not date_column:
        fail(tr(f"{method.value} 要写 --date-column", f"{method.value} needs --date-column"))
    if method is Method.relapse and not closed_column:
        fail(tr("relapse 要写 --closed-column", "relapse needs --closed-column"))


def _read(
    points: Path, zones: Path | None, *, by: Ground, cell_m: float, distance_m: float | None, crs: int | None,
    exposure_column: str | None, exposure_points: Path | None,
) -> tuple[Problems, Units, ZoneTree | None]:  # fmt: skip
    from geodata.zones import ZoneTree
    from service.cli.hotspots_rows import read_problems
    from service.cli.hotspots_units import box_around, cells_over, zones_of
    from service.cli.point_rows import read_rows

    tree = ZoneTree.read(zones, crs=crs) if zones else None
    problems = read_problems(read_rows(points), crs=tree.crs if tree else crs)
    exposed = (
        read_problems(read_rows(exposure_points), crs=problems.crs).middles()
        if exposure_points is not None
        else None
    )
    if by is not Ground.cells and tree is not None and zones is not None:
        units = zones_of(
            zones,
            tree,
            by="grid" if by is Ground.grid else "community",
            exposure_column=exposure_column,
            distance_m=distance_m,
            exposed=exposed,
        )
        return problems, units, tree
    box: Any = tree.community.total_bounds if tree else box_around(problems.middles(), cell_m=cell_m)
    reach = 200.0 if distance_m is None else distance_m
    return (
        problems,
        cells_over(box, cell_m=cell_m, distance_m=reach, tree=tree, crs=problems.crs, exposed=exposed),
        tree,
    )


def _report(
    spots: gpd.GeoDataFrame,
    facts: dict[str, Any],
    problems: Problems,
    out: Path,
    *,
    method: str,
    rate: float,
    as_json: bool,
) -> None:
    labels = {str(label): int(count) for label, count in spots["label"].value_counts().items()}
    verdict = spots["verdict"] if "verdict" in spots else spots["pattern"]
    figures = {
        "method": method, "units": len(spots), "cells": len(spots), "hot": int((verdict == "hot").sum()),
        "cold": int((verdict == "cold").sum()), "fdr": rate, "rows": len(problems.shapes),
        "without_place": problems.without_place, "labels": labels, "file": str(out),
    } | facts  # fmt: skip
    if as_json:
        answer_json(figures)
        return
    found = "，".join(f"{label} {count}" for label, count in labels.items()) or tr("没有", "none")
    left = (
        tr(
            f"（另有 {problems.without_place} 行没有位置）",
            f" ({problems.without_place} rows without a place)",
        )
        if problems.without_place
        else ""
    )
    say(
        tr(
            f"{len(problems.shapes)} 件{left}，FDR {rate:g}：{found}",
            f"{len(problems.shapes)} problems{left}, FDR {rate:g}: {found}",
        )
    )
    say(tr("写入 ", "written: ") + str(out))
