"""The page `/roads`: roads and places on a map, drawn and corrected, and what a change moves."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.atlas.extent import first_view
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.frame import page
from service.roads.edits import PLACE_CLASSES
from service.roads.state import gazetteer_state
from service.views import review_count
from service.words import tr

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


def place_class_words(code: str) -> str:
    """Return a class of places in the user's language."""
    return {
        "barrier=gate": tr("大门", "gate"), "entrance=yes": tr("出入口", "entrance"), "man_made=bridge": tr("桥", "bridge"),
        "tunnel=culvert": tr("涵洞、隧道", "culvert, tunnel"), "railway=station": tr("车站", "station"),
        "railway=level_crossing": tr("铁路道口", "level crossing"), "landmark": tr("地标", "landmark"),
        "place=neighbourhood": tr("小区、院落", "estate"), "market": tr("市场", "market"), "school": tr("学校", "school"),
    }.get(code, code)  # fmt: skip


@router.get("/roads")
def roads_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the page; its script asks `/api/gazetteer` for everything that changes."""
    scope.require("see_borders")
    classes = [(code, place_class_words(code)) for code in PLACE_CLASSES]
    data = {
        "bounds": first_view(connection, service.office),
        "may_edit": scope.may("propose_borders"), "may_decide": scope.may("decide_borders"),
        "place_classes": dict(classes),
    }  # fmt: skip
    return page(
        request, "roads.html", scope=scope, here="/roads", waiting=review_count(connection, scope), data=data,
        state=gazetteer_state(connection, service), place_classes=classes,
        may_edit=scope.may("propose_borders"), may_decide=scope.may("decide_borders"),
    )  # fmt: skip
