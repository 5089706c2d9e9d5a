"""An uploaded GeoPackage to zone layers in the office's CRS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import epsg_of, reproject
from geodata.errors import CrsError
from geodata.zones.contract import zone_frame
from service.confined.reading import read_confined
from service.words import tr

if TYPE_CHECKING:
    from geodata.zones import Level

_REASONS = {
    "not_a_geopackage": ("不是 GeoPackage（.gpkg）；请在 QGIS 等软件里另存为 GeoPackage", "it is no GeoPackage (.gpkg); export it as one, for example from QGIS"),
    "no_layers": ("没有名为 subdistrict、community、grid 的图层", "it has no layer subdistrict, community or grid"),
    "not_a_table": ("图层不是普通的表；请重新导出", "a layer is no plain table; export it again"),
    "bad_geometry": ("有读不懂的图形（第几行）", "a geometry cannot be read (row)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BorderFile:
    """The layers of a file, in the office's CRS with the contract's columns; only the levels it has."""

    name: str
    sha256: str
    layers: dict[Level, gpd.GeoDataFrame]


def read_border_file(path: Path, *, name: str, crs: int) -> BorderFile:
    """Return the zones of a GeoPackage.

    Parameters
    ----------
    name
        The file's name as the user knows it.
    crs
        EPSG code of the office's CRS; layers in another one are reprojected.

    Raises
    ------
    UnreadableError
        If it is no GeoPackage with zones, or too large.
    CrsError
        If a layer has no CRS.
    FrameError
        If a layer lacks the code column or dates cannot be read.
    """
    answer = read_confined("service.borders.child", path, name=name, reasons=_REASONS)
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    layers: dict[Level, gpd.GeoDataFrame] = {
        level: _layer(layer, level=level, crs=crs) for level, layer in answer["layers"].items()
    }
    return BorderFile(name=name, sha256=digest, layers=layers)


def _layer(raw: dict[str, Any], *, level: Level, crs: int) -> gpd.GeoDataFrame:
    source = _epsg(raw["srs"], level)
    shapes = np.empty(len(raw["wkb"]), dtype=object)
    shapes[:] = [None if text is None else shapely.from_wkb(text) for text in raw["wkb"]]
    frame = gpd.GeoDataFrame(raw["columns"], geometry=shapes, crs=source)
    layer = zone_frame(frame, level=level)
    if source == crs:
        return layer
    moved = reproject(np.asarray(layer.geometry.array, dtype=object), source, crs)
    return gpd.GeoDataFrame(layer.drop(columns="geometry"), geometry=moved, crs=crs)


def _epsg(srs: dict[str, Any], level: Level) -> int:
    if srs["organization"] == "EPSG" and srs["code"] > 0:
        return epsg_of(f"EPSG:{srs['code']}")
    if srs["organization"] == "NONE" or not srs["definition"] or srs["definition"] == "undefined":
        raise CrsError(
            tr(
                f"图层 {level} 没有坐标系；请在 GIS 软件里写明后重新导出",
                f"the layer {level} has no CRS; state it in a GIS program and export again",
            )
        )
    try:
        return epsg_of(srs["definition"])
    except CrsError as error:
        # Not the definition's own text: an error never repeats what was sent.
        words = tr(
            f"图层 {level} 的坐标系没有 EPSG 代码；请换成 EPSG 坐标系后重新导出",
            f"the CRS of the layer {level} has no EPSG code; export it in one that has",
        )
        raise CrsError(words) from error
