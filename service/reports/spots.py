"""Hot spots of a week: where it is dense beyond chance, what became of the places over the weeks, relapses.

Only numbers and places here; `service.reports.spot_words` makes sentences of them. Measured by area:
the register has no past, and a past report must not change when a list of shops is imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.patterns import CellFrame
from geodata.patterns.hotspots import HotSpots, hot_spots
from geodata.patterns.neighbours import CellNeighbours
from geodata.patterns.trend import Emerging, emerging_hot_spots, week_counts
from service.reports.spot_places import PlaceFinder, SpotPlace, cells_of
from service.reports.spot_zones import RelapseSpots, ZoneSpot, dense_zones, moments, positions, relapse_zones

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from service.reports.week import Week

    Row = Mapping[str, Any]

CELL_M, DISTANCE_M, RATE = 100.0, 200.0, 0.05
MOST_WEEKS = 12
# Below these a test could hardly find anything, and what it found would be a few cases.
LEAST_CASES, LEAST_WEEKS, LEAST_HISTORY = 20, 4, 60
_MAX_CELLS = 40_000
_WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class WeekSpots:
    """What a week's report says; `hot` and `course` are None where there is too little to judge.

    `cases` placed cases of the week on the ground, `outside` of it; the weekly course rests on `history`
    cases of `weeks` weeks since `first`. `level` is that of the zones compared, "" without any.
    """

    frame: CellFrame
    cases: int
    outside: int
    weeks: int
    history: int
    first: datetime
    level: str
    hot: HotSpots | None
    places: tuple[SpotPlace, ...]
    zones: tuple[ZoneSpot, ...]
    course: Emerging | None
    patterns: tuple[SpotPlace, ...]
    studied: NDArray[np.bool_]
    relapses: RelapseSpots


def first_moment(week: Week) -> datetime:
    """Return since when cases matter: the first of `MOST_WEEKS` weeks."""
    return week.since - timedelta(days=7 * (MOST_WEEKS - 1))


def week_spots(rows: Sequence[Row], *, week: Week, ground: BaseGeometry, zones: Sequence[Row]) -> WeekSpots:
    """Return the hot spots of a week.

    Parameters
    ----------
    rows
        From `list_history` since `first_moment(week)`.
    ground
        What is studied, office CRS, metres, not empty.
    zones
        Zones to compare, of one level, inside the ground: `level`, `name`, `shape`.
    """
    frame = CellFrame.over(ground.bounds, cell_m=_cell_m(ground))
    studied = np.asarray(shapely.contains_xy(ground, *frame.centres().T)).reshape(frame.shape)
    since = first_moment(week)
    inside = np.asarray(shapely.intersects_xy(ground, *positions(rows).T))
    here = [row for row, there in zip(rows, inside, strict=True) if there]
    history = [row for row in here if row["reported_at"] >= since]
    now = [row for row in history if row["reported_at"] >= week.since]
    outside = sum(row["reported_at"] >= week.since for row in rows) - len(now)
    weeks = _weeks(history, week)
    first = week.since - timedelta(days=7 * (weeks - 1))
    course = _course(history, frame, studied, first=first, weeks=weeks)
    hot = _hot(now, frame, studied) if len(now) >= LEAST_CASES else None
    finder = partial(PlaceFinder, frame, studied=studied, reach_m=DISTANCE_M, zones=zones)
    return WeekSpots(
        frame=frame, cases=len(now), outside=outside, weeks=weeks, history=len(history), first=first,
        level=zones[0]["level"] if zones else "", hot=hot,
        places=() if hot is None else finder(now).of_verdicts(hot, course),
        zones=() if hot is None else dense_zones(now, zones, rate=RATE),
        course=course, patterns=() if course is None else finder(history).of_patterns(course),
        studied=studied, relapses=relapse_zones(here, zones, since=since, until=week.until, rate=RATE),
    )  # fmt: skip


def _cell_m(ground: BaseGeometry) -> float:
    """Cells of 100 m, doubled until the work is bounded."""
    west, south, east, north = ground.bounds
    cell_m = CELL_M
    while ((east - west) / cell_m + 1) * ((north - south) / cell_m + 1) > _MAX_CELLS:
        cell_m *= 2
    return cell_m


def _weeks(history: Sequence[Row], week: Week) -> int:
    """Return how many weeks there are from the first case's on, this one included."""
    begun = min((row["reported_at"] for row in history), default=week.since)
    return 1 + max(0, -(int((begun - week.since).total_seconds()) // _WEEK_S))


def _hot(rows: Sequence[Row], frame: CellFrame, studied: NDArray[np.bool_]) -> HotSpots:
    return hot_spots(
        positions(rows), bounds=frame.bounds, cell_m=frame.cell_m, distance_m=DISTANCE_M, studied=studied, rate=RATE
    )  # fmt: skip


def _course(
    rows: Sequence[Row], frame: CellFrame, studied: NDArray[np.bool_], *, first: datetime, weeks: int
) -> Emerging | None:
    if weeks < LEAST_WEEKS or len(rows) < LEAST_HISTORY:
        return None
    row, column = cells_of(positions(rows), frame)
    cube = week_counts(
        row * frame.shape[1] + column, moments(each["reported_at"] for each in rows),
        n_units=studied.size, start=moments([first])[0], weeks=weeks,
    )  # fmt: skip
    near = CellNeighbours(frame.shape, DISTANCE_M / frame.cell_m, studied=studied)
    return emerging_hot_spots(cube.reshape(weeks, *frame.shape), near, rate=RATE)
