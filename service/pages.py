"""The plain pages: map, cases, board, review queue, imports.

Pages with much of their own (reports, patrols) have their routes beside their queries.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service.atlas.extent import first_view
from service.cases.filters import CaseFilterDep
from service.choices import chosen_values, filter_choices
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.errors import NotFound
from service.frame import fragment, page, page_words
from service.intake.queries import find_import, list_imports, list_rows
from service.moving.present import history
from service.registers.looks import class_look
from service.registers.queries import PlaceFilter
from service.registers.routes import class_counts
from service.review.kind_queue import count_undecided
from service.views import board_table, case_view, list_view, looks_of, review_count
from service.words import tr

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

PAGE_SIZE = 50


@router.get("/")
def map_page(
    request: Request, filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the live map."""
    data: dict[str, Any] = {
        "bounds": first_view(connection, service.office),
        "may_export": scope.may("export"),
    }
    data["placeClasses"] = [
        {**class_look(service, one.code), "count": one.active + one.doubtful}
        for one in class_counts(connection, scope=scope, service=service, wanted=PlaceFilter())
        if one.active + one.doubtful
    ]
    return page(
        request,
        "map.html",
        scope=scope,
        here="/",
        waiting=review_count(connection, scope),
        data=data,
        choices=filter_choices(connection, service),
        chosen=chosen_values(filters),
    )


@router.get("/parts/list")
def list_part(
    request: Request, filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:  # fmt: skip
    """Return a piece of the map's result list."""
    view = list_view(connection, service, scope, filters, limit=PAGE_SIZE, after=after)
    return fragment(request, "parts/case-list.html", scope=scope, view=view)


@router.get("/parts/cases/{case_id}")
def case_part(
    request: Request, case_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return everything about a case, for the panel beside the map."""
    return fragment(
        request,
        "parts/case-detail.html",
        scope=scope,
        case=case_view(connection, service, scope, case_id),
        alone=False,
    )


@router.get("/cases")
def cases_page(
    request: Request, filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:  # fmt: skip
    """Return the table of cases; htmx asks for its body alone."""
    view = list_view(connection, service, scope, filters, limit=PAGE_SIZE, after=after)
    if request.headers.get("hx-request"):
        return fragment(request, "parts/case-table.html", scope=scope, view=view)
    return page(
        request,
        "cases.html",
        scope=scope,
        here="/cases",
        waiting=review_count(connection, scope),
        view=view,
        choices=filter_choices(connection, service),
        chosen=chosen_values(filters),
    )


@router.get("/cases/{case_id}")
def case_page(
    request: Request, case_id: UUID, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return one case on a page of its own, with a small map."""
    case = case_view(connection, service, scope, case_id)
    data = {
        "geometry": case["geometry"],
        "case": {key: case[key] for key in ("command", "state", "late", "uncertainty_m")},
    }
    return page(
        request,
        "case.html",
        scope=scope,
        here="/cases",
        waiting=review_count(connection, scope),
        data=data,
        case=case,
        moves=history(connection, "case", case_id, scope=scope),
        alone=True,
    )


@router.get("/board")
def board_page(
    request: Request, filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return commands x communities: open, late and closed."""
    table = board_table(connection, service, scope, filters)
    return page(
        request, "board.html", scope=scope, here="/board", waiting=review_count(connection, scope), table=table,
        choices=filter_choices(connection, service), chosen=chosen_values(filters),
    )  # fmt: skip


@router.get("/review")
def review_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the queue of what the geocoder could not decide; its script asks `/api/review`."""
    scope.require("place")
    data = {"bounds": first_view(connection, service.office), "looks": looks_of(service)}
    return page(
        request,
        "review.html",
        scope=scope,
        here="/review",
        waiting=review_count(connection, scope),
        undecided=count_undecided(connection, scope=scope),
        data=data,
    )


@router.get("/review/kinds")
def review_kinds_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the queue of cases whose kind the rules left open; its script asks `/api/review/kinds`."""
    scope.require("place")
    table = service.kinds
    data = {
        "looks": looks_of(service),
        "kinds": [{"code": k.code, "name": k.name, "command": k.command} for k in table.kinds],
        "commands": [{"code": c.code, "name": c.name, "short": c.short} for c in table.commands],
        "may_edit": scope.may("edit_kinds"),
    }
    return page(
        request, "review-kinds.html", scope=scope, here="/review", waiting=review_count(connection, scope), data=data,
        undecided=count_undecided(connection, scope=scope),
    )  # fmt: skip


@router.get("/imports")
def imports_page(request: Request, connection: ConnectionDep, scope: ScopeDep) -> HTMLResponse:
    """Return the form to import a list, and the imports so far."""
    scope.require("import")
    return page(
        request,
        "imports.html",
        scope=scope,
        here="/imports",
        waiting=review_count(connection, scope),
        imports=list_imports(connection, limit=100),
    )


@router.get("/imports/{import_id}")
def import_page(
    request: Request, import_id: UUID, connection: ConnectionDep, scope: ScopeDep,
    outcome: Literal["imported", "merged", "refused"] | None = None,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> HTMLResponse:  # fmt: skip
    """Return what became of every row of an import."""
    scope.require("import")
    item = find_import(connection, import_id)
    if item is None:
        raise NotFound(tr("没有这次导入", "no such import"))
    rows = list_rows(connection, import_id, outcome=outcome, after=after, limit=PAGE_SIZE * 4 + 1)
    words = {"imported": page_words("已导入"), "merged": page_words("合并"), "refused": page_words("拒绝")}
    return page(
        request,
        "import.html",
        scope=scope,
        here="/imports",
        waiting=review_count(connection, scope),
        item=item,
        rows=rows[: PAGE_SIZE * 4],
        next=rows[PAGE_SIZE * 4 - 1]["id"] if len(rows) > PAGE_SIZE * 4 else None,
        outcome=outcome or "",
        # GeoJSON keeps its shapes only in its own file.
        can_correct=bool(item["rows"]) and not item["file_name"].lower().endswith((".geojson", ".json")),
        sheets=item["reading"].get("sheets", []),
        outcome_words=words,
        tabs=[("", page_words("全部")), *words.items()],
    )
