"""SQL of the map. Vector tiles come ready from PostGIS.

Every tile turns its own envelope into the store's CRS and compares boxes there (`shape && reach`), so
the GiST index on `shape` answers; only what was found is transformed to EPSG:3857. The envelope's
edges are cut into short pieces first: a straight edge in web mercator is curved in the district's
projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, and_, case, cast, func, literal_column, or_, select, text
from sqlalchemy import Integer as SqlInteger
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.types import NullType, Text

from service.atlas.tiles import Tile
from service.store.tables import Case, Place, Zone

# Tiles from this zoom on show every problem by itself; below, or with more than MAX_POINTS in a tile,
# problems are counted in cells of a tile's eighth (64 px on the screen).
POINTS_FROM_ZOOM = 13
MAX_POINTS = 4_000
_CELLS_PER_SIDE = 8
_BUILDINGS_FROM_ZOOM = 14
_MINOR_ROADS_FROM_ZOOM = 12
_MAJOR = ("motorway", "trunk", "primary", "secondary")
_ROAD_CLASSES = (*_MAJOR, "tertiary", "residential", "service", "footway")
_FINISHED = ("closed", "cancelled")

# Raw column: GeoAlchemy would wrap a typed one into ST_AsEWKB.
_CASE_SHAPE: ColumnElement[Any] = literal_column("cases.shape", NullType())
_PLACE_SHAPE: ColumnElement[Any] = literal_column("places.shape", NullType())

_REACH = """
with envelope as materialized (
  select ST_TileEnvelope(:z, :x, :y) as tile,
         ST_Transform(ST_Segmentize(ST_TileEnvelope(:z, :x, :y, margin => 0.0625), :step), :srid) as reach
)
"""

_BASEMAP = (
    _REACH  # noqa: S608 - both are constants
    + """, hits as (
  select f.id, f.layer, f.name,
         -- A list of roads without classes: the longer a named road, the more it carries.
         case when f.layer <> 'road' or f.kind = any(:classes) then f.kind
              when ST_Length(f.shape) > 2600 then 'primary'
              when ST_Length(f.shape) > 1500 then 'secondary'
              when ST_Length(f.shape) > 700 then 'tertiary' else 'residential' end as kind,
         ST_AsMVTGeom(ST_Transform(ST_Simplify(f.shape, :pixel_m, true), 3857), e.tile, 4096, 256, true) as geom
  from envelope e join basemap_features f on f.shape && e.reach  -- GiST
  where f.layer <> 'building' or :buildings
), drawn as (
  select * from hits
  where geom is not null and (layer <> 'road' or :minor_roads or kind = any(:major_roads))
)
select coalesce(string_agg(part, ''::bytea), ''::bytea) from (
  select ST_AsMVT(d, d.layer, 4096, 'geom', 'id') as part from drawn d group by d.layer
) parts
"""
)

_ZONES = (
    _REACH  # noqa: S608 - both are constants
    + """, zone as (
  select z.id, z.level, z.code, z.name, z.leader, z.shape, e.tile
  from envelope e join zones z on z.shape && e.reach  -- GiST
  where z.valid_from <= :today and (z.valid_to is null or z.valid_to > :today)
), borders as (
  select id, level, code, name, ST_AsMVTGeom(ST_Transform(shape, 3857), tile, 4096, 64, true) as geom from zone
), labels as (
  -- The widest inner circle's centre: a name there stays inside, also in a crescent.
  select id, level, code, name, leader,
         ST_AsMVTGeom(
           ST_Transform(ST_SetSRID((ST_MaximumInscribedCircle(shape)).center, ST_SRID(shape)), 3857),
           tile, 4096, 0, true
         ) as geom
  from zone where level <> 'subdistrict'
)
select coalesce((select ST_AsMVT(b, 'borders', 4096, 'geom', 'id') from borders b where geom is not null), ''::bytea)
    || coalesce((select ST_AsMVT(l, 'labels', 4096, 'geom', 'id') from labels l where geom is not null), ''::bytea)
"""
)


def _pixel_m(tile: Tile) -> float:
    # A quarter of a pixel of a 512 px tile; the cosine of the latitude makes it smaller still.
    return tile.width_m / 512 / 4


def district_bounds(connection: Connection) -> tuple[float, float, float, float] | None:
    """Return the box of all zones in EPSG:3857, None before any zone is there."""
    row = connection.execute(
        text(
            "select ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) from ("
            "select ST_Extent(ST_Transform(shape, 3857)) as b from zones where level = 'subdistrict') e"
        )
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def study_area(connection: Connection, *, codes: Sequence[str], today: date) -> BaseGeometry | None:
    """Return the ground of some zones on a day, in the store's CRS; without codes that of all communities.

    None where there is no such zone.
    """
    in_force = and_(Zone.valid_from <= today, or_(Zone.valid_to.is_(None), Zone.valid_to > today))
    which = Zone.code.in_(codes) if codes else Zone.level == "community"
    shape: ColumnElement[Any] = literal_column("zones.shape", NullType())
    found = connection.scalars(
        select(func.ST_AsBinary(func.ST_Union(shape, type_=NullType()))).where(in_force, which)
    ).one()
    return None if found is None else shapely.from_wkb(bytes(found))


def basemap_tile(connection: Connection, tile: Tile, *, srid: int) -> bytes:
    """Return roads, rail, water, green and buildings of a tile, one MVT layer each."""
    values = {
        "z": tile.z, "x": tile.x, "y": tile.y, "srid": srid, "step": tile.width_m / 16,
        "pixel_m": _pixel_m(tile), "buildings": tile.z >= _BUILDINGS_FROM_ZOOM,
        "minor_roads": tile.z >= _MINOR_ROADS_FROM_ZOOM, "major_roads": list(_MAJOR),
        "classes": list(_ROAD_CLASSES),
    }  # fmt: skip
    return bytes(connection.execute(text(_BASEMAP), values).scalar_one())


def zone_tile(connection: Connection, tile: Tile, *, srid: int, today: object) -> bytes:
    """Return the borders in force on a day (`borders`) and the places of their names (`labels`)."""
    values = {"z": tile.z, "x": tile.x, "y": tile.y, "srid": srid, "step": tile.width_m / 16, "today": today}
    return bytes(connection.execute(text(_ZONES), values).scalar_one())


def _envelope(tile: Tile) -> ColumnElement[Any]:
    return func.ST_TileEnvelope(tile.z, tile.x, tile.y, type_=NullType())


def _within(shape: ColumnElement[Any], tile: Tile, srid: int) -> ColumnElement[bool]:
    edge = func.ST_Segmentize(_envelope(tile), tile.width_m / 16, type_=NullType())
    reach: ColumnElement[Any] = func.ST_Transform(edge, srid, type_=NullType())
    return shape.op("&&", is_comparison=True)(reach)  # GiST


def _drawn(shape: ColumnElement[Any], tile: Tile, *, buffer: int) -> ColumnElement[Any]:
    there = func.ST_Transform(shape, 3857, type_=NullType())
    return func.ST_AsMVTGeom(there, _envelope(tile), 4096, buffer, True, type_=NullType())


def _late(now: datetime) -> ColumnElement[Any]:
    return and_(Case.due_at.is_not(None), Case.due_at < now, Case.state.not_in(_FINISHED))


def _encoded(rows: Any, name: str) -> ColumnElement[Any]:
    part = rows.subquery(name)
    encoded = select(func.ST_AsMVT(literal_column(name), name, 4096, "geom", type_=BYTEA)).select_from(part)
    return func.coalesce(encoded.scalar_subquery(), literal_column("''::bytea", BYTEA))


def case_tile(
    connection: Connection, tile: Tile, *, srid: int, now: datetime, conditions: Sequence[ColumnElement[bool]]
) -> bytes:
    """Return the problems of a tile: `points` and `lines` with `areas`, or `clusters` when there are many.

    Parameters
    ----------
    conditions
        The person's rights and the filter, as conditions on `cases`.
    now
        A case past its deadline at this moment is marked `late`.
    """
    inside = [*conditions, _within(_CASE_SHAPE, tile, srid)]
    crowded = tile.z < POINTS_FROM_ZOOM
    if not crowded:
        many = select(Case.id).where(*inside).limit(MAX_POINTS + 1).subquery()
        crowded = connection.execute(select(func.count()).select_from(many)).scalar_one() > MAX_POINTS
    hits = (
        select(
            cast(Case.id, Text).label("id"),
            Case.command, Case.state, Case.placement,
            cast(_late(now), SqlInteger).label("late"),
            # Unfinished and late problems are drawn last, on top.
            case((Case.state.in_(_FINISHED), 0), (_late(now), 2), else_=1).label("rank"),
            func.ST_Dimension(_CASE_SHAPE).label("dimension"),
            _CASE_SHAPE.label("shape"),
            _drawn(_CASE_SHAPE, tile, buffer=128).label("geom"),
        ).where(*inside)
    ).cte("hits")  # fmt: skip
    columns = [column for column in hits.c if column.name not in ("shape", "dimension")]
    seen = hits.c.geom.is_not(None)
    lines = _encoded(select(*columns).where(hits.c.dimension == 1, seen), "lines")
    areas = _encoded(select(*columns).where(hits.c.dimension == 2, seen), "areas")
    if crowded:
        points = _encoded(_clusters(hits, tile), "clusters")
    else:
        points = _encoded(select(*columns).where(hits.c.dimension == 0, seen), "points")
    return bytes(connection.execute(select(points.op("||")(lines).op("||")(areas))).scalar_one())


def _clusters(hits: Any, tile: Tile) -> Any:
    """Points counted in cells that divide the tile exactly, so that no point is counted twice."""
    west, south, east, north = tile.bounds
    side = tile.width_m / _CELLS_PER_SIDE
    there = func.ST_Transform(hits.c.shape, 3857, type_=NullType())
    points = (
        select(
            hits.c.command, hits.c.late, hits.c.rank, there.label("at"),
            func.floor((func.ST_X(there) - west) / side).label("column"),
            func.floor((func.ST_Y(there) - south) / side).label("row"),
        ).where(
            hits.c.dimension == 0, func.ST_X(there) >= west, func.ST_X(there) < east,
            func.ST_Y(there) >= south, func.ST_Y(there) < north,
        )
    ).cte("inside_points")  # fmt: skip
    middle = func.ST_Centroid(func.ST_Collect(points.c.at, type_=NullType()), type_=NullType())
    return select(
        func.count().label("n"),
        func.sum(points.c.late).label("late"),
        func.count().filter(points.c.rank > 0).label("open"),
        literal_column("mode() within group (order by command)").label("command"),
        func.ST_AsMVTGeom(middle, _envelope(tile), 4096, 0, False, type_=NullType()).label("geom"),
    ).group_by(points.c.column, points.c.row)


def place_tile(
    connection: Connection, tile: Tile, *, srid: int, conditions: Sequence[ColumnElement[bool]]
) -> bytes:
    """Return the register's places of a tile, at most 4,000, in the layer `places`."""
    rows = (
        select(
            cast(Place.id, Text).label("id"),
            Place.name, Place.place_class, Place.status,
            _drawn(_PLACE_SHAPE, tile, buffer=64).label("geom"),
        )
        .where(*conditions, Place.status != "closed", _within(_PLACE_SHAPE, tile, srid))
        .order_by(Place.id)
        .limit(MAX_POINTS)
    )  # fmt: skip
    return bytes(connection.execute(select(_encoded(rows, "places"))).scalar_one())
