"""When a case is due: a kind's limit counted by its clock (see `geodata.worktime`)."""

from __future__ import annotations

from datetime import datetime

from geodata.kinds import KindTable
from geodata.worktime import add_limit


def due_at(kinds: KindTable, kind: str, start: datetime) -> datetime | None:
    """Return when a case of a kind is due; None for an unclassified one or one without a limit.

    Parameters
    ----------
    kind
        Code, "" when unclassified.
    start
        When the case was reported, with its time zone, which the answer keeps.
    """
    if not kind:
        return None
    entry = kinds.kind(kind)
    if entry.limit_value is None:
        return None
    due = add_limit(start, entry.limit_value, entry.limit_kind)
    return due.astimezone(start.tzinfo) if due else None
