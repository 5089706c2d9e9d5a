"""Heat of the problems a person may see: kernel density in metres, as classes in tiles and as a legend's numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, func, select, text

from geodata.crs import WEB_MERCATOR, reproject
from geodata.patterns.contours import density_bands
from maps.heat import class_limits, problem_density
from maps.heat_bands import class_colours
from service.atlas.cache import StoreCaches
from service.atlas.tiles import Tile
from service.store.tables import Case

# Work is bounded: a kernel density of more problems than this looks the same from a sample.
MAX_CASES = 50_000
MIN_BANDWIDTH_M, MAX_BANDWIDTH_M = 30, 2_000
_CLASSES = 6
# Classes of a density are some 100 KB, at most a few MB.
_MAX_KEPT = 24


@dataclass(frozen=True, slots=True)
class HeatClass:
    """A class of a density, per km²: `rank` from 0 for the lowest; `upper` None: open; `shape` is WKB in EPSG:3857."""

    rank: int
    lower: float
    upper: float | None
    colour: str
    shape: bytes


@dataclass(frozen=True, slots=True)
class Heat:
    """The density of some problems: how many are counted, whether there were more, peak per km², classes."""

    counted: int
    cut: bool
    peak: float
    classes: tuple[HeatClass, ...]


def case_heat(
    connection: Connection, *, srid: int, bandwidth_m: float, conditions: Sequence[ColumnElement[bool]]
) -> Heat:
    """Return the kernel density of cases that meet the conditions.

    The last selections are kept under what was selected, shape for shape: whoever may see the same
    problems gets the same density, nobody else.

    Parameters
    ----------
    srid
        EPSG code of the store, projected, metres.
    bandwidth_m
        Radius of the quartic kernel.
    """
    rows = _shapes(connection, conditions)
    digest = hashlib.blake2b(b"".join(len(row).to_bytes(4, "big") + row for row in rows), digest_size=20)
    key = ("heat", srid, bandwidth_m, digest.digest())
    return _densities.of(connection.engine).get(key, partial(_made, rows, srid=srid, bandwidth_m=bandwidth_m))


def heat_tile(connection: Connection, tile: Tile, heat: Heat) -> bytes:
    """Return the classes of a density in a tile, layer `heat`: `rank`, `lower`, `upper` (per km²), `colour`."""
    west, south, east, north = tile.bounds
    by = tile.width_m * _BUFFER_SHARE
    cut: list[tuple[HeatClass, BaseGeometry]] = []
    for one in heat.classes:
        shape = shapely.clip_by_rect(
            shapely.from_wkb(one.shape), west - by, south - by, east + by, north + by
        )
        if not shape.is_empty:
            cut.append((one, shape))
    if not cut:
        return b""
    values = {
        "ranks": [one.rank for one, _ in cut],
        "lowers": [one.lower for one, _ in cut],
        "uppers": [one.upper for one, _ in cut],
        "colours": [one.colour for one, _ in cut],
        "shapes": [shapely.to_wkb(shape) for _, shape in cut],
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
    }
    return bytes(connection.execute(_ENCODED, values).scalar_one())


# The polygons are cut to the tile before they go to the database, which only encodes them.
_ENCODED = text(
    """
with band as (
  select * from unnest(cast(:ranks as int[]), cast(:lowers as float8[]), cast(:uppers as float8[]),
                       cast(:colours as text[]), cast(:shapes as bytea[])) as b(rank, lower, upper, colour, shape)
), drawn as (
  select rank, lower, upper, colour,
         ST_AsMVTGeom(ST_GeomFromWKB(shape, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true) as geom
  from band
)
select coalesce(ST_AsMVT(d, 'heat', 4096, 'geom'), ''::bytea) from drawn d where geom is not null
"""
)
_BUFFER_SHARE = 1 / 32


def _shapes(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[bytes]:
    """The cases' shapes as WKB, one more than are counted."""
    rows = connection.scalars(
        select(func.ST_AsBinary(Case.shape))
        .where(Case.shape.is_not(None), *conditions)
        .order_by(Case.id)
        .limit(MAX_CASES + 1)
    )
    return [bytes(row) for row in rows]


_densities: StoreCaches[Heat] = StoreCaches(size=_MAX_KEPT)


def _made(rows: Sequence[bytes], *, srid: int, bandwidth_m: float) -> Heat:
    counted = list(shapely.from_wkb(rows[:MAX_CASES])) if rows else []
    grid = problem_density(counted, bandwidth_m=bandwidth_m)
    if grid is None:
        return Heat(0, False, 0.0, ())
    peak = grid.peak()
    limits = class_limits(peak, _CLASSES)
    looks = {
        lower: (rank, colour)
        for rank, (lower, colour) in enumerate(zip(limits, class_colours(len(limits)), strict=True))
    }
    classes = tuple(
        HeatClass(
            rank=looks[band.lower][0], lower=band.lower, upper=band.upper if np.isfinite(band.upper) else None,
            colour=looks[band.lower][1], shape=shapely.to_wkb(reproject(band.polygon, srid, WEB_MERCATOR)),
        )
        for band in density_bands(grid, limits)
    )  # fmt: skip
    return Heat(len(counted), len(rows) > MAX_CASES, peak, classes)
