"""`qingtu zones changes | propose | proposals | decide`: borders through time."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from service.cli.border_words import area_words, changes_json, print_changes, print_detail
from service.cli.console import DataOption, JsonOption, answer_json, fail, say
from service.cli.users import opened
from service.words import said, tr

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.zones.history.changes import BorderChanges
    from service.auth.scope import Scope
    from service.borders.model import ChangeDetail


def add_commands(group: typer.Typer) -> None:
    """Add the commands to the group `zones`."""
    group.command("changes", help=_changes_help())(changes_command)
    group.command(
        "propose",
        help=tr(
            "提出一套新边界，等人决定；同一文件、同一日期只算一份。\n\n"
            "例：qingtu zones propose 新边界.gpkg --from 2017-08-01 --data data/office",
            "Propose new borders, to be decided about; the same file for the same day is one proposal.\n\n"
            "Example: qingtu zones propose new.gpkg --from 2017-08-01 --data data/office",
        ),
    )(propose_command)
    group.command(
        "proposals",
        help=tr(
            "列出边界方案；给出编号则列出它要移交的案件。\n\n例：qingtu zones proposals --data data/office",
            "List the proposals; with an id, the cases it moves.\n\nExample: qingtu zones proposals --data data/office",
        ),
    )(proposals_command)
    group.command(
        "decide",
        help=tr(
            "决定一份边界方案：采用（可逐件留给原社区），或不采用。\n\n"
            "例：qingtu zones decide ID --accept --keep 127=已约定本周办结 --data data/office",
            "Decide about a proposal: accept (some cases may stay with their old owner), or reject.\n\n"
            "Example: qingtu zones decide ID --accept --keep 127=due-this-week --data data/office",
        ),
    )(decide_command)


ChangeId = Annotated[
    str, typer.Argument(help=tr("方案编号，前几位即可", "proposal id, or its beginning"), show_default=False)
]


def _changes_help() -> str:
    return tr(
        "两份边界文件差在哪里：哪些区划新设、撤销、变动，哪块地从谁划给谁（附面积）。\n\n"
        "例：qingtu zones changes 旧边界.gpkg 新边界.gpkg",
        "What differs between two zone files: zones new, ended, moved, and what land passes from whom to"
        " whom, with areas.\n\nExample: qingtu zones changes old.gpkg new.gpkg",
    )


def changes_command(
    old: Annotated[Path, typer.Argument(help=tr("旧边界", "old zones"), show_default=False)],
    new: Annotated[Path, typer.Argument(help=tr("新边界", "new zones"), show_default=False)],
    old_on: Annotated[
        datetime | None,
        typer.Option(
            "--old-on", formats=["%Y-%m-%d"], help=tr("旧文件取这一天的边界", "day to take of the old file")
        ),
    ] = None,
    new_on: Annotated[
        datetime | None,
        typer.Option(
            "--new-on", formats=["%Y-%m-%d"], help=tr("新文件取这一天的边界", "day to take of the new file")
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help=tr("把易主的地块写到 .gpkg", "write the land that passes to .gpkg")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print what differs; the same borders are exit 0 as well."""
    from geodata.errors import QingtuError
    from geodata.zones import ZoneTree, compare_layers
    from geodata.zones.history.changes import aligned

    if out is not None and out.suffix.lower() != ".gpkg":
        fail(tr(f"结果写成 .gpkg，不能是 {out.name}", f"the result is a .gpkg, not {out.name}"))
    try:
        before = ZoneTree.read(old)
        after = ZoneTree.read(new).to_crs(before.crs)
    except QingtuError as error:
        fail(tr("边界文件不能用：", "the zone file cannot be used: ") + said(error))
    was = before.on(old_on.date() if old_on else None)
    becomes = aligned(after.on(new_on.date() if new_on else None), was)
    found = compare_layers(was, becomes)
    if out is not None:
        _write(found, out, crs=before.crs)
    if as_json:
        answer_json(changes_json(found))
    else:
        print_changes(found)


def _write(found: BorderChanges, out: Path, *, crs: int) -> None:
    import geopandas as gpd

    columns = {
        "level": [move.level for move in found.land],
        "from_code": [move.source for move in found.land],
        "to_code": [move.target for move in found.land],
        "area_m2": [move.area_m2 for move in found.land],
    }
    frame = gpd.GeoDataFrame(columns, geometry=[move.geometry for move in found.land], crs=crs)
    frame.to_file(out, layer="land", driver="GPKG", promote_to_multi=True)


def propose_command(
    file: Annotated[
        Path, typer.Argument(help=tr("新边界（.gpkg）", "new zones (.gpkg)"), show_default=False)
    ],
    data: DataOption,
    begin: Annotated[
        datetime,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=tr("从这一天起有效", "first day")
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Check and store new borders; nothing changes until somebody decides."""
    from service.borders.current import OfficeZones
    from service.borders.proposing import propose
    from service.borders.reading import read_border_file
    from service.office import read_office

    if not file.is_file():
        fail(tr(f"没有这个文件：{file}", f"no such file: {file}"))
    office = read_office(data.resolve())
    found = read_border_file(file, name=file.name, crs=office.crs)
    with opened(data) as engine, engine.begin() as connection:
        made = propose(
            connection, found, valid_from=begin.date(), actor=_person().name, zones=OfficeZones(crs=office.crs),
            clock=office.clock,
        )  # fmt: skip
        detail = _detail(connection, made.id, data)
    if as_json:
        answer_json({"created": made.created, **detail.model_dump(mode="json")})
        return
    if not made.created:
        say(tr("同一文件、同一日期已经提出过：", "the same file was proposed for the same day before:"))
    print_detail(detail)
    say(
        tr(
            f"决定：qingtu zones decide {made.id} --accept|--reject --data …",
            f"decide: qingtu zones decide {made.id} --accept|--reject --data …",
        )
    )


def proposals_command(
    data: DataOption,
    change: Annotated[
        str, typer.Argument(help=tr("方案编号，前几位即可", "proposal id, or its beginning"))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """List the proposals, or show one with its cases."""
    from service.borders.present import change_item
    from service.borders.queries import list_changes

    with opened(data) as engine, engine.begin() as connection:
        if change:
            detail = _detail(connection, _find(connection, change), data)
            answer_json(detail.model_dump(mode="json")) if as_json else print_detail(detail)
            return
        items = [change_item(row) for row in list_changes(connection)]
    if as_json:
        answer_json([item.model_dump(mode="json") for item in items])
        return
    if not items:
        say(tr("还没有边界方案。", "There are no proposals yet."))
    for item in items:
        say(
            f"{item.id}  {item.valid_from}  {item.state_words}  {item.file_name}  {area_words(item.area_m2)}  {item.proposed_by}"
        )


def decide_command(
    change: ChangeId,
    data: DataOption,
    accept: Annotated[bool, typer.Option("--accept", help=tr("采用", "accept"))] = False,
    reject: Annotated[bool, typer.Option("--reject", help=tr("不采用", "reject"))] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="CASE=REASON",
            help=tr("案件号=理由：留给原社区，可多次", "case=reason: stays with its old owner"),
        ),
    ] = None,
    note: Annotated[
        str, typer.Option("--note", help=tr("说明；不采用时必填", "a remark; needed to reject"))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Accept or reject a proposal, by the list of cases of this moment."""
    from service.borders.current import OfficeZones
    from service.borders.deciding import Ruling, decide
    from service.office import read_office

    if accept == reject:
        raise typer.BadParameter("--accept | --reject")
    if reject and keep:
        raise typer.BadParameter(tr("--keep 只用于 --accept", "--keep goes with --accept"))
    office = read_office(data.resolve())
    with opened(data) as engine, engine.begin() as connection:
        change_id = _find(connection, change)
        kept = _kept(_detail(connection, change_id, data), keep or [])
        ruling = Ruling("accept" if accept else "reject", keep=kept, note=note)
        decide(
            connection, change_id, ruling, scope=_person(), zones=OfficeZones(crs=office.crs), clock=office.clock, version=None
        )  # fmt: skip
        detail = _detail(connection, change_id, data)
    if as_json:
        answer_json(detail.model_dump(mode="json"))
    else:
        print_detail(detail)


def _person() -> Scope:
    from service.auth.scope import Scope

    return Scope(role="admin", name=f"cli:{getpass.getuser()}")


def _find(connection: Connection, text: str) -> UUID:
    """Return the id of the only proposal whose id begins so."""
    from service.borders.queries import list_changes

    found = [row["id"] for row in list_changes(connection) if str(row["id"]).startswith(text.lower())]
    if len(found) != 1:
        fail(
            tr(f"没有编号为 {text} 的边界方案", f"no proposal {text}")
            if not found
            else tr(
                f"有 {len(found)} 份方案的编号以 {text} 开头，请写全",
                f"{len(found)} proposals begin with {text}",
            )
        )
    return UUID(str(found[0]))


def _detail(connection: Connection, change_id: UUID, data: Path) -> ChangeDetail:
    from geodata.kinds import load_kinds
    from service.borders.current import OfficeZones
    from service.borders.present import View, change_detail
    from service.borders.queries import find_change
    from service.office import read_office

    office = read_office(data.resolve())
    row = find_change(connection, change_id)
    if row is None:
        fail(tr(f"没有编号为 {change_id} 的边界方案", f"no proposal {change_id}"))
    view = View(zones=OfficeZones(crs=office.crs), kinds=load_kinds(), office=office, scope=_person())
    return change_detail(connection, row, view=view)


def _kept(detail: ChangeDetail, pairs: list[str]) -> dict[UUID, str]:
    """Return case id -> reason from `CASE=REASON`, where a case is a number or an id."""
    kept = {}
    ids = {str(move.number): move.case_id for move in detail.moves}
    ids |= {str(move.case_id): move.case_id for move in detail.moves}
    for pair in pairs:
        case, sign, reason = pair.partition("=")
        if not sign or not reason.strip():
            raise typer.BadParameter(tr(f"{pair}：应为 案件号=理由", f"{pair}: must be case=reason"))
        if case.strip() not in ids:
            fail(tr(f"第 {case} 号案件不在移交之列", f"case {case} does not move"))
        kept[ids[case.strip()]] = reason.strip()
    return kept
