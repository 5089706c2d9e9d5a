"""The layer of linear owners in zone files: read into the zones' CRS, written beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.errors import FrameError
from geodata.zones.owning.layer import OWNER_LAYER, owner_frame
from geodata.zones.reading.files import in_crs
from geodata.zones.reading.sources import sources_of

if TYPE_CHECKING:
    import geopandas as gpd


def read_owners(path: Path, *, crs: int, stated: int | None = None) -> gpd.GeoDataFrame | None:
    """Return the linear owners of a zone file with the columns of their contract, None if it has none.

    Parameters
    ----------
    crs
        EPSG code of the projected CRS to work in.
    stated
        The CRS of a layer that states none.

    Raises
    ------
    CrsError, FrameError
        If the layer has no CRS and none is stated, lacks the code column, or has widths or days that
        cannot be read.
    """
    raw = read_raw_owners(path)
    if raw is None:
        return None
    frame = projected_owners(raw, crs=crs, stated=stated, name=path.name)
    try:
        return owner_frame(frame)
    except FrameError as error:
        raise FrameError(f"{path.name}: {error}", zh=f"{path.name}：{error.zh}") from error


def projected_owners(
    raw: gpd.GeoDataFrame, *, crs: int, stated: int | None = None, name: str = "zones"
) -> gpd.GeoDataFrame:
    """Return the layer as it stands in a file in another CRS; parameters and errors as `read_owners`."""
    return in_crs(raw, crs, stated=stated, name=f"{name} ({OWNER_LAYER})")


def read_raw_owners(path: Path) -> gpd.GeoDataFrame | None:
    """Return the layer `linear_owner` (or 线路权属) of a file as it stands there, None if it has none.

    Raises
    ------
    FrameError
        If the file cannot be read.
    """
    try:
        found = [source for source in sources_of(path) if source.is_owners]
        return found[0].read() if found else None
    except (DataSourceError, DataLayerError) as error:
        raise FrameError(
            f"{path.name} cannot be read as a vector file: {error}",
            zh=f"{path.name} 读不了，不是矢量文件：{error}",
        ) from error


def write_owners(owners: gpd.GeoDataFrame, path: Path) -> None:
    """Add a layer of linear owners to a GeoPackage; nothing where there are none. Days as ISO text."""
    if not len(owners):
        return
    plain = owners.copy()
    for column in ("valid_from", "valid_to"):
        plain[column] = [day.isoformat() if isinstance(day, date) else None for day in owners[column]]
    plain["official"] = owners["official"].astype(bool)
    shapes = np.array([shapely.multilinestrings(shapely.get_parts(shape)) for shape in owners.geometry])
    pyogrio.write_dataframe(
        plain.set_geometry(shapes, crs=owners.crs), path, layer=OWNER_LAYER, driver="GPKG",
        geometry_type="MultiLineString",
    )  # fmt: skip


def write_raw_owners(owners: gpd.GeoDataFrame, path: Path) -> None:
    """Add linear owners with their own columns to a GeoPackage."""
    pyogrio.write_dataframe(owners, path, layer=OWNER_LAYER, driver="GPKG", promote_to_multi=True)
