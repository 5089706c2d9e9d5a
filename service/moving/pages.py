"""The page on which a case or a place is moved: the map, the reason, and what it would do."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from shapely.geometry import mapping
from sqlalchemy import Connection

from geodata.crs import WGS84, reproject
from service.atlas.extent import first_view
from service.auth.scope import Scope
from service.cases.present import kind_name
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.frame import page, page_words
from service.moving.present import history
from service.moving.queries import find_record
from service.moving.records import RecordKind
from service.store.shapes import from_store
from service.views import how_placed, review_count
from service.words import tr

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
_HOME = {"case": "/cases", "place": "/registers"}


@router.get("/cases/{record_id}/position")
def case_position_page(
    request: Request, record_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the page to move a case."""
    return _move_page(request, connection, "case", record_id, service=service, scope=scope)


@router.get("/registers/{record_id}/position")
def place_position_page(
    request: Request, record_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the page to move a place of a register."""
    return _move_page(request, connection, "place", record_id, service=service, scope=scope)


def _move_page(
    request: Request,
    connection: Connection,
    kind: RecordKind,
    record_id: UUID,
    *,
    service: Service,
    scope: Scope,
) -> HTMLResponse:
    scope.require("place")
    found = find_record(connection, kind, record_id, scope=scope)
    if found is None:
        raise NotFound(
            tr("没有这个案件", "no such case") if kind == "case" else tr("没有这个场所", "no such place")
        )
    crs = service.office.crs
    geometry = (
        mapping(reproject(from_store(found["shape"]), crs, WGS84)) if found["shape"] is not None else None
    )
    listed = found["listed"] if kind == "place" and (found["listed"] or {}).get("open") else None
    title = (
        f"{page_words('第 {n} 号', n=found['number'])} {kind_name(service.kinds, found['kind'])}"
        if kind == "case"
        else found["name"]
    )
    api, home = f"/api/{'cases' if kind == 'case' else 'places'}/{record_id}", f"{_HOME[kind]}/{record_id}"
    data = {
        "bounds": first_view(connection, service.office), "geometry": geometry,
        "record": {
            "api": api, "home": home,
            "list": _HOME[kind], "version": found["version"], "placement": found["placement"],
            "uncertainty_m": found["uncertainty_m"] or 0, "listed": listed["geometry"] if listed else None,
            "candidates": [
                {name: candidate.get(name) for name in ("geometry", "words", "method", "uncertainty_m")}
                for candidate in (found["trace"].get("candidates") or [])[:9] if candidate.get("geometry")
            ],
        },
    }  # fmt: skip
    return page(
        request, "move.html", scope=scope, here=_HOME[kind], waiting=review_count(connection, scope), data=data,
        title=title, kind=kind, record=found, home=home, api=api, listed=listed,
        method_words=how_placed(found["placed_by"], found["method"]),
        moves=history(connection, kind, record_id, scope=scope),
    )  # fmt: skip
