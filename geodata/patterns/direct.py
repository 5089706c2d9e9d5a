"""Compiled direct sums of kernels: every point to every cell (or place) that it reaches.

Heights are 1 at the point; the caller scales. Positions are in cells, measured from the centre of the
south-west cell. Rows of cells are the inner loop, so that the compiler can use vector instructions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geodata.kernel import kernel
from geodata.patterns.kernels import GAUSSIAN_REACH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@kernel
def extent(xy: Floats) -> tuple[float, float, float, float, int]:
    """Return min_x, min_y, max_x, max_y and how many points have NaN or infinite coordinates."""
    west, south, east, north, bad = math.inf, math.inf, -math.inf, -math.inf, 0
    for point in range(len(xy)):
        x, y = xy[point, 0], xy[point, 1]
        if not (math.isfinite(x) and math.isfinite(y)):
            bad += 1
            continue
        west, east = min(west, x), max(east, x)
        south, north = min(south, y), max(north, y)
    return west, south, east, north, bad


@kernel
def by_tiles(
    xy: Floats, weight: Floats | None, west: float, south: float, tile_m: float, width: int, height: int
) -> tuple[Floats, Floats]:
    """Return points and weights (empty: none given) in the order of square tiles; a counting sort.

    Kernels of points next to each other fall on the same cells: those stay in the cache, which makes the
    sums up to twice as fast. Points outside the tiles go to the nearest one.
    """
    which = np.empty(len(xy), dtype=np.int32)
    starts = np.zeros(width * height + 1, dtype=np.int64)
    for point in range(len(xy)):
        column = int(min(max((xy[point, 0] - west) / tile_m, 0.0), width - 1.0))
        row = int(min(max((xy[point, 1] - south) / tile_m, 0.0), height - 1.0))
        which[point] = row * width + column
        starts[which[point] + 1] += 1
    for tile in range(width * height):
        starts[tile + 1] += starts[tile]
    moved = np.empty_like(xy)
    carried = np.empty(0 if weight is None else len(xy))
    for point in range(len(xy)):
        to = starts[which[point]]
        starts[which[point]] += 1
        moved[to, 0], moved[to, 1] = xy[point, 0], xy[point, 1]
        if weight is not None:
            carried[to] = weight[point]
    return moved, carried


@kernel
def add_quartic(
    xy: Floats,
    weight: Floats | None,
    west: float,
    south: float,
    cell_m: float,
    radius_m: float,
    cells: Floats,
) -> None:
    """Add (1 - u²)² of every point to the cells whose centres lie within its radius.

    Every row of the kernel's square is summed whole, with max(0, ...): without ends of its own per row
    the loop is two to four times as fast as one over the disc alone.
    """
    rows, columns = cells.shape
    reach = radius_m / cell_m
    inverse = 1.0 / reach
    squares = np.empty(int(2.0 * reach) + 4)
    for point in range(len(xy)):
        at_column = (xy[point, 0] - west) / cell_m - 0.5
        at_row = (xy[point, 1] - south) / cell_m - 0.5
        left = max(0, math.ceil(at_column - reach))
        right = min(columns - 1, math.floor(at_column + reach))
        if left > right:
            continue
        # w (1 - u²)² = (r - r u²)² with r = √w: the weight costs nothing per cell.
        root = 1.0 if weight is None else math.sqrt(abs(weight[point]))
        negative = weight is not None and weight[point] < 0.0
        along = squares[: right - left + 1]
        for column in range(len(along)):
            along[column] = root * ((left + column - at_column) * inverse) ** 2
        for row in range(max(0, math.ceil(at_row - reach)), min(rows - 1, math.floor(at_row + reach)) + 1):
            top = root * (1.0 - ((row - at_row) * inverse) ** 2)
            line = cells[row, left : right + 1]
            if negative:
                for column in range(len(line)):
                    height = max(top - along[column], 0.0)
                    line[column] -= height * height
            else:
                for column in range(len(line)):
                    height = max(top - along[column], 0.0)
                    line[column] += height * height


@kernel
def half_gaussian(offset: float, sigma: float, first: int, last: int, table: Floats, out: Floats) -> None:
    """Write exp(-(c - offset)² / 2 sigma²) for c = first..last into `out`.

    With b the integer next to the offset, f the rest and j = c - b the exponent is
    -(j² - 2 j f + f²) / 2 sigma²: a table of exp(-j² / 2 sigma²) times powers of exp(f / sigma²).
    """
    nearest = round(offset)
    rest = offset - nearest
    power = math.exp(-rest * rest / (2.0 * sigma * sigma))
    step = math.exp(rest / (sigma * sigma))
    up = power
    for column in range(nearest, last + 1):
        if column >= first:
            out[column - first] = table[column - nearest] * up
        up *= step
    down, back = power, 1.0 / step
    for column in range(nearest - 1, first - 1, -1):
        down *= back
        if column <= last:
            out[column - first] = table[nearest - column] * down


@kernel
def add_gaussian(
    xy: Floats, weight: Floats | None, west: float, south: float, cell_m: float, sigma_m: float, cells: Floats
) -> None:
    """Add exp(-d² / 2 sigma²) of every point to the cells within 7.5 sigma each way: a product of two axes."""
    rows, columns = cells.shape
    sigma = sigma_m / cell_m
    reach = GAUSSIAN_REACH * sigma
    size = int(2.0 * reach) + 4
    table, along, across = np.empty(size), np.empty(size), np.empty(size)
    for at in range(size):
        table[at] = math.exp(-at * at / (2.0 * sigma * sigma))
    for point in range(len(xy)):
        at_column = (xy[point, 0] - west) / cell_m - 0.5
        at_row = (xy[point, 1] - south) / cell_m - 0.5
        left = max(0, math.ceil(at_column - reach))
        right = min(columns - 1, math.floor(at_column + reach))
        bottom = max(0, math.ceil(at_row - reach))
        top = min(rows - 1, math.floor(at_row + reach))
        if left > right or bottom > top:
            continue
        half_gaussian(at_column, sigma, left, right, table, along)
        half_gaussian(at_row, sigma, bottom, top, table, across)
        scale = 1.0 if weight is None else weight[point]
        seen = along[: right - left + 1]
        for row in range(bottom, top + 1):
            height = scale * across[row - bottom]
            line = cells[row, left : right + 1]
            for column in range(len(line)):
                line[column] += height * seen[column]


@kernel
def sum_at(
    targets: Floats,
    xy: Floats,
    weight: Floats | None,
    starts: NDArray[np.int64],
    frame: tuple[float, float, float],
    width: int,
    bandwidth_m: float,
    is_gaussian: bool,
) -> Floats:
    """Return at each target the kernels of the points around it.

    Points are sorted by buckets as wide as the kernel's reach, row by row; `starts` holds where each
    bucket begins, `frame` the buckets' west, south and side, `width` how many are in a row.
    """
    west, south, side = frame
    height = (len(starts) - 1) // width
    found = np.zeros(len(targets))
    reach2 = (GAUSSIAN_REACH * bandwidth_m) ** 2 if is_gaussian else bandwidth_m**2
    inverse = 1.0 / bandwidth_m**2
    for target in range(len(targets)):
        x, y = targets[target, 0], targets[target, 1]
        at_column = min(max(math.floor((x - west) / side), -2.0), width + 1.0)
        at_row = min(max(math.floor((y - south) / side), -2.0), height + 1.0)
        total = 0.0
        left, right = max(0, int(at_column) - 1), min(width - 1, int(at_column) + 1)
        for row in range(max(0, int(at_row) - 1), min(height - 1, int(at_row) + 1) + 1):
            if left > right:
                continue
            for point in range(starts[row * width + left], starts[row * width + right + 1]):
                squared = (xy[point, 0] - x) ** 2 + (xy[point, 1] - y) ** 2
                if squared < reach2:
                    near = squared * inverse
                    kernel = math.exp(-0.5 * near) if is_gaussian else (1.0 - near) ** 2
                    total += kernel if weight is None else kernel * weight[point]
        found[target] = total
    return found


@kernel
def cells_under(
    xy: Floats,
    cells: Floats,
    west: float,
    south: float,
    cell_m: float,
    bandwidth_m: float,
    is_gaussian: bool,
) -> Floats:
    """Return for each point the sum over cells of kernel times the cell's value: the other way round."""
    rows, columns = cells.shape
    found = np.zeros(len(xy))
    inverse = (cell_m / bandwidth_m) ** 2
    reach = (GAUSSIAN_REACH if is_gaussian else 1.0) * bandwidth_m / cell_m
    for point in range(len(xy)):
        at_column = (xy[point, 0] - west) / cell_m - 0.5
        at_row = (xy[point, 1] - south) / cell_m - 0.5
        total = 0.0
        for row in range(max(0, math.ceil(at_row - reach)), min(rows - 1, math.floor(at_row + reach)) + 1):
            up = (row - at_row) ** 2
            half = math.sqrt(max(0.0, reach * reach - up))
            first, last = max(0, math.ceil(at_column - half)), min(columns - 1, math.floor(at_column + half))
            for column in range(first, last + 1):
                near = (up + (column - at_column) ** 2) * inverse
                kernel = math.exp(-0.5 * near) if is_gaussian else max(0.0, 1.0 - near) ** 2
                total += kernel * cells[row, column]
        found[point] = total
    return found
