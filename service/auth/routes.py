"""Login and logout, for pages and for programs; who am I."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from service.auth.login import log_in, log_out
from service.auth.scope import MAY, Scope, role_words
from service.deps import SESSION_COOKIE, PersonDep, ScopeOrNone, Service, ServiceDep
from service.errors import NotLoggedIn, TooManyRequests, status_of
from service.fields import Body, Line
from service.templating import render

router = APIRouter(tags=["auth"])


class Credentials(Body):
    """A name and a password."""

    name: Line
    password: Line


class Me(BaseModel):
    """Who is asking: `zones` are the own communities or grids, `may` the allowed actions."""

    name: str
    display_name: str
    role: str
    role_words: str
    zones: list[str]
    command: str | None
    unit: str | None
    may: list[str]
    must_change: bool


def _me(scope: Scope) -> Me:
    return Me(
        name=scope.name, display_name=scope.display_name, role=scope.role, role_words=role_words(scope.role),
        zones=list(scope.zone_codes), command=scope.command, unit=scope.unit, may=sorted(MAY.get(scope.role, ())),
        must_change=scope.must_change,
    )  # fmt: skip


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def set_session_cookie(response: Response, service: Service, token: str) -> None:
    """Give a browser its session."""
    response.set_cookie(
        SESSION_COOKIE, token, httponly=True, samesite="lax", secure=service.settings.secure_cookies, path="/"
    )


def own_path(target: str) -> str:
    """Return a path on this site; anything that could lead elsewhere becomes the start page."""
    parts = urlsplit(target)
    own = (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and not parts.netloc
        and "\\" not in target
    )
    return target if own and target.isprintable() else "/"


@router.post("/api/login")
def api_login(body: Credentials, request: Request, response: Response, service: ServiceDep) -> Me:
    """Start a session; the answer sets its cookie."""
    service.login_limit.check(_address(request))
    token, scope = log_in(service.engine, name=body.name, password=body.password, idle=service.idle)
    set_session_cookie(response, service, token)
    return _me(scope)


@router.post("/api/logout", status_code=204)
def api_logout(request: Request, response: Response, service: ServiceDep, scope: ScopeOrNone) -> None:
    """End the session."""
    _end(request, response, service, scope)


def _end(request: Request, response: Response, service: Service, scope: Scope | None) -> None:
    token = request.cookies.get(SESSION_COOKIE)
    if token and scope is not None and not scope.is_public:
        log_out(service.engine, token=token, scope=scope)
    response.delete_cookie(SESSION_COOKIE, path="/")


@router.get("/api/me")
def me(scope: PersonDep) -> Me:
    """Return who is asking; role `public` when nobody is logged in."""
    return _me(scope)


@router.get("/login", include_in_schema=False)
def login_page(request: Request, scope: ScopeOrNone, next: str = "/") -> HTMLResponse:
    """Show the login form."""
    return render(request, "login.html", scope=scope, next=own_path(next), problem="", name="")


@router.post("/login", include_in_schema=False)
def login_form(
    request: Request,
    service: ServiceDep,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Start a session from the form and go where the person wanted."""
    try:
        service.login_limit.check(_address(request))
        token, _ = log_in(service.engine, name=name.replace("\x00", ""), password=password, idle=service.idle)
    except (NotLoggedIn, TooManyRequests) as error:
        status, _ = status_of(error)
        return render(
            request,
            "login.html",
            scope=None,
            status_code=status,
            next=own_path(next),
            problem=str(error),
            name=name,
        )
    response = RedirectResponse(own_path(next), status_code=303)
    set_session_cookie(response, service, token)
    return response


@router.post("/logout", include_in_schema=False)
def logout_form(request: Request, service: ServiceDep, scope: ScopeOrNone) -> Response:
    """End the session from a page."""
    response = RedirectResponse("/", status_code=303)
    _end(request, response, service, scope)
    return response
