"""The compiled way of `bordergrid`: the same arithmetic as there, step by step.

Kept apart because importing numba takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from geodata.zones.bordergrid import _MARGIN_M, TOUCH_M

F = TypeVar("F", bound=Callable[..., Any])


def _compiled(function: F) -> F:
    return cast(F, numba.njit(cache=True, nogil=True)(function))


@_compiled
def meetings(start, end, west, south, square, rows, columns, first, items, xy, parts):  # type: ignore[no-untyped-def]
    """Return step numbers and shares where lines meet border segments, sorted by both."""
    steps, shares = np.empty(4096, np.intp), np.empty(4096)
    found = 0
    seen = np.full(len(start), -1, np.intp)
    for part in range(len(parts) - 1):
        for step in range(parts[part], parts[part + 1] - 1):
            px, py, qx, qy = xy[step, 0], xy[step, 1], xy[step + 1, 0], xy[step + 1, 1]
            low_row = np.floor((min(py, qy) - _MARGIN_M - south) / square)
            high_row = np.floor((max(py, qy) + _MARGIN_M - south) / square)
            if high_row < 0 or low_row >= rows:
                continue
            before = found
            for row in range(int(max(low_row, 0)), int(min(high_row, rows - 1)) + 1):
                if low_row == high_row:
                    low_x, high_x = min(px, qx), max(px, qx)
                else:
                    low_x, high_x = _span(px, py, qx, qy, south + row * square, square)
                low_column = np.floor((low_x - _MARGIN_M - west) / square)
                high_column = np.floor((high_x + _MARGIN_M - west) / square)
                if high_column < 0 or low_column >= columns:
                    continue
                base = row * columns
                for cell in range(
                    base + int(max(low_column, 0)), base + int(min(high_column, columns - 1)) + 1
                ):
                    for k in range(first[cell], first[cell + 1]):
                        segment = items[k]
                        if seen[segment] == step:
                            continue
                        seen[segment] = step
                        if found + 5 > len(steps):
                            steps = np.concatenate((steps, np.empty_like(steps)))
                            shares = np.concatenate((shares, np.empty_like(shares)))
                        found = _meet(
                            px, py, qx, qy, start[segment, 0], start[segment, 1],
                            end[segment, 0], end[segment, 1], step, steps, shares, found,
                        )  # fmt: skip
            _sort(shares, before, found)
    return steps[:found].copy(), shares[:found].copy()


@_compiled
def _span(px, py, qx, qy, low_y, square):  # type: ignore[no-untyped-def]
    dx, dy = qx - px, qy - py
    low, high = 0.0, 1.0
    if dy != 0:
        one = (low_y - _MARGIN_M - py) / dy
        other = (low_y + square + _MARGIN_M - py) / dy
        low = min(max(min(one, other), 0.0), 1.0)
        high = min(max(max(one, other), 0.0), 1.0)
    enter, leave = px + low * dx, px + high * dx
    return min(enter, leave), max(enter, leave)


@_compiled
def _meet(px, py, qx, qy, ox, oy, rx, ry, step, steps, shares, found):  # type: ignore[no-untyped-def]
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


@_compiled
def _sort(shares, low, high):  # type: ignore[no-untyped-def]
    """Sort the few shares of one step in place."""
    for at in range(low + 1, high):
        value = shares[at]
        hole = at
        while hole > low and shares[hole - 1] > value:
            shares[hole] = shares[hole - 1]
            hole -= 1
        shares[hole] = value


@_compiled
def touched(start, end, west, south, square, rows, columns, first, items, left, right, xy):  # type: ignore[no-untyped-def]
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
