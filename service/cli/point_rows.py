"""Files of places to tables and to points in metres, for the commands that need no spreadsheet logic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.crs import WEB_MERCATOR, WGS84, cgcs2000_zone, epsg_of, is_projected, reproject, reproject_lonlat
from geodata.errors import CrsError, FrameError
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

VECTOR = (".gpkg", ".geojson", ".json", ".shp", ".fgb")
_NUMBERS = ("x", "y", "lon", "lat")


@dataclass(frozen=True, slots=True)
class Places:
    """Geometries in a projected CRS (metres), how many rows had none, and which rows had one."""

    shapes: NDArray[np.object_]
    crs: int
    without_place: int
    kept: NDArray[np.intp]


def read_rows(path: Path) -> pd.DataFrame:
    """Return the rows of a .parquet, .csv (UTF-8) or vector file; a GeoDataFrame where it has geometry.

    Raises
    ------
    FrameError
        If the file does not exist, cannot be read, or is of another kind.
    """
    if not path.exists():
        raise FrameError(tr(f"找不到文件 {path}", f"{path} does not exist"))
    try:
        rows = _read(path)
    except (DataSourceError, DataLayerError, pyarrow.ArrowException, ValueError) as error:
        raise FrameError(
            tr(f"读不了 {path.name}：{error}", f"{path.name} cannot be read: {error}")
        ) from error
    if rows is None:
        kinds = ".parquet .csv .gpkg .geojson"
        raise FrameError(
            tr(f"不认识的格式 {path.suffix}：用 {kinds}", f"unknown format {path.suffix}: use {kinds}")
        )
    return rows


def _read(path: Path) -> pd.DataFrame | None:
    suffix = path.suffix.lower()
    if suffix in VECTOR:
        return gpd.read_file(path, engine="pyogrio")
    if suffix == ".parquet":
        is_geo = b"geo" in (pyarrow.parquet.read_schema(path).metadata or {})
        return gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
    if suffix == ".csv":
        header = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
        # Codes keep their leading zeros; only an empty coordinate means "none".
        text = {name: str for name in header if name not in _NUMBERS}
        empty = {name: [""] for name in _NUMBERS}
        return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=empty, encoding="utf-8-sig")
    return None


def coordinates(rows: pd.DataFrame, *, crs: int) -> NDArray[np.float64]:
    """Return the positions of rows in a CRS, shape (n, 2), NaN where a row has none.

    Columns `x`, `y` are in that CRS already; `lon`, `lat` are WGS84 degrees.

    Raises
    ------
    FrameError
        If there are neither.
    """
    if {"x", "y"} <= set(rows.columns):
        return rows[["x", "y"]].to_numpy(dtype=float)
    if {"lon", "lat"} <= set(rows.columns):
        return reproject_lonlat(rows[["lon", "lat"]].to_numpy(dtype=float), crs)
    there = "、".join(map(str, rows.columns))
    raise FrameError(
        tr(
            f"没有坐标列：要 x、y 或 lon、lat；现有 {there}",
            f"x, y or lon, lat are needed; there are {there}",
        )
    )


def places(rows: pd.DataFrame, *, crs: int | None) -> Places:
    """Return the geometries of rows in a CRS in metres.

    Parameters
    ----------
    crs
        EPSG code to work in; needed for columns `x`, `y`. Left out: the file's own if in metres (not
        web mercator), else the CGCS2000 3-degree zone at the median longitude.

    Raises
    ------
    CrsError, FrameError
        If there is no CRS, an unsuitable one, or no coordinates.
    """
    if isinstance(rows, gpd.GeoDataFrame):
        source = epsg_of(rows.crs)
        shapes = np.asarray(rows.geometry.array, dtype=object)
        kept = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        shapes = shapes[kept]
        target = _metres(crs or (source if is_projected(source) else _zone_of(shapes)))
        return Places(np.asarray(reproject(shapes, source, target)), target, len(rows) - len(shapes), kept)
    if crs is None:
        if not {"lon", "lat"} <= set(rows.columns) or {"x", "y"} <= set(rows.columns):
            coordinates(rows, crs=WGS84)  # no coordinates at all is the plainer reason
            raise CrsError(tr("x、y 是哪个坐标系？请写 --crs EPSG代码", "state the CRS of x, y with --crs"))
        crs = _zone_of(shapely.points(_finite(rows[["lon", "lat"]].to_numpy(dtype=float))))
    xy = coordinates(rows, crs=_metres(crs))
    found = _finite(xy)
    kept = np.flatnonzero(np.isfinite(xy).all(axis=1))
    return Places(np.asarray(shapely.points(found), dtype=object), crs, len(xy) - len(found), kept)


def _finite(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return xy[np.isfinite(xy).all(axis=1)]


def _zone_of(shapes: Any) -> int:
    lons = shapely.get_coordinates(shapes)[:, 0]
    if not len(lons):
        raise FrameError(tr("没有一行有坐标", "no row has a place"))
    return cgcs2000_zone(float(np.median(lons)))


def _metres(epsg: int) -> int:
    if not is_projected(epsg) or epsg == WEB_MERCATOR:
        raise CrsError(
            tr(
                f"EPSG:{epsg} 里的长度不是真的米；用 --crs 指定投影坐标系（如 4547）",
                f"lengths in EPSG:{epsg} are no metres; state a projected CRS with --crs (such as 4547)",
            )
        )
    return epsg
