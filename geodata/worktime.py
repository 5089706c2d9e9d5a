"""Office time: the four clocks in which limits are stated, and how to count along them.

First form: workdays are Monday to Friday; public holidays and their exchange days are not known yet.
Not for reading the time of day: callers pass the moments in.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from geodata.kinds import LimitKind

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
# 工作时: the office's opening hours; one 工作日 is eight of them.
OPENING_HOURS = ((time(8), time(12)), (time(14), time(18)))
HOURS_PER_DAY = 8.0


def add_limit(start: datetime, value: float, clock: LimitKind) -> datetime | None:
    """Return the moment at which a limit is used up, in office time; None for 不立案.

    Parameters
    ----------
    start
        With its time zone; the clocks of working time wait for the next opening.
    value
        Hours for 紧急工作时 (which never stop) and 工作时, days for 工作日 and 自然日.

    Examples
    --------
    >>> friday = datetime(2017, 6, 30, 17, 0, tzinfo=OFFICE_ZONE)
    >>> add_limit(friday, 2, "工作时").isoformat(), add_limit(friday, 2, "紧急工作时").isoformat()
    ('2017-07-03T09:00:00+08:00', '2017-06-30T19:00:00+08:00')
    """
    local = start.astimezone(OFFICE_ZONE)
    if clock == "紧急工作时":
        return local + timedelta(hours=value)
    if clock == "自然日":
        return local + timedelta(days=value)
    if clock == "工作时":
        return add_working_hours(local, value)
    if clock == "工作日":
        return add_working_hours(local, value * HOURS_PER_DAY)
    return None


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
