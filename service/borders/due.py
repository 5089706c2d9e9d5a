"""Accepted borders take effect on their day: at start-up, and on the first request or command of that day."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import Engine

from geodata.errors import QingtuError
from service.borders.current import OfficeZones
from service.borders.deciding import carry_out_due
from service.borders.queries import list_due, update_change
from service.clock import office_day

if TYPE_CHECKING:
    from service.clock import Clock

log = structlog.get_logger("qingtu.borders")


def carry_out_all_due(engine: Engine, *, zones: OfficeZones, clock: Clock) -> list[UUID]:
    """Carry out every accepted change whose day has come, each in its own transaction; return their ids.

    A change that does not fit any more is left waiting with its problem written beside it: it must not
    keep the office from working.
    """
    now = clock.now()
    with engine.connect() as connection:
        due = list_due(connection, today=office_day(now))
    done = []
    for change_id in due:
        try:
            with engine.begin() as connection:
                if carry_out_due(connection, change_id, zones=zones, now=now):
                    done.append(change_id)
        except QingtuError as error:
            log.error("borders_not_applied", change=str(change_id), kind=type(error).__name__)
            with engine.begin() as connection:
                update_change(connection, change_id, problem=str(error)[:2000])
    return done


class DueBorders:
    """Asks once per office day whether a change of borders is due; cheap to ask at every request."""

    def __init__(self, engine: Engine, *, zones: OfficeZones, clock: Clock) -> None:
        self._engine, self._zones, self._clock = engine, zones, clock
        self._lock = threading.Lock()
        self._settled: date | None = None

    def settle(self) -> None:
        """Carry out what is due; returns at once when this was done today."""
        today = office_day(self._clock.now())
        if self._settled == today:
            return
        with self._lock:
            if self._settled != today:
                carry_out_all_due(self._engine, zones=self._zones, clock=self._clock)
                self._settled = today
