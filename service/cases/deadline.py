"""When a case is due: a kind's limit counted by one of four clocks.

First form: workdays are Monday to Friday; public holidays and their exchange days are not known yet.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from geodata.kinds import KindTable
from service.clock import OFFICE_ZONE

# 工作时: the office's opening hours; one 工作日 is eight of them.
OPENING_HOURS = ((time(8), time(12)), (time(14), time(18)))
HOURS_PER_DAY = 8.0


def due_at(kinds: KindTable, kind: str, start: datetime) -> datetime | None:
    """Return when a case of a kind is due, UTC; None for an unclassified one or one without a limit.

    Parameters
    ----------
    kind
        Code, "" when unclassified.
    start
        When the case was reported; the clock of working hours waits for the next opening.
    """
    if not kind:
        return None
    entry = kinds.kind(kind)
    if entry.limit_value is None:
        return None
    local = start.astimezone(OFFICE_ZONE)
    if entry.limit_kind == "紧急工作时":
        due = local + timedelta(hours=entry.limit_value)
    elif entry.limit_kind == "自然日":
        due = local + timedelta(days=entry.limit_value)
    elif entry.limit_kind == "工作时":
        due = add_working_hours(local, entry.limit_value)
    elif entry.limit_kind == "工作日":
        due = add_working_hours(local, entry.limit_value * HOURS_PER_DAY)
    else:
        return None
    return due.astimezone(start.tzinfo)


def add_working_hours(start: datetime, hours: float) -> datetime:
    """Return the moment at which that many working hours have passed since `start` (office time).

    Examples
    --------
    >>> friday = datetime(2017, 6, 30, 17, 0, tzinfo=OFFICE_ZONE)
    >>> add_working_hours(friday, 2).isoformat()
    '2017-07-03T09:00:00+08:00'
    """
    left = timedelta(hours=hours)
    day = start.date()
    while True:
        for opens, closes in OPENING_HOURS if day.weekday() < 5 else ():
            begin = max(start, datetime.combine(day, opens, OFFICE_ZONE))
            end = datetime.combine(day, closes, OFFICE_ZONE)
            if begin >= end:
                continue
            if left <= end - begin:
                return begin + left
            left -= end - begin
        day += timedelta(days=1)
