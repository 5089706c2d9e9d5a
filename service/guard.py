"""ASGI guards around the whole app: body size, Origin of writes, security headers, language, metrics."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import error_response
from service.words import language, tr

# Workers from blob: are MapLibre's; nothing may come from, or be sent to, another host.
POLICY = "; ".join(
    (
        "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "worker-src 'self' blob:", "child-src 'self' blob:", "connect-src 'self'", "font-src 'self'",
        "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not "no-referrer": browsers then send "Origin: null" with forms, and the Origin check would refuse.
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UPLOADS = (
    "/api/imports", "/imports", "/api/borders", "/api/drawings", "/api/people/import", "/api/bounds", "/api/gazetteer",
)  # fmt: skip


class _BodyTooLarge(Exception):
    """More bytes arrived than allowed."""


def _header(scope: Scope, name: bytes) -> str:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def _from_this_site(scope: Scope) -> bool:
    """Return whether a write comes from our own page, or from a program without cookies."""
    origin = _header(scope, b"origin")
    if not origin:
        # Browsers send Origin with every cross-site write; programs (curl, QGIS) send none.
        return _header(scope, b"sec-fetch-site") in ("", "same-origin", "none")
    return urlsplit(origin).netloc == _header(scope, b"host") and bool(urlsplit(origin).netloc)


def _language(scope: Scope, default: str) -> str:
    try:
        morsel = SimpleCookie(_header(scope, b"cookie")).get("qingtu_lang")
    except CookieError:
        return default
    return morsel.value if morsel is not None and morsel.value in ("zh", "en") else default


class Guard:
    """Wrap an app; one pass over each request and answer."""

    def __init__(
        self, app: ASGIApp, *, body_limit: int, upload_limit: int, lang: str, metrics: Metrics
    ) -> None:
        self._app, self._lang, self._metrics = app, lang, metrics
        self._body_limit, self._upload_limit = body_limit, upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language.set("en" if _language(scope, self._lang) == "en" else "zh")
        started, status = time.perf_counter(), 500

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {key.lower() for key, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in HEADERS if h[0] not in present)]
            await send(message)

        try:
            await self._checked(scope, receive, send_guarded)
        finally:
            self._metrics.observe(scope, status, time.perf_counter() - started)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _SAFE and not _from_this_site(scope):
            words = tr(
                "写操作只接受本站页面发出的请求", "writes are accepted from this site's own pages only"
            )
            await error_response(403, "forbidden", words)(scope, receive, send)
            return
        limit = self._upload_limit if scope["path"].startswith(_UPLOADS) else self._body_limit
        too_large = error_response(
            413,
            "too_large",
            tr(f"内容超过 {limit // 1024} KB 的上限", f"the body exceeds the limit of {limit // 1024} KB"),
        )
        stated = _header(scope, b"content-length")
        if stated.isdigit() and int(stated) > limit:
            await too_large(scope, receive, send)
            return
        received, over, begun = 0, False, False

        async def receive_counted() -> Message:
            nonlocal received, over
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                over = True
                raise _BodyTooLarge
            return message

        async def send_unless_over(message: Message) -> None:
            nonlocal begun
            # The app may have turned our exception into an answer of its own: 413 replaces it.
            if over and not begun:
                return
            begun = True
            await send(message)

        with suppress(_BodyTooLarge):
            await self._app(scope, receive_counted, send_unless_over)
        if over and not begun:
            await too_large(scope, receive, send)


class Metrics:
    """Counters of one app, in a registry of their own (tests build several apps in a process)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "qingtu_requests_total", "HTTP requests.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "qingtu_request_seconds", "Time to answer, seconds.", ["route"], registry=self.registry
        )

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answer under its route's template, never its full path."""
        route = getattr(scope.get("route"), "path", "other")
        method = (
            scope["method"]
            if scope["method"] in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")
            else "other"
        )
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
