"""Filing inspections: passes included, failed items open problems, again fails join, after closing relapse."""

from __future__ import annotations

import uuid

import pytest

CATERING = ["licence", "disinfect", "pests", "kitchen", "fumes", "smoke", "civil", "front"]


def results(*failed, na=(), note=""):
    return {
        item: {"result": "fail", "note": note}
        if item in failed
        else {"result": "na" if item in na else "pass"}
        for item in CATERING
    }


def inspect(client, place, *failed, key=None, expect=201, **more):
    body = {"items": results(*failed, **{k: more.pop(k) for k in ("na", "note") if k in more}), **more}
    headers = {"idempotency-key": str(key)} if key else {}
    answer = client.post(f"/api/places/{place}/inspections", json=body, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


def close(admin, site, case):
    for state in ("accepted", "dispatched", "rectified"):
        assert admin.post(f"/api/cases/{case}/advance", json={"state": state}).status_code == 200
    with site.as_("verifier1") as verifier:
        assert verifier.post(f"/api/cases/{case}/advance", json={"state": "closed"}).status_code == 200


def test_all_pass_in_one_tap_counts_every_item_and_opens_nothing(admin, shops):
    before = admin.get("/api/cases").json()["total"]
    done = admin.post(f"/api/places/{shops['老张烩面馆']}/inspections", json={"all_pass": True}).json()
    assert (done["result"], done["opened"], done["offers"]) == ("pass", [], [])
    seen = admin.get(f"/api/places/{shops['老张烩面馆']}/inspections").json()["items"]
    assert [item["result"] for item in seen[0]["items"]] == ["pass"] * len(CATERING)
    assert admin.get("/api/cases").json()["total"] == before


def test_a_failed_item_opens_a_problem_of_its_kind_at_the_place(admin, shops):
    place = shops["老张烩面馆"]
    done = inspect(admin, place, "pests", "front", note="纱窗破损")
    assert done["result"] == "fail"
    assert [(o["item"], o["new"], o["relapse"]) for o in done["opened"]] == [
        ("pests", True, False),
        ("front", True, False),
    ]
    case = admin.get(f"/api/cases/{done['opened'][0]['case_id']}").json()
    assert (case["kind"], case["command"], case["state"]) == ("C4-02", "C4", "reported")
    assert (case["place_id"], case["check_item"]) == (place, "pests")
    assert (case["community"], case["unit"]) == ("410105999001", "测试环卫公司")
    assert "老张烩面馆" in case["description"]
    assert "纱窗破损" in case["description"]
    assert case["due_at"] is not None
    where = next(one for one in admin.get("/api/places").json()["items"] if one["id"] == place)
    assert (case["lon"], case["lat"]) == pytest.approx((where["lon"], where["lat"]), abs=1e-7)


def test_a_second_failure_joins_the_open_problem_and_one_after_closing_is_a_relapse(site, admin, shops):
    place = shops["夏雨小炒"]
    first = inspect(admin, place, "kitchen")["opened"][0]["case_id"]
    again = inspect(admin, place, "kitchen")["opened"][0]
    assert (again["case_id"], again["new"]) == (first, False)
    close(admin, site, first)
    relapse = inspect(admin, place, "kitchen")["opened"][0]
    assert (relapse["new"], relapse["relapse"]) == (True, True)
    assert admin.get(f"/api/cases/{relapse['case_id']}").json()["relapse_of"] == first


def test_a_later_pass_of_the_item_is_offered_for_closing(admin, shops):
    place = shops["夏雨小炒"]
    case = inspect(admin, place, "smoke")["opened"][0]["case_id"]
    done = inspect(admin, place)
    assert [(o["item"], o["case_id"]) for o in done["offers"]] == [("smoke", case)]
    assert admin.get(f"/api/cases/{case}").json()["state"] == "reported"  # offered, never closed by itself


def test_the_same_id_twice_is_one_inspection(admin, shops):
    place, key = shops["夏雨小炒"], uuid.uuid4()
    before = len(admin.get(f"/api/places/{place}/inspections").json()["items"])
    one = inspect(admin, place, "fumes", key=key)
    assert inspect(admin, place, "fumes", key=key) == one
    assert len(admin.get(f"/api/places/{place}/inspections").json()["items"]) == before + 1
    inspect(admin, place, "smoke", key=key, expect=409)


def test_a_place_without_a_position_opens_a_problem_that_waits_for_one(admin, shops):
    done = inspect(admin, shops["没处找的店"], "licence")
    case = admin.get(f"/api/cases/{done['opened'][0]['case_id']}").json()
    assert (case["placement"], case["lon"]) == ("not_found", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"items": {"licence": {"result": "pass"}}}, "body.items.disinfect"),
        ({"items": {**results(), "parking": {"result": "pass"}}}, "body.items.parking"),
        ({"items": {"licence": {"result": "fail"}}, "all_pass": True}, "body.all_pass"),
        ({"items": results(), "at": "2027-01-01T00:00:00+08:00"}, "body.at"),
        ({"items": results(), "at": "2017-01-01T00:00:00+08:00"}, "body.at"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(admin, shops, change, field):
    answer = admin.post(f"/api/places/{shops['夏雨小炒']}/inspections", json=change)
    assert answer.status_code == 422
    assert field in [one["field"] for one in answer.json()["fields"]]


def test_a_phone_that_was_offline_tells_when_it_was(admin, shops):
    place = shops["冬青工地"]
    sheet = next(s for s in admin.get("/api/sheets").json()["sheets"] if s["code"] == "site")
    items = {item["code"]: {"result": "pass"} for item in sheet["items"]}
    answer = admin.post(
        f"/api/places/{place}/inspections", json={"items": items, "at": "2017-11-08T09:00:00+08:00"}
    )
    assert answer.status_code == 201, answer.text
    assert (
        admin.get(f"/api/places/{place}/inspections").json()["items"][0]["at"].startswith("2017-11-08T01:00")
    )


def test_rights_and_zones_hold(site, shops):
    with site.as_("grid1") as grid:
        assert grid.get(f"/api/places/{shops['老张烩面馆']}/inspections").status_code == 200
        assert inspect(grid, shops["老张烩面馆"])["result"] == "pass"
        inspect(grid, shops["冬青工地"], expect=404)
        assert grid.get(f"/api/places/{shops['冬青工地']}/inspections").json()["items"] == []
    for name, status in (("leader", 403), ("auditor", 403), ("unit1", 403), ("public", 403)):
        with site.as_(name) as client:
            inspect(client, shops["老张烩面馆"], expect=status)
    with site.as_(None) as nobody:
        assert nobody.get("/api/inspections").json()["items"] == []


def test_unknown_places_and_inspections_are_not_found(admin, shops):
    assert shops
    inspect(admin, uuid.uuid4(), expect=404)
    assert admin.get(f"/api/inspections/{uuid.uuid4()}").status_code == 404


def test_a_further_kind_of_a_problem_is_another_case_and_not_the_items(admin, shops):
    place = shops["老张烩面馆"]
    case = inspect(admin, place, "disinfect")["opened"][0]["case_id"]
    decided = admin.post(f"/api/review/kinds/{case}", json={"kinds": ["C4-02", "C4-13"]}).json()
    other = admin.get(f"/api/cases/{decided['opened'][0]}").json()
    assert (other["kind"], other["place_id"], other["check_item"]) == ("C4-13", place, "")
    again = inspect(admin, place, "disinfect")["opened"][0]
    assert (again["case_id"], again["new"]) == (case, False)
