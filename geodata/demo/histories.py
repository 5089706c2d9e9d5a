"""The life of a case: when it was reported, and how it went on until the demo clock stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.demo.scene import Chooser
from geodata.kinds import Kind

BEIJING = dt.timezone(dt.timedelta(hours=8))
HOURS_PER_UNIT = {"紧急工作时": 1.0, "工作时": 2.2, "工作日": 30.0, "自然日": 24.0, "不立案": 1.0}


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a case."""

    state: str
    at: dt.datetime
    actor: str


def into_work(at: dt.datetime) -> dt.datetime:
    """Return the same moment, or the next morning at half past eight if it lies in the evening or night."""
    if at.hour >= 19:
        at = (at + dt.timedelta(days=1)).replace(hour=8, minute=30 + at.minute // 3)
    elif at.hour < 8:
        at = at.replace(hour=8, minute=30 + at.minute // 3)
    return at


def report_times(
    table: Mapping[str, Any], start: dt.date, until: dt.datetime, rng: np.random.Generator
) -> list[tuple[int, dt.datetime]]:
    """Return (week, time) of every report in the order of time, none after `until`."""
    weeks, days = np.asarray(table["weeks"]), np.asarray(table["weekdays"])
    hours = np.asarray([int(hour) for hour in table["hours"]])
    share = np.asarray(list(table["hours"].values()), dtype=float)
    rate = (weeks[:, None] * days[None, :]).ravel()
    last = (until.date() - start).days
    rate[last + 1 :] = 0.0
    rate[last] *= share[hours < until.hour].sum() / share.sum()
    day = np.sort(rng.choice(len(rate), size=table["problems"], p=rate / rate.sum()))
    times = []
    for number in day.tolist():
        open_hours = share * (hours < until.hour) if number == last else share
        hour = int(rng.choice(hours, p=open_hours / open_hours.sum()))
        clock = dt.time(hour, int(rng.integers(60)), int(rng.integers(60)), tzinfo=BEIJING)
        times.append((number // 7, dt.datetime.combine(start + dt.timedelta(days=number), clock)))
    return sorted(times)


def limit_hours(kind: Kind) -> float:
    """Return a kind's limit roughly in hours by the wall clock, nights of work days included."""
    return (kind.limit_value or 24.0) * HOURS_PER_UNIT[kind.limit_kind]


def live(
    kind: Kind, reported: dt.datetime, *, until: dt.datetime, pace: float, stuck: bool, cancelled: bool,
    actors: Mapping[str, str], chooser: Chooser,
) -> list[Event]:  # fmt: skip
    """Return a case's steps up to the demo clock.

    Parameters
    ----------
    kind
        Its limit sets how long the unit takes, times the unit's `pace`.
    reported
        When it was reported, with its time zone.
    until
        The demo clock; later steps have not happened.
    pace
        1.0 is about the limit's median use for the slowest punctual unit.
    stuck
        The unit does not finish it within the campaign.
    cancelled
        Found to be no problem, or a repeat.
    actors
        Name for the roles reporter, office, unit and verifier.
    """
    steps = [Event("reported", reported, actors["reporter"])]
    at = into_work(reported + dt.timedelta(hours=chooser.between(0.2, 6.0)))
    if cancelled:
        steps.append(Event("cancelled", at, actors["office"]))
    else:
        steps.append(Event("accepted", at, actors["office"]))
        at = into_work(at + dt.timedelta(hours=chooser.between(0.1, 2.0)))
        steps.append(Event("dispatched", at, actors["office"]))
        spread = float(np.exp(chooser.rng.normal(0.0, 0.55)))
        hours = max(limit_hours(kind) * pace * spread, 0.4) * (60.0 if stuck else 1.0)
        at = into_work(at + dt.timedelta(hours=min(hours + (700.0 if stuck else 0.0), 4000.0)))
        steps.append(Event("rectified", at, actors["unit"]))
        at = into_work(at + dt.timedelta(hours=chooser.between(4.0, 60.0)))
        steps.append(Event("closed", at, actors["verifier"]))
    return [
        Event(step.state, step.at.replace(microsecond=0), step.actor) for step in steps if step.at <= until
    ]


def state_of(history: Sequence[Event]) -> str:
    """Return the state a case is in."""
    return history[-1].state
