"""Inspections over HTTP: file one, list them, pass rates, the ladder."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel
from sqlalchemy import Connection

from service.auth.scope import Scope
from service.cases.advancing import parse_if_match
from service.cases.reporting import client_id
from service.cases.requests import conflicts_kept, find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Line, PageSize, Words
from service.inspections.filing import Filed, InspectionForm, file_inspection
from service.inspections.ladder import Step, find_ladder, ladder_words, steps_of, take_step
from service.inspections.queries import (
    find_inspection,
    list_inspections,
    list_items,
    list_ladders,
    list_steps,
)
from service.inspections.rates import RateTable, rate_table
from service.words import language, tr

router = APIRouter(prefix="/api", tags=["inspections"])


class SheetItem(BaseModel):
    """An item of a check-sheet."""

    code: str
    words: str
    standard: str
    weight: int
    critical: bool
    kind: str


class Sheet(BaseModel):
    """A check-sheet in its present version."""

    code: str
    name: str
    version: str
    items: list[SheetItem]


class Sheets(BaseModel):
    """The office's check-sheets."""

    sheets: list[Sheet]


class InspectionItemView(BaseModel):
    """The result of one item; the problem only where the person may see it."""

    item: str
    words: str
    result: Literal["pass", "fail", "na"]
    note: str
    case_id: UUID | None
    case_number: int | None
    case_state: str | None


class InspectionView(BaseModel):
    """An inspection with its results."""

    id: UUID
    place_id: UUID
    place_name: str
    sheet: str
    sheet_version: str
    result: Literal["pass", "fail"]
    at: datetime
    inspector: str
    note: str
    items: list[InspectionItemView]


class Inspections(BaseModel):
    """Inspections, newest first."""

    items: list[InspectionView]


class Rate(BaseModel):
    """Counts of one community and class (`*`: all); rates in 0..1, None where there are too few items."""

    community: str
    place_class: str
    passed: int
    failed: int
    na: int
    inspected: int
    rate: float | None
    low: float | None
    high: float | None
    inspections: int
    places: int
    exposure: int


class Rates(BaseModel):
    """The pass-rate table and what its numbers mean."""

    items: list[Rate]
    definitions: list[str]


class LadderStepView(BaseModel):
    """A step of a ladder."""

    state: str
    state_words: str
    at: datetime
    actor: str
    note: str
    inspection_id: UUID | None


class LadderView(BaseModel):
    """A place of the six trades that failed, and what this person may do next."""

    id: UUID
    place_id: UUID
    place_name: str
    place_class: str
    state: str
    state_words: str
    unit: str
    units: list[str]
    version: int
    opened_at: datetime
    updated_at: datetime
    next_states: list[str]
    steps: list[LadderStepView]


class Ladders(BaseModel):
    """Ladders, newest movement first."""

    items: list[LadderView]


class LadderMove(Body):
    """A step of the ladder: the hand-over with its unit, or an outcome with its grounds."""

    state: Step
    unit: Line = ""
    note: Words = ""


@router.get("/sheets")
def get_sheets(service: ServiceDep, _: ScopeDep) -> Sheets:
    """Return the check-sheets."""
    return Sheets(
        sheets=[
            Sheet(
                code=sheet.code, name=sheet.en if language.get() == "en" else sheet.name, version=sheet.version,
                items=[
                    SheetItem(
                        code=i.code, words=i.words, standard=i.standard, weight=i.weight, critical=i.critical, kind=i.kind
                    )
                    for i in sheet.items
                ],
            )
            for sheet in service.vocabulary.sheets.sheets
        ]
    )  # fmt: skip


@router.post("/places/{place_id}/inspections", status_code=201)
def post_inspection(
    place_id: UUID,
    form: InspectionForm,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Annotated[str | None, Header(description="检查人一方生成的 UUID，即检查 id")] = None,
) -> Filed:
    """Save one inspection; the same id with the same content gives the same answer."""
    scope.require("inspect")
    inspection_id = client_id(idempotency_key) or uuid4()
    content, key = {"place": str(place_id), **form.model_dump(mode="json")}, str(inspection_id)
    at = service.clock.now()
    # Its own transaction, committed before the answer: see `service.deps.get_connection`.
    with (
        conflicts_kept(service.engine, actor=scope.actor, key=key, content=content, at=at),
        service.engine.begin() as connection,
    ):
        before = find_answer(connection, actor=scope.actor, key=key, content=content)
        if before is not None:
            return Filed.model_validate(before)
        if find_inspection(connection, inspection_id, scope=scope.as_office()) is not None:
            raise Conflict(tr("这个编号已用于另一次检查", "the id was used for another inspection"))
        answer = file_inspection(
            connection, place_id, form, inspection_id=inspection_id, scope=scope, service=service
        )
        keep(
            connection,
            actor=scope.actor,
            key=key,
            content=content,
            answer=answer.model_dump(mode="json"),
            at=at,
        )
        return answer


def _views(connection: Connection, rows: list[Any], scope: Scope) -> list[InspectionView]:
    results: dict[UUID, list[InspectionItemView]] = {}
    for row in list_items(connection, [row["id"] for row in rows], scope=scope) if rows else []:
        values = {name: row[name] for name in InspectionItemView.model_fields}
        results.setdefault(row["inspection_id"], []).append(InspectionItemView(**values))
    return [
        InspectionView(
            **{name: row[name] for name in InspectionView.model_fields if name != "items"}, items=results.get(row["id"], []),
        )
        for row in rows
    ]  # fmt: skip


@router.get("/places/{place_id}/inspections")
def get_place_inspections(
    place_id: UUID, connection: ConnectionDep, scope: ScopeDep, limit: PageSize = 100
) -> Inspections:
    """Return a place's inspections, newest first; the public sees none: rates, never single shops."""
    if scope.is_public:
        return Inspections(items=[])
    return Inspections(
        items=_views(
            connection, list_inspections(connection, scope=scope, place_id=place_id, limit=limit), scope
        )
    )


@router.get("/inspections")
def get_inspections(connection: ConnectionDep, scope: ScopeDep, limit: PageSize = 100) -> Inspections:
    """Return the newest inspections; the public sees none."""
    if scope.is_public:
        return Inspections(items=[])
    return Inspections(
        items=_views(connection, list_inspections(connection, scope=scope, limit=limit), scope)
    )


@router.get("/inspections/{inspection_id}")
def get_inspection(inspection_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> InspectionView:
    """Return one inspection."""
    row = None if scope.is_public else find_inspection(connection, inspection_id, scope=scope)
    if row is None:
        raise NotFound(tr("没有这次检查", "no such inspection"))
    return _views(connection, [row], scope)[0]


def period(service: Service, first_day: date | None, last_day: date | None) -> tuple[date, date]:
    """Return the days asked for, else the last twelve weeks.

    Raises
    ------
    Refused
        If the days are out of range or in the wrong order.
    """
    last = last_day or service.today()
    first = first_day or last - timedelta(days=83)
    if not (first.year >= 1990 and last.year <= 2200 and first <= last):
        raise Refused(tr("日期不对", "wrong days"), fields=[("query.from", "1990–2200"), ("query.to", "")])
    return first, last


@router.get("/pass-rates")
def get_pass_rates(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    first_day: Annotated[date | None, Query(alias="from")] = None,
    last_day: Annotated[date | None, Query(alias="to")] = None,
    standard: Literal["", "文明", "卫生"] = "",
) -> Rates:
    """Return passes ÷ inspected items per community and class, with intervals and definitions."""
    first, last = period(service, first_day, last_day)
    table = rate_table(
        connection,
        scope=scope,
        vocabulary=service.vocabulary,
        first_day=first,
        last_day=last,
        standard=standard,
    )
    return Rates(items=_rates(table), definitions=list(table.definitions))


def _rates(table: RateTable) -> list[Rate]:
    return [
        Rate(
            community=community, place_class=place_class, passed=cell.rate.passed, failed=cell.failed, na=cell.na,
            inspected=cell.rate.inspected, rate=cell.rate.rate, low=cell.rate.low, high=cell.rate.high,
            inspections=cell.inspections, places=cell.places, exposure=cell.exposure,
        )
        for (community, place_class), cell in sorted(table.cells.items())
    ]  # fmt: skip


def ladder_views(
    connection: Connection, rows: list[Any], *, scope: Scope, service: Service
) -> list[LadderView]:
    """Return ladders with their steps as a person may see them."""
    steps: dict[UUID, list[LadderStepView]] = {}
    for step in list_steps(connection, [row["id"] for row in rows]) if rows else []:
        steps.setdefault(step["ladder_id"], []).append(
            LadderStepView(
                state=step["state"], state_words=ladder_words(step["state"]), at=step["at"],
                actor=step["actor"], note=step["note"],
                inspection_id=step["inspection_id"],
            )
        )  # fmt: skip
    found = []
    for row in rows:
        entry = service.vocabulary.classes.get(row["place_class"])
        possible = [
            one
            for one in steps_of(row["state"], scope.role)
            if scope.role != "unit" or row["unit"] == scope.unit
        ]
        found.append(
            LadderView(
                **{name: row[name] for name in LadderView.model_fields if name in row},
                state_words=ladder_words(row["state"]), units=list(entry.units) if entry else [],
                next_states=possible, steps=steps.get(row["id"], []),
            )
        )  # fmt: skip
    return found


@router.get("/ladders")
def get_ladders(
    connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, state: Line = "", limit: PageSize = 200
) -> Ladders:
    """Return the places of the six trades that failed, newest movement first; the public sees none."""
    if scope.is_public:
        return Ladders(items=[])
    rows = list_ladders(connection, scope=scope, states=[state] if state else [], limit=limit)
    return Ladders(items=ladder_views(connection, rows, scope=scope, service=service))


@router.post("/ladders/{ladder_id}/step")
def post_ladder_step(
    ladder_id: UUID,
    move: LadderMove,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本")] = None,
) -> LadderView:
    """Hand a place over to a unit, or record what that unit did."""
    if scope.is_public:
        raise NotFound(tr("没有这条整改记录", "no such ladder"))
    found = find_ladder(connection, ladder_id, scope=scope)
    entry = service.vocabulary.classes.get(found["place_class"]) if found else None
    take_step(
        connection, ladder_id, target=move.state, unit=move.unit, note=move.note, scope=scope, at=service.clock.now(),
        units=entry.units if entry else (), version=parse_if_match(if_match),
    )  # fmt: skip
    rows = list_ladders(connection, scope=scope.as_office(), ladder_id=ladder_id)
    return ladder_views(connection, rows, scope=scope, service=service)[0]
