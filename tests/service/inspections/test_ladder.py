"""The ladder of the six trades: every step of the table, and every other refused with the allowed ones."""

from __future__ import annotations

import uuid

import pytest

from service.inspections.ladder import RUNGS, ladder_words, steps_of
from service.store.tables import LADDER_STATES
from tests.service.inspections.test_filing import inspect

UNIT = "食品药品监督管理所"


def ladder_of(client, place):
    return next((one for one in client.get("/api/ladders").json()["items"] if one["place_id"] == place), None)


def step(client, ladder, state, *, expect=200, **more):
    answer = client.post(f"/api/ladders/{ladder['id']}/step", json={"state": state, **more})
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_fail_recheck_fail_hand_over_outcome(site, admin, shops):
    place = shops["老张烩面馆"]
    assert ladder_of(admin, place) is None
    inspect(admin, place)
    assert ladder_of(admin, place) is None  # a pass opens no ladder
    inspect(admin, place, "licence")
    assert ladder_of(admin, place)["state"] == "failed"
    refused = step(admin, ladder_of(admin, place), "handed_over", unit=UNIT, expect=409)
    assert refused["fields"][0]["words"] == "passed、failed_again"
    inspect(admin, place, "licence")
    ladder = ladder_of(admin, place)
    assert (ladder["state"], ladder["next_states"]) == ("failed_again", ["handed_over"])
    assert (
        step(admin, ladder, "handed_over", unit="随便什么单位", expect=422)["fields"][0]["field"]
        == "body.unit"
    )
    assert step(admin, ladder, "handed_over", expect=422)
    handed = step(admin, ladder, "handed_over", unit=UNIT, note="两次复查不合格")
    assert (handed["state"], handed["unit"], handed["next_states"]) == ("handed_over", UNIT, [])
    inspect(admin, place)  # a later pass is the unit's to judge
    assert ladder_of(admin, place)["state"] == "handed_over"
    assert step(admin, handed, "banned", note="x", expect=403)
    assert [one["state"] for one in ladder_of(admin, place)["steps"]] == [
        "failed",
        "failed_again",
        "handed_over",
    ]


def test_the_receiving_unit_and_only_it_records_the_outcome(site, admin, shops):
    place = shops["夏雨小炒"]
    inspect(admin, place, "licence")
    inspect(admin, place, "disinfect")
    handed = step(admin, ladder_of(admin, place), "handed_over", unit=UNIT)
    with site.as_("unit1") as other:
        assert ladder_of(other, place) is None
        step(other, handed, "rectified", expect=404)
    engine = site.app.state.service.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("update users set unit = %s where name = 'unit1'", (UNIT,))
    with site.as_("unit1") as unit:
        mine = ladder_of(unit, place)
        assert mine["next_states"] == ["rectified", "suspended", "banned"]
        assert step(unit, mine, "banned", expect=422)["fields"][0]["field"] == "body.note"
        assert step(unit, mine, "suspended", note="责令停业十日")["state"] == "suspended"
        assert step(unit, mine, "suspended", note="x", expect=409)
        stale = unit.post(
            f"/api/ladders/{mine['id']}/step",
            json={"state": "banned", "note": "x"},
            headers={"if-match": '"1"'},
        )
        assert stale.status_code == 412
        assert step(unit, mine, "rectified")["state"] == "rectified"
    with engine.begin() as connection:
        connection.exec_driver_sql("update users set unit = %s where name = 'unit1'", ("测试环卫公司",))
    inspect(admin, place, "licence")
    states = [one["state"] for one in admin.get("/api/ladders").json()["items"] if one["place_id"] == place]
    assert sorted(states) == ["failed", "rectified"]  # a new ladder begins


def test_a_passed_recheck_ends_the_ladder(admin, shops):
    place = shops["没处找的店"]
    inspect(admin, place, "front")
    inspect(admin, place)
    assert ladder_of(admin, place)["state"] == "passed"


def test_other_places_have_no_ladder_and_the_public_sees_none(site, admin, shops):
    sheet = next(s for s in admin.get("/api/sheets").json()["sheets"] if s["code"] == "site")
    items = {item["code"]: {"result": "fail"} for item in sheet["items"]}
    assert (
        admin.post(f"/api/places/{shops['冬青工地']}/inspections", json={"items": items}).status_code == 201
    )
    assert ladder_of(admin, shops["冬青工地"]) is None
    with site.as_(None) as nobody:
        assert nobody.get("/api/ladders").json()["items"] == []
        assert nobody.post(f"/api/ladders/{uuid.uuid4()}/step", json={"state": "banned"}).status_code == 404


@pytest.mark.parametrize("state", LADDER_STATES)
def test_every_state_has_a_name_and_only_the_tables_steps(state):
    assert ladder_words(state) != state
    for role in ("admin", "unit", "grid_manager"):
        allowed = {rung.target for rung in RUNGS if rung.source == state and role in rung.roles}
        assert set(steps_of(state, role)) == allowed
