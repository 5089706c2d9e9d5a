from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import python_calamine
from shapely.geometry import shape

from geodata.crs import reproject
from geodata.demo import write_profile
from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.kinds import load_kinds

ROLES = {
    "admin", "auditor", "coordinator", "command_officer", "community_officer", "community_leader", "grid_manager",
    "verifier", "unit", "leader", "public",
}  # fmt: skip


def test_two_runs_write_the_same_bytes(profile, tmp_path):
    write_profile(tmp_path)
    names = sorted(path.name for path in profile.iterdir())
    assert names == [
        "inspections.jsonl",
        "lines.gpkg",
        "office.toml",
        "people.toml",
        "problems.jsonl",
        "registers.jsonl",
        "rounds.json",
        "zones.gpkg",
        "示范问题清单.xlsx",
    ]
    for name in names:
        assert (tmp_path / name).read_bytes() == (profile / name).read_bytes(), name


def test_another_seed_tells_another_campaign_in_the_same_streets(profile, tmp_path):
    write_profile(tmp_path, rng_seed=1)
    assert (tmp_path / "zones.gpkg").read_bytes() == (profile / "zones.gpkg").read_bytes()
    assert (tmp_path / "problems.jsonl").read_bytes() != (profile / "problems.jsonl").read_bytes()


def test_office_says_that_it_is_a_demo(profile):
    office = tomllib.loads((profile / "office.toml").read_text(encoding="utf-8"))
    assert office["name"] == "如意湖办事处 (非官方示范数据)"
    assert office["subdistrict"] == "410105560"
    assert office["crs"] == 4547
    assert office["demo_now"] == dt.datetime.fromisoformat("2017-11-10T10:00:00+08:00")
    assert office["demo_now"].weekday() == 4
    assert "非官方示范数据" in office["note"]
    assert "铁路为虚构" in office["note"]


def test_people_cover_every_role_zone_and_command(profile, zones):
    users = tomllib.loads((profile / "people.toml").read_text(encoding="utf-8"))["user"]
    assert {user["role"] for user in users} == ROLES
    assert len({user["name"] for user in users}) == len(users)
    assert all(user["display"].startswith("示范·") for user in users)
    assert not any("password" in user for user in users)
    officers = [user for user in users if user["role"] == "command_officer"]
    assert {user["command"] for user in officers} == {command.code for command in load_kinds().commands}
    for role in ("community_officer", "community_leader"):
        assert {user["zone"] for user in users if user["role"] == role} == set(zones["community"]["code"])
    held = Counter(code for user in users if user["role"] == "grid_manager" for code in user["grids"])
    assert set(held) == set(zones["grid"]["code"])
    assert max(held.values()) == 1


def test_actors_are_people_or_units(profile, problems):
    users = tomllib.loads((profile / "people.toml").read_text(encoding="utf-8"))["user"]
    known = {user["name"] for user in users} | {user.get("unit") for user in users}
    assert {step["actor"] for problem in problems for step in problem["history"]} <= known


def test_sample_list_reads_like_an_office_list(profile):
    book = python_calamine.CalamineWorkbook.from_path(str(profile / "示范问题清单.xlsx"))
    header, *rows = book.get_sheet_by_index(0).to_python()
    assert header == ["序号", "位置", "问题描述", "责任单位", "日期"]
    assert [row[0] for row in rows] == list(range(1, 41))
    assert all(row[1] and row[2] and row[3] for row in rows)
    assert all(dt.date(2017, 11, 6) <= row[4] <= dt.date(2017, 11, 10) for row in rows)
    assert {"虚构大街与无名路交叉口", "菜市场门口"} <= {row[1] for row in rows}


def test_the_geocoder_finds_the_true_places(profile, problems, tmp_path):
    gazetteer = tmp_path / "demo.qgz"
    build(lines=profile / "lines.gpkg", zones=profile / "zones.gpkg", out=Path(gazetteer))
    found = Geocoder.open(gazetteer).locate_many([problem["location_text"] for problem in problems])
    truth = reproject(np.array([shape(problem["geometry"]) for problem in problems]), 4326, 4547)
    right = [
        location.best is not None
        and location.best.geometry.distance(true.interpolate(0.5, normalized=True) if true.length else true)
        <= 100.0
        for location, true in zip(found, truth, strict=True)
    ]
    # Three in a hundred texts are vague on purpose.
    assert np.mean(right) >= 0.95


def test_registers_inspections_and_rounds_fit_together(profile):
    def lines(name):
        return [json.loads(line) for line in (profile / name).read_text(encoding="utf-8").splitlines()]

    places, inspections = lines("registers.jsonl"), lines("inspections.jsonl")
    keys = {place["key"] for place in places}
    assert len(keys) == len(places) > 200
    assert {one["place"] for one in inspections} <= keys
    assert all(one["at"] < "2017-11-10T10:00" for one in inspections)
    assert [one["at"] for one in inspections] == sorted(one["at"] for one in inspections)
    assert {"catering", "site_building", "market", "school", "rail", "canal"} <= {p["class"] for p in places}
    assert all("示范" in place["person"] for place in places)
    rounds = json.loads((profile / "rounds.json").read_text(encoding="utf-8"))["rounds"]
    assert [one["closed"] for one in rounds] == [True, False]
