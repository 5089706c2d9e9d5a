"""The page `/borders/draw/{id}`: borders drawn in the browser."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.drawings.editing import frame_of
from service.drawings.present import drawing_item, lonlat_box
from service.drawings.queries import any_zones
from service.drawings.routes import visible_drawing
from service.frame import page
from service.views import review_count

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/borders/draw/{drawing_id}")
def drawing_page(
    request: Request, drawing_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the page of one drawing; its scripts fetch what is drawn."""
    row = visible_drawing(connection, drawing_id, scope=scope)
    data = {
        "bounds": lonlat_box(frame_of(row), service.office.crs),
        "drawing": {"id": str(drawing_id), "first": not any_zones(connection)},
        "person": scope.display_name or scope.actor,
        "today": service.today().isoformat(),
    }
    return page(
        request, "draw.html", scope=scope, here="/borders", waiting=review_count(connection, scope), data=data,
        drawing=drawing_item(row),
    )  # fmt: skip
