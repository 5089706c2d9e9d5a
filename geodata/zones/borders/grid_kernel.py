"""The compiled way of `grid`: the same arithmetic as there, step by step.

Kept apart because importing numba takes half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.kernel import kernel
from geodata.zones.borders.grid import _MARGIN_M, TOUCH_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Numbers = NDArray[np.int32]


@kernel
def meetings(
    start: Floats,
    end: Floats,
    west: float,
    south: float,
    square: float,
    rows: int,
    columns: int,
    first: Numbers,
    items: Numbers,
    xy: Floats,
    parts: Indices,
) -> tuple[Indices, Floats]:
    """Return step numbers and shares where lines meet border segments, sorted by both."""
    steps, shares = np.empty(4096, np.intp), np.empty(4096)
    found = 0
    seen = np.full(len(start), -1, np.intp)
    scale, margin = 1.0 / square, 1.5 * _MARGIN_M / square
    for part in range(len(parts) - 1):
        x1 = (xy[parts[part], 0] - west) * scale
        y1 = (xy[parts[part], 1] - south) * scale
        for step in range(parts[part], parts[part + 1] - 1):
            x0, y0 = x1, y1
            x1, y1 = (xy[step + 1, 0] - west) * scale, (xy[step + 1, 1] - south) * scale
            low_x, high_x = min(x0, x1) - margin, max(x0, x1) + margin
            low_y, high_y = min(y0, y1) - margin, max(y0, y1) + margin
            if high_x < 0 or high_y < 0 or low_x >= columns or low_y >= rows:
                continue
            before = found
            low_row, high_row = int(max(low_y, 0.0)), int(min(high_y, rows - 1.0))
            low_column, high_column = int(max(low_x, 0.0)), int(min(high_x, columns - 1.0))
            few = high_row - low_row <= 1 and high_column - low_column <= 1
            for row in range(low_row, high_row + 1):
                if few:
                    west_column, east_column = low_column, high_column
                else:
                    west_column, east_column = _columns(x0, y0, x1, y1, row, margin, columns)
                base = row * columns
                for cell in range(base + west_column, base + east_column + 1):
                    for k in range(first[cell], first[cell + 1]):
                        segment = items[k]
                        if seen[segment] == step:
                            continue
                        seen[segment] = step
                        if found + 5 > len(steps):
                            steps = np.concatenate((steps, np.empty_like(steps)))
                            shares = np.concatenate((shares, np.empty_like(shares)))
                        found = _meet(
                            xy[step, 0], xy[step, 1], xy[step + 1, 0], xy[step + 1, 1],
                            start[segment, 0], start[segment, 1], end[segment, 0], end[segment, 1],
                            step, steps, shares, found,
                        )  # fmt: skip
            if found > before + 1:
                _sort(shares, before, found)
    return steps[:found].copy(), shares[:found].copy()


@kernel
def _columns(
    x0: float, y0: float, x1: float, y1: float, row: int, margin: float, columns: int
) -> tuple[int, int]:
    """Return the first and last column that a step touches in a row; lengths are in squares."""
    dx, dy = x1 - x0, y1 - y0
    low, high = 0.0, 1.0
    if dy != 0:
        one, other = (row - margin - y0) / dy, (row + 1 + margin - y0) / dy
        low = min(max(min(one, other), 0.0), 1.0)
        high = min(max(max(one, other), 0.0), 1.0)
    enter, leave = x0 + low * dx, x0 + high * dx
    west, east = min(enter, leave) - margin, max(enter, leave) + margin
    if east < 0 or west >= columns:
        return 0, -1
    return int(max(west, 0.0)), int(min(east, columns - 1.0))


@kernel
def _meet(
    px: float,
    py: float,
    qx: float,
    qy: float,
    ox: float,
    oy: float,
    rx: float,
    ry: float,
    step: int,
    steps: Indices,
    shares: Floats,
    found: int,
) -> int:
    dx, dy = qx - px, qy - py
    ex, ey = rx - ox, ry - oy
    ax, ay, bx, by = ox - px, oy - py, rx - px, ry - py
    side_a, side_b = dx * ay - dy * ax, dx * by - dy * bx
    square = dx * dx + dy * dy
    touch = TOUCH_M * np.sqrt(square)
    if (side_a > touch and side_b > touch) or (side_a < -touch and side_b < -touch):
        # Wholly on one side of the step: no end of either is near the other.
        return found
    tx, ty = qx - ox, qy - oy
    side_p, side_q = ey * ax - ex * ay, ex * ty - ey * tx
    if side_a * side_b < 0 and side_p * side_q < 0:
        steps[found], shares[found] = step, side_p / (side_p - side_q)
        found += 1
    if abs(side_a) <= touch:
        along = ax * dx + ay * dy
        if along >= -touch and along <= square + touch:
            steps[found], shares[found] = step, min(max(along / square, 0.0), 1.0)
            found += 1
    if abs(side_b) <= touch:
        along = bx * dx + by * dy
        if along >= -touch and along <= square + touch:
            steps[found], shares[found] = step, min(max(along / square, 0.0), 1.0)
            found += 1
    border_square = ex * ex + ey * ey
    border_touch = TOUCH_M * np.sqrt(border_square)
    if abs(side_p) <= border_touch:
        along = -(ax * ex + ay * ey)
        if along >= -border_touch and along <= border_square + border_touch:
            steps[found], shares[found] = step, 0.0
            found += 1
    if abs(side_q) <= border_touch:
        along = tx * ex + ty * ey
        if along >= -border_touch and along <= border_square + border_touch:
            steps[found], shares[found] = step, 1.0
            found += 1
    return found


@kernel
def _sort(shares: Floats, low: int, high: int) -> None:
    """Sort the few shares of one step in place."""
    for at in range(low + 1, high):
        value = shares[at]
        hole = at
        while hole > low and shares[hole - 1] > value:
            shares[hole] = shares[hole - 1]
            hole -= 1
        shares[hole] = value


@kernel
def measures(length: Floats, parts: Indices, line: Indices) -> Floats:
    """Return the running sum of the steps' lengths, begun anew with each line."""
    result = np.zeros(len(length) + 1)
    for part in range(len(line)):
        begin = parts[part]
        if part and line[part] == line[part - 1]:
            result[begin] = result[begin - 1]
        for step in range(begin, parts[part + 1] - 1):
            result[step + 1] = result[step] + length[step]
    return result


@kernel
def copy_inner(xy: Floats, first: Indices, last: Indices, offsets: Indices, result: Floats) -> None:
    """Put the vertices between the ends of each stretch where they belong in `result`."""
    for k in range(len(first)):
        place = offsets[k] + 1
        for vertex in range(first[k] + 1, last[k] + 1):
            result[place, 0], result[place, 1] = xy[vertex, 0], xy[vertex, 1]
            place += 1


@kernel
def touched(
    start: Floats,
    end: Floats,
    west: float,
    south: float,
    square: float,
    rows: int,
    columns: int,
    first: Numbers,
    items: Numbers,
    left: Indices,
    right: Indices,
    xy: Floats,
) -> Indices:
    """Return for each place the lowest zone with a border within reach, -1 for none."""
    result = np.full(len(xy), -1, np.intp)
    for place in range(len(xy)):
        row = np.floor((xy[place, 1] - south) / square)
        column = np.floor((xy[place, 0] - west) / square)
        if row < 0 or row >= rows or column < 0 or column >= columns:
            continue
        cell = int(row) * columns + int(column)
        for k in range(first[cell], first[cell + 1]):
            segment = items[k]
            ex, ey = end[segment, 0] - start[segment, 0], end[segment, 1] - start[segment, 1]
            x, y = xy[place, 0] - start[segment, 0], xy[place, 1] - start[segment, 1]
            share = min(max((x * ex + y * ey) / (ex * ex + ey * ey), 0.0), 1.0)
            dx, dy = x - share * ex, y - share * ey
            if dx * dx + dy * dy <= TOUCH_M * TOUCH_M:
                for zone in (left[segment], right[segment]):
                    if zone >= 0 and (result[place] < 0 or zone < result[place]):
                        result[place] = zone
    return result
