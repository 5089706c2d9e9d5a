"""Undo a whole import: afterwards the content is as if the file had never come.

A record that another import, still in force, brought as well stays and goes over to that import.
Cases on which somebody worked meanwhile stop the undoing until the user insists. What people
decided about location texts (aliases) is theirs and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Subquery, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from service.audit.trail import record
from service.errors import Conflict, NotFound
from service.inspections.undoing import undo_results
from service.intake.queries import find_import, lock_imports, mark_undone
from service.registers.undoing import count_touched, require_undoable, undo_register
from service.store.tables import Case, CaseEvent, Import, ImportRow, Inspection, Place
from service.words import tr

_NOBODYS_WORK = ("reported", "moved", "kept", "kind_reread", "placed", "relocated_by_names")
# What the rows of a list become.
_RECORDS: Mapping[str, Any] = {"problems": Case, "places": Place, "inspections": Inspection}


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undoing did: records removed, and records kept for another import."""

    import_id: UUID
    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class UndoEffect:
    """What undoing an import would do, before anybody decides."""

    removed: int
    kept: int
    worked_on: int


def foresee_undo(connection: Connection, import_id: UUID) -> UndoEffect:
    """Return what undoing an import would do; nothing is changed.

    Raises
    ------
    NotFound
        If there is no such import.
    Conflict
        If it was undone before, or a later list changed its places.
    """
    list_kind = _undoable(connection, import_id, lock=False)["list_kind"]
    table = _RECORDS[list_kind]
    whole = int(connection.scalar(select(func.count()).where(table.import_id == import_id)) or 0)
    kept = 0
    if list_kind != "inspections":
        heirs = _heirs(import_id, table)
        kept = int(connection.scalar(select(func.count()).select_from(heirs)) or 0)
        if table is Case:
            # The further cases of a row stay with its main one.
            siblings = select(func.count()).where(
                Case.import_id == import_id, Case.sibling_of.in_(select(heirs.c.record_id))
            )
            kept += int(connection.scalar(siblings) or 0)
    worked_on = _count_worked_on(connection, import_id)
    if list_kind != "problems":
        worked_on += count_touched(connection, import_id)
    return UndoEffect(removed=whole - kept, kept=kept, worked_on=worked_on)


def _undoable(connection: Connection, import_id: UUID, *, lock: bool) -> RowMapping:
    found = find_import(connection, import_id, lock=lock)
    if found is None:
        raise NotFound(tr("没有这次导入", "no such import"))
    if found["undone_at"] is not None:
        raise Conflict(tr("这次导入已经撤销过", "this import was undone before"))
    return found


def undo_import(connection: Connection, import_id: UUID, *, actor: str, force: bool = False) -> Undone:
    """Undo an import in the caller's transaction.

    Raises
    ------
    NotFound
        If there is no such import.
    Conflict
        If it was undone before, a later list changed its places, or somebody worked on its cases or
        places and `force` is not given.
    """
    lock_imports(connection)
    found = _undoable(connection, import_id, lock=True)
    list_kind = found["list_kind"]
    if list_kind != "problems":
        require_undoable(connection, import_id, force=force)
    worked_on = _count_worked_on(connection, import_id)
    if worked_on and not force:
        raise Conflict(
            tr(
                f"其中 {worked_on} 件已有人办理；确定要连同办理记录一起撤销，请再次确认（force）",
                f"{worked_on} of its cases were worked on; confirm (force) to remove them with their history",
            ),
            fields=[("force", str(worked_on))],
        )
    removed, kept = _remove(connection, import_id, list_kind)
    mark_undone(connection, import_id, datetime.now(UTC))
    record(
        connection, actor=actor, action="import_undone", object_type="import", object_id=str(import_id),
        detail={"removed": removed, "kept": kept, "worked_on": worked_on},
    )  # fmt: skip
    return Undone(import_id=import_id, removed=removed, kept=kept)


def _remove(connection: Connection, import_id: UUID, list_kind: str) -> tuple[int, int]:
    """Take the records of an import away; return how many went and how many stay for another import."""
    if list_kind == "inspections":
        return undo_results(connection, import_id), 0
    table = _RECORDS[list_kind]
    kept = _hand_over(connection, import_id, table)
    if list_kind == "places":
        return undo_register(connection, import_id), kept
    return connection.execute(delete(table).where(table.import_id == import_id)).rowcount, kept


def _count_worked_on(connection: Connection, import_id: UUID) -> int:
    """Return how many cases of an import have a step after their report.

    Moved borders and corrected names are nobody's work, and where a text is stays known as its alias.
    """
    query = (
        select(func.count(func.distinct(Case.id)))
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .where(Case.import_id == import_id, CaseEvent.state.not_in(_NOBODYS_WORK))
    )
    return int(connection.scalar(query) or 0)


def _heirs(import_id: UUID, table: Any) -> Subquery:
    """Return the records that another import in force brought too, with the oldest such import."""
    column = ImportRow.case_id if table is Case else ImportRow.place_id
    return (
        select(column.label("record_id"), ImportRow.import_id)
        .join(Import, Import.id == ImportRow.import_id)
        .join(table, table.id == column)
        .where(Import.undone_at.is_(None), Import.id != import_id, table.import_id == import_id)
        .order_by(column, Import.created_at)
        .ext(distinct_on(column))
        .subquery()
    )


def _hand_over(connection: Connection, import_id: UUID, table: Any) -> int:
    """Give records that another import in force brought too to the oldest such import; return how many."""
    heirs = _heirs(import_id, table)
    statement = update(table).where(table.id == heirs.c.record_id).values(import_id=heirs.c.import_id)
    kept = connection.execute(statement).rowcount
    return kept + (_siblings_follow(connection, import_id) if table is Case else 0)


def _siblings_follow(connection: Connection, import_id: UUID) -> int:
    """Give the further cases of a row to the import that its main case went to; return how many."""
    main = aliased(Case)
    statement = (
        update(Case)
        .where(Case.sibling_of == main.id, Case.import_id == import_id, main.import_id != import_id)
        .values(import_id=main.import_id)
    )
    return connection.execute(statement).rowcount
