"""The last move of a record is taken back by a new one: position, owner, and what was learned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy import Connection, RowMapping

from service.auth.scope import Scope
from service.errors import Conflict
from service.intake.placing import COORDINATE_UNCERTAINTY_M
from service.moving.acting import SAME_M, Done, lock_visible, settle_lists
from service.moving.learning import unlearn
from service.moving.model import UndoOrder
from service.moving.queries import borders_changed_since, find_record, last_move, list_batch, lock_record
from service.moving.records import RecordKind, move_record
from service.store.shapes import from_store
from service.words import tr

if TYPE_CHECKING:
    from geodata.zones import ZoneAnswer, ZoneTree
    from service.deps import Service


def undo_last(
    connection: Connection,
    kind: RecordKind,
    record_id: UUID,
    order: UndoOrder,
    *,
    scope: Scope,
    service: Service,
    version: int | None,
) -> Done:
    """Bring a record back to where it was before its last move, by a new move.

    Raises
    ------
    Forbidden, NotFound, StaleVersion
        As `lock_visible`.
    Conflict
        If it was never moved, or something else changed its position since.
    """
    zones = service.zones.on(connection, service.today(), hold=True)
    found = lock_visible(connection, kind, record_id, scope=scope, version=version)
    last = last_move(connection, kind, record_id)
    if last is None:
        raise Conflict(tr("没有可以撤销的移动", "there is no move to undo"))
    if not _still_there(found, last):
        raise Conflict(
            tr(
                "移动之后位置又被清单改过，不能撤销；请直接移动",
                "a list changed the position since; move it instead",
            )
        )
    done = Done(found)
    reason = order.reason.strip() or tr("撤销移动", "move undone")
    batch = uuid4() if order.together and last["batch"] else None
    back = _Back(connection, zones, scope, service, reason, batch)
    done.moved.append((kind, record_id, back.take(kind, record_id, last)))
    if batch:
        for twin in list_batch(connection, last["batch"], but=last["id"]):
            twin_id = twin["case_id"] or twin["place_id"]
            # A case that stands where its place is goes with it, whoever sees it.
            seen_by = scope.as_office() if twin["placed_by"] == "place" else scope
            held = lock_record(connection, twin["kind"], twin_id, scope=seen_by)
            newest = last_move(connection, twin["kind"], twin_id) if held else None
            if held is None or newest is None or newest["id"] != twin["id"] or not _still_there(held, newest):
                done.kept += 1
                continue
            done.moved.append((twin["kind"], twin_id, back.take(twin["kind"], twin_id, newest)))
            done.forgotten += unlearn(connection, newest["id"])
    settle_lists(connection, done, listed=False)
    done.forgotten += unlearn(connection, last["id"])
    done.after = find_record(connection, kind, record_id, scope=scope)
    return done


@dataclass(frozen=True)
class _Back:
    """Takes moves back, all with one reason."""

    connection: Connection
    zones: ZoneTree
    scope: Scope
    service: Service
    reason: str
    batch: UUID | None

    def take(self, kind: RecordKind, record_id: UUID, last: RowMapping) -> UUID:
        """Bring a record back to before a move and return the id of the new one."""
        before = dict(last["before"])
        geometry = from_store(last["before_shape"]) if last["before_shape"] is not None else None
        columns = {
            name: before[name]
            for name in ("placement", "placed_by", "method", "uncertainty_m", "side", "line_name", "p_within", "trace")
            if name in before
        }  # fmt: skip
        return move_record(
            self.connection, kind, record_id, geometry_m=geometry, columns=columns,
            zone=self._zone(geometry, last), cause="undo", reason=self.reason, actor=self.scope.actor,
            srid=self.service.office.crs, now=self.service.clock.now(), batch=self.batch, undoes=last["id"],
        )  # fmt: skip

    def _zone(self, geometry: Any, last: RowMapping) -> ZoneAnswer | None:
        if geometry is None:
            return None
        before = last["before"]
        found = self.zones.shares(
            geometry, uncertainty_m=before["uncertainty_m"] or COORDINATE_UNCERTAINTY_M, side=before["side"] or None,
            line=before["line_name"],
        )  # fmt: skip
        if borders_changed_since(self.connection, last["at"]):
            return found
        # An earlier ruling, or the words of the text, may have named another owner than the borders do.
        return replace(
            found, community=before["community_code"], grid=before["grid_code"],
            p_community=before["p_community"] if before["p_community"] is not None else found.p_community,
            near_border=before["near_border"],
        )  # fmt: skip


def _still_there(found: RowMapping, last: RowMapping) -> bool:
    """Return whether a record is where its last move put it."""
    if (found["shape"] is None) != (last["after_shape"] is None) or found["placed_by"] != last["after"][
        "placed_by"
    ]:
        return False
    return found["shape"] is None or bool(
        shapely.equals_exact(from_store(found["shape"]), from_store(last["after_shape"]), tolerance=SAME_M)
    )
