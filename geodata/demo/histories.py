"""The life of a case: when it was reported, and how it went on until the demo clock stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.demo.scene import Chooser
from geodata.kinds import Kind
from geodata.worktime import add_limit

BEIJING = dt.timezone(dt.timedelta(hours=8))
HOURS_PER_UNIT = {"紧急工作时": 1.0, "工作时": 2.2, "工作日": 30.0, "自然日": 24.0, "不立案": 1.0}
# How far through its own life a case is accepted, dispatched, rectified; it ends with the verification.
SHARES = {"accepted": 0.06, "dispatched": 0.12, "rectified": 0.75, "closed": 1.0}
# A punctual unit (pace 1) closes a case at this share of its limit in the middle, with this spread.
USED, SPREAD = 0.62, 0.35


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a case."""

    state: str
    at: dt.datetime
    actor: str


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


def after(start: dt.datetime, kind: Kind, share: float) -> dt.datetime:
    """Return the moment at which a share of a kind's limit is used up, by the limit's own clock."""
    value, clock = (kind.limit_value, kind.limit_kind) if kind.limit_value else (1.0, "工作日")
    moment = add_limit(start, value * share, clock) or add_limit(start, share, "工作日")
    assert moment is not None
    return moment


def live(
    kind: Kind, reported: dt.datetime, *, until: dt.datetime, pace: float, stuck: bool, cancelled: bool,
    actors: Mapping[str, str], chooser: Chooser,
) -> list[Event]:  # fmt: skip
    """Return a case's steps up to the demo clock.

    Parameters
    ----------
    kind
        Its limit, counted by its own clock, sets how long the unit takes, times the unit's `pace`.
    reported
        When it was reported, with its time zone.
    until
        The demo clock; later steps have not happened.
    pace
        1.0 for a punctual unit; about 1.6 is late as often as not.
    stuck
        The case waits days or weeks for its unit after it was dispatched.
    cancelled
        Found to be no problem, or a repeat.
    actors
        Name for the roles reporter, office, unit and verifier.
    """
    used = USED * pace * float(np.exp(chooser.rng.normal(0.0, SPREAD)))
    waited = dt.timedelta(days=float(np.exp(chooser.rng.normal(3.3, 0.8)))) if stuck else dt.timedelta()
    steps = [Event("reported", reported, actors["reporter"])]
    if cancelled:
        steps.append(Event("cancelled", after(reported, kind, SHARES["accepted"]), actors["office"]))
    else:
        doers = {"rectified": actors["unit"], "closed": actors["verifier"]}
        for state, share in SHARES.items():
            begun = reported + waited if state in doers else reported
            steps.append(Event(state, after(begun, kind, used * share), doers.get(state, actors["office"])))
    return [
        Event(step.state, step.at.replace(microsecond=0), step.actor) for step in steps if step.at <= until
    ]


def state_of(history: Sequence[Event]) -> str:
    """Return the state a case is in."""
    return history[-1].state
