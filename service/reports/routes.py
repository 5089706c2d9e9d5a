"""The page `/reports` and its map `/reports/heat.svg`: one week on one page, to read or to print."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from shapely.geometry import Point
from sqlalchemy import Connection

from geodata.crs import WEB_MERCATOR, reproject_xy
from maps.heat import DensityPicture, density_picture
from maps.style import HEAT_RAMP
from service.atlas.routes import answer_with_tag
from service.auth.scope import Scope
from service.cases.present import kind_name
from service.cases.privacy import public_words
from service.cases.queries import zone_names
from service.choices import communities
from service.clock import office_day
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.fields import Day
from service.frame import page, short_note
from service.reports import queries
from service.reports.figure import report_figure
from service.reports.spot_routes import spots_of
from service.reports.spot_words import spot_view
from service.reports.week import matrix, rates, week_of
from service.reports.worst import RADIUS_M, WorstPlace, worst_places
from service.views import look_of, looks_of, review_count
from service.words import tr

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

BANDWIDTH_M = 150.0
_LATE_SHOWN = 12


@router.get("/reports")
def report_page(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, date: Day | None = None
) -> HTMLResponse:
    """Return the week that holds a day; without one, the running week."""
    now = service.clock.now()
    week = week_of(date or office_day(now), now=now)
    looks, zones = looks_of(service), communities(connection, service, until=week.until)
    codes = [zone["code"] for zone in zones]
    cells, before = (
        matrix(
            queries.count_week(connection, since=w.since, until=w.until, scope=scope),
            commands=[code for code in looks if code],
            communities=codes,
        )
        for w in (week, week.before)
    )
    if ("*", "") in cells:
        zones = [*zones, {"code": "", "name": tr("未定社区", "no community"), "parent": "", "leader": ""}]
    points = queries.list_points(connection, since=week.since, until=week.until, scope=scope)
    heat = heat_of(points, srid=service.office.crs)
    spots = spots_of(connection, scope, week, queries.zones_at(connection, until=week.until))
    return page(
        request, "reports.html", scope=scope, here="/reports", waiting=review_count(connection, scope),
        week=week, cells=cells, before=before, zones=zones,
        looks=[look for code, look in looks.items() if code or ("", "*") in cells],
        rates=rates(queries.count_rates(connection, since=week.since, until=week.until, scope=scope)),
        rates_before=rates(queries.count_rates(connection, since=week.before.since, until=week.before.until, scope=scope)),
        worst=_worst_rows(connection, service, scope, worst_places(points), week.until), radius_m=RADIUS_M,
        late=_late_rows(connection, service, scope, week.until),
        heat=heat, bandwidth_m=BANDWIDTH_M, placed=len(points),
        spots=spot_view(spots, public=scope.is_public) if spots is not None else None,
        earlier=week.monday - timedelta(days=7), later=None if week.running else week.monday + timedelta(days=7),
    )  # fmt: skip


@router.get("/reports/heat.svg", response_class=Response)
def report_map(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, date: Day | None = None
) -> Response:
    """Return the report's map as SVG."""
    now = service.clock.now()
    week = week_of(date or office_day(now), now=now)
    srid = service.office.crs
    points = queries.list_points(connection, since=week.since, until=week.until, scope=scope)
    spots = _mercator([(place.x, place.y) for place in worst_places(points)], srid)
    picture = report_figure(
        background=queries.figure_background(connection, srid=srid),
        zones=queries.figure_zones(connection, until=week.until),
        heat=heat_of(points, srid=srid),
        spots=spots,
        note=short_note(service.office.note),
    )
    return answer_with_tag(request, picture.encode(), media_type="image/svg+xml", cache="private, no-cache")


def heat_of(points: list[Any], *, srid: int) -> DensityPicture | None:
    """Return the density of the week's problems, None without any."""
    if not points:
        return None
    shapes = [Point(point["x"], point["y"]) for point in points]
    return density_picture(shapes, crs=srid, colours=HEAT_RAMP, bandwidth_m=BANDWIDTH_M)


def _mercator(places: list[tuple[float, float]], srid: int) -> list[tuple[float, float]]:
    if not places:
        return []
    return [(float(x), float(y)) for x, y in reproject_xy(places, srid, WEB_MERCATOR)]


def _worst_rows(
    connection: Connection, service: Service, scope: Scope, places: list[WorstPlace], until: datetime
) -> list[dict[str, Any]]:
    names = zone_names(connection, known_at=until)
    return [
        {
            "rank": rank,
            "name": public_words(place.name) if scope.is_public else place.name,
            "community": names.get(place.community, ("", ""))[0],
            "count": place.count,
            "open": place.open,
            "late": place.late,
            "kinds": [(kind_name(service.kinds, kind), n) for kind, n in place.kinds],
        }
        for rank, place in enumerate(places, 1)
    ]


def _late_rows(
    connection: Connection, service: Service, scope: Scope, until: datetime
) -> list[dict[str, Any]]:
    names, looks = zone_names(connection, known_at=until), looks_of(service)
    return [
        {
            **row,
            "kind_name": kind_name(service.kinds, row["kind"]),
            "look": look_of(looks, row["command"]),
            "community_name": names.get(row["community"], ("", ""))[0],
            "location_text": public_words(row["location_text"]) if scope.is_public else row["location_text"],
            "days": (until - row["due_at"]).total_seconds() / 86400,
        }
        for row in queries.list_late(connection, until=until, scope=scope, limit=_LATE_SHOWN)
    ]
