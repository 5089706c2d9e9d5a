"""What is wrong with the linear owners of a zone file: no line, no width, no name, outside the zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.zones.checking.defects import ZoneDefect, defect
from geodata.zones.contract import as_text, valid_days
from geodata.zones.owning.layer import WIDTHS, line_keys, widths_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# Bodies drawn apart from the zones may end a little beyond them.
_TOUCH_M = 1.0


def owner_defects(owners: gpd.GeoDataFrame, zones: Sequence[BaseGeometry]) -> list[ZoneDefect]:
    """Return what is wrong with a layer `linear_owner`.

    Parameters
    ----------
    owners
        As it stands in the file, in the zones' CRS (metres).
    zones
        The valid polygons of all levels.
    """
    coded = "code" in owners.columns
    codes = [as_text(value) for value in owners["code"]] if coded else [""] * len(owners)
    names = [code or f"第{row}行" for row, code in enumerate(codes, start=1)]
    defects = [*_rows(owners, codes, names)]
    land = shapely.union_all(list(zones))
    for name, shape in zip(names, owners.geometry, strict=True):
        if _is_line(shape) and shape.distance(land) > _TOUCH_M:
            words = f"{name} 整条在辖区之外，最近处 {shape.distance(land):,.0f} 米"
            defects.append(defect("linear_owner", "outside_zones", (name,), words, shape))
    return defects


def _rows(owners: gpd.GeoDataFrame, codes: Sequence[str], names: Sequence[str]) -> Iterator[ZoneDefect]:
    for code, name in zip(codes, names, strict=True):
        if not code:
            yield defect("linear_owner", "no_code", (name,), f"{name} 没有代码")
    for name, shape in zip(names, owners.geometry, strict=True):
        if shape is None or shape.is_empty:
            yield defect("linear_owner", "no_geometry", (name,), f"{name} 没有图形")
        elif not _is_line(shape):
            words = f"{name} 是 {shape.geom_type}，不是有长度的线"
            yield defect("linear_owner", "not_line", (name,), words, shape)
    yield from _widths(owners, names)
    titles = owners["line_name"] if "line_name" in owners.columns else [""] * len(owners)
    for name, title in zip(names, titles, strict=True):
        if not line_keys(as_text(title)):
            words = f"{name} 没有线名（line_name）：文字说“某渠东岸”时认不出是它，只能按远近猜"
            yield defect("linear_owner", "no_name", (name,), words)
    days, faults = valid_days(owners)
    for row, fault in faults:
        yield defect("linear_owner", "bad_dates", (names[row - 1],), f"{names[row - 1]}：{fault.zh}")
    for name, begin, end in zip(names, days["valid_from"], days["valid_to"], strict=True):
        if begin and end and end <= begin:
            words = f"{name} 从 {begin} 起有效，却到 {end} 为止"
            yield defect("linear_owner", "bad_dates", (name,), words)


def _widths(owners: gpd.GeoDataFrame, names: Sequence[str]) -> Iterator[ZoneDefect]:
    found = {column: widths_of(owners, column) for column in WIDTHS}
    half, left, right = (found[column][0] for column in WIDTHS)
    unread = {row for _, faults in found.values() for row, _ in faults}
    for _, faults in found.values():
        for row, fault in faults:
            yield defect("linear_owner", "no_width", (names[row - 1],), f"{names[row - 1]}：{fault.zh}")
    reach = np.column_stack([np.where(np.isnan(side), half, side) for side in (left, right)])
    sound = np.isfinite(reach).all(axis=1) & (reach >= 0).all(axis=1) & (reach.sum(axis=1) > 0)
    for row in np.flatnonzero(~sound).tolist():
        if row + 1 not in unread:
            words = f"{names[row]} 没有可用的宽度：写 half_width_m，或 left_m 和 right_m（米，不小于 0，合计大于 0）"
            yield defect("linear_owner", "no_width", (names[row],), words, owners.geometry.iloc[row])


def _is_line(shape: BaseGeometry | None) -> bool:
    return shape is not None and shape.geom_type in ("LineString", "MultiLineString") and shape.length > 0
