"""The week's numbers against the cases they come from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geodata.crs import reproject
from service.reports.figure import report_figure
from service.reports.queries import figure_zones
from service.reports.week import matrix, week_of
from service.reports.worst import worst_places
from service.store.engine import make_engine

HTML = {"accept": "text/html"}


def point(x, y, *, late=False, name="某路", community="A"):
    return {
        "x": x,
        "y": y,
        "late": late,
        "open": True,
        "kind": "C1-02",
        "community": community,
        "location_text": name,
        "id": (x, y),
    }


def test_worst_places_are_distinct_and_ordered():
    # Five around the origin, three a kilometre east, two late ones a kilometre north, one alone.
    points = [point(0, dy) for dy in (0, 10, 20, 30, 40)]
    points += [point(1000, dy, name="东边") for dy in (0, 5, 9)]
    points += [point(0, 1000 + dy, late=True) for dy in (0, 70)]
    points += [point(5000, 5000)]
    found = worst_places(points)
    assert [place.count for place in found] == [5, 3, 2]
    assert [place.late for place in found] == [0, 0, 2]
    assert found[1].name == "东边"
    assert sum(place.count for place in found) == len(points) - 1
    assert (found[0].x, found[0].y) == pytest.approx((0, 20))


def test_of_equally_full_places_the_later_one_is_worse():
    points = [point(0, 0), point(10, 0), point(900, 0, late=True), point(910, 0)]
    assert [place.x for place in worst_places(points)] == pytest.approx([905, 5])


def test_a_problem_at_eighty_metres_counts_and_beyond_does_not():
    near = worst_places([point(0, 0), point(80, 0)])
    assert [place.count for place in near] == [2]
    assert worst_places([point(0, 0), point(80.1, 0)]) == []
    assert worst_places([]) == []


def test_weeks_begin_on_monday_and_the_running_one_is_cut_off_now():
    now = datetime(2017, 11, 10, 2, 0, tzinfo=UTC)  # Friday 10:00 in the office
    running = week_of(date(2017, 11, 10), now=now)
    assert (running.monday, running.sunday) == (date(2017, 11, 6), date(2017, 11, 12))
    # What is filed at this very moment counts: the cut-off is just after it.
    assert now < running.until < now + timedelta(seconds=1)
    assert running.until - running.before.until == timedelta(days=7)
    past = week_of(date(2017, 11, 5), now=now)
    assert (past.monday, past.running) == (date(2017, 10, 30), False)
    assert past.until == datetime(2017, 11, 5, 16, 0, tzinfo=UTC)
    assert week_of(date(2030, 1, 1), now=now) == running


def test_the_sums_of_the_table_add_up():
    rows = [
        {"command": c, "community": z, "filed": n, "closed": 0, "open": n, "late": 0}
        for n, (c, z) in enumerate([("C1", "A"), ("C1", "B"), ("C2", "A"), ("gone", "elsewhere")], 1)
    ]
    cells = matrix(rows, commands=["C1", "C2"], communities=["A", "B"])
    assert cells["*", "*"]["filed"] == 10
    assert cells["", ""]["filed"] == 4
    assert sum(cells[c, "*"]["filed"] for c in ("C1", "C2", "")) == 10
    assert sum(cells["*", z]["filed"] for z in ("A", "B", "")) == 10


@pytest.fixture(scope="module")
def filled(site):
    with site.as_("admin") as client:
        for number in range(6):
            text = ["平安路与春光街交叉口", "平安路与冬青街交叉口"][number // 4]
            client.post("/api/cases", json={"location_text": text, "description": "垃圾", "kind": "C1-02"})
    return 6


def test_the_page_counts_what_the_list_holds(admin, filled):
    page = admin.get("/reports", headers=HTML)
    assert page.status_code == 200
    words = "".join(page.text.split())
    assert f'<span>立案</span><strongclass="num">{filled}</strong>' in words
    assert "平安路与春光街交叉口" in words
    earlier = "".join(admin.get("/reports", params={"date": "2016-05-04"}, headers=HTML).text.split())
    assert '<span>立案</span><strongclass="num">0</strong>' in earlier
    assert "没有集中的地点" in earlier


def test_the_map_is_well_formed_and_carries_the_remark(admin, filled):
    answer = admin.get("/reports/heat.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    words = "".join(ElementTree.fromstring(answer.text).itertext())
    assert "测试数据" in words
    assert "甲社区" in words
    assert "500 m" in words
    links = [node.get("href") for node in ElementTree.fromstring(answer.text).iter() if node.get("href")]
    assert links
    assert all(link.startswith("data:image/png") for link in links)


def test_names_in_the_map_are_escaped():
    zone = {
        "level": "subdistrict",
        "name": "<x>&",
        "path": "M 0 0 l 1 0 0 1 Z",
        "x": 0,
        "y": 0,
        "west": 0,
        "south": 0,
        "east": 10,
        "north": 10,
    }
    picture = report_figure(
        background=[], zones=[zone, {**zone, "level": "community"}], heat=None, spots=[(1, 1)], note="a<b"
    )
    assert "<x>" not in picture
    ElementTree.fromstring(picture)


def test_a_border_of_thousands_of_vertices_is_drawn_where_it_lies(fresh_database):
    turn = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    ring = np.column_stack([474_000 + 900 * np.cos(turn), 3_849_000 + 900 * np.sin(turn)])
    border = shapely.MultiPolygon([shapely.Polygon(ring)])
    engine = make_engine(fresh_database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "create table zones (level text, name text, valid_from date, valid_to date, recorded_at timestamptz, ended_at timestamptz, shape geometry)"
            )
        )
        add = text(
            "insert into zones values ('community', '甲', '2017-01-01', null, null, null, ST_GeomFromText(:wkt, 4547))"
        )
        connection.execute(add, {"wkt": border.wkt})
        (zone,) = figure_zones(connection, until=datetime(2017, 11, 10, tzinfo=UTC))
    engine.dispose()
    drawn = np.array([float(word) for word in zone["path"].split() if word not in "MLZz"]).reshape(-1, 2)
    true = shapely.get_coordinates(reproject(shapely.Polygon(ring), 4547, 3857)) * [1, -1]
    assert np.abs(drawn - true[: len(drawn)]).max() < 0.1


@pytest.mark.parametrize("day", ["x", "0001-01-01", "9999-12-31", "2017-02-30"])
def test_senseless_days_are_refused(admin, day):
    assert admin.get("/reports", params={"date": day}).status_code == 422
