"""One's own password: a first one that must be changed, sessions that end, tokens that stay."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import text

from service.auth.passwords import first_password, hash_first_password, hash_password, password_matches
from service.auth.queries import insert_user, issue_token
from service.store.engine import make_engine

FIRST, OWN = "abcd-efgh-jkmn", "清图-new-2024"


@pytest.fixture
def engine(site):
    engine = make_engine(site.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def novice(site, engine):
    """A new grid manager with a first password, and a token for programs."""
    site.app.state.service.login_limit._seen.clear()
    with engine.begin() as connection:
        connection.execute(text("delete from users where name = '新来的'"))
        user_id = insert_user(
            connection, name="新来的", display_name="新来的", role="coordinator", password_hash=hash_password(FIRST),
            phone="13800001111", must_change=True,
        )  # fmt: skip
        token = issue_token(connection, user_id, label="test")
    return {"id": user_id, "token": token}


@pytest.fixture
def browser(site):
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


def log_in(client, name="新来的", password=FIRST):
    return client.post("/api/login", json={"name": name, "password": password})


def change(client, current=FIRST, new=OWN):
    return client.post("/api/password", json={"current": current, "new": new})


def test_nothing_opens_before_the_first_password_is_changed(browser, novice):
    assert log_in(browser).json()["must_change"] is True
    for path in ("/api/cases", "/api/zones", "/tiles/cases/12/3344/1644.mvt", "/api/imports"):
        answer = browser.get(path)
        assert (answer.status_code, answer.json()["error"]) == (403, "password_due"), path
    assert browser.post("/api/cases", json={"location_text": "平安路", "description": "x"}).status_code == 403
    assert browser.get("/api/me").json()["must_change"] is True
    assert change(browser).status_code == 204
    assert browser.get("/api/me").json()["must_change"] is False
    assert browser.get("/api/cases").status_code == 200


def test_pages_lead_to_the_form_and_back(browser, novice):
    answer = browser.post("/login", data={"name": "新来的", "password": FIRST, "next": "/board"})
    assert answer.headers["location"] == "/board"
    html = {"accept": "text/html"}
    answer = browser.get("/board", headers=html)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password?next=%2Fboard")
    form = browser.get("/password?next=/board", headers=html)
    assert form.headers["cache-control"] == "no-store"
    assert "初始密码" in form.text
    assert "/imports" not in form.text  # no menu that leads nowhere
    answer = browser.post(
        "/password", data={"current": FIRST, "new": OWN, "again": OWN, "next": "/board"}, headers=html
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/board")
    assert browser.get("/board", headers=html).status_code == 200


def test_a_page_elsewhere_is_no_target_of_the_form(browser, novice):
    log_in(browser)
    answer = browser.post(
        "/password", data={"current": FIRST, "new": OWN, "again": OWN, "next": "//evil.example/"}
    )
    assert answer.headers["location"] == "/"


def test_sessions_elsewhere_end_and_this_one_goes_on(site, browser, novice):
    with httpx.Client(base_url=site.url, timeout=30) as phone:
        log_in(phone)
        log_in(browser)
        before = browser.cookies["qingtu_session"]
        assert change(browser).status_code == 204
        assert browser.cookies["qingtu_session"] != before
        assert browser.get("/api/me").json()["name"] == "新来的"
        assert phone.get("/api/me").json()["role"] == "public"
    assert log_in(browser).status_code == 401
    assert log_in(browser, password=OWN).status_code == 200


def test_a_token_opens_while_the_password_is_due_and_gets_no_session(site, novice):
    with httpx.Client(base_url=site.url, headers={"authorization": f"Bearer {novice['token']}"}) as program:
        assert program.get("/api/cases").status_code == 200
        assert program.get("/api/me").json()["must_change"] is False
        answer = change(program)
        assert answer.status_code == 204
        assert "set-cookie" not in answer.headers
        assert program.get("/api/cases").status_code == 200


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (FIRST, "不能与原密码相同"),
        ("新来的-2024", "登录名或电话"),
        ("13800001111", "登录名或电话"),
        ("aaaaaaaaa", "不同的字符"),
        ("kurz7!z", "8 到 200"),
    ],
)
def test_a_poor_new_password_is_refused_and_the_old_one_stays(browser, novice, new, words):
    log_in(browser)
    answer = change(browser, new=new)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert new not in answer.text
    assert log_in(browser).status_code == 200


def test_a_wrong_old_password_counts_as_a_failed_login(browser, novice):
    log_in(browser)
    for _ in range(5):
        answer = change(browser, current="wrong-wrong")
        assert answer.status_code == 422
        assert answer.json()["fields"] == [{"field": "body.current", "words": "原密码不对"}]
    assert change(browser).status_code == 403
    assert log_in(browser).status_code == 401


def test_two_new_passwords_that_differ_are_refused_on_the_page(browser, novice):
    log_in(browser)
    answer = browser.post("/password", data={"current": FIRST, "new": OWN, "again": OWN + "x"})
    assert answer.status_code == 422
    assert "不一样" in answer.text
    assert OWN not in answer.text
    assert FIRST not in answer.text


def test_nobody_and_a_shared_public_account_change_nothing(site, browser):
    assert change(browser).status_code == 403
    assert browser.get("/password", headers={"accept": "text/html"}).headers["location"].startswith("/login")
    with site.as_("public") as client:
        answer = change(client, current=site.access["public"]["password"])
    assert answer.status_code == 403


def test_login_takes_the_name_as_typed_or_the_telephone(browser, novice, engine):
    for typed in ("新来的", " 新 来　的", "13800001111", "138-0000 1111", "+8613800001111"):
        assert log_in(browser, name=typed).json()["name"] == "新来的", typed
    with engine.begin() as connection:
        connection.execute(text("update users set phone = '13800001111' where name = 'verifier2'"))
    assert log_in(browser, name="13800001111").status_code == 401  # whose of the two?
    with engine.begin() as connection:
        actors = connection.scalars(text("select distinct actor from audit where action like 'login%'")).all()
        connection.execute(text("update users set phone = '' where name = 'verifier2'"))
    assert not [actor for actor in actors if "1380000" in actor]


def test_first_passwords_are_random_and_easy_to_read():
    found = {first_password() for _ in range(200)}
    assert len(found) == 200
    assert not set("".join(found)) & set("01oil" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert all([len(part) for part in one.split("-")] == [4, 4, 4] for one in found)


def test_a_first_password_is_hashed_quickly_and_checked_like_any_other():
    password = first_password()
    light = hash_first_password(password)
    assert password_matches(password, light)
    assert not password_matches(password + "x", light)
    assert not password_matches("", light)
    assert "m=8192," in light
    assert "m=8192," not in hash_password(password)
