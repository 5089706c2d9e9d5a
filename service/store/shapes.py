"""Between shapely geometries in the office's CRS and the store's geometry columns."""

from __future__ import annotations

from typing import Any

import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry


def to_store(geometry: BaseGeometry | None, *, srid: int) -> str | None:
    """Return the value for a geometry column: EWKB as hex, None for None.

    Parameters
    ----------
    geometry
        In metres, office CRS; a third dimension is dropped, the columns are two-dimensional.
    srid
        EPSG code of that CRS; PostgreSQL refuses any other than the column's.
    """
    if geometry is None:
        return None
    flat = shapely.set_srid(shapely.force_2d(geometry), srid)
    return str(shapely.to_wkb(flat, hex=True, include_srid=True))


def from_store(value: WKBElement | Any) -> BaseGeometry:
    """Return a stored geometry as shapely, office CRS in metres."""
    geometry: BaseGeometry = to_shape(value)
    return geometry


def as_multipolygon(geometry: BaseGeometry) -> MultiPolygon:
    """Return a polygon or multipolygon as a multipolygon.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if isinstance(geometry, MultiPolygon):
        return geometry
    if isinstance(geometry, Polygon):
        return MultiPolygon([geometry])
    raise TypeError(f"polygon needed, got {geometry.geom_type}")


def as_multiline(geometry: BaseGeometry) -> MultiLineString:
    """Return a line or multiline as a multiline.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if isinstance(geometry, MultiLineString):
        return geometry
    if isinstance(geometry, LineString):
        return MultiLineString([geometry])
    raise TypeError(f"line needed, got {geometry.geom_type}")
