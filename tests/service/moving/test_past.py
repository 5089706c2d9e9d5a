"""Finished cases can be moved; reports of past weeks stay byte by byte, for everybody who reads them."""

from __future__ import annotations

import pytest

from service.auth.scope import Scope
from service.moving.records import move_record

A, B = "410105999001", "410105999002"
PAST, RUNNING = "/reports?date=2017-10-25", "/reports"
PICTURES = ("heat.svg?", "spots.svg?what=week", "spots.svg?what=weeks")
READERS = ("coordinator1", "leader", "community1", "community2", "grid1", "grid3", "command1", None)


@pytest.fixture
def history(filed, file_report, admin, store):
    """Cases of October on both sides: the first closed, the second cancelled, the others open."""
    cases = [filed(x, 300, kind="C1-02") for x in (700, 850, 870, 990, 1200)]
    cases.append(file_report(admin, "平安路（夏雨街至秋实街段）", kind="C1-04"))
    at = "'2017-10-24 02:00+00'"
    store(
        f"update cases set reported_at = {at}, created_at = {at}, updated_at = {at}, due_at = '2017-10-25 02:00+00'"
    )
    store(
        "update cases set state = 'closed', closed_at = '2017-10-26 02:00+00' where id = :id",
        id=cases[0]["id"],
    )
    store("update cases set state = 'cancelled' where id = :id", id=cases[1]["id"])
    return cases


def reports(site, path):
    """Each reader's report, with the pictures of its maps."""
    found = {}
    for name in READERS:
        with site.as_(name) as client:
            page = client.get(path, headers={"accept": "text/html"})
            assert page.status_code == 200
            day = path.partition("date=")[2]
            pictures = [client.get(f"/reports/{picture}{day and '&date='}{day}").text for picture in PICTURES]
            found[name] = (page.text, *pictures)
    return found


def test_past_weeks_stay_and_the_running_one_follows(site, admin, history, mover):
    past, running = reports(site, PAST), reports(site, RUNNING)
    assert "甲社区" in past["leader"][0]
    for number, case in enumerate(history):
        assert mover(admin, case, mover.pin(1700, 100 + number)).status_code == 200
        assert reports(site, PAST) == past
    after = reports(site, RUNNING)
    assert after["leader"] != running["leader"]
    # Two moves, one of them taken back: still the same past.
    for case in history[:3]:
        assert admin.post(f"/api/cases/{case['id']}/moves/undo", json={}).status_code == 200
    now = admin.get(f"/api/cases/{history[0]['id']}").json()
    assert mover(admin, now, mover.line((100, 100), (1900, 100))).status_code == 200
    assert reports(site, PAST) == past


def test_a_finished_case_keeps_its_state_and_the_time_of_its_last_change(admin, history, mover, store):
    query = "select state, updated_at, closed_at from cases where id = :id"
    for case in history[:2]:
        before = store(query, id=case["id"])
        preview = admin.post(f"/api/cases/{case['id']}/position/preview", json=mover.pin(1700, 100)).json()
        assert any("周报不变" in words for words in preview["warnings"])
        assert mover(admin, case, mover.pin(1700, 100)).status_code == 200
        assert store(query, id=case["id"]) == before
        assert admin.get(f"/api/cases/{case['id']}").json()["community"] == B


def test_what_waited_is_told_where_it_was_put_in_the_past_too(site, admin, file_report, store, lonlat):
    case, (lon, lat) = file_report(admin, "老槐树底下", kind="C1-02"), lonlat(300, 300)
    store("update cases set reported_at = '2017-10-24 02:00+00'")
    with site.as_("community1") as client:
        before = client.get(PAST).text
        admin.post(f"/api/review/{case['id']}", json={"pin": {"lon": lon, "lat": lat}})
        assert client.get(PAST).text != before


def test_corrected_names_are_nobodys_work_and_leave_the_past_too(site, admin, history, store, as_connection):
    past = reports(site, PAST)
    service = site.app.state.service
    zones = service.zones.on(as_connection, service.today())
    from shapely.geometry import Point

    point = Point(475_700, 3_849_100)
    move_record(
        as_connection, "case", history[2]["id"], geometry_m=point, zone=zones.shares(point, uncertainty_m=5.0),
        columns={"placement": "located", "placed_by": "geocoder", "method": "crossing", "uncertainty_m": 5.0},
        cause="gazetteer", reason="秋实街更正", actor=Scope("admin", "admin").actor, srid=4547,
        now=service.clock.now(),
    )  # fmt: skip
    as_connection.commit()
    now = admin.get(f"/api/cases/{history[2]['id']}").json()
    assert (now["community"], now["events"][-1]["state"]) == (B, "relocated_by_names")
    assert reports(site, PAST) == past
