"""Adding and changing people: the rules of the last administrator, sessions, the trail.

Every function works in the caller's transaction and takes the lock of all people first. People are
disabled, never deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, RowMapping

from service.audit.trail import Entry, record_all
from service.auth.passwords import first_password, hash_first_password
from service.auth.queries import close_all_sessions, drop_tokens, insert_user
from service.auth.scope import zone_codes_of
from service.cases.advancing import require_version
from service.errors import NotFound, Refused
from service.people.queries import (
    count_other_admins,
    find_person,
    lock_people,
    login_names,
    update_person,
    zones_in_force,
)
from service.people.rules import Facts, Ground, checked, login_name
from service.words import tr

if TYPE_CHECKING:
    from geodata.kinds import KindTable


@dataclass(frozen=True, slots=True)
class Secret:
    """A first password and its hash."""

    password: str
    password_hash: str


def make_secret() -> Secret:
    """Return a random first password; a long list makes them before it takes the lock."""
    password = first_password()
    return Secret(password, hash_first_password(password))


@dataclass(frozen=True, slots=True)
class Added:
    """A person just added: the id, the login name, and the first password, known only here."""

    id: int
    name: str
    password: str


def ground_of(connection: Connection, *, kinds: KindTable, today: date) -> Ground:
    """Return the zones and commands of a day that people can answer for."""
    zones: dict[str, dict[str, str]] = {"community": {}, "grid": {}}
    for row in zones_in_force(connection, today=today):
        zones[row["level"]][row["code"]] = row["name"]
    return Ground(zones, {command.code: command.name for command in kinds.commands})


def facts_of(row: RowMapping) -> Facts:
    """Return the facts of a stored person."""
    return Facts(
        display_name=row["display_name"], role=row["role"], zones=zone_codes_of(row["zone_code"]),
        command=row["command"] or "", unit=row["unit"] or "", phone=row["phone"],
    )  # fmt: skip


def add_person(
    connection: Connection,
    facts: Facts,
    *,
    ground: Ground,
    actor: str,
    name: str = "",
    must_change: bool = True,
    secret: Secret | None = None,
) -> Added:
    """Write a new person with a random first password.

    Raises
    ------
    Refused
        If the facts or the login name cannot be used.
    """
    lock_people(connection)
    good = checked(facts, ground)
    login = login_name(name, good.display_name, login_names(connection))
    secret = secret or make_secret()
    person_id = insert_user(
        connection,
        name=login,
        password_hash=secret.password_hash,
        must_change=must_change,
        **good.columns(),
    )
    detail = {"role": good.role, "zones": list(good.zones), "command": good.command}
    record_all(connection, [Entry("user_added", "user", str(person_id), detail)], actor=actor)
    return Added(person_id, login, secret.password)


def change_person(
    connection: Connection,
    person_id: int,
    facts: Facts,
    *,
    ground: Ground,
    actor: str,
    active: bool | None = None,
    version: int | None = None,
) -> bool:
    """Write a person's facts and whether the account is on; return whether anything changed.

    Parameters
    ----------
    version
        The version that was read; None changes whatever is there.

    Raises
    ------
    NotFound, StaleVersion
        If there is no such person, or somebody changed it meanwhile.
    Refused
        If the facts cannot be used, the last administrator would be gone, or one disables oneself.
    """
    lock_people(connection)
    row = _found(connection, person_id)
    require_version(row["version"], version)
    before = facts_of(row)
    good = checked(facts, ground, before=before)
    on = row["active"] if active is None else active
    changed = [name for name in Facts.__dataclass_fields__ if getattr(good, name) != getattr(before, name)]
    if not changed and on == row["active"]:
        return False
    _require_admin_left(connection, row, role=good.role, active=on)
    if not on and row["name"] == actor:
        raise Refused(tr("不能停用自己的账号", "one cannot disable one's own account"))
    update_person(connection, person_id, **good.columns(), active=on)
    if not on:
        close_all_sessions(connection, person_id)
    entries = []
    if changed:
        entries.append(Entry("user_changed", "user", str(person_id), _detail(before, good, changed)))
    if on != row["active"]:
        entries.append(Entry("user_enabled" if on else "user_disabled", "user", str(person_id)))
    record_all(connection, entries, actor=actor)
    return True


def _found(connection: Connection, person_id: int) -> RowMapping:
    row = find_person(connection, person_id)
    if row is None:
        raise NotFound(tr("没有这个人", "no such person"))
    return row


def _require_admin_left(connection: Connection, row: RowMapping, *, role: str, active: bool) -> None:
    was = row["role"] == "admin" and row["active"]
    if was and not (role == "admin" and active) and not count_other_admins(connection, [row["id"]]):
        words = tr(
            "这是最后一个系统管理员，不能停用或改角色；请先另设一个",
            "this is the last administrator: make another one first",
        )
        raise Refused(words, fields=[("body.role" if active else "body.active", words)])


def _detail(before: Facts, after: Facts, changed: Sequence[str]) -> dict[str, object]:
    """Return what the trail says: duties before and after; of names, units and telephones only that they changed."""
    shown = {
        name: [_plain(getattr(before, name)), _plain(getattr(after, name))]
        for name in ("role", "zones", "command")
        if name in changed
    }
    return {"changed": list(changed), **shown}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def reset_password(
    connection: Connection, person_id: int, *, actor: str, tokens: bool = False, must_change: bool = True
) -> Added:
    """Give a person a new first password; all sessions end, with `tokens` those for programs too.

    Raises
    ------
    NotFound
        If there is no such person.
    """
    lock_people(connection)
    row = _found(connection, person_id)
    secret = make_secret()
    update_person(
        connection, person_id, password_hash=secret.password_hash, must_change=must_change, failures=0,
        locked_until=None,
    )  # fmt: skip
    close_all_sessions(connection, person_id)
    dropped = drop_tokens(connection, person_id) if tokens else 0
    entry = Entry("password_reset", "user", str(person_id), {"tokens_withdrawn": dropped} if tokens else {})
    record_all(connection, [entry], actor=actor)
    return Added(person_id, row["name"], secret.password)


def unlock_person(connection: Connection, person_id: int, *, actor: str) -> None:
    """Let a person try again after too many wrong passwords.

    Raises
    ------
    NotFound
        If there is no such person.
    """
    lock_people(connection)
    _found(connection, person_id)
    update_person(connection, person_id, failures=0, locked_until=None)
    record_all(connection, [Entry("user_unlocked", "user", str(person_id))], actor=actor)
