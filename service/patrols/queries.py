"""SQL of the round: the open, placed problems of one grid that a person may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES
from service.cases.queries import anchor_point
from service.store.tables import Case, Zone, ZoneShare

# More than anybody walks in a day; the most urgent are kept.
MAX_STOPS = 60


def list_stops(connection: Connection, *, grid: str, scope: Scope, now: datetime) -> list[RowMapping]:
    """Return a grid's open placed cases, most urgent first, at most `MAX_STOPS`.

    `x`, `y` are metres in the office's CRS; `lon`, `lat` EPSG:4326. A line that only runs through
    the grid is a stop too, at its middle within the grid.
    """
    share = (
        select(ZoneShare.shape)
        .where(ZoneShare.case_id == Case.id, ZoneShare.level == "grid", ZoneShare.zone_code == grid)
        .limit(1)
        .scalar_subquery()
    )
    place: Any = anchor_point(func.coalesce(share, Case.shape))
    there = func.ST_Transform(place, 4326)
    within = or_(
        Case.grid_code == grid,
        exists(
            select(ZoneShare.id).where(
                ZoneShare.case_id == Case.id, ZoneShare.level == "grid", ZoneShare.zone_code == grid
            )
        ),
    )
    query = (
        select(
            Case.id, Case.number, Case.kind, Case.command, Case.state, Case.location_text, Case.description,
            Case.due_at, Case.reported_at, Case.version, Case.uncertainty_m,
            func.coalesce(Case.due_at < now, False).label("late"),
            func.ST_X(place).label("x"), func.ST_Y(place).label("y"),
            func.ST_X(there).label("lon"), func.ST_Y(there).label("lat"),
        )
        .where(Case.shape.is_not(None), Case.state.in_(OPEN_STATES), within, scope.case_filter(Case))
        .order_by(Case.due_at.nulls_last(), Case.id)
        .limit(MAX_STOPS)
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def grid_outline(connection: Connection, code: str, *, today: object) -> RowMapping | None:
    """Return name, leader, community and border (GeoJSON, EPSG:4326) of a grid in force, None if absent."""
    parent = aliased(Zone)
    in_force = [
        and_(zone.valid_from <= today, or_(zone.valid_to.is_(None), zone.valid_to > today))
        for zone in (Zone, parent)
    ]
    query = (
        select(
            Zone.code, Zone.name, Zone.leader, parent.name.label("community_name"),
            func.ST_AsGeoJSON(func.ST_Transform(Zone.shape, 4326), 6).label("geojson"),
        )
        .outerjoin(parent, and_(parent.level == "community", parent.code == Zone.parent_code, in_force[1]))
        .where(Zone.level == "grid", Zone.code == code, in_force[0])
    )  # fmt: skip
    return connection.execute(query).mappings().one_or_none()


def to_office_crs(connection: Connection, lon: float, lat: float, *, srid: int) -> tuple[float, float]:
    """Return a position in EPSG:4326 as metres in the office's CRS."""
    point = func.ST_Transform(func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326), srid)
    row = connection.execute(select(func.ST_X(point).label("x"), func.ST_Y(point).label("y"))).one()
    return float(row.x), float(row.y)
