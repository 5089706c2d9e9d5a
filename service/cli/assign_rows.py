"""Rows of a file to rows with their zone: reading, assigning, writing for `qingtu assign`."""

from __future__ import annotations

import time
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
from geodata.zones import ZoneIndex, ZoneTree
from geodata.zones.files import read_layers
from geodata.zones.versions import holding
from service.cli.point_rows import VECTOR, coordinates, read_rows
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.model import Level


def assign_file(
    points: Path,
    zones: Path,
    out: Path,
    *,
    level: Level,
    code_column: str,
    crs: int | None,
    on: date | None = None,
) -> dict[str, Any]:
    """Read, assign, write; return the counts `rows`, `written`, `inside`, `outside`, `without_place`, `rows_per_s`.

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
    result: pd.DataFrame = _assign_shapes(rows, layer) if is_drawn else _assign_points(rows, layer)
    seconds = time.perf_counter() - started
    _write_rows(result, out)
    placed = result["zone"] != ""
    empty = result["_without_place"].to_numpy(dtype=bool)
    return {
        "rows": len(rows),
        "written": len(result),
        "inside": int(placed.sum()),
        "outside": int((~placed & ~empty).sum()),
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


def _assign_points(rows: pd.DataFrame, layer: gpd.GeoDataFrame) -> pd.DataFrame:
    index = ZoneIndex(layer)
    xy = coordinates(rows, crs=index.crs)
    placed: NDArray[np.bool_] = np.asarray(np.isfinite(xy).all(axis=1))
    zone = np.full(len(rows), "", dtype=object)
    zone[placed] = [code or "" for code in index.assign(xy[placed, 0], xy[placed, 1])]
    border = np.full(len(rows), np.nan)
    border[placed] = index.border_distance(xy[placed, 0], xy[placed, 1])
    result = _free(rows, ("zone", "border_m")).reset_index(drop=True)
    return result.assign(zone=zone, border_m=border, _without_place=~placed)


def _assign_shapes(rows: Any, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per piece of each geometry, in row order; rows without a place stay once."""
    # One level only: which family the zones belong to does not matter here.
    tree = ZoneTree(community=layer.assign(parent=""))
    source = epsg_of(rows.crs)
    shapes = np.asarray(reproject(np.asarray(rows.geometry.array, dtype=object), source, tree.crs))
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    flat = np.isin(shapely.get_type_id(shapes), (0, 1, 3, 5, 6))
    if not (missing | flat).all():
        raise FrameError(tr("只能处理点、线、面", "only points, lines and polygons can be assigned"))
    present = np.flatnonzero(~missing)
    pieces: list[tuple[int, str, float, float, float, Any]] = [
        (row, "", np.nan, np.nan, np.nan, None) for row in np.flatnonzero(missing).tolist()
    ]
    for row, answer in zip(present.tolist(), tree.shares_many(list(shapes[present])), strict=True):
        pieces += [
            (row, part.code, answer.border_m, part.length_m, part.share, part.geometry)
            for part in answer.parts_of("community")
        ]
    pieces.sort(key=lambda piece: piece[0])
    names = ("zone", "border_m", "length_m", "share")
    plain = _free(rows.drop(columns=rows.geometry.name), names)
    repeated = plain.iloc[[piece[0] for piece in pieces]].reset_index(drop=True)
    columns = {name: [piece[at] for piece in pieces] for at, name in enumerate(names, start=1)}
    table = repeated.assign(**columns, _without_place=[piece[5] is None for piece in pieces])
    return gpd.GeoDataFrame(table, geometry=[piece[5] for piece in pieces], crs=tree.crs)


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
