"""Registers over HTTP: the list of places."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.cases.filters import PlacementStatus
from service.cases.privacy import public_words
from service.cases.queries import zone_names
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.fields import Line, PageSize
from service.registers.queries import list_places
from service.words import language

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


@router.get("/places")
def get_places(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    community: Line = "",
    placement: PlacementStatus | None = None,
    q: Annotated[Line, Query(description="名称或位置中的文字")] = "",
    limit: PageSize = 100,
    after: Annotated[UUID | None, Query(description="上一页的 next")] = None,
) -> PlacePage:
    """Return a page of the places this person may see."""
    rows, total = list_places(
        connection,
        scope=scope,
        community=community,
        placement=placement or "",
        words=q.strip(),
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
