"""Hot and cold spots: where counts are higher or lower than chance would spread them.

The cells or zones, their neighbourhoods, and what `judging` says of them. For zones of unequal size
give an exposure, else their area is it: big grids must not win by size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Unpack

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import epsg_of, is_projected
from geodata.errors import CrsError, InputError
from geodata.patterns.cells import CellFrame
from geodata.patterns.judging import Judging, Spots, judge
from geodata.patterns.neighbours import CellNeighbours, ZoneNeighbours, zone_neighbours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HotSpots(Spots):
    """Hot spots on cells; all arrays have shape (rows, columns), row 0 southernmost."""

    cells: CellFrame

    def squares(self, *, crs: int) -> gpd.GeoDataFrame:
        """Return the table with each studied cell's square in a CRS (that of the points)."""
        half = self.cells.cell_m / 2
        centres = self.cells.centres()[self.studied.ravel()]
        shapes = shapely.box(*(centres - half).T, *(centres + half).T)
        return gpd.GeoDataFrame(self.table(), geometry=shapes, crs=crs)


def hot_spots(
    points: ArrayLike,
    *,
    bounds: Sequence[float],
    cell_m: float,
    distance_m: float,
    weights: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    studied: ArrayLike | None = None,
    **judging: Unpack[Judging],
) -> HotSpots:
    """Return the cells with more (or fewer) points around them than the whole area's spread explains.

    Parameters
    ----------
    points, weights
        As `density_at`. A weight is a problem's share in a cell, at most 1, unless `test="permutation"`.
    bounds, cell_m
        As `density_grid`.
    distance_m
        Cells whose centres lie within this distance are neighbours (each also of itself), >= 0.
    exposure
        What problems come from (shops, road km, people, area) in each cell, of the cells' shape. Left
        out: the same in every studied cell. A cell with none around it is not judged.
    studied
        Booleans of the cells' shape: which cells belong to the district. Left out: all. Lakes and
        land outside should be left out, else they make everything else hot.
    judging
        `rate`, `test`, `correction`, `rng` as `judge`.

    Raises
    ------
    ValueError
        If shapes do not fit, numbers are NaN, or `rate` is outside 0..1.

    Examples
    --------
    >>> found = hot_spots([[15, 15]] * 9, bounds=(0, 0, 100, 100), cell_m=10, distance_m=0)
    >>> found.table().query("verdict == 'hot'")[["count", "label"]].values.tolist()
    [[9.0, '显著热点']]
    """
    if not (distance_m >= 0 and math.isfinite(distance_m)):
        raise InputError(
            f"distance_m must be 0 or more, not {distance_m}",
            zh=f"邻域半径（distance_m）不能是 {distance_m}，要是 0 或更大的数（米）",
        )
    frame = CellFrame.over(bounds, cell_m=cell_m)
    near = CellNeighbours(frame.shape, distance_m / frame.cell_m, studied=studied)
    counts = frame.counts(points, weights=weights)
    found = judge(counts, near, exposure=exposure, **judging)
    return HotSpots(**{field.name: getattr(found, field.name) for field in fields(found)}, cells=frame)


def zone_hot_spots(
    zones: gpd.GeoDataFrame,
    counts: ArrayLike,
    *,
    exposure: ArrayLike | None = None,
    neighbours: ZoneNeighbours | None = None,
    **judging: Unpack[Judging],
) -> Spots:
    """Return the zones with more (or fewer) problems in and next to them than their exposure explains.

    Parameters
    ----------
    zones
        Polygons in a projected CRS, metres.
    counts
        Problems in each zone, in the zones' order.
    exposure
        What problems come from, in each zone; 0 or NaN: the zone is not judged. Left out: its area.
    neighbours
        Left out: zones that touch.
    judging
        `rate`, `test`, `correction`, `rng` as `judge`.

    Raises
    ------
    CrsError
        If the zones' CRS is missing or not in metres.
    ValueError
        If shapes do not fit or numbers cannot be used.
    """
    if not is_projected(epsg_of(zones.crs)):
        raise CrsError(
            f"zones must be in a projected CRS, not {zones.crs}",
            zh=f"边界要用投影坐标系（米），不能是 {zones.crs}",
        )
    size = (
        zones.geometry.area.to_numpy() / 1e6 if exposure is None else np.asarray(exposure, dtype=np.float64)
    )
    near = neighbours or zone_neighbours(zones.geometry.to_numpy())
    there = np.isfinite(size) & (size > 0) & near.studied
    near = ZoneNeighbours(near.others, studied=there)
    values = np.asarray(counts, dtype=np.float64)
    return judge(values, near, exposure=np.where(there, size, 0.0), **judging)
