"""The hot spots of a report: its section and its two maps `/reports/spots.svg`."""

from __future__ import annotations

from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from maps.spots_figure import spots_figure
from service.atlas.routes import answer_with_tag
from service.auth.scope import Scope
from service.clock import office_day
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.fields import Day
from service.frame import short_note
from service.reports import queries
from service.reports.spot_words import HOT_SHOWN
from service.reports.spots import WeekSpots, first_moment, week_spots
from service.reports.week import Week, week_of
from service.words import tr

router = APIRouter(include_in_schema=False)


def spots_of(
    connection: Connection, scope: Scope, week: Week, zones: list[dict[str, Any]]
) -> WeekSpots | None:
    """Return the hot spots of a week for a person, None where there is no ground of theirs.

    Parameters
    ----------
    zones
        From `zones_at`: the borders of the cut-off, as known then.

    Notes
    -----
    Whoever answers for zones is measured by these alone: elsewhere they see nothing, which is not "no problem".
    """
    own = [zone for zone in zones if zone["code"] in scope.zone_codes] if scope.zone_codes else None
    if own is None:
        own = [zone for zone in zones if zone["level"] == "community"]
    if not own:
        return None
    ground = shapely.union_all([zone["shape"] for zone in own])
    rows = queries.list_history(connection, since=first_moment(week), until=week.until, scope=scope)
    return week_spots(rows, week=week, ground=ground, zones=_compared(zones, own))


def _compared(zones: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the grids on a person's ground, without any the communities."""
    codes = {zone["code"] for zone in own}
    grids = [
        zone for zone in zones
        if zone["level"] == "grid" and (zone["code"] in codes or zone["parent"] in codes)
    ]  # fmt: skip
    return grids or [zone for zone in own if zone["level"] == "community"]


@router.get("/reports/spots.svg", response_class=Response)
def spots_map(
    request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep,
    date: Day | None = None, what: Literal["week", "weeks"] = "week",
) -> Response:  # fmt: skip
    """Return the map of the week's hot spots, or of their course over the weeks."""
    now = service.clock.now()
    week = week_of(date or office_day(now), now=now)
    zones = queries.zones_at(connection, until=week.until)
    spots = spots_of(connection, scope, week, zones)
    if spots is None or (spots.hot if what == "week" else spots.course) is None:
        raise NotFound(tr("数据太少，没有这张图", "too little data for this picture"))
    picture = _figure(connection, service, spots, zones, what=what)
    return answer_with_tag(request, picture.encode(), media_type="image/svg+xml", cache="private, no-cache")


def _figure(
    connection: Connection, service: Service, spots: WeekSpots, zones: list[dict[str, Any]], *, what: str
) -> str:
    badges = []
    if what == "week":
        codes = spots.hot.table()["verdict"].to_numpy() if spots.hot is not None else ()
        badges = [(place.x, place.y) for place in spots.places if place.code == "hot"][:HOT_SHOWN]
    else:
        codes = spots.course.pattern[spots.studied] if spots.course is not None else ()
    half = spots.frame.cell_m / 2
    centres = spots.frame.centres()[spots.studied.ravel()]
    squares = shapely.box(*(centres - half).T, *(centres + half).T)
    frame = gpd.GeoDataFrame(
        {"verdict": np.asarray(codes, dtype=object)}, geometry=squares, crs=service.office.crs
    )
    ground = queries.figure_ground(connection)
    shown = [zone for zone in zones if zone["level"] != "grid"]
    return spots_figure(
        frame, zones=shown, ground=ground, badges=badges, note=short_note(service.office.note)
    ).svg()
