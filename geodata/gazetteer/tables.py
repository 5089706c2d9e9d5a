"""Read official tables: located places (name, type, address, district) and kilometre posts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.datums import to_wgs84
from geodata.errors import FrameError, GazetteerError
from geodata.gazetteer.posts import chainage_m
from geodata.gazetteer.sheets import read_sheet

# Column pairs that state their own datum, before `lon`, `lat` in the datum given by the caller.
_PAIRS = (("lon", "lat"), ("wgs84_lon", "wgs84_lat"), ("gcj02_lon", "gcj02_lat"), ("bd09_lon", "bd09_lat"))
_TEXTS = ("name", "type", "address", "district")


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """Located places: texts per row ("" where empty) and WGS84 lon, lat of shape (n, 2)."""

    name: list[str]
    category: list[str]
    address: list[str]
    district: list[str]
    lonlat: NDArray[np.float64]
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class PostTable:
    """Kilometre posts: line names, chainages in metres, and WGS84 lon, lat of shape (n, 2)."""

    line: list[str]
    chainage_m: list[float]
    lonlat: NDArray[np.float64]
    dropped: dict[str, int]


def read_places(path: Path, *, datum: str | None = None) -> PlaceTable:
    """Return the located places of a table (CSV, plain or .gz, Excel) or a point layer (see `read_sheet`).

    Parameters
    ----------
    datum
        Datum of the columns `lon`, `lat`; None for WGS84. Columns `gcj02_lon`, `gcj02_lat` (and
        `wgs84_…`, `bd09_…`) say themselves what they are; a contradicting `datum` is refused.

    Raises
    ------
    FrameError
        If the columns `name` or `address`, or a pair of coordinates, are missing.
    GazetteerError
        If the file cannot be read, or the stated datum contradicts the columns.
    """
    frame = read_sheet(path)
    frame, lonlat, dropped = _located(frame, path, datum, ("name", "address"))
    texts = {column: _texts(frame, column) for column in _TEXTS}
    return PlaceTable(texts["name"], texts["type"], texts["address"], texts["district"], lonlat, dropped)


def read_posts(path: Path, *, datum: str | None = None) -> PostTable:
    """Return the kilometre posts of a table or point layer with the columns `line` and a chainage.

    `chainage_m` counts metres. `chainage` is as written, `K645+300`; a figure alone is metres too.

    Raises
    ------
    FrameError
        If a column or a pair of coordinates is missing.
    GazetteerError
        If the file cannot be read, or the stated datum contradicts the columns.
    """
    frame = read_sheet(path)
    column = "chainage_m" if "chainage_m" in frame.columns else "chainage"
    frame, lonlat, dropped = _located(frame, path, datum, ("line", column))
    metres = [_metres(text) for text in _texts(frame, column)]
    known = np.array([value is not None for value in metres], dtype=bool)
    if not known.all():
        dropped["里程桩没有可读的里程"] = int(np.sum(~known))
    lines = [name for name, own in zip(_texts(frame, "line"), known, strict=True) if own]
    return PostTable(lines, [value for value in metres if value is not None], lonlat[known], dropped)


def _metres(written: str) -> float | None:
    try:
        metres = float(written)
    except ValueError:
        return chainage_m(written)
    return metres if np.isfinite(metres) else None


def _located(
    frame: pd.DataFrame, path: Path, datum: str | None, needed: tuple[str, ...]
) -> tuple[pd.DataFrame, NDArray[np.float64], dict[str, int]]:
    """Return the rows with a usable position, their WGS84 lon, lat, and what was dropped."""
    pair = _coordinate_columns(frame, path, needed)
    own = pair[0].split("_")[0] if "_" in pair[0] else None
    if own and datum and own != datum.lower():
        raise GazetteerError(
            f"{path} has columns {pair[0]}, {pair[1]}, but the stated datum is {datum}",
            zh=f"{path} 的坐标列是 {pair[0]}、{pair[1]}，写明的坐标基准却是 {datum}；请改正其一",
        )
    lon = pd.to_numeric(frame[pair[0]], errors="coerce").to_numpy(dtype=float)
    lat = pd.to_numeric(frame[pair[1]], errors="coerce").to_numpy(dtype=float)
    xy = np.column_stack([lon, lat])
    found = own or datum or "wgs84"
    finite = np.isfinite(xy).all(axis=1)
    dropped = {}
    if not finite.all():
        dropped["坐标为空或不是数字"] = int(np.sum(~finite))
    if not found.upper().startswith("EPSG"):
        plausible = (np.abs(np.where(finite, lon, 0)) <= 180) & (np.abs(np.where(finite, lat, 0)) <= 90)
        if np.any(finite & ~plausible):
            dropped["坐标超出经纬度范围"] = int(np.sum(finite & ~plausible))
        finite &= plausible
    return frame[finite], to_wgs84(xy[finite], found), dropped


def _coordinate_columns(frame: pd.DataFrame, path: Path, needed: tuple[str, ...]) -> tuple[str, str]:
    missing = [column for column in needed if column not in frame.columns]
    pairs = [pair for pair in _PAIRS if set(pair) <= set(frame.columns)]
    if not pairs:
        missing.append("lon, lat / gcj02_lon, gcj02_lat")
    if missing:
        raise FrameError(
            f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(frame.columns)}",
            zh=f"{path} 缺少列 {'、'.join(missing)}；现有 {'、'.join(frame.columns)}",
        )
    return pairs[0]


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame.columns:
        return [""] * len(frame)
    return [str(value).strip() for value in frame[column].tolist()]
