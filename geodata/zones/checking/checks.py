"""What is wrong with the zones of a file, with areas: for the person who has to mend them.

Nothing is changed here (see `geodata.zones.repair.repair`), and no ruling is made: who owns a disputed
corner is not a question of geometry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WEB_MERCATOR, epsg_of, is_projected
from geodata.errors import CrsError, Fault
from geodata.zones.checking.defects import (
    DefectLevel,
    ZoneDefect,
    ZoneReport,
    days_fault,
    defect,
    invalid_words,
    name_words,
    report_of,
)
from geodata.zones.checking.owner_checks import owner_defects
from geodata.zones.checking.tiling import against_parents, gaps, overlaps, thin_parts
from geodata.zones.contract import PARENT_LEVEL, as_text, repeated_codes, valid_days
from geodata.zones.model import LEVELS, Level
from geodata.zones.reading.crs_signs import crs_signs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]
    Days = NDArray[np.int64]

_DAMAGED_CODE = re.compile(r"\d(\.\d+)?[eE]\+?\d+|\d+\.\d+")
_DIGITS_AFTER_PARENT: Mapping[Level, int] = {"community": 3, "grid": 3}


def check_zones(
    layers: Mapping[Level, gpd.GeoDataFrame],
    *,
    code: str = "code",
    owners: gpd.GeoDataFrame | None = None,
) -> ZoneReport:
    """Return what is wrong with zone layers.

    Parameters
    ----------
    layers
        Layers by level, in one projected CRS (metres); missing levels are not checked. Where
        `valid_from` and `valid_to` are given, only zones that hold on the same day are compared.
    code
        Name of the code column. A layer without it is checked all the same; its zones are called by
        their row, and it lacks codes.
    owners
        The layer `linear_owner` of the same file in the same CRS, if it has one.

    Raises
    ------
    CrsError
        If a layer has no CRS, one in degrees, web mercator, or another than the others.

    Notes
    -----
    Invalid polygons are mended in memory by the even-odd rule (`shapely.make_valid`, "linework"), so
    that the other checks can see them. Overlaps are the pairwise intersections, gaps the holes of
    the union; both down to 1 mm².
    """
    _require_metres(layers)
    own = [_Layer(level, layers[level], code) for level in LEVELS if level in layers]
    defects: list[ZoneDefect] = []
    for layer in own:
        signs = crs_signs(layer.frame.total_bounds, epsg_of(layer.frame.crs))
        defects += [defect(layer.level, "crs", (), sign.said, fatal=sign.fatal) for sign in signs]
        defects += [*layer.row_defects()]
        above = next((other for other in own if other.level == PARENT_LEVEL.get(layer.level)), None)
        if above is not None and len(above.frame):
            defects += [*layer.orphans(above)]
        if any(sign.fatal for sign in signs):
            continue  # areas would mean nothing
        defects += overlaps(layer.level, layer.areal_names, layer.shapes, layer.days)
        defects += thin_parts(layer.level, layer.areal_names, layer.shapes)
        defects += _by_day(layer, above)
    counts: dict[DefectLevel, int] = {layer.level: len(layer.frame) for layer in own}
    if owners is not None:
        counts["linear_owner"] = len(owners)
        defects += owner_defects(owners, [shape for layer in own for shape in layer.shapes])
    return report_of(counts, defects)


def _require_metres(layers: Mapping[Level, gpd.GeoDataFrame]) -> None:
    found = {level: epsg_of(layer.crs) for level, layer in layers.items()}
    if len(set(found.values())) > 1:
        raise CrsError(
            f"layers are in different CRS: {found}", zh=f"各图层的坐标系不同（EPSG {found}）；请先统一"
        )
    for epsg in set(found.values()):
        if not is_projected(epsg):
            raise CrsError(
                f"zones are in EPSG:{epsg}, degrees; areas need a CRS in metres",
                zh=f"边界的坐标系是 EPSG:{epsg}（度）；算面积要用以米为单位的坐标系，如 EPSG:4547",
            )
        if epsg == WEB_MERCATOR:
            raise CrsError(
                "zones are in web mercator (EPSG:3857), whose areas are wrong by a half; reproject",
                zh="边界用的是网络墨卡托（EPSG:3857），面积会错一半；请换成投影坐标系，如 EPSG:4547",
            )


class _Layer:
    """One level, unpacked once: names of all rows; valid shapes, names and days of those with an area."""

    def __init__(self, level: Level, frame: gpd.GeoDataFrame, code: str) -> None:
        self.level: Level = level
        self.frame = frame
        self.code = code
        self.names = row_names(frame, code)
        self.raw: Shapes = np.asarray(frame.geometry.array, dtype=object)
        spans, self.date_faults = valid_days(frame)
        self.begins, self.ends = spans["valid_from"], spans["valid_to"]
        areal = np.isin(shapely.get_type_id(self.raw), (3, 6)) & ~shapely.is_empty(self.raw)
        self.rows = np.flatnonzero(areal)
        self.areal_names = [self.names[row] for row in self.rows]
        flat = shapely.force_2d(self.raw[areal])
        self.shapes: Shapes = np.where(shapely.is_valid(flat), flat, shapely.make_valid(flat))
        self.days: Days = np.array(
            [_ordinals(self.begins[row], self.ends[row]) for row in self.rows], dtype=np.int64
        ).reshape(-1, 2)

    def row_defects(self) -> Iterator[ZoneDefect]:
        """Yield what is wrong with single rows: codes, days, shapes."""
        yield from self._codes()
        for row, fault in self.date_faults:
            name = self.names[row - 1]
            own = name_words(name)
            said = Fault(f"{own.en}: {fault.en}", f"{own.zh}：{fault.zh}")
            yield defect(self.level, "bad_dates", (name,), said)
        for name, begin, end in zip(self.names, self.begins, self.ends, strict=True):
            if begin and end and end <= begin:
                yield defect(self.level, "bad_dates", (name,), days_fault(name, begin, end))
        for name, shape in zip(self.names, self.raw, strict=True):
            if shape is None or shape.is_empty:
                said = Fault(f"{name_words(name).en} has no geometry", f"{name_words(name).zh} 没有图形")
                yield defect(self.level, "no_geometry", (name,), said)
            elif shape.geom_type not in ("Polygon", "MultiPolygon"):
                said = Fault(
                    f"{name_words(name).en} is a {shape.geom_type}, not a polygon",
                    f"{name_words(name).zh} 是 {shape.geom_type}，不是面",
                )
                yield defect(self.level, "not_polygon", (name,), said, shape)
            elif not shape.is_valid:
                why = invalid_words(shape)
                said = Fault(
                    f"{name_words(name).en} is invalid: {why.en}", f"{name_words(name).zh} 图形无效：{why.zh}"
                )
                yield defect(self.level, "invalid", (name,), said, shape, area_m2=shape.area)

    def _codes(self) -> Iterator[ZoneDefect]:
        if self.code not in self.frame.columns:
            columns = [str(name) for name in self.frame.columns if name != self.frame.geometry.name]
            said = Fault(
                f"no column {self.code} of codes; there are: {', '.join(columns) or 'none'}",
                f"没有代码列 {self.code}，现有列：{'、'.join(columns) or '无'}",
            )
            yield defect(self.level, "no_code", (), said)
            return
        values = [as_text(value) for value in self.frame[self.code]]
        for name, value in zip(self.names, values, strict=True):
            if not value:
                said = Fault(f"{name_words(name).en} has no code", f"{name_words(name).zh} 没有代码")
                yield defect(self.level, "no_code", (name,), said)
            elif _DAMAGED_CODE.fullmatch(value):
                said = Fault(
                    f"the code {value} looks as if a spreadsheet had made a decimal of it",
                    f"代码 {value} 像是被表格软件改成了小数",
                )
                yield defect(self.level, "odd_code", (name,), said)
        for name, count in repeated_codes(values, self.begins, self.ends).items():
            said = Fault(
                f"the code {name} occurs {count} times on one day", f"代码 {name} 在同一天出现 {count} 次"
            )
            yield defect(self.level, "duplicate_code", (name,), said)

    def orphans(self, above: _Layer) -> Iterator[ZoneDefect]:
        """Yield zones whose parent is not in the file, and codes that do not begin with their parent's."""
        known = set(above.names)
        digits = _DIGITS_AFTER_PARENT[self.level]
        follows = [bool(re.fullmatch(re.escape(p) + rf"\d{{{digits}}}", n)) for n, p in self.families()]
        for (name, parent), fits in zip(self.families(), follows, strict=True):
            if parent not in known:
                said = Fault(
                    f"the parent {parent or '(empty)'} of {name_words(name).en} is not in the file",
                    f"{name_words(name).zh} 的上级 {parent or '（空）'} 不在文件里",
                )
                yield defect(self.level, "orphan", (name,), said)
            elif not fits and 2 * sum(follows) > len(follows):
                said = Fault(
                    f"{name_words(name).en} is not its parent's code {parent} and {digits} digits, as most are",
                    f"{name_words(name).zh} 不是上级代码 {parent} 加 {digits} 位数字，同层多数是",
                )
                yield defect(self.level, "odd_code", (name,), said)

    def families(self) -> list[tuple[str, str]]:
        """Return code and parent's code of every row."""
        column: Iterable[Any] = (
            self.frame["parent"] if "parent" in self.frame.columns else [None] * len(self.frame)
        )
        return [(name, as_text(parent)) for name, parent in zip(self.names, column, strict=True)]

    def holding(self, day: int) -> NDArray[np.bool_]:
        """Return which of the rows with an area hold on a day (ordinal)."""
        held: NDArray[np.bool_] = (self.days[:, 0] <= day) & (day < self.days[:, 1])
        return held


def row_names(frame: gpd.GeoDataFrame, code: str) -> list[str]:
    """Return each row's code, or "第n行" (from 1) where it has none."""
    values = [as_text(value) for value in frame[code]] if code in frame.columns else [""] * len(frame)
    return [value or f"第{row}行" for row, value in enumerate(values, start=1)]


def _ordinals(begin: date | None, end: date | None) -> tuple[int, int]:
    return (begin or date.min).toordinal(), (end or date.max).toordinal()


def _by_day(layer: _Layer, above: _Layer | None) -> Iterator[ZoneDefect]:
    """Yield gaps and faults between levels for every set of borders that held together, latest first.

    A fault that stood in several sets is named once; one that the latest set no longer has, with
    the days on which it stood.
    """
    both = [layer] if above is None else [layer, above]
    starts = sorted({int(day) for own in both for day in own.days.ravel()} | {date.min.toordinal()})
    seen: set[tuple[object, ...]] = set()
    masks: set[bytes] = set()
    last = date.max.toordinal()
    for day, end in zip(reversed(starts), [last, *reversed(starts)], strict=False):
        held = [own.holding(day) for own in both]
        key = b"|".join(mask.tobytes() for mask in held)
        if key in masks or not held[0].any():
            continue
        masks.add(key)
        for found in _on_day(layer, held[0], above, held[-1]):
            shape = found.geometry
            identity = (found.kind, found.codes, shapely.to_wkb(shapely.normalize(shape)) if shape else None)
            if identity not in seen:
                seen.add(identity)
                old = end < last and len(masks) > 1
                when = _days(day, end)
                said = found.said
                yield (
                    replace(found, said=Fault(f"{said.en} ({when.en})", f"{said.zh}（{when.zh}）"))
                    if old
                    else found
                )


def _days(day: int, end: int) -> Fault:
    first, until = date.fromordinal(day), date.fromordinal(end)
    return Fault(
        (f"from {first} " if day > 1 else "") + f"until {until}",
        (f"{first} 起，" if day > 1 else "") + f"到 {until} 为止",
    )


def _on_day(
    layer: _Layer, held: NDArray[np.bool_], above: _Layer | None, held_above: NDArray[np.bool_]
) -> Iterator[ZoneDefect]:
    names = [layer.areal_names[index] for index in np.flatnonzero(held)]
    shapes = layer.shapes[held]
    yield from gaps(layer.level, names, shapes)
    if above is None or not held_above.any():
        return
    families = layer.families()
    parents: Sequence[str] = [families[row][1] for row in layer.rows[held]]
    parent_names = [above.areal_names[index] for index in np.flatnonzero(held_above)]
    yield from against_parents(
        layer.level, (parent_names, above.shapes[held_above]), (names, parents, shapes)
    )
