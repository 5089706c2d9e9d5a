"""Where the rows of a chunk are: columns x, y or lon, lat, or a GeoParquet column of points.

Points are taken from their bytes without making geometry objects: well-known binary of a point is 21
bytes of a fixed layout, so a column of them is an array already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import shapely

from geodata.crs import is_projected, reproject_lonlat, reproject_xy
from geodata.errors import CrsError, FrameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.partition.source import Source

    Floats = NDArray[np.float64]

_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
_LITTLE, _POINT_TYPE = 1, 1
_POINT_KINDS = {"Point", "Point Z"}


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """Which columns say where a row is, and in which CRS (EPSG code) their numbers are."""

    kind: Literal["geometry", "xy", "lonlat"]
    names: tuple[str, ...]
    crs: int


def place_columns(source: Source, *, crs: int | None) -> PlaceColumns:
    """Return the columns that say where the rows are: the geometry, else x y, else lon lat.

    Parameters
    ----------
    crs
        EPSG code of columns `x`, `y`.

    Raises
    ------
    CrsError
        If the geometry has no CRS, or that of `x`, `y` is not stated.
    FrameError
        If there are no such columns, or the geometries are no points in well-known binary.
    """
    if source.geometry is not None:
        column = source.geo["columns"][source.geometry]
        if column["encoding"].upper() != "WKB":
            raise FrameError(
                f"geometry is encoded as {column['encoding']}; WKB is read",
                zh=f"图形的编码是 {column['encoding']}；这里只读 WKB",
            )
        if others := set(column.get("geometry_types") or ()) - _POINT_KINDS:
            raise FrameError(
                f"only points are taken; there are {', '.join(sorted(others))} (lines: qingtu assign)",
                zh=f"这里只收点；文件里有 {'、'.join(sorted(others))}（线请用 qingtu assign）",
            )
        return PlaceColumns("geometry", (source.geometry,), source.crs())
    names = set(source.schema.names)
    if {"x", "y"} <= names:
        if crs is None:
            raise CrsError(
                "state the CRS of the columns x, y (--crs, an EPSG code)",
                zh="请写明 x、y 两列的坐标系（--crs 加 EPSG 代码，如 4547）",
            )
        return _numbers(source, PlaceColumns("xy", ("x", "y"), crs))
    if {"lon", "lat"} <= names:
        return _numbers(source, PlaceColumns("lonlat", ("lon", "lat"), 4326))
    there = ", ".join(source.schema.names)
    raise FrameError(
        f"a geometry (GeoParquet), x and y, or lon and lat are needed; there are {there}",
        zh=f"要有图形（GeoParquet），或 x、y 列，或 lon、lat 列；现有 {there}",
    )


def _numbers(source: Source, columns: PlaceColumns) -> PlaceColumns:
    for name in columns.names:
        kind = source.schema.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
            raise FrameError(
                f"column {name} must hold numbers, not {kind}", zh=f"列 {name} 要是数，不能是 {kind}"
            )
    return columns


def require_metres(crs: int) -> int:
    """Return a CRS whose unit can be a length.

    Raises
    ------
    CrsError
        If it has degrees.
    """
    if not is_projected(crs):
        raise CrsError(
            f"EPSG:{crs} has degrees; state a projected CRS to work in (--crs, such as 4547)",
            zh=f"EPSG:{crs} 的单位是度；请写明工作用的投影坐标系（--crs，如 4547）",
        )
    return crs


def own_xy(table: pa.Table, columns: PlaceColumns) -> Floats:
    """Return the coordinates as they stand in the table, shape (n, 2), NaN where there are none."""
    if columns.kind == "geometry":
        return wkb_points(table.column(columns.names[0]))
    return np.column_stack([_floats(table.column(name)) for name in columns.names])


def in_crs(xy: Floats, columns: PlaceColumns, crs: int) -> Floats:
    """Return coordinates of `own_xy` in a CRS; NaN where they are no place."""
    if columns.kind == "lonlat":
        return reproject_lonlat(xy, crs)
    result = np.full(xy.shape, np.nan)
    there = np.isfinite(xy).all(axis=1)
    result[there] = reproject_xy(xy[there], columns.crs, crs)
    return result


def has_place(xy: Floats) -> NDArray[np.bool_]:
    """Return which rows have a place."""
    return np.asarray(np.isfinite(xy).all(axis=1))


def _floats(column: pa.ChunkedArray) -> Floats:
    values: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def wkb_points(column: pa.ChunkedArray) -> Floats:
    """Return the coordinates of a column of points in well-known binary, NaN for null and empty ones.

    Raises
    ------
    FrameError
        If something is no point, or no well-known binary.
    """
    parts = [_piece(piece) for piece in column.cast(pa.large_binary()).chunks]
    return np.concatenate(parts) if parts else np.zeros((0, 2))


def _piece(array: pa.Array) -> Floats:
    if not len(array):
        return np.zeros((0, 2))
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    _, offset_buffer, data = array.buffers()
    first = array.offset
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[first : first + len(array) + 1]
    if data is not None and (np.diff(offsets) == valid * _POINT.itemsize).all():
        points = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]].view(_POINT)
        if (points["order"] == _LITTLE).all() and (points["type"] == _POINT_TYPE).all():
            result = np.full((len(array), 2), np.nan)
            result[valid, 0], result[valid, 1] = points["x"], points["y"]
            return result
    return _any_points(array.to_numpy(zero_copy_only=False))


def _any_points(values: NDArray[np.object_]) -> Floats:
    """Read what is not plain: big-endian, with height, empty, in the extended form."""
    try:
        shapes: Any = shapely.from_wkb(values)
    except (shapely.errors.GEOSException, TypeError) as error:
        raise FrameError(f"geometry is no well-known binary: {error}", zh=f"图形不是 WKB：{error}") from error
    if not np.isin(shapely.get_type_id(shapes), (-1, 0)).all():
        raise FrameError(
            "only points are taken (lines: qingtu assign)", zh="这里只收点（线请用 qingtu assign）"
        )
    xy = np.full((len(shapes), 2), np.nan)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    xy[there] = shapely.get_coordinates(shapes[there])
    return xy


def point_wkb(xy: Floats) -> pa.Array:
    """Return points as well-known binary, null where a coordinate is not finite."""
    there = has_place(xy)
    points = np.empty(int(there.sum()), dtype=_POINT)
    points["order"], points["type"] = _LITTLE, _POINT_TYPE
    points["x"], points["y"] = xy[there, 0], xy[there, 1]
    offsets = np.concatenate([[0], np.cumsum(there * _POINT.itemsize)]).astype(np.int32)
    mask = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    buffers = [mask, pa.py_buffer(offsets.tobytes()), pa.py_buffer(points.tobytes())]
    return pa.Array.from_buffers(pa.binary(), len(xy), buffers)


def box_of(xy: Floats) -> Sequence[float] | None:
    """Return (min_x, min_y, max_x, max_y) of the places, None where there are none."""
    there = xy[has_place(xy)]
    return None if not len(there) else [*there.min(axis=0).tolist(), *there.max(axis=0).tolist()]
