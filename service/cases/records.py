"""Writing cases: a placed draft becomes a case with its shares and first event, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, update

from service.store.shapes import to_store
from service.store.tables import Case, CaseEvent, ZoneShare

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones import ZoneAnswer
    from service.intake.model import Placed
    from service.kinds.reading import KindChoice

# Rows per statement: bounds the memory of one round trip.
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A step to be written with a new case."""

    state: str
    at: datetime
    actor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case about to be written: its place from the pipeline, the rest from its source.

    `kind` is for a further case of a text that names several problems; None takes the draft's main kind.
    """

    id: UUID
    placed: Placed
    reported_at: datetime
    created_at: datetime
    source_key: str | None = None
    import_id: UUID | None = None
    kind: KindChoice | None = None
    due_at: datetime | None = None
    state: str = "reported"
    closed_at: datetime | None = None
    severity: int = 1
    relapse_of: UUID | None = None
    sibling_of: UUID | None = None
    updated_at: datetime | None = None
    place_id: UUID | None = None
    check_item: str = ""
    events: Sequence[NewEvent] = field(default=())


def located_columns(placed: Placed, *, srid: int) -> dict[str, Any]:
    """Return the position columns shared by cases and places.

    Raises
    ------
    ValueError
        If the place is in another CRS than the store.
    """
    from geodata.geocode import trace_json

    if placed.crs != srid:
        raise ValueError(f"the place is in EPSG:{placed.crs}, the store in EPSG:{srid}")
    location, zone = placed.location, placed.zone
    best = location.best if location else None
    return {
        "location_text": placed.draft.location_text,
        "area_text": placed.draft.area,
        "placement": placed.status,
        "placed_by": placed.placed_by,
        "method": location.method if location else placed.placed_by if placed.geometry_m is not None else "",
        "uncertainty_m": best.uncertainty_m if best else None,
        "p_within": {str(m): p for m, p in location.p_within.items()} if location else {},
        "trace": trace_json(location) if location else {},
        "side": (best.side or "") if best else "",
        "line_name": best.line_name if best else "",
        **zone_columns(zone),
        "shape": to_store(placed.geometry_m, srid=srid),
    }


def zone_columns(zone: ZoneAnswer | None) -> dict[str, Any]:
    """Return the columns that say whose a position is."""
    return {
        "community_code": zone.community if zone else "",
        "grid_code": zone.grid if zone else "",
        "p_community": zone.p_community if zone else None,
        "near_border": bool(zone.near_border) if zone else False,
    }


def share_rows(case_id: UUID, zone: ZoneAnswer | None, *, srid: int) -> list[dict[str, Any]]:
    """Return the rows of `zone_shares` of one case: one per level and zone."""
    return [
        {
            "case_id": case_id, "level": part.level, "zone_code": part.code, "length_m": part.length_m,
            "share": part.share, "probability": part.probability, "shape": to_store(part.geometry, srid=srid),
        }
        for part in (zone.parts if zone else ())
    ]  # fmt: skip


def _case_row(new: NewCase, *, srid: int) -> dict[str, Any]:
    draft = new.placed.draft
    kind = new.kind or draft.kinds.main
    return {
        "id": new.id,
        "source_key": new.source_key,
        "import_id": new.import_id,
        "kind": kind.kind,
        "kind_reason": kind.reason,
        "kind_sure": kind.sure,
        "kind_options": [dict(option) for option in draft.kinds.options] if new.kind is None else [],
        "command": kind.command,
        "place_class": draft.place_class,
        "place_name": draft.name,
        "sibling_of": new.sibling_of,
        "description": draft.description or draft.name,
        "unit": draft.unit,
        "severity": new.severity,
        "state": new.state,
        "reported_at": new.reported_at,
        "due_at": new.due_at,
        "closed_at": new.closed_at,
        "relapse_of": new.relapse_of,
        "place_id": new.place_id,
        "check_item": new.check_item,
        "created_at": new.created_at,
        "updated_at": new.updated_at or new.created_at,
        **located_columns(new.placed, srid=srid),
    }


def insert_cases(connection: Connection, cases: Sequence[NewCase], *, srid: int) -> None:
    """Write cases with their shares and events, in the caller's transaction and the given order."""
    for start in range(0, len(cases), _BATCH):
        batch = cases[start : start + _BATCH]
        _insert(connection, Case, [_case_row(new, srid=srid) for new in batch])
        _insert(
            connection,
            ZoneShare,
            [row for new in batch for row in share_rows(new.id, new.placed.zone, srid=srid)],
        )
        _insert(
            connection,
            CaseEvent,
            [
                {"case_id": new.id, "state": e.state, "at": e.at, "actor": e.actor, "note": e.note}
                for new in batch
                for e in new.events
            ],
        )


def _insert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def move_case(
    connection: Connection,
    case_id: UUID,
    *,
    geometry_m: BaseGeometry | None,
    zone: ZoneAnswer | None,
    columns: Mapping[str, Any],
    srid: int,
) -> None:
    """Give a case another position (None: none any more): position, shares and version together.

    Only `service.moving.records` calls it: a position never changes without its history.
    """
    connection.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(
            shape=to_store(geometry_m, srid=srid), version=Case.version + 1, **zone_columns(zone), **columns
        )
    )
    connection.execute(delete(ZoneShare).where(ZoneShare.case_id == case_id))
    _insert(connection, ZoneShare, share_rows(case_id, zone, srid=srid))
