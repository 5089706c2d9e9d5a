"""A person says that a place stays where a person put it, although a list puts it elsewhere."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.advancing import require_version
from service.errors import Conflict, NotFound
from service.registers.records import Act, PlaceEvent, remember
from service.store.tables import Place
from service.words import tr


def keep_position(
    connection: Connection, place_id: UUID, *, scope: Scope, at: datetime, version: int | None
) -> None:
    """Say that a place stays where a person put it.

    Raises
    ------
    Forbidden
        If the role may not place.
    NotFound, StaleVersion
        If the place is absent or invisible, or changed since it was read.
    Conflict
        If nothing is asked about it.
    """
    scope.require("place")
    query = select(Place.version, Place.listed).where(Place.id == place_id, scope.place_filter(Place))
    found = connection.execute(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(tr("没有这个场所", "no such place"))
    require_version(found.version, version)
    if not found.listed or not found.listed.get("open"):
        raise Conflict(tr("没有要核对的位置", "no position is asked about"))
    note = tr("保留人工标注的位置", "the position set by a person stays")
    remember(connection, [PlaceEvent(place_id, "reviewed", {}, note)], Act(scope.actor, at))
    values = {"listed": {**found.listed, "open": False}, "version": Place.version + 1, "updated_at": at}
    connection.execute(update(Place).where(Place.id == place_id).values(values))
    record(
        connection, actor=scope.actor, action="place_position_kept", object_type="place", object_id=str(place_id)
    )  # fmt: skip
