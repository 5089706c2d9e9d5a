"""What is wrong with drawn borders, with areas: for the person who has to mend them.

A *fatal* defect means that the file cannot be used (`ZoneTree.read` refuses it, or two zones claim
so much of the same ground that an answer would be arbitrary). Everything else is reported, and
assignment stays exact by its lowest-code rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import epsg_of, is_projected
from geodata.errors import CrsError
from geodata.zones.contract import PARENT_LEVEL, as_text
from geodata.zones.model import LEVELS, Level

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]

DefectKind: TypeAlias = Literal[
    "no_code", "duplicate_code", "no_geometry", "not_polygon", "invalid", "orphan",
    "overlap", "gap", "hole", "sliver", "uncovered",
]  # fmt: skip
DEFECT_WORDS: Mapping[DefectKind, tuple[str, str]] = {
    "no_code": ("缺代码", "no code"),
    "duplicate_code": ("代码重复", "repeated code"),
    "no_geometry": ("缺图形", "no geometry"),
    "not_polygon": ("不是面", "not a polygon"),
    "invalid": ("图形无效", "invalid"),
    "orphan": ("找不到上级", "orphan"),
    "overlap": ("重叠", "overlap"),
    "gap": ("缝隙", "gap"),
    "hole": ("空洞", "hole"),
    "sliver": ("狭条", "sliver"),
    "uncovered": ("社区内没有网格", "community without grid"),
}
FATAL: frozenset[DefectKind] = frozenset(
    {"no_code", "duplicate_code", "no_geometry", "not_polygon", "invalid", "orphan"}
)
# Narrower than this on average is a drawing fault, not land.
SLIVER_WIDTH_M = 2.0
# Two zones that share more than this part of the smaller one are a dispute, not a fault of drawing.
FATAL_OVERLAP_SHARE = 0.05
# Below this, rounding of coordinates in files. Gaps are counted down to a square millimetre: a point
# that falls into one has no zone.
_DUST_M2 = 1e-6


@dataclass(frozen=True, slots=True)
class ZoneDefect:
    """One fault: where it is (layer CRS), whose (codes, or "row n" without code), how large."""

    level: Level
    kind: DefectKind
    codes: tuple[str, ...]
    area_m2: float
    geometry: BaseGeometry | None
    words: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """All defects of a file, worst kinds first, and how many zones each level has."""

    zones: Mapping[Level, int]
    defects: tuple[ZoneDefect, ...]

    @property
    def usable(self) -> bool:
        """Whether no defect is fatal."""
        return not any(defect.fatal for defect in self.defects)

    def totals(self) -> dict[tuple[Level, DefectKind], tuple[int, float]]:
        """Return number and summed area in m² by level and kind, in the order of severity."""
        result: dict[tuple[Level, DefectKind], tuple[int, float]] = {}
        for defect in self.defects:
            count, area = result.get((defect.level, defect.kind), (0, 0.0))
            result[defect.level, defect.kind] = (count + 1, area + defect.area_m2)
        return result


def check_zones(layers: Mapping[Level, gpd.GeoDataFrame], *, code: str = "code") -> ZoneReport:
    """Return what is wrong with zone layers.

    Parameters
    ----------
    layers
        Layers by level, in one projected CRS (metres); missing levels are not checked.
    code
        Name of the code column. A layer without it is checked all the same; its zones are called by
        their row, and each lacks a code.

    Raises
    ------
    CrsError
        If a layer has no CRS, one in degrees, or another than the others.
    """
    found = {level: epsg_of(layer.crs) for level, layer in layers.items()}
    if len(set(found.values())) > 1:
        raise CrsError(f"layers are in different CRS: {found}")
    degrees = [epsg for epsg in found.values() if not is_projected(epsg)]
    if degrees:
        raise CrsError(f"zones are in EPSG:{degrees[0]}, degrees; areas need a CRS in metres")
    defects: list[ZoneDefect] = []
    for level in [level for level in LEVELS if level in layers]:
        defects += _check_layer(layers, level, code)
    order = list(DEFECT_WORDS)
    defects.sort(key=lambda d: (not d.fatal, LEVELS.index(d.level), order.index(d.kind), -d.area_m2))
    return ZoneReport(zones={level: len(layer) for level, layer in layers.items()}, defects=tuple(defects))


def _check_layer(layers: Mapping[Level, gpd.GeoDataFrame], level: Level, code: str) -> list[ZoneDefect]:
    layer = layers[level]
    codes = _codes(layer, code)
    shapes: Shapes = np.asarray(layer.geometry.array, dtype=object)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    defects = [*_code_defects(layer, level, code, codes), *_shape_defects(level, codes, shapes)]
    # Invalid rings are mended in memory so that the other checks can see them.
    usable = np.where(shapely.is_valid(shapes[areal]), shapes[areal], shapely.make_valid(shapes[areal]))
    names = [codes[row] for row in np.flatnonzero(areal)]
    defects += _overlaps(level, names, usable)
    defects += _gaps(level, names, usable)
    defects += _thin_parts(level, names, usable)
    above = PARENT_LEVEL.get(level)
    if above and above in layers and len(layers[above]):
        defects += _orphans(layers[above], layer, level, code, codes)
        if level == "grid":
            defects += _uncovered(layers[above], usable, code)
    return defects


def _codes(layer: gpd.GeoDataFrame, code: str) -> list[str]:
    values = [as_text(value) for value in layer[code]] if code in layer.columns else [""] * len(layer)
    return [value or f"第{row}行" for row, value in enumerate(values, start=1)]


def _code_defects(
    layer: gpd.GeoDataFrame, level: Level, code: str, codes: Sequence[str]
) -> Iterator[ZoneDefect]:
    if code not in layer.columns:
        columns = "、".join(str(name) for name in layer.columns if name != layer.geometry.name)
        yield _defect(level, "no_code", (), f"没有代码列 {code}，现有列：{columns or '无'}")
        return
    missing = [name for name, value in zip(codes, layer[code], strict=True) if not as_text(value)]
    for name in missing:
        yield _defect(level, "no_code", (name,), f"{name} 没有代码")
    if "valid_from" in layer.columns and layer["valid_from"].notna().any():
        return  # several versions of one code are allowed; `ZoneTree` checks their days
    for name in sorted({name for name in codes if codes.count(name) > 1}):
        yield _defect(level, "duplicate_code", (name,), f"代码 {name} 出现 {codes.count(name)} 次")


def _shape_defects(level: Level, codes: Sequence[str], shapes: Shapes) -> Iterator[ZoneDefect]:
    for name, shape in zip(codes, shapes, strict=True):
        if shape is None or shape.is_empty:
            yield _defect(level, "no_geometry", (name,), f"{name} 没有图形")
        elif shape.geom_type not in ("Polygon", "MultiPolygon"):
            yield _defect(level, "not_polygon", (name,), f"{name} 是 {shape.geom_type}，不是面", shape)
        elif not shape.is_valid:
            reason = shapely.is_valid_reason(shape)
            yield _defect(level, "invalid", (name,), f"{name} 图形无效：{reason}", shape, area=shape.area)


def _overlaps(level: Level, names: Sequence[str], shapes: Shapes) -> Iterator[ZoneDefect]:
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    common = shapely.intersection(shapes[first], shapes[second])
    areas = shapely.area(common)
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    for a, b, shape, area, whole in zip(first, second, common, areas, smaller, strict=True):
        if area > _DUST_M2:
            share = area / whole
            kind: DefectKind = "sliver" if _is_thin(shape) else "overlap"
            words = f"{names[a]} 与 {names[b]} 重叠 {area:,.1f} 平方米（占小的一方 {share:.1%}）"
            fatal = kind == "overlap" and share > FATAL_OVERLAP_SHARE
            yield _defect(level, kind, (names[a], names[b]), words, shape, area=area, fatal=fatal)


def _gaps(level: Level, names: Sequence[str], shapes: Shapes) -> Iterator[ZoneDefect]:
    tree = shapely.STRtree(shapes)
    for polygon in shapely.get_parts(shapely.union_all(shapes)):
        for ring in shapely.get_rings(polygon)[1:]:
            gap = shapely.Polygon(ring)
            if gap.area <= _DUST_M2:
                continue
            around = tuple(sorted(names[row] for row in tree.query(gap, predicate="dwithin", distance=1e-3)))
            kind: DefectKind = "sliver" if _is_thin(gap) else "hole" if len(around) == 1 else "gap"
            whose = "、".join(around[:4]) + ("等" if len(around) > 4 else "")
            where = "里有空洞" if len(around) == 1 else "之间空出"
            words = f"{whose} {where} {gap.area:,.1f} 平方米"
            yield _defect(level, kind, around, words, gap, area=gap.area)


def _thin_parts(level: Level, names: Sequence[str], shapes: Shapes) -> Iterator[ZoneDefect]:
    for name, shape in zip(names, shapes, strict=True):
        for part in shapely.get_parts(shape):
            if part.area > 0 and _is_thin(part):
                yield _defect(
                    level, "sliver", (name,), f"{name} 有狭条 {part.area:,.1f} 平方米", part, area=part.area
                )


def _orphans(
    above: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, level: Level, code: str, codes: Sequence[str]
) -> Iterator[ZoneDefect]:
    known = set(_codes(above, code))
    parents = layer["parent"] if "parent" in layer.columns else [None] * len(layer)
    for name, parent in zip(codes, parents, strict=True):
        if as_text(parent) not in known:
            yield _defect(level, "orphan", (name,), f"{name} 的上级 {as_text(parent) or '（空）'} 不在文件里")


def _uncovered(above: gpd.GeoDataFrame, grids: Shapes, code: str) -> Iterator[ZoneDefect]:
    land = shapely.union_all(grids)
    for name, shape in zip(_codes(above, code), above.geometry, strict=True):
        if shape is None or shape.is_empty:
            continue
        bare = shapely.difference(shapely.make_valid(shape), land)
        if bare.area > _DUST_M2:
            kind: DefectKind = "sliver" if _is_thin(bare) else "uncovered"
            words = f"{name} 有 {bare.area:,.1f} 平方米没有网格"
            yield _defect("grid", kind, (name,), words, bare, area=bare.area)


def _is_thin(shape: BaseGeometry) -> bool:
    """Whether a shape's mean width, 2 area / perimeter, is below `SLIVER_WIDTH_M`."""
    return shape.length > 0 and bool(2 * shape.area / shape.length < SLIVER_WIDTH_M)


def _defect(
    level: Level,
    kind: DefectKind,
    codes: tuple[str, ...],
    words: str,
    geometry: BaseGeometry | None = None,
    *,
    area: float = 0.0,
    fatal: bool | None = None,
) -> ZoneDefect:
    return ZoneDefect(
        level=level,
        kind=kind,
        codes=codes,
        area_m2=float(area),
        geometry=geometry,
        words=words,
        fatal=kind in FATAL if fatal is None else fatal,
    )
