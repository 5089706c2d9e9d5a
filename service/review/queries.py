"""SQL of the review queue: visible cases whose place the geocoder could not decide."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, func, select, tuple_

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES
from service.cases.queries import decode_cursor
from service.store.tables import Case


def list_queue(
    connection: Connection, *, scope: Scope, limit: int, after: str | None
) -> tuple[list[RowMapping], int]:
    """Return up to `limit` + 1 open cases that wait for a decision, newest first, and how many wait."""
    waiting = [scope.case_filter(Case), Case.placement != "located", Case.state.in_(OPEN_STATES)]
    query = select(
        Case.id, Case.number, Case.kind, Case.command, Case.description, Case.unit, Case.location_text, Case.area_text,
        Case.placement, Case.method, Case.trace, Case.community_code, Case.grid_code, Case.p_community,
        Case.reported_at, Case.version,
    ).where(*waiting)  # fmt: skip
    if after:
        query = query.where(tuple_(Case.reported_at, Case.id) < tuple_(*decode_cursor(after)))
    query = query.order_by(Case.reported_at.desc(), Case.id.desc()).limit(limit + 1)
    total = connection.scalar(select(func.count()).select_from(Case).where(*waiting))
    return list(connection.execute(query).mappings()), int(total or 0)


def list_same_text(connection: Connection, *, text: str, scope: Scope) -> list[RowMapping]:
    """Return other open, undecided visible cases with exactly this location text, locked until commit."""
    query = (
        select(Case.id, Case.version)
        .where(
            scope.case_filter(Case),
            Case.placement != "located",
            Case.state.in_(OPEN_STATES),
            Case.location_text == text,
        )
        .order_by(Case.id)
        .with_for_update()
    )
    return list(connection.execute(query).mappings())
