"""Undo an imported list of results: its inspections, the problems they opened, the places it added."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, exists, select, update

from service.inspections.ladder import OPEN
from service.registers.undoing import undo_register
from service.store.tables import Case, Inspection, Ladder, LadderStep


def undo_results(connection: Connection, import_id: UUID) -> int:
    """Take a list of results back and return how many inspections went; places it added go as well.

    Ladders fall back to their last step that is left; one without any goes.
    """
    mine = select(Inspection.id).where(Inspection.import_id == import_id)
    ladders = list(
        connection.scalars(select(LadderStep.ladder_id).where(LadderStep.inspection_id.in_(mine)).distinct())
    )
    connection.execute(delete(LadderStep).where(LadderStep.inspection_id.in_(mine)))
    for ladder_id in ladders:
        last = connection.execute(
            select(LadderStep.state, LadderStep.at)
            .where(LadderStep.ladder_id == ladder_id)
            .order_by(LadderStep.at.desc(), LadderStep.id.desc())
            .limit(1)
        ).one_or_none()
        steps = len(connection.scalars(select(LadderStep.id).where(LadderStep.ladder_id == ladder_id)).all())
        if last is None:
            connection.execute(delete(Ladder).where(Ladder.id == ladder_id))
            continue
        place = select(Ladder.place_id).where(Ladder.id == ladder_id).scalar_subquery()
        other = select(Ladder.id).where(
            Ladder.place_id == place, Ladder.id != ladder_id, Ladder.state.in_(OPEN)
        )
        # A ladder begun meanwhile stays the open one.
        if last.state not in OPEN or not connection.scalar(select(exists(other))):
            connection.execute(
                update(Ladder)
                .where(Ladder.id == ladder_id)
                .values(state=last.state, updated_at=last.at, version=steps)
            )
    connection.execute(delete(Case).where(Case.import_id == import_id))
    removed = connection.execute(delete(Inspection).where(Inspection.import_id == import_id)).rowcount
    undo_register(connection, import_id)
    return removed
