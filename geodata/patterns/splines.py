"""Gaussian densities by B-spline binning and FFT: the cost of a point does not grow with the bandwidth.

Each point is spread over a few nodes of a mesh with a B-spline of degree p; in the Fourier domain the
mesh is multiplied by the Gaussian and divided by the spline's own transfer function; the smooth field
is read out at cells or points by splines again (their transfer function divided out as well). This is
the non-uniform FFT with spline windows, for one known smooth kernel; the mesh is tied to sigma, not to
the cells, so that it stays small.

Error. Binning folds frequencies k + m into k with amplitude (k / (k + m))^(p + 1). Weighted by the
Gaussian, with s mesh steps per sigma, one point errs by at most
2 (1 + 1/2^(p+1) + ...) x 2 axes x E[k^(p+1)] of its height, E[k^(p+1)] = p!! / (2 pi s)^(p + 1).
That is 8.4e-7 for p = 3, s = 10 and 1.1e-10 for p = 7, s = 6 (twice that with the reading out).
Errors of points next to each other have random signs: sums are better than this.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy.fft

from geodata.patterns.kernels import GAUSSIAN_REACH
from geodata.patterns.spline_kernel import (
    MARGIN,
    add_cubic,
    add_spline,
    read_points,
    read_rows,
    reading_weights,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.patterns.cells import CellFrame

    Floats = NDArray[np.float64]

# Frequencies at which the Gaussian is below exp(-36) = 2e-16 are left out.
_CUT = 36.0


@dataclass(frozen=True, slots=True)
class Scheme:
    """How finely to work: `error` is the largest error of one point as a share of its height."""

    degree: int
    steps_per_sigma: float
    reading_degree: int
    error: float


FAST = Scheme(degree=3, steps_per_sigma=10.0, reading_degree=5, error=1e-6)
FINE = Scheme(degree=7, steps_per_sigma=6.0, reading_degree=7, error=1e-9)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Nodes from a south-west corner, which lies at node (`MARGIN`, `MARGIN`); shape (rows, columns).

    Points east of `last_x` or north of `last_y` are left out: farther from the cells than the kernel
    reaches, or from the other side they would come too near.
    """

    west: float
    south: float
    step_m: float
    shape: tuple[int, int]
    last_x: float
    last_y: float


def mesh_over(cells: Sequence[float], points: Sequence[float], *, sigma_m: float, scheme: Scheme) -> Mesh:
    """Return a mesh on which no kernel that reaches the cells comes round the other side.

    Parameters
    ----------
    cells, points
        Boxes (min_x, min_y, max_x, max_y) of the cell centres and of the points; points more than
        7.5 sigma from the cells are left out later.
    """
    step = sigma_m / scheme.steps_per_sigma
    reach = GAUSSIAN_REACH * sigma_m
    origin, size, ends = [], [], []
    for axis in (0, 1):
        low, high = cells[axis], cells[axis + 2]
        first = min(max(points[axis], low - reach), high)
        last = max(min(points[axis + 2], high + reach), low)
        start = min(low, first)
        # The farthest pair of point and cell, and as much again as a kernel reaches, must fit in.
        period = max(last - low, high - first, high - low) + reach
        period = max(period, max(last, high) - start)
        size.append(scipy.fft.next_fast_len(math.ceil(period / step) + 2 * MARGIN + 1, real=True))
        origin.append(start)
        ends.append(last)
    return Mesh(origin[0], origin[1], step, (size[1], size[0]), ends[0], ends[1])


def gaussian_field(
    xy: Floats, weight: Floats | None, mesh: Mesh, *, scheme: Scheme, threads: int = 1
) -> Floats:
    """Return spline coefficients of the sum of exp(-d² / 2 sigma²) over the points, on the mesh."""
    binned = _binned(xy, weight, mesh, degree=scheme.degree, threads=threads)
    rows, columns = mesh.shape
    share = math.sqrt(_CUT / 2.0) / (math.pi * scheme.steps_per_sigma)
    kept_rows, kept_columns = (min(n // 2, math.ceil(n * share)) + 1 for n in (rows, columns))
    taps = scheme.degree + scheme.reading_degree + 2
    along = _transfer(np.arange(kept_columns) / columns, scheme.steps_per_sigma, taps)
    frequency = np.asarray(np.fft.fftfreq(rows), dtype=np.float64)
    across = _transfer(frequency, scheme.steps_per_sigma, taps)
    across[kept_rows : rows - kept_rows + 1] = 0.0
    spectrum = scipy.fft.rfft(binned, axis=1, workers=threads)[:, :kept_columns]
    spectrum = scipy.fft.fft(spectrum, axis=0, workers=threads)
    spectrum *= across[:, None] * along[None, :]
    spectrum = scipy.fft.ifft(spectrum, axis=0, overwrite_x=True, workers=threads)
    field: Floats = scipy.fft.irfft(spectrum, n=columns, axis=1, workers=threads)
    return field


def _transfer(frequency: Floats, steps_per_sigma: float, taps: int) -> Floats:
    """The Gaussian (height 1) over the splines' transfer functions, per axis; frequency in 1 / step."""
    exponent = 2.0 * (math.pi * steps_per_sigma * frequency) ** 2
    gaussian = math.sqrt(2.0 * math.pi) * steps_per_sigma * np.exp(-np.minimum(exponent, 700.0))
    result: Floats = gaussian / np.sinc(frequency) ** taps
    return result


def _binned(xy: Floats, weight: Floats | None, mesh: Mesh, *, degree: int, threads: int) -> Floats:
    """Points spread over the mesh, each thread on a mesh of its own; the order of the sum is fixed."""

    corners = (mesh.west, mesh.south, mesh.last_x, mesh.last_y)

    def part(piece: slice) -> Floats:
        own = np.zeros(mesh.shape)
        some = None if weight is None else weight[piece]
        add = add_cubic if degree == 3 else add_spline
        add(xy[piece], some, corners, mesh.step_m, degree, own)
        return own

    pieces = slices(len(xy), threads)
    if len(pieces) == 1:
        return part(pieces[0])
    with ThreadPoolExecutor(threads) as pool:
        first, *others = pool.map(part, pieces)
    for other in others:
        first += other
    return first


def slices(count: int, threads: int) -> list[slice]:
    """Return a range cut into as many pieces as threads; few points stay in one."""
    parts = max(1, min(threads, count // 20_000))
    ends = [count * part // parts for part in range(parts + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]


def on_cells(field: Floats, mesh: Mesh, frame: CellFrame, *, degree: int) -> Floats:
    """Return the field at the centres of cells, shape (rows, columns)."""
    x, y = frame.centre_x(), frame.centre_y()
    rows, row_weights = reading_weights((y - mesh.south) / mesh.step_m, degree)
    columns, column_weights = reading_weights((x - mesh.west) / mesh.step_m, degree)
    return read_rows(field, rows, row_weights, columns, np.ascontiguousarray(column_weights.T))


def at_points(field: Floats, mesh: Mesh, xy: Floats, *, degree: int) -> Floats:
    """Return the field at points that lie within the cells or points the mesh was made for."""
    return read_points(field, xy, mesh.west, mesh.south, mesh.step_m, degree)
