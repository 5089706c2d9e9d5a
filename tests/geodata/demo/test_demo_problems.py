"""Texts and true places must say the same; checked by geometry alone, without the geocoder."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from uuid import UUID

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from geodata.crs import reproject
from geodata.kinds import load_kinds
from geodata.worktime import add_limit

DEMO_NOW = dt.datetime.fromisoformat("2017-11-10T10:00:00+08:00")
ORDER = ["reported", "accepted", "dispatched", "rectified", "closed"]
WORDS = {
    "东北": 45.0,
    "东南": 135.0,
    "西南": 225.0,
    "西北": 315.0,
    "北": 0.0,
    "东": 90.0,
    "南": 180.0,
    "西": 270.0,
}


def _of(problems: list[dict], *styles: str) -> list[tuple[str, shapely.Geometry]]:
    found = [
        (p["location_text"], reproject(shape(p["geometry"]), 4326, 4547))
        for p in problems
        if p["style"] in styles
    ]
    assert len(found) > 15
    return found


def _turn(a: float, b: float) -> float:
    return abs((a - b + 180.0) % 360.0 - 180.0)


def _bearing(a: shapely.Point, b: shapely.Point) -> float:
    return math.degrees(math.atan2(b.x - a.x, b.y - a.y)) % 360.0


def _named(text: str, lines: gpd.GeoDataFrame) -> list[str]:
    """Names of lines in a text, longest first at each place; a slip of the pen leaves fewer than two."""
    pattern = "|".join(sorted(map(re.escape, lines.index), key=len, reverse=True))
    bare = re.sub(r"^(郑东新区|如意湖办事处|\w+?社区)", "", text)
    return re.findall(pattern, bare)


def _crossing(text: str, lines: gpd.GeoDataFrame) -> shapely.Point | None:
    names = _named(text, lines)
    if len(names) < 2:
        return None
    first, second = names[:2]
    met = lines.geometry[first].intersection(lines.geometry[second])
    return met if met.geom_type == "Point" else None


def test_records_have_the_form_of_the_contract(problems):
    assert len(problems) == 2000
    kinds = {kind.code: kind for kind in load_kinds().kinds}
    units = Counter()
    for problem in problems:
        UUID(problem["id"])
        assert problem["kind"] in kinds
        assert problem["command"] == kinds[problem["kind"]].command
        assert problem["location_text"].strip()
        assert problem["description"].strip()
        assert "{" not in problem["description"]
        assert problem["geometry"]["type"] in ("Point", "LineString")
        assert problem["severity"] in (1, 2, 3)
        assert problem["reported_at"].endswith("+08:00")
        units[problem["unit"]] += 1
    assert len({problem["id"] for problem in problems}) == len(problems)
    assert all(unit.startswith("示范") for unit in units)


def test_every_kind_and_command_occurs(problems):
    table = load_kinds()
    assert {problem["kind"] for problem in problems} == {kind.code for kind in table.kinds}
    shares = Counter(problem["command"] for problem in problems)
    assert set(shares) == {command.code for command in table.commands}
    assert min(shares.values()) >= 30


def test_forms_of_text_come_in_the_shares_of_real_notices(problems):
    share = Counter(problem["style"].split("_")[0] for problem in problems)
    part = {style: count / len(problems) for style, count in share.items()}
    assert 0.24 < part["crossing"] < 0.36
    assert 0.09 < part["stretch"] < 0.18
    assert 0.07 < part["site"] < 0.13
    assert 0.06 < part["canal"] < 0.12
    assert 0.06 < part["chainage"] + part["rail"] < 0.12
    assert 0.015 < part["vague"] < 0.045
    lines = sum(problem["geometry"]["type"] == "LineString" for problem in problems)
    assert 0.15 < lines / len(problems) < 0.26
    crossings = [p["location_text"] for p in problems if p["style"].startswith("crossing")]
    bare = sum(not re.search("[与和、]", text) for text in crossings)
    assert 0.2 < bare / len(crossings) < 0.42


def test_problems_lie_in_the_district(problems, zones):
    whole = zones["subdistrict"].geometry.iloc[0].buffer(0.05)
    shapely.prepare(whole)
    shapes = reproject(np.array([shape(problem["geometry"]) for problem in problems]), 4326, 4547)
    assert shapely.covers(whole, shapes).all()


def test_corners_lie_where_the_text_says(problems, lines):
    checked = 0
    for text, place in _of(problems, "crossing_corner"):
        met = _crossing(text, lines)
        word = re.search("(东北|东南|西南|西北)[角侧]", text)
        if met is None or word is None:
            continue
        assert _turn(_bearing(met, place), WORDS[word[1]]) < 22.5, text
        assert 10.0 < met.distance(place) < 60.0, text
        # A corner is no carriageway of the two roads.
        for name in _named(text, lines)[:2]:
            assert lines.geometry[name].distance(place) > lines["width_m"][name] / 2 - 1.0, text
        checked += 1
    assert checked > 200


def test_offsets_are_walked_along_the_road(problems, lines):
    checked = 0
    for text, place in _of(problems, "offset"):
        met = _crossing(text, lines)
        found = re.search(r"(?:[向往]|口|处|叉路口|路|街)([东南西北])约?(\d+)米(?:路)?([东南西北])", text)
        if met is None or found is None:
            continue
        word, stated, side = found[1], float(found[2]), found[3]
        assert _turn(_bearing(met, place), WORDS[word]) < 60.0, text
        ways = []
        for name in _named(text, lines)[:2]:
            road = lines.geometry[name]
            walked = abs(road.project(place) - road.project(met))
            near = road.interpolate(road.project(place))
            if lines["class"][name] == "road" and near.distance(place) < lines["width_m"][name] / 2 + 15.0:
                walked = min(walked, road.length - walked) if road.is_ring else walked
                ways.append(abs(walked - stated) < 12.0 and _turn(_bearing(near, place), WORDS[side]) < 45.0)
        assert any(ways), text
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("style", ["stretch_side", "stretch", "canal_bank", "canal_stretch"])
def test_stretches_run_between_the_roads_named(problems, lines, style):
    checked = 0
    for text, place in _of(problems, style):
        names = list(dict.fromkeys(_named(text, lines)))
        if len(names) != 3:
            continue
        line, *ends = (lines.geometry[name] for name in names)
        width = lines["width_m"][names[0]]
        met = [line.intersection(end) for end in ends]
        if any(point.geom_type != "Point" for point in met):
            continue
        walked = abs(line.project(met[0]) - line.project(met[1]))
        assert abs(place.length - walked) < 0.12 * walked + 15.0, text
        tips = shapely.points(shapely.get_coordinates(place)[[0, -1]])
        assert max(min(point.distance(tip) for tip in tips) for point in met) < width / 2 + 6.0, text
        middle = place.interpolate(0.5, normalized=True)
        side = re.search("([东南西北])(?:侧|半幅|岸)|路([东南西北])$", text)
        if "side" in style or "bank" in style:
            word = side[1] or side[2]
            near = line.interpolate(line.project(middle))
            assert _turn(_bearing(near, middle), WORDS[word]) < 60.0, text
        else:
            assert line.distance(middle) < 0.02, text
        checked += 1
    assert checked > 20


def test_chainages_agree_with_the_posts(problems, profile):
    posts = gpd.read_file(profile / "lines.gpkg", layer="post")
    xy = shapely.get_coordinates(posts.geometry.to_numpy())
    styles = ("chainage", "chainage_side", "chainage_range", "chainage_range_side")
    for text, place in _of(problems, *styles):
        at = [1000.0 * int(km) + int(m) for km, m in re.findall(r"K(\d+)\+(\d{3})", text)]
        ends = shapely.get_coordinates(place)[[0, -1]] if len(at) == 2 else shapely.get_coordinates(place)
        for chainage, end in zip(at, ends, strict=True):
            # Between posts 100 m apart the curve leaves the chord by centimetres only.
            there = [np.interp(chainage, posts["chainage_m"], xy[:, axis]) for axis in (0, 1)]
            assert math.dist(there, end) < 26.0, text
            if side := re.search("([东西])侧", text):
                assert (end[0] > there[0]) == (side[1] == "东"), text


def test_house_numbers_stand_between_their_neighbours(problems, lines, profile):
    numbers = gpd.read_file(profile / "lines.gpkg", layer="number")
    missing = 0
    for text, place in _of(problems, "number"):
        found = re.search(r"(\d+)号", text)
        names = _named(text, lines)
        if not names:
            continue
        own = numbers[(numbers["road"] == names[0]) & (numbers["number"] % 2 == int(found[1]) % 2)]
        same = own[own["number"] == int(found[1])]
        if len(same):
            assert same.geometry.iloc[0].distance(place) < 8.0, text
        else:
            missing += 1
            assert own.geometry.distance(place).min() < 110.0, text
    assert missing > 0


def test_histories_run_forward_and_stop_at_the_demo_clock(problems):
    for problem in problems:
        history = problem["history"]
        times = [dt.datetime.fromisoformat(step["at"]) for step in history]
        assert times == sorted(times)
        assert times[-1] <= DEMO_NOW
        assert all(step["actor"] for step in history)
        assert dt.datetime.fromisoformat(problem["reported_at"]) == times[0]
        states = [step["state"] for step in history]
        assert states == (["reported", "cancelled"] if states[-1] == "cancelled" else ORDER[: len(states)])
        assert problem["state"] == states[-1]


def test_the_campaign_tells_its_story(problems):
    reported = [dt.datetime.fromisoformat(problem["reported_at"]) for problem in problems]
    assert reported == sorted(reported)
    week = np.array([(at.date() - dt.date(2017, 8, 21)).days // 7 for at in reported])
    assert set(week.tolist()) == set(range(12))
    weekday = Counter(at.weekday() for at in reported)
    assert weekday[1] == max(weekday.values())
    assert weekday[6] < 0.5 * weekday[0]
    still_open = [p for p in problems if p["state"] not in ("closed", "cancelled")]
    assert 100 <= len(still_open) <= 170
    old = [
        p
        for p in still_open
        if DEMO_NOW - dt.datetime.fromisoformat(p["reported_at"]) > dt.timedelta(days=14)
    ]
    assert 20 <= len(old) <= 120


def test_most_cases_are_closed_within_their_limit_and_steps_follow_in_order(problems):
    kinds = load_kinds()
    in_time = []
    for problem in problems:
        steps = [dt.datetime.fromisoformat(step["at"]) for step in problem["history"]]
        assert steps == sorted(steps)
        kind = kinds.kind(problem["kind"])
        if problem["state"] == "closed" and kind.limit_value:
            due = add_limit(steps[0], kind.limit_value, kind.limit_kind)
            in_time.append(due is None or steps[-1] <= due)
    assert 0.65 <= np.mean(in_time) <= 0.85


def test_hot_spots_cool_and_one_grows(problems):
    middles = reproject(np.array([shape(p["geometry"]).centroid for p in problems]), 4326, 4547)
    week = np.array(
        [
            (dt.datetime.fromisoformat(p["reported_at"]).date() - dt.date(2017, 8, 21)).days // 7
            for p in problems
        ]
    )

    def near(x: float, y: float, first: int, last: int) -> float:
        there = shapely.distance(middles, shapely.Point(473000 + x, 3849000 + y)) < 350.0
        when = (week >= first) & (week <= last)
        return float((there & when).sum() / when.sum())

    assert near(3400, 1720, 0, 2) > 2.5 * near(3400, 1720, 9, 11)
    assert near(2250, 1730, 9, 11) > 2.0 * near(2250, 1730, 0, 2)


def test_relapses_follow_a_closed_case_at_the_same_place(problems):
    by_id = {problem["id"]: problem for problem in problems}
    relapses = [problem for problem in problems if problem["relapse_of"]]
    assert len(relapses) > 60
    for problem in relapses:
        before = by_id[problem["relapse_of"]]
        assert before["state"] == "closed"
        closed = dt.datetime.fromisoformat(before["history"][-1]["at"])
        assert dt.datetime.fromisoformat(problem["reported_at"]) - closed >= dt.timedelta(days=6)
        assert problem["kind"] == before["kind"]
        assert shape(problem["geometry"]).distance(shape(before["geometry"])) < 1e-9
