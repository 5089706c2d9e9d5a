"""Read an office's own drawn lines: a GeoPackage of layers line, post, number, place.

Layers `water`, `building`, `green` are taken for the basemap. Every layer but `line` may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.crs import epsg_of, reproject
from geodata.errors import FrameError, GazetteerError
from geodata.gazetteer.model import LINE_CLASSES
from geodata.gazetteer.pieces import Piece

_COLUMNS = {
    "line": ("name", "class"),
    "post": ("line", "chainage_m"),
    "number": ("road", "number"),
    "place": ("name", "class"),
}
_BASEMAP = ("water", "building", "green")
_HALF_WIDTH_M = {"road": 10.0, "rail": 5.0, "water": 15.0}


@dataclass(slots=True)
class DrawnLines:
    """What a file of drawn lines holds, in the gazetteer's CRS.

    `posts` are (line name, chainage in metres, x, y); `numbers` (road name, number, x, y); `places`
    (name, category, geometry); `basemap` (layer, name, category, geometry); `other_names` (other, name).
    """

    pieces: list[Piece] = field(default_factory=list)
    posts: list[tuple[str, float, float, float]] = field(default_factory=list)
    numbers: list[tuple[str, int, float, float]] = field(default_factory=list)
    places: list[tuple[str, str, BaseGeometry]] = field(default_factory=list)
    basemap: list[tuple[str, str, str, BaseGeometry]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    other_names: list[tuple[str, str]] = field(default_factory=list)


def first_lon(path: Path) -> float | None:
    """Return the longitude (WGS84) of the middle of the file's lines, to choose a CRS by."""
    frame = _read(path, "line")
    if frame is None or not len(frame):
        return None
    min_x, _, max_x, _ = reproject(shapely.box(*frame.total_bounds), epsg_of(frame.crs), 4326).bounds
    return float((min_x + max_x) / 2)


def read_lines(path: Path, *, crs: int) -> DrawnLines:
    """Return the lines, posts, numbers, places and basemap shapes of a GeoPackage.

    Parameters
    ----------
    crs
        EPSG code to bring everything to; each layer must state its own.

    Raises
    ------
    GazetteerError
        If the file cannot be read or has no layer `line`.
    FrameError
        If a layer lacks a column.
    CrsError
        If a layer has no CRS.
    """
    drawn = DrawnLines()
    layers = {name: _layer(path, name, crs) for name in (*_COLUMNS, *_BASEMAP)}
    if layers["line"] is None:
        raise GazetteerError(f"{path} has no layer named line", zh=f"{path} 里没有 line 图层")
    _read_pieces(layers["line"], drawn)
    for row, shape in _rows(layers["post"]):
        drawn.posts.append((str(row["line"]), float(row["chainage_m"]), *_xy(shape)))
    for row, shape in _rows(layers["number"]):
        drawn.numbers.append((str(row["road"]), int(row["number"]), *_xy(shape)))
    for row, shape in _rows(layers["place"]):
        drawn.places.append((str(row["name"]), str(row["class"]), shape))
    for layer in _BASEMAP:
        for row, shape in _rows(layers[layer]):
            drawn.basemap.append((layer, str(row.get("name") or ""), str(row.get("class") or ""), shape))
    return drawn


def _read_pieces(frame: gpd.GeoDataFrame, drawn: DrawnLines) -> None:
    none: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    for row, shape in _rows(frame):
        line_class: Any = str(row["class"])
        if line_class not in LINE_CLASSES:
            reason = f"线的类别不是 road、rail、water：{line_class}"
            drawn.dropped[reason] = drawn.dropped.get(reason, 0) + 1
            continue
        half = row.get("width_m")
        half_m = _HALF_WIDTH_M[line_class] if half is None or not np.isfinite(half) else float(half) / 2
        for part in shapely.get_parts(shapely.force_2d(shape)):
            if isinstance(part, LineString) and part.length > 0:
                piece = Piece(str(row["name"] or ""), line_class, part, half_m, none, line_class)
                drawn.pieces.append(piece)
                drawn.basemap.append((line_class, piece.name, line_class, part))


def _xy(shape: BaseGeometry) -> tuple[float, float]:
    centre = shape.centroid
    return float(centre.x), float(centre.y)


def _layer(path: Path, layer: str, crs: int) -> gpd.GeoDataFrame | None:
    frame = _read(path, layer)
    if frame is None:
        return None
    missing = [column for column in _COLUMNS.get(layer, ()) if column not in frame.columns]
    if missing:
        raise FrameError(
            f"layer {layer} of {path} lacks the columns {', '.join(missing)}",
            zh=f"{path} 的 {layer} 图层缺少列 {'、'.join(missing)}",
        )
    shapes = reproject(frame.geometry.to_numpy(), epsg_of(frame.crs), crs)
    return frame.set_geometry(gpd.GeoSeries(list(shapes), index=frame.index, crs=f"EPSG:{crs}"))


def _read(path: Path, layer: str) -> gpd.GeoDataFrame | None:
    if not path.is_file():
        raise GazetteerError(f"no such file: {path}", zh=f"没有这个文件：{path}")
    try:
        if layer not in {str(name) for name in pyogrio.list_layers(path)[:, 0]}:
            return None
        return gpd.read_file(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise GazetteerError(
            f"cannot read the lines {path}: {error}", zh=f"线文件 {path} 读不了：{error}"
        ) from error


def _rows(frame: gpd.GeoDataFrame | None) -> list[tuple[dict[Any, Any], BaseGeometry]]:
    if frame is None:
        return []
    records = frame.drop(columns=frame.geometry.name).to_dict("records")
    shapes = list(frame.geometry)
    return [
        (row, shape)
        for row, shape in zip(records, shapes, strict=True)
        if shape is not None and not shape.is_empty
    ]
