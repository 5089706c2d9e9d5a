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
PICTURES = ("heat.svg?", "spots.svg?what=week", "spots.svg?what=weeks")
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
    """Each reader's report, with the pictures of its maps."""
    found = {}
    for name in READERS:
        with office.as_(name) as client:
            page = client.get(path, headers={"accept": "text/html"})
            assert page.status_code == 200
            day = path.partition("date=")[2]
            pictures = [client.get(f"/reports/{picture}{day and '&date='}{day}").text for picture in PICTURES]
            found[name] = (page.text, *pictures)
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


@pytest.fixture
def crowded(office, history):
    """Forty closed copies of one case in each of the five weeks to the past report's, on both sides of the border."""
    engine = make_engine(office.database_url)
    columns = "kind, command, state, due_at, created_at, updated_at, community_code, grid_code, placement, placed_by"
    with engine.begin() as connection:
        connection.execute(
            text(
                f"""
                insert into cases (id, {columns}, location_text, reported_at, closed_at, shape)
                select gen_random_uuid(), kind, command, 'closed', due_at, created_at, updated_at,
                       case when x < 1000 then '{A}' else '{B}' end,
                       case when x < 500 then '{A1}' when x < 1000 then '{A2}' when x < 1500 then '{B1}' else '{B2}' end,
                       placement, placed_by, '示范 ' || x, at, at + interval '1 day',
                       ST_SetSRID(ST_MakePoint(474000 + x, 3849000 + y), ST_SRID(shape))
                from cases,
                     lateral (select timestamptz '2017-10-24 02:00+00' - 7 * w * interval '1 day' as at,
                                     case when n < 20 then 870 + 3 * n else (n * 97) % 2000 end as x,
                                     case when n < 20 then 300 else (n * 61) % 1000 end as y
                              from generate_series(0, 4) w, generate_series(0, 39) n) more
                where number = (select min(number) from cases)
                """
            )
        )
    engine.dispose()


def test_hot_spots_of_a_past_week_stay(office, crowded, draw, propose, decide):
    past, running = reports(office, PAST), reports(office, RUNNING)
    everybody = past["leader"]
    assert "这几周的变化" in everybody[0]
    assert "显著热点" in everybody[0]
    assert everybody[2].startswith("<svg")
    assert everybody[3].startswith("<svg")
    # Each is measured by the own ground: pictures differ from person to person.
    assert len({past[name][2] for name in ("leader", "community1", "community2")}) == 3
    third = "410105999003"
    spans = {A: (0, 800), third: (800, 2000), A1: (0, 500), A2: (500, 800), f"{third}001": (800, 2000)}
    with office.as_("coordinator1") as client:
        change = propose(client, draw(spans=spans), "2017-10-02").json()
        assert decide(client, change).status_code == 200
    assert reports(office, PAST) == past
    assert reports(office, RUNNING)["leader"] != running["leader"]
