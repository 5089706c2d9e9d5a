"""SQL of the reports. Everything is told as of a cut-off moment, from the times in the cases.

Every query carries the person's scope as it was then. A case counts for the community that owned it at the
cut-off, where it was then, and borders are those known then: what was moved since changes no report of the
past.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal_column, or_, select, text
from sqlalchemy import case as case_when
from sqlalchemy.orm import aliased

from service.auth.scope import Scope
from service.cases.queries import anchor_point
from service.clock import office_day
from service.moving.past import owner_before, shape_before
from service.store.tables import Case, CaseEvent


def open_at(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for cases filed before a moment and not finished then.

    A cancelled case counts as open until its last change, since it has no closing time.
    """
    return and_(
        Case.reported_at < moment,
        or_(
            and_(Case.state.not_in(("closed", "cancelled"))),
            and_(Case.state == "closed", Case.closed_at >= moment),
            and_(Case.state == "cancelled", Case.updated_at >= moment),
        ),
    )


def owner_at(moment: datetime) -> ColumnElement[str]:
    """Return the code of the community that owned a case just before a moment."""
    return func.coalesce(owner_before(moment, "community").scalar_subquery(), Case.community_code)


def late_at(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for cases open at a moment and past their deadline then."""
    return and_(open_at(moment), Case.due_at < moment)


def _filed(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(Case.reported_at >= since, Case.reported_at < until, Case.state != "cancelled")


def _closed(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(Case.state == "closed", Case.closed_at >= since, Case.closed_at < until)


def count_week(
    connection: Connection, *, since: datetime, until: datetime, scope: Scope
) -> list[dict[str, Any]]:
    """Return per command and community: filed and closed in the week, open and late at its end.

    `until` is the cut-off: the week's end, or now in the running week.
    """
    query = (
        select(
            Case.command, owner_at(until).label("community"),
            func.count().filter(_filed(since, until)).label("filed"),
            func.count().filter(_closed(since, until)).label("closed"),
            func.count().filter(open_at(until)).label("open"),
            func.count().filter(late_at(until)).label("late"),
        )
        .where(scope.case_filter_at(until), Case.reported_at < until)
        .group_by(Case.command, literal_column("community"))
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def count_rates(connection: Connection, *, since: datetime, until: datetime, scope: Scope) -> dict[str, int]:
    """Return the numbers that the week's rates are made of, over the cases filed in it.

    `filed` 立案数; `pending` 按时待处置数 (open, deadline not reached at the cut-off); `closed` 结案数;
    `in_time` 按期结案数; `returned` 返工数 (sent back from the check).
    """
    closed = and_(Case.state == "closed", Case.closed_at < until)
    back, checked = aliased(CaseEvent), aliased(CaseEvent)
    returned = exists(
        select(back.id)
        .join(checked, and_(checked.case_id == back.case_id, checked.at < back.at))
        .where(
            back.case_id == Case.id, back.state == "dispatched", back.at < until, checked.state == "rectified"
        )
    )
    query = select(
        func.count().label("filed"),
        func.count()
        .filter(and_(open_at(until), or_(Case.due_at.is_(None), Case.due_at >= until)))
        .label("pending"),
        func.count().filter(closed).label("closed"),
        func.count().filter(and_(closed, Case.closed_at <= Case.due_at)).label("in_time"),
        func.count().filter(returned).label("returned"),
    ).where(_filed(since, until), scope.case_filter_at(until))
    return dict(connection.execute(query).mappings().one())


def list_points(
    connection: Connection, *, since: datetime, until: datetime, scope: Scope
) -> list[dict[str, Any]]:
    """Return position (metres) and words of the placed cases filed in the week or open at its end."""
    place: Any = anchor_point(shape_before(until))
    query = (
        select(
            Case.id, Case.command, Case.kind, owner_at(until).label("community"), Case.location_text, Case.severity,
            func.ST_X(place).label("x"), func.ST_Y(place).label("y"),
            open_at(until).label("open"), func.coalesce(late_at(until), False).label("late"),
        )
        .where(scope.case_filter_at(until), shape_before(until).is_not(None), or_(_filed(since, until), open_at(until)))
        .order_by(Case.id)
        .limit(20_000)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def list_late(connection: Connection, *, until: datetime, scope: Scope, limit: int) -> list[dict[str, Any]]:
    """Return the cases longest past their deadline at the cut-off."""
    query = (
        select(
            Case.id, Case.number, Case.kind, Case.command, owner_at(until).label("community"), Case.location_text,
            Case.unit, Case.due_at, Case.reported_at,
        )
        .where(late_at(until), scope.case_filter_at(until))
        .order_by(Case.due_at, Case.id)
        .limit(limit)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


_PATHS = text(
    """
    select f.layer, f.kind, f.name, ST_Length(f.shape) as length_m, ST_AsSVG(ST_Transform(f.shape, 3857), 0, 1) as path
    from basemap_features f, (
      select ST_Expand(ST_Extent(shape)::box2d, 300) as box from zones where level = 'subdistrict'
    ) d
    where f.layer in ('road', 'water', 'green', 'rail') and f.shape && ST_SetSRID(d.box::geometry, :srid)
    """
)


def figure_background(connection: Connection, *, srid: int) -> list[dict[str, Any]]:
    """Return roads, water, green and rail as SVG paths in EPSG:3857 (absolute, y down)."""
    return [dict(row) for row in connection.execute(_PATHS, {"srid": srid}).mappings()]


# The borders of a cut-off day, as they were known then: what is recorded or ended later changes no report.
_KNOWN_AT = """
          valid_from <= :day and (recorded_at is null or recorded_at < :until)
            and (valid_to is null or valid_to > :day or ended_at >= :until)
"""


def _cut_off(until: datetime) -> dict[str, Any]:
    return {"day": office_day(until - timedelta(microseconds=1)), "until": until}


def figure_zones(connection: Connection, *, until: datetime) -> list[dict[str, Any]]:
    """Return the borders at a cut-off, as known then, as SVG paths in EPSG:3857, with the place of the name.

    Absolute coordinates: rounded relative steps add up, and neighbours would draw one border twice.
    """
    query = text(
        f"""
        select level, name, ST_AsSVG(m, 0, 1) as path, ST_X(c) as x, ST_Y(c) as y,
               ST_XMin(m) as west, ST_YMin(m) as south, ST_XMax(m) as east, ST_YMax(m) as north
        from (
          select level, name, ST_Transform(shape, 3857) as m,
                 ST_Transform(ST_SetSRID((ST_MaximumInscribedCircle(shape)).center, ST_SRID(shape)), 3857) as c
          from zones
          where level <> 'grid' and {_KNOWN_AT}
        ) z
        """  # noqa: S608 - a constant
    )
    return [dict(row) for row in connection.execute(query, _cut_off(until)).mappings()]


def zones_at(connection: Connection, *, until: datetime) -> list[dict[str, Any]]:
    """Return the zones at a cut-off, as known then, by code: `level`, `code`, `name`, `parent`, `shape`.

    Shapes in the office's CRS, metres.
    """
    query = text(
        f"""
        select level, code, name, coalesce(parent_code, '') as parent, ST_AsBinary(shape) as shape
        from zones where {_KNOWN_AT} order by level, code
        """  # noqa: S608 - a constant
    )
    rows = connection.execute(query, _cut_off(until)).mappings()
    return [{**row, "shape": shapely.from_wkb(bytes(row["shape"]))} for row in rows]


def list_history(
    connection: Connection, *, since: datetime, until: datetime, scope: Scope
) -> list[dict[str, Any]]:
    """Return the placed cases filed or closed between two moments, as a person saw them at the second.

    `x`, `y` in metres (office CRS); `closed_at` None for what was not closed then.
    """
    place: Any = anchor_point(shape_before(until))
    closed = and_(Case.state == "closed", Case.closed_at < until)
    query = (
        select(
            Case.id, Case.kind, Case.location_text, Case.reported_at,
            case_when((closed, Case.closed_at)).label("closed_at"),
            func.ST_X(place).label("x"), func.ST_Y(place).label("y"),
        )
        .where(
            scope.case_filter_at(until), shape_before(until).is_not(None), Case.state != "cancelled", Case.reported_at < until,
            or_(Case.reported_at >= since, and_(closed, Case.closed_at >= since)),
        )
        .order_by(Case.id)
        .limit(100_000)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def figure_ground(connection: Connection) -> dict[str, list[Any]]:
    """Return roads, water, green and rail around the district as shapes in the office's CRS, by layer."""
    query = text(
        """
        select f.layer, ST_AsBinary(f.shape) as shape
        from basemap_features f, (
          select ST_Expand(ST_Extent(shape)::box2d, 300)::geometry as box from zones where level = 'subdistrict'
        ) d
        where f.layer in ('road', 'water', 'green', 'rail') and f.shape && ST_SetSRID(d.box, ST_SRID(f.shape))
        order by f.id
        """
    )
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.layer, []).append(shapely.from_wkb(bytes(row.shape)))
    return found
