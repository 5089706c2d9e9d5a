"""Undo what an import did to a register: the places it made go, those it changed become what they were.

Each changed place carries its whole former row in its history; that row is put back, version and all.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select, text
from sqlalchemy.orm import aliased

from service.errors import Conflict
from service.store.tables import Import, Inspection, Place, PlaceVersion, PositionMove, Register
from service.words import tr

_COLUMNS = [column.name for column in Place.__table__.columns if column.name not in ("id", "shape")]
# Of several changes of one place by the import, the state before the first is the former one.
_RESTORE = text(
    f"""
    update places p set ({", ".join(_COLUMNS)}, shape) = (
        select {", ".join(f"r.{name}" for name in _COLUMNS)}, v.before_shape
        from jsonb_populate_record(null::places, v.before) r
    )
    from (
        select distinct on (place_id) place_id, before, before_shape from place_versions
        where import_id = :import_id and before is not null order by place_id, id
    ) v
    where p.id = v.place_id
    """  # noqa: S608 - names of our own columns
)


def count_touched(connection: Connection, import_id: UUID) -> int:
    """Return how many places of an import people reviewed or inspected since.

    Raises
    ------
    Conflict
        If a later list changed its places: that list must be undone first.
    """
    later = aliased(PlaceVersion, name="later")
    by_lists = connection.scalar(
        select(func.count(func.distinct(later.place_id)))
        .join(Import, Import.id == later.import_id)
        .where(_touched(later, import_id), later.import_id != import_id, Import.undone_at.is_(None))
    )
    if by_lists:
        raise Conflict(
            tr(
                f"后来的清单又改过其中 {by_lists} 处，请先撤销后来的导入",
                f"a later list changed {by_lists} of its places: undo that import first",
            )
        )
    by_people = connection.scalar(
        select(func.count(func.distinct(later.place_id))).where(
            _touched(later, import_id), later.import_id.is_(None)
        )
    )
    inspected = connection.scalar(
        select(func.count(func.distinct(Inspection.place_id)))
        .join(Place, Place.id == Inspection.place_id)
        .where(
            Place.import_id == import_id,
            or_(Inspection.import_id.is_(None), Inspection.import_id != import_id),
        )
    )
    return int(by_people or 0) + int(inspected or 0)


def require_undoable(connection: Connection, import_id: UUID, *, force: bool) -> None:
    """Raise if something came after the import that its undoing would break.

    Raises
    ------
    Conflict
        If a later list changed its places (never possible: undo that list first), or people looked at or
        inspected them and `force` is not given.
    """
    touched = count_touched(connection, import_id)
    if touched and not force:
        raise Conflict(
            tr(
                f"其中 {touched} 处已有人核对或检查过；确定要一起撤销，请再次确认（force）",
                f"{touched} of its places were reviewed or inspected; confirm (force) to undo that too",
            ),
            fields=[("force", str(touched))],
        )


def _touched(later: Any, import_id: UUID) -> ColumnElement[bool]:
    first = (
        select(PlaceVersion.id)
        .where(
            PlaceVersion.place_id == later.place_id,
            PlaceVersion.import_id == import_id,
            PlaceVersion.id < later.id,
        )
        .correlate(later)
    )
    return exists(first)


def undo_register(connection: Connection, import_id: UUID) -> int:
    """Take an import's changes of a register back and return how many places went; call `require_undoable` first.

    Places that another list in force has too must have gone over to it before.
    """
    connection.execute(_RESTORE, {"import_id": import_id})
    first = (
        select(
            func.min(PlaceVersion.id).label("id"),
            func.min(PlaceVersion.version).label("version"),
            PlaceVersion.place_id,
        )
        .where(PlaceVersion.import_id == import_id, PlaceVersion.before.is_not(None))
        .group_by(PlaceVersion.place_id)
        .subquery()
    )
    # What people did to these places afterwards goes with the change it was built on.
    later = select(PlaceVersion.id).join(
        first, and_(first.c.place_id == PlaceVersion.place_id, PlaceVersion.id >= first.c.id)
    )
    moves = select(PositionMove.id).join(
        first, and_(first.c.place_id == PositionMove.place_id, PositionMove.version >= first.c.version)
    )
    connection.execute(delete(PositionMove).where(PositionMove.id.in_(moves)))
    connection.execute(delete(PlaceVersion).where(PlaceVersion.id.in_(later)))
    removed = connection.execute(delete(Place).where(Place.import_id == import_id)).rowcount
    lists = exists(
        select(Import.id).where(
            Import.register_id == Register.id, Import.undone_at.is_(None), Import.id != import_id
        )
    )
    connection.execute(
        delete(Register).where(
            Register.id.in_(select(Import.register_id).where(Import.id == import_id)),
            ~exists(select(Place.id).where(Place.register_id == Register.id)), ~lists,
        )
    )  # fmt: skip
    return removed
