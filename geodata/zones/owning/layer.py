"""The layer `linear_owner` of a zone file: who answers for a canal, a river or a railway body, how wide it is.

Columns: `code`, `name`, `line_name` (all names of the line, separated by 、), `half_width_m` or both of
`left_m` and `right_m`, and as in the zones' layers `valid_from`, `valid_to`, `official`, `note`. Several
rows may have one code. Lines are drawn downstream, a railway's in the direction of rising chainage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import epsg_of
from geodata.errors import Fault, FrameError
from geodata.text.normalize import normalise
from geodata.zones.contract import as_text, as_truth, in_rows, valid_days
from geodata.zones.owning.ownership import LinearOwner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

OWNER_LAYER = "linear_owner"
OWNER_LAYER_NAMES = (OWNER_LAYER, "线路权属")
WIDTHS = ("half_width_m", "left_m", "right_m")
OWNER_COLUMNS = ("code", "name", "line_name", *WIDTHS, "valid_from", "valid_to", "official", "note")
_BETWEEN_NAMES = re.compile(r"[、,，;；/|]")
_LINE_TYPES = (1, 5)


def owner_frame(frame: gpd.GeoDataFrame, *, code: str = "code") -> gpd.GeoDataFrame:
    """Return a layer of linear owners with exactly the columns of `OWNER_COLUMNS` and geometry.

    Texts are "" and widths NaN where nothing is stated, in the frame's order and CRS. Whether the
    rows can be used is for `owner_faults`.

    Raises
    ------
    FrameError
        If the code column is missing, or a width or day cannot be read (all rows named).
    """
    if code not in frame.columns:
        there = ", ".join(map(str, frame.columns))
        raise FrameError(
            f"layer {OWNER_LAYER} lacks the code column {code!r}; it has {there}",
            zh=f"{OWNER_LAYER} 图层没有代码列 {code}；现有 {there}（可用 --code-column 指定）",
        )
    days, faults = valid_days(frame)
    columns: dict[str, Any] = {"code": [as_text(value) for value in frame[code]]}
    for name in ("name", "line_name", "note"):
        columns[name] = [as_text(value) for value in frame.get(name, [""] * len(frame))]
    columns["name"] = [own or by for own, by in zip(columns["name"], columns["code"], strict=True)]
    for name in WIDTHS:
        columns[name], unread = widths_of(frame, name)
        faults += unread
    if faults:
        en, zh = in_rows(faults)
        raise FrameError(f"layer {OWNER_LAYER}: {en}", zh=f"{OWNER_LAYER} 图层：{zh}")
    columns |= days
    columns["official"] = [as_truth(value) for value in frame.get("official", [True] * len(frame))]
    table = {
        name: np.asarray(columns[name], dtype=float)
        if name in WIDTHS
        else np.array([*columns[name], None], dtype=object)[:-1]
        for name in OWNER_COLUMNS
    }
    shapes = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    return gpd.GeoDataFrame(table, geometry=shapes, crs=epsg_of(frame.crs))


def widths_of(frame: gpd.GeoDataFrame, name: str) -> tuple[Floats, list[tuple[int, Fault]]]:
    """Return a column of widths in metres, NaN where none is stated, and the rows (from 1) that cannot be read."""
    values = np.full(len(frame), np.nan)
    faults: list[tuple[int, Fault]] = []
    for row, cell in enumerate(frame[name] if name in frame.columns else ()):
        text = as_text(cell)
        try:
            values[row] = float(text or "nan")
        except ValueError:
            fault = Fault(f"{name} {cell!r} is not a number of metres", f"{name} 写的 {cell} 不是米数")
            faults.append((row + 1, fault))
    return values, faults


def empty_owners(epsg: int) -> gpd.GeoDataFrame:
    """Return a layer without linear owners."""
    columns = {name: np.array([], dtype=float if name in WIDTHS else object) for name in OWNER_COLUMNS}
    return gpd.GeoDataFrame(columns, geometry=[], crs=epsg)


def owner_faults(owners: gpd.GeoDataFrame) -> list[Fault]:
    """Return everything that forbids using a layer made by `owner_frame`, as sentences."""
    return [Fault(f"{OWNER_LAYER} {en}", f"{OWNER_LAYER} 图层：{zh}") for en, zh in _faults(owners)]


def _faults(owners: gpd.GeoDataFrame) -> Iterator[Fault]:
    shapes = np.asarray(owners.geometry.array, dtype=object)
    for row, (code, shape) in enumerate(zip(owners["code"], shapes, strict=True), start=1):
        if not code:
            yield Fault(f"row {row} has no code", f"第 {row} 行没有代码")
        if shape is None or shape.is_empty:
            yield Fault(f"{code} has no geometry", f"{code} 没有图形")
        elif shapely.get_type_id(shape) not in _LINE_TYPES or not shape.length > 0:
            yield Fault(f"{code} is no line with a length", f"{code} 不是有长度的线")
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            yield Fault(f"{code} has NaN coordinates", f"{code} 的坐标不是有限的数")
    for code, begin, end in zip(owners["code"], owners["valid_from"], owners["valid_to"], strict=True):
        if begin and end and end <= begin:
            yield Fault(
                f"{code} begins on {begin} and ends before, on {end}",
                f"{code} 从 {begin} 起有效，却到 {end} 为止",
            )
    for code, reach in zip(owners["code"], reaches_m(owners), strict=True):
        if not (np.isfinite(reach).all() and (reach >= 0).all() and reach.sum() > 0):
            left, right = reach.tolist()
            yield Fault(
                f"{code} reaches {left} m left, {right} m right; half_width_m, or both left_m and right_m, above 0 is needed",
                f"{code} 向左 {left} 米、向右 {right} 米；要写大于 0 的 half_width_m，或 left_m 和 right_m",
            )


def reaches_m(owners: gpd.GeoDataFrame) -> Floats:
    """Return how far each body reaches to the left and to the right, shape (n, 2), NaN where not stated."""
    half = owners["half_width_m"].to_numpy(dtype=float)
    sides = [owners[name].to_numpy(dtype=float) for name in ("left_m", "right_m")]
    reach: Floats = np.column_stack([np.where(np.isnan(side), half, side) for side in sides])
    return reach


def linear_owners(owners: gpd.GeoDataFrame) -> list[LinearOwner]:
    """Return the owners of a layer made by `owner_frame`: one for each connected line of each row."""
    found = []
    table = zip(
        owners["code"], owners["name"], owners["line_name"], owners.geometry, reaches_m(owners), strict=True
    )
    for code, name, line_name, shape, (left, right) in table:
        # Files keep multilines; pieces that follow on in one direction are one centre line.
        merged = shape if shape.geom_type == "LineString" else shapely.line_merge(shape, directed=True)
        keys, reach = tuple(sorted(line_keys(line_name))), (float(left), float(right))
        found += [
            LinearOwner(code, line, max(reach), *reach, name=name, line_names=keys)
            for line in shapely.get_parts(merged)
            if line.length > 0
        ]
    return found


def line_keys(names: str) -> set[str]:
    """Return the names of a line as they are compared: normalised, one by one.

    Examples
    --------
    >>> sorted(line_keys("东风渠、東渠 / ")), line_keys("")
    (['东渠', '东风渠'], set())
    """
    return {normalise(name).text for name in _BETWEEN_NAMES.split(names) if name.strip()}
