"""A person moves a case or a place, tries it out, or takes the last move back.

Trying out does the very same and rolls it back: what was foretold and what happens cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import shapely
from shapely.geometry import shape
from sqlalchemy import Connection, RowMapping, null, update

from geodata.crs import WGS84, reproject
from service.auth.scope import Scope
from service.cases.advancing import require_version
from service.errors import Conflict, NotFound, Refused
from service.moving.choosing import Chosen, chosen_position
from service.moving.learning import learn, unlearn
from service.moving.lessons import lessons_of
from service.moving.model import MoveOrder, MovePreview, UndoOrder
from service.moving.queries import (
    MOST_TOGETHER,
    borders_changed_since,
    find_record,
    last_move,
    list_batch,
    list_with_text,
    lock_record,
)
from service.moving.records import RecordKind, move_record
from service.store.shapes import from_store
from service.store.tables import Place
from service.words import tr

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones import ZoneAnswer, ZoneTree
    from service.deps import Service

# Nearer than a hand can point: nothing would change but the history.
_SAME_M = 0.01
PERSON = ("pin", "candidate")


@dataclass
class Done:
    """What was done: the record before and after, the moves written, and what was learned or forgotten."""

    before: RowMapping
    after: RowMapping | None = None
    zone: ZoneAnswer | None = None
    geometry: BaseGeometry | None = None
    moved: list[tuple[RecordKind, UUID, UUID]] = field(default_factory=list)
    learned: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    kept: int = 0


def lock_visible(
    connection: Connection, kind: RecordKind, record_id: UUID, *, scope: Scope, version: int | None
) -> RowMapping:
    """Return a record that this person may move, held until commit.

    Raises
    ------
    Forbidden
        If the role may not place.
    NotFound
        If it is absent or invisible.
    StaleVersion
        If it changed since the client read it.
    """
    scope.require("place")
    found = lock_record(connection, kind, record_id, scope=scope)
    if found is None:
        raise NotFound(
            tr("没有这个案件", "no such case") if kind == "case" else tr("没有这个场所", "no such place")
        )
    require_version(found["version"], version)
    return found


def move(
    connection: Connection,
    kind: RecordKind,
    record_id: UUID,
    order: MoveOrder,
    *,
    scope: Scope,
    service: Service,
    version: int | None,
) -> Done:
    """Move a record, with `also` all others that have its text, and teach the geocoder.

    Raises
    ------
    Forbidden, NotFound, StaleVersion
        As `lock_visible`.
    Refused
        If the position is none, is where the record is already, or too many records have the text.
    """
    # Before any record's own lock: a change of borders takes them in this order too.
    zones = service.zones.on(connection, service.today(), hold=True)
    found = lock_visible(connection, kind, record_id, scope=scope, version=version)
    crs = service.office.crs
    chosen = _decided(kind, found, order, crs)
    _require_moved(found, chosen)
    done = Done(found, zone=chosen.zone(zones), geometry=chosen.geometry)
    twins = (
        list_with_text(connection, found["location_text"], but=record_id, scope=scope, lock=True)
        if order.also
        else []
    )
    if len(twins) > MOST_TOGETHER:
        raise Refused(
            tr(f"同样文字的记录超过 {MOST_TOGETHER} 条，请分批移动", f"more than {MOST_TOGETHER} records"),
            fields=[("body.also", f"≤ {MOST_TOGETHER}")],
        )
    common: dict[str, Any] = {
        "geometry_m": chosen.geometry, "columns": chosen.columns, "zone": done.zone, "cause": "person",
        "reason": order.reason, "actor": scope.actor, "srid": crs, "now": service.clock.now(),
        "batch": uuid4() if twins else None,
    }  # fmt: skip
    move_id = move_record(connection, kind, record_id, **common)
    done.moved.append((kind, record_id, move_id))
    for twin in twins:
        # A list may have put a place elsewhere by its own coordinates: that holds no more than a person's word.
        done.moved.append(
            (twin["record"], twin["id"], move_record(connection, twin["record"], twin["id"], **common))
        )
    _settle_lists(connection, done, listed=order.listed)
    if order.learn:
        for lesson in lessons_of(connection, kind, found):
            taught = learn(
                connection, move_id, lesson.text, geometry_m=chosen.geometry, srid=crs, actor=scope.actor,
                case_id=record_id if kind == "case" else None,
            )  # fmt: skip
            done.learned += [lesson.text] if taught else []
    done.after = find_record(connection, kind, record_id, scope=scope)
    return done


def try_out(
    connection: Connection,
    kind: RecordKind,
    record_id: UUID,
    choice: MovePreview,
    *,
    scope: Scope,
    service: Service,
) -> Done:
    """Return what a move would do; nothing is changed.

    Raises
    ------
    Forbidden, NotFound, Refused
        As `move`.
    """
    said = choice.model_dump(include=set(MovePreview.ways()), exclude_none=True, exclude_defaults=True)
    order = MoveOrder(**said, reason="——", learn=False)
    point = connection.begin_nested()
    try:
        return move(connection, kind, record_id, order, scope=scope, service=service, version=None)
    finally:
        point.rollback()


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
            held = lock_record(connection, twin["kind"], twin_id, scope=scope)
            newest = last_move(connection, twin["kind"], twin_id) if held else None
            if held is None or newest is None or newest["id"] != twin["id"] or not _still_there(held, newest):
                done.kept += 1
                continue
            done.moved.append((twin["kind"], twin_id, back.take(twin["kind"], twin_id, newest)))
            done.forgotten += unlearn(connection, newest["id"])
    _settle_lists(connection, done, listed=False)
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
            geometry, uncertainty_m=before["uncertainty_m"] or 15.0, side=before["side"] or None,
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


def _decided(kind: RecordKind, found: RowMapping, choice: MovePreview, crs: int) -> Chosen:
    """Return the decided position; `listed` is what the last list said of a place."""
    if not choice.listed:
        return chosen_position(choice, found["trace"], crs)
    listed = found["listed"] if kind == "place" else None
    if not listed or not listed.get("open") or not listed.get("geometry"):
        raise Refused(
            tr("清单没有给出别的位置", "no list puts it elsewhere"), fields=[("body.listed", "false")]
        )
    return Chosen(
        reproject(shape(listed["geometry"]), WGS84, crs), listed["placed_by"], listed["uncertainty_m"],
        listed["method"], listed["side"] or None, listed["line_name"],
    )  # fmt: skip


def _require_moved(found: RowMapping, chosen: Chosen) -> None:
    if found["shape"] is None or found["placement"] != "located":
        return
    now = from_store(found["shape"])
    if (
        now.geom_type == chosen.geometry.geom_type
        and shapely.hausdorff_distance(now, chosen.geometry) < _SAME_M
    ):
        raise Refused(
            tr("位置没有变", "it is there already"), fields=[("body", tr("请换一个位置", "move it"))]
        )


def _still_there(found: RowMapping, last: RowMapping) -> bool:
    """Return whether a record is where its last move put it."""
    if (found["shape"] is None) != (last["after_shape"] is None) or found["placed_by"] != last["after"][
        "placed_by"
    ]:
        return False
    return found["shape"] is None or bool(
        shapely.equals_exact(from_store(found["shape"]), from_store(last["after_shape"]), tolerance=_SAME_M)
    )


def _settle_lists(connection: Connection, done: Done, *, listed: bool) -> None:
    """A person has just decided where places are: what a list said of it is no open question any more."""
    ids = [record_id for kind, record_id, _ in done.moved if kind == "place"]
    if not ids:
        return
    open_one = Place.listed.is_not(None)
    value: Any = null() if listed else Place.listed.concat({"open": False})
    connection.execute(update(Place).where(Place.id.in_(ids), open_one).values(listed=value))
