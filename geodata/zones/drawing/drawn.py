"""Drawn grids as zones: blocks grouped, numbered west to east in rows, and how well they came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import ZoneError
from geodata.zones.contract import as_text
from geodata.zones.drawing.blocks import Blocks
from geodata.zones.drawing.groups import BlockGraph, grouped
from geodata.zones.drawing.links import add_border
from geodata.zones.faces import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

NOTE = "网格草图：按道路、水系自动划分，未经审定，非官方"


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


def first_of(block: Ints, values: Ints) -> Ints:
    """Return per block the value of its first face."""
    used = np.flatnonzero(block >= 0)
    _, first = np.unique(block[used], return_index=True)
    return values[used[first]]


def sums_of(number: Ints, values: Floats, count: int) -> Floats:
    """Return the sums of values by number, negative numbers left out."""
    used = number >= 0
    sums: Floats = np.bincount(number[used], values[used], count).astype(float)
    return sums


def drawn_grids(
    communities: gpd.GeoDataFrame, blocks: Blocks, block: Ints, load: Floats, wanted: Ints, left_out: float
) -> DrawnGrids:
    """Return the grids that blocks are grouped into, numbered and named, with a plan per community.

    Parameters
    ----------
    block
        The block of each face.
    load, wanted
        Work of each block; number of grids of each community.
    left_out
        Work that lies in no community.

    Raises
    ------
    ZoneError
        If a community has no area.
    """
    faces = blocks.faces
    owner = first_of(block, blocks.community)
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
            add_border(table, a, b, length)
    area = sums_of(of_face, faces.area_m2, len(own))
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
