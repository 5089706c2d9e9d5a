"""Hot spots of a week: planted ones are found, noise is not, and too little is said to be too little."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from service.reports.spot_places import cells_of
from service.reports.spot_words import spot_view
from service.reports.spot_zones import dense_zones, relapse_zones
from service.reports.spots import LEAST_CASES, LEAST_WEEKS, first_moment, week_spots
from service.reports.week import week_of
from service.words import language

NOW = datetime(2017, 11, 12, 15, 0, tzinfo=UTC)  # Sunday 23:00 in the office
WEEK = week_of(date(2017, 11, 12), now=NOW)
GROUND = shapely.box(0, 0, 2000, 1000)
GRIDS = [
    {
        "level": "grid",
        "code": str(at),
        "name": f"{at}号网格",
        "shape": shapely.box(500 * at, 0, 500 * at + 500, 1000),
    }
    for at in range(4)
]


def case(x, y, *, weeks_ago=0, day=1.0, closed=None, kind="C1-02", text="某路"):
    """A case reported so many weeks before this one, on a day of its week; `closed` days later."""
    at = WEEK.since + timedelta(days=day - 7 * weeks_ago)
    return {
        "x": float(x), "y": float(y), "kind": kind, "location_text": text, "reported_at": at,
        "closed_at": None if closed is None else at + timedelta(days=closed),
    }  # fmt: skip


def scattered(count, *, weeks_ago=0, seed=0):
    rng = np.random.default_rng(seed + 100 * weeks_ago)
    return [case(*at, weeks_ago=weeks_ago) for at in rng.uniform((1, 1), (1999, 999), (count, 2))]


def heap(count, x=250, y=250, *, weeks_ago=0):
    return [case(x + 3 * at, y, weeks_ago=weeks_ago, text="示范夜市") for at in range(count)]


def spots(rows, **more):
    return week_spots(rows, week=WEEK, ground=GROUND, zones=more.pop("zones", GRIDS), **more)


def test_a_heap_is_hot_named_and_counted():
    rows = scattered(30) + heap(15)
    found = spots(rows)
    hot = [place for place in found.places if place.code == "hot"]
    assert len(hot) == 1
    assert (hot[0].name, hot[0].zone) == ("示范夜市", "0号网格")
    assert found.hot is not None
    # By hand: what lies in the cells within 200 m of a hot cell's centre (studied ones), and its share of the ground.
    frame = found.frame
    centres = frame.centres()
    hot_cells = centres[(found.hot.verdict == 1).ravel()]
    near = (np.hypot(*(centres[:, None] - hot_cells).transpose(2, 0, 1)) <= 200).any(axis=1)
    row, column = cells_of(np.array([(r["x"], r["y"]) for r in rows]), frame)
    assert hot[0].count == int(near[row * frame.shape[1] + column].sum())
    assert hot[0].expected == pytest.approx(45 * near.sum() / 200)
    view = spot_view(found, public=False)
    assert view["hot"][0]["name"] == "示范夜市"
    assert "0号网格" in view["zones"]


def test_noise_is_called_chance():
    view = spot_view(spots(scattered(60, seed=5)), public=False)
    assert view["hot"] == []
    assert "可能是偶然" in view["chance"]
    assert "偶然范围内" in view["zones"]


def test_too_few_cases_weeks_and_closings_are_said_in_one_line_each():
    found = spots(scattered(LEAST_CASES - 1))
    assert (found.hot, found.course, found.relapses.zones) == (None, None, None)
    view = spot_view(found, public=False)
    assert "只有 19 件" in view["too_few"]
    assert "只有 1 周" in view["too_short"]
    assert "判断不了" in view["relapses"]
    assert (view["hot"], view["chance"], view["zones"], view["course"]) == ([], "", "", [])
    assert spots(scattered(LEAST_CASES)).hot is not None


def test_without_any_case():
    found = spots([])
    assert (found.cases, found.weeks, found.history) == (0, 1, 0)
    assert spot_view(found, public=True)["too_few"]


@pytest.mark.parametrize(
    ("weeks_ago", "weeks"), [(0, 1), (LEAST_WEEKS - 2, 3), (LEAST_WEEKS - 1, 4), (11, 12)]
)
def test_weeks_count_from_the_first_case(weeks_ago, weeks):
    found = spots([*scattered(60), case(5, 5, weeks_ago=weeks_ago, day=0.0)])
    assert found.weeks == weeks
    assert (found.course is None) == (weeks < LEAST_WEEKS)
    assert found.first == WEEK.since - timedelta(days=7 * (weeks - 1))


def test_what_became_of_a_place_over_the_weeks():
    rows = [row for ago in range(12) for row in scattered(25, weeks_ago=ago)]
    rows += [row for ago in range(12) for row in heap(9, weeks_ago=ago)]  # always there
    rows += [row for ago in range(3) for row in heap(9, 1750, 750, weeks_ago=ago)]  # lately only
    rows += [row for ago in range(7, 12) for row in heap(9, 1750, 250, weeks_ago=ago)]  # once
    found = spots(rows)
    assert found.weeks == 12
    at = {}
    for place in found.patterns:
        for name, centre in (("always", (250, 250)), ("lately", (1750, 750)), ("once", (1750, 250))):
            if np.hypot(place.x - centre[0], place.y - centre[1]) < 120:
                at.setdefault(name, set()).add(place.code)
    assert "persistent" in at["always"]
    assert at["lately"] & {"emerging", "intensifying"}
    assert at["once"] & {"historical", "cooling"}
    # The hot place of this week carries its course.
    hot = {place.zone: place.pattern for place in found.places if place.code == "hot"}
    assert hot["0号网格"] == "persistent"
    view = spot_view(found, public=False)
    assert {item["code"] for item in view["course"]} >= {"persistent"}
    assert "12 周" in view["basis"]


def test_outside_the_ground_nothing_counts():
    found = spots(scattered(30) + [case(5000, 5000) for _ in range(50)])
    assert (found.cases, found.outside) == (30, 50)
    assert "50 件在范围外不计" in spot_view(found, public=False)["basis"]


def test_zones_are_compared_by_area():
    # Ten in each strip; the last is a twentieth as large, so ten are too many there.
    zones = [*GRIDS[:3], {**GRIDS[3], "shape": shapely.box(1500, 0, 1550, 500)}]
    rows = [case(x, 200 + n) for x in (100, 600, 1100, 1510) for n in range(10)]
    (hot, *_) = dense_zones(rows, zones, rate=0.05)
    area = [0.5, 0.5, 0.5, 0.025]
    assert (hot.name, hot.observed, hot.verdict) == ("3号网格", 10, "hot")
    assert hot.expected == pytest.approx(40 * area[3] / sum(area))
    assert dense_zones(rows, zones[:1], rate=0.05) == ()


def test_relapses_more_than_chance_name_the_grid():
    kept = [case(600 + 60 * n % 1300, 100 + 60 * (n // 20), weeks_ago=10, closed=1) for n in range(60)]
    bad = [case(20 + 110 * (n % 4), 100 + 110 * (n // 4), weeks_ago=10, closed=1) for n in range(20)]
    again = [case(row["x"] + 20, row["y"], weeks_ago=8) for row in bad]
    found = relapse_zones(kept + bad + again, GRIDS, since=first_moment(WEEK), until=WEEK.until, rate=0.05)
    assert (found.followed, found.relapsed) == (80, 20)
    assert found.zones is not None
    hot = [zone for zone in found.zones if zone.verdict == "hot"]
    assert [(zone.name, zone.observed, zone.of) for zone in hot] == [("0号网格", 20, 20)]
    # Another kind, or a report beyond 50 m, is no relapse.
    other = [{**row, "kind": "C2-01"} for row in again] + [{**row, "x": row["x"] + 31} for row in again]
    found = relapse_zones(kept + bad + other, GRIDS, since=first_moment(WEEK), until=WEEK.until, rate=0.05)
    assert found.relapsed == 0


def test_closings_whose_window_runs_are_not_followed():
    rows = [case(10 * n, 100, weeks_ago=1, closed=1) for n in range(40)]
    found = relapse_zones(rows, GRIDS, since=first_moment(WEEK), until=WEEK.until, rate=0.05)
    assert (found.followed, found.zones) == (0, None)


def test_english_and_the_public():
    rows = scattered(30) + [{**row, "location_text": "张三家 13812345678"} for row in heap(15)]
    token = language.set("en")
    try:
        view = spot_view(spots(rows), public=True)
    finally:
        language.reset(token)
    assert "Based on 45 located problems" in view["basis"]
    assert "13812345678" not in str(view)
    assert "may be chance" in view["week_key"][-1]["label"]


def test_a_large_ground_gets_larger_cells():
    found = week_spots(scattered(30), week=WEEK, ground=shapely.box(0, 0, 60_000, 40_000), zones=[])
    assert found.frame.cell_m == 400
    assert found.level == ""
