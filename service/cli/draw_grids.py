"""`qingtu zones draw-grids`: a draft of grids along roads and waters for an office that has none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import answer_json, fail, progress_bar, say
from service.words import language, said, tr

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.zones import Level
    from geodata.zones.drawing.drawn import DrawnGrids
    from geodata.zones.drawing.work import Work

_MEASURES = ("points", "road", "area")


def register(group: typer.Typer) -> None:
    """Add the command `draw-grids` to the group `zones`."""
    group.command("draw-grids", help=_help())(draw_command)


def _help() -> str:
    return tr(
        "给没有网格的办事处画一份网格草图：沿道路、水系、铁路、围墙把社区分成街块，再把相邻街块并成工作量大致相等的网格；"
        "编号自北向南逐行、每行自西向东，代码是社区代码加三位数字。结果标明草图、非官方。\n\n"
        "例：qingtu zones draw-grids 社区.gpkg --gazetteer 地名库.qgz --points 问题.csv --count 60 --out 网格.gpkg",
        "Draw a draft of grids along roads, waters, railways and walls, with about equal work; codes are the"
        " community's code and three digits. The result is marked unofficial.\n\n"
        "Example: qingtu zones draw-grids communities.gpkg --lines roads.gpkg --count 60 --out grids.gpkg",
    )


def draw_command(
    communities: Annotated[Path, typer.Argument(help=tr("社区边界", "communities"), show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help=tr("结果 .gpkg", "result"), show_default=False)],
    lines: Annotated[
        Path | None,
        typer.Option("--lines", help=tr("道路、水系、铁路、围墙线", "roads, waters, railways, walls")),
    ] = None,
    gazetteer: Annotated[
        Path | None, typer.Option("--gazetteer", "-g", help=tr("或：地名库", "or a gazetteer"))
    ] = None,
    per_grid: Annotated[
        float | None,
        typer.Option("--per-grid", help=tr("每个网格的工作量（件、米、平方米）", "work per grid")),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", help=tr("或：一共几个网格", "or the number of grids"))
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(
            "--points", help=tr("工作量：问题或场所（.csv .gpkg .parquet）", "work: problems or places")
        ),
    ] = None,
    weight: Annotated[
        str | None, typer.Option("--weight-column", help=tr("每行的权重列", "column with a row's weight"))
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help=tr("工作量按什么算：points | road | area", "work by: points | road | area")
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help=tr("草图图片（.png .svg .html）", "picture"))
    ] = None,
    code_column: Annotated[str, typer.Option("--code-column", help=tr("代码列", "code column"))] = "code",
    crs: Annotated[int | None, typer.Option("--crs", help=tr("投影坐标系 EPSG 代码", "EPSG code"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=tr("以 JSON 输出", "answer as JSON"))] = False,
) -> None:
    """Write communities and grids; exit 1 with the reason if none can be drawn."""
    from geodata.errors import QingtuError
    from geodata.zones.drawing.drawn import fitted_parents
    from geodata.zones.drawing.grids import draw_grids
    from geodata.zones.reading.files import write_layers
    from geodata.zones.reading.owner_files import write_owners
    from geodata.zones.tree import ZoneTree

    if out.suffix.lower() != ".gpkg":
        fail(tr(f"网格写成 .gpkg，不能是 {out.name}", f"grids are written as .gpkg, not {out.name}"))
    if (lines is None) == (gazetteer is None):
        fail(tr("给 --lines 或 --gazetteer 其中之一", "give either --lines or --gazetteer"))
    if (per_grid is None) == (count is None):
        fail(tr("给 --per-grid 或 --count 其中之一", "give either --per-grid or --count"))
    measure = by or ("points" if points else "area")
    if measure not in _MEASURES or (measure == "points") != (points is not None):
        fail(
            tr(
                "--by 是 points、road 或 area；points 要有 --points",
                "--by is points (with --points), road or area",
            )
        )
    try:
        with progress_bar(tr("画网格", "drawing grids")):
            tree = ZoneTree.read(communities, crs=crs, code_column=code_column)
            layers = tree.on(None)
            border_lines = _lines(lines, gazetteer, tree.crs)
            work, without_place = _work(measure, points, weight, tree.crs)
            drawn = draw_grids(layers["community"], border_lines, work, per_grid=per_grid, count=count)
            above = fitted_parents(layers["subdistrict"], drawn.community)
            whole: dict[Level, gpd.GeoDataFrame] = {
                "subdistrict": above,
                "community": drawn.community,
                "grid": drawn.grid,
            }
            ZoneTree(community=drawn.community, grid=drawn.grid, subdistrict=above if len(above) else None)
            write_layers(whole, out)
            write_owners(tree.owners, out)
        if picture is not None:
            _draw(picture, drawn, border_lines, name=communities.stem)
    except (QingtuError, ValueError) as error:
        fail(tr("画不了网格：", "grids cannot be drawn: ") + said(error))
    if as_json:
        answer_json(_as_json(drawn, measure, without_place))
    else:
        _print(drawn, out, without_place)


def _lines(lines: Path | None, gazetteer: Path | None, crs: int) -> gpd.GeoDataFrame:
    from service.cli.border_lines import lines_of_file, lines_of_gazetteer

    if lines is not None:
        return lines_of_file(lines, crs=crs)
    assert gazetteer is not None
    return lines_of_gazetteer(gazetteer, crs=crs)


def _work(measure: str, points: Path | None, weight: str | None, crs: int) -> tuple[Work, int]:
    """Return the work, and how many rows of the file have no place."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    from geodata.crs import epsg_of, reproject
    from geodata.errors import FrameError
    from geodata.zones.drawing.work import Work
    from service.cli.point_rows import coordinates, read_rows

    if measure != "points":
        return Work("road_m" if measure == "road" else "area_m2"), 0
    assert points is not None
    rows = read_rows(points)
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = reproject(np.asarray(rows.geometry.array, dtype=object), epsg_of(rows.crs), crs)
        middle = shapely.point_on_surface(shapes)
        xy = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    else:
        xy = coordinates(rows, crs=crs)
    there = np.isfinite(xy).all(axis=1)
    if weight is None:
        return Work("points", xy[there]), int((~there).sum())
    if weight not in rows.columns:
        columns = "、".join(map(str, rows.columns))
        raise FrameError(
            tr(f"没有权重列 {weight}，现有 {columns}", f"no column {weight}; there are {columns}")
        )
    weights = pd.to_numeric(rows[weight], errors="coerce").to_numpy(dtype=float)
    return Work("points", xy[there], weights[there]), int((~there).sum())


def _draw(picture: Path, drawn: DrawnGrids, lines: gpd.GeoDataFrame, *, name: str) -> None:
    from geodata.zones.drawing.drawn import NOTE
    from maps.grid_figure import drawn_grids_figure
    from maps.picture_file import write_picture

    title = tr(f"网格草图：{name}", f"Draft of grids: {name}")
    note = tr(NOTE, "Draft: drawn along roads and waters, reviewed by nobody, unofficial")
    figure = drawn_grids_figure(drawn, lines, title=title, note=note, lang=language.get())
    write_picture(figure, picture, title=title)


def _as_json(drawn: DrawnGrids, measure: str, without_place: int) -> dict[str, Any]:
    return {
        "grids": len(drawn.grid),
        "by": measure,
        "work_outside": drawn.left_out,
        "without_place": without_place,
        "communities": [
            {"code": p.code, "grids": p.grids, "wanted": p.wanted, "blocks": p.blocks, "work": p.work,
             "max_to_mean": round(p.load_ratio, 4), "borders_on_lines": round(p.on_lines, 4),
             "straight_m": round(p.straight_m, 1)}
            for p in drawn.plans
        ],
    }  # fmt: skip


def _print(drawn: DrawnGrids, out: Path, without_place: int) -> None:
    say(
        tr(f"草图：{len(drawn.grid)} 个网格，写入 {out}", f"draft: {len(drawn.grid)} grids, written to {out}")
    )
    for plan in drawn.plans:
        short = plan.grids < plan.wanted
        say(
            tr(
                f"  {plan.code}：{plan.grids} 个网格（{plan.blocks} 个街块），工作量 {plan.work:,.0f}，最大是平均的 "
                f"{plan.load_ratio:.2f} 倍，边界沿线 {plan.on_lines:.0%}",
                f"  {plan.code}: {plan.grids} grids ({plan.blocks} blocks), work {plan.work:,.0f}, largest "
                f"{plan.load_ratio:.2f} x the mean, {plan.on_lines:.0%} of borders along lines",
            )
            + (
                tr(f"（要 {plan.wanted} 个，街块不够）", f" ({plan.wanted} wanted: too few blocks)")
                if short
                else ""
            )
        )
    if drawn.left_out:
        say(
            tr(
                f"  社区以外的工作量：{drawn.left_out:,.0f}",
                f"  work outside the communities: {drawn.left_out:,.0f}",
            )
        )
    if without_place:
        say(tr(f"  没有坐标的行：{without_place}", f"  rows without a place: {without_place}"))
    say(tr("未经审定，非官方。", "Reviewed by nobody, unofficial."))
