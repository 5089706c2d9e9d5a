"""Leaders of communities: from today on, with history, and never in reports of the past."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from service.choices import zones_of_level
from service.people.leaders import leader_spans, set_leader
from tests.service.conftest import GRIDS, A, B

PATH = f"/api/people/leaders/community/{A}"
NOW = datetime(2017, 11, 10, 2, tzinfo=UTC)


def test_a_leader_holds_from_today_on_and_the_past_keeps_its_own(site, admin, engine):
    found = admin.get(PATH)
    assert found.json()["leader"] == "示范领导"
    answer = admin.put(PATH, json={"leader": " 王 主任 "}, headers={"if-match": found.headers["etag"]})
    assert answer.status_code == 200
    assert answer.json()["leader"] == "王 主任"
    assert answer.json()["history"] == [
        {"leader": "王 主任", "since": "2017-11-10", "until": None},
        {"leader": "示范领导", "since": "2017-01-01", "until": "2017-11-10"},
    ]
    service = site.app.state.service
    with engine.connect() as connection:
        today = {z["code"]: z["leader"] for z in zones_of_level(connection, service, "community")}
        before = {z["code"]: z["leader"] for z in zones_of_level(connection, service, "community", until=NOW)}
        tree = service.zones.on(connection, date(2017, 11, 10))
        areas = connection.execute(
            text(
                "select count(distinct ST_AsBinary(shape)) from zones where code = :a and level = 'community'"
            ),
            {"a": A},
        ).scalar()
    assert today == {A: "王 主任", B: "示范领导"}
    assert before == {A: "示范领导", B: "示范领导"}
    assert dict(zip(tree.community["code"], tree.community["leader"], strict=True))[A] == "王 主任"
    assert areas == 1  # another leader is no other border
    shown = admin.get("/api/zones", params={"level": "community"}).json()["features"]
    assert {f["properties"]["code"]: f["properties"]["leader"] for f in shown} == today


def test_a_second_thought_on_the_same_day_leaves_one_span(admin, engine, site):
    service = site.app.state.service
    for leader in ("王主任", "李主任"):
        admin.put(PATH, json={"leader": leader})
        with engine.connect() as connection:  # the process notices each change
            layer = service.zones.on(connection, service.today()).community
            assert dict(zip(layer["code"], layer["leader"], strict=True))[A] == leader
    assert [span["leader"] for span in admin.get(PATH).json()["history"]] == ["李主任", "示范领导"]
    with engine.connect() as connection:
        count = connection.scalar(text("select count(*) from zones where code = :a"), {"a": A})
        first = {z["code"]: z["leader"] for z in zones_of_level(connection, service, "community", until=NOW)}
    assert count == 1  # so that a border may still begin today
    assert first[A] == "示范领导"


def test_the_same_leader_again_changes_nothing(admin, engine, audit):
    before, entries = admin.get(PATH), len(audit("leader_changed"))
    answer = admin.put(PATH, json={"leader": "示范领导"})
    assert answer.headers["etag"] == before.headers["etag"]
    assert len(audit("leader_changed")) == entries


def test_a_clash_is_told_and_names_stay_out_of_the_trail(admin, engine, audit):
    etag = admin.get(PATH).headers["etag"]
    assert admin.put(PATH, json={"leader": "王主任"}, headers={"if-match": etag}).status_code == 200
    assert admin.put(PATH, json={"leader": "赵主任"}, headers={"if-match": etag}).status_code == 412
    row = audit("leader_changed")[0]
    assert row.object_id == f"community:{A}"
    assert row.detail == {"since": "2017-11-10", "emptied": False}


def test_a_community_without_leader_is_missing_one(admin):
    admin.put(f"/api/people/leaders/community/{B}", json={"leader": ""})
    gaps = admin.get("/api/people/duties").json()["gaps"]
    assert [one["code"] for one in gaps["communities_without_leader"]] == [B]


@pytest.mark.parametrize("leader", ["长" * 101, "a\x00b", 3, None])
def test_what_is_no_name_is_refused(admin, leader):
    assert admin.put(PATH, json={"leader": leader}).status_code == 422


def test_grids_have_leaders_too_and_subdistricts_are_not_asked(admin):
    code = next(iter(GRIDS))
    assert (
        admin.put(f"/api/people/leaders/grid/{code}", json={"leader": "甲网格长"}).json()["leader"]
        == "甲网格长"
    )
    assert admin.put("/api/people/leaders/subdistrict/410105999", json={"leader": "x"}).status_code == 422


def test_a_waiting_proposal_takes_the_new_leader_but_not_over_its_own(engine):
    with engine.connect() as connection:
        # Two proposals of the same zone: one took the leader over, one names its own.
        rows = connection.execute(
            text(
                "select column_name, data_type from information_schema.columns where table_name = 'border_changes'"
                " and is_nullable = 'NO' and column_default is null"
            )
        )
        columns = {row.column_name: row.data_type for row in rows}
        sample = {"uuid": "gen_random_uuid()", "text": "gen_random_uuid()::text", "date": "'2017-12-01'", "timestamp with time zone": "now()",
                  "jsonb": "'{}'", "integer": "0", "double precision": "0", "bytea": "''"}  # fmt: skip
        values = {name: sample[kind] for name, kind in columns.items()} | {"state": "'proposed'"}
        made = []
        for leader in ("示范领导", "提案领导"):
            names, found = ", ".join(values), ", ".join(values.values())
            change = connection.scalar(
                text(f"insert into border_changes ({names}) values ({found}) returning id")
            )
            connection.execute(
                text("insert into proposed_zones (change_id, level, code, name, leader, shape) select :c, level, code, name,"
                     " :l, shape from zones where level = 'community' and code = :a"),
                {"c": change, "l": leader, "a": A},
            )  # fmt: skip
            made.append(change)
        set_leader(connection, "community", A, "王主任", actor="admin", now=NOW, today=date(2017, 11, 10))
        after = [
            connection.scalar(text("select leader from proposed_zones where change_id = :c"), {"c": one})
            for one in made
        ]
        connection.rollback()
    assert after == ["王主任", "提案领导"]


def test_spans_of_one_leader_over_several_borders_are_one(engine):
    with engine.connect() as connection:
        connection.execute(text("update zones set valid_to = '2017-06-01' where code = :a"), {"a": A})
        connection.execute(
            text("insert into zones (level, code, name, parent_code, leader, valid_from, shape)"
                 " select level, code, name, parent_code, leader, '2017-06-01', shape from zones where code = :a"),
            {"a": A},
        )  # fmt: skip
        today = date(2017, 11, 10)
        assert leader_spans(connection, "community", A, today=today) == [
            {"leader": "示范领导", "since": date(2017, 1, 1), "until": None}
        ]
        set_leader(connection, "community", A, "王主任", actor="x", now=NOW, today=today + timedelta(days=1))
        spans = leader_spans(connection, "community", A, today=today + timedelta(days=1))
        connection.rollback()
    assert [span["since"] for span in spans] == [date(2017, 11, 11), date(2017, 1, 1)]
