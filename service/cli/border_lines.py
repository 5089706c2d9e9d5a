"""Lines that borders follow: roads, railways, waters and walls, from a gazetteer or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.crs import WGS84, epsg_of, reproject
from geodata.errors import FrameError
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLASS_COLUMNS = ("class", "line_class", "kind", "type", "类别", "类型")
_CLASSES = {
    "road": "road", "道路": "road", "路": "road", "street": "road",
    "rail": "rail", "railway": "rail", "铁路": "rail",
    "water": "water", "waterway": "water", "river": "water", "canal": "water", "水系": "water", "河": "water", "渠": "water",
    "wall": "wall", "fence": "wall", "围墙": "wall", "墙": "wall",
}  # fmt: skip


def lines_of_gazetteer(path: Path, *, crs: int) -> gpd.GeoDataFrame:
    """Return the drawn roads, railways and waters of a gazetteer with `name`, `class` in a CRS.

    Raises
    ------
    FrameError
        If nothing is drawn in it: one mined from addresses knows crossings, but no lines.
    """
    from geodata.gazetteer import Gazetteer

    gazetteer = Gazetteer.open(path)
    drawn = gazetteer.basemap()
    drawn = drawn[drawn["layer"].isin(["road", "rail", "water"])]
    if not len(drawn):
        raise FrameError(
            tr(f"{path.name} 里没有画出的道路、水系", f"{path.name} holds no drawn road or water")
        )
    shapes = _as_lines(np.asarray(drawn.geometry.array, dtype=object))
    return gpd.GeoDataFrame(
        {"name": list(drawn["name"]), "class": list(drawn["layer"])},
        geometry=reproject(shapes, gazetteer.crs, crs),
        crs=crs,
    )


def _as_lines(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)


def lines_of_file(path: Path, *, crs: int) -> gpd.GeoDataFrame:
    """Return the lines of all layers of a vector file with `name`, `class` in a CRS.

    The layer's name or a column (`class`, `kind`, `type`, 类别) says what they are: road, rail, water,
    wall. Lines of unknown class are roads; polygons count with their outline if they are one of the
    four; points, buildings and parks are left out.

    Raises
    ------
    FrameError
        If the file cannot be read, has no CRS, or holds no line.
    """
    if not path.exists():
        raise FrameError(tr(f"找不到文件 {path}", f"{path} does not exist"))
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        frames = [(name, pyogrio.read_dataframe(path, layer=name)) for name in layers]
    except (DataSourceError, DataLayerError) as error:
        raise FrameError(
            tr(f"读不了 {path.name}：{error}", f"{path.name} cannot be read: {error}")
        ) from error
    names: list[str] = []
    classes: list[str] = []
    found: list[shapely.Geometry] = []
    for layer, frame in frames:
        if not isinstance(frame, gpd.GeoDataFrame):
            continue
        column = next((name for name in _CLASS_COLUMNS if name in frame.columns), None)
        shapes = reproject(np.asarray(frame.geometry.array, dtype=object), epsg_of(frame.crs or WGS84), crs)
        words = frame[column] if column else [layer] * len(frame)
        own = frame["name"] if "name" in frame.columns else [""] * len(frame)
        for shape, word, name in zip(shapes, words, own, strict=True):
            dimension = shapely.get_dimensions(shape)
            known = _CLASSES.get(str(word).strip().lower())
            if dimension == 1 or (dimension == 2 and known):
                classes.append(known or "road")
                names.append(name if isinstance(name, str) else "")
                found.append(shape if dimension == 1 else shapely.boundary(shape))
    if not found:
        raise FrameError(tr(f"{path.name} 里没有线", f"{path.name} holds no line"))
    return gpd.GeoDataFrame({"name": names, "class": classes}, geometry=found, crs=crs)
