"""SQL of the queue for kinds: visible open cases whose kind the rules left undecided."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, tuple_

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES
from service.cases.queries import decode_cursor
from service.kinds.rereading import UNDECIDED
from service.store.tables import Case

_COLUMNS = (
    Case.id, Case.number, Case.kind, Case.kind_sure, Case.kind_reason, Case.kind_options, Case.command, Case.description,
    Case.unit, Case.location_text, Case.place_name, Case.place_class, Case.placement, Case.community_code,
    Case.source_key, Case.sibling_of, Case.reported_at, Case.version,
)  # fmt: skip


def _waiting(scope: Scope) -> list[ColumnElement[bool]]:
    # Index ix_cases_kind_sure.
    return [Case.kind_sure.in_(UNDECIDED), Case.state.in_(OPEN_STATES), scope.case_filter(Case)]


def count_undecided(connection: Connection, *, scope: Scope) -> int:
    """Return how many cases wait for a kind; 0 for who may not choose one."""
    if not scope.may("place"):
        return 0
    return int(connection.scalar(select(func.count()).select_from(Case).where(*_waiting(scope))) or 0)


def list_undecided(
    connection: Connection,
    *,
    scope: Scope,
    limit: int,
    after: str | None = None,
    sure: Literal["none", "likely"] | None = None,
    command: str = "",
    words: str = "",
) -> tuple[list[RowMapping], int]:
    """Return up to `limit` + 1 undecided cases, newest first, and how many the filter leaves.

    Cases with the same words stand beside each other only by chance: `same_text` counts them.
    """
    conditions = _waiting(scope)
    if sure:
        conditions.append(Case.kind_sure == sure)
    if command:
        conditions.append(Case.command == command)
    if words:
        sought = f"%{words.replace('%', '').replace('_', '')}%"
        columns = (Case.description, Case.location_text, Case.place_name)
        conditions.append(or_(*(column.ilike(sought) for column in columns)))
    same = func.count().over(partition_by=Case.description).label("same_text")
    every = select(*_COLUMNS, same).where(*conditions).subquery()
    query = select(every)
    if after:
        query = query.where(tuple_(every.c.reported_at, every.c.id) < tuple_(*decode_cursor(after)))
    query = query.order_by(every.c.reported_at.desc(), every.c.id.desc()).limit(limit + 1)
    total = connection.scalar(select(func.count()).select_from(Case).where(*conditions))
    return list(connection.execute(query).mappings()), int(total or 0)


def lock_undecided(connection: Connection, case_id: UUID, *, scope: Scope) -> RowMapping | None:
    """Return a visible case and hold it until commit; also one that is decided already."""
    query = select(*_COLUMNS, Case.state).where(Case.id == case_id, scope.case_filter(Case)).with_for_update()
    return connection.execute(query).mappings().one_or_none()


def list_same_description(
    connection: Connection, *, description: str, but: UUID, scope: Scope
) -> list[RowMapping]:
    """Return other undecided visible cases that say exactly the same, held until commit."""
    query = (
        select(*_COLUMNS)
        .where(*_waiting(scope), Case.description == description, Case.id != but)
        .order_by(Case.id)
        .with_for_update()
    )
    return list(connection.execute(query).mappings())
