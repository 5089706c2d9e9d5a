"""The campaign's problems: what, where, when, whose, and how each went on."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Campaign:
    """What stays the same while the problems are told: the scene, the tables, the people, the clock."""

    scene: Scene
    table: Mapping[str, Any]
    phrases: Mapping[str, Any]
    kinds: Mapping[str, Kind]
    people: Sequence[Person]
    until: dt.datetime

    def unit_of(self, code: str, told: Told, chooser: Chooser) -> Mapping[str, Any]:
        """Return the unit that answers for a kind of problem at a place."""
        community, _ = self.scene.zone_of(told.middle, "community")
        return _unit(self.kinds[code], community, self.table, chooser)

    def new_place(self, chooser: Chooser, *, clear: bool = False) -> tuple[Told, str, str]:
        """Return (place, kind code, location text) of one more problem, only clear texts if asked."""
        weights = {
            name: weight
            for name, weight in self.table["situations"].items()
            if not (clear and name == "vague")
        }
        situation = str(chooser.one_of(list(weights), list(weights.values())))
        told = tell(situation, self.scene, chooser)
        code = _kind_code(situation, told, self.phrases, chooser)
        return told, code, _dressed(told, self.scene, chooser, self.table)

    def describe(self, code: str, chooser: Chooser) -> str:
        """Return what an inspector writes about a kind of problem."""
        return _describe(code, self.phrases, chooser)

    def lived(
        self, code: str, told: Told, reported: dt.datetime, week: int, chooser: Chooser, *, again: bool
    ) -> tuple[str, list[Event]]:
        """Return the responsible unit and the steps of a case up to the demo clock."""
        kind, unit = self.kinds[code], self.unit_of(code, told, chooser)
        community, grid = (self.scene.zone_of(told.middle, level)[0] for level in ("community", "grid"))
        actors = actors_of(self.people, community=community, grid=grid, command=kind.command)
        history = live(
            kind,
            reported,
            until=self.until,
            pace=unit["pace"] * self.table["strain"][week],
            stuck=chooser.chance(self.table["stuck_share"] * unit["pace"]),
            cancelled=not again and chooser.chance(self.table["cancel_share"]),
            actors=actors | {"unit": unit["name"]},
            chooser=chooser,
        )
        return unit["name"], history


def open_campaign(district: District, people: Sequence[Person]) -> Campaign:
    """Return the campaign of a district, with its tables read."""
    table = read_table("campaign.toml")
    return Campaign(
        scene=build_scene(district, table["places"]),
        table=table,
        phrases=read_table("phrases.toml"),
        kinds={kind.code: kind for kind in load_kinds().kinds},
        people=people,
        until=dt.datetime.fromisoformat(read_table("district.toml")["demo_now"]),
    )


def make_problems(campaign: Campaign, rng: np.random.Generator) -> list[Problem]:
    """Return the campaign's problems in the order of their reports.

    Parameters
    ----------
    campaign
        The district and the tables that tell its story.
    rng
        Source of chance.

    Returns
    -------
    Dictionaries ready for JSON: id, kind, command, description, location_text, geometry (EPSG:4326
    GeoJSON Point or LineString: the truth), reported_at, state, history, unit, severity, relapse_of
    and style (how the place is told).
    """
    table, place_table = campaign.table, read_table("district.toml")
    choosers = choosers_of(table, place_table["origin_m"], rng)
    start = dt.date.fromisoformat(place_table["campaign_start"])
    made: list[Problem] = []
    closed: list[tuple[dt.datetime, int, Told, str]] = []
    for number, (week, reported) in enumerate(report_times(table, start, campaign.until, rng)):
        chooser = choosers[week]
        earlier = _relapse(closed, reported, chooser, table)
        if earlier is None:
            told, code, text = campaign.new_place(chooser)
        else:
            _, before, told, code = earlier
            text = made[before]["location_text"]
        unit, history = campaign.lived(code, told, reported, week, chooser, again=earlier is not None)
        made.append(
            {
                "id": str(uuid.uuid5(NAMESPACE, f"{number:05d} {reported.isoformat()} {text}")),
                "kind": code,
                "command": campaign.kinds[code].command,
                "description": _again(chooser) * (earlier is not None) + campaign.describe(code, chooser),
                "location_text": text,
                "geometry": mapping(_lonlat(told, campaign.scene.district.crs)),
                "reported_at": reported.isoformat(),
                "state": state_of(history),
                "history": [_event(step) for step in history],
                "unit": unit,
                "severity": _severity(campaign.kinds[code], chooser),
                "relapse_of": None if earlier is None else made[earlier[1]]["id"],
                "style": told.style,
            }
        )
        if state_of(history) == "closed" and told.style != "vague":
            closed.append((history[-1].at, number, told, code))
    return made


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
