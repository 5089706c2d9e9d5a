"""`qingtu zones check`: are the borders sound, and what of them can be mended."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli import border_changes
from service.cli.console import answer_json, fail, say
from service.words import language, tr

if TYPE_CHECKING:
    from geodata.zones.checks import ZoneDefect, ZoneReport

_SHOWN = 5
_LEVEL_WORDS = {
    "subdistrict": ("街道", "subdistrict"),
    "community": ("社区", "community"),
    "grid": ("网格", "grid"),
}


def register(app: typer.Typer) -> None:
    """Add the command group `zones`."""
    group = typer.Typer(no_args_is_help=True, help=tr("边界：检查、修复", "zones: check, repair"))
    group.command("check", help=_check_help())(check_command)
    border_changes.add_commands(group)
    app.add_typer(group, name="zones")


def _check_help() -> str:
    return tr(
        "检查边界文件：无效图形、重叠、缝隙、狭条、空洞、代码与上级，附面积；不能用时退出码为 1。\n\n"
        "例：qingtu zones check 边界.gpkg --repair 修复.gpkg",
        "Check a zone file: invalid rings, overlaps, gaps, slivers, holes, codes, parents; exit 1 if it"
        " cannot be used.\n\nExample: qingtu zones check zones.gpkg --repair mended.gpkg",
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
    code_column: CodeColumn = "code",
    crs: Crs = None,
    every: Annotated[bool, typer.Option("--all", help=tr("列出全部缺陷", "list every defect"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=tr("以 JSON 输出", "answer as JSON"))] = False,
) -> None:
    """Report defects with areas; exit 1 if the zones (after repair, if asked) cannot be used."""
    from geodata.errors import QingtuError
    from geodata.zones.checks import check_zones
    from geodata.zones.files import read_projected, write_raw
    from geodata.zones.repair import repair_zones

    if repair is not None and repair.suffix.lower() != ".gpkg":
        fail(
            tr(
                f"修复结果写成 .gpkg，不能是 {repair.name}",
                f"mended zones are written as .gpkg, not {repair.name}",
            )
        )
    try:
        layers = read_projected(file, crs=crs)
        report = check_zones(layers, code=code_column)
        changes: list[dict[str, Any]] = []
        after = report
        if repair is not None:
            mended, repairs = repair_zones(layers, code=code_column)
            changes = [
                {"level": r.level, "code": r.code, "words": r.words, "area_change_m2": r.area_change_m2}
                for r in repairs
            ]
            write_raw(mended, repair)
            after = check_zones(mended, code=code_column)
    except QingtuError as error:
        fail(tr("边界文件不能用：", "the zone file cannot be used: ") + str(error))
    if as_json:
        answer_json({**_as_json(report), "repairs": changes, "usable_after_repair": after.usable})
    else:
        _print_report(file.name, report, every=every)
        if repair is not None:
            say(
                tr(
                    f"\n修复 {len(changes)} 处，写入 {repair}；修复后：",
                    f"\nmended {len(changes)} places, written to {repair}; now:",
                )
            )
            _print_report(repair.name, after, every=every)
    if not after.usable:
        raise typer.Exit(1)


def _as_json(report: ZoneReport) -> dict[str, Any]:
    return {
        "usable": report.usable,
        "zones": dict(report.zones),
        "totals": [
            {"level": level, "kind": kind, "count": count, "area_m2": round(area, 3)}
            for (level, kind), (count, area) in report.totals().items()
        ],
        "defects": [
            {"level": d.level, "kind": d.kind, "codes": d.codes, "area_m2": round(d.area_m2, 6), "words": d.words,
             "fatal": d.fatal, "wkt": d.geometry.wkt if d.geometry is not None else None}
            for d in report.defects
        ],
    }  # fmt: skip


def _print_report(name: str, report: ZoneReport, *, every: bool) -> None:
    from geodata.zones.checks import DEFECT_WORDS

    english = language.get() == "en"
    counts = "，".join(f"{_level(level)} {count}" for level, count in report.zones.items())
    say(f"{name}：{counts}")
    for (level, kind), (count, area) in report.totals().items():
        words = DEFECT_WORDS[kind][english]
        say(
            f"  {_level(level)} {words}: {count}"
            + (tr(f" 处，{_area(area)}", f", {_area(area)}") if area else tr(" 处", ""))
        )
    shown = report.defects if every else _largest(report)
    for defect in shown:
        say(f"  {'✗' if defect.fatal else '·'} [{_level(defect.level)}] {defect.words}")
    if len(shown) < len(report.defects):
        rest = len(report.defects) - len(shown)
        say(tr(f"  …… 还有 {rest} 处（--all 全部列出）", f"  … {rest} more (--all lists them)"))
    if report.usable:
        say(tr("可以使用。", "Can be used."))
    else:
        say(tr("不能使用：先改正标 ✗ 的缺陷。", "Cannot be used: mend the defects marked ✗ first."))


def _largest(report: ZoneReport) -> list[ZoneDefect]:
    """Return the first few defects of every kind; they come with the largest first."""
    seen: Counter[tuple[str, str]] = Counter()
    shown = []
    for defect in report.defects:
        seen[defect.level, defect.kind] += 1
        if seen[defect.level, defect.kind] <= _SHOWN:
            shown.append(defect)
    return shown


def _level(level: str) -> str:
    return tr(*_LEVEL_WORDS[level])


def _area(area_m2: float) -> str:
    if area_m2 >= 1e6:
        return f"{area_m2 / 1e6:,.2f} km²"
    return f"{area_m2:,.1f} m²"
