"""Where zones come from: GeoPackage, GeoJSON, Shapefile, FlatGeobuf, KML, KMZ, DXF, alone or in a zip archive.

GDAL opens only what begins like a GeoPackage or FlatGeobuf; everything else is read by
`geodata.vector`, so that no file under another name (a VRT called .kml) makes it open a third one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from geodata.crs import WGS84, epsg_of, is_projected
from geodata.datums import check_datum, to_wgs84
from geodata.errors import CrsError, FrameError
from geodata.vector.model import FormatError, PlainLayer
from geodata.vector.naming import LEVEL_NAMES, with_contract_columns
from geodata.vector.reading import ZIP, read_plain
from geodata.zones.model import LEVELS, Level
from geodata.zones.owning.layer import OWNER_LAYER_NAMES

_BY_GDAL = (".gpkg", ".fgb")
_MAGIC = (b"SQLite format 3\x00", b"fgb")
_SHP_MAGIC = b"\x00\x00\x27\x0a"
_MOST_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Source:
    """One layer of a file: what it is called, and the dataset as GDAL names it or the layer as read.

    `datum` is that of its longitudes and latitudes.
    """

    dataset: str
    layer: str
    plain: PlainLayer | None = None
    datum: str = "wgs84"

    @property
    def level(self) -> Level | None:
        """The level that the layer's name says, if any."""
        word = LEVEL_NAMES.get(self.layer.lower())
        return next((level for level in LEVELS if level == word), None)

    @property
    def is_owners(self) -> bool:
        """Whether the layer's name says that it holds linear owners."""
        return self.layer.lower() in OWNER_LAYER_NAMES

    def read(self) -> gpd.GeoDataFrame:
        """Return the layer with its own columns.

        Raises
        ------
        FrameError
            If the layer has no geometry.
        CrsError
            If a datum is stated for coordinates that are no degrees.
        """
        frame = (
            pyogrio.read_dataframe(self.dataset, layer=self.layer)
            if self.plain is None
            else frame_of(self.plain)
        )
        if not isinstance(frame, gpd.GeoDataFrame):
            raise FrameError(f"layer {self.layer} has no geometry", zh=f"图层 {self.layer} 没有图形")
        return in_wgs84(frame, self.datum)


def frame_of(layer: PlainLayer) -> gpd.GeoDataFrame:
    """Return a layer as a frame, its own columns and those that the contract has other words for."""
    shapes = np.array([*layer.shapes, None], dtype=object)[:-1]
    columns = with_contract_columns(layer.columns)
    table: dict[str, Any] = {name: values for name, values in columns.items() if name != "geometry"}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=layer.crs)


def in_wgs84(frame: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    """Return a frame whose longitudes and latitudes are of a datum (gcj02, bd09) in EPSG:4326.

    Raises
    ------
    CrsError
        If the frame is in metres: such a datum is one of degrees.
    """
    if check_datum(datum) in ("wgs84", "cgcs2000"):
        return frame
    if datum.upper().startswith("EPSG:") or frame.crs is None or is_projected(epsg_of(frame.crs)):
        raise CrsError(
            f"the datum {datum} is one of longitudes and latitudes; this file is in metres, state its CRS",
            zh=f"坐标系 {datum} 只用于经纬度；这个文件的坐标是米，请说明它的坐标系（--crs）",
        )
    moved: Any = shapely.transform(
        np.asarray(frame.geometry.array, dtype=object), lambda xy: to_wgs84(xy, datum)
    )
    return gpd.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=moved, crs=WGS84)


def sources_of(path: Path, *, datum: str = "wgs84") -> list[Source]:
    """Return the layers of a file, or of the vector files in a zip archive.

    Parameters
    ----------
    datum
        Of longitudes and latitudes: `wgs84`, `gcj02`, `bd09`.

    Raises
    ------
    FormatError
        If it is none of the formats; the message says what to do.
    pyogrio.errors.DataSourceError
        If a GeoPackage or FlatGeobuf is broken.
    """
    with path.open("rb") as handle:
        head = handle.read(32)
    if head.startswith(_MAGIC):
        return _by_gdal([str(path)], datum)
    if path.stat().st_size > _MOST_BYTES:
        raise FormatError("too_large", f"{_MOST_BYTES // 2**20} MB")
    if head.startswith(_SHP_MAGIC) and path.suffix.lower() == ".shp":
        layers = _beside(path)
    else:
        if head.startswith(ZIP) and (inside := _gdal_members(path)):
            return _by_gdal(inside, datum)
        layers = read_plain(path.read_bytes(), name=path.stem, levels=frozenset(LEVEL_NAMES))
    return [Source(str(path), layer.name, layer, datum) for layer in layers]


def _by_gdal(datasets: list[str], datum: str) -> list[Source]:
    return [
        Source(dataset, str(layer), datum=datum)
        for dataset in datasets
        for layer in pyogrio.list_layers(dataset)[:, 0]
    ]


def _beside(path: Path) -> list[PlainLayer]:
    """Return the layer of a Shapefile whose other parts lie beside it."""
    from geodata.vector.shapefile import read_shapefile

    parts = {part.suffix.lower(): part for part in path.parent.iterdir() if part.stem == path.stem}
    if ".dbf" not in parts:
        raise FormatError("missing_part", path.name)
    prj = parts[".prj"].read_bytes() if ".prj" in parts else b""
    return read_shapefile(path.read_bytes(), parts[".dbf"].read_bytes(), name=path.stem, prj=prj)


def _gdal_members(path: Path) -> list[str]:
    """Return the GeoPackages and FlatGeobufs of an archive that begin as such."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                entry.filename for entry in archive.infolist() if entry.filename.lower().endswith(_BY_GDAL)
            ]
            return [
                f"/vsizip/{path}/{name}"
                for name in sorted(names)
                if archive.open(name).read(32).startswith(_MAGIC)
            ]
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError) as error:
        raise FormatError("bad_archive") from error
