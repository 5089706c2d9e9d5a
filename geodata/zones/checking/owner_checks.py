"""What is wrong with the linear owners of a zone file: no line, no width, no name, outside the zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import Fault
from geodata.zones.checking.defects import DefectKind, ZoneDefect, days_fault, defect, name_words
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
            far_m = f"{shape.distance(land):,.0f}"
            said = Fault(
                f"{name_words(name).en} lies wholly outside the zones, {far_m} m at its nearest",
                f"{name_words(name).zh} 整条在辖区之外，最近处 {far_m} 米",
            )
            defects.append(defect("linear_owner", "outside_zones", (name,), said, shape))
    return defects


def _rows(owners: gpd.GeoDataFrame, codes: Sequence[str], names: Sequence[str]) -> Iterator[ZoneDefect]:
    for code, name in zip(codes, names, strict=True):
        if not code:
            said = Fault(f"{name_words(name).en} has no code", f"{name_words(name).zh} 没有代码")
            yield defect("linear_owner", "no_code", (name,), said)
    for name, shape in zip(names, owners.geometry, strict=True):
        if shape is None or shape.is_empty:
            said = Fault(f"{name_words(name).en} has no geometry", f"{name_words(name).zh} 没有图形")
            yield defect("linear_owner", "no_geometry", (name,), said)
        elif not _is_line(shape):
            said = Fault(
                f"{name_words(name).en} is a {shape.geom_type}, not a line with a length",
                f"{name_words(name).zh} 是 {shape.geom_type}，不是有长度的线",
            )
            yield defect("linear_owner", "not_line", (name,), said, shape)
    yield from _widths(owners, names)
    titles = owners["line_name"] if "line_name" in owners.columns else [""] * len(owners)
    for name, title in zip(names, titles, strict=True):
        if not line_keys(as_text(title)):
            said = Fault(
                f"{name_words(name).en} has no line_name: a text that names its bank is not known to mean it, "
                "only distance is left",
                f"{name_words(name).zh} 没有线名（line_name）：文字说“某渠东岸”时认不出是它，只能按远近猜",
            )
            yield defect("linear_owner", "no_name", (name,), said)
    days, faults = valid_days(owners)
    for row, fault in faults:
        yield _about("bad_dates", names[row - 1], fault)
    for name, begin, end in zip(names, days["valid_from"], days["valid_to"], strict=True):
        if begin and end and end <= begin:
            yield defect("linear_owner", "bad_dates", (name,), days_fault(name, begin, end))


def _widths(owners: gpd.GeoDataFrame, names: Sequence[str]) -> Iterator[ZoneDefect]:
    found = {column: widths_of(owners, column) for column in WIDTHS}
    half, left, right = (found[column][0] for column in WIDTHS)
    unread = {row for _, faults in found.values() for row, _ in faults}
    for _, faults in found.values():
        for row, fault in faults:
            yield _about("no_width", names[row - 1], fault)
    reach = np.column_stack([np.where(np.isnan(side), half, side) for side in (left, right)])
    sound = np.isfinite(reach).all(axis=1) & (reach >= 0).all(axis=1) & (reach.sum(axis=1) > 0)
    for row in np.flatnonzero(~sound).tolist():
        if row + 1 not in unread:
            said = Fault(
                f"{name_words(names[row]).en} has no usable width: state half_width_m, or left_m and right_m "
                "(metres, not below 0, together above 0)",
                f"{name_words(names[row]).zh} 没有可用的宽度：写 half_width_m，或 left_m 和 right_m（米，不小于 0，合计大于 0）",
            )
            yield defect("linear_owner", "no_width", (names[row],), said, owners.geometry.iloc[row])


def _about(kind: DefectKind, name: str, fault: Fault) -> ZoneDefect:
    own = name_words(name)
    return defect("linear_owner", kind, (name,), Fault(f"{own.en}: {fault.en}", f"{own.zh}：{fault.zh}"))


def _is_line(shape: BaseGeometry | None) -> bool:
    return shape is not None and shape.geom_type in ("LineString", "MultiLineString") and shape.length > 0
