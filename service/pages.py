"""The frame of every page: what templates always see, HTML for errors, and the plain pages.

Pages with much of their own (reports, patrols) have their routes beside their queries.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from maps.style import style_table
from service.atlas.looks import page_style
from service.atlas.queries import district_lonlat
from service.auth.scope import Scope, role_words
from service.cases.filters import CaseFilterDep
from service.cases.transitions import state_words
from service.choices import chosen_values, filter_choices
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.store.tables import CASE_STATES
from service.templating import render
from service.views import board_table, case_view, list_view, review_count
from service.words import language
from service.words_table import english, translator

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

PAGE_SIZE = 50
# Programs read these; everything else is for people and gets HTML, errors too.
_FOR_PROGRAMS = (
    "/api/",
    "/tiles/",
    "/ogc",
    "/open311",
    "/static",
    "/openapi.json",
    "/metrics",
    "/healthz",
    "/readyz",
)


def navigation(scope: Scope | None, here: str, *, waiting: int = 0) -> list[dict[str, Any]]:
    """Return the entries of the main menu that this person may open."""
    t = translator(language.get())
    entries = [
        ("/", t("地图")),
        ("/cases", t("案件")),
        ("/board", t("看板")),
        ("/patrol", t("巡查")),
        ("/reports", t("周报")),
    ]
    if scope and scope.may("place"):
        entries.insert(2, ("/review", t("待定位")))
    if scope and scope.may("import"):
        entries.append(("/imports", t("导入")))
    return [
        {"href": href, "label": label, "current": href == here, "count": waiting if href == "/review" else 0}
        for href, label in entries
    ]


def page_words(sentence: str, **values: object) -> str:
    """Return a sentence in the request's language, for templates: `t(...)`."""
    return translator(language.get())(sentence, **values)


def page(
    request: Request,
    name: str,
    *,
    scope: Scope | None,
    here: str,
    waiting: int = 0,
    data: dict[str, Any] | None = None,
    status_code: int = 200,
    **context: Any,
) -> HTMLResponse:
    """Return a page in the common frame; `data` is what its scripts read."""
    lang = language.get()
    service: Service = request.app.state.service
    page_data: dict[str, Any] = {"lang": lang, "words": dict(english()) if lang == "en" else {}}
    if data is not None:
        page_data |= {
            "style": page_style(service.kinds, lang),
            "methods": style_table(lang)["methods"],
            "states": [{"code": state, "name": state_words(state)} for state in CASE_STATES],
            "note": service.office.note,
        } | data
    return render(
        request,
        name,
        scope=scope,
        status_code=status_code,
        here=here,
        waiting=waiting,
        page_data=page_data,
        **context,
    )


def fragment(request: Request, name: str, *, scope: Scope, **context: Any) -> HTMLResponse:
    """Return a piece of a page, for htmx and scripts; never cached."""
    answer = render(request, name, scope=scope, **context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/")
def map_page(
    request: Request, filters: CaseFilterDep, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> HTMLResponse:
    """Return the live map."""
    data = {"bounds": district_lonlat(connection, srid=service.office.crs), "may_export": scope.may("export")}
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


def wants_html(request: Request) -> bool:
    """Return whether a person's browser asks for a page."""
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_FOR_PROGRAMS)


def install(app: FastAPI) -> None:
    """Give templates their words and menu, and people a page where programs get the JSON error body."""
    service: Service = app.state.service
    service.templates.env.globals.update(t=page_words, navigation=navigation, role_words=role_words)
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _for_people(handler))


def _for_people(handler: Callable[..., Any]) -> Callable[..., Any]:
    async def answer(request: Request, error: Exception) -> Response:
        plain = handler(request, error)
        if inspect.isawaitable(plain):
            plain = await plain
        if not wants_html(request) or not isinstance(plain, Response):
            return plain  # type: ignore[no-any-return]
        if plain.status_code == 401 and request.method == "GET":
            there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(there, safe='')}", status_code=303)
        detail = json.loads(bytes(plain.body)).get("detail", "")
        return page(
            request,
            "error.html",
            scope=None,
            here="",
            status_code=plain.status_code,
            status=plain.status_code,
            detail=detail,
        )

    return answer
