"""Accepted borders take effect on their day: at start-up, and on the first request or command of that day."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import Engine

from geodata.errors import QingtuError
from service.borders.carrying_out import carry_out_due
from service.borders.current import BusyError, OfficeZones
from service.borders.queries import list_due, update_change
from service.clock import office_day
from service.words import said

if TYPE_CHECKING:
    from service.clock import Clock

log = structlog.get_logger("qingtu.borders")
_RETRY_S = 60.0


@dataclass(frozen=True, slots=True)
class Carried:
    """Which due changes took effect, and which still wait because something was in the way."""

    done: tuple[UUID, ...]
    waiting: tuple[UUID, ...]


def carry_out_all_due(engine: Engine, *, zones: OfficeZones, clock: Clock) -> Carried:
    """Carry out every accepted change whose day has come, each in its own transaction.

    A change that does not fit any more is left waiting with its problem written beside it: it must not
    keep the office from working.
    """
    now = clock.now()
    with engine.connect() as connection:
        due = list_due(connection, today=office_day(now))
    done, waiting = [], []
    for change_id in due:
        try:
            with engine.begin() as connection:
                if carry_out_due(connection, change_id, zones=zones, now=now):
                    done.append(change_id)
        except QingtuError as error:
            waiting.append(change_id)
            log.error("borders_not_applied", change=str(change_id), kind=type(error).__name__)
            if not isinstance(error, BusyError):
                with engine.begin() as connection:
                    update_change(connection, change_id, problem=said(error)[:2000])
    return Carried(tuple(done), tuple(waiting))


class DueBorders:
    """Asks once per office day whether a change of borders is due; cheap to ask at every request."""

    def __init__(self, engine: Engine, *, zones: OfficeZones, clock: Clock) -> None:
        self._engine, self._zones, self._clock = engine, zones, clock
        self._lock = threading.Lock()
        self._settled: date | None = None
        self._not_before = 0.0

    def settle(self) -> None:
        """Carry out what is due; returns at once when this was done today, or failed a moment ago."""
        today = office_day(self._clock.now())
        if self._settled == today or time.monotonic() < self._not_before:
            return
        with self._lock:
            if self._settled == today or time.monotonic() < self._not_before:
                return
            carried = carry_out_all_due(self._engine, zones=self._zones, clock=self._clock)
            if carried.waiting:
                self._not_before = time.monotonic() + _RETRY_S
            else:
                self._settled = today
