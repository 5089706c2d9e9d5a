"""SQL of the office's own rules: keyword rules and aliases, and who gets a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, text, update

from service.store.tables import CommandRule, KindRule

# Two people who add the same rule at the same time: the second sees the first's.
_LOCK = 0x6B696E64


def lock_rules(connection: Connection) -> None:
    """Wait until nobody else changes rules; held until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def rules_version(connection: Connection) -> tuple[Any, ...]:
    """Return a value that differs after every change of a rule: rules are changed, never removed."""
    rules = select(func.count(), func.sum(KindRule.version), func.max(KindRule.changed_at)).select_from(
        KindRule
    )
    commands = select(func.count(), func.max(CommandRule.changed_at)).select_from(CommandRule)
    return (*connection.execute(rules).one(), *connection.execute(commands).one())


def list_rules(connection: Connection) -> list[RowMapping]:
    """Return all own rules and aliases, newest first: the order in which they are asked."""
    query = select(KindRule.__table__).order_by(KindRule.created_at.desc(), KindRule.id)
    return list(connection.execute(query).mappings())


def find_rule(connection: Connection, rule_id: UUID) -> RowMapping | None:
    """Return a rule and hold its row until commit, None when there is none."""
    query = select(KindRule.__table__).where(KindRule.id == rule_id).with_for_update()
    return connection.execute(query).mappings().one_or_none()


def insert_rule(connection: Connection, **values: Any) -> None:
    """Write a rule."""
    connection.execute(insert(KindRule).values(**values))


def update_rule(connection: Connection, rule_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a rule; its version goes up."""
    connection.execute(
        update(KindRule).where(KindRule.id == rule_id).values(version=KindRule.version + 1, **values)
    )


def list_command_rules(connection: Connection) -> list[RowMapping]:
    """Return the exceptions to "a kind belongs to its command", first that is asked first."""
    query = select(CommandRule.__table__).order_by(CommandRule.rank, CommandRule.id)
    return list(connection.execute(query).mappings())


def replace_command_rules(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write the whole table of exceptions anew."""
    connection.execute(delete(CommandRule))
    if rows:
        connection.execute(insert(CommandRule), rows)
