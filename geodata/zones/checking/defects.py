"""What can be wrong with drawn borders: the words for it, one finding, and the report of a file.

A *fatal* defect means that the file cannot be used (`ZoneTree.read` refuses it, or two zones claim
so much of the same ground that an answer would be arbitrary). Everything else is reported, and
assignment stays exact by its lowest-code rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import shapely

from geodata.errors import Fault
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    from datetime import date

    from shapely.geometry.base import BaseGeometry

# Linear owners are checked beside the zones, on no level of theirs.
DefectLevel: TypeAlias = Level | Literal["linear_owner"]
DEFECT_LEVELS: tuple[DefectLevel, ...] = (*LEVELS, "linear_owner")
DefectKind: TypeAlias = Literal[
    "crs", "no_code", "duplicate_code", "bad_dates", "no_geometry", "not_polygon", "invalid",
    "duplicate_shape", "orphan", "overlap", "gap", "hole", "outside", "uncovered", "sliver", "odd_code",
    "not_line", "no_width", "no_name", "outside_zones",
]  # fmt: skip
DEFECT_WORDS: Mapping[DefectKind, tuple[str, str]] = {
    "crs": ("坐标系", "CRS"),
    "no_code": ("缺代码", "no code"),
    "duplicate_code": ("代码重复", "repeated code"),
    "bad_dates": ("日期有误", "bad dates"),
    "no_geometry": ("缺图形", "no geometry"),
    "not_polygon": ("不是面", "not a polygon"),
    "invalid": ("图形无效", "invalid"),
    "duplicate_shape": ("图形重复", "repeated shape"),
    "orphan": ("找不到上级", "orphan"),
    "overlap": ("重叠", "overlap"),
    "gap": ("缝隙", "gap"),
    "hole": ("空洞", "hole"),
    "outside": ("越出上级", "outside its parent"),
    "uncovered": ("上级内空缺", "parent's land without child"),
    "sliver": ("狭条", "sliver"),
    "odd_code": ("代码可疑", "odd code"),
    "not_line": ("不是线", "not a line"),
    "no_width": ("缺宽度", "no width"),
    "no_name": ("缺线名", "no line name"),
    "outside_zones": ("不在辖区内", "outside the zones"),
}
FATAL: frozenset[DefectKind] = frozenset(
    {
        "crs", "no_code", "duplicate_code", "bad_dates", "no_geometry", "not_polygon", "invalid",
        "duplicate_shape", "orphan", "not_line", "no_width",
    }
)  # fmt: skip
# GEOS's reasons are English already.
_REASONS = {
    "Self-intersection": "边线自相交",
    "Ring Self-intersection": "边线自己碰自己",
    "Nested shells": "面里套面",
    "Nested holes": "洞里套洞",
    "Hole lies outside shell": "洞在面外",
    "Interior is disconnected": "面被洞隔断",
    "Duplicate Rings": "同一圈画了两次",
    "Too few points in geometry component": "点太少",
    "Invalid Coordinate": "坐标不是数",
}
# Narrower than this on average is a drawing fault, not land.
SLIVER_WIDTH_M = 2.0
_NAMES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ZoneDefect:
    """One fault: where it is (layer CRS), whose (codes, or "第n行" without code), how large.

    A sliver's `nature` is what it would be if it were wider (`overlap`, `gap`, `hole`, `outside`,
    `uncovered`), or `sliver` for a thin part of a zone; any other defect's is its kind.
    """

    level: DefectLevel
    kind: DefectKind
    codes: tuple[str, ...]
    area_m2: float
    geometry: BaseGeometry | None
    said: Fault
    fatal: bool
    nature: DefectKind

    @property
    def words(self) -> str:
        """What is wrong, in Chinese."""
        return self.said.zh


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """All defects of a file, worst kinds first, and how many zones each level has."""

    zones: Mapping[DefectLevel, int]
    defects: tuple[ZoneDefect, ...]

    @property
    def usable(self) -> bool:
        """Whether no defect is fatal."""
        return not any(defect.fatal for defect in self.defects)

    def totals(self) -> dict[tuple[DefectLevel, DefectKind], tuple[int, float]]:
        """Return number and summed area in m² by level and kind, in the order of severity."""
        result: dict[tuple[DefectLevel, DefectKind], tuple[int, float]] = {}
        for defect in self.defects:
            count, area = result.get((defect.level, defect.kind), (0, 0.0))
            result[defect.level, defect.kind] = (count + 1, area + defect.area_m2)
        return result


def report_of(zones: Mapping[DefectLevel, int], defects: list[ZoneDefect]) -> ZoneReport:
    """Return a report with the defects in order: fatal first, then by level, kind, and area."""
    order = list(DEFECT_WORDS)
    defects.sort(key=lambda d: (not d.fatal, DEFECT_LEVELS.index(d.level), order.index(d.kind), -d.area_m2))
    return ZoneReport(zones=zones, defects=tuple(defects))


def defect(
    level: DefectLevel,
    kind: DefectKind,
    codes: tuple[str, ...],
    said: Fault,
    geometry: BaseGeometry | None = None,
    *,
    area_m2: float = 0.0,
    fatal: bool | None = None,
    nature: DefectKind | None = None,
) -> ZoneDefect:
    """Return a defect; fatal by its kind unless stated."""
    return ZoneDefect(
        level=level,
        kind=kind,
        codes=codes,
        area_m2=float(area_m2),
        geometry=geometry,
        said=said,
        fatal=kind in FATAL if fatal is None else fatal,
        nature=nature or kind,
    )


def days_fault(name: str, begin: date, end: date) -> Fault:
    """Return that a row ends before it begins."""
    return Fault(
        f"{name_words(name).en} is valid from {begin}, but until {end}",
        f"{name_words(name).zh} 从 {begin} 起有效，却到 {end} 为止",
    )


def is_thin(shape: BaseGeometry) -> bool:
    """Whether a shape's mean width, 2 area / perimeter, is below `SLIVER_WIDTH_M`.

    Examples
    --------
    >>> is_thin(shapely.box(0, 0, 1000, 2)), is_thin(shapely.box(0, 0, 1000, 2.1))
    (True, False)
    """
    return shape.length > 0 and bool(2 * shape.area / shape.length < SLIVER_WIDTH_M)


def area_words(area_m2: float) -> Fault:
    """Return an area in the unit that reads best.

    Examples
    --------
    >>> [area_words(area).zh for area in (12_000_000, 10_000, 12.34, 0.00001)]
    ['12.00 平方公里', '1.00 公顷', '12.3 平方米', '0.000010 平方米']
    >>> [area_words(area).en for area in (12_000_000, 10_000, 12.34, 0.00001)]
    ['12.00 km²', '1.00 ha', '12.3 m²', '0.000010 m²']
    """
    if area_m2 >= 1e6:
        return Fault(f"{area_m2 / 1e6:,.2f} km²", f"{area_m2 / 1e6:,.2f} 平方公里")
    if area_m2 >= 1e4:
        return Fault(f"{area_m2 / 1e4:,.2f} ha", f"{area_m2 / 1e4:,.2f} 公顷")
    number = f"{area_m2:,.1f}" if area_m2 >= 0.05 else f"{area_m2:.6f}"
    return Fault(f"{number} m²", f"{number} 平方米")


def name_words(name: str) -> Fault:
    """Return a zone's code or, where it has none, its row.

    Examples
    --------
    >>> name_words("410105999"), name_words("第3行")
    (Fault(en='410105999', zh='410105999'), Fault(en='row 3', zh='第3行'))
    """
    row = re.fullmatch(r"第(\d+)行", name)
    en, zh = f"row {row[1]}" if row else name, name
    return Fault(en, zh)


def names_words(names: Sequence[str]) -> Fault:
    """Return the first few names of several, and that there are more.

    Examples
    --------
    >>> names_words(["A", "B", "C", "D", "E"])
    Fault(en='A, B, C, D and others', zh='A、B、C、D等')
    """
    shown = [name_words(name) for name in names[:_NAMES_SHOWN]]
    more = len(names) > len(shown)
    return Fault(
        ", ".join(name.en for name in shown) + (" and others" if more else ""),
        "、".join(name.zh for name in shown) + ("等" if more else ""),
    )


def invalid_words(shape: BaseGeometry) -> Fault:
    """Return why a polygon is invalid, and where.

    Examples
    --------
    >>> invalid_words(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    Fault(en='Self-intersection at 5.0, 5.0', zh='边线自相交，在 5.0, 5.0')
    """
    reason, _, at = str(shapely.is_valid_reason(shape)).partition("[")
    numbers = at.rstrip("]").split()
    where = f"{float(numbers[0]):.1f}, {float(numbers[1]):.1f}" if len(numbers) >= 2 else ""
    reason_zh = _REASONS.get(reason, reason)
    return Fault(reason + (f" at {where}" if where else ""), reason_zh + (f"，在 {where}" if where else ""))
