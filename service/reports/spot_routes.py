"""The hot spots of a report: its section and its two maps `/reports/spots.svg`."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from maps.spots_figure import spots_figure
from service.atlas.cache import StoreCaches
from service.atlas.routes import answer_with_tag
from service.auth.scope import Scope
from service.clock import office_day
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.fields import Day
from service.frame import short_note
from service.reports import queries
from service.reports.spot_words import HOT_SHOWN
from service.reports.spot_zones import RELAPSE_DAYS
from service.reports.spots import WeekSpots, first_moment, week_spots
from service.reports.week import Week, week_of
from service.words import tr

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

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
    compared = _compared(zones, own)
    key = _made_of(rows, week=week, ground=ground, zones=compared)
    return _spots.of(connection.engine).get(
        key, partial(week_spots, rows, week=week, ground=ground, zones=compared)
    )


# The page and its two maps show one answer: a second of work each. A running week's is made anew when a case
# changes; a day of a few people's own views fits.
_spots: StoreCaches[WeekSpots] = StoreCaches(size=24)


def _made_of(
    rows: list[dict[str, Any]], *, week: Week, ground: BaseGeometry, zones: list[dict[str, Any]]
) -> bytes:
    """Return a digest of all that the hot spots of a week follow from.

    The cut-off itself is not: in the running week it is another at every request. It decides only which
    closings have been followed to their end, the oldest first, so their number stands for it.
    """
    followed = sum(
        row["closed_at"] is not None and row["closed_at"] + timedelta(days=RELAPSE_DAYS) <= week.until
        for row in rows
    )
    digest = hashlib.blake2b(digest_size=20)
    digest.update(repr((week.monday, week.running, followed, [tuple(row.values()) for row in rows])).encode())
    digest.update(shapely.to_wkb(ground))
    for zone in zones:
        digest.update(repr((zone["level"], zone["code"], zone["name"])).encode())
        digest.update(shapely.to_wkb(zone["shape"]))
    return digest.digest()


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
