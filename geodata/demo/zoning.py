"""Communities and grids made of whole blocks, so that children tile their parent exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from geodata.demo.blocks import Blocks


def community_of(blocks: Sequence[Polygon], table: Mapping[str, Any]) -> list[str]:
    """Return the community code of each block: that of the nearest authored seed."""
    origin = np.asarray(table["origin_m"], dtype=float)
    seeds = [(row["code"], np.asarray(seed) + origin) for row in table["community"] for seed in row["seeds"]]
    at = np.array([seed for _, seed in seeds])
    middle = np.array([block.representative_point().coords[0] for block in blocks])
    nearest = np.hypot(*(middle[:, None, :] - at[None, :, :]).T).T.argmin(axis=1)
    return [seeds[number][0] for number in nearest]


def neighbours(blocks: Sequence[Polygon]) -> dict[tuple[int, int], float]:
    """Return the length of the common border, in metres, of each pair of blocks that share one."""
    tree = STRtree(list(blocks))
    left, right = tree.query(list(blocks), predicate="touches")
    shared: dict[tuple[int, int], float] = {}
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        if i < j:
            length = float(shapely.length(shapely.intersection(blocks[i], blocks[j])))
            if length > 1.0:
                shared[(i, j)] = length
    return shared


def group(
    members: Sequence[int], areas: Sequence[float], shared: Mapping[tuple[int, int], float], *, into: int
) -> list[list[int]]:
    """Return contiguous groups of blocks of similar size.

    The smallest group is joined to the neighbour that gives the smallest sum, ties and near-ties
    going to the longer common border, until `into` groups are left.
    """
    label = {block: block for block in members}
    size = {block: areas[block] for block in members}
    while len(size) > into:
        touch: dict[int, dict[int, float]] = {key: {} for key in size}
        for (i, j), length in shared.items():
            if i in label and j in label and label[i] != label[j]:
                for a, b in ((label[i], label[j]), (label[j], label[i])):
                    touch[a][b] = touch[a].get(b, 0.0) + length
        least = min((key for key in size if touch[key]), key=lambda key: (size[key], key))
        best = min(touch[least], key=lambda key: (size[key] / touch[least][key] ** 0.5, key))
        for block, key in label.items():
            if key == least:
                label[block] = best
        size[best] += size.pop(least)
    groups: dict[int, list[int]] = {}
    for block in members:
        groups.setdefault(label[block], []).append(block)
    return list(groups.values())


def _reading_order(shape: BaseGeometry, top: float, row_m: float) -> tuple[int, float]:
    """Return a key that sorts west to east within rows from north to south."""
    return int((top - shape.centroid.y) // row_m), float(shape.centroid.x)


def build_zones(blocks: Blocks, table: Mapping[str, Any]) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers subdistrict, community and grid.

    Parameters
    ----------
    blocks
        Blocks that tile the district, district CRS.
    table
        The table `district.toml`.

    Notes
    -----
    Every zone is a coverage union of blocks: borders keep the blocks' vertices bit for bit, so that
    neighbours have no gap and no overlap, and parents are the exact union of their children. Grid
    numbers run west to east in rows of 600 m from north to south.
    """
    owner = community_of(blocks.blocks, table)
    shared = neighbours(blocks.blocks)
    areas = [block.area for block in blocks.blocks]
    rows: dict[str, list[dict[str, object]]] = {"subdistrict": [], "community": [], "grid": []}
    polygons = np.array(blocks.blocks, dtype=object)
    for community in table["community"]:
        members = [number for number, code in enumerate(owner) if code == community["code"]]
        groups = group(members, areas, shared, into=community["grids"])
        whole = shapely.coverage_union_all(polygons[members])
        top = whole.bounds[3]
        shapes = sorted(
            (shapely.coverage_union_all(polygons[part]) for part in groups),
            key=lambda s: _reading_order(s, top, 600.0),
        )
        rows["community"].append(
            _row(
                community["code"],
                community["name"],
                table["subdistrict_code"],
                table,
                community["leader"],
                whole,
            )
        )
        for number, shape in enumerate(shapes, start=1):
            code = f"{community['code']}{number:03d}"
            name = f"{community['name'].removesuffix('社区')}{number}号网格"
            rows["grid"].append(_row(code, name, community["code"], table, _grid_leader(code, table), shape))
    rows["subdistrict"].append(
        _row(
            table["subdistrict_code"],
            table["subdistrict_name"],
            None,
            table,
            table["leader"],
            shapely.coverage_union_all(polygons),
        )
    )
    return {
        layer: gpd.GeoDataFrame(found, geometry="geometry", crs=table["crs"]) for layer, found in rows.items()
    }


def _grid_leader(code: str, table: Mapping[str, Any]) -> str:
    surnames: str = table["grid_leader_surnames"]
    return f"示范·{surnames[int(code[-6:]) % len(surnames)]}网格长"


def _row(
    code: str, name: str, parent: str | None, table: Mapping[str, Any], leader: str, shape: BaseGeometry
) -> dict[str, object]:
    # Start every ring at its lowest vertex: two runs then write the same bytes.
    return {
        "code": code, "name": name, "parent": parent, "valid_from": table["zones_valid_from"],
        "valid_to": None, "leader": leader, "official": False, "note": table["zones_note"], "geometry": shapely.normalize(shape),
    }  # fmt: skip
