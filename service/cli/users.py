"""`qingtu user …` and `qingtu audit verify`: people, and the trail of what they did."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import DataOption, JsonOption, answer_json, fail, say
from service.words import tr

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def register(app: typer.Typer) -> None:
    """Add the commands."""
    users = typer.Typer(no_args_is_help=True, help=tr("用户", "users"))
    audit = typer.Typer(no_args_is_help=True, help=tr("审计记录", "audit trail"))
    app.add_typer(users, name="user")
    app.add_typer(audit, name="audit")
    users.command(
        "add",
        help=tr(
            "新建用户。例如：qingtu user add zhang --data data/office --role grid_manager --zone 410105560003001",
            "Add a user.",
        ),
    )(_add)
    users.command("list", help=tr("列出用户。", "List users."))(_list)
    users.command("password", help=tr("重设密码并显示一次。", "Set a new password and show it once."))(
        _password
    )
    users.command("token", help=tr("发给程序用的令牌，只显示一次。", "Issue a token for a program."))(_token)
    audit.command("verify", help=tr("检查审计记录是否完整。", "Check the audit trail."))(_verify)


@contextmanager
def opened(data: Path) -> Iterator[Engine]:
    """Yield an engine on the office's store for the length of a command."""
    from service.office import read_office
    from service.settings import Settings
    from service.setup.initialising import bring_up_to_date
    from service.store.database import open_store
    from service.store.engine import make_engine

    read_office(data.resolve())  # before a cluster is made in a directory that is no office
    with open_store(Settings(data_dir=data.resolve())) as url:
        engine = make_engine(url, pool_size=2)
        try:
            bring_up_to_date(data.resolve(), engine)
            yield engine
        finally:
            engine.dispose()


def _add(
    name: Annotated[str, typer.Argument(help=tr("登录名", "login name"))],
    data: DataOption,
    role: Annotated[str, typer.Option(help=tr("角色", "role"))],
    display: Annotated[str, typer.Option(help=tr("姓名", "name to show"))] = "",
    zone: Annotated[
        str, typer.Option(help=tr("社区或网格代码，多个用逗号", "zone codes, joined by commas"))
    ] = "",
    command: Annotated[str, typer.Option(help=tr("指挥部代码", "command code"))] = "",
    unit: Annotated[str, typer.Option(help=tr("责任单位", "responsible unit"))] = "",
) -> None:
    from service.audit.trail import record
    from service.auth.passwords import hash_password
    from service.auth.queries import find_user, insert_user
    from service.store.tables import ROLES

    if role not in ROLES:
        fail(
            tr(
                f"没有角色 {role}；可用的有 {'、'.join(ROLES)}",
                f"no role {role}; there are {', '.join(ROLES)}",
            )
        )
    password = secrets.token_urlsafe(9)
    with opened(data) as engine, engine.begin() as connection:
        if find_user(connection, name) is not None:
            fail(tr(f"已有用户 {name}", f"there is a user {name}"))
        user_id = insert_user(
            connection, name=name, display_name=display or name, role=role, password_hash=hash_password(password),
            zone_code=zone or None, command=command or None, unit=unit or None,
        )  # fmt: skip
        record(
            connection,
            actor="cli",
            action="user_added",
            object_type="user",
            object_id=str(user_id),
            detail={"role": role},
        )
    say(
        tr(
            f"已新建 {name}，初始密码（只显示这一次）：{password}",
            f"added {name}; first password (shown once): {password}",
        )
    )


def _list(data: DataOption, json: JsonOption = False) -> None:
    from service.auth.queries import list_users

    with opened(data) as engine, engine.begin() as connection:
        users = list_users(connection)
    if json:
        answer_json(
            [
                {"name": u.name, "display_name": u.display_name, "role": u.role, "zone": u.zone_code,
                 "command": u.command, "unit": u.unit, "active": u.active}
                for u in users
            ]
        )  # fmt: skip
        return
    for user in users:
        say(
            f"{user.name}\t{user.role}\t{user.zone_code or ''}\t{user.command or ''}\t{user.unit or ''}\t{user.display_name}"
        )


def _password(name: Annotated[str, typer.Argument()], data: DataOption) -> None:
    from service.audit.trail import record
    from service.auth.passwords import hash_password
    from service.auth.queries import close_all_sessions, find_user, update_user

    password = secrets.token_urlsafe(9)
    with opened(data) as engine, engine.begin() as connection:
        user = find_user(connection, name, lock=True)
        if user is None:
            fail(tr(f"没有用户 {name}", f"no user {name}"))
        update_user(connection, user.id, password_hash=hash_password(password), failures=0, locked_until=None)
        close_all_sessions(connection, user.id)
        record(connection, actor="cli", action="password_reset", object_type="user", object_id=str(user.id))
    say(
        tr(f"{name} 的新密码（只显示这一次）：{password}", f"new password of {name} (shown once): {password}")
    )


def _token(
    name: Annotated[str, typer.Argument()], data: DataOption, label: Annotated[str, typer.Option()] = ""
) -> None:
    from service.audit.trail import record
    from service.auth.queries import find_user, issue_token

    with opened(data) as engine, engine.begin() as connection:
        user = find_user(connection, name)
        if user is None:
            fail(tr(f"没有用户 {name}", f"no user {name}"))
        token = issue_token(connection, user.id, label=label)
        record(connection, actor="cli", action="token_issued", object_type="user", object_id=str(user.id))
    say(token)


def _verify(data: DataOption) -> None:
    from service.audit.trail import verify

    with opened(data) as engine, engine.connect() as connection:
        count, broken = verify(connection)
    if broken is not None:
        fail(tr(f"审计记录在第 {broken} 条处断开", f"the audit trail breaks at row {broken}"))
    say(tr(f"审计记录完整，共 {count} 条", f"the audit trail is whole, {count} rows"))
