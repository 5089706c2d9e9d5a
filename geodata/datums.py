"""Chinese map datums: GCJ-02 (AMap, Tencent, most phones' maps) and BD-09 (Baidu).

Both are deliberate distortions of WGS84 longitude and latitude without an EPSG code. The forward
transforms are published; the inverses are found here by iteration to well below a millimetre
(published one-shot inverses err by metres). CGCS2000 is WGS84 to within centimetres.

Not for projected systems: `EPSG:n` is passed on to `geodata.crs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from geodata.crs import WGS84, reproject_xy
from geodata.errors import DatumError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Points = NDArray[np.float64]

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")

# Krassovsky 1940, the ellipsoid the distortion is defined on.
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
# The distortion applies only inside this box of lon, lat (degrees), by its definition.
_CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_EPSG_NAME = re.compile(r"EPSG:(\d{4,6})", re.IGNORECASE)


def to_wgs84(xy: ArrayLike, datum: str) -> Points:
    """Return WGS84 longitude and latitude of points given in a datum.

    Parameters
    ----------
    xy
        Shape (n, 2): lon, lat in degrees for the named datums, x, y for `EPSG:n`. n = 0 gives (0, 2).
    datum
        One of wgs84, cgcs2000, gcj02, bd09, or `EPSG:n`.

    Raises
    ------
    DatumError
        If the datum is unknown.

    Notes
    -----
    GCJ-02 and BD-09 are inverted by fixed-point iteration on the forward transform; the distortion
    changes by less than 1 % of a step, so six rounds reach 1e-12 degrees.

    Examples
    --------
    >>> to_wgs84([[113.72, 34.77]], "gcj02").round(4).tolist()
    [[113.7138, 34.771]]
    """
    points = np.asarray(xy, dtype=float).reshape(-1, 2)
    name = _known(datum)
    if name in ("wgs84", "cgcs2000"):
        return points.copy()
    if name == "gcj02":
        return _inverse(points, _wgs84_to_gcj02)
    if name == "bd09":
        return _inverse(_inverse(points, _gcj02_to_bd09), _wgs84_to_gcj02)
    return reproject_xy(points, _epsg(name), WGS84)


def from_wgs84(lonlat: ArrayLike, datum: str) -> Points:
    """Return points given in WGS84 longitude and latitude in another datum; see `to_wgs84`.

    Examples
    --------
    >>> from_wgs84([[113.7138, 34.771]], "gcj02").round(3).tolist()
    [[113.72, 34.77]]
    """
    points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    name = _known(datum)
    if name in ("wgs84", "cgcs2000"):
        return points.copy()
    if name == "gcj02":
        return _wgs84_to_gcj02(points)
    if name == "bd09":
        return _gcj02_to_bd09(_wgs84_to_gcj02(points))
    return reproject_xy(points, WGS84, _epsg(name))


def check_datum(datum: str) -> str:
    """Return the datum's canonical name.

    Raises
    ------
    DatumError
        If it is none of the accepted names.
    """
    return _known(datum)


def _known(datum: str) -> str:
    name = datum.strip()
    if name.lower() in DATUMS:
        return name.lower()
    if _EPSG_NAME.fullmatch(name):
        return name.upper()
    raise DatumError(
        f"unknown datum {datum!r}; accepted are {', '.join(DATUMS)} and EPSG:n",
        zh=f"不认识坐标基准 {datum}；可以是 {'、'.join(DATUMS)} 或 EPSG:代码",
    )


def _epsg(name: str) -> int:
    return int(name.removeprefix("EPSG:"))


def _inverse(target: Points, forward: Callable[[Points], Points]) -> Points:
    guess = target.copy()
    for _ in range(8):
        guess += target - forward(guess)
    return guess


def _wgs84_to_gcj02(lonlat: Points) -> Points:
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0

    latitude = np.radians(lat)
    flattening = 1.0 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / flattening**1.5
    normal_m = _SEMI_MAJOR_M / np.sqrt(flattening)
    shift = np.column_stack(
        [np.degrees(east / (normal_m * np.cos(latitude))), np.degrees(north / meridian_m)]
    )

    min_x, min_y, max_x, max_y = _CHINA_BOX
    inside = (lon >= min_x) & (lon <= max_x) & (lat >= min_y) & (lat <= max_y)
    return lonlat + np.where(inside[:, None], shift, 0.0)


def _gcj02_to_bd09(lonlat: Points) -> Points:
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])
