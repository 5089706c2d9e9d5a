"""The page of a week and its two maps share one answer, which no change of a case outlives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import shapely

from service.reports import spot_routes
from service.reports.spot_zones import RELAPSE_DAYS
from service.reports.week import week_of


@pytest.fixture
def made(monkeypatch):
    """How many rows each hot spot answer was made of, in the order in which they were made."""
    real, sizes = spot_routes.week_spots, []

    def counting(rows, **more):
        sizes.append(len(rows))
        return real(rows, **more)

    monkeypatch.setattr(spot_routes, "week_spots", counting)
    return sizes


def look(client):
    statuses = [client.get("/reports").status_code]
    return statuses + [
        client.get(f"/reports/spots.svg?what={what}").status_code for what in ("week", "weeks")
    ]


def test_one_answer_for_the_page_and_its_maps_until_a_case_changes(
    office, file_report, made, monkeypatch, lonlat
):
    monkeypatch.setattr("service.reports.spots.LEAST_CASES", 5)
    with office.as_("admin") as admin, office.as_("leader") as leader, office.as_("grid1") as grid:

        def report(x):
            lon, lat = lonlat(x, 300)
            return file_report(admin, "", lon=lon, lat=lat)

        cases = [report(300 + 5 * at) for at in range(8)]
        assert look(admin)[:2] == [200, 200]
        assert made == [8]
        assert look(leader)[:2] == [200, 200]  # who sees the same gets the same
        assert made == [8]
        look(grid)  # the same cases on another ground
        assert made == [8, 8]
        report(400)
        look(admin)
        look(admin)
        assert made == [8, 8, 9]
        step = {"state": "cancelled", "note": "重复"}
        cancelled = admin.post(f"/api/cases/{cases[0]['id']}/advance", json=step)
        assert cancelled.status_code == 200, cancelled.text
        look(admin)
        assert made == [8, 8, 9, 8]
        look(admin)
        assert len(made) == 4


def test_the_moment_counts_only_where_a_closing_is_followed_to_its_end():
    now = datetime(2017, 11, 8, 2, 0, tzinfo=UTC)
    week, later = (week_of(now.date(), now=at) for at in (now, now + timedelta(seconds=90)))
    ground, zones = shapely.box(0, 0, 10, 10), []

    def key(week, closed_at):
        rows = [{"id": 1, "closed_at": closed_at}]
        return spot_routes._made_of(rows, week=week, ground=ground, zones=zones)

    old = now - timedelta(days=RELAPSE_DAYS + 1)
    ending = now - timedelta(days=RELAPSE_DAYS) + timedelta(seconds=45)
    assert key(week, old) == key(later, old)
    assert key(week, None) == key(later, None)
    assert key(week, ending) != key(later, ending)
    assert key(week, old) != key(week, None)
    assert key(week, old) != key(week.before, old)
