"""What the gazetteer learns of a move, and how it forgets it again.

The text of a case, the address and the name of a place become aliases: from then on the geocoder answers
the same text with the new position. Each is kept with what the text meant before, so that undoing the move
brings that back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, insert, null, select, update

from service.review.aliases import alias_key, save_alias
from service.store.tables import Alias, MoveAlias, PositionMove

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_KEPT = ("case_id", "created_by", "created_at", "move_id")


def learn(
    connection: Connection,
    move_id: UUID,
    text: str,
    *,
    geometry_m: BaseGeometry,
    srid: int,
    case_id: UUID | None,
    actor: str,
) -> bool:
    """Teach the geocoder where a text is and keep what it meant before; False when there is no text."""
    key = alias_key(text)
    if not key:
        return False
    former = connection.execute(
        select(Alias.__table__).where(Alias.text == key).with_for_update()
    ).one_or_none()
    before: Any = {name: _plain(getattr(former, name)) for name in _KEPT} if former else null()
    connection.execute(
        insert(MoveAlias).values(
            move_id=move_id, text=key, before=before, before_shape=former.shape if former else None
        )
    )
    return save_alias(
        connection, text, geometry_m=geometry_m, srid=srid, case_id=case_id, actor=actor, move_id=move_id
    )


def unlearn(connection: Connection, move_id: UUID) -> list[str]:
    """Give the texts that a move taught their former meaning again, or none; return these texts.

    What somebody else said of a text since then stays.
    """
    query = (
        select(MoveAlias.text, MoveAlias.before, MoveAlias.before_shape)
        .join(Alias, (Alias.text == MoveAlias.text) & (Alias.move_id == move_id))
        .where(MoveAlias.move_id == move_id)
        .order_by(MoveAlias.text)
    )
    rows = connection.execute(query).all()
    for text, before, shape in rows:
        if before is None:
            connection.execute(delete(Alias).where(Alias.text == text))
            continue
        # The newest time tells other processes that something changed: see `OfficeGeocoder`.
        values = {
            "shape": shape, "created_by": before["created_by"], "created_at": datetime.now(UTC),
            "case_id": _id(before["case_id"]), "move_id": _standing(before["move_id"]),
        }  # fmt: skip
        connection.execute(update(Alias).where(Alias.text == text).values(values))
    return [row.text for row in rows]


def learned_texts(connection: Connection, move_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Return the texts that moves taught, by move."""
    query = select(MoveAlias.move_id, MoveAlias.text).where(MoveAlias.move_id.in_(move_ids))
    found: dict[UUID, list[str]] = {}
    for move_id, text in connection.execute(query.order_by(MoveAlias.text)):
        found.setdefault(move_id, []).append(text)
    return found


def _plain(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


def _standing(move_id: str | None) -> ColumnElement[UUID] | None:
    """Return a move's id if its record still exists: an import that was undone took it along."""
    return (
        select(PositionMove.id).where(PositionMove.id == UUID(move_id)).scalar_subquery() if move_id else None
    )


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None
