"""The page /setup: every step with what works and what is missing, and the form that does it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.atlas.extent import first_view
from service.bounds.drafting import find_bounds
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.frame import page
from service.grids.drafting import find_grids
from service.setup.facts import count, missing, steps_of
from service.views import review_count

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
# About so many hectares a grid; an office says another number if it has one.
_GRIDS_PER_COMMUNITY = 9


@router.get("/setup")
def setup_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the checklist; its scripts ask the steps' own addresses."""
    scope.require("set_up")
    steps, known = steps_of(connection, service), count(connection, service)
    opened = next((step.key for step in steps if step.state == "missing" and not step.needs), "")
    data = {
        "bounds": first_view(connection, service.office),
        "person": scope.display_name or scope.name,
        "today": service.today().isoformat(),
        "first": not known.communities,
        "hasBounds": find_bounds(connection) is not None,
        "hasGrids": find_grids(connection) is not None,
    }
    return page(
        request, "setup.html", scope=scope, here="/setup", waiting=review_count(connection, scope), data=data,
        steps=steps, opened=opened, missing=missing(steps), known=known,
        wanted_grids=max(known.communities * _GRIDS_PER_COMMUNITY, 1),
    )  # fmt: skip
