"""SQL of the set-up: zones, basemap and the office's own row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, not_, or_, select

from geodata.crs import require_crs
from geodata.zones.owning.layer import WIDTHS
from service.auth.scope import Scope
from service.office import Office
from service.store.shapes import as_multiline, as_multipolygon, to_store
from service.store.tables import BasemapFeature, LeaderChange, LinearOwner, OfficeRecord, Zone

# Where a profile does not say since when a border holds: before anything the office could import.
FIRST_DAY = date(2000, 1, 1)
_BATCH = 2000


def _day(value: Any) -> date | None:
    if value is None or value == "" or pd.isna(value):
        return None
    return value if type(value) is date else pd.Timestamp(value).date()


def insert_zones(connection: Connection, frame: gpd.GeoDataFrame, *, level: str, srid: int) -> None:
    """Write the zones of one level; columns code, name, parent, leader, valid_from, valid_to."""
    require_crs(frame, srid, name=level)
    rows = []
    for record in frame.to_dict("records"):
        zone: dict[str, Any] = {str(key): value for key, value in record.items()}
        rows.append(
            {
                "level": level,
                "code": str(zone["code"]),
                "name": _text(zone["name"]),
                "parent_code": _text(zone.get("parent")) or None,
                "leader": _text(zone.get("leader")),
                "valid_from": _day(zone.get("valid_from")) or FIRST_DAY,
                "valid_to": _day(zone.get("valid_to")),
                "shape": to_store(as_multipolygon(zone["geometry"]), srid=srid),
            }
        )
    if rows:
        connection.execute(insert(Zone), rows)


def insert_linear_owners(connection: Connection, frame: gpd.GeoDataFrame, *, srid: int) -> None:
    """Write linear owners with the columns of `geodata.zones.owning.layer`; an empty frame is fine."""
    require_crs(frame, srid, name="linear_owner")
    rows = [
        {
            "code": owner["code"], "name": owner["name"], "line_name": owner["line_name"],
            **{width: None if pd.isna(owner[width]) else float(owner[width]) for width in WIDTHS},
            "valid_from": owner["valid_from"], "valid_to": owner["valid_to"], "official": owner["official"],
            "shape": to_store(as_multiline(owner["geometry"]), srid=srid),
        }
        for owner in frame.to_dict("records")
    ]  # fmt: skip
    if rows:
        connection.execute(insert(LinearOwner), rows)


def insert_basemap(connection: Connection, frame: gpd.GeoDataFrame, *, srid: int) -> int:
    """Write the gazetteer's basemap and return the number of features; an empty frame is fine."""
    if len(frame) == 0:
        return 0
    require_crs(frame, srid, name="basemap")
    rows = []
    for record in frame.to_dict("records"):
        feature: dict[str, Any] = {str(key): value for key, value in record.items()}
        shape = feature["geometry"]
        if shape is None or shape.is_empty:
            continue
        rows.append(
            {
                "layer": str(feature["layer"]), "name": _text(feature["name"]), "kind": _text(feature["class"]),
                "shape": to_store(shape, srid=srid),
            }
        )  # fmt: skip
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(BasemapFeature), rows[start : start + _BATCH])
    return len(rows)


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def insert_office(connection: Connection, office: Office, *, now: datetime) -> None:
    """Write the row that says that the set-up went through."""
    connection.execute(
        insert(OfficeRecord).values(
            id=1, name=office.name, srid=office.crs, profile=office.profile, created_at=now
        )
    )


def held(zone: Any) -> ColumnElement[bool]:
    """Return the condition for border versions that held a day at least: not corrected on their first day."""
    return or_(zone.valid_to.is_(None), zone.valid_to > zone.valid_from)


def in_force(zone: Any, day: date, *, known_at: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition for border versions that hold on a day, as they were known at a moment.

    With `known_at`, what was decided at that moment or later does not count: a report of the past is told
    with the borders it had.
    """
    begun, ended = zone.valid_from <= day, zone.valid_to <= day
    if known_at is not None:
        begun = and_(begun, or_(zone.recorded_at.is_(None), zone.recorded_at < known_at))
        ended = and_(ended, or_(zone.ended_at.is_(None), zone.ended_at < known_at))
    return and_(begun, not_(func.coalesce(ended, False)))


def leader_at(moment: datetime) -> ColumnElement[str]:
    """Return the leader that a version of a zone named at a moment, for queries of zones.

    The first change recorded then or later says whom it named before.
    """
    # Index ix_leader_changes_level_code_valid_from.
    later = (
        select(LeaderChange.before)
        .where(
            LeaderChange.level == Zone.level,
            LeaderChange.code == Zone.code,
            LeaderChange.valid_from == Zone.valid_from,
            LeaderChange.recorded_at >= moment,
        )
        .order_by(LeaderChange.recorded_at, LeaderChange.id)
        .limit(1)
        .correlate(Zone)
        .scalar_subquery()
    )
    return func.coalesce(later, Zone.leader).label("leader")


def list_zones(connection: Connection, *, scope: Scope, level: str | None, on: date) -> list[RowMapping]:
    """Return the zones valid on a day with GeoJSON geometry in EPSG:4326."""
    query = (
        select(
            Zone.level,
            Zone.code,
            Zone.name,
            Zone.parent_code,
            Zone.leader,
            func.ST_AsGeoJSON(func.ST_Transform(Zone.shape, 4326), 7).label("geojson"),
        )
        .where(scope.zone_filter(Zone), in_force(Zone, on))
        .order_by(Zone.level, Zone.code)
    )
    if level:
        query = query.where(Zone.level == level)
    return list(connection.execute(query).mappings())
