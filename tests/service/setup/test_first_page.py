"""The first page of an empty data directory: one key, one browser, one office."""

from __future__ import annotations

import threading
import time

import httpx
import pytest
import uvicorn

from service.cli.first_run import is_vacant
from service.settings import Settings
from service.setup.first_page import COOKIE, FirstSetUp, first_app

HTML = {"accept": "text/html"}
GOOD = {"name": "新办事处", "city": "郑州市", "login": "boss", "person": "", "password": "eight letters", "again": "eight letters"}  # fmt: skip


@pytest.fixture
def setting_up():
    return FirstSetUp()


@pytest.fixture
def address(setting_up, tmp_path):
    """Where the first page is served."""
    app = first_app(setting_up, Settings(data_dir=tmp_path))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def browser(address):
    """A browser that did not open the link yet."""
    with httpx.Client(base_url=address) as client:
        yield client


@pytest.fixture
def opened(browser, setting_up):
    """The browser that opened the link."""
    answer = browser.get(f"/setup?key={setting_up.key}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/setup")
    assert "httponly" in answer.headers["set-cookie"].lower()
    return browser


def test_the_key_opens_once_and_only_for_one_browser(opened, setting_up, address):
    assert opened.get("/setup").status_code == 200
    other = httpx.Client(base_url=address)
    for path in (f"/setup?key={setting_up.key}", "/setup", "/setup?key=wrong", "/setup?key="):
        answer = other.get(path)
        assert (answer.status_code, "终端里的链接" in answer.text) == (401, True)
    assert other.post("/setup", data=GOOD).status_code == 401
    assert other.get("/setup/progress").status_code == 401
    other.close()
    assert setting_up.wait(0) is None
    # The address bar keeps no key, also when the link is opened once more by the same browser.
    assert opened.get(f"/setup?key={setting_up.key}").headers["location"] == "/setup"


def test_keys_are_long_and_never_the_same():
    keys = {FirstSetUp().key for _ in range(50)}
    assert len(keys) == 50
    assert all(len(key) >= 32 for key in keys)
    assert "key" not in repr(FirstSetUp())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "单位名称"), ({"name": "x" * 61}, "单位名称"), ({"name": "a\x00"}, "不能保存"), ({"city": ""}, "没有这个市"),
        ({"city": "无此地"}, "没有这个市"), ({"city": "鼓楼区"}, "有几处同名"), ({"city": "34.78,113.7"}, "经度"), ({"city": "4326"}, "4547"),
        ({"login": ""}, "登录名"), ({"login": "a b"}, "登录名"), ({"password": "short", "again": "short"}, "密码须为"), ({"again": "other"}, "不一样"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_and_what_was_typed_stays(opened, setting_up, change, words):
    answer = opened.post("/setup", data={**GOOD, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert "eight letters" not in answer.text
    assert ('value="boss"' in answer.text) == ("login" not in change)
    assert setting_up.wait(0) is None


def test_answers_are_given_once_and_a_failure_asks_again(opened, setting_up):
    assert opened.post("/setup", data=GOOD).status_code == 303
    assert opened.post("/setup", data={**GOOD, "name": "第二次"}).status_code == 303
    answers = setting_up.wait(1)
    assert (answers.name, answers.where.crs, answers.person) == ("新办事处", 4547, "boss")
    assert "eight letters" not in repr(answers)
    assert setting_up.wait(0) is None
    setting_up.tell("建立数据库")
    assert opened.get("/setup/progress").json() == {"state": "working", "words": "建立数据库", "problem": ""}
    assert "正在建立" in opened.get("/setup").text
    setting_up.fail("没有 PostgreSQL")
    page = opened.get("/setup").text
    assert "没有 PostgreSQL" in page
    assert 'value="新办事处"' in page
    opened.post("/setup", data=GOOD)
    assert setting_up.wait(1) is not None


def test_the_session_is_handed_over_once(opened, setting_up):
    setting_up.finish("the session")
    first, second = opened.get("/setup/progress"), opened.get("/setup/progress")
    assert "qingtu_session" in first.headers["set-cookie"]
    assert "the session" not in second.headers.get("set-cookie", "")
    assert setting_up.handed_over.is_set()


def test_a_foreign_page_cannot_write(opened):
    answer = opened.post("/setup", data=GOOD, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403


def test_everything_carries_the_policy_and_is_never_cached(opened):
    answer = opened.get("/setup")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    opened.cookies.set("qingtu_lang", "en")
    assert "Set up an office" in opened.get("/setup").text
    assert COOKIE in opened.cookies


def test_two_browsers_at_the_same_moment(setting_up):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(setting_up.open(setting_up.key))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(cookie is not None for cookie in found) == 1


def test_only_an_empty_directory_is_set_up(tmp_path):
    assert is_vacant(tmp_path / "missing")
    assert is_vacant(tmp_path)
    (tmp_path / "cluster.json").write_text("{}")
    assert is_vacant(tmp_path)
    (tmp_path / "letters.docx").write_text("")
    assert not is_vacant(tmp_path)
    assert not is_vacant(tmp_path / "letters.docx")
