"""The demo's registers: places of many classes, inspections over the campaign, rounds, hand-overs.

All fictional. Chance comes from a generator of its own, so that the rest of the demo stays as it is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geodata.crs import WGS84, reproject
from geodata.demo.district import District
from geodata.demo.histories import BEIJING
from geodata.demo.people import Person
from geodata.places import CheckSheets, PlaceClasses, load_check_sheets, load_place_classes

REGISTERS = {"six": "六小门店台账", "site": "工地台账", "along": "河渠铁路台账"}
OTHERS = "公共场所台账"
RECEIVING_UNITS = ("食品药品监督管理所", "卫生监督所")
_SEGMENT_M = 900.0
# How likely an item passes in the campaign's first and last week, and for the weakest tenth of places.
_FIRST, _LAST, _WEAK = 0.93, 0.99, 0.72
_PERSONS = "赵钱孙李周吴郑王冯陈"


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the demo; geometry in the district's CRS."""

    key: str
    register: str
    name: str
    trade: str
    place_class: str
    location_text: str
    geometry: BaseGeometry
    grid: str
    weak: bool


def make_places(district: District, rng: np.random.Generator, classes: PlaceClasses) -> list[Entry]:
    """Return the demo's places: shops at their house numbers, drawn places, segments of canals and railway."""
    told: list[tuple[str, str, str, BaseGeometry]] = [
        (spot.name, spot.kind, f"{house.road}{house.number}号", spot.geometry)
        for spot, house in district.shops
    ]
    told += [(spot.name, spot.kind, spot.name, spot.geometry) for spot in district.spots]
    for line in district.lines:
        if line.klass not in ("water", "rail"):
            continue
        trade = "河渠段" if line.klass == "water" else "铁路段"
        parts = max(1, round(line.geometry.length / _SEGMENT_M))
        for at in range(parts):
            part = substring(line.geometry, at / parts, (at + 1) / parts, normalized=True)
            told.append((f"{line.name}第{at + 1}段", trade, f"{line.name}（共{parts}段）", part))
    grid = district.zones["grid"]
    tree = shapely.STRtree(grid.geometry.to_numpy())
    found: list[Entry] = []
    for name, trade, where, shape in told:
        entry = classes.find(trade)
        if entry is None:
            continue
        middle = shape.interpolate(0.5, normalized=True) if shape.geom_type == "LineString" else shape
        inside = tree.query(middle, predicate="intersects")
        if not len(inside):
            continue
        code = str(grid["code"].iloc[int(inside[0])])
        found.append(
            Entry(
                key=f"{len(found) + 1:04d}", register=REGISTERS.get(entry.group, OTHERS), name=name, trade=trade,
                place_class=entry.code, location_text=where, geometry=shape, grid=code, weak=bool(rng.random() < 0.1),
            )
        )  # fmt: skip
    return found


def write_registers(
    district: District,
    people: Sequence[Person],
    out: Path,
    *,
    start: dt.date,
    until: dt.datetime,
    rng_seed: int,
) -> None:
    """Write `registers.jsonl`, `inspections.jsonl` and `rounds.json`.

    Parameters
    ----------
    start, until
        The campaign's first day, and the demo clock: nothing happens after it.
    """
    rng = np.random.default_rng([rng_seed, 6])
    classes, sheets = load_place_classes(), load_check_sheets()
    places = make_places(district, rng, classes)
    lonlat = reproject(np.array([place.geometry for place in places]), district.crs, WGS84)
    rows = [
        {
            "key": place.key, "register": place.register, "name": place.name, "trade": place.trade,
            "class": place.place_class, "location_text": place.location_text,
            "person": f"示范·{_PERSONS[int(rng.integers(len(_PERSONS)))]}某", "geometry": mapping(_rounded(shape)),
        }
        for place, shape in zip(places, lonlat, strict=True)
    ]  # fmt: skip
    _lines(out / "registers.jsonl", rows)
    inspections = make_inspections(places, people, classes, sheets, start=start, until=until, rng=rng)
    _lines(out / "inspections.jsonl", inspections)
    (out / "rounds.json").write_bytes(
        json.dumps(_rounds(start, until), ensure_ascii=False, indent=1).encode() + b"\n"
    )


def _rounded(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: np.round(xy, 7))


def _lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_bytes("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def make_inspections(
    places: Sequence[Entry], people: Sequence[Person], classes: PlaceClasses, sheets: CheckSheets, *, start: dt.date,
    until: dt.datetime, rng: np.random.Generator,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return inspections in the order of time: a first one of most places, rechecks after failures, a second look.

    The longer the campaign lasts, the more passes; the weak places fail again and again.
    """
    weeks = (until.date() - start).days / 7
    found = []
    for place in places:
        entry = classes.get(place.place_class)
        sheet = sheets.get(entry.sheet) if entry else None
        if sheet is None:
            continue
        inspector = next((p.name for p in people if place.grid in p.grids), "coordinator1")
        week = float(rng.uniform(0.2, weeks * 0.75))
        for _ in range(4):
            at = _moment(start, week, rng)
            if at >= until or rng.random() < 0.12:
                break
            share = week / weeks
            passes = _WEAK if place.weak else _FIRST + (_LAST - _FIRST) * share
            failed = [item.code for item in sheet.items if rng.random() > passes]
            found.append({"place": place.key, "at": at.isoformat(), "inspector": inspector, "failed": failed})
            # A failure is looked at again after a week or so, the others some weeks later, or not at all.
            week += float(rng.uniform(0.8, 1.6)) if failed else float(rng.uniform(3.0, 9.0))
    return sorted(found, key=lambda row: (row["at"], row["place"]))


def _moment(start: dt.date, week: float, rng: np.random.Generator) -> dt.datetime:
    day = start + dt.timedelta(days=int(week * 7))
    clock = dt.time(int(rng.integers(9, 17)), int(rng.integers(60)), tzinfo=BEIJING)
    return dt.datetime.combine(day, clock)


def _rounds(start: dt.date, until: dt.datetime) -> dict[str, Any]:
    six = [entry.code for entry in load_place_classes().classes if entry.group == "six"]
    last = until.date()
    return {
        "rounds": [
            {"name": "六小门店第一轮拉网排查", "classes": six, "first_day": str(start), "last_day": str(start + dt.timedelta(days=34)), "closed": True},
            {"name": "全域冲刺拉网排查", "classes": [], "first_day": str(last - dt.timedelta(days=18)), "last_day": str(last + dt.timedelta(days=2)), "closed": False},
        ],
        # Places that failed twice, oldest first: handed over, and what the unit did.
        "handovers": ["rectified", "suspended", ""],
    }  # fmt: skip
