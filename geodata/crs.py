"""Coordinate reference systems: the only module that calls pyproj.

Inside the program everything is in one projected CRS in metres (x east, y north); the edges speak
EPSG:4326 as lon, lat. Datums without an EPSG code (GCJ-02, BD-09) live in `geodata.datums`.
pyproj is loaded on first use: a process that stays in one CRS starts without it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely

from geodata.errors import CrsError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Transformer

WGS84 = 4326
WEB_MERCATOR = 3857

G = TypeVar("G")


@lru_cache(maxsize=64)
def _transformer(source: int, target: int) -> Transformer:
    from pyproj import Transformer
    from pyproj.exceptions import CRSError as ProjError

    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except ProjError as error:
        raise CrsError(
            f"no transformation from EPSG:{source} to EPSG:{target}: {error}",
            zh=f"没有从 EPSG:{source} 到 EPSG:{target} 的换算：{error}",
        ) from error


def cgcs2000_zone(lon: float) -> int:
    """Return the EPSG code of the CGCS2000 3-degree Gauss-Krüger CM zone nearest a longitude.

    Parameters
    ----------
    lon
        Degrees east, 73.5 to 136.5 (the zones with central meridians 75 to 135 E).

    Raises
    ------
    CrsError
        If the longitude lies outside China's zones.

    Notes
    -----
    EPSG:4534 (CM 75E) to EPSG:4554 (CM 135E), x east without zone number.

    Examples
    --------
    >>> cgcs2000_zone(113.72), cgcs2000_zone(121.47)
    (4547, 4549)
    """
    number = round(lon / 3)
    if not 25 <= number <= 45:
        raise CrsError(
            f"longitude {lon} lies outside the CGCS2000 3-degree zones (73.5 to 136.5 E)",
            zh=f"经度 {lon} 不在 CGCS2000 三度带（东经 73.5 至 136.5 度）之内",
        )
    return 4534 + number - 25


def epsg_of(crs: Any) -> int:
    """Return the EPSG code of anything pyproj understands.

    Raises
    ------
    CrsError
        If there is no CRS, or it has no EPSG code.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError as ProjError

    if crs is None:
        raise CrsError(
            "no CRS is set; state it (for example EPSG:4326 for longitude and latitude)",
            zh="没有坐标系；请写明（如经纬度是 EPSG:4326）",
        )
    try:
        code = CRS.from_user_input(crs).to_epsg()
    except ProjError as error:
        raise CrsError(f"not a CRS: {crs!r}", zh=f"这不是坐标系：{crs}；如 EPSG:4547") from error
    if code is None:
        raise CrsError(
            f"the CRS has no EPSG code: {crs!r}",
            zh=f"坐标系没有 EPSG 代码：{crs}；请换成有代码的坐标系，如 EPSG:4547",
        )
    return int(code)


def is_projected(epsg: int) -> bool:
    """Return whether a CRS is projected (so that its unit can be a length).

    Raises
    ------
    CrsError
        If there is no CRS with this code.
    """
    return bool(_described(epsg).is_projected)


def area_of_use(epsg: int) -> tuple[float, float, float, float]:
    """Return where a CRS is meant to be used: west, south, east, north in degrees; the world if it does not say.

    Raises
    ------
    CrsError
        If there is no CRS with this code.

    Examples
    --------
    >>> area_of_use(4547)[::2]
    (112.5, 115.5)
    """
    area = _described(epsg).area_of_use
    return (-180.0, -90.0, 180.0, 90.0) if area is None else (area.west, area.south, area.east, area.north)


@lru_cache(maxsize=64)
def _described(epsg: int) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError as ProjError

    try:
        return CRS.from_epsg(epsg)
    except ProjError as error:
        raise CrsError(
            f"there is no CRS EPSG:{epsg}; EPSG:4547 is one", zh=f"没有 EPSG:{epsg} 这个坐标系；如 EPSG:4547"
        ) from error


def reproject_xy(xy: ArrayLike, source: int, target: int) -> NDArray[np.float64]:
    """Return points in another CRS.

    Parameters
    ----------
    xy
        Shape (n, 2), x or lon first. n = 0 gives shape (0, 2).
    source, target
        EPSG codes.

    Examples
    --------
    >>> reproject_xy([[114.0, 34.0]], 4326, 4547).round(0)[0].tolist()
    [500000.0, 3763661.0]
    """
    points = np.asarray(xy, dtype=float).reshape(-1, 2)
    if source == target or len(points) == 0:
        return points
    x, y = _transformer(source, target).transform(points[:, 0], points[:, 1])
    return np.column_stack([x, y])


def reproject_lonlat(lonlat: ArrayLike, target: int) -> NDArray[np.float64]:
    """Return WGS84 degrees (shape (n, 2), lon first) in another CRS; NaN where they are no place on earth.

    Examples
    --------
    >>> reproject_lonlat([[114.0, 34.0], [214.0, 34.0]], 4547).round(0).tolist()
    [[500000.0, 3763661.0], [nan, nan]]
    """
    degrees = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    possible = (np.abs(degrees) <= [180, 90]).all(axis=1)
    xy = np.full(degrees.shape, np.nan)
    xy[possible] = reproject_xy(degrees[possible], WGS84, target)
    return xy


def projjson(epsg: int) -> dict[str, Any]:
    """Return a CRS as the PROJJSON that GeoParquet asks for."""
    described: dict[str, Any] = _described(epsg).to_json_dict()
    return described


def reproject(geometry: G, source: int, target: int) -> G:
    """Return a shapely geometry (or array of them) in another CRS; x or lon first."""
    if source == target:
        return geometry
    given: Any = geometry
    result: G = shapely.transform(given, lambda xy: reproject_xy(xy, source, target))
    return result


def require_crs(frame: gpd.GeoDataFrame, epsg: int, *, name: str) -> None:
    """Raise unless a frame is in the CRS the caller works in.

    Raises
    ------
    CrsError
        If the frame has no CRS or another one; there is no silent reprojection.
    """
    found = epsg_of(frame.crs)
    if found != epsg:
        raise CrsError(
            f"{name} is in EPSG:{found}, EPSG:{epsg} is needed; reproject it at the edge",
            zh=f"{name} 的坐标系是 EPSG:{found}，这里要 EPSG:{epsg}；请先转换坐标系",
        )
