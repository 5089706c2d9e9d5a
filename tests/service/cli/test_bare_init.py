"""`qingtu init` without a profile: by options and question by question; what is missing is said at the end."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from service.auth.login import log_in
from service.cli import build_app
from service.errors import NotLoggedIn
from service.office import read_office
from service.store.engine import make_engine


@pytest.fixture
def ask(fresh_database, tmp_path, monkeypatch):
    """Run `init` on an empty directory with what is typed; the store is the test's own."""
    monkeypatch.setenv("QINGTU_DATABASE_URL", fresh_database)

    def call(*arguments, typed=""):
        done = CliRunner().invoke(
            build_app(), ["init", "--data", str(tmp_path / "office"), *arguments], input=typed
        )
        return done.exit_code, done.output

    return call


def may_log_in(url, name, password):
    from datetime import timedelta

    engine = make_engine(url)
    try:
        return log_in(engine, name=name, password=password, idle=timedelta(hours=1))[1].role
    except NotLoggedIn:
        return None
    finally:
        engine.dispose()


def test_an_office_by_options(ask, fresh_database, tmp_path):
    code, words = ask("--name", "新办事处", "--city", "上海市")
    assert code == 0, words
    office = read_office(tmp_path / "office")
    assert (office.name, office.crs, office.division) == ("新办事处", 4549, "310000")
    password = words.split("只显示这一次）：")[1].split()[0]
    assert may_log_in(fresh_database, "admin", password) == "admin"
    for said in ("✓ 单位：新办事处", "· 道路与地名", "· 社区边界", "· 第一份清单", "qingtu serve"):
        assert said in words
    again, told = ask("--name", "别的名字", "--city", "北京市")
    assert (again, "未作改动" in told) == (0, True)
    assert read_office(tmp_path / "office").name == "新办事处"


def test_question_by_question(ask, fresh_database, tmp_path):
    typed = "\n".join(["如意湖办事处", "鼓楼区", "郑州市", "wang", "王主任", "short", "long enough", "other", "long enough", "long enough"])  # fmt: skip
    code, words = ask("--interactive", typed=typed + "\n")
    assert code == 0, words
    assert "有几处同名" in words
    assert "密码须为" in words
    assert "不一样" in words
    assert "只显示这一次" not in words
    assert read_office(tmp_path / "office").crs == 4547
    assert may_log_in(fresh_database, "wang", "long enough") == "admin"


def test_an_empty_password_is_made_up(ask, fresh_database):
    code, words = ask("--interactive", typed="新办事处\n113.72, 34.78\nboss\n\n\n")
    assert code == 0, words
    password = words.split("只显示这一次）：")[1].split()[0]
    assert may_log_in(fresh_database, "boss", password) == "admin"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "甲"], "--city"),
        (["--city", "郑州市"], "--name"),
        (["--name", "甲", "--city", "无此地"], "没有这个市"),
        (["--name", "甲", "--crs", "4326"], "4547"),
        (["--name", "甲", "--crs", "3857"], "4547"),
        (["--name", "甲", "--crs", "99999"], "4547"),
        (["--name", "甲", "--city", "34.78, 113.72"], "经度"),
        (["--name", "甲", "--city", "郑州市", "--profile", "demo"], "--profile"),
    ],
)
def test_refusals_say_what_to_do_and_make_nothing(ask, tmp_path, arguments, words):
    code, said = ask(*arguments)
    assert code == 1
    assert words in said
    assert not (tmp_path / "office").exists()


def test_three_wrong_answers_end_it(ask, tmp_path):
    code, said = ask("--interactive", typed="甲\n无此地\n无此地\n无此地\n")
    assert code == 1
    assert said.count("没有这个市") >= 3
    assert not (tmp_path / "office").exists()
