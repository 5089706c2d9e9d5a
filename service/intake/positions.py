"""Coordinates and shapes that a list brings along, checked and turned to WGS84 lon, lat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geodata.datums import to_wgs84
from geodata.errors import QingtuError
from service.words import tr

_ACCEPTED = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
MAX_VERTICES = 100_000


class PositionError(QingtuError):
    """A coordinate or shape that cannot be used; the message says what was written."""


def read_point(lon: str, lat: str, datum: str) -> BaseGeometry:
    """Return a point in EPSG:4326 from two texts in a stated datum.

    Raises
    ------
    PositionError
        If a text is no number, or the pair is no longitude and latitude.
    """
    try:
        pair = np.array([[float(lon), float(lat)]])
    except ValueError as error:
        raise PositionError(
            tr(f"坐标不是数字：{lon[:30]}, {lat[:30]}", f"not numbers: {lon[:30]}, {lat[:30]}")
        ) from error
    return _checked(
        shapely.Point(to_wgs84(pair, datum)[0]) if np.isfinite(pair).all() else shapely.Point(), pair
    )


def read_shape(geometry: Mapping[str, object], datum: str) -> BaseGeometry:
    """Return a GeoJSON geometry in EPSG:4326 from a stated datum.

    Raises
    ------
    PositionError
        If it is no valid geometry of a kind that a problem can have.
    """
    kind = geometry.get("type")
    if kind not in _ACCEPTED:
        raise PositionError(
            tr(f"不支持的几何类型：{str(kind)[:30]}", f"geometry type not supported: {str(kind)[:30]}")
        )
    try:
        found = shapely.force_2d(shape(dict(geometry)))
    except (
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        IndexError,
        shapely.errors.ShapelyError,
    ) as error:
        raise PositionError(tr("几何坐标写法不对", "the geometry's coordinates are malformed")) from error
    xy = shapely.get_coordinates(found)
    if found.is_empty or not np.isfinite(xy).all():
        raise PositionError(tr("几何是空的", "the geometry is empty"))
    if len(xy) > MAX_VERTICES:
        raise PositionError(tr(f"几何顶点超过 {MAX_VERTICES}", f"more than {MAX_VERTICES} vertices"))
    return _checked(shapely.transform(found, lambda points: to_wgs84(points, datum)), xy)


def _checked(geometry: BaseGeometry, written: np.ndarray) -> BaseGeometry:
    min_x, min_y, max_x, max_y = geometry.bounds if not geometry.is_empty else (np.nan,) * 4
    if -180 <= min_x <= max_x <= 180 and -90 <= min_y <= max_y <= 90:
        return geometry
    pair = f"{written[0][0]:.10g}, {written[0][1]:.10g}"
    raise PositionError(
        tr(
            f"不是经度、纬度：{pair}（先经度后纬度；投影坐标请用 --datum EPSG:n 说明）",
            f"not longitude, latitude: {pair} (longitude first; state projected coordinates with --datum EPSG:n)",
        )
    )
