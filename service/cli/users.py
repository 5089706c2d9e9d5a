"""`qingtu user …` and `qingtu audit verify`: people, and the trail of what they did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import DataOption, JsonOption, answer_json, fail, say
from service.cli.user_lists import register as register_lists
from service.words import tr

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from service.people.rules import Ground
    from service.store.tables import User


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
    users.command(
        "edit",
        help=tr(
            "改一个人的姓名、角色、社区网格、指挥部、单位、电话。例如：qingtu user edit 张伟 --data data/office --phone 13800001111",
            "Change a person.",
        ),
    )(_edit)
    users.command(
        "disable",
        help=tr(
            "停用（从不删除）。例如：qingtu user disable 张伟 --data data/office",
            "Disable a user; none is ever deleted.",
        ),
    )(_disable)
    users.command("enable", help=tr("重新启用。", "Enable a user again."))(_enable)
    register_lists(users)
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


_Name = Annotated[str, typer.Argument(help=tr("登录名", "login name"))]
_MustChange = Annotated[
    bool,
    typer.Option(
        "--must-change/--no-must-change",
        help=tr("首次登录须改密码；程序用的账号不必", "the password must be changed at the first log-in"),
    ),
]


def _require_role(role: str) -> None:
    from service.store.tables import ROLES

    if role not in ROLES:
        fail(
            tr(
                f"没有角色 {role}；可用的有 {'、'.join(ROLES)}",
                f"no role {role}; there are {', '.join(ROLES)}",
            )
        )


def ground_on(data: Path, connection: Connection) -> Ground:
    """Return the zones and commands of the office's day, for commands."""
    from geodata.kinds import load_kinds
    from service.clock import office_day
    from service.office import read_office
    from service.people.editing import ground_of

    today = office_day(read_office(data.resolve()).clock.now())
    return ground_of(connection, kinds=load_kinds(), today=today)


def _codes(text: str) -> tuple[str, ...]:
    from service.auth.scope import zone_codes_of

    return zone_codes_of(text)


def _add(
    name: _Name,
    data: DataOption,
    role: Annotated[str, typer.Option(help=tr("角色", "role"))],
    display: Annotated[str, typer.Option(help=tr("姓名", "name to show"))] = "",
    zone: Annotated[
        str, typer.Option(help=tr("社区或网格代码，多个用逗号", "zone codes, joined by commas"))
    ] = "",
    command: Annotated[str, typer.Option(help=tr("指挥部代码", "command code"))] = "",
    unit: Annotated[str, typer.Option(help=tr("责任单位", "responsible unit"))] = "",
    phone: Annotated[str, typer.Option(help=tr("电话，也可用来登录", "telephone, good for logging in"))] = "",
    must_change: _MustChange = True,
) -> None:
    from service.people.editing import add_person
    from service.people.rules import Facts

    _require_role(role)
    facts = Facts(display or name, role, _codes(zone), command, unit, phone)
    with opened(data) as engine, engine.begin() as connection:
        added = add_person(
            connection,
            facts,
            ground=ground_on(data, connection),
            actor="cli",
            name=name,
            must_change=must_change,
        )
    say(
        tr(
            f"已新建 {added.name}，初始密码（只显示这一次）：{added.password}",
            f"added {added.name}; first password (shown once): {added.password}",
        )
    )


def _found(connection: Connection, name: str) -> User:
    from service.auth.queries import find_user

    user = find_user(connection, name)
    if user is None:
        fail(tr(f"没有用户 {name}", f"no user {name}"))
    return user


def _edit(
    name: _Name,
    data: DataOption,
    role: Annotated[str | None, typer.Option(help=tr("角色", "role"))] = None,
    display: Annotated[str | None, typer.Option(help=tr("姓名", "name to show"))] = None,
    zone: Annotated[
        str | None,
        typer.Option(help=tr("社区或网格代码，多个用逗号；空为没有", "zone codes, joined by commas")),
    ] = None,
    command: Annotated[str | None, typer.Option(help=tr("指挥部代码", "command code"))] = None,
    unit: Annotated[str | None, typer.Option(help=tr("责任单位", "responsible unit"))] = None,
    phone: Annotated[str | None, typer.Option(help=tr("电话", "telephone"))] = None,
) -> None:
    from service.people.editing import change_person, facts_of
    from service.people.queries import find_person

    if role is not None:
        _require_role(role)
    stated: dict[str, Any] = {
        "display_name": display, "role": role, "zones": None if zone is None else _codes(zone), "command": command,
        "unit": unit, "phone": phone,
    }  # fmt: skip
    with opened(data) as engine, engine.begin() as connection:
        row = find_person(connection, _found(connection, name).id)
        assert row is not None
        facts = replace(facts_of(row), **{key: value for key, value in stated.items() if value is not None})
        changed = change_person(
            connection,
            row["id"],
            facts,
            ground=ground_on(data, connection),
            actor="cli",
            version=row["version"],
        )
    say(tr(f"已修改 {name}", f"changed {name}") if changed else tr("没有变化", "nothing changed"))


def _turn(name: str, data: Path, *, active: bool) -> None:
    from service.people.editing import change_person, facts_of
    from service.people.queries import find_person

    with opened(data) as engine, engine.begin() as connection:
        row = find_person(connection, _found(connection, name).id)
        assert row is not None
        change_person(
            connection,
            row["id"],
            facts_of(row),
            ground=ground_on(data, connection),
            actor="cli",
            active=active,
        )
    say(tr(f"已启用 {name}", f"enabled {name}") if active else tr(f"已停用 {name}", f"disabled {name}"))


def _disable(name: _Name, data: DataOption) -> None:
    _turn(name, data, active=False)


def _enable(name: _Name, data: DataOption) -> None:
    _turn(name, data, active=True)


def _list(data: DataOption, json: JsonOption = False) -> None:
    from service.auth.queries import list_users

    with opened(data) as engine, engine.begin() as connection:
        users = list_users(connection)
    if json:
        answer_json(
            [
                {"name": u.name, "display_name": u.display_name, "role": u.role, "zone": u.zone_code,
                 "command": u.command, "unit": u.unit, "active": u.active, "phone": u.phone, "must_change": u.must_change}
                for u in users
            ]
        )  # fmt: skip
        return
    for user in users:
        say(
            f"{user.name}\t{user.role}\t{user.zone_code or ''}\t{user.command or ''}\t{user.unit or ''}\t{user.display_name}"
        )


def _password(name: _Name, data: DataOption, must_change: _MustChange = True) -> None:
    from service.people.editing import reset_password

    with opened(data) as engine, engine.begin() as connection:
        user = _found(connection, name)
        password = reset_password(connection, user.id, actor="cli", must_change=must_change).password
    say(
        tr(f"{name} 的新密码（只显示这一次）：{password}", f"new password of {name} (shown once): {password}")
    )


def _token(
    name: Annotated[str, typer.Argument()], data: DataOption, label: Annotated[str, typer.Option()] = ""
) -> None:
    from service.audit.trail import record
    from service.auth.queries import issue_token

    with opened(data) as engine, engine.begin() as connection:
        user = _found(connection, name)
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
