"""Rounds over HTTP: begin one, see what is checked, the to-do list of a grid, close it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field
from sqlalchemy import Connection, select

from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.queries import zone_names
from service.cases.reporting import client_id
from service.cases.requests import conflicts_kept, find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Code, Line
from service.patrols.round import walk
from service.rounds.queries import (
    RoundRow,
    count_grids,
    find_round,
    freeze,
    insert_round,
    list_round_places,
    list_rounds,
)
from service.store.tables import Zone
from service.words import tr

router = APIRouter(prefix="/api/rounds", tags=["rounds"])
# A walk of more stops is planned grid by grid; the planner takes no more.
MOST_STOPS = 500


class NewRound(Body):
    """A round to begin: empty `zones` is the whole district, empty `classes` every class."""

    name: Annotated[Line, Field(min_length=1)]
    zones: Annotated[list[Code], Field(max_length=500)] = Field(default_factory=list)
    classes: Annotated[list[Code], Field(max_length=100)] = Field(default_factory=list)
    first_day: Annotated[date, Field(strict=False)]
    last_day: Annotated[date, Field(strict=False)]


class GridProgress(BaseModel):
    """How far a round is in one grid."""

    community: str
    community_name: str
    grid: str
    grid_name: str
    places: int
    checked: int
    failed: int


class RoundView(BaseModel):
    """A round and how far it is, as far as this person may see its places."""

    id: UUID
    name: str
    zones: list[str]
    classes: list[str]
    first_day: date
    last_day: date
    state: Literal["open", "closed"]
    created_by: str
    closed_at: datetime | None
    places: int
    checked: int
    failed: int
    grids: list[GridProgress]


class Rounds(BaseModel):
    """Rounds: open ones first."""

    items: list[RoundView]


class Todo(BaseModel):
    """A place not checked yet; `leg_m` is the straight distance from the stop before, None without a position."""

    place_id: UUID
    name: str
    place_class: str
    class_name: str
    lon: float | None
    lat: float | None
    leg_m: float | None


class TodoList(BaseModel):
    """The places of a grid that are still to check, in walking order; those without a position last."""

    items: list[Todo]


def require_known(scope: Scope) -> None:
    """Raise `NotFound` for the public: rounds are the office's own work."""
    if scope.is_public:
        raise NotFound(tr("没有这个排查", "no such round"))


def read_round(connection: Connection, round_id: UUID, *, scope: Scope) -> RoundRow:
    """Return a round.

    Raises
    ------
    NotFound
        If there is none, or the public asks.
    """
    require_known(scope)
    one = find_round(connection, round_id)
    if one is None:
        raise NotFound(tr("没有这个排查", "no such round"))
    return one


def round_view(connection: Connection, one: RoundRow, *, scope: Scope) -> RoundView:
    """Return a round with its progress per grid."""
    names = zone_names(connection)
    grids = [
        GridProgress(
            **row,
            community_name=names.get(row["community"], ("", ""))[0],
            grid_name=names.get(row["grid"], ("", ""))[0],
        )
        for row in count_grids(connection, one, scope=scope)
    ]
    sums: dict[str, Any] = {
        key: sum(getattr(g, key) for g in grids) for key in ("places", "checked", "failed")
    }
    return RoundView(
        id=one.id, name=one.name, zones=list(one.zones), classes=list(one.classes), first_day=one.first_day,
        last_day=one.last_day, state=one.state, created_by=one.created_by, closed_at=one.closed_at, grids=grids, **sums,  # type: ignore[arg-type]
    )  # fmt: skip


def todo_list(
    connection: Connection, one: RoundRow, grid: str, *, scope: Scope, service: Service
) -> list[dict[str, Any]]:
    """Return a grid's unchecked places in walking order, those without a position last."""
    rows = list_round_places(connection, one, scope=scope, grid=grid, todo=True, limit=MOST_STOPS)
    ordered = walk([row for row in rows if row["x"] is not None], start=None)
    found = [*ordered, *({**row, "leg_m": None} for row in rows if row["x"] is None)]
    return [{**row, "class_name": service.vocabulary.classes.name(row["place_class"])} for row in found]


@router.get("")
def get_rounds(connection: ConnectionDep, scope: ScopeDep) -> Rounds:
    """Return the rounds with their progress; the public sees none."""
    if scope.is_public:
        return Rounds(items=[])
    return Rounds(items=[round_view(connection, one, scope=scope) for one in list_rounds(connection)])


@router.post("", status_code=201)
def post_round(
    wanted: NewRound,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Annotated[str | None, Header(description="UUID，即排查 id")] = None,
) -> RoundView:
    """Begin a round."""
    scope.require("rounds")
    _check(connection, wanted, service)
    round_id = client_id(idempotency_key) or uuid4()
    content, key, now = wanted.model_dump(mode="json"), str(round_id), service.clock.now()
    with conflicts_kept(service.engine, actor=scope.actor, key=key, content=content, at=now):
        known = find_answer(connection, actor=scope.actor, key=key, content=content)
        if known is None and find_round(connection, round_id) is not None:
            raise Conflict(tr("这个编号已用于另一次排查", "the id was used for another round"))
    if known is None:
        insert_round(
            connection, id=round_id, name=wanted.name.strip(), zones=wanted.zones, classes=wanted.classes,
            first_day=wanted.first_day, last_day=wanted.last_day, created_by=scope.actor, created_at=now,
        )  # fmt: skip
        keep(connection, actor=scope.actor, key=key, content=content, answer={"id": key}, at=now)
        record(
            connection, actor=scope.actor, action="round_begun", object_type="round", object_id=key,
            detail={"zones": len(wanted.zones), "classes": len(wanted.classes)},
        )  # fmt: skip
    return round_view(connection, read_round(connection, round_id, scope=scope), scope=scope)


def _check(connection: Connection, wanted: NewRound, service: Service) -> None:
    if not wanted.name.strip():
        raise Refused(tr("请写名称", "give a name"), fields=[("body.name", "")])
    if not (
        wanted.first_day.year >= 1990 and wanted.first_day <= wanted.last_day and wanted.last_day.year <= 2200
    ):
        raise Refused(tr("日期不对", "wrong days"), fields=[("body.last_day", "")])
    unknown = [code for code in wanted.classes if service.vocabulary.classes.get(code) is None]
    if unknown:
        raise Refused(
            tr("没有这个场所类别", "no such place class"), fields=[("body.classes", "、".join(unknown[:5]))]
        )
    query = select(Zone.code).where(Zone.code.in_(wanted.zones), Zone.level.in_(("community", "grid")))
    missing = set(wanted.zones) - set(connection.scalars(query))
    if missing:
        raise Refused(
            tr("没有这个社区或网格", "no such zone"), fields=[("body.zones", "、".join(sorted(missing)[:5]))]
        )


@router.get("/{round_id}")
def get_round(round_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> RoundView:
    """Return a round with its progress per grid."""
    return round_view(connection, read_round(connection, round_id, scope=scope), scope=scope)


@router.get("/{round_id}/todo")
def get_todo(
    round_id: UUID, grid: Code, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> TodoList:
    """Return a grid's places that are still to check, in walking order."""
    one = read_round(connection, round_id, scope=scope)
    rows = todo_list(connection, one, grid, scope=scope, service=service)
    return TodoList(items=[Todo(**{name: row[name] for name in Todo.model_fields}) for row in rows])


@router.post("/{round_id}/close")
def post_close(round_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> RoundView:
    """Close a round: what was checked until now is frozen."""
    require_known(scope)
    scope.require("rounds")
    one = find_round(connection, round_id, lock=True)
    if one is None:
        raise NotFound(tr("没有这个排查", "no such round"))
    if one.state == "closed":
        raise Conflict(tr("这个排查已经结束", "the round is closed already"))
    count = freeze(connection, one, actor=scope.actor, at=service.clock.now())
    record(
        connection, actor=scope.actor, action="round_closed", object_type="round", object_id=str(round_id),
        detail={"places": count},
    )  # fmt: skip
    return round_view(connection, read_round(connection, round_id, scope=scope), scope=scope)
