"""Accepted borders take effect on their day, once: at start-up, at the first request, at a command."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from service.borders.current import OfficeZones, hold_borders
from service.borders.due import Carried, DueBorders, carry_out_all_due
from service.clock import StillClock
from service.office import read_office
from service.setup.initialising import bring_up_to_date
from service.store.engine import make_engine

A, B = "410105999001", "410105999002"
B1 = f"{B}001"


def set_clock(office, moment):
    toml = office.data_dir / "office.toml"
    lines = [
        line for line in toml.read_text(encoding="utf-8").splitlines() if not line.startswith("demo_now")
    ]
    toml.write_text("\n".join([*lines, f"demo_now = {moment}"]) + "\n", encoding="utf-8")


@pytest.fixture
def accepted(office, draw, propose, decide, report_at):
    """A change accepted for 20 November, with a case that moves and one that stays."""
    with office.as_("coordinator1") as client:
        moving, kept = report_at(client, 900, 300), report_at(client, 950, 700)
        change = propose(client, draw(800), "2017-11-20").json()
        answer = decide(client, change, keep={kept["id"]: "已约好"}, seen=change["seen"])
        assert answer.json()["state"] == "accepted", answer.text
        # Nothing happened yet, and the page says what will.
        assert client.get(f"/api/cases/{moving['id']}").json()["community"] == A
        outcomes = {move["case_id"]: move["outcome"] for move in answer.json()["moves"]}
        assert outcomes == {moving["id"]: "", kept["id"]: "kept"}
        assert report_at(client, 905, 300)["community"] == A
    return change, moving, kept


def check_applied(client, accepted):
    change, moving, kept = accepted
    assert client.get(f"/api/borders/{change['id']}").json()["state"] == "applied"
    assert client.get(f"/api/cases/{moving['id']}").json()["community"] == B
    assert client.get(f"/api/cases/{kept['id']}").json()["community"] == A
    events = client.get(f"/api/cases/{moving['id']}").json()["events"]
    assert [event["state"] for event in events] == ["reported", "moved"]
    assert events[-1]["actor"] == "coordinator1"


def test_the_first_request_of_the_day(office, accepted, serve, report_at):
    set_clock(office, "2017-11-19T23:59:59+08:00")
    with serve(office.data_dir, office.database_url) as eve, eve.as_("coordinator1") as client:
        assert client.get(f"/api/borders/{accepted[0]['id']}").json()["state"] == "accepted"
        late = report_at(client, 910, 300)
        assert late["community"] == A
    set_clock(office, "2017-11-20T00:00:00+08:00")
    with serve(office.data_dir, office.database_url) as day:
        with day.as_(None) as client:
            assert client.get("/api/zones").status_code == 200
        with day.as_("coordinator1") as client:
            check_applied(client, accepted)
            # What came after the decision moves with the rest.
            assert client.get(f"/api/cases/{late['id']}").json()["community"] == B
            assert report_at(client, 912, 300)["community"] == B


def test_start_up_and_again_and_by_two_processes(office, accepted):
    set_clock(office, "2017-11-21T08:00:00+08:00")
    engine = make_engine(office.database_url)
    bring_up_to_date(office.data_dir, engine)
    bring_up_to_date(office.data_dir, engine)
    clock = read_office(office.data_dir).clock
    assert carry_out_all_due(engine, zones=OfficeZones(crs=4547), clock=clock) == Carried((), ())
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "select code, valid_from::text as begin from zones where level = 'community' and valid_to is null"
            )
        ).all()
        assert sorted(tuple(row) for row in found) == [(A, "2017-11-20"), (B, "2017-11-20")]
        assert connection.scalar(text("select count(*) from audit where action = 'borders_applied'")) == 1
    engine.dispose()
    with office.as_("coordinator1") as client:
        check_applied(client, accepted)


def test_it_asks_once_a_day(office, accepted):
    engine = make_engine(office.database_url)
    asked = []

    class Counting(StillClock):
        def now(self):
            asked.append(1)
            return self.at

    due = DueBorders(engine, zones=OfficeZones(crs=4547), clock=Counting(datetime(2017, 11, 19, tzinfo=UTC)))
    for _ in range(5):
        due.settle()
    # Once per call to know the day, once more to carry out.
    assert len(asked) == 6
    engine.dispose()


def test_a_long_import_delays_it_and_nothing_is_lost(office, accepted, monkeypatch):
    set_clock(office, "2017-11-20T08:00:00+08:00")
    engine = make_engine(office.database_url)
    due = DueBorders(engine, zones=OfficeZones(crs=4547), clock=read_office(office.data_dir).clock)
    with engine.begin() as connection:
        hold_borders(connection)
        due.settle()
        due.settle()  # at once: it waits before it tries again
    with engine.connect() as connection:
        row = connection.execute(text("select state, problem from border_changes")).one()
        assert tuple(row) == ("accepted", "")
    # its clock only: the server beside it would never stop if its own ended
    monkeypatch.setattr("service.borders.due.time", SimpleNamespace(monotonic=lambda: float("inf")))
    due.settle()
    with engine.connect() as connection:
        assert connection.scalar(text("select state from border_changes")) == "applied"
    engine.dispose()


def test_a_change_that_does_not_fit_any_more_waits_with_its_problem(office, accepted):
    engine = make_engine(office.database_url)
    with engine.begin() as connection:
        connection.execute(text("update zones set valid_from = '2017-12-01' where code = :code"), {"code": A})
    set_clock(office, "2017-11-20T08:00:00+08:00")
    bring_up_to_date(office.data_dir, engine)
    with engine.connect() as connection:
        row = connection.execute(text("select state, problem from border_changes")).one()
    engine.dispose()
    assert row.state == "accepted"
    assert A in row.problem


def test_what_waits_for_its_day_can_be_withdrawn(office, accepted, decide, serve):
    change = accepted[0]
    with office.as_("admin") as client:
        row = client.get(f"/api/borders/{change['id']}").json()
        assert decide(client, row, "reject", note="区里改期").json()["state"] == "rejected"
    set_clock(office, "2017-11-25T08:00:00+08:00")
    with serve(office.data_dir, office.database_url) as day, day.as_("coordinator1") as client:
        assert client.get(f"/api/cases/{accepted[1]['id']}").json()["community"] == A


def test_borders_from_a_past_day_move_what_is_open_today(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        case = report_at(client, 900, 300)
        change = propose(client, draw(800), "2017-10-01").json()
        assert decide(client, change).json()["state"] == "applied"
        assert client.get(f"/api/cases/{case['id']}").json()["community"] == B
