"""Proposing new borders: checked, compared, stored, and nothing else changed."""

from __future__ import annotations

import hashlib

import pytest
from shapely import Point
from sqlalchemy import text

from geodata.zones import ZoneTree
from service.audit.trail import verify
from service.store.engine import make_engine

A, B = "410105999001", "410105999002"
A1, A2, B1, B2 = f"{A}001", f"{A}002", f"{B}001", f"{B}002"


def test_a_proposal_says_what_moves_and_changes_nothing(office, draw, propose, report_at):
    with office.as_("coordinator1") as client:
        moving = report_at(client, 900, 300)
        staying = report_at(client, 300, 300)
        beyond = report_at(client, 1500, 300)
        answer = propose(client, draw(800), "2017-11-20")
        assert answer.status_code == 201, answer.text
        change = answer.json()
        assert (change["state"], change["valid_from"], change["defects"]) == ("proposed", "2017-11-20", 0)
        land = {(row["source"], row["target"]): row["area_m2"] for row in change["land"]}
        # 200 m x 1000 m, for the communities and for their grids.
        assert land == {(A, B): pytest.approx(200_000, abs=1), (A2, B1): pytest.approx(200_000, abs=1)}
        kinds = {zone["code"]: zone["kind"] for zone in change["summary_zones"]}
        assert kinds == {A: "moved", B: "moved", A2: "moved", B1: "moved"}
        (move,) = change["moves"]
        assert (move["case_id"], move["number"]) == (moving["id"], moving["number"])
        assert (move["from_community_name"], move["to_community_name"]) == ("甲社区", "乙社区")
        assert (move["from_grid"], move["to_grid"], move["kind"]) == (A2, B1, "owner")
        assert move["to_leader"] == "示范领导"
        assert move["due_at"] == moving["due_at"]
        for case in (moving, staying, beyond):
            assert client.get(f"/api/cases/{case['id']}").json() == case
        zones = client.get("/api/zones?level=community").json()["features"]
        assert {zone["properties"]["code"] for zone in zones} == {A, B}
        assert [item["id"] for item in client.get("/api/borders").json()["items"]] == [change["id"]]


def test_names_parents_and_leaders_left_blank_are_taken_over(office, draw, propose):
    with office.as_("admin") as client:
        change = propose(client, draw(800)).json()
        assert {zone["name"] for zone in change["summary_zones"]} >= {"甲社区", "乙社区"}
    engine = make_engine(office.database_url)
    with engine.connect() as connection:
        rows = connection.execute(text("select level, leader, parent_code from proposed_zones")).all()
    engine.dispose()
    assert {row.leader for row in rows} == {"示范领导"}
    # The file has no subdistrict: the old one stays.
    assert sorted(row.level for row in rows) == ["community"] * 2 + ["grid"] * 4 + ["subdistrict"]
    assert all(row.parent_code for row in rows if row.level != "subdistrict")


def test_the_same_file_for_the_same_day_is_the_same_proposal(office, draw, propose, decide):
    path = draw(800)
    with office.as_("coordinator1") as client, office.as_("admin") as other:
        first = propose(client, path)
        again = propose(other, path)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["id"] == first.json()["id"]
        assert first.headers["etag"] == '"1"'
        later = propose(client, path, "2017-11-20")
        assert (later.status_code, later.json()["id"] != first.json()["id"]) == (201, True)
        assert decide(client, first.json(), "reject", note="画错了").status_code == 200
        new = propose(client, path)
        assert (new.status_code, new.json()["id"] != first.json()["id"]) == (201, True)
    engine = make_engine(office.database_url)
    with engine.connect() as connection:
        digests = set(connection.scalars(text("select sha256 from border_changes")))
        assert digests == {hashlib.sha256(path.read_bytes()).hexdigest()}
        actions = list(
            connection.scalars(text("select action from audit where object_type = 'border_change'"))
        )
        assert actions == ["borders_proposed", "borders_proposed", "borders_rejected", "borders_proposed"]
        assert verify(connection)[1] is None
    engine.dispose()
    assert list((office.data_dir / "uploads").iterdir()) == []


def test_a_file_in_another_crs_moves_nothing_but_what_it_moves(office, draw, propose):
    with office.as_("admin") as client:
        same = propose(client, draw(1000, name="same.gpkg", crs=4326))
        assert (same.status_code, same.json()["error"]) == (422, "refused")
        assert "没有变化" in same.json()["detail"]
        change = propose(client, draw(800, name="degrees.gpkg", crs=4490)).json()
        assert {zone["code"] for zone in change["summary_zones"]} == {A, B, A2, B1}
        assert change["defects"] == 0


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ({A: (0, 1200), B: (800, 2000), A1: (0, 500), A2: (500, 1200), B1: (800, 1500), B2: (1500, 2000)}, "重叠"),
        ({A: (0, 800), B: (800, 2000), A1: (0, 500), "410105999009001": (500, 800), B1: (800, 1500), B2: (1500, 2000)}, "上级"),
    ],
)  # fmt: skip
def test_unusable_borders_are_refused_with_every_reason(office, draw, propose, spans, words):
    with office.as_("admin") as client:
        answer = propose(client, draw(spans=spans))
        assert answer.status_code == 422
        body = answer.json()
        assert set(body) == {"error", "detail", "fields"}
        assert any(words in field["words"] for field in body["fields"]), body
        assert client.get("/api/borders").json()["items"] == []


def test_defects_that_forbid_nothing_are_shown(office, draw, propose):
    spans = {A: (0, 800), B: (800.5, 2000), A1: (0, 500), A2: (500, 800), B1: (800.5, 1500), B2: (1500, 2000)}
    grids_only = {A1: (0, 400), A2: (400, 999), B1: (1000, 1500), B2: (1500, 2000)}
    with office.as_("admin") as client:
        assert propose(client, draw(spans=spans, name="gap.gpkg")).status_code == 201
        change = propose(client, draw(spans=grids_only, name="grids.gpkg"), "2017-11-11").json()
        assert change["defects"] >= 1
        assert {defect["level"] for defect in change["defect_list"]} == {"grid"}
        assert all(defect["words"] and defect["kind_words"] for defect in change["defect_list"])


def test_rows_that_do_not_hold_on_the_day_are_left_out(office, draw, propose):
    spans = {A: (0, 800), B: (800, 2000), "410105999003": (2000, 2100)}
    path = draw(spans=spans, valid_from=["2017-01-01", "2017-01-01", "2019-01-01"])
    with office.as_("admin") as client:
        change = propose(client, path).json()
        assert change["ignored_rows"] == 1
        assert "410105999003" not in {zone["code"] for zone in change["summary_zones"]}


def test_days_that_do_not_fit(office, draw, propose):
    with office.as_("admin") as client:
        # The office's borders begin in 2017: nothing can be put before them.
        early = propose(client, draw(800), "2016-06-01")
        assert (early.status_code, early.json()["error"]) == (422, "refused")
        assert "2017-01-01" in early.json()["detail"]
        for day in ("2300-01-01", "soon", "1800-01-01"):
            assert propose(client, draw(800), day).status_code == 422


def test_others_may_not_propose_and_do_not_see(office, draw, propose):
    path = draw(800)
    for name in ("leader", "auditor", "command1", "community1", "grid1", "verifier1", "unit1", None):
        with office.as_(name) as client:
            assert propose(client, path).status_code == 403, name
    with office.as_("admin") as client:
        change = propose(client, path).json()
    for name, status in (
        ("coordinator1", 200), ("leader", 200), ("auditor", 200), ("command1", 200), ("community1", 200),
        ("communityleader1", 200), ("grid1", 404), ("verifier1", 404), ("unit1", 404), ("public", 404), (None, 404),
    ):  # fmt: skip
        with office.as_(name) as client:
            for path in (
                f"/api/borders/{change['id']}",
                f"/api/borders/{change['id']}/map",
                f"/borders/{change['id']}",
            ):
                assert client.get(path).status_code == status, (name, path)
            assert client.get("/api/borders").status_code == (200 if status == 200 else 403), name
            body = {"decision": "accept"}
            expected = 404 if status == 404 else 200 if name == "coordinator1" else 403
            if expected != 200:
                answer = client.post(f"/api/borders/{change['id']}/decide", json=body)
                assert answer.status_code == expected, name
                assert set(answer.json()) == {"error", "detail", "fields"}


def test_everybody_sees_the_cases_they_may_see(office, draw, propose, report_at):
    with office.as_("admin") as client:
        report_at(client, 900, 300)
        change = propose(client, draw(800)).json()
        assert len(change["moves"]) == 1
    for name, count in (("community1", 1), ("community2", 0), ("leader", 1)):
        with office.as_(name) as client:
            assert len(client.get(f"/api/borders/{change['id']}").json()["moves"]) == count, name


def test_the_map_has_old_new_land_and_cases(office, draw, propose, report_at, lonlat):
    with office.as_("admin") as client:
        report_at(client, 900, 300)
        change = propose(client, draw(800)).json()
        found = client.get(f"/api/borders/{change['id']}/map").json()
    roles = [feature["properties"]["role"] for feature in found["features"]]
    assert {role: roles.count(role) for role in roles} == {"before": 4, "after": 4, "land": 2, "case": 1}
    land = next(f for f in found["features"] if f["properties"].get("words") == "甲社区 → 乙社区")
    xs = [x for ring in land["geometry"]["coordinates"][0] for x, _ in ring]
    west, east = lonlat(800, 500)[0], lonlat(1000, 500)[0]
    assert (min(xs), max(xs)) == (pytest.approx(west, abs=1e-4), pytest.approx(east, abs=1e-4))
    assert found["note"] == "测试数据"


def test_what_does_not_exist_is_404(admin):
    for path in (
        "/api/borders/00000000-0000-4000-8000-000000000000",
        "/borders/00000000-0000-4000-8000-000000000000",
    ):
        assert admin.get(path).status_code == 404
    body = {"decision": "accept"}
    answer = admin.post("/api/borders/00000000-0000-4000-8000-000000000000/decide", json=body)
    assert answer.status_code == 404


def test_the_borders_in_force_come_back_as_a_file(office, draw, propose, decide, tmp_path):
    path = tmp_path / "current.gpkg"
    with office.as_("coordinator1") as client:
        path.write_bytes(client.get("/api/borders/current.gpkg").content)
        same = propose(client, path, "2017-11-20")
        assert (same.status_code, "没有变化" in same.json()["detail"]) == (422, True)
        assert decide(client, propose(client, draw(800)).json()).status_code == 200
        path.write_bytes(client.get("/api/borders/current.gpkg").content)
        assert ZoneTree.read(path).shares(Point(474_900, 3_849_300)).community == B
        path.write_bytes(client.get("/api/borders/current.gpkg?on=2017-11-09").content)
        assert ZoneTree.read(path).shares(Point(474_900, 3_849_300)).community == A
        assert client.get("/api/borders/current.gpkg?on=x").status_code == 422
    with office.as_("grid1") as client:
        assert client.get("/api/borders/current.gpkg").status_code == 403
