"""Reports of past weeks are the same before and after borders change, for everybody who reads them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from service.store.engine import make_engine

A, B = "410105999001", "410105999002"
A1, A2, B1, B2 = f"{A}001", f"{A}002", f"{B}001", f"{B}002"
PAST = "/reports?date=2017-10-25"
RUNNING = "/reports"
READERS = ("coordinator1", "leader", "community1", "community2", "grid1", "command1", None)


@pytest.fixture
def history(office, report_at, file_report):
    """Cases of October on both sides, some open, one closed; two of them late."""
    with office.as_("coordinator1") as client:
        cases = [report_at(client, x, 300, kind="C1-02") for x in (700, 850, 900, 990, 1200)]
        cases.append(file_report(client, "平安路（夏雨街至秋实街段）", kind="C1-04"))
        closed = report_at(client, 870, 600, kind="C1-02")
    engine = make_engine(office.database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "update cases set reported_at = '2017-10-24 02:00+00', created_at = '2017-10-24 02:00+00', due_at = '2017-10-25 02:00+00'"
            )
        )
        connection.execute(
            text("update cases set state = 'closed', closed_at = '2017-10-26 02:00+00' where id = :id"),
            {"id": closed["id"]},
        )
    engine.dispose()
    return cases


def reports(office, path):
    """Each reader's report, with the picture of its map."""
    found = {}
    for name in READERS:
        with office.as_(name) as client:
            page = client.get(path, headers={"accept": "text/html"})
            assert page.status_code == 200
            picture = client.get(path.replace("/reports", "/reports/heat.svg"))
            found[name] = (page.text, picture.text)
    return found


def test_a_past_week_stays_and_the_running_one_follows(office, history, draw, propose, decide):
    past, running = reports(office, PAST), reports(office, RUNNING)
    assert "甲社区" in past["leader"][0]
    assert re.search(r"平安路", past["community1"][0])
    with office.as_("coordinator1") as client:
        change = propose(client, draw(800), "2017-11-10").json()
        assert len(change["moves"]) == 4
        assert decide(client, change).status_code == 200
    assert reports(office, PAST) == past
    after = reports(office, RUNNING)
    # The running week is told with the borders of today.
    assert after["leader"] != running["leader"]
    assert after["community1"] != running["community1"]


def test_even_when_borders_hold_from_a_day_before_that_week_and_zones_end(
    office, history, draw, propose, decide
):
    past = reports(office, PAST)
    third = "410105999003"
    spans = {A: (0, 800), third: (800, 2000), A1: (0, 500), A2: (500, 800), f"{third}001": (800, 2000)}
    with office.as_("coordinator1") as client:
        change = propose(client, draw(spans=spans), "2017-10-02").json()
        assert {zone["code"]: zone["kind"] for zone in change["summary_zones"]}[B] == "ended"
        assert decide(client, change).status_code == 200
        assert {
            item["community"]
            for item in client.get("/api/counts?by=community&state=reported").json()["items"]
        } == {A, third}
    assert reports(office, PAST) == past


def test_two_changes_one_after_the_other(office, history, draw, propose, decide):
    past = reports(office, PAST)
    with office.as_("coordinator1") as client:
        assert (
            decide(client, propose(client, draw(800, name="1.gpkg"), "2017-11-01").json()).status_code == 200
        )
        assert (
            decide(client, propose(client, draw(950, name="2.gpkg"), "2017-11-02").json()).status_code == 200
        )
        # 850 and 900 went over and came back.
        moves = client.get(f"/api/cases/{history[1]['id']}").json()
        assert (moves["community"], [event["state"] for event in moves["events"]]) == (
            A,
            ["reported", "moved", "moved"],
        )
    assert reports(office, PAST) == past
