"""One's own password, as a page and for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.auth.own_password import change_own_password
from service.auth.routes import own_path, set_session_cookie
from service.auth.scope import Scope
from service.deps import PersonDep, Service, ServiceDep, bearer_token
from service.errors import Forbidden, NotLoggedIn, Refused, TooManyRequests, status_of
from service.fields import Body, Line
from service.frame import page
from service.words import tr

router = APIRouter(tags=["auth"])
_NO_STORE = {"cache-control": "no-store"}


class NewPassword(Body):
    """The password so far and the one to come."""

    current: Line
    new: Line


def _change(request: Request, response: Response, service: Service, scope: Scope, body: NewPassword) -> None:
    service.login_limit.check(f"password:{scope.user_id}")
    token = change_own_password(service.engine, scope=scope, current=body.current, new=body.new)
    # A program with a token of its own asked for no session.
    if bearer_token(request) is None:
        set_session_cookie(response, service, token)


@router.post("/api/password", status_code=204)
def post_password(
    body: NewPassword, request: Request, response: Response, service: ServiceDep, scope: PersonDep
) -> None:
    """Change one's own password; sessions elsewhere end, this one goes on with a new cookie."""
    _change(request, response, service, scope, body)


@router.get("/password", include_in_schema=False)
def password_page(request: Request, scope: PersonDep, next: str = "/") -> HTMLResponse:
    """Show the form."""
    if scope.user_id is None:
        raise NotLoggedIn(tr("请先登录", "log in first"))
    return _form(request, scope, next=own_path(next), problem="")


def _form(request: Request, scope: Scope, *, next: str, problem: str, status_code: int = 200) -> HTMLResponse:
    answer = page(
        request, "password.html", scope=scope, here="/password", status_code=status_code, next=next, problem=problem
    )  # fmt: skip
    answer.headers.update(_NO_STORE)
    return answer


@router.post("/password", include_in_schema=False)
def password_form(
    request: Request,
    service: ServiceDep,
    scope: PersonDep,
    current: Annotated[str, Form(max_length=200)],
    new: Annotated[str, Form(max_length=200)],
    again: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Change one's own password from the form and go where the person wanted."""
    response = RedirectResponse(own_path(next), status_code=303, headers=_NO_STORE)
    try:
        if new != again:
            raise Refused(tr("两次输入的新密码不一样", "the two new passwords differ"))
        _change(request, response, service, scope, NewPassword(current=current, new=new))
    except (Refused, Forbidden, TooManyRequests, ValueError) as error:
        status = 422 if isinstance(error, ValueError) else status_of(error)[0]
        words = (
            str(error)
            if not isinstance(error, ValueError)
            else tr("密码不能用", "this password cannot be used")
        )
        return _form(request, scope, next=own_path(next), problem=words, status_code=status)
    return response
