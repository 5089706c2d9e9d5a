"""Read tables of located places: name, type, address, district and a position."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.datums import to_wgs84
from geodata.errors import FrameError, GazetteerError

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


def read_places(path: Path, *, datum: str | None = None) -> PlaceTable:
    """Return the located places of a CSV file (plain or .gz), UTF-8 or GB18030.

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
    frame = _read(path)
    pair = _coordinate_columns(frame, path)
    own = pair[0].split("_")[0] if "_" in pair[0] else None
    if own and datum and own != datum.lower():
        raise GazetteerError(f"{path} has columns {pair[0]}, {pair[1]}, but the stated datum is {datum}")
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
    frame, xy = frame[finite], xy[finite]
    texts = {column: _texts(frame, column) for column in _TEXTS}
    return PlaceTable(
        texts["name"], texts["type"], texts["address"], texts["district"], to_wgs84(xy, found), dropped
    )


def _read(path: Path) -> pd.DataFrame:
    error: Exception | None = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
        except UnicodeDecodeError as failed:
            error = failed
        except (OSError, ValueError, pd.errors.ParserError) as failed:
            raise GazetteerError(f"cannot read the places {path}: {failed}") from failed
    raise GazetteerError(f"{path} is neither UTF-8 nor GB18030: {error}")


def _coordinate_columns(frame: pd.DataFrame, path: Path) -> tuple[str, str]:
    missing = [column for column in ("name", "address") if column not in frame.columns]
    pairs = [pair for pair in _PAIRS if set(pair) <= set(frame.columns)]
    if not pairs:
        missing.append("lon, lat (or gcj02_lon, gcj02_lat)")
    if missing:
        raise FrameError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(frame.columns)}")
    return pairs[0]


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame.columns:
        return [""] * len(frame)
    return [str(value).strip() for value in frame[column].tolist()]
