"""How far an office's gazetteer is: what it knows, what is drafted, what is being checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from service.roads.queries import is_running
from service.roads.versions import counts_of, current
from service.store.tables import GazetteerCheck, GazetteerEdit, GazetteerSource, GazetteerVersion

if TYPE_CHECKING:
    from service.deps import Service

Readiness = Literal["empty", "draft", "checking", "waiting", "ready", "failed"]
_COUNTED = (
    "roads",
    "rails",
    "waters",
    "places",
    "crossings",
    "numbers",
    "posts",
    "aliases",
    "zones",
    "documents",
)


class GazetteerState(BaseModel):
    """What the gazetteer in force holds, how many sources and edits it has, and what waits.

    `state`: `empty` (no line, no place), `draft` (changes not checked yet), `checking` (a check runs),
    `waiting` (a check's list waits for a decision), `failed` (the last check did not come to its end), `ready`.
    `lines` are roads, railways and waters together; `pending` is the number of drafted changes.
    """

    state: Readiness
    version: int
    lines: int
    roads: int
    rails: int
    waters: int
    places: int
    crossings: int
    numbers: int
    posts: int
    aliases: int
    zones: int
    documents: int
    sources: int
    edits: int
    pending: int
    check: str | None
    problem: str


def gazetteer_state(connection: Connection, service: Service) -> GazetteerState:
    """Return the state of the office's gazetteer, as this transaction sees it."""
    counts = _counts(connection, service)
    pending = _drafted(connection, GazetteerSource) + _drafted(connection, GazetteerEdit)
    check = last_check(connection)
    alive = bool(
        check and check["state"] == "running" and is_running(connection, check["number"], check["started_at"])
    )
    lines = counts["roads"] + counts["rails"] + counts["waters"]
    return GazetteerState(
        state=_readiness(check, pending, known=lines + counts["places"], alive=alive), lines=lines,
        sources=_in_force(connection, GazetteerSource), edits=_in_force(connection, GazetteerEdit),
        pending=pending, check=str(check["id"]) if check else None,
        problem=check["problem"] if check and check["state"] == "failed" else "", **counts,
    )  # fmt: skip


def last_check(connection: Connection) -> RowMapping | None:
    """Return the newest check without its snapshot, None before the first."""
    columns: list[InstrumentedAttribute[Any]] = [
        GazetteerCheck.id,
        GazetteerCheck.number, GazetteerCheck.state, GazetteerCheck.problem, GazetteerCheck.started_at,
    ]  # fmt: skip
    query = select(*columns).order_by(GazetteerCheck.number.desc()).limit(1)
    return connection.execute(query).mappings().one_or_none()


def _readiness(check: RowMapping | None, pending: int, *, known: int, alive: bool) -> Readiness:
    if check and check["state"] == "running" and alive:
        return "checking"
    if check and check["state"] == "waiting":
        return "waiting"
    if pending:
        return "failed" if check and check["state"] in ("failed", "running") else "draft"
    return "ready" if known else "empty"


def _counts(connection: Connection, service: Service) -> dict[str, int]:
    query = select(GazetteerVersion.number, GazetteerVersion.counts).order_by(GazetteerVersion.number.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    if row is not None:
        return {name: int(row.counts.get(name, 0)) for name in _COUNTED} | {"version": row.number}
    found = current(connection, service.settings.data_dir)
    if not found.path.is_file():
        return dict.fromkeys(_COUNTED, 0) | {"version": 0}
    from geodata.gazetteer import Gazetteer

    counts = counts_of(Gazetteer.open(found.path))
    return {name: int(counts[name]) for name in _COUNTED} | {"version": 0}


def _drafted(connection: Connection, table: Any) -> int:
    """Return how many rows are drafted to come in or to go out."""
    drafted = or_(
        table.in_version.is_(None) & table.removed_at.is_(None),
        table.in_version.is_not(None) & table.removed_at.is_not(None) & table.out_version.is_(None),
    )
    return int(connection.scalar(select(func.count()).select_from(table).where(drafted)) or 0)


def _in_force(connection: Connection, table: Any) -> int:
    held = table.in_version.is_not(None) & table.out_version.is_(None)
    return int(connection.scalar(select(func.count()).select_from(table).where(held)) or 0)
