"""Do zones tile: overlaps, gaps and thin parts within a level, missing and foreign land between levels.

Shapes are valid polygons in metres; a list of names goes with them. Nothing is mended here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import Fault
from geodata.zones.checking.defects import (
    SLIVER_WIDTH_M,
    DefectKind,
    ZoneDefect,
    area_words,
    defect,
    is_thin,
    name_words,
    names_words,
)
from geodata.zones.model import Level

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]

# Two zones that share more than this part of the smaller one are a dispute, not a fault of drawing.
FATAL_OVERLAP_SHARE = 0.05
# Two zones that share more than this part of each are one border drawn twice.
SAME_SHAPE_SHARE = 0.999
# Below this, rounding of coordinates in files. Gaps are counted down to a square millimetre: a point
# that falls into one has no zone.
DUST_M2 = 1e-6
_LEVELS_ZH: dict[Level, str] = {"subdistrict": "街道", "community": "社区", "grid": "网格"}


def overlaps(
    level: Level, names: Sequence[str], shapes: Shapes, days: NDArray[np.int64]
) -> Iterator[ZoneDefect]:
    """Yield what two zones both claim on some day.

    Parameters
    ----------
    days
        First day and first day after, as ordinals, shape (n, 2): zones that never hold on the same
        day are not compared.
    """
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    together = np.maximum(days[first, 0], days[second, 0]) < np.minimum(days[first, 1], days[second, 1])
    pairs = (first < second) & together
    first, second = first[pairs], second[pairs]
    # Most pairs only touch; a common edge has no interior and is told apart without building it.
    deep = ~shapely.touches(shapes[first], shapes[second])
    first, second = first[deep], second[deep]
    common = shapely.intersection(shapes[first], shapes[second])
    areas = shapely.area(common)
    size = shapely.area(shapes)
    for a, b, shape, area in zip(first, second, common, areas, strict=True):
        if area <= DUST_M2:
            continue
        small, large = sorted((size[a], size[b]))
        share = area / small
        codes = (names[a], names[b])
        one, other, size_words = name_words(names[a]), name_words(names[b]), area_words(area)
        if area > SAME_SHAPE_SHARE * large:
            said = Fault(
                f"{one.en} and {other.en} are the same shape ({size_words.en})",
                f"{one.zh} 与 {other.zh} 是同一个图形（{size_words.zh}）",
            )
            yield defect(level, "duplicate_shape", codes, said, shape, area_m2=area)
            continue
        kind: DefectKind = "sliver" if is_thin(shape) else "overlap"
        said = Fault(
            f"{one.en} and {other.en} overlap by {size_words.en} ({share:.1%} of the smaller)",
            f"{one.zh} 与 {other.zh} 重叠 {size_words.zh}（占小的一方 {share:.1%}）",
        )
        fatal = kind == "overlap" and share > FATAL_OVERLAP_SHARE
        yield defect(level, kind, codes, said, shape, area_m2=area, fatal=fatal, nature="overlap")


def gaps(level: Level, names: Sequence[str], shapes: Shapes) -> Iterator[ZoneDefect]:
    """Yield enclosed land that no zone claims."""
    tree = shapely.STRtree(shapes)
    for polygon in shapely.get_parts(shapely.union_all(shapes)):
        for ring in shapely.get_rings(polygon)[1:]:
            gap = shapely.Polygon(ring)
            if gap.area <= DUST_M2:
                continue
            around = tuple(sorted(names[row] for row in tree.query(gap, predicate="dwithin", distance=1e-3)))
            nature: DefectKind = "hole" if len(around) == 1 else "gap"
            whose, area = names_words(around), area_words(gap.area)
            where = Fault("a hole in", "里有空洞") if nature == "hole" else Fault("a gap between", "之间空出")
            kind: DefectKind = "sliver" if is_thin(gap) else nature
            said = Fault(f"{where.en} {whose.en}: {area.en}", f"{whose.zh} {where.zh} {area.zh}")
            yield defect(level, kind, around, said, gap, area_m2=gap.area, nature=nature)


def thin_parts(level: Level, names: Sequence[str], shapes: Shapes) -> Iterator[ZoneDefect]:
    """Yield parts of zones that are too narrow to be land."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areas, lengths = shapely.area(parts), shapely.length(parts)
    for index in np.flatnonzero((areas > 0) & (2 * areas < SLIVER_WIDTH_M * lengths)):
        part, name = parts[index], names[owner[index]]
        if is_thin(part):
            area = area_words(part.area)
            said = Fault(
                f"{name_words(name).en} has a sliver of {area.en}", f"{name_words(name).zh} 有狭条 {area.zh}"
            )
            yield defect(level, "sliver", (name,), said, part, area_m2=part.area)


def against_parents(
    level: Level,
    parents: tuple[Sequence[str], Shapes],
    children: tuple[Sequence[str], Sequence[str], Shapes],
) -> Iterator[ZoneDefect]:
    """Yield the parents' land that none of their own children has, and children's land outside.

    Parameters
    ----------
    level
        The children's level.
    parents
        Codes and shapes.
    children
        Codes, codes of their parents, and shapes. Children without a known parent are orphans, and
        reported as such; the land they cover is not missing.
    """
    known = set(parents[0])
    own: dict[str, list[int]] = defaultdict(list)
    for row, parent in enumerate(children[1]):
        own[parent if parent in known else ""].append(row)
    orphans = children[2][own[""]]
    level_zh = _LEVELS_ZH[level]
    for code, shape in zip(*parents, strict=True):
        rows = own.get(code, [])
        for row, outside in zip(rows, shapely.difference(children[2][rows], shape), strict=True):
            if outside.area > DUST_M2:
                name = children[0][row]
                area = area_words(outside.area)
                said = Fault(
                    f"{area.en} of {name_words(name).en} lies outside its parent {name_words(code).en}",
                    f"{name_words(name).zh} 有 {area.zh}在上级 {name_words(code).zh} 之外",
                )
                yield _between(level, "outside", (name, code), said, outside)
        bare = shapely.difference(shape, shapely.union_all([*children[2][rows], *orphans]))
        if bare.area > DUST_M2:
            area = area_words(bare.area)
            said = Fault(
                f"{area.en} of {name_words(code).en} has no {level}",
                f"{name_words(code).zh} 有 {area.zh}没有{level_zh}",
            )
            yield _between(level, "uncovered", (code,), said, bare)


def _between(
    level: Level, nature: DefectKind, codes: tuple[str, ...], said: Fault, shape: BaseGeometry
) -> ZoneDefect:
    kind: DefectKind = "sliver" if is_thin(shape) else nature
    return defect(level, kind, codes, said, shape, area_m2=shape.area, nature=nature)
