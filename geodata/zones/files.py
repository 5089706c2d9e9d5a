"""Zone files: GeoPackages with one layer per level, or any vector file with one layer."""

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

from geodata.crs import WGS84, cgcs2000_zone, epsg_of, is_projected, reproject
from geodata.errors import CrsError, FrameError
from geodata.zones.contract import zone_frame
from geodata.zones.model import LEVELS, Level


def read_layers(path: Path, *, crs: int | None, code_column: str = "code") -> dict[Level, gpd.GeoDataFrame]:
    """Return the layers of a zone file with the columns of the contract; see `ZoneTree.read`."""
    faults: list[str] = []
    layers: dict[Level, gpd.GeoDataFrame] = {}
    for level, frame in read_projected(path, crs=crs).items():
        try:
            layers[level] = zone_frame(frame, level=level, code=code_column)
        except FrameError as error:
            faults.append(str(error))
    if faults:
        raise FrameError(f"{path.name}: " + "; ".join(faults))
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
    raw = read_raw(path)
    target = crs or _working_crs(raw["community"])
    if not is_projected(target):
        raise CrsError(f"EPSG:{target} has degrees; zones need a CRS in metres")
    return {level: _in_crs(frame, target, stated=crs) for level, frame in raw.items()}


def read_raw(path: Path) -> dict[Level, gpd.GeoDataFrame]:
    """Return the layers of a file by level, as they stand there.

    Raises
    ------
    FrameError
        If the file does not exist, is no vector file, or has no layer that can be the communities.
    """
    if not path.exists():
        raise FrameError(f"{path} does not exist")
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        present: list[Level] = [level for level in LEVELS if level in names]
        if present and "community" not in present:
            raise FrameError(f"{path.name} has no layer community; it has {', '.join(names)}")
        if present:
            return {level: _read(path, level) for level in present}
        if len(names) == 1:
            return {"community": _read(path, names[0])}
    except (DataSourceError, DataLayerError) as error:
        raise FrameError(f"{path.name} cannot be read as a vector file: {error}") from error
    raise FrameError(
        f"{path.name} has the layers {', '.join(names) or 'none'}; needed: community (and subdistrict, grid),"
        " or one layer only"
    )


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    frame = gpd.read_file(path, layer=layer, engine="pyogrio")
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FrameError(f"{path.name}: layer {layer} has no geometry")
    return frame


def _working_crs(frame: gpd.GeoDataFrame) -> int:
    epsg = epsg_of(frame.crs)
    if is_projected(epsg):
        return epsg
    bounds = frame.geometry.bounds
    middle = (bounds["minx"] + bounds["maxx"]).median() / 2
    if not np.isfinite(middle):
        raise CrsError("zones in degrees without any geometry: no CRS can be chosen, state one")
    return cgcs2000_zone(float(reproject(shapely.Point(middle, 34.0), epsg, WGS84).x))


def _in_crs(frame: gpd.GeoDataFrame, target: int, *, stated: int | None) -> gpd.GeoDataFrame:
    if frame.crs is None and stated is not None:
        return frame.set_crs(stated)
    source = epsg_of(frame.crs)
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
