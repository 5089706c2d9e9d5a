"""The pages of registers: places by class, one place, inspecting it, pass rates, the ladder, rounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES
from service.cases.present import kind_name
from service.cases.queries import zone_names
from service.cases.transitions import state_words, targets
from service.choices import communities
from service.clock import OFFICE_ZONE
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.fields import Code
from service.frame import page
from service.inspections.ladder import ladder_words
from service.inspections.queries import (
    last_results,
    list_inspections,
    list_items,
    list_ladders,
    list_place_cases,
)
from service.inspections.rates import TOTAL, rate_table
from service.inspections.routes import LadderView, ladder_views, period
from service.moving.listed import open_question
from service.moving.present import history
from service.registers.looks import class_look
from service.registers.queries import PlaceFilter, find_names, list_places, list_registers
from service.registers.routes import class_counts, place_filter, read_place
from service.rounds.queries import list_round_places, list_rounds
from service.rounds.routes import read_round, round_view, todo_list
from service.views import look_of, looks_of, people_names, review_count
from service.words import language, tr

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
PAGE_SIZE = 60
FilterDep = Annotated[PlaceFilter, Depends(place_filter)]


def place_status_words(status: str) -> str:
    """Return a place's status in the user's language."""
    return {
        "active": tr("在营", "open"),
        "closed?": tr("疑似关停", "closed?"),
        "closed": tr("已关停", "closed"),
    }.get(status, status)


def event_words(event: str) -> str:
    """Return what happened to a place in the user's language."""
    return {
        "created": tr("登记", "registered"),
        "changed": tr("变更", "changed"),
        "vanished": tr("清单中消失", "missing in a list"),
        "returned": tr("重新出现", "there again"),
        "reviewed": tr("人工核对", "reviewed"),
        "merged": tr("并入", "merged"),
        "moved": tr("移动位置", "moved"),
    }.get(event, event)


def _chosen(wanted: PlaceFilter) -> dict[str, str]:
    return {
        "class": wanted.place_class, "community": wanted.community, "status": wanted.status, "q": wanted.words,
        "register": str(wanted.register_id or ""), "grid": wanted.grid,
    }  # fmt: skip


@router.get("/registers")
def registers_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, wanted: FilterDep,
    after: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:  # fmt: skip
    """Return the places by class, with filters, and what waits for a review."""
    rows, total = list_places(connection, scope=scope, wanted=wanted, limit=PAGE_SIZE, after=after)
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    chosen, names = _chosen(wanted), zone_names(connection)
    everywhere = PlaceFilter(
        community=wanted.community, grid=wanted.grid, words=wanted.words, register_id=wanted.register_id
    )
    counts = class_counts(connection, scope=scope, service=service, wanted=everywhere)
    asked = [UUID(one) for row in rows for one in row["question"]]
    kept = {key: value for key, value in chosen.items() if value}
    return page(
        request, "registers.html", scope=scope, here="/registers", waiting=review_count(connection, scope), data={},
        rows=[{**row, "look": class_look(service, row["place_class"])} for row in rows], total=total, names=names,
        counts=counts, looks={one.code: class_look(service, one.code) for one in counts},
        communities=communities(connection, service), registers=[] if scope.is_public else list_registers(connection),
        chosen=chosen, doubtful=sum(one.doubtful for one in counts), status_words=place_status_words,
        questions={str(row["id"]): row for row in find_names(connection, asked, scope=scope)},
        query=lambda **more: "?" + urlencode({k: v for k, v in {**kept, **more}.items() if v}),
        next=str(rows[-1]["id"]) if more else None, group_names=_group_names(service),
    )  # fmt: skip


def _group_names(service: Service) -> dict[str, str]:
    english = language.get() == "en"
    return {group.code: group.en if english else group.name for group in service.vocabulary.classes.groups}


@router.get("/registers/{place_id}")
def place_page(
    request: Request, place_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return a place: where, whose, inspections, problems, history."""
    place = read_place(connection, place_id, scope=scope, service=service)
    names = zone_names(connection)
    data = {"geometry": place.geometry, "case": {"uncertainty_m": place.uncertainty_m or 0}}
    seen = _seen(connection, place_id, service, scope)
    related = [*place.question, *([place.merged_into] if place.merged_into else [])]
    return page(
        request, "place.html", scope=scope, here="/registers", waiting=review_count(connection, scope), data=data,
        place=place, moves=history(connection, "place", place_id, scope=scope), listed=open_question(connection, place_id),
        look=class_look(service, place.place_class), names=names, status_words=place_status_words,
        event_words=event_words, people=_people(connection, place.history, seen["inspections"], seen["ladders"]), related=find_names(connection, related, scope=scope),
        sheet=service.vocabulary.sheet_for(place.place_class), **seen,
    )  # fmt: skip


def _seen(connection: Connection, place_id: UUID, service: Service, scope: Scope) -> dict[str, Any]:
    """Return inspections, problems and ladders of a place; none of it for the public."""
    if scope.is_public:
        return {"inspections": [], "cases": [], "ladders": []}
    rows = list_inspections(connection, scope=scope, place_id=place_id, limit=50)
    items: dict[UUID, list[Any]] = {}
    for item in list_items(connection, [row["id"] for row in rows], scope=scope) if rows else []:
        items.setdefault(item["inspection_id"], []).append(item)
    last, looks = last_results(connection, place_id), looks_of(service)
    cases = [
        {
            **case, "kind_name": kind_name(service.kinds, case["kind"]), "look": look_of(looks, case["command"]),
            "state_words": state_words(case["state"]), "passed": _passed_since(case, last),
            "next_states": list(targets(case["state"], scope.role)) if scope.may("advance") else [],
        }
        for case in list_place_cases(connection, place_id, scope=scope)
    ]  # fmt: skip
    ladders = ladder_views(
        connection, list_ladders(connection, scope=scope, place_id=place_id), scope=scope, service=service
    )
    return {
        "inspections": [{**row, "lines": items.get(row["id"], [])} for row in rows],
        "cases": cases,
        "ladders": ladders,
    }


def _people(
    connection: Connection, history: Sequence[Any], inspections: Sequence[Any], ladders: Sequence[LadderView]
) -> dict[str, str]:
    """Return the display names of everybody who is named on a page."""
    named = {one.actor for one in history} | {one["inspector"] for one in inspections}
    return people_names(connection, named | {step.actor for ladder in ladders for step in ladder.steps})


def _passed_since(case: Any, last: dict[str, Any]) -> Any:
    """Return when the item of an open problem passed, None where it did not since."""
    found = last.get(case["check_item"])
    is_open = case["state"] in OPEN_STATES
    return (
        found["at"]
        if is_open and found and found["result"] == "pass" and found["at"] >= case["reported_at"]
        else None
    )


@router.get("/registers/{place_id}/inspect")
def inspect_page(
    request: Request, place_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    round_id: Annotated[UUID | None, Query(alias="round")] = None,
) -> HTMLResponse:  # fmt: skip
    """Return the form of an inspection: one item a row, big buttons, all passed in one tap."""
    scope.require("inspect")
    place = read_place(connection, place_id, scope=scope, service=service)
    sheet = service.vocabulary.sheet_for(place.place_class)
    if sheet is None:
        raise NotFound(tr("这类场所没有检查表", "places of this class have no check-sheet"))
    data = {
        "place": str(place_id),
        "items": [item.code for item in sheet.items],
        "round": str(round_id) if round_id else "",
        "grid": place.grid,
    }
    return page(
        request, "inspect.html", scope=scope, here="/registers", data=data, place=place, sheet=sheet,
        look=class_look(service, place.place_class), names=zone_names(connection),
        last=last_results(connection, place_id),
    )  # fmt: skip


@router.get("/rates")
def rates_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    first_day: Annotated[date | None, Query(alias="from")] = None,
    last_day: Annotated[date | None, Query(alias="to")] = None,
    standard: Literal["", "文明", "卫生"] = "",
) -> HTMLResponse:  # fmt: skip
    """Return the pass-rate table: class by community."""
    first, last = period(service, first_day, last_day)
    table = rate_table(
        connection,
        scope=scope,
        vocabulary=service.vocabulary,
        first_day=first,
        last_day=last,
        standard=standard,
    )
    columns = [zone for zone in communities(connection, service) if zone["code"] in table.communities]
    if "" in table.communities:
        columns.append({"code": "", "name": tr("未定社区", "no community"), "parent": "", "leader": ""})
    return page(
        request, "rates.html", scope=scope, here="/registers", waiting=review_count(connection, scope), table=table,
        columns=columns, total=TOTAL, looks={code: class_look(service, code) for code in table.classes},
        first=first, last=last, standard=standard,
    )  # fmt: skip


@router.get("/ladders")
def ladders_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    state: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:  # fmt: skip
    """Return the places of the six trades that failed, and what comes next."""
    rows = [] if scope.is_public else list_ladders(connection, scope=scope, limit=500)
    views = ladder_views(connection, rows, scope=scope, service=service)
    tally = {one: sum(view.state == one for view in views) for one in dict.fromkeys(v.state for v in views)}
    return page(
        request, "ladders.html", scope=scope, here="/registers", waiting=review_count(connection, scope), data={},
        ladders=[view for view in views if state in ("", view.state)], tally=tally, state=state, words=ladder_words,
        names=zone_names(connection), looks={v.place_class: class_look(service, v.place_class) for v in views},
        places={row["id"]: row for row in rows}, people=_people(connection, [], [], views),
    )  # fmt: skip


@router.get("/rounds")
def rounds_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the rounds with their progress, and the form to begin one."""
    rounds = (
        []
        if scope.is_public
        else [round_view(connection, one, scope=scope) for one in list_rounds(connection)]
    )
    today = service.clock.now().astimezone(OFFICE_ZONE).date()
    return page(
        request, "rounds.html", scope=scope, here="/registers", waiting=review_count(connection, scope), data={},
        rounds=rounds, classes=service.vocabulary.classes, communities=communities(connection, service), today=today,
        names=zone_names(connection), english=language.get() == "en",
    )  # fmt: skip


@router.get("/rounds/{round_id}")
def round_page(
    request: Request, round_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    grid: Code | None = None,
) -> HTMLResponse:  # fmt: skip
    """Return a round: map, table per grid, and the to-do list of the chosen grid in walking order."""
    one = read_round(connection, round_id, scope=scope)
    view = round_view(connection, one, scope=scope)
    chosen = grid
    if chosen is None and scope.role == "grid_manager":
        chosen = next((code for code in scope.zone_codes if any(g.grid == code for g in view.grids)), None)
    todo = todo_list(connection, one, chosen, scope=scope, service=service) if chosen is not None else []
    places = list_round_places(connection, one, scope=scope, grid=chosen)
    data = {
        "places": [
            {"id": str(p["place_id"]), "name": p["name"], "result": p["result"], "lon": p["lon"], "lat": p["lat"]}
            for p in places if p["lon"] is not None
        ],
        "todo": [[p["lon"], p["lat"]] for p in todo if p["lon"] is not None],
    }  # fmt: skip
    return page(
        request, "round.html", scope=scope, here="/registers", waiting=review_count(connection, scope), data=data,
        round=view, chosen=chosen, todo=todo, classes=service.vocabulary.classes, names=zone_names(connection),
        looks={p["place_class"]: class_look(service, p["place_class"]) for p in todo},
    )  # fmt: skip
