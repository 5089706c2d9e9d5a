"""What a case was before it was moved, as SQL for reports of the past.

A report of the past is told with the owner and the position of before the first move after its cut-off, by
new borders (`CaseMove`) or by a person or corrected names (`PositionMove`); both count in one sequence.

What waited to be placed had no position to be corrected: where it was put holds for the past too, as for
every record that arrives late.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select, union_all

from service.store.tables import Case, CaseMove, PositionMove


def owner_before(moment: datetime, what: Literal["community", "seen_by"]) -> Select[Any]:
    """Return the query for a case's owner just before a moment; no row when nothing moved it since."""
    # Indexes ix_case_moves_case_id_at and ix_position_moves_case_id_number.
    by_borders = select(
        CaseMove.id.label("number"), CaseMove.from_community.label("community"), CaseMove.seen_by
    )
    by_place = select(PositionMove.number, PositionMove.before["community_code"].astext, PositionMove.seen_by)
    every = union_all(
        by_borders.where(
            CaseMove.case_id == Case.id, CaseMove.outcome == "moved", CaseMove.at >= moment
        ).correlate(Case),
        by_place.where(*_corrected(moment)).correlate(Case),
    ).subquery("changed_since")
    return select(every.c[what]).order_by(every.c.number).limit(1)


def shape_before(moment: datetime) -> ColumnElement[Any]:
    """Return a case's geometry just before a moment, None when it was not placed."""
    was = select(PositionMove.before_shape).where(*_corrected(moment)).order_by(PositionMove.number).limit(1)
    return func.coalesce(was.correlate(Case).scalar_subquery(), Case.shape)


def corrected_since(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for cases that were placed and then moved at or after a moment."""
    return select(PositionMove.id).where(*_corrected(moment)).correlate(Case).exists()


def _corrected(moment: datetime) -> list[ColumnElement[bool]]:
    return [
        PositionMove.case_id == Case.id, PositionMove.at >= moment,
        PositionMove.before["placement"].astext == "located",
    ]  # fmt: skip
