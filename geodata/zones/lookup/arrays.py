"""The cell index asked with numpy and shapely only, for those who have no compiler and for few points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.lookup.build import BELOW, NOWHERE, CellIndex
from geodata.zones.lookup.cells import SHIFT, SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

_MASK = SIDE - 1
# Points worked on at a time: intermediate arrays stay in the processor's cache.
_BATCH = 16_384


def positions(index: CellIndex, polygons: Shapes, x: Floats, y: Floats) -> tuple[NDArray[np.int32], int]:
    """Return each point's zone (-1 none), and how many points lie off the cells or are not finite.

    Parameters
    ----------
    polygons
        The zones in code order, prepared; asked for points in cells that a border touches.
    """
    result = np.empty(len(x), dtype=np.int32)
    outside = 0
    for begin in range(0, len(x), _BATCH):
        part = slice(begin, begin + _BATCH)
        outside += _by_cell(index, x[part], y[part], result[part])
    listed = np.flatnonzero(result <= BELOW)
    result[listed] = _by_polygon(index, polygons, x[listed], y[listed], BELOW - result[listed])
    return result, outside


def _by_cell(index: CellIndex, x: Floats, y: Floats, result: NDArray[np.int32]) -> int:
    """Write each point's zone or ``BELOW - list``; return how many lie off the cells."""
    (min_x, min_y), per_m = index.cells.origin, 1.0 / index.cells.side_m
    rows, columns = index.cells.fine_shape
    across, up = (x - min_x) * per_m, (y - min_y) * per_m
    within = (across >= 0.0) & (up >= 0.0) & (across < columns) & (up < rows)
    count = int(np.count_nonzero(within))
    if count < len(x):
        across[~within] = up[~within] = 0.0
    column, row = across.astype(np.int32), up.astype(np.int32)
    np.take(index.coarse, (row >> SHIFT) * (columns >> SHIFT) + (column >> SHIFT), out=result, mode="clip")
    mixed = np.flatnonzero(result <= BELOW)
    fine = ((row[mixed] & _MASK) << SHIFT) | (column[mixed] & _MASK)
    result[mixed] = index.blocks[BELOW - result[mixed], fine]
    if count < len(x):
        result[~within] = NOWHERE
    return len(x) - count


def _by_polygon(
    index: CellIndex, polygons: Shapes, x: Floats, y: Floats, lists: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the first zone of each point's list that covers it: zones stand in code order."""
    result = np.full(len(x), NOWHERE, dtype=np.int32)
    left = np.arange(len(x))
    place, end = index.zones_first[lists], index.zones_first[lists + 1]
    while len(left):
        left = left[place[left] < end[left]]
        zone = index.zones[place[left]]
        covers = shapely.intersects_xy(polygons[zone], x[left], y[left])
        result[left[covers]] = zone[covers]
        left = left[~covers]
        place[left] += 1
    return result
