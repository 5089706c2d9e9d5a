"""SQL for cases. Every query carries the person's scope: what is invisible is absent."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, func, or_, select, tuple_

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES, CaseFilter
from service.errors import Refused
from service.setup.queries import leader_at
from service.store.tables import Case, CaseEvent, Zone, ZoneShare
from service.words import tr

GROUPINGS = {
    "command": Case.command,
    "community": Case.community_code,
    "grid": Case.grid_code,
    "kind": Case.kind,
    "state": Case.state,
    "placement": Case.placement,
}


def anchor_point(shape: Any) -> ColumnElement[Any]:
    """Return SQL for a point that stands for a shape: a line's midpoint along it, else a point on it."""
    return case(
        (func.ST_GeometryType(shape) == "ST_LineString", func.ST_LineInterpolatePoint(shape, 0.5)),
        else_=func.ST_PointOnSurface(shape),
    )


def _late(now: datetime) -> ColumnElement[bool]:
    return func.coalesce(Case.state.in_(OPEN_STATES) & (Case.due_at < now), False)


def _columns(now: datetime) -> list[Any]:
    anchor = func.ST_Transform(anchor_point(Case.shape), 4326)
    columns = [
        column
        for column in Case.__table__.columns
        if column.name not in ("shape", "trace", "p_within", "source_key", "import_id")
    ]
    return [
        *columns,
        func.ST_X(anchor).label("lon"),
        func.ST_Y(anchor).label("lat"),
        func.ST_GeometryType(Case.shape).label("geometry_type"),
        _late(now).label("late"),
    ]


def visible(scope: Scope, filters: CaseFilter, *, srid: int, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions for the filtered cases that a person may see; used by every feature."""
    return [scope.case_filter(Case), *filters.conditions(Case, srid=srid, now=now, public=scope.is_public)]


def encode_cursor(reported_at: datetime, case_id: UUID) -> str:
    """Return the opaque position after a case."""
    return (
        base64.urlsafe_b64encode(json.dumps([reported_at.isoformat(), str(case_id)]).encode())
        .decode()
        .rstrip("=")
    )


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the position in a cursor.

    Raises
    ------
    Refused
        If it is none of ours.
    """
    try:
        moment, case_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError
        return at, UUID(case_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Refused(
            tr("翻页位置不对", "wrong page position"),
            fields=[("query.after", tr("请用上一页的 next", "use `next` of the page before"))],
        ) from error


def list_cases(
    connection: Connection,
    *,
    scope: Scope,
    filters: CaseFilter,
    srid: int,
    now: datetime,
    limit: int,
    after: str | None = None,
) -> tuple[list[RowMapping], str | None]:
    """Return a page of cases, newest report first, and the cursor of the next page."""
    query = select(*_columns(now)).where(*visible(scope, filters, srid=srid, now=now))
    if after:
        query = query.where(tuple_(Case.reported_at, Case.id) < tuple_(*decode_cursor(after)))
    # One more than asked tells whether there is a next page. Order and cursor follow
    # ix_cases_reported_at_id, so a far page costs what the first costs.
    query = query.order_by(Case.reported_at.desc(), Case.id.desc()).limit(limit + 1)
    rows = list(connection.execute(query).mappings())
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, encode_cursor(rows[-1]["reported_at"], rows[-1]["id"]) if more else None


def count_total(
    connection: Connection, *, scope: Scope, filters: CaseFilter, srid: int, now: datetime
) -> int:
    """Return how many cases the filter selects."""
    query = select(func.count()).select_from(Case).where(*visible(scope, filters, srid=srid, now=now))
    return int(connection.scalar(query) or 0)


def count_by(
    connection: Connection,
    *,
    by: Sequence[str],
    scope: Scope,
    filters: CaseFilter,
    srid: int,
    now: datetime,
) -> list[RowMapping]:
    """Return counts of the filtered cases per combination of the groupings (keys of `GROUPINGS`)."""
    groups = [GROUPINGS[name].label(name) for name in by]
    query = (
        select(
            *groups,
            func.count().label("total"),
            func.count().filter(Case.state.in_(OPEN_STATES)).label("open"),
            func.count().filter(_late(now)).label("late"),
            func.count().filter(Case.state == "closed").label("closed"),
        )
        .where(*visible(scope, filters, srid=srid, now=now))
        .group_by(*(GROUPINGS[name] for name in by))
        .order_by(*(GROUPINGS[name] for name in by))
    )
    return list(connection.execute(query).mappings())


def find_case(connection: Connection, case_id: UUID, *, scope: Scope, now: datetime) -> RowMapping | None:
    """Return a case with its geometry (GeoJSON, EPSG:4326) and trace, None when absent or invisible."""
    query = select(
        *_columns(now),
        Case.trace,
        Case.p_within,
        func.ST_AsGeoJSON(func.ST_Transform(Case.shape, 4326), 7).label("geojson"),
    ).where(Case.id == case_id, scope.case_filter(Case))
    return connection.execute(query).mappings().one_or_none()


def lock_case(connection: Connection, case_id: UUID, *, scope: Scope) -> RowMapping | None:
    """Return id, state, version and text of a visible case and hold the row until commit."""
    query: Select[Any] = (
        select(Case.id, Case.state, Case.version, Case.location_text, Case.placement, Case.trace, Case.due_at)
        .where(Case.id == case_id, scope.case_filter(Case))
        .with_for_update()
    )
    return connection.execute(query).mappings().one_or_none()


def list_shares(connection: Connection, case_id: UUID) -> list[RowMapping]:
    """Return a case's shares, widest zones first; ask only for a case already found visible."""
    query = (
        select(
            ZoneShare.level,
            ZoneShare.zone_code.label("code"),
            ZoneShare.length_m,
            ZoneShare.share,
            ZoneShare.probability,
        )
        .where(ZoneShare.case_id == case_id)
        .order_by(
            case((ZoneShare.level == "subdistrict", 0), (ZoneShare.level == "community", 1), else_=2),
            ZoneShare.share.desc(),
            ZoneShare.zone_code,
        )
    )
    return list(connection.execute(query).mappings())


def list_events(connection: Connection, case_id: UUID) -> list[RowMapping]:
    """Return a case's history, oldest first; ask only for a case already found visible."""
    query = (
        select(CaseEvent.state, CaseEvent.at, CaseEvent.actor, CaseEvent.note)
        .where(CaseEvent.case_id == case_id)
        .order_by(CaseEvent.at, CaseEvent.id)
    )
    return list(connection.execute(query).mappings())


def zone_names(connection: Connection, *, known_at: datetime | None = None) -> dict[str, tuple[str, str]]:
    """Return code -> (name, leader) of all zones, the newest version's; or the newest known at a moment."""
    leader = Zone.leader if known_at is None else leader_at(known_at)
    query = select(Zone.code, Zone.name, leader).order_by(Zone.valid_from, Zone.id)
    if known_at is not None:
        query = query.where(or_(Zone.recorded_at.is_(None), Zone.recorded_at < known_at))
    return {row.code: (row.name, row.leader) for row in connection.execute(query)}
