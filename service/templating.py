"""Server-rendered pages: one Jinja environment, escaping always on, the same context on every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.auth.scope import Scope, role_words
from service.clock import OFFICE_ZONE
from service.words import language, tr

TEMPLATES_DIR = Path(__file__).with_name("templates")
STATIC_DIR = Path(__file__).with_name("static")


def make_templates() -> Jinja2Templates:
    """Return the template environment; an undefined name is an error, not an empty text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(tr=tr, role_words=role_words)
    environment.filters["office_time"] = lambda moment: moment.astimezone(OFFICE_ZONE).strftime(
        "%Y-%m-%d %H:%M"
    )
    environment.filters["office_day"] = lambda moment: moment.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d")
    return Jinja2Templates(env=environment)


def render(
    request: Request, template: str, /, *, scope: Scope | None, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """Return a page.

    Every template also sees `office` (name, note, is_demo, demo_now), `scope` (None: nobody),
    `now` (UTC, the office's clock), `lang` and the function `tr(zh, en)`.
    """
    service = request.app.state.service
    shared = {"office": service.office, "scope": scope, "now": service.clock.now(), "lang": language.get()}
    templates: Jinja2Templates = service.templates
    return templates.TemplateResponse(request, template, {**shared, **context}, status_code=status_code)
