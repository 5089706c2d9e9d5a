"""`qingtu roads list | add | check | accept | discard | undo`: the gazetteer of an office, its drafts and checks."""

from __future__ import annotations

import getpass
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from service.cli.console import DataOption, JsonOption, answer_json, fail, progress_bar, say
from service.cli.users import opened
from service.words import tr

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from service.roads.checking import Workshop
    from service.roads.present import CheckDetail


def register(app: typer.Typer) -> None:
    """Add the command group `roads`."""
    group = typer.Typer(
        no_args_is_help=True, help=tr("道路与地名：来源、检查、采用", "roads and places of an office")
    )
    group.command(
        "list",
        help=tr(
            "列出数据来源、修改和检查。\n\n例：qingtu roads list --data data/office",
            "List sources, edits and checks.\n\nExample: qingtu roads list --data data/office",
        ),
    )(list_command)
    group.command(
        "add",
        help=tr(
            "加一份数据来源（草稿）。\n\n例：qingtu roads add 道路.gpkg --data data/office",
            "Add a source as a draft.\n\nExample: qingtu roads add roads.gpkg --data data/office",
        ),
    )(add_command)
    group.command(
        "check",
        help=tr(
            "检查草稿会移动哪些记录。\n\n例：qingtu roads check --data data/office",
            "Check which records the drafts move.\n\nExample: qingtu roads check --data data/office",
        ),
    )(check_command)
    group.command(
        "accept",
        help=tr(
            "采用最近一次检查；--keep 的记录不动。\n\n例：qingtu roads accept --keep 127 --data data/office",
            "Accept the newest check; records of --keep stay.\n\nExample: qingtu roads accept --keep 127 --data data/office",
        ),
    )(accept_command)
    group.command(
        "discard",
        help=tr(
            "不采用最近一次检查，草稿撤回。\n\n例：qingtu roads discard --data data/office",
            "Put the newest check aside and take its drafts back.\n\nExample: qingtu roads discard --data data/office",
        ),
    )(discard_command)
    group.command(
        "undo",
        help=tr(
            "撤销最近一次采用。\n\n例：qingtu roads undo --data data/office",
            "Take the newest acceptance back.\n\nExample: qingtu roads undo --data data/office",
        ),
    )(undo_command)
    app.add_typer(group, name="roads")  # fmt: skip


def list_command(data: DataOption, as_json: JsonOption = False) -> None:
    """List what the gazetteer is made of."""
    from service.roads.present import check_item, edit_item, source_item
    from service.roads.queries import list_checks, list_edits, list_sources

    with opened(data) as engine, engine.begin() as connection:
        shop = _shop(engine, data)
        sources = [source_item(row) for row in list_sources(connection)]
        edits = [edit_item(row, crs=shop.office.crs) for row in list_edits(connection)]
        checks = [check_item(connection, row) for row in list_checks(connection, limit=10)]
    if as_json:
        answer_json(
            {
                "sources": [item.model_dump(mode="json") for item in sources],
                "edits": [item.model_dump(mode="json") for item in edits],
                "checks": [item.model_dump(mode="json") for item in checks],
            }
        )
        return
    for source in sources:
        say(f"{source.id}  {source.standing:9}  {source.kind_words}  {source.file_name}")
    for edit in edits:
        say(f"{edit.id}  {edit.standing:9}  {edit.kind_words}  {edit.name}")
    for check in checks:
        say(f"{check.id}  {check.state_words}  {sum(check.changes.values())}")


def add_command(
    file: Annotated[Path, typer.Argument(help=tr("文件", "file"), show_default=False)],
    data: DataOption,
    datum: Annotated[str, typer.Option("--datum", help=tr("经纬度的坐标系：wgs84、gcj02、bd09", "datum of degrees"))] = "",
    crs: Annotated[int | None, typer.Option("--crs", help=tr("文件没写坐标系时（DXF）的 EPSG 代码", "EPSG code of a file without CRS"))] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Keep a file as a drafted source."""
    from service.roads.present import source_item
    from service.roads.queries import find_row
    from service.roads.reading import read_source
    from service.roads.sources import add_source, original_path
    from service.store.tables import GazetteerSource

    if not file.is_file():
        fail(tr(f"没有这个文件：{file}", f"no such file: {file}"))
    if datum not in ("", "wgs84", "gcj02", "bd09", "cgcs2000"):
        raise typer.BadParameter(tr("坐标系可以是 wgs84、gcj02、bd09", "datum: wgs84, gcj02, bd09"))
    with opened(data) as engine:
        shop, source_id = _shop(engine, data), uuid4()
        found = read_source(file, name=file.name, crs=shop.office.crs, datum=datum or None, stated_crs=crs)
        with engine.begin() as connection:
            add_source(
                connection, found, source_id=source_id, name=file.name, data_dir=shop.data_dir, actor=_actor()
            )
            shutil.copyfile(file, original_path(shop.data_dir, source_id, file.name))
            row = find_row(connection, GazetteerSource, source_id)
    assert row is not None
    item = source_item(row)
    if as_json:
        answer_json(item.model_dump(mode="json"))
        return
    say(f"{item.kind_words}  {item.file_name}  {source_id}")
    for name, count in item.counts.items():
        if isinstance(count, int) and count:
            say(f"  {name}  {count}")
    for reason, count in item.counts.get("dropped", {}).items():
        say(f"  {tr('没有用上', 'left out')}：{reason}  {count}")
    say(tr("下一步：qingtu roads check --data …", "next: qingtu roads check --data …"))


def check_command(data: DataOption, as_json: JsonOption = False) -> None:
    """Compile the drafts and list the records that would move."""
    from service.roads.checking import run_check, start_check

    with opened(data) as engine:
        shop = _shop(engine, data)
        with engine.begin() as connection:
            check_id = start_check(connection, actor=_actor(), data_dir=shop.data_dir)
        with progress_bar(tr("检查", "checking")):
            run_check(shop, check_id)
        with engine.begin() as connection:
            detail = _detail(connection, shop, check_id)
    _print(detail, as_json)
    if detail.state == "failed":
        raise typer.Exit(1)


def accept_command(
    data: DataOption,
    keep: Annotated[
        list[int] | None, typer.Option("--keep", metavar="ITEM", help=tr("不动的记录（清单里的编号），可多次", "item to stay"))
    ] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put the newest check in force and move its records."""
    from service.roads.deciding import Verdict, accept

    def work(connection: Connection, shop: Workshop, check_id: UUID) -> None:
        verdict = Verdict(keep=frozenset(keep or ()))
        accept(connection, check_id, verdict, actor=_actor(), shop=shop, version=None)

    _decided(data, ("waiting",), work, as_json)


def discard_command(
    data: DataOption,
    keep_drafts: Annotated[bool, typer.Option("--keep-drafts", help=tr("草稿留着再改", "keep the drafts"))] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put the newest check aside."""
    from service.roads.deciding import discard

    def work(connection: Connection, _: Workshop, check_id: UUID) -> None:
        discard(connection, check_id, keep_drafts=keep_drafts, actor=_actor(), version=None)

    _decided(data, ("waiting",), work, as_json)


def undo_command(data: DataOption, as_json: JsonOption = False) -> None:
    """Take the newest acceptance back."""
    from service.roads.deciding import undo

    def work(connection: Connection, shop: Workshop, check_id: UUID) -> None:
        undo(connection, check_id, actor=_actor(), shop=shop)

    _decided(data, ("accepted",), work, as_json)


def _decided(data: Path, states: tuple[str, ...], work: Any, as_json: bool) -> None:
    from service.roads.queries import list_checks

    with opened(data) as engine:
        shop = _shop(engine, data)
        with engine.begin() as connection:
            row = next((row for row in list_checks(connection) if row["state"] in states), None)
            if row is None:
                fail(tr("没有可以决定的检查", "there is no check to decide about"))
            work(connection, shop, row["id"])
        with engine.begin() as connection:
            detail = _detail(connection, shop, row["id"])
    _print(detail, as_json)


def _print(detail: CheckDetail, as_json: bool) -> None:
    if as_json:
        answer_json(detail.model_dump(mode="json"))
        return
    say(f"{detail.id}  {detail.state_words}  {detail.problem}")
    for item in detail.items:
        away = "" if item.distance_m is None else tr(f"{item.distance_m:.1f} 米", f"{item.distance_m:.1f} m")
        owners = f"{item.before['owner']} → {item.after['owner']}"
        say(f"  {item.id}  {item.title}  {item.words}  {item.change_words}  {away}  {owners}  {item.outcome}")


def _shop(engine: Engine, data: Path) -> Workshop:
    from service.borders.current import OfficeZones
    from service.office import read_office
    from service.roads.checking import Workshop

    office = read_office(data.resolve())
    return Workshop(engine, data.resolve(), office, OfficeZones(crs=office.crs))


def _detail(connection: Connection, shop: Workshop, check_id: UUID) -> CheckDetail:
    from service.auth.scope import Scope
    from service.roads.present import check_detail
    from service.roads.queries import find_row
    from service.store.tables import GazetteerCheck

    row = find_row(connection, GazetteerCheck, check_id)
    assert row is not None
    tree = shop.zones_today(connection)
    names = {
        code: name
        for layer in tree.layers().values()
        for code, name in zip(layer["code"], layer["name"], strict=True)
    }
    scope = Scope(role="admin", name=_actor())
    return check_detail(connection, row, scope=scope, crs=shop.office.crs, names=names)


def _actor() -> str:
    return f"cli:{getpass.getuser()}"
