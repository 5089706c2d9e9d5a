"""A grid manager's round: all of the own open problems, once each, nobody else's."""

from __future__ import annotations

import math
import re

import pytest

from service.patrols.round import walk

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def filled(site):
    made = {}
    with site.as_("admin") as client:
        for text in ("平安路与春光街交叉口", "平安路与夏雨街交叉口", "平安路与冬青街交叉口"):
            made[text] = client.post(
                "/api/cases", json={"location_text": text, "description": "垃圾", "kind": "C1-02"}
            ).json()
        line = {"location_text": "平安路（春光街至冬青街段）", "description": "路面不洁", "kind": "C1-04"}
        made["line"] = client.post("/api/cases", json=line).json()
    return made


def stops(page):
    return re.findall(r'<li class="stop [^>]*data-case="([^"]+)"', page)


def test_the_own_grid_opens_by_itself(site, filled):
    with site.as_("grid1") as client:
        page = client.get("/patrol", headers=HTML).text
    # The crossing in the own first grid, and the line that runs through it.
    assert set(stops(page)) == {filled["平安路与春光街交叉口"]["id"], filled["line"]["id"]}
    assert "甲社区" in page


def test_a_line_is_a_stop_in_every_grid_it_crosses(site, filled):
    with site.as_("coordinator1") as client:
        grids = [f"41010599900{c}00{g}" for c in (1, 2) for g in (1, 2)]
        found = [stops(client.get("/patrol", params={"grid": grid}, headers=HTML).text) for grid in grids]
    assert all(filled["line"]["id"] in ids for ids in found)
    assert all(len(ids) == len(set(ids)) for ids in found)


def test_another_grid_shows_a_grid_manager_nothing_of_it(site, filled):
    with site.as_("grid1") as client:
        page = client.get("/patrol", params={"grid": "410105999002002"}, headers=HTML).text
    assert stops(page) == [filled["line"]["id"]]  # visible, since it runs through the own grid too


def test_unknown_grids_are_not_found(admin):
    assert admin.get("/patrol", params={"grid": "nowhere"}, headers=HTML).status_code == 404
    assert (
        admin.get("/patrol", params={"grid": "x", "lon": "nan", "lat": "0"}, headers=HTML).status_code == 422
    )


def test_who_may_reports_done_from_the_round(site, admin, filled):
    case = filled["平安路与夏雨街交叉口"]
    for state in ("accepted", "dispatched"):
        assert admin.post(f"/api/cases/{case['id']}/advance", json={"state": state}).status_code == 200
    with site.as_("grid1") as client:
        page = client.get("/patrol", params={"grid": "410105999001002"}, headers=HTML).text
        assert "data-rectify" in page
        done = client.post(
            f"/api/cases/{case['id']}/advance", json={"state": "rectified", "note": "10:30 到场"}
        )
        assert done.status_code == 200, done.text


def test_a_walk_visits_every_stop_once_and_tells_each_leg():
    points = [{"x": float(x), "y": 0.0, "name": x} for x in (300, 0, 100, 200)]
    found = walk(points, start=(-50.0, 0.0))
    assert [stop["name"] for stop in found] == [0, 100, 200, 300]
    assert [stop["leg_m"] for stop in found] == pytest.approx([50, 100, 100, 100])
    assert math.isclose(sum(stop["leg_m"] for stop in found), 350)
    assert walk([], start=None) == []
    assert walk(points[:1], start=None)[0]["leg_m"] == 0
