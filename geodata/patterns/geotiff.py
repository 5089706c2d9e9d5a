"""Cells to GeoTIFF: one band of 32-bit floats, deflated, with CRS and position in the tags.

Written by hand because it is one page of a stable standard (TIFF 6.0; OGC 19-008 GeoTIFF 1.1), and
no library we ship writes GeoTIFF. Not a general writer.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHORT, _LONG, _DOUBLE, _ASCII = 3, 4, 12, 2
_FORMATS = {_SHORT: "H", _LONG: "I", _DOUBLE: "d"}


def write_geotiff(
    path: Path,
    values: NDArray[np.float64],
    *,
    bounds: Sequence[float],
    epsg: int,
    nodata: float | None = None,
) -> None:
    """Write cells as a GeoTIFF that QGIS and GDAL place by themselves.

    Parameters
    ----------
    values
        Shape (rows, columns), row 0 southernmost (as `DensityGrid`); stored as 32-bit floats.
    bounds
        (min_x, min_y, max_x, max_y) of the cells' outer edges, metres.
    epsg
        Code of the projected CRS, 1024 to 32766.
    nodata
        Value that stands for "not studied", in GDAL's tag.

    Raises
    ------
    ValueError
        If `values` is not two-dimensional or empty, or the code is no projected CRS of the standard.
    """
    if values.ndim != 2 or not values.size:
        raise ValueError(f"values must have rows and columns, not shape {values.shape}")
    if not 1024 <= epsg <= 32766:
        raise InputError(
            f"EPSG:{epsg} cannot be written as ProjectedCRSGeoKey",
            zh=f"GeoTIFF 里写不进 EPSG:{epsg}；请用有 EPSG 代码的投影坐标系",
        )
    rows, columns = values.shape
    # TIFF's first row is the northernmost; one deflated strip per row keeps readers' memory small.
    strips = [zlib.compress(row.astype("<f4").tobytes()) for row in values[::-1]]
    lengths = [len(strip) for strip in strips]
    offsets = (8 + np.cumsum([0, *lengths[:-1]])).tolist()
    tags = [
        (256, _LONG, [columns]),
        (257, _LONG, [rows]),
        (258, _SHORT, [32]),
        (259, _SHORT, [8]),  # Adobe deflate
        (262, _SHORT, [1]),  # min is black
        (273, _LONG, offsets),
        (277, _SHORT, [1]),
        (278, _LONG, [1]),
        (279, _LONG, lengths),
        (339, _SHORT, [3]),  # IEEE floats
        *_position_tags(bounds, rows=rows, columns=columns, epsg=epsg),
    ]
    if nodata is not None:
        tags.append((42113, _ASCII, [*f"{nodata:g}".encode("ascii"), 0]))
    body = b"".join(strips)
    path.write_bytes(_file(body, tags))


def _position_tags(
    bounds: Sequence[float], *, rows: int, columns: int, epsg: int
) -> list[tuple[int, int, list[float]]]:
    min_x, min_y, max_x, max_y = map(float, bounds)
    scale = [(max_x - min_x) / columns, (max_y - min_y) / rows, 0.0]
    keys = [
        (1, 1, 1, 4),  # directory 1.1.1 with four keys
        (1024, 0, 1, 1),  # GTModelTypeGeoKey: projected
        (1025, 0, 1, 1),  # GTRasterTypeGeoKey: a pixel is an area
        (3072, 0, 1, epsg),  # ProjectedCRSGeoKey
        (3076, 0, 1, 9001),  # ProjLinearUnitsGeoKey: metre
    ]
    return [
        (33550, _DOUBLE, scale),
        (33922, _DOUBLE, [0.0, 0.0, 0.0, min_x, max_y, 0.0]),  # the north-west corner of the first cell
        (34735, _SHORT, [value for key in keys for value in key]),
    ]


def _file(body: bytes, tags: Sequence[tuple[int, int, Sequence[float]]]) -> bytes:
    """Return a little-endian TIFF: header, strips, directory, values that do not fit into it."""
    body += b"\x00" * (len(body) % 2)
    at = 8 + len(body)
    beyond = at + 2 + 12 * len(tags) + 4
    entries, extras = b"", b""
    for tag, kind, values in tags:
        data = (
            bytes(map(int, values))
            if kind == _ASCII
            else struct.pack(f"<{len(values)}{_FORMATS[kind]}", *values)
        )
        if len(data) > 4:
            extras += b"\x00" * ((beyond + len(extras)) % 2)
            place = struct.pack("<I", beyond + len(extras))
            extras += data
        else:
            place = data.ljust(4, b"\x00")
        entries += struct.pack("<HHI", tag, kind, len(values)) + place
    header = struct.pack("<2sHI", b"II", 42, at)
    return header + body + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0) + extras
