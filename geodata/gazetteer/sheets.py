"""Official tables and point layers as one frame of texts, whatever file they come in."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import python_calamine
import shapely

from geodata.crs import WGS84, epsg_of, reproject
from geodata.errors import CrsError, GazetteerError

_EXCEL = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_LAYERS = (".gpkg", ".geojson", ".json", ".shp", ".fgb")
# Columns filled from a layer's geometry, WGS84 degrees.
LAYER_LON, LAYER_LAT = "lon", "lat"


def read_sheet(path: Path) -> pd.DataFrame:
    """Return the first sheet or layer of a file, every cell as text ("" where empty).

    A layer of points gets the columns `lon`, `lat` from its geometry (WGS84, as the layer's CRS says);
    other shapes and empty ones get none there, and so are dropped by the caller.

    Raises
    ------
    GazetteerError
        If the file cannot be read, or is neither a table (CSV, Excel) nor a layer (GeoPackage, GeoJSON,
        Shapefile).
    CrsError
        If a layer states no CRS.
    """
    if not path.is_file():
        raise GazetteerError(f"no such file: {path}", zh=f"没有这个文件：{path}")
    kind = path.suffix.lower()
    if kind in _EXCEL:
        return _excel(path)
    return _layer(path) if kind in _LAYERS else _csv(path)


def _csv(path: Path) -> pd.DataFrame:
    error: Exception | None = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
        except UnicodeDecodeError as failed:
            error = failed
        except (OSError, ValueError, pd.errors.ParserError) as failed:
            raise GazetteerError(
                f"cannot read the table {path}: {failed}", zh=f"表格 {path} 读不了：{failed}"
            ) from failed
    raise GazetteerError(
        f"{path} is neither UTF-8 nor GB18030: {error}",
        zh=f"{path} 既不是 UTF-8 也不是 GB18030 编码（{error}）；请另存为 UTF-8",
    )


def _excel(path: Path) -> pd.DataFrame:
    try:
        rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise GazetteerError(
            f"cannot read the table {path}: {error}", zh=f"表格 {path} 读不了：{error}"
        ) from error
    if not rows:
        raise GazetteerError(f"the first sheet of {path} is empty", zh=f"{path} 的第一张表是空的")
    header = [_cell(value) for value in rows[0]]
    return pd.DataFrame([[_cell(value) for value in row] for row in rows[1:]], columns=header, dtype=str)


def _cell(value: object) -> str:
    # Excel keeps every figure as a float: house number 18 must not become 18.0.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _layer(path: Path) -> pd.DataFrame:
    try:
        frame = gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise GazetteerError(
            f"cannot read the layer {path}: {error}", zh=f"图层 {path} 读不了：{error}"
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise GazetteerError(
            f"{path} has no geometry; give it as CSV or Excel",
            zh=f"{path} 没有图形；没有图形的表请存成 CSV 或 Excel",
        )
    if frame.crs is None:
        raise CrsError(f"{path} states no CRS", zh=f"{path} 没有写明坐标系；请在 GIS 软件里写明后重新导出")
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).map(
        lambda value: "" if value is None or value != value else _cell(value)
    )
    shapes = np.asarray(reproject(frame.geometry.to_numpy(), epsg_of(frame.crs), WGS84))
    point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    points = shapes[point & ~shapely.is_empty(shapes)]
    for column, own in ((LAYER_LON, shapely.get_x), (LAYER_LAT, shapely.get_y)):
        if column in table.columns:
            continue
        values = np.full(len(table), "", dtype=object)
        values[point & ~shapely.is_empty(shapes)] = [repr(float(value)) for value in own(points)]
        table[column] = values
    return table
