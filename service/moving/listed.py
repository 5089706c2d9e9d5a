"""A list puts a place elsewhere than the person who moved it: asked, never overwritten.

Where a list puts a place is kept in `places.listed` with `open`: true until somebody says which holds. It is
also what the next list is compared with, so that the same list is not asked about twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shapely.geometry import mapping
from sqlalchemy import Connection, func, select

from geodata.crs import WGS84, reproject
from service.cases.present import anchor_of
from service.cases.queries import anchor_point
from service.store.tables import Place, PositionMove

if TYPE_CHECKING:
    from service.intake.model import Placed

# Placed by hand: a list does not move it.
HELD = ("pin", "candidate")


def listed_positions(connection: Connection, register_id: UUID) -> dict[UUID, tuple[float, float] | None]:
    """Return where lists last put the places of a register that people moved; None: no list gave a position.

    In metres, office CRS.
    """
    anchor = anchor_point(PositionMove.before_shape)
    # Index ix_position_moves_place_id_number.
    last = (
        select(PositionMove.place_id, func.ST_X(anchor).label("x"), func.ST_Y(anchor).label("y"))
        .where(
            PositionMove.place_id == Place.id, PositionMove.before["placed_by"].astext == "coordinates"
        )
        .order_by(PositionMove.number.desc())
        .limit(1)
        .lateral("last")
    )  # fmt: skip
    query = (
        select(Place.id, Place.listed, last.c.x, last.c.y)
        .outerjoin(last, last.c.place_id == Place.id)
        .where(Place.register_id == register_id, Place.placed_by.in_(HELD))
    )
    found: dict[UUID, tuple[float, float] | None] = {}
    for row in connection.execute(query):
        at = tuple(row.listed["at"]) if row.listed and row.listed.get("at") else None
        found[row.id] = at or ((row.x, row.y) if row.x is not None else None)
    return found


def listed_value(placed: Placed, *, at: datetime, import_id: UUID | None, srid: int) -> dict[str, Any]:
    """Return what is kept of where a list puts a place; geometry as GeoJSON (EPSG:4326), None if unknown."""
    best = placed.location.best if placed.location else None
    point = (
        anchor_of(placed.geometry_m)
        if placed.geometry_m is not None and placed.draft.geometry is not None
        else None
    )
    shown = mapping(reproject(placed.geometry_m, srid, WGS84)) if placed.geometry_m is not None else None
    return {
        "open": True, "at": [point.x, point.y] if point else None, "since": at.isoformat(),
        "import_id": str(import_id) if import_id else None,
        "geometry": shown if placed.status == "located" else None,
        "placed_by": placed.placed_by,
        "method": placed.location.method if placed.location else placed.placed_by,
        "uncertainty_m": best.uncertainty_m if best else None, "side": (best.side or "") if best else "",
        "line_name": best.line_name if best else "", "location_text": placed.draft.location_text,
    }  # fmt: skip


def open_question(connection: Connection, place_id: UUID) -> dict[str, Any] | None:
    """Return where a list puts a place that a person moved, None when nothing is asked.

    Ask only for a place already found visible.
    """
    found = connection.scalar(select(Place.listed).where(Place.id == place_id))
    return dict(found) if found and found.get("open") else None
