"""The columns of zone layers: what is asked of a file, and everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import epsg_of
from geodata.errors import Fault, FrameError, listed
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = ("code", "name", "parent", "valid_from", "valid_to", "leader", "official", "note")
PARENT_LEVEL: Mapping[Level, Level] = {"community": "subdistrict", "grid": "community"}
# Files write "for ever" as a far date.
_FOR_EVER = date(2099, 1, 1)


def zone_frame(frame: gpd.GeoDataFrame, *, level: Level, code: str = "code") -> gpd.GeoDataFrame:
    """Return a layer with exactly the columns of `COLUMNS` and geometry, values in their types.

    Codes, names and parents become text ("" for none), dates `datetime.date` or None (no end), in
    the frame's order and CRS.

    Raises
    ------
    FrameError
        If the code column is missing or dates cannot be read (all rows named).
    """
    if code not in frame.columns:
        there = ", ".join(map(str, frame.columns))
        raise FrameError(
            f"layer {level} lacks the code column {code!r}; it has {there}",
            zh=f"{level} 图层没有代码列 {code}；现有 {there}（可用 --code-column 指定）",
        )
    codes = [as_text(value) for value in frame[code]]
    columns: dict[str, Any] = {
        "code": codes,
        "name": [name or own for name, own in zip(_texts(frame, "name"), codes, strict=True)],
        "parent": _texts(frame, "parent"),
        **_dates(frame, level=level),
        "leader": _texts(frame, "leader"),
        "official": [as_truth(value) for value in frame.get("official", [True] * len(frame))],
        "note": _texts(frame, "note"),
    }
    shapes = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    # Object columns even when empty, so that every layer has the same types.
    table = {name: np.array([*values, None], dtype=object)[:-1] for name, values in columns.items()}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=epsg_of(frame.crs))


def empty_frame(epsg: int) -> gpd.GeoDataFrame:
    """Return a layer without zones."""
    return gpd.GeoDataFrame({name: np.array([], dtype=object) for name in COLUMNS}, geometry=[], crs=epsg)


def frame_faults(layers: Mapping[Level, gpd.GeoDataFrame]) -> list[Fault]:
    """Return everything that forbids using layers made by `zone_frame`, as sentences."""
    faults: list[Fault] = []
    for level in LEVELS:
        layer = layers[level]
        faults += [Fault(f"{level}: {en}", f"{level} 图层：{zh}") for en, zh in _layer_faults(layer)]
        above = PARENT_LEVEL.get(level)
        if above and len(layers[above]):
            known = set(layers[above]["code"])
            orphans = [
                code
                for code, parent in zip(layer["code"], layer["parent"], strict=True)
                if parent not in known
            ]
            faults += [
                Fault(
                    f"{level} {code}: its parent is no {above} of this file",
                    f"{level} 图层：{code} 的上级不在这个文件的 {above} 图层里",
                )
                for code in orphans
            ]
    return faults


def _layer_faults(layer: gpd.GeoDataFrame) -> list[Fault]:
    shapes: NDArray[np.object_] = np.asarray(layer.geometry.array, dtype=object)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    invalid = ~missing & areal & ~shapely.is_valid(shapes)
    codes = layer["code"].to_numpy()
    faults = [
        Fault(f"row {row + 1} has no code", f"第 {row + 1} 行没有代码") for row in np.flatnonzero(codes == "")
    ]
    faults += [Fault(f"{code} has no geometry", f"{code} 没有图形") for code in codes[missing]]
    faults += [Fault(f"{code} is not a polygon", f"{code} 不是面") for code in codes[~missing & ~areal]]
    faults += [
        Fault(f"{code} is invalid ({reason})", f"{code} 图形无效（{reason}）")
        for code, reason in zip(codes[invalid], shapely.is_valid_reason(shapes[invalid]), strict=True)
    ]
    faults += [
        Fault(
            f"{code} begins on {begin} and ends before, on {end}",
            f"{code} 从 {begin} 起有效，却到 {end} 为止",
        )
        for code, begin, end in zip(codes, layer["valid_from"], layer["valid_to"], strict=True)
        if begin and end and end <= begin
    ]
    repeats = repeated_codes(list(codes), list(layer["valid_from"]), list(layer["valid_to"]))
    return faults + [
        Fault(f"{code} stands there {n} times for the same days", f"代码 {code} 在同一天出现 {n} 次")
        for code, n in repeats.items()
    ]


def repeated_codes(
    codes: Sequence[str], begins: Sequence[date | None], ends: Sequence[date | None]
) -> dict[str, int]:
    """Return codes with several rows whose days overlap; versions one after another are no fault.

    Examples
    --------
    >>> change = date(2024, 1, 1)
    >>> repeated_codes(["a", "a", "b", "b"], [None, change, None, None], [change, None, None, None])
    {'b': 2}
    """
    counts = Counter(codes)
    repeated: dict[str, int] = {}
    for code in sorted(code for code, n in counts.items() if n > 1 and code):
        spans = sorted(
            (begin or date.min, end or date.max)
            for own, begin, end in zip(codes, begins, ends, strict=True)
            if own == code
        )
        overlapping = 1 + sum(after[0] < before[1] for before, after in pairwise(spans))
        if overlapping > 1:
            repeated[code] = overlapping
    return repeated


def as_text(value: Any) -> str:
    """Return a cell as text: "" for nothing, whole floats without ".0"."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    return [as_text(value) for value in frame[column]] if column in frame.columns else [""] * len(frame)


def as_truth(value: Any) -> bool:
    """Return a cell as yes or no; nothing is yes."""
    text = as_text(value).lower()
    return text not in {"0", "false", "no", "否"}


def _dates(frame: gpd.GeoDataFrame, *, level: Level) -> dict[str, list[date | None]]:
    columns, faults = valid_days(frame)
    if faults:
        en, zh = in_rows(faults)
        raise FrameError(f"layer {level}: {en}", zh=f"{level} 图层：{zh}")
    return columns


def in_rows(faults: Sequence[tuple[int, Fault]]) -> Fault:
    """Return the faults of rows (from 1) as one."""
    return listed([Fault(f"row {row}: {own.en}", f"第 {row} 行：{own.zh}") for row, own in faults])


def valid_days(frame: gpd.GeoDataFrame) -> tuple[dict[str, list[date | None]], list[tuple[int, Fault]]]:
    """Return `valid_from` and `valid_to` as days (None: no bound), and rows (from 1) without a readable day.

    A day that cannot be read counts as no bound.
    """
    columns: dict[str, list[date | None]] = {}
    faults: list[tuple[int, Fault]] = []
    for name in ("valid_from", "valid_to"):
        values: list[date | None] = []
        for row, cell in enumerate(frame[name] if name in frame.columns else [None] * len(frame), start=1):
            try:
                values.append(_date(cell))
            except ValueError:
                values.append(None)
                fault = Fault(
                    f"{name} {cell!r} is not a date (YYYY-MM-DD)",
                    f"{name} 写的 {cell} 不是日期（年-月-日）",
                )
                faults.append((row, fault))
        columns[name] = values
    columns["valid_to"] = [day if day and day < _FOR_EVER else None for day in columns["valid_to"]]
    return columns, faults


def _date(cell: Any) -> date | None:
    if isinstance(cell, datetime) and cell == cell:
        return cell.date()
    if isinstance(cell, date) and cell == cell:
        return cell
    text = as_text(cell)
    if not text or text == "NaT":
        return None
    if not re.match(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}", text):
        raise ValueError(text)
    year, month, day = re.split(r"[-/T ]", text)[:3]
    return date(int(year), int(month), int(day))
