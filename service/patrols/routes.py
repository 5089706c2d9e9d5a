"""The page `/patrol`: my grid, my open problems in walking order."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from service.auth.scope import Scope
from service.cases.present import kind_name, map_links
from service.cases.privacy import public_words
from service.cases.transitions import state_words, targets
from service.choices import zones_of_level
from service.clock import office_day
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.fields import Code, Lat, Lon
from service.frame import page
from service.patrols.queries import grid_outline, list_stops, to_office_crs
from service.patrols.round import walk
from service.views import look_of, looks_of, review_count
from service.words import tr

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/patrol")
def patrol_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    grid: Code = "", lon: Annotated[Lon | None, Query()] = None, lat: Annotated[Lat | None, Query()] = None,
) -> HTMLResponse:  # fmt: skip
    """Return the round of a grid: the grid manager's own, or the one picked."""
    chosen = grid or (scope.zone_codes[0] if scope.role == "grid_manager" and scope.zone_codes else "")
    grids = zones_of_level(connection, service, "grid")
    if scope.role == "grid_manager":
        grids = [zone for zone in grids if zone["code"] in scope.zone_codes]
    outline = grid_outline(connection, chosen, today=office_day(service.clock.now())) if chosen else None
    if chosen and outline is None:
        raise NotFound(tr("没有这个网格", "no such grid"))
    start = (
        to_office_crs(connection, lon, lat, srid=service.office.crs)
        if lon is not None and lat is not None
        else None
    )
    stops = round_of(connection, service, scope, chosen, start=start) if chosen else []
    data = {
        "border": json.loads(outline["geojson"]) if outline else None,
        "stops": [
            {key: stop[key] for key in ("id", "lon", "lat", "command", "late", "number")} for stop in stops
        ],
        "start": [lon, lat] if start else None,
        "grid": chosen,
    }
    communities = {zone["code"]: zone["name"] for zone in zones_of_level(connection, service, "community")}
    return page(
        request, "patrol.html", scope=scope, here="/patrol", waiting=review_count(connection, scope), data=data,
        grids=grids, communities=communities, outline=outline, stops=stops, chosen=chosen, from_here=start is not None,
    )  # fmt: skip


def round_of(
    connection: Connection, service: Service, scope: Scope, grid: str, *, start: tuple[float, float] | None
) -> list[dict[str, Any]]:
    """Return a grid's stops in walking order, ready to show."""
    looks = looks_of(service)
    rows = list_stops(connection, grid=grid, scope=scope, now=service.clock.now())
    found = []
    for order, stop in enumerate(walk(rows, start=start), 1):
        hide = scope.is_public
        found.append(
            {
                **stop,
                "order": order,
                "id": str(stop["id"]),
                "location_text": public_words(stop["location_text"]) if hide else stop["location_text"],
                "description": public_words(stop["description"]) if hide else stop["description"],
                "kind_name": kind_name(service.kinds, stop["kind"]),
                "look": look_of(looks, stop["command"]),
                "state_words": state_words(stop["state"]),
                "can_rectify": scope.may("advance") and "rectified" in targets(stop["state"], scope.role),
                "links": map_links(stop["lon"], stop["lat"]),
            }
        )
    return found
