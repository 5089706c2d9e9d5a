"""People over HTTP: list, add, change, first passwords, unlock; duties; leaders of zones.

First passwords stand in the answer that made them and nowhere else: not in the store of answers, not
in a cache, not in the trail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from sqlalchemy import Connection

from service.auth.scope import Scope
from service.cases.advancing import parse_if_match
from service.cases.reporting import client_id
from service.cases.requests import content_hash, find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.fields import Code, Line, PageSize
from service.people.duties import duties_of
from service.people.editing import (
    Added,
    add_person,
    change_person,
    facts_of,
    ground_of,
    reset_password,
    unlock_person,
)
from service.people.leaders import find_leader, leader_spans, set_leader
from service.people.model import (
    DutyTable,
    FirstPassword,
    LeaderBody,
    LeaderSpan,
    Level,
    People,
    PersonBody,
    PersonChange,
    PersonItem,
    PersonSaved,
    ResetBody,
    Role,
    ZoneLeader,
)
from service.people.present import duty_table, person_item, sees_phones
from service.people.queries import find_person, list_people
from service.people.rules import Facts, Ground
from service.people.state import people_state
from service.words import tr

router = APIRouter(prefix="/api/people", tags=["people"])
PersonId = Annotated[int, Path(ge=1, le=2**62)]


def ground_here(connection: Connection, service: Service) -> Ground:
    """Return the zones and commands of the office's day."""
    return ground_of(connection, kinds=service.kinds, today=service.today())


def no_store(response: Response) -> None:
    """Keep an answer with passwords out of every cache."""
    response.headers["cache-control"] = "no-store"


@router.get("")
def get_people(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    role: Role | None = None,
    text: Annotated[Line, Query(description="姓名、登录名、单位的一部分")] = "",
    status: Literal["active", "disabled", "all"] = "all",
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: PageSize = 1000,
) -> People:
    """Return people by id; telephones are masked for all but admin and coordinator."""
    scope.require("see_people")
    active = None if status == "all" else status == "active"
    rows = list_people(
        connection, role=role or "", words=text, with_phones=sees_phones(scope), active=active, after=after,
        limit=limit + 1,
    )  # fmt: skip
    ground, shown = ground_here(connection, service), rows[:limit]
    return People(
        items=[person_item(row, scope=scope, ground=ground) for row in shown],
        next=shown[-1]["id"] if len(rows) > limit else None,
    )


@router.get("/duties")
def get_duties(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> DutyTable:
    """Return who answers for every community, grid and command today, and who is missing (缺人)."""
    scope.require("see_people")
    return duty_table(duties_of(connection, service), people_state(connection, service))


@router.get("/leaders/{level}/{code}")
def get_leader(
    level: Level,
    code: Code,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    response: Response,
) -> ZoneLeader:
    """Return who leads a community or grid, and who did before."""
    scope.require("see_people")
    return _leader(connection, service, level, code, response)


@router.put("/leaders/{level}/{code}")
def put_leader(
    level: Level,
    code: Code,
    body: LeaderBody,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> ZoneLeader:
    """Write who leads a community or grid from today on; reports of the past keep their leaders."""
    scope.require("users")
    set_leader(
        connection, level, code, body.leader, actor=scope.actor, now=service.clock.now(), today=service.today(),
        version=parse_if_match(if_match),
    )  # fmt: skip
    return _leader(connection, service, level, code, response)


def _leader(
    connection: Connection, service: Service, level: Level, code: str, response: Response
) -> ZoneLeader:
    today = service.today()
    row = find_leader(connection, level, code, today=today)
    response.headers["etag"] = f'"{row["id"]}"'
    spans = [LeaderSpan(**span) for span in leader_spans(connection, level, code, today=today)]
    return ZoneLeader(
        level=level, code=code, name=row["name"], leader=row["leader"], version=row["id"], history=spans
    )


@router.post("", status_code=201)
def post_person(
    body: PersonBody,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Annotated[str | None, Header(description="UUID；重发同一请求不会加两个人")] = None,
) -> PersonSaved:
    """Add a person; the first password is in this answer only and must be changed at the first log-in."""
    scope.require("users")
    no_store(response)
    key = client_id(idempotency_key)
    # Of a request only a digest is kept: it holds names and telephones.
    content = {"person": content_hash(body.model_dump(mode="json")).hex()}
    if key is not None:
        known = find_answer(connection, actor=scope.actor, key=str(key), content=content)
        if known is not None:
            return PersonSaved(
                person=_person(connection, service, scope, known["id"], response), first_password=None
            )
    facts = Facts(
        display_name=body.display_name, role=body.role, zones=tuple(body.zones), command=body.command, unit=body.unit,
        phone=body.phone,
    )  # fmt: skip
    added = add_person(
        connection, facts, ground=ground_here(connection, service), actor=scope.actor, name=body.name
    )
    if key is not None:
        keep(
            connection, actor=scope.actor, key=str(key), content=content, answer={"id": added.id},
            at=service.clock.now(),
        )  # fmt: skip
    return _saved(connection, service, scope, added, response)


@router.get("/{person_id}")
def get_person_item(
    person_id: PersonId, response: Response, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> PersonItem:
    """Return one person."""
    scope.require("see_people")
    return _person(connection, service, scope, person_id, response)


@router.patch("/{person_id}")
def patch_person(
    person_id: PersonId,
    body: PersonChange,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> PersonItem:
    """Change a person, or disable (`active` false: sessions end, tokens open no more) and enable; never delete."""
    scope.require("users")
    row = find_person(connection, person_id)
    if row is None:
        raise NotFound(tr("没有这个人", "no such person"))
    stated: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"active"})
    if "zones" in stated:
        stated["zones"] = tuple(stated["zones"])
    change_person(
        connection, person_id, replace(facts_of(row), **stated), ground=ground_here(connection, service),
        actor=scope.actor, active=body.active, version=_wanted(if_match, row["version"]),
    )  # fmt: skip
    return _person(connection, service, scope, person_id, response)


def _wanted(if_match: str | None, read: int) -> int:
    """Return the version to insist on: the client's, else the one this request has just read."""
    stated = parse_if_match(if_match)
    return read if stated is None else stated


@router.post("/{person_id}/password")
def post_reset(
    person_id: PersonId,
    body: ResetBody,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
) -> PersonSaved:
    """Give a person a new first password, in this answer only; all their sessions end."""
    scope.require("users")
    added = reset_password(connection, person_id, actor=scope.actor, tokens=body.tokens)
    return _saved(connection, service, scope, added, response)


@router.post("/{person_id}/unlock")
def post_unlock(
    person_id: PersonId, response: Response, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> PersonItem:
    """Let a person try again after too many wrong passwords."""
    scope.require("users")
    unlock_person(connection, person_id, actor=scope.actor)
    return _person(connection, service, scope, person_id, response)


def _person(
    connection: Connection, service: Service, scope: Scope, person_id: int, response: Response
) -> PersonItem:
    row = find_person(connection, person_id)
    if row is None:
        raise NotFound(tr("没有这个人", "no such person"))
    response.headers["etag"] = f'"{row["version"]}"'
    return person_item(row, scope=scope, ground=ground_here(connection, service))


def _saved(
    connection: Connection, service: Service, scope: Scope, added: Added, response: Response
) -> PersonSaved:
    no_store(response)
    person = _person(connection, service, scope, added.id, response)
    slip = FirstPassword(name=person.name, display_name=person.display_name, password=added.password)
    return PersonSaved(person=person, first_password=slip)
