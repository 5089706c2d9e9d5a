"""Rows of a file to rows with their zone: reading, assigning, writing for `qingtu assign`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geodata.crs import WGS84, epsg_of, reproject
from geodata.errors import FrameError, ZoneError
from geodata.zones import ZoneIndex
from geodata.zones.cutting.areas import cut_areas
from geodata.zones.cutting.lines import cut_lines
from geodata.zones.history.versions import holding
from geodata.zones.lookup.build import NOWHERE
from geodata.zones.point_columns import POINT_COLUMNS, TOLERANCE_M, point_columns
from geodata.zones.reading.files import read_layers
from service.cli.assign_owned import owned_pieces, owned_tree, said_of
from service.cli.point_rows import VECTOR, coordinates, read_rows
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones import ZoneTree
    from geodata.zones.model import Level
    from geodata.zones.owning.linking import Said


def assign_file(
    points: Path,
    zones: Path,
    out: Path,
    *,
    level: Level,
    code_column: str,
    crs: int | None,
    tolerance_m: float = TOLERANCE_M,
    on: date | None = None,
    side_column: str | None = None,
    line_column: str | None = None,
) -> dict[str, Any]:
    """Read, assign, write; return the counts.

    They are `rows`, `written`, `inside`, `outside`, `just_outside`, `near_border`, `without_place`, and
    `rows_per_s`. Points nearer to a border than `tolerance_m` are flagged. Drawn rows are shared with the
    linear owners that the zone file has; `side_column` and `line_column` name the columns that say the side
    of each and of which line.

    Raises
    ------
    QingtuError
        If a file cannot be read, has no coordinates, or the zones cannot be used.
    """
    if out.suffix.lower() not in (".parquet", ".csv", *VECTOR):
        raise FrameError(
            tr(
                f"不认识的结果格式 {out.suffix}：用 .parquet .csv .gpkg",
                f"unknown format {out.suffix}: .parquet .csv .gpkg",
            )
        )
    layer = _zone_layer(zones, level=level, code_column=code_column, crs=crs, on=on)
    rows = read_rows(points)
    started = time.perf_counter()
    is_drawn = isinstance(rows, gpd.GeoDataFrame)
    result: pd.DataFrame
    if not is_drawn:
        if side_column or line_column:
            raise FrameError(
                tr(
                    "--side-column、--line-column 只用于画出来的线和面（.gpkg .geojson）",
                    "--side-column and --line-column are for drawn lines and areas (.gpkg .geojson)",
                )
            )
        result = _assign_points(rows, layer, tolerance_m)
    else:
        tree = owned_tree(zones, crs=crs, code_column=code_column, needed=side_column is not None)
        said = said_of(rows, side_column, line_column)
        result = _assign_shapes(rows, layer, tree=tree, level=level, on=on, said=said)
    seconds = time.perf_counter() - started
    _write_rows(result, out)
    placed = result["zone"] != ""
    empty = result["_without_place"].to_numpy(dtype=bool)
    return {
        "rows": len(rows),
        "written": len(result),
        "inside": int(placed.sum()),
        "outside": int((~placed & ~empty).sum()),
        **_flag_counts(result),
        "without_place": int(empty.sum()),
        "rows_per_s": len(rows) / max(seconds, 1e-9),
    }


def _zone_layer(
    path: Path, *, level: Level, code_column: str, crs: int | None, on: date | None
) -> gpd.GeoDataFrame:
    layers = read_layers(path, crs=crs, code_column=code_column)
    if level not in layers:
        raise FrameError(tr(f"{path.name} 没有图层 {level}", f"{path.name} has no layer {level}"))
    layer = layers[level]
    held = layer[holding(layer, on)]
    if on is not None and not len(held):
        raise ZoneError(
            tr(f"{path.name} 没有在 {on} 有效的边界", f"{path.name} has no borders that held on {on}")
        )
    return held


def _assign_points(rows: pd.DataFrame, layer: gpd.GeoDataFrame, tolerance_m: float) -> pd.DataFrame:
    index = ZoneIndex(layer)
    xy = coordinates(rows, crs=index.crs)
    columns = point_columns(index, xy, tolerance_m=tolerance_m)
    without_place: NDArray[np.bool_] = np.asarray(~np.isfinite(xy).all(axis=1))
    result = _free(rows, POINT_COLUMNS).reset_index(drop=True)
    return result.assign(**columns, _without_place=without_place)


def _flag_counts(result: pd.DataFrame) -> dict[str, int]:
    counts: Mapping[str, int] = dict(result["flag"].value_counts()) if "flag" in result.columns else {}
    return {name: int(counts.get(name, 0)) for name in ("just_outside", "near_border")}


def _assign_shapes(
    rows: Any,
    layer: gpd.GeoDataFrame,
    *,
    tree: ZoneTree | None,
    level: Level,
    on: date | None,
    said: Sequence[Said],
) -> gpd.GeoDataFrame:
    """Return one row per zone of each geometry, in row order; rows without a place stay once.

    `tree` is given where linear owners share in it.
    """
    index = ZoneIndex(layer)
    source = epsg_of(rows.crs)
    shapes = np.asarray(reproject(np.asarray(rows.geometry.array, dtype=object), source, index.crs))
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    flat = np.isin(shapely.get_type_id(shapes), (0, 1, 3, 5, 6))
    if not (missing | flat).all():
        raise FrameError(tr("只能处理点、线、面", "only points, lines and polygons can be assigned"))
    names: tuple[str, ...] = ("zone", "border_m", "length_m", "share")
    if tree is None:
        pieces = _pieces_of(shapes, missing, index)
    else:
        pieces = owned_pieces(shapes, missing, tree, level=level, on=on, said=said)
        pieces["border_m"] = _border_m(shapes, pieces["row"].to_numpy(), index)[pieces["row"]]
        names = (*names, "owner", "owner_share")
    plain = _free(rows.drop(columns=rows.geometry.name), names)
    repeated = plain.iloc[pieces["row"].to_numpy()].reset_index(drop=True)
    columns = {name: pieces[name].to_numpy() for name in names}
    table = repeated.assign(**columns, _without_place=missing[pieces["row"]])
    return gpd.GeoDataFrame(table, geometry=pieces["shape"].to_numpy(), crs=index.crs)


def _pieces_of(shapes: NDArray[np.object_], missing: NDArray[np.bool_], index: ZoneIndex) -> pd.DataFrame:
    """Return `row`, `zone` (code), `border_m`, `length_m`, `share`, `shape`: by row, then code, outside last."""
    length, area = shapely.length(shapes), shapely.area(shapes)
    dimension = shapely.get_dimensions(shapes)
    lines = np.flatnonzero(~missing & (dimension == 1) & (length > 0))
    areas = np.flatnonzero(~missing & (dimension == 2) & (area > 0))
    # A line or an area shrunk to nothing is a point.
    spots = np.setdiff1d(np.flatnonzero(~missing), np.concatenate([lines, areas]))
    by_line, by_area = cut_lines(shapes[lines], index).by_zone(), cut_areas(shapes[areas], index)
    places, owner = shapely.get_coordinates(shapes[spots], return_index=True)
    xy = places[np.searchsorted(owner, np.arange(len(spots)))]
    void, none = np.flatnonzero(missing), np.full(int(missing.sum()), np.nan)
    size = [by_line.length_m / length[lines][by_line.line], by_area.area_m2 / area[areas][by_area.area]]
    found = pd.DataFrame(
        {
            "row": np.concatenate([lines[by_line.line], areas[by_area.area], spots, void]),
            "number": np.concatenate(
                [by_line.zone, by_area.zone, index.positions(xy[:, 0], xy[:, 1]), np.full(len(void), NOWHERE)]
            ),
            "length_m": np.concatenate([by_line.length_m, np.zeros(len(by_area.zone) + len(spots)), none]),
            "share": np.concatenate([*size, np.ones(len(spots)), none]),
            "shape": np.concatenate([by_line.geometry, by_area.geometry, shapely.points(xy), shapes[void]]),
        }
    )
    found["border_m"] = _border_m(shapes, found["row"].to_numpy(), index)[found["row"]]
    found["zone"] = np.append(index.codes, "")[found["number"]]
    return found.sort_values("row", kind="stable", ignore_index=True)


def _border_m(shapes: NDArray[np.object_], rows: NDArray[np.intp], index: ZoneIndex) -> NDArray[np.float64]:
    """Return the distance of each geometry to the nearest border.

    A line or an area of one part that lies in several zones meets a border: nothing to measure.
    """
    present = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    result = np.where(present, 0.0, np.nan)
    several = np.bincount(rows, minlength=len(shapes)) > 1
    asked = present & ~(several & np.isin(shapely.get_type_id(shapes), (1, 3)))
    result[asked] = index.borders.distance(shapes[asked])
    return result


def _free(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Rename input columns that clash with results to `input_…`."""
    return rows.rename(columns={name: f"input_{name}" for name in names if name in rows.columns})


def _write_rows(result: pd.DataFrame, out: Path) -> None:
    rows = result.drop(columns="_without_place")
    suffix = out.suffix.lower()
    out.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".parquet":
        rows.to_parquet(out)
    elif suffix == ".csv":
        if isinstance(rows, gpd.GeoDataFrame):
            lonlat = rows.to_crs(WGS84).geometry.to_wkt()
            rows = pd.DataFrame(rows.drop(columns="geometry")).assign(geometry=lonlat)
        rows.to_csv(out, index=False, encoding="utf-8-sig")
    elif isinstance(rows, gpd.GeoDataFrame):
        pyogrio.write_dataframe(rows, out)
    else:
        raise FrameError(
            tr(
                "没有图形的表只能写成 .parquet 或 .csv",
                "a table without geometry is written as .parquet or .csv",
            )
        )
