"""Time as an argument: the office's clock, which stands still in the demo.

All times are UTC with a zone; days are the office's days (Asia/Shanghai). Logins, locks and the
audit trail of a still clock keep real time: see `service.auth`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from geodata.worktime import OFFICE_ZONE

__all__ = ["OFFICE_ZONE"]


class Clock(Protocol):
    """Anything that tells the time in UTC."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class StillClock:
    """A clock that stands still, so that the demo's last week stays its last week."""

    at: datetime

    def now(self) -> datetime:
        """Return the moment at which the clock stands, in UTC."""
        return self.at.astimezone(UTC)


def office_day(moment: datetime) -> date:
    """Return the office's calendar day of a moment.

    Examples
    --------
    >>> office_day(datetime(2017, 6, 30, 17, 0, tzinfo=UTC)).isoformat()
    '2017-07-01'
    """
    return moment.astimezone(OFFICE_ZONE).date()


def day_start(day: date) -> datetime:
    """Return the first moment of an office day, in UTC."""
    return datetime.combine(day, time(), OFFICE_ZONE).astimezone(UTC)


def day_end(day: date) -> datetime:
    """Return the first moment after an office day, in UTC."""
    return day_start(day + timedelta(days=1))
