"""Heat of the problems a person may see: kernel density in metres, as a picture or as classes in tiles."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, Engine, func, select, text

from geodata.crs import WEB_MERCATOR, reproject
from geodata.patterns.contours import density_bands
from maps.heat import DensityPicture, class_limits, density_picture, problem_density
from maps.style import HEAT_RAMP
from service.atlas.cache import TileCache
from service.atlas.tiles import Tile
from service.store.tables import Case

# Work is bounded: a kernel density of more problems than this looks the same from a sample.
MAX_CASES = 50_000
MIN_BANDWIDTH_M, MAX_BANDWIDTH_M = 30, 2_000


@dataclass(frozen=True, slots=True)
class Heat:
    """The picture (None without problems), and how many problems it counts."""

    picture: DensityPicture | None
    counted: int
    cut: bool


def case_heat(
    connection: Connection, *, srid: int, bandwidth_m: float, conditions: Sequence[ColumnElement[bool]]
) -> Heat:
    """Return the kernel density of cases that meet the conditions, in 处/km².

    Parameters
    ----------
    srid
        EPSG code of the store, projected, metres.
    bandwidth_m
        Radius of the quartic kernel.
    """
    rows = _shapes(connection, conditions)
    shapes = shapely.from_wkb(rows[:MAX_CASES])
    picture = (
        density_picture(list(shapes), crs=srid, colours=HEAT_RAMP, bandwidth_m=bandwidth_m)
        if len(shapes)
        else None
    )
    return Heat(picture, len(shapes), len(rows) > MAX_CASES)


def _shapes(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[bytes]:
    """The cases' shapes as WKB, one more than are counted."""
    rows = connection.scalars(
        select(func.ST_AsBinary(Case.shape))
        .where(Case.shape.is_not(None), *conditions)
        .order_by(Case.id)
        .limit(MAX_CASES + 1)
    )
    return [bytes(row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of the density in EPSG:3857; `upper` None: open."""

    lower: float
    upper: float | None
    colour: str
    shape: bytes


# The polygons are cut to the tile before they go to the database, which only encodes them.
_ENCODED = text(
    """
with band as (
  select * from unnest(cast(:lowers as float8[]), cast(:uppers as float8[]), cast(:colours as text[]),
                       cast(:shapes as bytea[])) as b(lower, upper, colour, shape)
), drawn as (
  select lower, upper, colour,
         ST_AsMVTGeom(ST_GeomFromWKB(shape, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true) as geom
  from band
)
select coalesce(ST_AsMVT(d, 'heat', 4096, 'geom'), ''::bytea) from drawn d where geom is not null
"""
)
_BUFFER_SHARE = 1 / 32


def heat_tile(
    connection: Connection,
    tile: Tile,
    *,
    srid: int,
    bandwidth_m: float,
    conditions: Sequence[ColumnElement[bool]],
) -> bytes:
    """Return the classes of the density in a tile, layer `heat`: `lower`, `upper`, `colour` (per km²).

    The classes of the last selections are kept under what was selected, shape for shape: whoever may
    see the same problems gets the same classes, nobody else.
    """
    rows = _shapes(connection, conditions)[:MAX_CASES]
    digest = hashlib.blake2b(b"".join(len(row).to_bytes(4, "big") + row for row in rows), digest_size=20)
    key = ("heat", srid, bandwidth_m, digest.digest())
    made = _kept(connection.engine).get(key, partial(_made_classes, rows, srid=srid, bandwidth_m=bandwidth_m))
    return _encoded(connection, tile, made)


# Classes of a density are some 100 KB, at most a few MB.
_MAX_KEPT = 24
_classes: WeakKeyDictionary[Engine, TileCache[list[_Class]]] = WeakKeyDictionary()
_lock = threading.Lock()


def _kept(engine: Engine) -> TileCache[list[_Class]]:
    with _lock:
        return _classes.setdefault(engine, TileCache(size=_MAX_KEPT))


def _made_classes(rows: Sequence[bytes], *, srid: int, bandwidth_m: float) -> list[_Class]:
    classes: list[_Class] = []
    grid = problem_density(list(shapely.from_wkb(rows)), bandwidth_m=bandwidth_m) if rows else None
    if grid is not None:
        limits = class_limits(grid.peak(), len(HEAT_RAMP))
        colours = dict(zip(limits, HEAT_RAMP[len(HEAT_RAMP) - len(limits) :], strict=True))
        classes = [
            _Class(
                band.lower, band.upper if np.isfinite(band.upper) else None, colours[band.lower],
                shapely.to_wkb(reproject(band.polygon, srid, WEB_MERCATOR)),
            )
            for band in density_bands(grid, limits)
        ]  # fmt: skip
    return classes


def _encoded(connection: Connection, tile: Tile, classes: Sequence[_Class]) -> bytes:
    west, south, east, north = tile.bounds
    by = tile.width_m * _BUFFER_SHARE
    cut: list[tuple[_Class, BaseGeometry]] = []
    for one in classes:
        shape = shapely.clip_by_rect(
            shapely.from_wkb(one.shape), west - by, south - by, east + by, north + by
        )
        if not shape.is_empty:
            cut.append((one, shape))
    if not cut:
        return b""
    values = {
        "lowers": [one.lower for one, _ in cut],
        "uppers": [one.upper for one, _ in cut],
        "colours": [one.colour for one, _ in cut],
        "shapes": [shapely.to_wkb(shape) for _, shape in cut],
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
    }
    return bytes(connection.execute(_ENCODED, values).scalar_one())
