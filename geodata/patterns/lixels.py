"""Compiled: the mass that kernels along a line bring to each of its pieces (lixels)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.patterns.direct import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@compiled
def kernel_integral(u: float) -> float:
    """Return the integral of 15/16 (1 - v²)² from 0 to u; level beyond 1."""
    v = min(max(u, -1.0), 1.0)
    square = v * v
    return 15.0 / 16.0 * v * (1.0 - square * (2.0 / 3.0 - 0.2 * square))


@compiled
def add_around(along: Floats, weight: Floats, length_m: float, bandwidth_m: float, lixels: Floats) -> None:
    """Add the kernels of points that lie on the line itself, both ways."""
    step = length_m / len(lixels)
    for point in range(len(along)):
        first = max(0, int((along[point] - bandwidth_m) / step))
        before = kernel_integral((first * step - along[point]) / bandwidth_m)
        for lixel in range(first, len(lixels)):
            behind = kernel_integral(((lixel + 1) * step - along[point]) / bandwidth_m)
            lixels[lixel] += weight[point] * (behind - before)
            before = behind
            if (lixel + 1) * step - along[point] >= bandwidth_m:
                break


@compiled
def add_along(
    offset: Floats,
    weight: Floats,
    distance_m: float,
    factor: float,
    length_m: float,
    bandwidth_m: float,
    lixels: Floats,
) -> None:
    """Add the kernels of points `offset + distance_m` before the line's beginning, times a factor."""
    step = length_m / len(lixels)
    for point in range(len(offset)):
        start = offset[point] + distance_m
        before = kernel_integral(start / bandwidth_m)
        for lixel in range(len(lixels)):
            if start + lixel * step >= bandwidth_m:
                break
            behind = kernel_integral((start + (lixel + 1) * step) / bandwidth_m)
            lixels[lixel] += factor * weight[point] * (behind - before)
            before = behind
