"""Dragnet rounds: what is checked per grid, what is still to do in walking order, frozen when closed."""

from __future__ import annotations

import uuid

import pytest

A = "410105999001"


def begin(client, *, expect=201, key=None, **more):
    body = {
        "name": "六小拉网",
        "classes": ["catering", "hair"],
        "first_day": "2017-11-01",
        "last_day": "2017-11-15",
        **more,
    }
    headers = {"idempotency-key": str(key)} if key else {}
    answer = client.post("/api/rounds", json=body, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


def check(client, place, **body):
    answer = client.post(f"/api/places/{place}/inspections", json=body or {"all_pass": True})
    assert answer.status_code == 201, answer.text


def test_progress_per_grid_counts_every_place_once(admin, shops):
    one = begin(admin)
    assert (one["places"], one["checked"]) == (4, 0)
    check(admin, shops["老张烩面馆"])
    check(admin, shops["老张烩面馆"])
    check(admin, shops["冬青工地"])  # of another class
    sheet = next(s for s in admin.get("/api/sheets").json()["sheets"] if s["code"] == "catering")
    check(admin, shops["夏雨小炒"], items={item["code"]: {"result": "fail"} for item in sheet["items"]})
    now = admin.get(f"/api/rounds/{one['id']}").json()
    assert (now["places"], now["checked"], now["failed"]) == (4, 2, 1)
    assert sum(grid["places"] for grid in now["grids"]) == 4
    assert {grid["grid"]: grid["checked"] for grid in now["grids"]} == {
        "": 0, f"{A}001": 1, f"{A}002": 1, "410105999002001": 0
    }  # fmt: skip


def test_inspections_outside_the_days_do_not_count(admin, shops):
    one = begin(admin, first_day="2017-11-12", last_day="2017-11-20")
    check(admin, shops["老张烩面馆"])  # the clock stands at 2017-11-10
    assert admin.get(f"/api/rounds/{one['id']}").json()["checked"] == 0


def test_the_to_do_list_of_a_grid(admin, shops):
    one = begin(admin)
    todo = admin.get(f"/api/rounds/{one['id']}/todo", params={"grid": f"{A}001"}).json()["items"]
    assert [stop["name"] for stop in todo] == ["老张烩面馆"]
    check(admin, shops["老张烩面馆"])
    assert admin.get(f"/api/rounds/{one['id']}/todo", params={"grid": f"{A}001"}).json()["items"] == []
    lost = admin.get(f"/api/rounds/{one['id']}/todo", params={"grid": ""}).json()["items"]
    assert [(stop["name"], stop["leg_m"]) for stop in lost] == [("没处找的店", None)]


def test_a_closed_round_never_changes_again(admin, shops):
    one = begin(admin, zones=[A])
    check(admin, shops["老张烩面馆"])
    closed = admin.post(f"/api/rounds/{one['id']}/close").json()
    assert (closed["state"], closed["places"], closed["checked"]) == ("closed", 2, 1)
    check(admin, shops["夏雨小炒"])
    answer = admin.post(
        f"/api/places/{shops['夏雨小炒']}/review", json={"decision": "closed", "reason": "搬走"}
    )
    assert answer.status_code == 200
    later = admin.get(f"/api/rounds/{one['id']}").json()
    assert later["grids"] == closed["grids"]
    assert admin.post(f"/api/rounds/{one['id']}/close").status_code == 409


def test_zones_and_rights(site, admin, shops):
    assert shops
    one = begin(admin)
    with site.as_("grid3") as grid:
        seen = grid.get(f"/api/rounds/{one['id']}").json()
        assert {g["grid"] for g in seen["grids"]} == {"410105999002001"}
        begin(grid, expect=403)
        assert grid.post(f"/api/rounds/{one['id']}/close").status_code == 403
    with site.as_(None) as nobody:
        assert nobody.get("/api/rounds").json()["items"] == []
        assert nobody.get(f"/api/rounds/{one['id']}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"classes": ["nothing"]}, "body.classes"), ({"zones": ["x"]}, "body.zones"), ({"name": "  "}, "body.name"),
        ({"last_day": "2017-10-01"}, "body.last_day"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(admin, change, field):
    assert begin(admin, expect=422, **change)["fields"][0]["field"] == field


def test_the_same_id_begins_one_round(admin):
    key = uuid.uuid4()
    assert begin(admin, key=key)["id"] == begin(admin, key=key)["id"] == str(key)
    begin(admin, key=key, name="别的", expect=409)
    assert admin.get(f"/api/rounds/{uuid.uuid4()}").status_code == 404
