"""`qingtu zones check`: are the borders sound, and what of them can be mended; the group `zones`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import border_changes, draw_grids, drawings, from_bounds
from service.cli.console import answer_json, fail, say
from service.cli.zone_words import print_repair, print_report, repair_json, report_json
from service.words import language, said, tr

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.zones.checking.defects import ZoneReport
    from geodata.zones.model import Level


def register(app: typer.Typer) -> None:
    """Add the command group `zones`."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr("边界：检查、修复、画网格草图、调整", "zones: check, repair, draw grids, change"),
    )
    group.command("check", help=_check_help())(check_command)
    draw_grids.register(group)
    from_bounds.register(group)
    border_changes.add_commands(group)
    drawings.add_commands(group)
    app.add_typer(group, name="zones")


def _check_help() -> str:
    return tr(
        "检查边界文件（GeoPackage、GeoJSON、Shapefile、KML、KMZ、DXF，可压缩成 zip）：坐标系、代码、日期、无效图形、重叠、缝隙、狭条、空洞、"
        "重复，下级是否正好铺满上级，附面积；不能用时退出码为 1。\n\n"
        "例：qingtu zones check 边界.gpkg --repair 修复.gpkg --picture 缺陷.png",
        "Check a zone file: CRS, codes, days, invalid rings, overlaps, gaps, slivers, holes, repeats, whether"
        " children tile their parents; exit 1 if it cannot be used.\n\n"
        "Example: qingtu zones check zones.gpkg --repair mended.gpkg --picture defects.png",
    )


CodeColumn = Annotated[
    str, typer.Option("--code-column", help=tr("代码列的列名", "column with the zones' codes"))
]
Crs = Annotated[
    int | None,
    typer.Option(
        "--crs",
        help=tr(
            "工作用的投影坐标系 EPSG 代码；文件没写坐标系时即指它的",
            "EPSG code to work in, or of a file without CRS",
        ),
    ),
]


def check_command(
    file: Annotated[Path, typer.Argument(help=tr("边界文件", "zone file"), show_default=False)],
    repair: Annotated[
        Path | None,
        typer.Option("--repair", help=tr("修复后写到（.gpkg）", "write mended zones here (.gpkg)")),
    ] = None,
    limit_ha: Annotated[
        float,
        typer.Option(
            "--limit-ha",
            min=0.0,
            help=tr(
                "修复：大于几公顷的重叠、缝隙不动，留给人定", "repair: larger overlaps and gaps are left"
            ),
        ),
    ] = 1.0,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help=tr("缺陷图（.png .svg .html）", "picture of the defects")),
    ] = None,
    gazetteer: Annotated[
        Path | None,
        typer.Option(
            "--gazetteer",
            help=tr(
                "地名库：对照道路水系，看边界是否画在偏移坐标上", "compare borders with roads (GCJ-02, BD-09)"
            ),
        ),
    ] = None,
    code_column: CodeColumn = "code",
    crs: Crs = None,
    datum: Annotated[
        str,
        typer.Option(
            "--datum",
            help=tr(
                "经纬度的坐标系：wgs84、gcj02（奥维、高德底图）、bd09（百度）",
                "datum of degrees: wgs84, gcj02, bd09",
            ),
        ),
    ] = "wgs84",
    every: Annotated[
        bool, typer.Option("--all", help=tr("列出全部缺陷、全部改动", "list every defect and change"))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=tr("以 JSON 输出", "answer as JSON"))] = False,
) -> None:
    """Report defects with areas; exit 1 if the zones (after repair, if asked) cannot be used."""
    from geodata.crs import epsg_of
    from geodata.errors import QingtuError
    from geodata.zones.checking.checks import check_zones
    from geodata.zones.reading.files import projected, read_raw, write_raw
    from geodata.zones.reading.owner_files import write_raw_owners
    from geodata.zones.repair.repair import repair_zones

    _require_suffix(repair, (".gpkg",))
    _require_suffix(picture, (".png", ".svg", ".html"))
    try:
        raw = read_raw(file, datum=datum)
        layers = projected(raw, crs=crs, name=file.name)
        owners = _owners(file, crs=epsg_of(layers["community"].crs), stated=crs)
        report = check_zones(layers, code=code_column, owners=owners)
        signs = _datum_signs(layers, gazetteer)
        result, after = None, report
        if repair is not None:
            result = repair_zones(layers, code=code_column, limit_m2=limit_ha * 1e4)
            write_raw(result.layers, repair)
            if owners is not None:
                write_raw_owners(owners, repair)
            after = check_zones(result.layers, code=code_column, owners=owners)
        if picture is not None:
            _draw(picture, layers, report, name=file.name)
    except QingtuError as error:
        fail(tr("边界文件不能用：", "the zone file cannot be used: ") + said(error))
    if as_json:
        answer_json({**report_json(report), **repair_json(result), "crs": epsg_of(layers["community"].crs),
                     "datum": signs, "usable_after_repair": after.usable})  # fmt: skip
    else:
        say(_crs_line(raw, layers))
        print_report(file.name, report, every=every)
        for words in signs:
            say(f"  ? {words}")
        if repair is not None and result is not None:
            say("")
            print_repair(result, repair, every=every)
            print_report(repair.name, after, every=every)
        if picture is not None:
            say(tr(f"缺陷图写入 {picture}", f"picture written to {picture}"))
    if not after.usable:
        raise typer.Exit(1)


def _owners(file: Path, *, crs: int, stated: int | None) -> gpd.GeoDataFrame | None:
    """Return the linear owners of a zone file as they stand there, in the zones' CRS; None without."""
    from geodata.zones.reading.owner_files import projected_owners, read_raw_owners

    raw = read_raw_owners(file)
    return None if raw is None else projected_owners(raw, crs=crs, stated=stated, name=file.name)


def _require_suffix(path: Path | None, accepted: tuple[str, ...]) -> None:
    if path is not None and path.suffix.lower() not in accepted:
        kinds = " ".join(accepted)
        fail(tr(f"只能写成 {kinds}，不能是 {path.name}", f"written as {kinds}, not {path.name}"))


def _crs_line(raw: Mapping[Level, gpd.GeoDataFrame], layers: Mapping[Level, gpd.GeoDataFrame]) -> str:
    from geodata.crs import epsg_of

    target = epsg_of(layers["community"].crs)
    if raw["community"].crs is None:
        return tr(f"文件没有坐标系，按 EPSG:{target} 读", f"the file has no CRS; read as EPSG:{target}")
    source = epsg_of(raw["community"].crs)
    if source == target:
        return tr(f"坐标系 EPSG:{target}", f"CRS EPSG:{target}")
    words = f"EPSG:{source} → EPSG:{target}"
    return tr(f"坐标系 {words}（换成米检查）", f"CRS {words} (checked in metres)")


def _datum_signs(layers: Mapping[Level, gpd.GeoDataFrame], gazetteer: Path | None) -> list[str]:
    if gazetteer is None:
        return []
    import numpy as np

    from geodata.crs import epsg_of
    from geodata.zones.reading.crs_signs import datum_sign
    from geodata.zones.repair.rebuild import rebuilt
    from service.cli.border_lines import lines_of_gazetteer

    frame = layers["community"]
    epsg = epsg_of(frame.crs)
    lines = lines_of_gazetteer(gazetteer, crs=epsg)
    sign = datum_sign(rebuilt(np.asarray(frame.geometry.array, dtype=object)), epsg, list(lines.geometry))
    return [tr(sign.said.zh, sign.said.en)] if sign else []


def _draw(picture: Path, layers: Mapping[Level, gpd.GeoDataFrame], report: ZoneReport, *, name: str) -> None:
    from geodata.crs import epsg_of
    from maps.figures import zone_defects_figure
    from maps.picture_file import write_picture

    title = tr(f"边界检查：{name}", f"Zone check: {name}")
    note = f"{tr('清图', 'Qingtu')} · EPSG:{epsg_of(layers['community'].crs)}"
    figure = zone_defects_figure(layers, report, title=title, note=note, lang=language.get())
    write_picture(figure, picture, title=title)
