"""One week in numbers: counts per command and community, rates, change since the week before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from service.clock import day_start, office_day

FIGURES = ("filed", "closed", "open", "late")


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday of the office; `until` is the cut-off: the week's end, or now if that is sooner."""

    monday: date
    since: datetime
    until: datetime
    running: bool

    @property
    def sunday(self) -> date:
        """Return the last day."""
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> Week:
        """Return the week before, cut off after the same span, so that the two compare."""
        span = timedelta(days=7)
        return Week(self.monday - span, self.since - span, self.until - span, self.running)


def week_of(day: date, *, now: datetime) -> Week:
    """Return the week that holds a day; a week after today becomes the running one."""
    today = office_day(now)
    day = min(day, today)
    monday = day - timedelta(days=day.weekday())
    since, end = day_start(monday), day_start(monday + timedelta(days=7))
    # Exclusive, like the week's end; what is filed at this very moment (a still clock) still counts.
    return Week(monday, since, min(end, now + timedelta(microseconds=1)), now < end)


def matrix(
    rows: Sequence[Mapping[str, Any]], *, commands: Sequence[str], communities: Sequence[str]
) -> dict[tuple[str, str], dict[str, int]]:
    """Return (command, community) -> figures; "*" holds the sums, "" what belongs to no known one."""
    cells: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        command = row["command"] if row["command"] in commands else ""
        community = row["community"] if row["community"] in communities else ""
        for key in ((command, community), (command, "*"), ("*", community), ("*", "*")):
            cell = cells.setdefault(key, dict.fromkeys(FIGURES, 0))
            for name in FIGURES:
                cell[name] += row[name]
    return cells


def rates(numbers: Mapping[str, int]) -> dict[str, float | int | None]:
    """Return the week's rates; None where there is nothing to divide by.

    Notes
    -----
    应结案数 = 立案数 − 按时待处置数; 结案率 = 结案数 ÷ 应结案数; 按期结案率 = 按期结案数 ÷ 应结案数;
    返工率 = 返工数 ÷ 立案数.

    Examples
    --------
    >>> found = rates({"filed": 996, "pending": 24, "closed": 911, "in_time": 737, "returned": 0})
    >>> found["due"], round(found["closed_rate"] * 100, 2), round(found["in_time_rate"] * 100, 2)
    (972, 93.72, 75.82)
    """
    due = numbers["filed"] - numbers["pending"]
    return {
        **numbers,
        "due": due,
        "closed_rate": numbers["closed"] / due if due else None,
        "in_time_rate": numbers["in_time"] / due if due else None,
        "returned_rate": numbers["returned"] / numbers["filed"] if numbers["filed"] else None,
    }
