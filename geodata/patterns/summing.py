"""The ways to sum kernels over cells, and which is cheapest for so many points, cells and metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from geodata.errors import InputError
from geodata.patterns.cells import MAX_CELLS, CellFrame
from geodata.patterns.kernels import GAUSSIAN_REACH, Kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.patterns.splines import Scheme

    Floats = NDArray[np.float64]

Method = Literal["direct", "separable", "spline"]

# From this many cells per sigma on an error of 1e-6 of the peak is allowed unless another is asked for.
COARSE_FROM_CELLS = 17.0
# What rounding leaves of a direct sum, as a share of the peak.
EXACT = 1e-9
# Measured costs in nanoseconds: a cell under a kernel, a point's set-up, a point's binning, a mesh node
# through both transforms, a cell read out.
_NS_CELL, _NS_SETUP, _NS_NODE, _NS_READ = 0.3, 120.0, 20.0, 6.0
_NS_BIN = {3: 20.0, 7: 120.0}
# Fewer points than this are not worth sorting.
_SORTED_FROM = 2_000


def choose(
    count: int,
    frame: CellFrame,
    *,
    box: Sequence[float],
    kernel: Kernel,
    bandwidth_m: float,
    error_share: float,
    method: Method | None = None,
) -> tuple[Method, Scheme | None]:
    """Return the way to sum kernels and, for splines, how finely; the cheapest by measured costs.

    Raises
    ------
    ValueError
        If the method is unknown or does not fit the kernel, or no mesh is fine enough.
    """
    if method is not None and method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, not {method!r}")
    if (kernel == "quartic") != (method == "direct" if method else kernel == "quartic"):
        raise ValueError(f"the {kernel} kernel cannot be summed by the method {method!r}")
    if kernel == "quartic" or method == "separable" or (not count and method is None):
        return ("direct" if kernel == "quartic" else "separable"), None
    from geodata.patterns.splines import FAST, FINE, mesh_over

    reach = GAUSSIAN_REACH * bandwidth_m / frame.cell_m
    cells = math.prod(frame.shape)
    direct_ns = count * (_NS_SETUP + _NS_CELL * min(4.0 * reach**2, cells))
    best: tuple[float, Method, Scheme | None] = (direct_ns, "separable", None)
    if method == "spline":
        best = (math.inf, "spline", None)
    for scheme in (FAST, FINE):
        if scheme.error > error_share * (1 + 1e-9):
            continue
        nodes = math.prod(mesh_over(centre_box(frame), box, sigma_m=bandwidth_m, scheme=scheme).shape)
        cost = count * _NS_BIN[scheme.degree] + nodes * _NS_NODE + cells * _NS_READ
        if nodes <= MAX_CELLS and cost < best[0]:
            best = (cost, "spline", scheme)
    if best[1] == "spline" and best[2] is None:
        raise InputError(
            f"no spline mesh gives an error of {error_share:g} at {bandwidth_m} m over this box",
            zh=f"带宽 {bandwidth_m} 米、这个范围，样条法达不到误差 {error_share:g}；请放宽误差或缩小范围",
        )
    return best[1], best[2]


def centre_box(frame: CellFrame) -> tuple[float, float, float, float]:
    """Return the box of the cells' centres."""
    half = frame.cell_m / 2
    min_x, min_y, max_x, max_y = frame.bounds
    return (min_x + half, min_y + half, max_x - half, max_y - half)


def by_splines(
    xy: Floats,
    weight: Floats | None,
    frame: CellFrame,
    *,
    box: Sequence[float],
    sigma_m: float,
    scheme: Scheme,
    threads: int,
) -> Floats:
    """Return the Gaussians' sums (height 1) at the centres of cells, by splines and FFT."""
    from geodata.patterns.splines import gaussian_field, mesh_over, on_cells

    if not len(xy):
        return np.zeros(frame.shape)
    mesh = mesh_over(centre_box(frame), box, sigma_m=sigma_m, scheme=scheme)
    field = gaussian_field(xy, weight, mesh, scheme=scheme, threads=threads)
    values = on_cells(field, mesh, frame, degree=scheme.reading_degree)
    if weight is None or weight.min() >= 0.0:
        # Rounding leaves -1e-16 of the peak where nothing is near.
        np.maximum(values, 0.0, out=values)
    return values


def summed(
    xy: Floats, weight: Floats | None, frame: CellFrame, *, kernel: Kernel, bandwidth_m: float, threads: int
) -> Floats:
    """Return the kernels' direct sums (height 1) at the centres of cells, each thread on cells of its own."""
    from geodata.patterns.direct import add_gaussian, add_quartic, by_tiles

    if len(xy) > _SORTED_FROM:
        # Tiles of 32 cells; not more than the sort's table of counts can hold in the cache.
        tile_m = frame.cell_m * max(32.0, max(frame.shape) / 256)
        height, width = (math.ceil(side * frame.cell_m / tile_m) for side in frame.shape)
        xy, sorted_weight = by_tiles(xy, weight, *frame.bounds[:2], tile_m, width, height)
        weight = None if weight is None else sorted_weight
    add = add_quartic if kernel == "quartic" else add_gaussian

    def part(start: int, end: int) -> Floats:
        own = np.zeros(frame.shape)
        some = None if weight is None else weight[start:end]
        add(xy[start:end], some, frame.bounds[0], frame.bounds[1], frame.cell_m, bandwidth_m, own)
        return own

    parts = max(1, min(threads, len(xy) // 1000))
    ends = [len(xy) * at // parts for at in range(parts + 1)]
    if parts == 1:
        return part(0, len(xy))
    with ThreadPoolExecutor(parts) as pool:
        first, *others = pool.map(part, ends[:-1], ends[1:])
    for other in others:
        first += other
    return first
