"""`qingtu user add | edit | disable | enable | password | import` as an administrator calls them."""

from __future__ import annotations

import csv
import json
import stat

import pytest
from sqlalchemy import text

from service.auth.passwords import password_matches
from service.setup.initialising import initialise
from service.setup.profile import read_profile
from service.store.engine import make_engine
from tests.service.conftest import A

LIST = "姓名,职务,社区,网格,电话\n张伟,网格员,甲社区,1001网格,13800001111\n李娜,社区主任,乙,,13800001112\n王强,厨师,,,13800001113\n"


@pytest.fixture
def data(tiny_profile, fresh_database, tmp_path, monkeypatch):
    monkeypatch.setenv("QINGTU_DATABASE_URL", fresh_database)
    directory = tmp_path / "office"
    initialise(directory, read_profile(tiny_profile), database_url=fresh_database)
    return directory


@pytest.fixture
def row(fresh_database):
    def find(name):
        engine = make_engine(fresh_database)
        with engine.connect() as connection:
            found = (
                connection.execute(text("select * from users where name = :n"), {"n": name}).mappings().one()
            )
        engine.dispose()
        return dict(found)

    return find


def test_a_user_is_added_edited_disabled_enabled(run, data, row):
    grid = f"{A}001"
    code, out, _ = run(
        "user",
        "add",
        "张三",
        "--data",
        data,
        "--role",
        "grid_manager",
        "--zone",
        grid,
        "--phone",
        "138 0000 1111",
    )
    assert code == 0
    password = out.strip().rsplit("：", 1)[1]
    found = row("张三")
    assert password_matches(password, found["password_hash"])
    assert (found["must_change"], found["phone"], found["zone_code"]) == (True, "13800001111", grid)
    assert run("user", "edit", "张三", "--data", data, "--unit", "甲社区", "--zone", f"{A}002")[0] == 0
    assert (row("张三")["unit"], row("张三")["zone_code"], row("张三")["phone"]) == (
        "甲社区",
        f"{A}002",
        "13800001111",
    )
    assert "没有变化" in run("user", "edit", "张三", "--data", data)[1]
    assert run("user", "disable", "张三", "--data", data)[0] == 0
    assert row("张三")["active"] is False
    assert run("user", "enable", "张三", "--data", data)[0] == 0
    assert row("张三")["active"] is True
    code, out, _ = run("user", "password", "张三", "--data", data, "--no-must-change")
    assert password_matches(out.strip().rsplit("：", 1)[1], row("张三")["password_hash"])
    assert row("张三")["must_change"] is False
    code, out, _ = run("user", "add", "qgis", "--data", data, "--role", "auditor", "--no-must-change")
    assert row("qgis")["must_change"] is False


def test_refusals_change_nothing(run, data, row):
    for arguments, words in (
        (("add", "x", "--role", "king"), "没有角色"),
        (("add", "grid1", "--role", "verifier"), "已有人用"),
        (("add", "x", "--role", "grid_manager", "--zone", "999"), "没有这样的网格"),
        (("edit", "nobody", "--unit", "x"), "没有用户"),
        (("edit", "grid1", "--phone", "12"), "不是电话"),
        (("disable", "admin"), "最后一个系统管理员"),
        (("edit", "admin", "--role", "auditor"), "最后一个系统管理员"),
    ):
        code, out, err = run("user", *arguments, "--data", data)
        assert (code, out) == (1, ""), arguments
        assert words in err
    assert row("admin")["active"] is True


def test_a_list_is_tried_then_imported_and_again_changes_nothing(run, data, row, tmp_path):
    listed, slips = tmp_path / "名单.csv", tmp_path / "slips.csv"
    listed.write_text(LIST, encoding="gb18030")
    code, out, _ = run("user", "import", listed, "--data", data, "--dry-run", "--json")
    plan = json.loads(out)
    assert code == 0
    assert (plan["counts"]["add"], plan["counts"]["ask"], plan["dry_run"]) == (2, 1, True)
    assert "first_passwords" not in plan
    assert "--duty" in run("user", "import", listed, "--data", data, "--dry-run")[1]
    order = ("user", "import", listed, "--data", data, "--duty", "厨师=verifier")
    code, out, _ = run(*order, "--slips", slips, "--json")
    assert json.loads(out)["added"] == 3
    assert stat.S_IMODE(slips.stat().st_mode) == 0o600
    with slips.open(encoding="utf-8-sig") as handle:
        written = dict(list(csv.reader(handle))[1:])
    assert set(written) == {"张伟", "李娜", "王强"}
    assert password_matches(written["张伟"], row("张伟")["password_hash"])
    assert not [password for password in written.values() if password in out]
    before = row("张伟")
    again = json.loads(run(*order, "--json")[1])
    assert (again["counts"]["same"], again["added"], again["changed"], again["first_passwords"]) == (
        3,
        0,
        0,
        {},
    )
    assert row("张伟") == before
    assert run(*order, "--slips", slips)[0] == 1  # never overwritten
    assert run(*order, "--disable-missing")[0] == 0
    assert row("grid1")["active"] is False
    assert row("admin")["active"] is True
    assert run("user", "import", tmp_path / "none.csv", "--data", data)[0] == 1
    assert run("user", "import", listed, "--data", data, "--duty", "厨师=king")[0] == 2
