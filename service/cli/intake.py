"""`qingtu import`, `import undo`, `export`: lists in, lists and maps out."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from service.cli.console import DataOption, JsonOption, answer_json, fail, progress_bar, say
from service.cli.list_choices import stated_choices
from service.cli.users import opened
from service.words import said, tr

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from service.intake.orders import Summary, Tools


def register(app: typer.Typer) -> None:
    """Add the commands."""
    export = typer.Typer(no_args_is_help=True, help=tr("导出案件或地图", "export cases or a map"))
    app.add_typer(export, name="export")
    app.command(
        "import",
        help=tr(
            "导入一份清单；同一份导入两次不会重复。\n\n例如：qingtu import 问题清单.xlsx --data data/office\n\n撤销：qingtu import undo ID --data data/office",
            "Import a list; the same one twice changes nothing.\n\nUndo: qingtu import undo ID --data data/office",
        ),
    )(_import)
    export.command(
        "cases",
        help=tr(
            "案件清单到 .xlsx。例如：qingtu export cases --data data/office --out cases.xlsx",
            "Cases to .xlsx.",
        ),
    )(_export_cases)
    export.command(
        "map",
        help=tr(
            "案件地图到一个 .html。例如：qingtu export map --data data/office --out map.html",
            "Cases to one .html map.",
        ),
    )(_export_map)


def tools_for(data: Path, engine: Engine) -> Tools:
    """Return what an import works with on the command line."""
    from geodata.kinds import load_kinds
    from service.borders.current import OfficeZones
    from service.intake.orders import Tools
    from service.kinds.current import OfficeKinds
    from service.office import GAZETTEER_FILE, read_office
    from service.registers.vocabulary import read_vocabulary
    from service.review.aliases import OfficeGeocoder

    office, kinds = read_office(data), load_kinds()
    return Tools(
        engine=engine,
        geocoder=OfficeGeocoder(data / GAZETTEER_FILE, crs=office.crs),
        zones=OfficeZones(crs=office.crs),
        kinds=OfficeKinds(kinds),
        clock=office.clock,
        srid=office.crs,
        vocabulary=read_vocabulary(data, kinds),
    )


def _import(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE | undo ID", help=tr("清单文件，或 undo 加导入编号", "a list, or `undo` and an id")
        ),
    ],
    data: DataOption,
    kind: Annotated[str | None, typer.Option(help=tr("全部按此问题类别", "kind of all rows"))] = None,
    datum: Annotated[str | None, typer.Option(help="wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:n")] = None,
    as_: Annotated[str | None, typer.Option("--as", help="problems | places | inspections")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help=tr(
                "改正列：角色=列名，可多次；几列合成位置：位置=路段+位置+店名",
                "correct a column: role=header; location=Road+Spot",
            )
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(min=1990, max=2100, help=tr("日期没写年份时是哪一年", "year of dates without one")),
    ] = None,
    date_order: Annotated[
        str | None,
        typer.Option(help=tr("03/04/2017 的顺序：ymd dmy mdy", "order of 03/04/2017: ymd dmy mdy")),
    ] = None,
    written_on: Annotated[
        str | None, typer.Option(help=tr("清单写于哪天（算昨天、上周五）", "day of writing, for 昨天"))
    ] = None,
    register: Annotated[
        str, typer.Option("--register", help=tr("台账：名称或编号，new 新建", "register: name, id, or new"))
    ] = "",
    extent: Annotated[
        str | None,
        typer.Option(
            "--extent", help=tr("whole 整份台账（缺的转疑似关停）| part 只新增和更新", "whole | part")
        ),
    ] = None,
    place_class: Annotated[
        str,
        typer.Option("--class", help=tr("行业看不出时的场所类别", "class of rows whose trade says nothing")),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=tr("只试算，不写入", "write nothing"))] = False,
    trust_datum: Annotated[
        bool,
        typer.Option(
            "--trust-datum", help=tr("坐标与文字矛盾也照样导入", "import contradicting coordinates")
        ),
    ] = False,
    report: Annotated[Path | None, typer.Option(help=tr("逐行结果写到 .xlsx", "row by row to .xlsx"))] = None,
    force: Annotated[
        bool, typer.Option("--force", help=tr("撤销时连同已办理的案件", "undo cases already worked on"))
    ] = False,
    json: JsonOption = False,
) -> None:
    if files[0] == "undo" and len(files) == 2:
        _undo(files[1], data, force=force, json=json)
        return
    if len(files) != 1:
        raise typer.BadParameter(tr("一次导入一个文件", "one file at a time"))
    from service.intake.model import LIST_KINDS
    from service.registers.revising import EXTENTS

    if as_ is not None and as_ not in LIST_KINDS:
        raise typer.BadParameter(f"--as {' | '.join(LIST_KINDS)}")
    if extent is not None and extent not in EXTENTS:
        raise typer.BadParameter(f"--extent {' | '.join(EXTENTS)}")
    path = Path(files[0])
    if not path.is_file():
        fail(tr(f"没有这个文件：{path}", f"no such file: {path}"))
    from geodata.errors import QingtuError
    from service.intake.importing import run_import
    from service.intake.orders import Order
    from service.registers.revising import RegisterOrder

    try:
        choices = stated_choices(column or [], year=year, order=date_order, written_on=written_on)
    except QingtuError as error:
        raise typer.BadParameter(said(error)) from error
    order = Order(
        path=path, name=path.name, actor=f"cli:{getpass.getuser()}", choices=choices,
        datum=datum, list_kind=as_, kind=kind, trust_datum=trust_datum, dry_run=dry_run,
        register=RegisterOrder(register=register, extent=extent, place_class=place_class),
    )  # fmt: skip
    with opened(data) as engine, progress_bar(tr("定位", "placing")) as bar:
        summary = run_import(order, tools_for(data.resolve(), engine), progress=bar)
    _show(summary, path, report, dry_run=dry_run, json=json)


def revision_words(counts: Mapping[str, Any]) -> str:
    """Return in words what a list changed in its register."""
    from service.registers.revision import field_words

    fields = "、".join(f"{field_words(name)} {n}" for name, n in counts["fields"].items())
    n = counts.get("positions", 0)
    positions = (f"，其中 {n} 处人工移动过、位置待核对", f", {n} positions to check") if n else ("", "")
    return tr(
        f"台账“{counts['register']}”（{counts['register_reason']}）：新增 {counts['new']}，变更 {counts['changed']}"
        f"{f'（{fields}）' if fields else ''}，未变 {counts['unchanged']}，疑似关停 {counts['vanished']}，待核对 {counts['asked']}"
        f"{positions[0]}",
        f"register {counts['register']} ({counts['register_reason']}): {counts['new']} new, {counts['changed']} changed"
        f"{f' ({fields})' if fields else ''}, {counts['unchanged']} unchanged, {counts['vanished']} closed?, {counts['asked']} to check{positions[1]}",
    )


def _show(summary: Summary, path: Path, report: Path | None, *, dry_run: bool, json: bool) -> None:
    if report is not None:
        from service.intake.report import rows_workbook

        rows: list[dict[str, Any]] = [
            {"sheet": o.sheet, "line": o.line, "outcome": o.outcome, "placement": o.placement, "reason": o.reason,
             "cells": dict(o.cells)}
            for o in summary.outcomes
        ]  # fmt: skip
        report.write_bytes(rows_workbook(rows, title=tr("导入结果", "import result")))
    counts = {
        "rows": summary.rows,
        "imported": summary.imported,
        "merged": summary.merged,
        "refused": summary.refused,
        "review": summary.review,
        "cases": summary.cases,
        "undecided": summary.undecided,
    }
    if json:
        import_id = str(summary.import_id) if summary.import_id else None
        answer_json(
            {
                "import_id": import_id,
                **counts,
                "list_kind": summary.list_kind,
                "columns": dict(summary.columns),
                "dry_run": dry_run,
                "revision": dict(summary.revision),
            }
        )
        return
    kind = {
        "problems": tr("问题清单", "problems"), "places": tr("场所台账", "places"), "inspections": tr("检查结果", "inspections"),
    }[summary.list_kind]  # fmt: skip
    say(f"{path.name}：{kind}（{summary.list_kind_reason}）")
    for line in summary.said:
        say(f"  {line}")
    say(
        tr(
            f"共 {summary.rows} 行 = 导入 {summary.imported} + 已有 {summary.merged} + 未导入 {summary.refused}；其中 {summary.review} 个待人工定位",
            f"{summary.rows} rows = {summary.imported} imported + {summary.merged} merged + {summary.refused} refused; {summary.review} wait for review",
        )
    )
    if summary.list_kind == "problems":
        say(
            tr(
                f"立 {summary.cases} 件（一行说几个问题就立几件）；{summary.undecided} 件类别待定，请到“待定类别”处理",
                f"{summary.cases} cases (a row that names several problems opens several); {summary.undecided} wait for a kind",
            )
        )
    if summary.revision:
        say(revision_words(summary.revision))
    for outcome in [o for o in summary.outcomes if o.outcome == "refused"][:20]:
        say(
            tr(
                f"  {outcome.sheet} 第 {outcome.line} 行：{outcome.reason}",
                f"  {outcome.sheet} line {outcome.line}: {outcome.reason}",
            )
        )
    if dry_run:
        say(tr("试算，没有写入", "dry run, nothing was written"))
    else:
        say(
            tr(
                f"编号 {summary.import_id}（撤销：qingtu import undo {summary.import_id} --data …）",
                f"id {summary.import_id}",
            )
        )


def _undo(text: str, data: Path, *, force: bool, json: bool) -> None:
    from service.intake.undo import undo_import

    try:
        import_id = UUID(text)
    except ValueError:
        fail(tr(f"导入编号不对：{text}", f"not an import id: {text}"))
    with opened(data) as engine, engine.begin() as connection:
        done = undo_import(connection, import_id, actor=f"cli:{getpass.getuser()}", force=force)
    if json:
        answer_json({"import_id": str(done.import_id), "removed": done.removed, "kept": done.kept})
        return
    say(
        tr(
            f"已撤销：移除 {done.removed} 条，{done.kept} 条因另有导入而保留",
            f"undone: {done.removed} removed, {done.kept} kept for another import",
        )
    )


def _export_cases(data: DataOption, out: Annotated[Path, typer.Option("--out")]) -> None:
    from geodata.kinds import load_kinds
    from service.auth.scope import Scope
    from service.cases.exporting import export_workbook
    from service.office import read_office

    with opened(data) as engine, engine.begin() as connection:
        content, count = export_workbook(
            connection,
            office=read_office(data.resolve()),
            kinds=load_kinds(),
            scope=Scope(role="admin", name="cli"),
        )
    out.write_bytes(content)
    say(tr(f"{count} 个案件已写到 {out}", f"{count} cases written to {out}"))


def _export_map(data: DataOption, out: Annotated[Path, typer.Option("--out")]) -> None:
    from geodata.kinds import load_kinds
    from service.auth.scope import Scope
    from service.cases.exporting import export_map
    from service.office import read_office

    with opened(data) as engine, engine.begin() as connection:
        count = export_map(
            connection, office=read_office(data.resolve()), kinds=load_kinds(), scope=Scope(role="admin", name="cli"),
            data_dir=data.resolve(), out=out,
        )  # fmt: skip
    say(tr(f"{count} 个案件的地图已写到 {out}", f"a map of {count} cases written to {out}"))
