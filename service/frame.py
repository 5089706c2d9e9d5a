"""The frame of every page: menu, words, what scripts read, and HTML for errors."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from maps.style import style_table
from service.atlas.looks import page_style
from service.auth.scope import Scope, role_words
from service.cases.transitions import state_words
from service.deps import Service
from service.setup.facts import missing_keys, step_title
from service.store.tables import CASE_STATES
from service.templating import render
from service.words import language
from service.words_table import english, translator

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


def navigation(
    scope: Scope | None, here: str, *, waiting: int = 0, setup_missing: int = 0
) -> list[dict[str, Any]]:
    """Return the entries of the main menu that this person may open; some carry a number."""
    t = translator(language.get())
    if scope and scope.must_change:
        return []  # nothing opens before the first password is changed
    entries = [
        ("/", t("地图")),
        ("/cases", t("案件")),
        ("/board", t("看板")),
        ("/registers", t("台账")),
        ("/patrol", t("巡查")),
        ("/reports", t("周报")),
    ]
    if scope and scope.may("place"):
        entries.insert(2, ("/review", t("待定位")))
    if scope and scope.may("import"):
        entries.append(("/imports", t("导入")))
    if scope and scope.may("edit_kinds"):
        entries.append(("/kinds", t("类别规则")))
    if scope and scope.may("see_borders"):
        entries.append(("/borders", t("边界")))
        entries.append(("/roads", t("道路与地名")))
    if scope and scope.may("see_people"):
        entries.append(("/people", t("人员")))
    if scope and scope.may("set_up"):
        entries.append(("/setup", t("设置")))
    counts = {"/review": waiting, "/setup": setup_missing}
    return [
        {"href": href, "label": label, "current": href == here, "count": counts.get(href, 0)}
        for href, label in entries
    ]


def short_note(note: str) -> str:
    """Return the head of the office's remark, for the corner of a map.

    Examples
    --------
    >>> short_note("非官方示范数据：边界为编绘。")
    '非官方示范数据'
    """
    return note.partition("：")[0]


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
            "note": short_note(service.office.note),
        } | data
    return render(
        request,
        name,
        scope=scope,
        status_code=status_code,
        here=here,
        waiting=waiting,
        missing_steps=missing_steps(service, scope),
        page_data=page_data,
        **context,
    )


def missing_steps(service: Service, scope: Scope | None) -> list[tuple[str, str]]:
    """Return key and name of the set-up's steps that lack something, for who can do them; none for others."""
    if scope is None or not scope.may("set_up"):
        return []
    with service.engine.connect() as connection:
        return [(key, step_title(key)) for key in missing_keys(connection, service)]


def fragment(request: Request, name: str, *, scope: Scope, **context: Any) -> HTMLResponse:
    """Return a piece of a page, for htmx and scripts; never cached."""
    answer = render(request, name, scope=scope, **context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def wants_html(request: Request) -> bool:
    """Return whether a person's browser asks for a page."""
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_FOR_PROGRAMS)


def install(app: FastAPI) -> None:
    """Give templates their words and menu, and people a page where programs get the JSON error body."""
    service: Service = app.state.service
    service.templates.env.globals.update(
        t=page_words, navigation=navigation, role_words=role_words, state_words=state_words
    )
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _for_people(handler))


def _for_people(handler: Callable[..., Any]) -> Callable[..., Any]:
    async def answer(request: Request, error: Exception) -> Response:
        found = handler(request, error)
        plain: Response = await found if inspect.isawaitable(found) else found
        if not wants_html(request):
            return plain
        if plain.status_code == 401 and request.method == "GET":
            there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(there, safe='')}", status_code=303)
        body = json.loads(bytes(plain.body))
        if body.get("error") == "password_due" and request.method == "GET":
            return RedirectResponse(f"/password?next={quote(request.url.path, safe='')}", status_code=303)
        detail = body.get("detail", "")
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
