"""The review queue over HTTP, and the search that shows what the geocoder makes of a text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from service.cases.advancing import parse_if_match
from service.cases.model import CaseDetail
from service.cases.present import kind_name
from service.cases.queries import encode_cursor, zone_names
from service.cases.routes import read_case
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.fields import Line
from service.review.deciding import Decision, decide
from service.review.queries import list_queue
from service.review.searching import Found, search
from service.words import tr

router = APIRouter(prefix="/api", tags=["review"])


class Waiting(BaseModel):
    """A case that waits for a decision, with candidates (GeoJSON, EPSG:4326) in `trace`."""

    id: UUID
    number: int
    kind: str
    kind_name: str
    command: str
    description: str
    unit: str
    location_text: str
    area_text: str
    placement: str
    method: str
    reason: str
    community: str
    community_name: str
    grid: str
    p_community: float | None
    reported_at: datetime
    version: int
    trace: dict[str, Any]


class Queue(BaseModel):
    """A page of the queue; `total` waits altogether."""

    items: list[Waiting]
    next: str | None
    total: int


class Decided(BaseModel):
    """The case as it is now, and every case that the decision placed."""

    case: CaseDetail
    placed: list[UUID]


def _reason(placement: str, trace: dict[str, Any]) -> str:
    count = len(trace.get("candidates") or [])
    if placement == "ambiguous":
        return tr(f"有 {count} 处可能，无法确定是哪一处", f"{count} possible places")
    return tr("地名库里没有认出的地名", "no known name in the text")


@router.get("/review")
def get_queue(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    after: Annotated[Line | None, Query(description="上一页的 next")] = None,
) -> Queue:
    """Return the cases that wait for somebody to say where they are."""
    scope.require("place")
    rows, total = list_queue(connection, scope=scope, limit=limit, after=after)
    names = zone_names(connection)
    more, rows = len(rows) > limit, rows[:limit]
    items = [
        Waiting(
            **{key: row[key] for key in Waiting.model_fields if key in row},
            kind_name=kind_name(service.kinds, row["kind"]),
            reason=_reason(row["placement"], row["trace"]),
            community=row["community_code"],
            community_name=names.get(row["community_code"], ("", ""))[0],
            grid=row["grid_code"],
        )
        for row in rows
    ]
    following = encode_cursor(rows[-1]["reported_at"], rows[-1]["id"]) if more else None
    return Queue(items=items, next=following, total=total)


@router.post("/review/{case_id}")
def post_decision(
    case_id: UUID,
    decision: Decision,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> Decided:
    """Place a case: choose a candidate, put a pin, or draw a line."""
    placed = decide(
        connection, case_id, decision, scope=scope, service=service, version=parse_if_match(if_match)
    )
    # An own decision may move a case out of the own zone; the answer still shows what was saved.
    detail = read_case(connection, case_id, service=service, scope=scope.as_office())
    response.headers["etag"] = f'"{detail.version}"'
    return Decided(case=detail, placed=placed)


@router.get("/locate")
def get_locate(
    connection: ConnectionDep,
    service: ServiceDep,
    _: ScopeDep,
    q: Annotated[
        Line, Query(min_length=1, description="位置描述，或粘贴的坐标：经度,纬度 [gcj02|bd09|wgs84]")
    ],
) -> Found:
    """Return where a text or a pasted position is, with zone and reasoning."""
    return search(
        q,
        geocoder=service.geocoder.current(connection),
        zones=service.zones.on(connection, service.today()),
        names={code: name for code, (name, _) in zone_names(connection).items()},
    )
