"""`qingtu hotspots`: where it is dense, and where that is no chance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import answer_json, fail, say
from service.cli.heat import CrsOption, JsonOption, PointsArgument, box_around
from service.words import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geodata.patterns import HotSpots


def register(app: typer.Typer) -> None:
    """Add the command `hotspots`."""
    app.command(
        "hotspots",
        help=tr(
            "热点与冷点：Getis-Ord Gi*，按错误发现率（FDR）判定，写成方格面或表。\n\n"
            "例：qingtu hotspots 问题.gpkg --cell-m 100 --distance-m 200 --zones 边界.gpkg --out 热点.gpkg",
            "Hot and cold spots: Getis-Ord Gi* at a false discovery rate, as cells or table.\n\n"
            "Example: qingtu hotspots problems.gpkg --cell-m 100 --distance-m 200 --out hot.gpkg",
        ),
    )(hotspots_command)


def hotspots_command(
    points: PointsArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help=".gpkg | .geojson | .parquet | .csv", show_default=False)
    ],
    cell_m: Annotated[
        float, typer.Option("--cell-m", help=tr("方格边长（米）", "cell side, metres"))
    ] = 100.0,
    distance_m: Annotated[
        float, typer.Option("--distance-m", help=tr("邻域半径（米）", "neighbourhood radius, metres"))
    ] = 200.0,
    rate: Annotated[float, typer.Option("--fdr", help=tr("错误发现率", "false discovery rate"))] = 0.05,
    zones: Annotated[
        Path | None,
        typer.Option(
            "--zones", "-z", help=tr("只研究社区边界以内的方格", "study only cells inside the communities")
        ),
    ] = None,
    crs: CrsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one row per studied cell: count, z, p, label (1 hot, -1 cold)."""
    from geodata.errors import QingtuError
    from geodata.patterns import hot_spots
    from geodata.zones import ZoneTree
    from maps.heat import weighted_points
    from service.cli.hotspots_files import write_spots
    from service.cli.point_rows import places, read_rows

    if out.suffix.lower() not in (".gpkg", ".geojson", ".parquet", ".csv"):
        fail(
            tr(
                f"结果写成 .gpkg .geojson .parquet 或 .csv，不能是 {out.name}",
                f"unknown result format {out.name}",
            )
        )
    try:
        tree = ZoneTree.read(zones, crs=crs) if zones else None
        found = places(read_rows(points), crs=tree.crs if tree else crs)
        xy, weights = weighted_points(list(found.shapes))
        box = (
            tuple(map(float, tree.community.total_bounds))
            if tree
            else box_around(xy, margin_m=0.0, cell_m=cell_m)
        )
        studied = _studied(tree, box, cell_m) if tree else None
        hot = hot_spots(
            xy, bounds=box, cell_m=cell_m, distance_m=distance_m, weights=weights, studied=studied, rate=rate
        )
        write_spots(out, hot.squares(crs=found.crs))
    except (QingtuError, ValueError) as error:
        fail(str(error))
    _report_hot(hot, out, rate=rate, as_json=as_json)


def _studied(tree: Any, box: tuple[float, ...], cell_m: float) -> NDArray[np.bool_]:
    from geodata.patterns import CellFrame

    frame = CellFrame.over(box, cell_m=cell_m)
    inside: NDArray[np.bool_] = tree.snapshot().levels["community"].zones.positions(*frame.centres().T) >= 0
    return inside.reshape(frame.shape)


def _report_hot(hot: HotSpots, out: Path, *, rate: float, as_json: bool) -> None:
    figures = {
        "cells": int(hot.studied.sum()),
        "hot": int((hot.verdict == 1).sum()),
        "cold": int((hot.verdict == -1).sum()),
        "counted": float(hot.counts[hot.studied].sum()),
        "fdr": rate,
        "file": str(out),
    }
    if as_json:
        answer_json(figures)
        return
    say(
        tr(
            f"研究 {figures['cells']} 格：热点 {figures['hot']} 格，冷点 {figures['cold']} 格（FDR {rate:g}）；写入 {out}",
            f"{figures['cells']} cells studied: {figures['hot']} hot, {figures['cold']} cold (FDR {rate:g}); written to {out}",
        )
    )
