"""Reviewing what a list lacks, a place's page and history, filters and counts."""

from __future__ import annotations

import uuid

import pytest

from tests.service.registers.test_revising import ROWS, clean, places, send

__all__ = ["clean"]


@pytest.fixture
def doubtful(admin, clean):
    """One place of the register is missing in a revised list."""
    send(admin)
    send(admin, ROWS[:3])
    return next(one for one in places(admin) if one["status"] == "closed?")


def review(client, place, decision, *, expect=200, version=None, **more):
    headers = {"if-match": f'"{version}"'} if version else {}
    answer = client.post(f"/api/places/{place}/review", json={"decision": decision, **more}, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_still_open_and_closed_with_a_reason(admin, doubtful):
    found = review(admin, doubtful["id"], "open")
    assert (found["status"], found["history"][0]["event"]) == ("active", "reviewed")
    assert review(admin, doubtful["id"], "closed", expect=422)["fields"][0]["field"] == "body.reason"
    closed = review(admin, doubtful["id"], "closed", reason="已转让")
    assert (closed["status"], closed["status_reason"]) == ("closed", "已转让")
    assert review(admin, doubtful["id"], "open", version=1, expect=412)


def test_merging_tells_the_inspections_of_both_together(admin, doubtful):
    other = next(one for one in places(admin) if one["name"] == "老张烩面馆")
    for place in (doubtful["id"], other["id"]):
        assert admin.post(f"/api/places/{place}/inspections", json={"all_pass": True}).status_code == 201
    review(admin, doubtful["id"], "merged", expect=422)
    review(admin, doubtful["id"], "merged", merged_into=doubtful["id"], expect=422)
    review(admin, doubtful["id"], "merged", merged_into=str(uuid.uuid4()), expect=404)
    done = review(admin, doubtful["id"], "merged", merged_into=other["id"], reason="同一家")
    assert (done["status"], done["merged_into"]) == ("closed", other["id"])
    assert len(admin.get(f"/api/places/{other['id']}/inspections").json()["items"]) == 2
    review(admin, other["id"], "merged", merged_into=doubtful["id"], expect=409)


def test_rights_zones_and_the_public(site, admin, doubtful):
    with site.as_("leader") as leader:
        review(leader, doubtful["id"], "open", expect=403)
    with site.as_("community1") as foreign:  # the place lies in 乙社区
        review(foreign, doubtful["id"], "open", expect=404)
        assert foreign.get(f"/api/places/{doubtful['id']}").status_code == 404
    place = next(one["id"] for one in places(admin) if one["name"] == "春光理发店")
    with site.as_(None) as nobody:
        seen = nobody.get(f"/api/places/{place}").json()
        assert (seen["person"], seen["phone"], seen["unit"], seen["history"]) == ("", "", "", [])
        assert "13800000002" not in nobody.get("/api/places").text
    assert admin.get(f"/api/places/{place}").json()["phone"] == "13800000002"
    assert admin.get(f"/api/places/{uuid.uuid4()}").status_code == 404


def test_history_says_who_changed_what(admin, clean):
    send(admin)
    send(admin, [[*ROWS[0][:5], "13900000009"], *ROWS[1:]], "新表.csv")
    place = next(one["id"] for one in places(admin, q="老张"))
    history = admin.get(f"/api/places/{place}").json()["history"]
    assert [one["event"] for one in history] == ["changed", "created"]
    assert history[0]["changes"] == [["电话", "13800000001", "13900000009"]]
    assert (history[0]["source"], history[0]["actor"]) == ("新表.csv", "admin")


def test_filters_and_counts_by_class(admin, clean):
    send(admin)
    assert {one["name"] for one in places(admin, **{"class": "hair,hotel"})} == {"春光理发店", "冬青旅社"}
    assert {one["name"] for one in places(admin, grid="410105999001001")} == {"老张烩面馆"}
    counts = {one["code"]: one["active"] for one in admin.get("/api/place-classes").json()["items"]}
    assert counts == {"catering": 2, "hair": 1, "hotel": 1}
    assert places(admin, status="closed") == []
    assert admin.get("/api/places", params={"status": "gone"}).status_code == 422
