"""Logging in: sessions, lock, Origin of writes, headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from service.auth.login import RateLimit
from service.auth.passwords import hash_password, password_matches
from service.auth.queries import hash_token, session_scope
from service.auth.routes import own_path
from service.errors import Refused, TooManyRequests
from service.store.engine import make_engine


@pytest.fixture
def browser(site):
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


def log_in(client, site, name="grid1", password=None, **kwargs):
    body = {"name": name, "password": password or site.access[name]["password"]}
    return client.post("/api/login", json=body, **kwargs)


def test_a_session_opens_and_closes(site, browser):
    answer = log_in(browser, site)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/api/me").json()["role"] == "grid_manager"
    assert browser.post("/api/logout").status_code == 204
    assert browser.get("/api/me").json()["role"] == "public"


def test_a_closed_session_stays_closed_for_a_stolen_cookie(site, browser):
    log_in(browser, site)
    stolen = dict(browser.cookies)
    browser.post("/api/logout")
    with httpx.Client(base_url=site.url, cookies=stolen) as thief:
        assert thief.get("/api/me").json()["role"] == "public"


def test_only_hashes_of_tokens_are_stored(site, browser):
    log_in(browser, site)
    token = browser.cookies["qingtu_session"]
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        stored = [bytes(value) for value in connection.scalars(text("select token_hash from sessions"))]
    engine.dispose()
    assert hash_token(token) in stored
    assert token.encode() not in stored


def test_an_idle_session_ends(site, browser):
    log_in(browser, site)
    token, engine = browser.cookies["qingtu_session"], make_engine(site.database_url)
    with engine.begin() as connection:
        now = datetime.now(UTC)
        assert (
            session_scope(connection, token, now + timedelta(hours=11), idle=timedelta(hours=12)) is not None
        )
        assert session_scope(connection, token, now + timedelta(hours=24), idle=timedelta(hours=12)) is None
    engine.dispose()


@pytest.mark.parametrize("name", ["verifier1", "nobody-here"])
def test_wrong_names_and_wrong_passwords_get_the_same_words(site, browser, name):
    answer = log_in(browser, site, name=name, password="wrong-password")
    assert answer.status_code == 401
    assert answer.json() == {"error": "not_logged_in", "detail": "用户名或密码不对", "fields": []}


def test_five_failures_lock_the_account_for_the_right_password_too(site, browser):
    for _ in range(5):
        assert log_in(browser, site, name="verifier2", password="wrong-password").status_code == 401
    locked = log_in(browser, site, name="verifier2")
    assert locked.status_code == 401
    assert "锁定" in locked.json()["detail"]


def test_a_write_from_a_foreign_page_is_refused(site, browser):
    log_in(browser, site)
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = browser.post("/api/logout", headers=headers)
        assert answer.status_code == 403, headers
        assert set(answer.json()) == {"error", "detail", "fields"}
    assert browser.get("/api/me").json()["role"] == "grid_manager"
    assert browser.post("/api/logout", headers={"origin": site.url}).status_code == 204


def test_every_answer_carries_the_security_headers(site, browser):
    for path in ("/api/me", "/nothing", "/api/cases/x", "/healthz", "/login"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("target", "path"),
    [("/cases?x=1", "/cases?x=1"), ("//evil.example", "/"), ("http://evil.example", "/"), ("/\\evil.example", "/"), ("", "/"), ("/a\nb", "/")],
)  # fmt: skip
def test_after_login_one_stays_on_this_site(target, path):
    assert own_path(target) == path


def test_passwords_have_a_length_and_are_not_stored():
    stored = hash_password("long enough 密码")
    assert "long enough" not in stored
    assert stored.startswith("$argon2id$")
    assert password_matches("long enough 密码", stored)
    assert not password_matches("x" * 10_000, stored)
    assert not password_matches("anything", None)
    for bad in ("short", "x" * 201):
        with pytest.raises(Refused):
            hash_password(bad)


def test_the_rate_limit_counts_per_key():
    limit = RateLimit(tries=2, seconds=60)
    limit.check("a")
    limit.check("a")
    limit.check("b")
    with pytest.raises(TooManyRequests):
        limit.check("a")
