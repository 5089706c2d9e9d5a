"""`qingtu user import`: a list of people, the same reading and rules as on the page."""

from __future__ import annotations

import csv
import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import DataOption, JsonOption, answer_json, fail, say
from service.words import tr

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.people.applying import Applied, Office
    from service.people.plan_model import Answers, ListPlan
    from service.people.reading import PeopleList


def register(users: typer.Typer) -> None:
    """Add the command to `qingtu user`."""
    users.command(
        "import",
        help=tr(
            "导入人员名单；同一份导入两次不会变。\n\n例如：qingtu user import 名单.xlsx --data data/office --dry-run",
            "Import a list of people; the same one twice changes nothing.\n\nFor example: qingtu user import LIST.xlsx --data DIR --dry-run",
        ),
    )(_import)


def _import(
    file: Annotated[Path, typer.Argument(help=tr("名单", "the list"))],
    data: DataOption,
    duty: Annotated[
        list[str] | None,
        typer.Option("--duty", help=tr("职务=角色，可多次；角色为空则不导入", "duty=role, several times")),
    ] = None,
    disable_missing: Annotated[
        bool,
        typer.Option("--disable-missing", help=tr("停用名单上没有的人", "disable people the list lacks")),
    ] = False,
    no_leaders: Annotated[
        bool,
        typer.Option("--no-leaders", help=tr("不改社区的分包领导", "leave leaders of communities alone")),
    ] = False,
    slips: Annotated[
        Path | None,
        typer.Option(
            help=tr("首次登录条写到 .csv（只限本人可读）", "first passwords to .csv, readable by you alone")
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=tr("只看会变什么", "write nothing"))] = False,
    json: JsonOption = False,
) -> None:
    from service.cli.users import opened
    from service.people.applying import apply_list, make_secrets, plan_list
    from service.people.reading import read_people

    if not file.is_file():
        fail(tr(f"没有这个文件：{file}", f"no such file: {file}"))
    if slips is not None and slips.exists():
        fail(tr(f"已有文件 {slips}，不覆盖", f"{slips} exists and is not overwritten"))
    stated, actor = _stated(duty or []), f"cli:{getpass.getuser()}"
    found = read_people(file, name=file.name)
    with opened(data) as engine:
        with engine.begin() as connection:
            office = _office(data, connection)
            answers = _answers(connection, found, stated, office=office, actor=actor)
            plan = plan_list(connection, found, office=office, answers=answers, actor=actor)
        done = None
        if not dry_run:
            secrets = make_secrets(plan.count("add"))
            with engine.begin() as connection:
                done = apply_list(
                    connection, found, office=office, answers=answers, actor=actor, seen=plan.digest, secrets=secrets,
                    disable=[one.id for one in plan.vanished] if disable_missing else [], with_leaders=not no_leaders,
                )  # fmt: skip
    if done is not None and slips is not None:
        _write_slips(slips, done)
    _tell_json(plan, done, office, with_passwords=slips is None) if json else _tell(plan, done, slips)


def _office(data: Path, connection: Connection) -> Office:
    from service.cli.users import ground_on
    from service.clock import office_day
    from service.office import read_office
    from service.people.applying import Office

    now = read_office(data.resolve()).clock.now()
    return Office(ground_on(data, connection), office_day(now), now)


def _stated(duties: Sequence[str]) -> dict[str, str]:
    from service.people.role_words import fold_duty
    from service.store.tables import ROLES

    stated = {}
    for text in duties:
        word, equals, role = text.rpartition("=")
        if not equals or (role and role not in ROLES):
            raise typer.BadParameter(tr("--duty 职务=角色", "--duty duty=role") + f"（{'、'.join(ROLES)}）")
        stated[fold_duty(word)] = role
    return stated


def _answers(
    connection: Connection, found: PeopleList, stated: dict[str, str], *, office: Office, actor: str
) -> Answers:
    """Return the stated roles as answers to the questions of the list."""
    from service.people.applying import plan_list
    from service.people.plan_model import Answers
    from service.people.role_words import fold_duty

    if not stated:
        return Answers()
    plan = plan_list(connection, found, office=office, answers=Answers(), actor=actor)
    duties = {one.key: stated[fold_duty(one.text)] for one in plan.duties if fold_duty(one.text) in stated}
    return Answers(duties=duties)


def _write_slips(path: Path, done: Applied) -> None:
    # Created readable by its owner alone: it holds passwords.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["登录名", "初始密码"])
        writer.writerows([one.name, one.password] for one in done.added)


def _tell_json(plan: ListPlan, done: Applied | None, office: Office, *, with_passwords: bool) -> None:
    from service.people.list_model import option_item, planned_item

    result: dict[str, Any] = {
        "dry_run": done is None, "lines": plan.lines,
        "counts": {action: plan.count(action) for action in ("add", "change", "same", "ask", "skip", "refused")},
        "people": [planned_item(one, office.ground).model_dump() for one in plan.people],
        "vanished": [option_item(one).model_dump() for one in plan.vanished],
        "refused": [{"sheet": sheet, "line": line, "reason": why} for sheet, line, why in plan.refused],
    }  # fmt: skip
    if done is not None:
        result |= {
            "added": len(done.added),
            "changed": done.changed,
            "disabled": done.disabled,
            "leaders": done.leaders,
        }
        if with_passwords:
            result["first_passwords"] = {one.name: one.password for one in done.added}
    answer_json(result)


def _tell(plan: ListPlan, done: Applied | None, slips: Path | None) -> None:
    from service.auth.scope import role_words

    counts = {action: plan.count(action) for action in ("add", "change", "same", "ask", "skip", "refused")}
    say(
        tr(
            "{lines} 行：新增 {add}，变更 {change}，不变 {same}，待定 {ask}，不导入 {skip}，不能用 {refused}",
            "{lines} lines: {add} new, {change} changed, {same} the same, {ask} to decide, {skip} left out, {refused} unusable",
        ).format(lines=plan.lines, **counts)
    )
    for one in plan.people:
        if one.action in ("ask", "refused"):
            say(f"  {one.name}：{one.reason}")
        elif one.unmatched:
            names = "、".join(one.unmatched)
            say(tr(f"  {one.name}：没有对上 {names}", f"  {one.name}: not matched {names}"))
    for question in plan.duties:
        hint = f"（{role_words(question.suggested)}？）" if question.suggested else ""
        say(tr(f"  职务“{question.text}”{hint}：用 --duty '{question.text}=角色' 说明", f"  duty {question.text}: say --duty '{question.text}=role'"))  # fmt: skip
    if plan.vanished and (done is None or not done.disabled):
        names = "、".join(one.display_name for one in plan.vanished)
        say(tr(f"  名单上没有（未停用）：{names}", f"  not on the list (still active): {names}"))
    if done is None:
        say(tr("试算，没有写入", "dry run, nothing was written"))
        return
    say(
        tr(
            f"已写入：新增 {len(done.added)}，变更 {done.changed}，停用 {done.disabled}，分包领导 {done.leaders}",
            f"written: {len(done.added)} added, {done.changed} changed, {done.disabled} disabled, {done.leaders} leaders",
        )
    )
    if slips is not None:
        say(
            tr(
                f"首次登录条写在 {slips}，发完请删掉",
                f"first passwords are in {slips}; delete it when handed out",
            )
        )
        return
    for added in done.added:
        say(tr(f"  {added.name}　初始密码（只显示这一次）：{added.password}", f"  {added.name}: first password (shown once) {added.password}"))  # fmt: skip
