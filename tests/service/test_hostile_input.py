"""Hostile requests: a clear refusal, never a 5xx, and the service lives on."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

JSON = {"content-type": "application/json"}
BODIES = {
    "invalid json": b"{",
    "invalid utf-8": b'{"description": "\xff\xfe"}',
    "deep nesting": b"[" * 100_000,
    "huge integer": b'{"severity": ' + b"9" * 5_000 + b"}",
    "infinity": b'{"description": "x", "lon": Infinity, "lat": 1}',
    "wrong type": b"[1, 2]",
    "null": b"null",
    "empty": b"",
    "duplicate keys": b'{"description": "", "description": ""}',
    "nul": b'{"description": "a\\u0000b", "location_text": "x"}',
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(
    "path", ["/api/cases", "/api/login", "/api/review/00000000-0000-4000-8000-000000000000"]
)
def test_bodies(admin, name, path):
    answer = admin.post(path, content=BODIES[name], headers=JSON)
    assert 400 <= answer.status_code < 500, answer.text
    assert set(answer.json()) == {"error", "detail", "fields"}


@pytest.mark.parametrize(
    "query",
    ["q=%ff%fe", "q=%00", "q=%ed%a0%80", "after=%ff", "command=" + "C1," * 60, "&".join(["command=C1"] * 60),
     "limit=99999999999999999999999", "from=2017-13-45", "from=9999-12-31", "to=9999-12-31", "bbox=1e400,0,1,1",
     "bbox=-180,-90,180,90", "placement=located%27;drop table cases", "by=command", "late=true", "q='%20or%201=1--"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/api/cases", "/api/counts", "/api/places", "/api/review", "/api/locate", "/api/zones"]
)
def test_queries(admin, path, query):
    answer = admin.get(f"{path}?{query}")
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error", "detail", "fields"}


@pytest.mark.parametrize("path", ["/api/cases/%00", "/api/cases/%ff", "/api/imports/..%2f..%2fetc", "/static/..%2f..%2fsettings.py", "/api/cases/" + "a" * 5_000])  # fmt: skip
def test_paths(admin, path):
    assert 400 <= admin.get(path).status_code < 500


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer"}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer \xff"}, {"cookie": "qingtu_session=\xff; qingtu_lang=xx"},
     {"cookie": "a=" + "b" * 3_000}, {"if-match": "\xff"}, {"idempotency-key": "\xff" * 36}, {"idempotency-key": "0" * 36}],
)  # fmt: skip
def test_headers(site, headers):
    with site.as_(None) as client:
        raw = {key: value.encode("latin-1") for key, value in headers.items()}
        assert client.get("/api/me", headers=raw).status_code in (200, 401)
    with site.as_("admin") as client:
        raw.pop("authorization", None)
        body = json.dumps({"description": "x", "location_text": "y"})
        answer = client.post("/api/cases", content=body, headers={**JSON, **raw})
        assert answer.status_code in (201, 422), answer.text


def test_broken_multipart(admin):
    for content, head in (
        (b"not multipart", "multipart/form-data"),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xff\x00/../x"\r\n\r\nx\r\n--b--\r\n', "multipart/form-data; boundary=b"),
        (b"x" * 10, "application/x-www-form-urlencoded"),
    ):  # fmt: skip
        answer = admin.post("/api/imports", content=content, headers={"content-type": head})
        assert 400 <= answer.status_code < 500, answer.text
        assert set(answer.json()) == {"error", "detail", "fields"}


def test_a_connection_that_sends_rubbish_or_stalls_harms_nobody(site, admin):
    address = urlsplit(site.url)
    sockets = []
    for content in (
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        b"POST /api/cases HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    ):
        connection = socket.create_connection((address.hostname, address.port))
        connection.sendall(content)
        sockets.append(connection)
    assert admin.get("/api/me").status_code == 200
    for connection in sockets:
        connection.close()
