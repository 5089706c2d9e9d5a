"""The campaign's problems: what, where, when, whose, and how each went on."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import Point
from shapely.geometry import mapping

from geodata.crs import WGS84, reproject
from geodata.demo import line_texts, point_texts
from geodata.demo.authored import read_table
from geodata.demo.district import District
from geodata.demo.histories import BEIJING, Event, limit_hours, live, report_times, state_of
from geodata.demo.people import Person, actors_of
from geodata.demo.scene import Chooser, Scene, Told, build_scene
from geodata.kinds import Kind, load_kinds

Problem = dict[str, Any]
NAMESPACE = uuid.UUID("0d1b6f3e-5a0f-5c7e-9d55-2f2c1e6a2017")
TELLERS: Mapping[str, Callable[[Scene, Chooser], Told | None]] = {
    "crossing": point_texts.crossing,
    "offset": point_texts.offset,
    "number": point_texts.number,
    "shop": point_texts.shop,
    "vague": point_texts.vague,
    "stretch": line_texts.road_stretch,
    "canal_point": line_texts.canal_point,
    "canal_line": line_texts.canal_line,
    "rail_point": line_texts.rail_point,
    "rail_line": line_texts.rail_line,
}
NAMED_PLACES = (
    "site",
    "vacant_site",
    "market",
    "school",
    "hospital",
    "estate",
    "window",
    "square",
    "transfer",
)
AREA_FREE = ("vague", "shop", "site", "place")


def tell(situation: str, scene: Scene, chooser: Chooser) -> Told:
    """Return a place of a situation with its text; drawn again until it lies in the district."""
    for _ in range(400):
        told = (
            point_texts.place(scene, chooser, situation)
            if situation in NAMED_PLACES
            else TELLERS[situation](scene, chooser)
        )
        if told is not None and scene.holds(told):
            return told
    raise RuntimeError(f"no place found for the situation {situation}")


def _dressed(told: Told, scene: Scene, chooser: Chooser, table: Mapping[str, Any]) -> str:
    """Return the text with an area before it now and then, and rarely with a slip of the pen."""
    text = told.text
    if told.style not in AREA_FREE and not text.startswith("K") and chooser.chance(table["prefix_share"]):
        areas = ["郑东新区", "如意湖办事处"]
        codes = {scene.zone_of(Point(xy), "community") for xy in _ends(told)}
        areas += [name for _, name in codes] * 2 if len(codes) == 1 else []
        text = f"{chooser.one_of(areas)}{text}"
    if chooser.chance(table["typo_share"]):
        slips = [(right, wrong) for right, wrong in table["typos"].items() if right in text]
        if slips:
            right, wrong = chooser.one_of(slips)
            text = text.replace(right, wrong, 1)
    return text


def _ends(told: Told) -> list[tuple[float, ...]]:
    return [told.geometry.coords[0], told.geometry.coords[-1], told.middle.coords[0]]


def _kind_code(situation: str, told: Told, phrases: Mapping[str, Any], chooser: Chooser) -> str:
    weights = dict(phrases["situation"][situation])
    if situation == "shop":
        first, second = phrases["trade"][told.trade]
        weights |= {first: 5, second: 6}
    return str(chooser.one_of(list(weights), list(weights.values())))


def _describe(code: str, phrases: Mapping[str, Any], chooser: Chooser) -> str:
    small, metres, area = (
        int(chooser.between(2, 9)),
        int(chooser.between(2, 16)) * 10,
        int(chooser.between(1, 24)) * 5,
    )
    return str(chooser.one_of(phrases["kind"][code])).format(n=small, m=metres, a=area)


def _unit(kind: Kind, community: str, table: Mapping[str, Any], chooser: Chooser) -> Mapping[str, Any]:
    able = [
        unit
        for unit in table["unit"]
        if kind.code.startswith(tuple(unit["kinds"]))
        and (not unit["communities"] or community in unit["communities"])
    ]
    chosen: Mapping[str, Any] = chooser.one_of(able)
    return chosen


def _severity(kind: Kind, chooser: Chooser) -> int:
    hours = limit_hours(kind)
    return int(chooser.one_of((1, 2, 3), (20, 50, 30) if hours <= 5 else (45, 43, 12)))


def choosers_of(table: Mapping[str, Any], origin: Sequence[float], rng: np.random.Generator) -> list[Chooser]:
    """Return the chooser of each week of the campaign; all draw from one generator."""
    xy = np.array([spot["at"] for spot in table["hot_spot"]], dtype=float) + np.asarray(origin, dtype=float)
    radius = np.array([spot["radius_m"] for spot in table["hot_spot"]], dtype=float)
    heat = np.array([spot["weeks"] for spot in table["hot_spot"]], dtype=float)
    return [Chooser(rng, xy, radius, heat[:, week]) for week in range(heat.shape[1])]


def make_problems(district: District, people: Sequence[Person], rng: np.random.Generator) -> list[Problem]:
    """Return the campaign's problems in the order of their reports.

    Parameters
    ----------
    district
        The district; texts are told by its network.
    people
        Who reports, dispatches and verifies.
    rng
        Source of chance.

    Returns
    -------
    Dictionaries ready for JSON: id, kind, command, description, location_text, geometry (EPSG:4326
    GeoJSON Point or LineString: the truth), reported_at, state, history, unit, severity, relapse_of
    and style (how the place is told).
    """
    table, place_table, phrases = (
        read_table("campaign.toml"),
        read_table("district.toml"),
        read_table("phrases.toml"),
    )
    kinds = {kind.code: kind for kind in load_kinds().kinds}
    scene = build_scene(district, table["places"])
    choosers = choosers_of(table, place_table["origin_m"], rng)
    until = dt.datetime.fromisoformat(place_table["demo_now"])
    times = report_times(table, dt.date.fromisoformat(place_table["campaign_start"]), until, rng)
    made: list[Problem] = []
    closed: list[tuple[dt.datetime, int, Told, str]] = []
    for number, (week, reported) in enumerate(times):
        chooser = choosers[week]
        earlier = _relapse(closed, reported, chooser, table)
        if earlier is not None:
            _, before, told, code = earlier
            text = made[before]["location_text"]
        else:
            situation = str(chooser.one_of(list(table["situations"]), list(table["situations"].values())))
            told = tell(situation, scene, chooser)
            code = _kind_code(situation, told, phrases, chooser)
            text = _dressed(told, scene, chooser, table)
        kind, middle = kinds[code], told.middle
        community, grid = scene.zone_of(middle, "community")[0], scene.zone_of(middle, "grid")[0]
        unit = _unit(kind, community, table, chooser)
        actors = actors_of(people, community=community, grid=grid, command=kind.command) | {
            "unit": unit["name"]
        }
        history = live(
            kind, reported, until=until, pace=unit["pace"] * table["strain"][week], stuck=chooser.chance(table["stuck_share"] * unit["pace"]),
            cancelled=earlier is None and chooser.chance(table["cancel_share"]), actors=actors, chooser=chooser,
        )  # fmt: skip
        made.append(
            {
                "id": str(uuid.uuid5(NAMESPACE, f"{number:05d} {reported.isoformat()} {text}")),
                "kind": code,
                "command": kind.command,
                "description": _again(chooser) * (earlier is not None) + _describe(code, phrases, chooser),
                "location_text": text,
                "geometry": mapping(_lonlat(told, district.crs)),
                "reported_at": reported.isoformat(),
                "state": state_of(history),
                "history": [_event(step) for step in history],
                "unit": unit["name"],
                "severity": _severity(kind, chooser),
                "relapse_of": made[earlier[1]]["id"] if earlier is not None else None,
                "style": told.style,
            }
        )
        if state_of(history) == "closed" and told.style != "vague":
            closed.append((history[-1].at, number, told, code))
    return made


def new_problem_text(
    scene: Scene,
    chooser: Chooser,
    table: Mapping[str, Any],
    phrases: Mapping[str, Any],
    kinds: Mapping[str, Kind],
) -> tuple[str, str, str]:
    """Return (location text, description, unit) of one more problem that can be placed."""
    situations = {name: weight for name, weight in table["situations"].items() if name != "vague"}
    situation = str(chooser.one_of(list(situations), list(situations.values())))
    told = tell(situation, scene, chooser)
    code = _kind_code(situation, told, phrases, chooser)
    community = scene.zone_of(told.middle, "community")[0]
    unit = _unit(kinds[code], community, table, chooser)
    return _dressed(told, scene, chooser, table), _describe(code, phrases, chooser), unit["name"]


def _again(chooser: Chooser) -> str:
    return str(chooser.one_of(("反弹：", "再次出现：", "整改后反弹，", "回头看发现：")))


def _relapse(
    closed: list[tuple[dt.datetime, int, Told, str]],
    now: dt.datetime,
    chooser: Chooser,
    table: Mapping[str, Any],
) -> tuple[dt.datetime, int, Told, str] | None:
    """Return a case closed one to four weeks ago that comes back, each at most once."""
    if not chooser.chance(table["relapse_share"]):
        return None
    able = [case for case in closed if dt.timedelta(days=6) <= now - case[0] <= dt.timedelta(days=28)]
    if not able:
        return None
    chosen: tuple[dt.datetime, int, Told, str] = chooser.one_of(able)
    closed.remove(chosen)
    return chosen


def _lonlat(told: Told, crs: int) -> Any:
    # Seven decimals of a degree are a centimetre.
    return shapely.transform(reproject(told.geometry, crs, WGS84), lambda xy: np.round(xy, 7))


def _event(step: Event) -> dict[str, str]:
    return {"state": step.state, "at": step.at.astimezone(BEIJING).isoformat(), "actor": step.actor}


def in_json_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """Return each problem as a line of JSON."""
    for problem in problems:
        yield json.dumps(problem, ensure_ascii=False, separators=(",", ":")) + "\n"
