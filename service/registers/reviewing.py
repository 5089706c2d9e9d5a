"""What people decide of places that a list lacks: still open, closed for a reason, or merged into another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection, select, update

from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.advancing import require_version
from service.errors import Conflict, NotFound, Refused
from service.fields import Body, Words
from service.registers.records import Act, PlaceEvent, remember
from service.store.tables import Place
from service.words import tr


class Review(Body):
    """A decision; closing needs a reason, merging the place that it is."""

    decision: Literal["open", "closed", "merged", "other"]
    reason: Words = ""
    merged_into: Annotated[UUID | None, Field(strict=False)] = None


def review_place(
    connection: Connection, place_id: UUID, review: Review, *, scope: Scope, at: datetime, version: int | None
) -> None:
    """Carry out a decision on a place, with its history and audit row.

    `other` says that a new place is none of those it was asked about.

    Raises
    ------
    NotFound, StaleVersion
        If the place (or the one it is merged into) is absent or invisible, or changed since it was read.
    Refused
        If a reason or the other place is missing, or it is the place itself.
    Conflict
        If the other place is itself closed or merged.
    """
    scope.require("keep_register")
    query = (
        select(Place.id, Place.status, Place.version, Place.question)
        .where(Place.id == place_id, scope.place_filter(Place))
        .with_for_update()
    )
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFound(tr("没有这个场所", "no such place"))
    require_version(found["version"], version)
    reason = review.reason.strip()
    if review.decision == "closed" and not reason:
        raise Refused(
            tr("请写明关停原因", "give the reason"), fields=[("body.reason", tr("缺少", "missing"))]
        )
    target = _target(connection, place_id, review, scope) if review.decision == "merged" else None
    status = {"open": "active", "closed": "closed", "merged": "closed", "other": found["status"]}[
        review.decision
    ]
    event = "merged" if target else "reviewed"
    remember(
        connection,
        [PlaceEvent(place_id, event, {"status": [found["status"], status]}, reason)],
        Act(scope.actor, at),
    )
    values = {
        "status": status, "status_reason": reason, "merged_into": target, "question": [], "updated_at": at,
        "version": Place.version + 1,
    }  # fmt: skip
    connection.execute(update(Place).where(Place.id == place_id).values(values))
    record(
        connection, actor=scope.actor, action="place_reviewed", object_type="place", object_id=str(place_id),
        detail={"decision": review.decision, "from": found["status"]},
    )  # fmt: skip


def _target(connection: Connection, place_id: UUID, review: Review, scope: Scope) -> UUID:
    if review.merged_into is None or review.merged_into == place_id:
        raise Refused(tr("请选择并入哪一处", "choose the place it is"), fields=[("body.merged_into", "")])
    query = select(Place.status).where(Place.id == review.merged_into, scope.place_filter(Place))
    status = connection.scalar(query)
    if status is None:
        raise NotFound(tr("没有要并入的场所", "no such place to merge into"))
    if status != "active":
        raise Conflict(tr("要并入的场所自己也已关停", "the place to merge into is itself closed"))
    return review.merged_into
