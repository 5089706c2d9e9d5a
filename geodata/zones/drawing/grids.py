"""Grids for an office that has none: a draft (草图) from communities, lines and the work to be shared.

Borders follow roads, waters, railways and walls wherever these enclose blocks; the grids of a
community have about equal work and tile it exactly. Nothing here is official: every zone is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WEB_MERCATOR, epsg_of, is_projected
from geodata.errors import CrsError, ZoneError
from geodata.zones.contract import as_text
from geodata.zones.drawing.blocks import Blocks, absorbed, blocks_of, straight_cuts
from geodata.zones.drawing.groups import BlockGraph, grouped
from geodata.zones.drawing.work import Work
from geodata.zones.faces import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

NOTE = "网格草图：按道路、水系自动划分，未经审定，非官方"
# A block with more work than this part of a grid's is cut straight through.
_LARGEST_SHARE = 1.0
_CUT_ROUNDS = 4
_MOST_GRIDS = 999


@dataclass(frozen=True, slots=True)
class GridPlan:
    """How the grids of one community came out.

    `load_ratio` is the largest work of a grid over the mean; `on_lines` the share of the borders
    between its grids that run along drawn lines; `wanted` the number of grids asked for.
    """

    code: str
    grids: int
    wanted: int
    blocks: int
    work: float
    load_ratio: float
    on_lines: float
    straight_m: float


@dataclass(frozen=True, slots=True)
class DrawnGrids:
    """Communities with every vertex of their grids, the grids, and a line per community.

    `left_out` is work that lies in no community.
    """

    community: gpd.GeoDataFrame
    grid: gpd.GeoDataFrame
    plans: tuple[GridPlan, ...]
    left_out: float


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
        owner = _first(block, blocks.community)
        load = _sums(block, face_load, len(owner))
        total = _sums(owner, load, len(communities))
        wanted = _wanted(total, per_grid, count)
        largest = _LARGEST_SHARE * total / wanted
        more = straight_cuts(
            blocks, block, load, largest=np.maximum(largest, 1e-9)[owner], few=_few(owner, wanted)
        )
        if not more:
            break
        cuts += more
    return _drawn(communities, blocks, block, load, wanted, left_out)


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


def _first(block: Ints, values: Ints) -> Ints:
    """Return per block the value of its first face."""
    used = np.flatnonzero(block >= 0)
    _, first = np.unique(block[used], return_index=True)
    return values[used[first]]


def _sums(number: Ints, values: Floats, count: int) -> Floats:
    """Return the sums of values by number, negative numbers left out."""
    used = number >= 0
    sums: Floats = np.bincount(number[used], values[used], count).astype(float)
    return sums


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


def _drawn(
    communities: gpd.GeoDataFrame, blocks: Blocks, block: Ints, load: Floats, wanted: Ints, left_out: float
) -> DrawnGrids:
    faces = blocks.faces
    owner = _first(block, blocks.community)
    has_name = "name" in communities.columns
    rows: list[dict[str, object]] = []
    plans, wholes = [], []
    grid_of_face = np.full(len(faces), NOBODY, dtype=np.int64)
    for number, code in enumerate(as_text(code) for code in communities["code"]):
        own = np.flatnonzero(owner == number)
        if not len(own):
            raise ZoneError(f"community {code} has no area", zh=f"社区 {code} 没有面积")
        label = np.array(grouped(_graph(blocks, block, own, load), int(wanted[number])))
        members = [np.flatnonzero(np.isin(block, own[label == group])) for group in range(label.max() + 1)]
        shapes = [faces.joined(member) for member in members]
        name = as_text(communities["name"].iloc[number]) if has_name else code
        for position, group in enumerate(_reading_order(shapes), start=1):
            grid_of_face[members[group]] = len(rows)
            rows.append(
                {"code": f"{code}{position:03d}", "name": f"{name.removesuffix('社区')}{position}号网格", "parent": code,
                 "valid_from": None, "valid_to": None, "leader": "", "official": False, "note": NOTE,
                 "work": float(load[own[label == group]].sum()), "blocks": int((label == group).sum()),
                 "geometry": shapely.normalize(shapes[group])}
            )  # fmt: skip
        whole = faces.joined(np.flatnonzero(blocks.community == number))
        wholes.append(shapely.normalize(whole))
        works = np.bincount(label, load[own])
        on_lines, straight_m = _followed(blocks, grid_of_face, number)
        ratio = float(works.max() / works.mean()) if works.sum() > 0 else 1.0
        plans.append(
            GridPlan(
                code,
                len(shapes),
                int(wanted[number]),
                len(own),
                float(works.sum()),
                ratio,
                on_lines,
                straight_m,
            )
        )
    crs = communities.crs
    return DrawnGrids(
        community=communities.set_geometry(gpd.GeoSeries(wholes, index=communities.index, crs=crs)),
        grid=gpd.GeoDataFrame(rows, geometry="geometry", crs=crs),
        plans=tuple(plans),
        left_out=left_out,
    )


def _graph(blocks: Blocks, block: Ints, own: Ints, load: Floats) -> BlockGraph:
    """Return the blocks of one community, numbered in the order of `own`."""
    faces = blocks.faces
    local = np.full(int(block.max()) + 2, NOBODY, dtype=np.int64)
    local[own] = np.arange(len(own))
    of_face = local[block]  # NOBODY stays NOBODY: the last entry
    outer = np.append(of_face, NOBODY)
    left, right = outer[faces.left], outer[faces.right]
    shared: list[dict[int, float]] = [{} for _ in own]
    barrier: list[dict[int, float]] = [{} for _ in own]
    for segment in np.flatnonzero((left != right) & (left != NOBODY) & (right != NOBODY)).tolist():
        a, b, length = int(left[segment]), int(right[segment]), float(faces.length_m[segment])
        for table in (shared, barrier) if blocks.barrier[segment] else (shared,):
            table[a][b] = table[a].get(b, 0.0) + length
            table[b][a] = table[b].get(a, 0.0) + length
    area = _sums(of_face, faces.area_m2, len(own))
    return BlockGraph(load[own], area, faces.perimeter_m(of_face, len(own)), shared, barrier)


def _reading_order(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Return the order west to east within rows from north to south."""
    bounds = shapely.total_bounds(np.array(shapes, dtype=object))
    middle = shapely.get_coordinates(shapely.centroid(np.array(shapes, dtype=object)))
    mean_side = float(np.sqrt(shapely.area(np.array(shapes, dtype=object)).mean()))
    rows = max(1, round((bounds[3] - bounds[1]) / mean_side))
    height = (bounds[3] - bounds[1]) / rows
    row = np.minimum(((bounds[3] - middle[:, 1]) // height).astype(int), rows - 1)
    order: list[int] = np.lexsort((-middle[:, 1], middle[:, 0], row)).tolist()
    return order


def _followed(blocks: Blocks, grid_of_face: Ints, community: int) -> tuple[float, float]:
    """Return the share of borders between a community's grids that run along lines, and the rest in metres."""
    faces = blocks.faces
    inner = faces.right != NOBODY
    left, right = faces.left[inner], faces.right[inner]
    here = (blocks.community[left] == community) & (blocks.community[right] == community)
    border = here & (grid_of_face[left] != grid_of_face[right])
    total = float(faces.length_m[inner][border].sum())
    on = float(faces.length_m[inner][border & blocks.on_line[inner]].sum())
    return (on / total if total else 1.0), total - on


def fitted_parents(above: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return subdistricts as the exact union of their communities, where that is the same land.

    Parameters
    ----------
    above
        Subdistricts with `code`.
    communities
        Communities of `DrawnGrids`, with `parent`.

    Notes
    -----
    Land counts as the same if it differs by less than a millimetre along the border.
    """
    parents = np.array([as_text(parent) for parent in communities["parent"]], dtype=object)
    shapes: Shapes = np.asarray(communities.geometry.array, dtype=object)
    fitted = []
    for code, shape in zip(above["code"], above.geometry, strict=True):
        own = shapes[parents == as_text(code)]
        union = shapely.normalize(shapely.coverage_union_all(own)) if len(own) else shape
        same = shapely.symmetric_difference(union, shape).area < 0.001 * shape.length
        fitted.append(union if same else shape)
    return above.set_geometry(gpd.GeoSeries(fitted, index=above.index, crs=above.crs))
