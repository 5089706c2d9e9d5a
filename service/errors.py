"""Exceptions of the service, and the one table that turns an exception into an HTTP status.

::

    QingtuError (geodata.errors)
    └── ServiceError
        ├── NotLoggedIn          401   no session, no token, no public profile
        ├── Forbidden            403   the role may not do this; also a write from a foreign page
        │   └── PasswordDue      403   logged in by a first password: it must be changed before anything else
        ├── NotFound             404   absent, or outside what this person may see: no difference
        ├── Conflict             409   the same id with other content; a change that no longer fits
        ├── StaleVersion         412   If-Match names an older version
        ├── TooLarge             413   an upload or body above the limit
        ├── Refused              422   understood, but cannot be done as asked
        ├── TooManyRequests      429   slow down
        ├── NotReady             503   the store or the office's data is not ready
        └── StoreError           503   a database that is not ours, not empty or not reachable

Every answer that is an error has the body `{error, detail, fields}`: a stable code, a sentence for
people, and the fields at fault. It never repeats the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from geodata.errors import CrsError, DatumError, FrameError, GazetteerError, QingtuError, ZoneError
from service.words import said, tr

log = structlog.get_logger("qingtu.errors")


class ServiceError(QingtuError):
    """Base of the service's errors; `fields` names what was at fault."""

    def __init__(self, words: str, *, fields: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(words)
        self.fields = tuple(fields)


class NotLoggedIn(ServiceError):
    """Nobody is logged in and the page is not public."""


class Forbidden(ServiceError):
    """This role may not do that."""


class PasswordDue(Forbidden):
    """The person must change a password that somebody else knows."""


class NotFound(ServiceError):
    """Absent, or not visible to this person."""


class Conflict(ServiceError):
    """Another content under the same id, or a change that no longer fits."""


class StaleVersion(ServiceError):
    """The object changed since it was read."""


class TooLarge(ServiceError):
    """A body above the limit."""


class Refused(ServiceError):
    """Understood, but it cannot be done as asked."""


class TooManyRequests(ServiceError):
    """Too many tries in a short time."""


class NotReady(ServiceError):
    """The service cannot answer yet."""


class StoreError(ServiceError):
    """The database is not ours, not empty, or cannot be reached."""


# First match in this order wins, so subclasses stand before their bases.
STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (NotLoggedIn, 401, "not_logged_in"),
    (PasswordDue, 403, "password_due"),
    (Forbidden, 403, "forbidden"),
    (NotFound, 404, "not_found"),
    (Conflict, 409, "conflict"),
    (StaleVersion, 412, "stale_version"),
    (TooLarge, 413, "too_large"),
    (Refused, 422, "refused"),
    (TooManyRequests, 429, "too_many_requests"),
    (NotReady, 503, "not_ready"),
    (StoreError, 503, "store"),
    (FrameError, 422, "bad_table"),
    (DatumError, 422, "bad_datum"),
    (CrsError, 422, "bad_crs"),
    (ZoneError, 422, "bad_zones"),
    (GazetteerError, 503, "gazetteer"),
    (ServiceError, 400, "bad_request"),
    (QingtuError, 422, "refused"),
    (OperationalError, 503, "store"),
    (PoolTimeout, 503, "store"),
)

HTTP_CODES = {
    400: "bad_request", 401: "not_logged_in", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    408: "timeout", 409: "conflict", 412: "stale_version", 413: "too_large", 415: "unsupported_media_type",
    422: "invalid", 429: "too_many_requests", 503: "not_ready",
}  # fmt: skip


class FieldError(BaseModel):
    """One field at fault."""

    field: str
    words: str


class ErrorBody(BaseModel):
    """The body of every error answer."""

    error: str
    detail: str
    fields: list[FieldError]


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "错误"},
    422: {"model": ErrorBody, "description": "请求内容不符合要求"},
    "5XX": {"model": ErrorBody, "description": "服务错误"},
}


def error_response(
    status: int, error: str, detail: str, fields: Sequence[tuple[str, str]] = ()
) -> JSONResponse:
    """Return the one JSON error body with its status."""
    body = ErrorBody(error=error, detail=detail, fields=[FieldError(field=f, words=w) for f, w in fields])
    return JSONResponse(body.model_dump(), status_code=status)


def status_of(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and the stable code of an exception; 500 for an unforeseen one."""
    for kind, status, code in STATUS:
        if isinstance(error, kind):
            return status, code
    return 500, "internal"


def _http_words(status: int) -> str:
    words = {
        404: tr("没有这个地址或对象", "no such address or object"),
        405: tr("这个地址不支持这种操作", "this address does not support the method"),
        413: tr("上传内容超过大小限制", "the body is larger than allowed"),
        415: tr("不支持这种内容类型", "this content type is not supported"),
    }
    return words.get(status, tr("请求无法处理", "the request cannot be handled"))


def _validation_fields(error: RequestValidationError) -> list[tuple[str, str]]:
    # `msg` is pydantic's own sentence about the rule; `input` and `ctx` may repeat what was sent.
    return [(".".join(str(part) for part in item["loc"])[:200], _rule(item)) for item in error.errors()[:50]]


def _rule(item: dict[str, Any]) -> str:
    kind = str(item.get("type", ""))
    words = {
        "missing": tr("缺少", "missing"),
        "extra_forbidden": tr("不认识的字段", "unknown field"),
        "json_invalid": tr("不是有效的 JSON", "not valid JSON"),
        "string_too_long": tr("太长", "too long"),
        "string_too_short": tr("不能为空", "must not be empty"),
        "finite_number": tr("必须是有限的数", "must be a finite number"),
        "value_error": tr("取值不符合要求", "not an accepted value"),
        "literal_error": tr("不在允许的取值之内", "not one of the accepted values"),
        "enum": tr("不在允许的取值之内", "not one of the accepted values"),
    }
    if kind in words:
        return words[kind]
    if kind.startswith(("greater", "less")):
        return tr("超出允许范围", "out of range")
    return tr("格式不对", "wrong format")


def install(app: FastAPI) -> None:
    """Register the handlers that give every error the one body."""

    def on_known(request: Request, error: Exception) -> JSONResponse:
        status, code = status_of(error)
        if status == 500:
            return on_unknown(request, error)
        if isinstance(error, (OperationalError, PoolTimeout)):
            log.error("store_unavailable", kind=type(error).__name__)
            return error_response(status, code, tr("数据库暂时不可用", "the database is not available"))
        return error_response(status, code, said(error), getattr(error, "fields", ()))

    def on_http(_: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return error_response(status, HTTP_CODES.get(status, "error"), _http_words(status))

    def on_invalid(_: Request, error: Exception) -> JSONResponse:
        fields = _validation_fields(error) if isinstance(error, RequestValidationError) else []
        return error_response(
            422, "invalid", tr("请求内容不符合要求", "the request does not meet its contract"), fields
        )

    def on_unknown(request: Request, error: Exception) -> JSONResponse:
        # The traceback's values may hold personal data: log kinds and places, not values.
        log.error("unforeseen", kind=type(error).__name__, path=request.scope.get("path", ""), exc_info=error)
        return error_response(500, "internal", tr("服务内部错误，已记录", "internal error, it was recorded"))

    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    for kind, _, _ in STATUS:
        app.add_exception_handler(kind, on_known)
    app.add_exception_handler(Exception, on_unknown)
