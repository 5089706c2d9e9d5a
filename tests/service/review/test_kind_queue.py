"""The queue of undecided kinds: what waits, filters, the choice and what follows from it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from service.store.engine import make_engine

PLACE = "平安路与春光街交叉口"


@pytest.fixture(autouse=True)
def _forget(site):
    yield
    engine = make_engine(site.database_url)
    with engine.begin() as connection:
        connection.execute(text("delete from cases"))
    engine.dispose()


def queue(client, **params):
    answer = client.get("/api/review/kinds", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def decide(client, case, *kinds, expect=200, version=None, **more):
    headers = {"if-match": f'"{version}"'} if version else {}
    answer = client.post(
        f"/api/review/kinds/{case['id']}", json={"kinds": list(kinds), **more}, headers=headers
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_only_undecided_open_cases_wait(admin, file_report):
    none = file_report(admin, PLACE, "路灯不亮")
    likely = file_report(admin, PLACE, "路面几乎被挤占")
    file_report(admin, PLACE, "占道经营")
    file_report(admin, PLACE, "路灯不亮", kind="C1-02")
    cancelled = file_report(admin, PLACE, "路灯不亮")
    admin.post(f"/api/cases/{cancelled['id']}/advance", json={"state": "cancelled", "note": "重复"})
    found = queue(admin)
    assert {item["id"] for item in found["items"]} == {none["id"], likely["id"]}
    assert found["total"] == 2
    assert [i["id"] for i in queue(admin, sure="likely")["items"]] == [likely["id"]]
    assert [i["id"] for i in queue(admin, sure="none")["items"]] == [none["id"]]
    assert [i["id"] for i in queue(admin, command="C1")["items"]] == [likely["id"]]
    assert [i["id"] for i in queue(admin, words="挤占")["items"]] == [likely["id"]]
    assert queue(admin, words="%")["total"] == 2
    assert queue(admin, words="没有这几个字") == {"items": [], "next": None, "total": 0}


def test_suggestions_stand_first_with_their_command(admin, file_report):
    file_report(admin, PLACE, "路面几乎被挤占")
    (item,) = queue(admin)["items"]
    first, *rest = item["suggestions"]
    assert (first["kind"], first["sure"], first["command"], first["word"]) == (
        "C1-11",
        "likely",
        "C1",
        "路面几乎被挤占",
    )
    assert all(other["sure"] == "none" for other in rest)
    assert len({other["kind"] for other in item["suggestions"]}) == len(item["suggestions"])


def test_pages_follow_each_other(admin, file_report):
    made = {file_report(admin, PLACE, f"路灯不亮 {n}")["id"] for n in range(5)}
    first = queue(admin, limit=2)
    second = queue(admin, limit=2, after=first["next"])
    third = queue(admin, limit=2, after=second["next"])
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert len(seen) == 5
    assert set(seen) == made
    assert third["next"] is None


def test_a_choice_gives_command_and_deadline(admin, file_report):
    case = file_report(admin, PLACE, "路灯不亮")
    assert (case["command"], case["due_at"]) == ("", None)
    decided = decide(admin, case, "C2-03", version=case["version"])
    after = decided["case"]
    assert (after["kind"], after["command"], after["version"]) == ("C2-03", "C2", case["version"] + 1)
    assert after["due_at"]
    assert [event["state"] for event in after["events"]] == ["reported", "kind_chosen"]
    assert after["events"][-1]["note"] == "机动车违停"
    assert queue(admin)["total"] == 0
    assert (decided["decided"], decided["opened"]) == ([case["id"]], [])


def test_none_of_ours_leaves_the_queue(admin, file_report):
    case = file_report(admin, PLACE, "路面几乎被挤占")
    after = decide(admin, case)["case"]
    assert (after["kind"], after["command"], after["due_at"]) == ("", "", None)
    assert queue(admin)["total"] == 0


def test_several_kinds_open_several_cases(admin, file_report):
    case = file_report(admin, PLACE, "路灯不亮")
    decided = decide(admin, case, "C2-03", "C1-04", "C8-07")
    assert len(decided["opened"]) == 2
    found = sorted(admin.get("/api/cases").json()["items"], key=lambda item: item["number"])
    assert [item["kind"] for item in found] == ["C2-03", "C1-04", "C8-07"]
    assert len({(item["lon"], item["location_text"], item["description"]) for item in found}) == 1
    # Decided again, another kind joins; one that is there already does not come twice.
    again = decide(admin, case, "C2-03", "C1-04", "C6-01")
    assert len(again["opened"]) == 1


def test_the_same_text_is_decided_together(admin, file_report):
    cases = [file_report(admin, PLACE, "路灯不亮") for _ in range(3)]
    other = file_report(admin, PLACE, "路灯不亮了")
    settled = file_report(admin, PLACE, "路灯不亮", kind="C1-02")
    assert {item["same_text"] for item in queue(admin)["items"]} == {3, 1}
    decided = decide(admin, cases[0], "C1-19", same_text=True)
    assert set(decided["decided"]) == {case["id"] for case in cases}
    assert [item["id"] for item in queue(admin)["items"]] == [other["id"]]
    assert admin.get(f"/api/cases/{settled['id']}").json()["kind"] == "C1-02"


def test_one_alone_leaves_the_others(admin, file_report):
    first, second = (file_report(admin, PLACE, "路灯不亮") for _ in range(2))
    decide(admin, first, "C1-19")
    assert [item["id"] for item in queue(admin)["items"]] == [second["id"]]


def test_wrong_choices_are_refused(admin, file_report):
    case = file_report(admin, PLACE, "路灯不亮")
    decide(admin, case, "C9-99", expect=422)
    decide(admin, case, "C1-19", "C1-19", expect=422)
    decide(admin, case, *["C1-19"] * 7, expect=422)
    decide(admin, case, "C1-19", expect=412, version=99)
    decide(admin, {"id": "00000000-0000-4000-8000-000000000000"}, "C1-19", expect=404)
    admin.post(f"/api/cases/{case['id']}/advance", json={"state": "cancelled", "note": "重复"})
    decide(admin, case, "C1-19", expect=409)


def test_who_may_choose(site, admin, file_report):
    west = file_report(admin, PLACE, "路灯不亮")
    east = file_report(admin, "平安路与冬青街交叉口", "路灯不亮")
    with site.as_("community1") as client:
        (item,) = queue(client)["items"]
        assert (item["id"], item["same_text"]) == (west["id"], 1)
        decide(client, east, "C1-19", expect=404)
        # The twin beyond the border is not seen, so it is not decided.
        assert decide(client, west, "C1-19", same_text=True)["decided"] == [west["id"]]
    with site.as_("command1") as client:
        assert queue(client)["total"] == 0
    for name in ("grid1", "auditor", "verifier1", None):
        with site.as_(name) as client:
            assert client.get("/api/review/kinds").status_code == 403
            assert client.get("/review/kinds", headers={"accept": "text/html"}).status_code == 403
            decide(client, east, "C1-19", expect=403)
    assert [item["id"] for item in queue(admin)["items"]] == [east["id"]]


def test_the_pages_show_both_counts(admin, file_report):
    file_report(admin, "幸福市场", "路灯不亮")
    for path in ("/review", "/review/kinds"):
        page = admin.get(path, headers={"accept": "text/html"}).text
        assert 'href="/review/kinds"' in page
        assert 'href="/review"' in page
