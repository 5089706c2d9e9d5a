"""The pages `/borders` and `/borders/{id}`: proposals of new borders, and one of them to decide about."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.atlas.extent import first_view
from service.borders.present import change_detail, change_item, view_of
from service.borders.queries import border_versions, list_changes
from service.borders.routes import visible_change
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.drawings.present import drawing_item
from service.drawings.queries import list_drawings
from service.frame import fragment, page
from service.views import look_of, looks_of, review_count

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/borders")
def borders_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the proposals, the form for a new one, and the versions in the store."""
    scope.require("see_borders")
    return page(
        request, "borders.html", scope=scope, here="/borders", waiting=review_count(connection, scope),
        changes=[change_item(row) for row in list_changes(connection)],
        versions=border_versions(connection), today=service.today(),
        drawings=[drawing_item(row) for row in list_drawings(connection)] if scope.may("propose_borders") else [],
    )  # fmt: skip


@router.get("/borders/{change_id}")
def border_page(
    request: Request, change_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return one proposal; htmx asks for its list of cases alone, computed anew."""
    row = visible_change(connection, change_id, scope=scope)
    change = change_detail(connection, row, view=view_of(service, scope))
    looks = looks_of(service)
    rows = [(move, look_of(looks, move.command)) for move in change.moves]
    may_decide = scope.may("decide_borders") and change.state == "proposed"
    if request.headers.get("hx-request"):
        return fragment(
            request, "parts/border-moves.html", scope=scope, change=change, rows=rows, may_decide=may_decide
        )  # fmt: skip
    data = {
        "bounds": first_view(connection, service.office),
        "change": {"id": str(change.id), "version": change.version},
    }
    return page(
        request, "border.html", scope=scope, here="/borders", waiting=review_count(connection, scope), data=data,
        change=change, rows=rows, may_decide=may_decide,
        may_withdraw=scope.may("decide_borders") and change.state == "accepted",
    )  # fmt: skip
