"""Classes of a density as polygons that tile: marching squares with shared corners, no overlay errors.

The field between four cell centres is drawn by its level lines' straight chords; beyond the outermost
centres it goes on level to the box's edge, so that all classes together cover the box. Where a chord
could go either way (a saddle) the mean of the four decides, for every level by the same rule, so that
the areas of rising levels lie one inside the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.errors import InputError
from geodata.kernel import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.patterns.density import DensityGrid

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# A level line keeps this far (as a share of a cell) from the cell centres it passes between: two lines,
# or two parts of one, never share a corner.
_CLEAR = 1e-7


@dataclass(frozen=True, slots=True)
class Band:
    """Where the density lies from `lower` (included) to `upper` (excluded, inf: no upper limit)."""

    lower: float
    upper: float
    polygon: BaseGeometry


def density_bands(
    grid: DensityGrid, limits: Sequence[float], *, within: BaseGeometry | None = None
) -> list[Band]:
    """Return the classes of a density as polygons, lowest first; classes without area are left out.

    Parameters
    ----------
    grid
        Densities per km²; cells not studied take the value of the nearest studied one first.
    limits
        Lower limits of the classes, rising. What lies below the first is no band.
    within
        Study area to cut the polygons by: the bands and the rest then tile it.

    Returns
    -------
    Bands with Polygons or MultiPolygons in the grid's CRS: outer rings counter-clockwise, holes
    clockwise, no band overlaps another.

    Raises
    ------
    ValueError
        If the limits do not rise or are not finite.
    """
    levels = [float(limit) for limit in limits]
    if levels != sorted(set(levels)) or not np.isfinite(levels).all():
        raise InputError(
            f"limits must be rising numbers, not {levels}",
            zh=f"分级下限要从小到大，不能是 {levels}",
        )
    field, x, y = _closed_field(grid)
    above = [superlevel(field, x, y, level) for level in levels]
    bands = []
    for at, level in enumerate(levels):
        last = at + 1 == len(levels)
        shape = above[at] if last else shapely.difference(above[at], above[at + 1])
        if within is not None:
            shape = shapely.intersection(shape, within)
        polygon = _polygons_of(shape)
        if not polygon.is_empty:
            bands.append(Band(level, np.inf if last else levels[at + 1], polygon))
    return bands


def _polygons_of(shape: BaseGeometry) -> BaseGeometry:
    """The areas of an overlay's result, rings turned as GeoJSON asks."""
    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_dimensions(parts) == 2]
    if not len(areas):
        return shapely.Polygon()
    areas = shapely.orient_polygons(areas)
    return _gathered(list(areas))


def _closed_field(grid: DensityGrid) -> tuple[Floats, Floats, Floats]:
    """Values with the outermost repeated at the box's edge and -inf beyond; node positions in metres."""
    values = grid.values
    empty = ~np.isfinite(values)
    if empty.all():
        values = np.zeros(values.shape)
    elif empty.any():
        from scipy.ndimage import distance_transform_edt

        nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
        values = values[tuple(nearest)]
    field = np.pad(np.pad(values, 1, mode="edge"), 1, constant_values=-np.inf)
    min_x, min_y, max_x, max_y = grid.bounds
    rows, columns = grid.values.shape
    x = min_x + (np.arange(columns) + 0.5) * grid.cell_m
    y = min_y + (np.arange(rows) + 0.5) * grid.cell_m
    # Two nodes at one position: a line between them runs exactly along the box's edge.
    return field, np.r_[min_x, min_x, x, max_x, max_x], np.r_[min_y, min_y, y, max_y, max_y]


def superlevel(field: Floats, x: Floats, y: Floats, level: float) -> BaseGeometry:
    """Return the area where a field, linear along the sides of its squares, is at least `level`.

    Parameters
    ----------
    field
        Values at nodes, shape (len(y), len(x)); the outermost ones -inf, so that every ring closes.
    x, y
        Positions of the nodes, not falling.
    """
    follows, places = _chords(field, x, y, level)
    ring_of, order = _rings(follows)
    if not len(order):
        return shapely.Polygon()
    corners = places[order]
    keep = np.ones(len(order), dtype=bool)
    keep[1:] = (ring_of[1:] != ring_of[:-1]) | (corners[1:] != corners[:-1]).any(axis=1)
    corners, ring_of = corners[keep], ring_of[keep]
    counts = np.bincount(ring_of)
    rings = [part for part in np.split(corners, np.cumsum(counts)[:-1]) if len(np.unique(part, axis=0)) >= 3]
    areas = np.array([_signed_area(ring) for ring in rings])
    outer = [ring for ring, area in zip(rings, areas, strict=True) if area > 0]
    inner = [ring for ring, area in zip(rings, areas, strict=True) if area < 0]
    return _nested(outer, inner, sizes=areas[areas > 0])


def _signed_area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return 0.5 * float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def _nested(outer: list[Floats], inner: list[Floats], *, sizes: Floats) -> BaseGeometry:
    """Polygons of rings: a hole belongs to the smallest outer ring around it."""
    holes: list[list[Floats]] = [[] for _ in outer]
    if inner:
        shells = [shapely.Polygon(ring) for ring in outer]
        spots = [shapely.Point(ring[0]) for ring in inner]
        which, shell = shapely.STRtree(shells).query(spots, predicate="within")
        for at, ring in enumerate(inner):
            around = shell[which == at]
            holes[int(around[np.argmin(sizes[around])])].append(ring)
    return _gathered([shapely.Polygon(ring, own) for ring, own in zip(outer, holes, strict=True)])


def _gathered(polygons: list[shapely.Polygon]) -> BaseGeometry:
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


@kernel
def _chords(field: Floats, x: Floats, y: Floats, level: float) -> tuple[Ints, Floats]:
    """Return for each side of a square that a line crosses the side it goes to, and where it crosses.

    Sides are numbered: 2 (row * columns + column) from a node to the east, + 1 to the north. High
    ground lies left of a line. -1: not crossed.
    """
    rows, columns = field.shape
    follows = np.full(2 * rows * columns, -1, dtype=np.int64)
    places = np.zeros((2 * rows * columns, 2))
    for row in range(rows):
        for column in range(columns):
            here = field[row, column]
            side = 2 * (row * columns + column)
            for north in (0, 1):
                r, c = row + north, column + 1 - north
                if r >= rows or c >= columns or (here >= level) == (field[r, c] >= level):
                    continue
                low, high = (here, field[r, c])
                share = 0.5
                if np.isfinite(low) and np.isfinite(high):
                    share = min(max((level - low) / (high - low), _CLEAR), 1.0 - _CLEAR)
                places[side + north, 0] = x[column] + share * (x[c] - x[column])
                places[side + north, 1] = y[row] + share * (y[r] - y[row])
    for row in range(rows - 1):
        for column in range(columns - 1):
            sw, se = field[row, column], field[row, column + 1]
            nw, ne = field[row + 1, column], field[row + 1, column + 1]
            case = (sw >= level) + 2 * (se >= level) + 4 * (ne >= level) + 8 * (nw >= level)
            if case == 0 or case == 15:
                continue
            south = 2 * (row * columns + column)
            west, east, north = south + 1, south + 3, south + 2 * columns
            if case == 1:
                follows[south] = west
            elif case == 2:
                follows[east] = south
            elif case == 3:
                follows[east] = west
            elif case == 4:
                follows[north] = east
            elif case == 6:
                follows[north] = south
            elif case == 7:
                follows[north] = west
            elif case == 8:
                follows[west] = north
            elif case == 9:
                follows[south] = north
            elif case == 11:
                follows[east] = north
            elif case == 12:
                follows[west] = east
            elif case == 13:
                follows[south] = east
            elif case == 14:
                follows[west] = south
            else:
                joined = 0.25 * (sw + se + ne + nw) >= level
                if case == 5 and joined:
                    follows[south], follows[north] = east, west
                elif case == 5:
                    follows[south], follows[north] = west, east
                elif joined:
                    follows[west], follows[east] = south, north
                else:
                    follows[west], follows[east] = north, south
    return follows, places


@kernel
def _rings(follows: Ints) -> tuple[Ints, Ints]:
    """Return the number of its ring for every crossed side, and the sides in ring order."""
    crossed = 0
    for side in range(len(follows)):
        crossed += follows[side] >= 0
    ring_of = np.empty(crossed, dtype=np.int64)
    order = np.empty(crossed, dtype=np.int64)
    seen = np.zeros(len(follows), dtype=np.bool_)
    at, ring = 0, 0
    for start in range(len(follows)):
        if follows[start] < 0 or seen[start]:
            continue
        side = start
        while not seen[side]:
            seen[side] = True
            ring_of[at], order[at] = ring, side
            at += 1
            side = follows[side]
        ring += 1
    return ring_of, order
