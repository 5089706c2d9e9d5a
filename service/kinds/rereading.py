"""Reading the undecided cases anew after a rule changed: first what would change, then the change.

Only open cases whose kind the rules left undecided are read; what a list stated, what was certain and
what a person chose stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from service.audit.trail import record
from service.cases.filters import OPEN_STATES
from service.kinds.choosing import add_sibling, set_kind
from service.kinds.reading import RecordKinds, read_kinds
from service.kinds.table import CurrentKinds
from service.store.tables import Case

UNDECIDED = ("none", "likely")
_COLUMNS = (
    Case.id, Case.number, Case.source_key, Case.sibling_of, Case.kind, Case.kind_sure, Case.command, Case.description,
    Case.location_text, Case.place_name, Case.place_class, Case.reported_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """An undecided case and what it reads as now."""

    case: RowMapping
    kinds: RecordKinds


@dataclass(frozen=True, slots=True)
class Reading:
    """All that reading anew changes: cases asked, and the changes."""

    undecided: int
    changes: tuple[Change, ...]
    more_cases: int = 0

    @property
    def still_undecided(self) -> int:
        """Return how many wait for a person afterwards."""
        decided = sum(change.kinds.main.sure not in UNDECIDED for change in self.changes)
        return self.undecided - decided


def place_words(case: Any) -> str:
    """Return what a case says of its place, as the rules read it at the import."""
    return " ".join(filter(None, (case["location_text"], case["place_name"], case["place_class"])))


def read_anew(connection: Connection, kinds: CurrentKinds, *, lock: bool = False) -> Reading:
    """Return what would change; `lock` holds the cases until commit, for carrying it out."""
    query = (
        select(*_COLUMNS)
        # Index ix_cases_kind_sure.
        .where(Case.kind_sure.in_(UNDECIDED), Case.state.in_(OPEN_STATES))
        .order_by(Case.id)
    )
    rows = list(connection.execute(query.with_for_update() if lock else query).mappings())
    changes = []
    for row in rows:
        found = read_kinds(
            row["description"], place=place_words(row), place_class=row["place_class"], kinds=kinds
        )
        if (found.main.kind, found.main.sure) != (row["kind"], row["kind_sure"]):
            changes.append(Change(row, found))
    more = sum(len(change.kinds.more) for change in changes)
    return Reading(len(rows), tuple(changes), more)


def carry_out(
    connection: Connection, kinds: CurrentKinds, *, actor: str, now: datetime
) -> tuple[Reading, list[UUID]]:
    """Give the undecided cases the kinds they read as now; return the reading and the cases opened."""
    reading = read_anew(connection, kinds, lock=True)
    opened = []
    for change in reading.changes:
        set_kind(
            connection, change.case, change.kinds.main, options=change.kinds.options, kinds=kinds.table,
            actor=actor, step="kind_reread", now=now,
        )  # fmt: skip
        for choice in change.kinds.more:
            made = add_sibling(connection, change.case, choice, kinds=kinds.table, actor=actor, now=now)
            opened += [made] if made else []
    if reading.changes:
        record(
            connection, actor=actor, action="kinds_reread", object_type="case", object_id="",
            detail={"changed": len(reading.changes), "opened": len(opened)},
        )  # fmt: skip
    return reading, opened
