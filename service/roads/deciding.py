"""A person decides about a check: the records move, the new gazetteer is in force, or everything stays.

All in one transaction. Nobody places a record meanwhile (`service.borders.current`); records that came or
changed since the check are located again, and if the list were another one, nothing happens.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping, select, update

from geodata.gazetteer import Gazetteer
from service.audit.trail import record
from service.borders.current import change_borders
from service.cases.advancing import require_version
from service.cases.records import located_columns
from service.errors import Conflict, NotFound, StaleVersion
from service.intake.placing import place
from service.moving.records import RecordKind, move_record
from service.roads.checking import Workshop, geocoders
from service.roads.comparing import changes_of, draft_of
from service.roads.queries import (
    content_now,
    drop_basemap,
    drop_drafts,
    find_row,
    list_locatable,
    lock_records,
    settle,
    unsettle,
    update_check,
)  # fmt: skip
from service.roads.versions import add_version, counts_of, current, lock_gazetteer
from service.setup.queries import insert_basemap
from service.store.shapes import from_store
from service.store.tables import GazetteerCheck, GazetteerCheckItem, GazetteerVersion, PositionMove
from service.words import tr

if TYPE_CHECKING:
    from geodata.geocode import Geocoder

KINDS: tuple[RecordKind, ...] = ("case", "place")
_NOT_MOVED = (
    "location_text",
    "area_text",
    "community_code",
    "grid_code",
    "p_community",
    "near_border",
    "shape",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided: ids of items that stay where they are; nothing kept moves them all."""

    keep: frozenset[int] = field(default_factory=frozenset)
    reason: str = ""


def accept(
    connection: Connection,
    check_id: UUID,
    verdict: Verdict,
    *,
    actor: str,
    shop: Workshop,
    version: int | None,
) -> int:
    """Put a candidate in force and move the records of its list; return how many moved.

    Raises
    ------
    NotFound
        If there is no such check.
    StaleVersion
        If it was decided, something was edited, or the list would be another one by now: check again.
    Conflict
        If it does not wait for a decision, or an item to be kept is not in its list.
    """
    change_borders(connection)
    check = _waiting(connection, check_id, version)
    number = current(connection, shop.data_dir).number
    if check["base_version"] != number or check["content"] != content_now(connection):
        raise StaleVersion(tr("检查之后又有改动，请重新检查", "something was changed since; check again"))
    path = shop.data_dir / check["file"]
    items = _items(connection, check_id)
    strangers = verdict.keep - {item["id"] for item in items}
    if strangers:
        raise Conflict(
            tr("有要保留的记录不在清单里，请刷新", "an item to keep is not in the list; look again")
        )
    candidate, present = geocoders(shop, connection, path)
    gone = _settled_since(connection, check, items, candidate, present, shop)
    going = [item for item in items if item["id"] not in verdict.keep and item["id"] not in gone]
    reason = verdict.reason.strip() or tr(
        "道路、地名修正后重新定位", "placed anew by corrected roads and names"
    )
    moved = _move(connection, going, candidate, reason=reason, actor=actor, shop=shop)
    stay = [item["id"] for item in items if item["id"] not in moved]
    _mark(connection, stay, "kept")
    _put_in_force(connection, path, number=number + 1, check_id=check_id, actor=actor, shop=shop)
    settle(connection, number + 1)
    now = datetime.now(UTC)
    update_check(connection, check_id, state="accepted", decided_by=actor, decided_at=now)
    record(
        connection, actor=actor, action="gazetteer_accepted", object_type="gazetteer_check", object_id=str(check_id),
        detail={"version": number + 1, "moved": len(moved), "kept": len(stay)},
    )  # fmt: skip
    return len(moved)


def discard(
    connection: Connection, check_id: UUID, *, keep_drafts: bool, actor: str, version: int | None
) -> None:
    """Put a check aside; its drafts are taken back unless they are to be worked on.

    Raises
    ------
    NotFound, StaleVersion, Conflict
        As `accept`.
    """
    _waiting(connection, check_id, version)
    now = datetime.now(UTC)
    dropped = 0 if keep_drafts else drop_drafts(connection, actor=actor, now=now)
    update_check(connection, check_id, state="discarded", decided_by=actor, decided_at=now)
    record(
        connection, actor=actor, action="gazetteer_discarded", object_type="gazetteer_check", object_id=str(check_id),
        detail={"drafts": dropped},
    )  # fmt: skip


def undo(connection: Connection, check_id: UUID, *, actor: str, shop: Workshop) -> int:
    """Take the newest acceptance back: the gazetteer of before counts again, its changes are drafts again.

    Records that moved go back, but for those that somebody moved since. Return how many went back.

    Raises
    ------
    NotFound
        If there is no such check.
    Conflict
        If it was not accepted, or another version came since.
    """
    change_borders(connection)
    lock_gazetteer(connection)
    check = find_row(connection, GazetteerCheck, check_id, lock=True)
    if check is None:
        raise NotFound(tr("没有这次检查", "no such check"))
    here = current(connection, shop.data_dir)
    newest = connection.execute(
        select(GazetteerVersion.number, GazetteerVersion.check_id).where(
            GazetteerVersion.number == here.number
        )
    ).one_or_none()
    if check["state"] != "accepted" or newest is None or newest.check_id != check_id:
        raise Conflict(tr("只能撤销最近一次采用", "only the newest acceptance can be taken back"))
    before = connection.execute(
        select(GazetteerVersion.file).where(GazetteerVersion.number == check["base_version"])
    ).scalar_one_or_none()
    path = shop.data_dir / before if before else current(connection, shop.data_dir).path
    items = [item for item in _items(connection, check_id) if item["outcome"] == "moved"]
    back = _take_back(connection, items, actor=actor, shop=shop)
    _put_in_force(
        connection, path, number=here.number + 1, check_id=None, undoes=here.number, actor=actor, shop=shop
    )
    unsettle(connection, here.number)
    update_check(connection, check_id, state="undone", decided_by=actor, decided_at=datetime.now(UTC))
    record(
        connection, actor=actor, action="gazetteer_undone", object_type="gazetteer_check", object_id=str(check_id),
        detail={"version": here.number + 1, "back": len(back)},
    )  # fmt: skip
    return len(back)


def _waiting(connection: Connection, check_id: UUID, version: int | None) -> RowMapping:
    lock_gazetteer(connection)
    check = find_row(connection, GazetteerCheck, check_id, lock=True)
    if check is None:
        raise NotFound(tr("没有这次检查", "no such check"))
    require_version(check["version"], version)
    if check["state"] != "waiting":
        raise Conflict(tr("这次检查不在等待决定", "this check does not wait for a decision"))
    return check


def _items(connection: Connection, check_id: UUID) -> list[RowMapping]:
    query = (
        select(GazetteerCheckItem.__table__)
        .where(GazetteerCheckItem.check_id == check_id)
        .order_by(GazetteerCheckItem.id)
    )
    return list(connection.execute(query).mappings())


def _settled_since(
    connection: Connection,
    check: RowMapping,
    items: Sequence[RowMapping],
    candidate: Geocoder,
    present: Geocoder | None,
    shop: Workshop,
) -> set[int]:
    """Return the items whose records need not move any more (placed by a person since, or undone).

    Raises
    ------
    StaleVersion
        If a record that came or changed since would have to be in the list.
    """
    seen = {
        (kind, UUID(one)): version for kind, one, version in json.loads(zlib.decompress(check["snapshot"]))
    }
    rows = list_locatable(connection)
    fresh = [row for row in rows if seen.get((row["kind"], row["id"])) != row["version"]]
    zones = shop.zones_today(connection)
    again = {
        (change.row["kind"], change.row["id"])
        for change in changes_of(fresh, candidate=candidate, present=present, zones=zones)
    }
    listed = {(item["record_kind"], item["record_id"]): item["id"] for item in items}
    if again - listed.keys():
        raise StaleVersion(
            tr(
                f"检查之后新增或改动的 {len(again - listed.keys())} 条记录也会移动，请重新检查",
                "records that came since would move too; check again",
            )
        )
    eligible = {(row["kind"], row["id"]) for row in rows}
    changed = {(row["kind"], row["id"]) for row in fresh}
    return {
        item_id
        for key, item_id in listed.items()
        if key not in eligible or (key in changed and key not in again)
    }


def _move(
    connection: Connection,
    items: Sequence[RowMapping],
    candidate: Geocoder,
    *,
    reason: str,
    actor: str,
    shop: Workshop,
) -> set[int]:
    zones, batch, srid = shop.zones_today(connection), uuid4(), shop.office.crs
    moved: set[int] = set()
    for kind in KINDS:
        own = [item for item in items if item["record_kind"] == kind]
        held = lock_records(connection, kind, [item["record_id"] for item in own])
        own = [item for item in own if item["record_id"] in held]
        answers = place([draft_of(held[item["record_id"]]) for item in own], geocoder=candidate, zones=zones)
        for item, placed in zip(own, answers, strict=True):
            columns = {
                name: value
                for name, value in located_columns(placed, srid=srid).items()
                if name not in _NOT_MOVED
            }
            move_id = move_record(
                connection, kind, item["record_id"], geometry_m=placed.geometry_m, columns=columns, zone=placed.zone,
                cause="gazetteer", reason=reason, actor=actor, srid=srid, now=shop.now, batch=batch,
            )  # fmt: skip
            _mark(connection, [item["id"]], "moved", move_id=move_id)
            moved.add(item["id"])
    return moved


def _mark(connection: Connection, ids: Sequence[int], outcome: str, **values: Any) -> None:
    if ids:
        connection.execute(
            update(GazetteerCheckItem).where(GazetteerCheckItem.id.in_(ids)).values(outcome=outcome, **values)
        )


def _put_in_force(
    connection: Connection,
    path: Path,
    *,
    number: int,
    check_id: UUID | None,
    actor: str,
    shop: Workshop,
    undoes: int | None = None,
) -> None:
    """Count a complete file as the newest version and draw the background map from it."""
    gazetteer = Gazetteer.open(path)
    add_version(
        connection, number=number, path=path, data_dir=shop.data_dir, counts=counts_of(gazetteer), check_id=check_id,
        undoes=undoes, actor=actor, now=datetime.now(UTC),
    )  # fmt: skip
    drop_basemap(connection)
    insert_basemap(connection, gazetteer.basemap(), srid=shop.office.crs)


def _take_back(
    connection: Connection, items: Sequence[RowMapping], *, actor: str, shop: Workshop
) -> set[int]:
    zones, batch, done = shop.zones_today(connection), uuid4(), set()
    for kind in KINDS:
        own = [item for item in items if item["record_kind"] == kind]
        held = lock_records(connection, kind, [item["record_id"] for item in own])
        for item in own:
            now = held.get(item["record_id"])
            move = connection.execute(
                select(PositionMove.__table__).where(PositionMove.id == item["move_id"])
            ).mappings().one_or_none()  # fmt: skip
            if (
                now is None
                or move is None
                or not _untouched(connection, kind, item["record_id"], item["move_id"])
            ):
                continue
            before = dict(move["before"])
            geometry = from_store(move["before_shape"]) if move["before_shape"] is not None else None
            zone = None if geometry is None else zones.shares(
                geometry, uncertainty_m=before["uncertainty_m"] or 0.0, side=before["side"] or None,
                line=before["line_name"],
                p_within={int(m): float(p) for m, p in (before.get("p_within") or {}).items()} or None,
            )  # fmt: skip
            columns = {
                name: before[name]
                for name in ("placement", "placed_by", "method", "uncertainty_m", "side", "line_name", "p_within", "trace")
                if name in before
            }  # fmt: skip
            move_record(
                connection, kind, item["record_id"], geometry_m=geometry, columns=columns, zone=zone, cause="undo",
                reason=tr("撤销道路、地名修正", "the correction was taken back"), actor=actor, srid=shop.office.crs,
                now=shop.now, batch=batch, undoes=item["move_id"],
            )  # fmt: skip
            done.add(item["id"])
    _mark(connection, sorted(done), "back")
    return done


def _untouched(connection: Connection, kind: str, record_id: UUID, move_id: UUID) -> bool:
    """Return whether nothing moved a record since a move."""
    column = PositionMove.case_id if kind == "case" else PositionMove.place_id
    newest = connection.scalar(
        select(PositionMove.id).where(column == record_id).order_by(PositionMove.number.desc()).limit(1)
    )
    return bool(newest == move_id)
