"""Set-up from a profile: once, whole, and into the right database only."""

from __future__ import annotations

import json
import stat

import pytest
from sqlalchemy import text

from service.errors import NotReady, Refused, StoreError
from service.office import read_office
from service.setup.initialising import bring_up_to_date, initialise, is_initialised
from service.setup.profile import read_profile
from service.store.engine import make_engine

PROBLEM = {
    "id": "00000000-0000-4000-8000-000000000001", "kind": "C1-02", "command": "C1", "description": "杂物成堆",
    "location_text": "平安路与春光街交叉口", "reported_at": "2017-11-01T09:00:00+08:00", "state": "closed",
    "history": [
        {"state": "reported", "at": "2017-11-01T09:00:00+08:00", "actor": "grid1"},
        {"state": "closed", "at": "2017-11-02T09:00:00+08:00", "actor": "verifier1"},
    ],
    "unit": "测试环卫公司", "severity": 2, "relapse_of": None,
}  # fmt: skip


@pytest.fixture
def profile_with_problem(tiny_profile, tmp_path):
    import shutil

    directory = shutil.copytree(tiny_profile, tmp_path / "profile")
    (directory / "problems.jsonl").write_text(
        json.dumps(PROBLEM, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return directory


def test_problems_are_placed_by_the_geocoder_and_keep_their_history(
    profile_with_problem, fresh_database, tmp_path
):
    done = initialise(
        tmp_path / "data", read_profile(profile_with_problem, demo=True), database_url=fresh_database
    )
    assert (done.problems, done.review, done.zones) == (1, 0, 7)
    engine = make_engine(fresh_database)
    with engine.connect() as connection:
        row = connection.execute(text("select *, ST_X(shape) x, ST_Y(shape) y from cases")).mappings().one()
        states = connection.scalars(text("select state from case_events order by at")).all()
        shares = connection.execute(
            text("select level, zone_code, share from zone_shares order by level")
        ).all()
    engine.dispose()
    assert (row["x"], row["y"]) == pytest.approx((474_250, 3_849_500), abs=15)
    assert row["placed_by"] == "geocoder"
    assert row["state"] == "closed"
    assert row["community_code"] == "410105999001"
    assert states == ["reported", "closed"]
    assert shares == [
        ("community", "410105999001", 1.0), ("grid", "410105999001001", 1.0), ("subdistrict", "410105999", 1.0)
    ]  # fmt: skip


def test_a_second_set_up_of_the_same_database_is_refused(tiny_profile, fresh_database, tmp_path):
    profile = read_profile(tiny_profile, demo=True)
    initialise(tmp_path / "one", profile, database_url=fresh_database)
    with pytest.raises(StoreError, match="已有"):
        initialise(tmp_path / "two", profile, database_url=fresh_database)
    assert not is_initialised(tmp_path / "two")


def test_an_interrupted_set_up_leaves_nothing_and_can_be_repeated(
    tiny_profile, fresh_database, tmp_path, monkeypatch
):
    profile = read_profile(tiny_profile, demo=True)

    def fail(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("service.setup.initialising.insert_office", fail)
        with pytest.raises(KeyboardInterrupt):
            initialise(tmp_path / "data", profile, database_url=fresh_database)
    assert not is_initialised(tmp_path / "data")
    engine = make_engine(fresh_database)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from users")) == 0
    initialise(tmp_path / "data", profile, database_url=fresh_database)
    assert bring_up_to_date(tmp_path / "data", engine).name == "测试办事处"
    engine.dispose()


def test_a_database_of_another_crs_is_refused(tiny_profile, fresh_database, tmp_path):
    initialise(tmp_path / "data", read_profile(tiny_profile, demo=True), database_url=fresh_database)
    path = tmp_path / "data" / "office.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("4547", "4549"), encoding="utf-8")
    engine = make_engine(fresh_database)
    with pytest.raises(StoreError, match="4547"):
        bring_up_to_date(tmp_path / "data", engine)
    engine.dispose()


def test_the_demo_writes_its_logins_for_the_owner_only(site):
    path = site.data_dir / "demo-access.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    users = json.loads(path.read_text(encoding="utf-8"))["users"]
    assert {user["role"] for user in users} == {
        "admin", "auditor", "coordinator", "command_officer", "community_officer", "community_leader",
        "grid_manager", "verifier", "unit", "leader", "public",
    }  # fmt: skip
    assert all(set(user) == {"name", "password", "role", "zone", "command", "token"} for user in users)


def test_an_office_that_is_no_demo_gets_one_admin_password_and_no_file(
    tiny_profile, fresh_database, tmp_path
):
    done = initialise(tmp_path / "data", read_profile(tiny_profile), database_url=fresh_database)
    assert done.access is None
    assert done.admin_password
    assert not (tmp_path / "data" / "demo-access.json").exists()


def test_a_directory_never_set_up_says_so(tmp_path):
    with pytest.raises(NotReady, match="qingtu init"):
        read_office(tmp_path)


@pytest.mark.parametrize(
    ("text_", "words"),
    [("crs = 4547", "name"), ('name = "x"\ncrs = 4326', "投影"), ("name = [", "读不懂"), ('name="x"\ncrs=4547\ndemo_now="2017-01-01"', "offset")],
)  # fmt: skip
def test_a_broken_office_file_says_what_is_wrong(tmp_path, text_, words):
    (tmp_path / "office.toml").write_text(text_, encoding="utf-8")
    with pytest.raises(Refused, match=words):
        read_office(tmp_path)


def test_a_profile_without_zones_is_refused(tmp_path):
    (tmp_path / "office.toml").write_text('name = "x"\ncrs = 4547\n', encoding="utf-8")
    with pytest.raises(Refused, match=r"zones\.gpkg"):
        read_profile(tmp_path)
