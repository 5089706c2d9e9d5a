"""Which ground a map shows first: the district, and before there is one, whatever the office has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, text

from geodata.crs import area_of_use

if TYPE_CHECKING:
    from service.office import Office

    Box = tuple[float, float, float, float]

# What an office has, the surest first. The basemap comes before the cases: of these one may lie far away.
_GROUNDS = (
    "from zones where level = 'subdistrict'",
    "from zones",
    "from basemap_features where layer in ('road', 'rail', 'water')",
    "from (select shape from cases union all select shape from places) placed",
)
# Around the seat of a city, for an office that has nothing yet, degrees.
_AROUND = 0.06


def first_view(connection: Connection, office: Office) -> Box:
    """Return the box that a map of the office shows first, EPSG:4326: west, south, east, north."""
    for ground in _GROUNDS:
        row = connection.execute(
            text(
                "select ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) from (select "  # noqa: S608 - constants
                f"ST_Transform(ST_SetSRID(ST_Extent(shape)::geometry, :srid), 4326) as b {ground}) e"
            ),
            {"srid": office.crs},
        ).one()
        if row[0] is not None:
            return row[0], row[1], row[2], row[3]
    if office.centre is not None:
        lon, lat = office.centre
    else:
        west, south, east, north = area_of_use(office.crs)
        lon, lat = (west + east) / 2, float(np.clip((south + north) / 2, -80, 80))
    return lon - _AROUND, lat - _AROUND, lon + _AROUND, lat + _AROUND
