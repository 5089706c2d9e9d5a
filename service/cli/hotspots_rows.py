"""Rows of problems for the hot spots: where each is, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import FrameError
from service.cli.point_rows import coordinates, places
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Moments = NDArray[np.datetime64]

# Ten years of weeks; more is a wrong column.
MAX_WEEKS = 520
_OFFICE_TIME = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Problems:
    """Placed rows: geometries in metres, their table, the CRS, and how many rows had no place."""

    shapes: NDArray[np.object_]
    rows: pd.DataFrame
    crs: int
    without_place: int

    def middles(self) -> NDArray[np.float64]:
        """Return one point for each row: a line's middle, the point inside an area."""
        shapes = self.shapes
        kind = shapely.get_dimensions(shapes)
        points = shapely.point_on_surface(shapes)
        merged = shapely.line_merge(shapes[kind == 1])
        simple = shapely.get_type_id(merged) == shapely.GeometryType.LINESTRING
        along = shapely.line_interpolate_point(np.where(simple, merged, None), 0.5, normalized=True)
        points[kind == 1] = np.where(simple, along, points[kind == 1])
        return shapely.get_coordinates(points)

    def moments(self, column: str) -> Moments:
        """Return a column as moments of the office's clock, NaT where a row has none.

        Raises
        ------
        FrameError
            If there is no such column, or it holds no dates.
        """
        if column not in self.rows.columns:
            there = "、".join(map(str, self.rows.columns))
            raise FrameError(tr(f"没有列 {column}；现有 {there}", f"no column {column}; there are {there}"))
        values = self.rows[column]
        read = [_moment(value) for value in values]
        moments = np.array(read, dtype="datetime64[s]")
        if len(moments) and np.isnat(moments).all():
            raise FrameError(tr(f"列 {column} 里没有日期", f"column {column} holds no dates"))
        return moments


def _moment(value: Any) -> np.datetime64:
    moment: Any = pd.to_datetime(value, errors="coerce")
    if pd.isna(moment):
        return np.datetime64("NaT", "s")
    if moment.tzinfo is not None:
        moment = moment.tz_convert(_OFFICE_TIME).tz_localize(None)
    return np.datetime64(moment.to_datetime64(), "s")


def read_problems(rows: pd.DataFrame, *, crs: int | None) -> Problems:
    """Return the rows that have a place, in a CRS in metres; see `places` for what is accepted."""
    kept = rows.loc[_placed(rows)].reset_index(drop=True)
    found = places(kept, crs=crs)
    return Problems(found.shapes, kept, found.crs, len(rows) - len(kept))


def _placed(rows: pd.DataFrame) -> NDArray[np.bool_]:
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = np.asarray(rows.geometry.array, dtype=object)
        return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if {"x", "y"} <= set(rows.columns):
        return np.asarray(np.isfinite(rows[["x", "y"]].to_numpy(dtype=float)).all(axis=1))
    if not {"lon", "lat"} <= set(rows.columns):
        coordinates(rows, crs=4326)  # says what is missing
    lonlat = rows[["lon", "lat"]].to_numpy(dtype=float)
    return np.asarray((np.isfinite(lonlat) & (np.abs(lonlat) <= [180, 90])).all(axis=1))


def week_span(moments: Moments, weeks: int | None) -> tuple[np.datetime64, int]:
    """Return the Monday of the first week and the number of weeks, to the last moment's week.

    Raises
    ------
    FrameError
        If nothing is dated, or the dates span more than ten years.
    """
    known = moments[~np.isnat(moments)]
    if not len(known):
        raise FrameError(tr("没有一行有日期", "no row has a date"))
    first, last = (_monday(moment) for moment in (known.min(), known.max()))
    number = weeks or int((last - first) / np.timedelta64(7, "D")) + 1
    if number > MAX_WEEKS:
        raise FrameError(
            tr(
                f"日期跨了 {number} 周，最多 {MAX_WEEKS} 周；请写 --weeks",
                f"dates span {number} weeks; use --weeks",
            )
        )
    return last - np.timedelta64(7 * (number - 1), "D"), number


def _monday(moment: np.datetime64) -> np.datetime64:
    number = int(moment.astype("datetime64[D]").astype(np.int64))
    # Day 0, 1970-01-01, was a Thursday.
    return np.datetime64(number - (number + 3) % 7, "D")
