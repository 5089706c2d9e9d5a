"""Grids for an office that has none: a draft (草图) from communities, lines and the work to be shared.

Borders follow roads, waters, railways and walls wherever these enclose blocks; the grids of a
community have about equal work and tile it exactly. Nothing here is official: every zone is marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WEB_MERCATOR, epsg_of, is_projected
from geodata.errors import CrsError, ZoneError
from geodata.zones.contract import as_text
from geodata.zones.drawing.blocks import absorbed, blocks_of, straight_cuts
from geodata.zones.drawing.drawn import DrawnGrids, drawn_grids, first_of, sums_of
from geodata.zones.drawing.work import Work

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

# A block with more work than this part of a grid's is cut straight through.
_LARGEST_SHARE = 1.0
_CUT_ROUNDS = 4
_MOST_GRIDS = 999


def draw_grids(
    communities: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    work: Work,
    *,
    per_grid: float | None = None,
    count: int | None = None,
) -> DrawnGrids:
    """Return grids of about equal work.

    Parameters
    ----------
    communities
        Valid polygons that do not overlap, with `code` and perhaps `name`, in a CRS in metres.
    lines
        Lines in the same CRS with `class` (road, rail, water, wall).
    work
        What is to be shared: see `geodata.zones.drawing.work`.
    per_grid
        Wanted work of a grid, in the unit of `work`.
    count
        Wanted number of all grids instead; communities get theirs by their work, at least one.

    Returns
    -------
    DrawnGrids
        Codes are the community's code and three digits, west to east in rows from north to south;
        a row is as high as a mean grid of the community.

    Raises
    ------
    CrsError
        If the CRS is not in metres, or the lines' is another.
    ZoneError
        If neither or both of `per_grid` and `count` are given, either is not positive, there are more
        communities than grids, a community would get more than 999, or communities overlap or repeat
        a code.
    """
    _require(communities, lines, per_grid, count)
    shapes: Shapes = np.asarray(communities.geometry.array, dtype=object)
    barriers = [word in ("rail", "water", "wall") for word in lines["class"]]
    drawn: list[BaseGeometry] = list(lines.geometry)
    cuts: list[BaseGeometry] = []
    for _ in range(_CUT_ROUNDS + 1):
        blocks = blocks_of(shapes, drawn, barriers=barriers, cuts=cuts)
        block = absorbed(blocks)
        face_load, left_out = work.of_faces(blocks)
        owner = first_of(block, blocks.community)
        load = sums_of(block, face_load, len(owner))
        total = sums_of(owner, load, len(communities))
        wanted = _wanted(total, per_grid, count)
        largest = _LARGEST_SHARE * total / wanted
        more = straight_cuts(
            blocks, block, load, largest=np.maximum(largest, 1e-9)[owner], few=_few(owner, wanted)
        )
        if not more:
            break
        cuts += more
    return drawn_grids(communities, blocks, block, load, wanted, left_out)


def _require(
    communities: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, per_grid: float | None, count: int | None
) -> None:
    epsg = epsg_of(communities.crs)
    if not is_projected(epsg) or epsg == WEB_MERCATOR:
        raise CrsError(
            f"communities are in EPSG:{epsg}; grids need true metres",
            zh=f"社区的坐标系是 EPSG:{epsg}；画网格要用长度真实的投影坐标系，如 EPSG:4547",
        )
    if epsg_of(lines.crs) != epsg:
        raise CrsError(
            f"lines are in EPSG:{epsg_of(lines.crs)}, communities in EPSG:{epsg}",
            zh=f"线的坐标系是 EPSG:{epsg_of(lines.crs)}，社区的是 EPSG:{epsg}；请先统一",
        )
    if (per_grid is None) == (count is None):
        raise ZoneError(
            "give either the work per grid or the number of grids", zh="每个网格的工作量和网格总数只写一个"
        )
    if per_grid is not None and not per_grid > 0:
        raise ZoneError(
            f"the work per grid must be positive, not {per_grid}",
            zh=f"每个网格的工作量要大于 0，不能是 {per_grid}",
        )
    if count is not None and count < len(communities):
        raise ZoneError(
            f"{count} grids for {len(communities)} communities: each needs at least one",
            zh=f"{len(communities)} 个社区只要 {count} 个网格：每个社区至少一个",
        )
    codes = [as_text(code) for code in communities["code"]]
    if len(set(codes)) < len(codes) or "" in codes:
        raise ZoneError(
            "communities repeat a code or lack one: `qingtu zones check` names them",
            zh="社区代码有重复或空缺；用 qingtu zones check 找出来",
        )
    if not communities.geometry.is_valid.all():
        raise ZoneError(
            "communities are invalid: mend them with `qingtu zones check --repair`",
            zh="有的社区图形无效；请先用 qingtu zones check --repair 修复",
        )
    first, second = shapely.STRtree(communities.geometry).query(communities.geometry, predicate="overlaps")
    shared = shapely.area(
        shapely.intersection(communities.geometry.array[first], communities.geometry.array[second])
    )
    if (shared > 1.0).any():
        raise ZoneError(
            "communities overlap: mend them with `qingtu zones check --repair`",
            zh="社区之间有重叠；请先用 qingtu zones check --repair 修复",
        )


def _wanted(total: Floats, per_grid: float | None, count: int | None) -> Ints:
    """Return the number of grids of each community: by rounding, or by largest remainders."""
    if per_grid is not None:
        wanted = np.maximum(np.round(total / per_grid), 1).astype(np.int64)
    else:
        assert count is not None
        wanted = np.ones(len(total), dtype=np.int64)
        # Sainte-Laguë: the next grid goes where the work per grid is largest.
        for _ in range(count - len(total)):
            wanted[int(np.argmax(total / (2 * wanted + 1)))] += 1
    if wanted.max() > _MOST_GRIDS:
        raise ZoneError(
            f"a community would get {wanted.max()} grids; codes have three digits",
            zh=f"有的社区会分成 {wanted.max()} 个网格，而代码只有三位；请把每个网格的工作量取大",
        )
    return wanted


def _few(owner: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """Per block whether its community has fewer blocks than it needs grids."""
    short: NDArray[np.bool_] = np.bincount(owner, minlength=len(wanted)) < wanted
    return short[owner]
