"""Zone files: one layer per level, or one layer of communities; read into one CRS, written as GeoPackage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry import MultiPolygon

from geodata.crs import WEB_MERCATOR, WGS84, cgcs2000_zone, is_projected, reproject
from geodata.errors import CrsError, Fault, FrameError, listed
from geodata.zones.contract import zone_frame
from geodata.zones.model import LEVELS, Level
from geodata.zones.reading.crs_signs import stated_or_signs
from geodata.zones.reading.sources import sources_of


def read_layers(path: Path, *, crs: int | None, code_column: str = "code") -> dict[Level, gpd.GeoDataFrame]:
    """Return the layers of a zone file with the columns of the contract; see `ZoneTree.read`."""
    faults: list[Fault] = []
    layers: dict[Level, gpd.GeoDataFrame] = {}
    for level, frame in read_projected(path, crs=crs).items():
        try:
            layers[level] = zone_frame(frame, level=level, code=code_column)
        except FrameError as error:
            faults.append(Fault(str(error), error.zh))
    if faults:
        en, zh = listed(faults)
        raise FrameError(f"{path.name}: {en}", zh=f"{path.name}：{zh}")
    return layers


def read_projected(path: Path, *, crs: int | None = None) -> dict[Level, gpd.GeoDataFrame]:
    """Return the layers of a file with their own columns, in one CRS in metres.

    Parameters
    ----------
    crs
        As `ZoneTree.read`.

    Raises
    ------
    CrsError, FrameError
        As `ZoneTree.read`, for the file and its CRS only: contents are not judged.
    """
    return projected(read_raw(path), crs=crs, name=path.name)


def projected(
    raw: Mapping[Level, gpd.GeoDataFrame], *, crs: int | None = None, name: str = "zones"
) -> dict[Level, gpd.GeoDataFrame]:
    """Return layers in one CRS in metres, never web mercator.

    Raises
    ------
    CrsError
        If a layer has no CRS and none is stated, or has numbers that its CRS cannot have; the
        message says what they look like.
    """
    target = crs or _working_crs(raw["community"], name=name)
    if not is_projected(target) or target == WEB_MERCATOR:
        raise CrsError(
            f"EPSG:{target} has degrees or no true metres; zones need a projected CRS such as EPSG:4547",
            zh=f"EPSG:{target} 的单位是度，或长度不真实；边界要用投影坐标系，如 EPSG:4547",
        )
    return {level: in_crs(frame, target, stated=crs, name=name) for level, frame in raw.items()}


def read_raw(path: Path) -> dict[Level, gpd.GeoDataFrame]:
    """Return the layers of a file by level, as they stand there.

    Layers are told by their names (`subdistrict`, `community`, `grid`, or 街道, 社区, 网格); a single
    layer of any name is the communities. In a zip archive the names of the files count.

    Raises
    ------
    FrameError
        If the file does not exist, is no vector file, or has no layer that can be the communities.
    """
    if not path.exists():
        raise FrameError(f"{path} does not exist", zh=f"找不到文件 {path}")
    try:
        sources = [source for source in sources_of(path) if not source.is_owners]
        found = {level: source for level in LEVELS for source in sources if source.level == level}
        names = ", ".join(source.layer for source in sources)
        if found and "community" not in found:
            raise FrameError(
                f"{path.name} has no layer community; it has {names}",
                zh=f"{path.name} 里没有 community（社区）图层；现有 {names}",
            )
        if not found and len(sources) == 1:
            found["community"] = sources[0]
        if found:
            return {level: source.read() for level, source in found.items()}
    except (DataSourceError, DataLayerError) as error:
        raise FrameError(
            f"{path.name} cannot be read as a vector file: {error}",
            zh=f"{path.name} 读不了，不是矢量文件：{error}",
        ) from error
    raise FrameError(
        f"{path.name} has the layers {names or 'none'}; needed: community (and subdistrict, grid),"
        " or one layer only",
        zh=f"{path.name} 里的图层是 {names or '（没有）'}；要有 community（及 subdistrict、grid），或只有一个图层",
    )


def _working_crs(frame: gpd.GeoDataFrame, *, name: str) -> int:
    epsg = stated_or_signs(frame, name=name)
    if is_projected(epsg) and epsg != WEB_MERCATOR:
        return epsg
    bounds = frame.geometry.bounds
    middle = bounds[["minx", "maxx"]].median().mean(), bounds[["miny", "maxy"]].median().mean()
    if not np.isfinite(middle).all():
        raise CrsError(
            "zones in degrees without any geometry: no CRS can be chosen, state one",
            zh="边界是经纬度却没有图形，选不出坐标系；请用 --crs 写明",
        )
    return cgcs2000_zone(float(reproject(shapely.Point(middle), epsg, WGS84).x))


def in_crs(frame: gpd.GeoDataFrame, target: int, *, stated: int | None, name: str) -> gpd.GeoDataFrame:
    """Return a layer in a CRS; one that states none is taken to be in `stated`.

    Raises
    ------
    CrsError
        As `projected`.
    """
    if frame.crs is None and stated is not None:
        return frame.set_crs(stated)
    source = stated_or_signs(frame, name=name)
    if source == target:
        return frame
    shapes: Any = reproject(np.asarray(frame.geometry.array, dtype=object), source, target)
    return gpd.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=shapes, crs=target)


def write_layers(layers: Mapping[Level, gpd.GeoDataFrame], path: Path) -> None:
    """Write one GeoPackage layer per level with zones; dates as ISO text, polygons as multipolygons."""
    path.unlink(missing_ok=True)
    for level, layer in layers.items():
        if len(layer):
            pyogrio.write_dataframe(
                _plain(layer), path, layer=level, driver="GPKG", geometry_type="MultiPolygon"
            )


def _plain(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    plain = layer.copy()
    for column in ("valid_from", "valid_to"):
        plain[column] = [day.isoformat() if isinstance(day, date) else None for day in layer[column]]
    plain["official"] = layer["official"].astype(bool)
    shapes = [MultiPolygon(list(shapely.get_parts(shape))) for shape in layer.geometry]
    return plain.set_geometry(gpd.GeoSeries(shapes, index=plain.index, crs=layer.crs))


def write_raw(layers: Mapping[Level, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers with their own columns to a GeoPackage; an existing file is replaced."""
    path.unlink(missing_ok=True)
    for level, layer in layers.items():
        pyogrio.write_dataframe(layer, path, layer=level, driver="GPKG", promote_to_multi=True)
