"""From what a move does or did to what the API and the pages say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping

from geodata.crs import WGS84, reproject
from service.auth.scope import Scope
from service.cases.present import anchor_of, kind_name
from service.cases.queries import zone_names
from service.deps import Service
from service.errors import NotFound
from service.moving.acting import Done
from service.moving.learning import learned_texts
from service.moving.lessons import lessons_of
from service.moving.model import Lesson, Moved, MovedRecord, MoveView, Part, Previewed, Spot, Twin
from service.moving.queries import find_record, last_move, list_moves, list_with_text
from service.moving.records import RecordKind
from service.store.shapes import from_store
from service.views import people_names
from service.words import tr

Names = Mapping[str, tuple[str, str]]
_SHOWN = 200


def cause_words(cause: str) -> str:
    """Return why a record moved in the user's language."""
    return {
        "person": tr("人工移动", "moved by a person"),
        "gazetteer": tr("地名更正", "corrected names"),
        "undo": tr("撤销移动", "move undone"),
    }.get(cause, cause)


def metres_words(metres: float) -> str:
    """Return a distance for people.

    Examples
    --------
    >>> metres_words(132.4), metres_words(0.4)
    ('132 米', '0.4 米')
    """
    number = f"{metres:.1f}" if metres < 10 else f"{metres:.0f}"
    return tr(f"{number} 米", f"{number} m")


def previewed(
    connection: Connection, kind: RecordKind, done: Done, *, scope: Scope, service: Service
) -> Previewed:
    """Return what a move that was tried out and rolled back would do."""
    found, after, zone, names = done.before, done.after, done.zone, zone_names(connection)
    if zone is None or done.geometry is None:
        raise ValueError("only a move that was tried out has a preview")
    distance = _distance(_shape(found), done.geometry)
    twins = list_with_text(connection, found["location_text"], but=found["id"], scope=scope)
    lessons = lessons_of(connection, kind, found)
    before, then = _spot_now(found, names, service.office.crs), _spot(
        "located", zone.community, zone.grid, names, done.geometry, service.office.crs
    )  # fmt: skip
    parts = [
        Part(code=part.code, name=_name(part.code, names), length_m=part.length_m)
        for part in zone.parts if part.level == "community" and part.length_m > 0
    ]  # fmt: skip
    command = found["command"] if kind == "case" else ""
    commands = {one.code: one.name for one in service.kinds.commands}
    leaves = after is None
    return Previewed(
        words=move_words(distance, before, then, parts), distance_m=distance, length_m=float(done.geometry.length),
        warnings=_warnings(zone, leaves=leaves, finished=_finished(kind, found)),
        before=before, after=then, command=command, command_name=commands.get(command, ""), parts=parts,
        near_border=zone.near_border, outside=not zone.community, leaves=leaves,
        twins=[_twin(twin, done.geometry, names, service) for twin in twins[:_SHOWN]], twin_count=len(twins),
        lessons=[Lesson(text=one.text, others=one.others, known=one.known) for one in lessons],
        learn=bool(lessons) and not any(one.others for one in lessons),
    )  # fmt: skip


def _finished(kind: RecordKind, found: RowMapping) -> bool:
    return kind == "case" and found["state"] in ("closed", "cancelled")


def _warnings(zone: Any, *, leaves: bool, finished: bool) -> list[str]:
    said = []
    if leaves:
        said.append(
            tr(
                "移过去以后不在您的辖区，您将看不到它，也不能自己撤销；需要改回时请联系双迎办",
                "it leaves your zone: you will not see it any more and cannot undo this yourself",
            )
        )
    if not zone.community:
        said.append(tr("新位置不在任何社区内", "the new position lies in no community"))
    elif zone.near_border:
        said.append(tr("新位置靠近社区边界，两边都会看到", "near a border: both sides will see it"))
    if finished:
        said.append(
            tr(
                "案件已了结：以前各周的周报不变，从现在起按新位置统计",
                "the case is finished: reports of past weeks stay, from now on the new position counts",
            )
        )
    return said


def move_words(distance_m: float | None, before: Spot, after: Spot, parts: list[Part]) -> str:
    """Return a move in one sentence: how far, from whom to whom, a line's metres by community."""
    said = (
        [tr(f"移动 {metres_words(distance_m)}", f"moved {metres_words(distance_m)}")]
        if distance_m is not None
        else []
    )
    if len(parts) > 1:
        said.append("、".join(f"{part.name} {metres_words(part.length_m)}" for part in parts))
    old, new = _owner(before), _owner(after)
    said.append(
        tr(f"仍归 {new}", f"stays with {new}")
        if old == new
        else tr(f"从 {old} → {new}", f"from {old} → {new}")
    )
    return tr("；", "; ").join(said)


def _owner(spot: Spot) -> str:
    named = [name for name in (spot.community_name, spot.grid_name) if name]
    return " · ".join(named) or (
        tr("未定位", "not placed") if spot.lon is None else tr("辖区外", "outside the district")
    )


def moved(connection: Connection, kind: RecordKind, done: Done, *, scope: Scope, service: Service) -> Moved:
    """Return what a move or its undoing did."""
    # An own move may take a record out of the own zone; the answer still says what was saved.
    now = find_record(connection, kind, done.before["id"], scope=scope.as_office())
    if now is None:
        raise NotFound(tr("没有这条记录", "no such record"))
    names, crs = zone_names(connection), service.office.crs
    before, after = _spot_now(done.before, names, crs), _spot_now(now, names, crs)
    distance = _distance(_shape(done.before), _shape(now))
    return Moved(
        record=kind, id=now["id"], version=now["version"], visible=done.after is not None,
        words=move_words(distance, before, after, []), learned=done.learned, forgotten=done.forgotten, kept=done.kept,
        moved=[MovedRecord(record=one, id=record_id, move=move_id) for one, record_id, move_id in done.moved],
    )  # fmt: skip


def history(connection: Connection, kind: RecordKind, record_id: UUID, *, scope: Scope) -> list[MoveView]:
    """Return a record's moves, newest first; none of it for the public.

    Raises
    ------
    NotFound
        If the record is absent or invisible.
    """
    if find_record(connection, kind, record_id, scope=scope) is None:
        raise NotFound(tr("没有这条记录", "no such record"))
    if scope.is_public:
        return []
    rows, names = list_moves(connection, kind, record_id), zone_names(connection)
    learned = learned_texts(connection, [row["id"] for row in rows])
    people = people_names(connection, {row["actor"] for row in rows})
    last = last_move(connection, kind, record_id) if scope.may("place") else None
    return [
        MoveView(
            **{name: row[name] for name in ("id", "at", "actor", "cause", "reason", "distance_m", "undone", "undoes")},
            actor_name=people.get(row["actor"], row["actor"]), cause_words=cause_words(row["cause"]),
            before=_spot_then(row, "before", names), after=_spot_then(row, "after", names),
            learned=learned.get(row["id"], []), together=max(row["together"], 1),
            can_undo=last is not None and last["id"] == row["id"],
        )
        for row in rows
    ]  # fmt: skip


def _twin(row: RowMapping, to: BaseGeometry, names: Names, service: Service) -> Twin:
    words = kind_name(service.kinds, row["words"]) if row["record"] == "case" else row["words"]
    return Twin(
        record=row["record"], id=row["id"], number=row["number"], words=words, placement=row["placement"],
        community_name=_name(row["community_code"], names), distance_m=_distance(_shape(row), to),
    )  # fmt: skip


def _shape(row: RowMapping) -> BaseGeometry | None:
    return from_store(row["shape"]) if row["shape"] is not None else None


def _distance(one: BaseGeometry | None, two: BaseGeometry | None) -> float | None:
    """Return the metres between the points that stand for two geometries."""
    if one is None or two is None:
        return None
    return float(shapely.distance(anchor_of(one), anchor_of(two)))


def _name(code: str, names: Names) -> str:
    return names.get(code, (code, ""))[0] if code else tr("辖区外", "outside")


def _spot_now(row: RowMapping, names: Names, crs: int) -> Spot:
    return _spot(row["placement"], row["community_code"], row["grid_code"], names, _shape(row), crs)


def _spot(
    placement: str, community: str, grid: str, names: Names, geometry: BaseGeometry | None, crs: int
) -> Spot:
    at = anchor_of(reproject(geometry, crs, WGS84)) if geometry is not None else None
    return Spot(
        lon=at.x if at else None, lat=at.y if at else None, placement=placement, community=community, grid=grid,
        community_name=names.get(community, ("", ""))[0], grid_name=names.get(grid, ("", ""))[0],
    )  # fmt: skip


def _spot_then(row: RowMapping, when: str, names: Names) -> Spot:
    was = row[when]
    return Spot(
        lon=row[f"{when}_x"], lat=row[f"{when}_y"], placement=was["placement"], community=was["community_code"],
        community_name=names.get(was["community_code"], ("", ""))[0], grid=was["grid_code"],
        grid_name=names.get(was["grid_code"], ("", ""))[0],
    )  # fmt: skip
