"""Registers over HTTP: the list of places."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping

from service.auth.scope import Scope
from service.cases.advancing import parse_if_match
from service.cases.filters import PlacementStatus
from service.cases.privacy import public_words
from service.cases.queries import zone_names
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.fields import Line, PageSize
from service.registers.queries import (
    PlaceFilter,
    count_places,
    find_place,
    list_places,
    list_versions,
)
from service.registers.reviewing import Review, review_place
from service.registers.revision import field_words
from service.words import language, tr

router = APIRouter(prefix="/api", tags=["registers"])


class PlaceItem(BaseModel):
    """A place of a register; `lon`, `lat` in EPSG:4326, empty when not placed."""

    id: UUID
    name: str
    place_class: str
    class_name: str
    trade: str
    number: str
    status: str
    status_reason: str
    register_id: UUID | None
    question: list[UUID]
    unit: str
    person: str
    phone: str
    location_text: str
    placement: str
    method: str
    uncertainty_m: float | None
    community: str
    community_name: str
    grid: str
    p_community: float | None
    lon: float | None
    lat: float | None


class PlacePage(BaseModel):
    """A page of places; `next` goes into `after`, None on the last page."""

    items: list[PlaceItem]
    next: UUID | None
    total: int


def place_filter(
    community: Line = "",
    grid: Line = "",
    placement: PlacementStatus | None = None,
    status: Annotated[Literal["active", "closed?", "closed"] | None, Query()] = None,
    place_class: Annotated[
        Line, Query(alias="class", description="场所类别代码，可用逗号连接；none 未分类")
    ] = "",
    register: Annotated[UUID | None, Query(description="台账编号")] = None,
    q: Annotated[Line, Query(description="名称或位置中的文字")] = "",
    listed: Annotated[bool, Query(description="只看人工移动过、清单放在别处的")] = False,
) -> PlaceFilter:
    """Return the filter of a request's query."""
    return PlaceFilter(
        community=community, grid=grid, placement=placement or "", status=status or "", place_class=place_class,
        words=q.strip(), register_id=register, listed=listed,
    )  # fmt: skip


class ClassCount(BaseModel):
    """A class and how many of the filtered places it has."""

    code: str
    name: str
    group: str
    active: int
    doubtful: int
    closed: int


class ClassCounts(BaseModel):
    """Counts by class, in the office's order; places of unknown class last."""

    items: list[ClassCount]


def class_counts(
    connection: Connection, *, scope: Scope, service: Service, wanted: PlaceFilter
) -> list[ClassCount]:
    """Return counts by class and status."""
    counted = count_places(connection, scope=scope, wanted=wanted)
    table = service.vocabulary.classes
    known = [entry.code for entry in table.classes]
    codes = [*known, *sorted({code for code, _ in counted} - {*known, ""}), ""]
    return [
        ClassCount(
            code=code, name=table.name(code, lang=language.get()) or tr("未分类", "unclassified"),
            group=entry.group if (entry := table.get(code)) else "",
            active=counted.get((code, "active"), 0), doubtful=counted.get((code, "closed?"), 0),
            closed=counted.get((code, "closed"), 0),
        )
        for code in codes if any(one == code for one, _ in counted)
    ]  # fmt: skip


@router.get("/place-classes")
def get_classes(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    wanted: Annotated[PlaceFilter, Depends(place_filter)],
) -> ClassCounts:
    """Return how many of the filtered places each class has."""
    return ClassCounts(items=class_counts(connection, scope=scope, service=service, wanted=wanted))


class PlaceVersionView(BaseModel):
    """Something that happened to a place; `changes` is words -> before, after, telephones masked for the public."""

    version: int
    event: str
    at: datetime
    actor: str
    note: str
    source: str
    changes: list[list[str]]


class PlaceDetail(BaseModel):
    """A place with geometry (GeoJSON, EPSG:4326) and history; responsible person and history not for the public."""

    id: UUID
    name: str
    place_class: str
    class_name: str
    trade: str
    number: str
    register_name: str
    status: str
    status_reason: str
    merged_into: UUID | None
    question: list[UUID]
    unit: str
    person: str
    phone: str
    attributes: dict[str, str]
    location_text: str
    placement: str
    community: str
    grid: str
    uncertainty_m: float | None
    lon: float | None
    lat: float | None
    geometry: dict[str, Any] | None
    version: int
    history: list[PlaceVersionView]


def read_place(connection: Connection, place_id: UUID, *, scope: Scope, service: Service) -> PlaceDetail:
    """Return a place as this person may see it.

    Raises
    ------
    NotFound
        If it is absent or invisible: no difference.
    """
    row = find_place(connection, place_id, scope=scope)
    if row is None:
        raise NotFound(tr("没有这个场所", "no such place"))
    hide = scope.is_public
    private = ("unit", "person", "phone", "status_reason")
    plain = [
        name for name in PlaceDetail.model_fields if name in row and name not in (*private, "location_text")
    ]
    values = {name: row[name] for name in plain} | {name: "" if hide else row[name] for name in private}
    if hide:
        values |= {"attributes": {}, "question": [], "number": ""}
    return PlaceDetail(
        **values | {"register_name": row["register_name"] or ""},
        class_name=service.vocabulary.classes.name(row["place_class"], lang=language.get()),
        location_text=public_words(row["location_text"]) if hide else row["location_text"],
        community=row["community_code"], grid=row["grid_code"],
        geometry=json.loads(row["geojson"]) if row["geojson"] else None,
        history=[] if hide else [_version(one, service) for one in list_versions(connection, place_id)],
    )  # fmt: skip


def _version(row: RowMapping, service: Service) -> PlaceVersionView:
    def said(name: str, value: Any) -> str:
        return service.vocabulary.classes.name(str(value)) if name == "place_class" else str(value)

    return PlaceVersionView(
        version=row["version"], event=row["event"], at=row["at"], actor=row["actor"], note=row["note"],
        source=row["file_name"] or "",
        changes=[[field_words(name), said(name, old), said(name, new)] for name, (old, new) in row["changes"].items()],
    )  # fmt: skip


@router.get("/places/{place_id}")
def get_place(
    place_id: UUID, response: Response, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> PlaceDetail:
    """Return a place with its history; the ETag is its version."""
    detail = read_place(connection, place_id, scope=scope, service=service)
    response.headers["etag"] = f'"{detail.version}"'
    return detail


@router.post("/places/{place_id}/review")
def post_review(
    place_id: UUID,
    review: Review,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> PlaceDetail:
    """Decide what a place is: still open, closed, another one's old name."""
    review_place(
        connection, place_id, review, scope=scope, at=service.clock.now(), version=parse_if_match(if_match)
    )
    return read_place(connection, place_id, scope=scope, service=service)


@router.get("/places")
def get_places(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    wanted: Annotated[PlaceFilter, Depends(place_filter)],
    limit: PageSize = 100,
    after: Annotated[UUID | None, Query(description="上一页的 next")] = None,
) -> PlacePage:
    """Return a page of the places this person may see."""
    rows, total = list_places(
        connection,
        scope=scope,
        wanted=wanted,
        limit=limit,
        after=after,
    )
    names = zone_names(connection)
    more, rows = len(rows) > limit, rows[:limit]
    hide = scope.is_public
    items = [
        PlaceItem(
            id=row["id"], name=row["name"], place_class=row["place_class"],
            class_name=service.vocabulary.classes.name(row["place_class"], lang=language.get()), trade=row["trade"],
            number=row["number"], status=row["status"], status_reason="" if hide else row["status_reason"],
            register_id=row["register_id"], question=[] if hide else row["question"],
            unit="" if hide else row["unit"], person="" if hide else row["person"], phone="" if hide else row["phone"],
            location_text=public_words(row["location_text"]) if hide else row["location_text"],
            placement=row["placement"], method=row["method"], uncertainty_m=row["uncertainty_m"],
            community=row["community_code"], community_name=names.get(row["community_code"], ("", ""))[0],
            grid=row["grid_code"], p_community=row["p_community"], lon=row["lon"], lat=row["lat"],
        )
        for row in rows
    ]  # fmt: skip
    return PlacePage(items=items, next=rows[-1]["id"] if more else None, total=total)
