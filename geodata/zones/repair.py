"""Mending of borders that can be mended without deciding whose land it is.

Invalid rings are rebuilt, narrow overlaps go to the lowest code, enclosed narrow gaps to the
neighbour with the longest common border. Wide overlaps and gaps stay: they are a ruling to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import GeometryCollection, MultiPolygon

from geodata.zones.checks import check_zones
from geodata.zones.contract import as_text
from geodata.zones.model import Level

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Repair:
    """One change: which zone, what was done (Chinese), and how much its area changed."""

    level: Level
    code: str
    words: str
    area_change_m2: float


def repair_zones(
    layers: Mapping[Level, gpd.GeoDataFrame], *, code: str = "code"
) -> tuple[dict[Level, gpd.GeoDataFrame], tuple[Repair, ...]]:
    """Return mended layers and every change made.

    Parameters
    ----------
    layers, code
        As `check_zones`. Rows without a polygon are kept as they are.

    Raises
    ------
    CrsError
        As `check_zones`.
    """
    mended: dict[Level, gpd.GeoDataFrame] = {}
    repairs: list[Repair] = []
    for level, layer in layers.items():
        shapes: Shapes = np.array(layer.geometry.array, dtype=object)
        names = _names(layer, code)
        changes = [*_rebuild(shapes, names)]
        changes += _settle(level, layer, shapes, names)
        repairs += [Repair(level, names[row], words, change) for row, words, change in changes]
        geometry = gpd.GeoSeries(list(shapes), index=layer.index, crs=layer.crs)
        mended[level] = layer.set_geometry(geometry)
    return mended, tuple(repairs)


def _names(layer: gpd.GeoDataFrame, code: str) -> list[str]:
    values = [as_text(value) for value in layer[code]] if code in layer.columns else [""] * len(layer)
    return [value or f"第{row}行" for row, value in enumerate(values, start=1)]


Change = tuple[int, str, float]


def _rebuild(shapes: Shapes, names: list[str]) -> list[Change]:
    """Replace invalid polygons by valid ones, in place."""
    changes: list[Change] = []
    for row, shape in enumerate(shapes):
        if shape is None or shape.is_valid or shape.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        # Even-odd ("linework"): a shell nested in another is nearly always a hole that a neighbour fills.
        # On 974 real communities the "structure" method made 40 new overlaps out of 41 such polygons.
        shapes[row] = _areas(shapely.make_valid(shape))
        words = f"{names[row]} 重建无效图形（{shapely.is_valid_reason(shape)}）"
        changes.append((row, words, float(shapes[row].area - shape.area)))
    return changes


def _settle(level: Level, layer: gpd.GeoDataFrame, shapes: Shapes, names: list[str]) -> list[Change]:
    """Give narrow overlaps to the lowest code and narrow gaps to the longest neighbour, in place."""
    # Checked without the code column: rows are told apart by number even where codes repeat.
    plain = gpd.GeoDataFrame(
        {"code": [str(row) for row in range(len(names))]}, geometry=shapes, crs=layer.crs
    )
    slivers = [defect for defect in check_zones({level: plain}).defects if defect.kind == "sliver"]
    changes: list[Change] = []
    for defect in slivers:
        around = sorted(map(int, defect.codes), key=lambda row: names[row])
        shape = defect.geometry
        if shape is None or len(around) < 2:
            continue
        if _covers(shapes[around[0]], shape):
            for row in around[1:]:
                changes += _change(
                    shapes, row, shapely.difference(shapes[row], shape), f"{names[row]} 让出狭条"
                )
        else:
            lengths = [_common_border(zone, shape) for zone in shapes[around]]
            row = around[int(np.argmax(lengths))]
            changes += _change(shapes, row, shapely.union(shapes[row], shape), f"{names[row]} 并入狭条")
    return changes


def _covers(zone: BaseGeometry, sliver: BaseGeometry) -> bool:
    return bool(shapely.intersection(zone, sliver).area > 0.5 * sliver.area)


def _common_border(zone: BaseGeometry, gap: BaseGeometry) -> float:
    return float(shapely.intersection(shapely.boundary(zone), shapely.boundary(gap)).length)


def _change(shapes: Shapes, row: int, shape: BaseGeometry, words: str) -> list[Change]:
    after = _areas(shape)
    before = shapes[row]
    if after.is_empty or not after.is_valid:
        return []  # a zone that would vanish keeps its overlap; the report still names it
    shapes[row] = after
    return [(row, words, float(after.area - before.area))]


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of a geometry: collapsed rings leave lines and points behind."""
    parts = [part for part in shapely.get_parts(_flat(shape)) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _flat(shape: BaseGeometry) -> BaseGeometry:
    """Return a collection without collections in it (`make_valid` nests multipolygons)."""
    return GeometryCollection(
        [inner for part in shapely.get_parts(shape) for inner in shapely.get_parts(part)]
    )
