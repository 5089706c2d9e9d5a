"""Writing a move: the new position, the shares, the line in the history, the trail; in the caller's transaction.

The one way by which a record that exists gets another position: the review queue, moves by people,
their undoing, and a gazetteer that was corrected all come through here.

Finished cases can be moved too: a wrong place stays wrong. Reports of the past do not change, because
they are told with the position and owner of before the first move after their cut-off
(`service.moving.past`), as after moves of borders. The time of a finished case's last change stays,
since it says until when a cancelled case was open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping, insert, select, text, update

from geodata.crs import WGS84, reproject
from service.audit.trail import record
from service.auth.scope import BORDER_REACH_M
from service.cases.filters import OPEN_STATES
from service.cases.present import anchor_of
from service.cases.records import move_case, zone_columns
from service.registers.records import Act, PlaceEvent, remember
from service.store.shapes import from_store, to_store
from service.store.tables import Case, CaseEvent, Place, PositionMove

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones import ZoneAnswer

RecordKind = Literal["case", "place"]
MoveCause = Literal["person", "gazetteer", "undo"]
TABLES: Mapping[str, Any] = {"case": Case, "place": Place}

# What a history keeps of a position beside its geometry; `p_within` and `trace` only when a move changes them.
POSITION_COLUMNS = (
    "placement", "placed_by", "method", "uncertainty_m", "side", "line_name", "community_code", "grid_code",
    "p_community", "near_border",
)  # fmt: skip
_MORE = ("p_within", "trace")
# The rule of `service.auth.scope`: own shares, and what lies near a border is seen from both sides.
_SEEN_BY = text(
    """
    select coalesce(jsonb_agg(distinct code order by code), '[]') from (
        select unnest(array[c.community_code, c.grid_code]) as code from cases c where c.id = :id
        union select s.zone_code from zone_shares s where s.case_id = :id
        union select z.code from cases c join zones z
            on c.near_border and z.valid_to is null and z.level in ('community', 'grid')
            and ST_DWithin(z.shape, c.shape, greatest(coalesce(c.uncertainty_m, 0.0), :reach_m))
            where c.id = :id
    ) seen where code <> ''
    """
)


def move_record(
    connection: Connection,
    kind: RecordKind,
    record_id: UUID,
    *,
    geometry_m: BaseGeometry | None,
    columns: Mapping[str, Any],
    zone: ZoneAnswer | None,
    cause: MoveCause,
    reason: str,
    actor: str,
    srid: int,
    now: datetime,
    batch: UUID | None = None,
    undoes: UUID | None = None,
) -> UUID:
    """Give a case or a place another position and return the id of the move.

    The caller has checked rights and version, holds the zones and has locked the row; a record that does
    not exist is its mistake. Command and deadline stay: they follow the kind of problem and of place, not
    where it is.

    Parameters
    ----------
    geometry_m
        The new position, office CRS, metres; None: not placed any more.
    columns
        Position columns that change with it: `placement`, `placed_by`, `method`, `uncertainty_m`, `side`,
        `line_name`, and, where they are new, `p_within` and `trace`.
    zone
        Whose the new position is, by `ZoneTree.shares`; None with no geometry, or to leave it to nobody.
    reason
        In words, for people; kept in the history, never in the trail.
    now
        The office's time: reports with a cut-off before it keep the former position.
    batch
        The same for all records of one decision.
    undoes
        The move that this one takes back.
    """
    table = TABLES[kind]
    kept = [*POSITION_COLUMNS, *(name for name in _MORE if name in columns)]
    found = _read(connection, table, record_id, kept)
    seen_by = (
        connection.scalar(_SEEN_BY, {"id": record_id, "reach_m": BORDER_REACH_M}) if kind == "case" else []
    )
    values = dict(columns)
    if kind == "case":
        if found["state"] in OPEN_STATES:
            values["updated_at"] = now
        move_case(connection, record_id, geometry_m=geometry_m, zone=zone, columns=values, srid=srid)
        event = _event_of(cause, found["placement"])
        connection.execute(
            insert(CaseEvent).values(case_id=record_id, state=event, at=now, actor=actor, note=reason)
        )
    else:
        _move_place(
            connection, found, geometry_m=geometry_m, zone=zone, columns={**values, "updated_at": now},
            act=Act(actor, now), reason=reason, srid=srid,
        )  # fmt: skip
    move_id = uuid4()
    connection.execute(
        insert(PositionMove).values(
            id=move_id, case_id=record_id if kind == "case" else None, place_id=record_id if kind == "place" else None,
            version=found["version"] + 1, at=now, actor=actor, cause=cause, reason=reason, batch=batch, undoes=undoes,
            before={name: found[name] for name in kept},
            after={name: value for name, value in _read(connection, table, record_id, kept).items() if name in kept},
            before_shape=found["shape"], after_shape=to_store(geometry_m, srid=srid), seen_by=seen_by,
        )
    )  # fmt: skip
    facts = {"move": str(move_id), "cause": cause, "batch": str(batch) if batch else ""}
    record(
        connection, actor=actor, action=f"{kind}_moved", object_type=kind, object_id=str(record_id), detail=facts
    )  # fmt: skip
    return move_id


def _read(connection: Connection, table: Any, record_id: UUID, columns: list[str]) -> RowMapping:
    more = [table.state] if table is Case else []
    query = select(table.id, table.version, table.shape, *more, *(getattr(table, name) for name in columns))
    return connection.execute(query.where(table.id == record_id)).mappings().one()


def _event_of(cause: MoveCause, placement: str) -> str:
    """Return the step in a case's history: what waited is placed, what was placed is moved."""
    if cause == "gazetteer":
        return "relocated_by_names"
    return "placed" if placement != "located" and cause == "person" else "relocated"


def _move_place(
    connection: Connection,
    found: RowMapping,
    *,
    geometry_m: BaseGeometry | None,
    zone: ZoneAnswer | None,
    columns: Mapping[str, Any],
    act: Act,
    reason: str,
    srid: int,
) -> None:
    before = from_store(found["shape"]) if found["shape"] is not None else None
    changes = {"position": [position_words(before, srid), position_words(geometry_m, srid)]}
    remember(connection, [PlaceEvent(found["id"], "moved", changes, reason)], act)
    connection.execute(
        update(Place)
        .where(Place.id == found["id"])
        .values(
            shape=to_store(geometry_m, srid=srid), version=Place.version + 1, **zone_columns(zone), **columns
        )
    )


def position_words(geometry_m: BaseGeometry | None, srid: int) -> str:
    """Return where a position is as people compare it: longitude and latitude (EPSG:4326), "" for none."""
    if geometry_m is None:
        return ""
    point = anchor_of(reproject(geometry_m, srid, WGS84))
    return f"{point.x:.5f}, {point.y:.5f}"
