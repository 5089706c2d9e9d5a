"""Density inside a study area: what a border, or water inside it, does to a kernel, and two ways to mend it.

A kernel near the border spills over it, so that the density sinks towards the border although nothing
changes there. Two corrections, neither of which does what the other does:

- `flat` divides the density at a place by the share of the kernel there that lies inside (Jones 1993;
  Diggle 1985 in one dimension). Evenly spread points give an even density. The total is not kept.
- `mass` divides each point's weight by the share of its own kernel that lies inside (Diggle 2010,
  *A kernel method for smoothing point process data* in the form of Jones 1993, sec. 3). The integral
  over the area is the number of points. Evenly spread points come out 31 % low on a straight border
  and 8 % high half a radius inside (quartic).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import scipy.fft
import shapely

from geodata.errors import InputError
from geodata.patterns.cells import CellFrame, finite_xy, weights_of
from geodata.patterns.density import DensityGrid, density_grid
from geodata.patterns.kernels import M2_PER_KM2, Kernel, check_kernel, height_per_km2, reach_m
from geodata.patterns.summing import Method, centre_box, choose

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]

Edge = Literal["none", "flat", "mass"]

# A kernel with less than this inside (a point in a needle of the area) is left as it is.
_LEAST_SHARE = 1e-6


def study_polygon(
    study: BaseGeometry | None, *, mask: BaseGeometry | None, box: Sequence[float]
) -> BaseGeometry:
    """Return the studied ground: the study area, or else a box, without the masked ground.

    Parameters
    ----------
    study, mask
        Polygons in the district's CRS: what is studied; what cannot hold a problem (water, empty land).
    box
        (min_x, min_y, max_x, max_y), used where no study area is given.

    Raises
    ------
    ValueError
        If a geometry is no valid polygon or nothing is left.
    """
    for name, name_zh, shape in (("study area", "研究范围", study), ("mask", "遮罩", mask)):
        if shape is None:
            continue
        if shape.geom_type not in ("Polygon", "MultiPolygon") or not shape.is_valid:
            raise InputError(
                f"the {name} must be a valid polygon, not a {shape.geom_type}",
                zh=f"{name_zh}要是有效的面，不能是 {shape.geom_type}；无效的请先修复",
            )
    min_x, min_y, max_x, max_y = box
    ground = shapely.box(min_x, min_y, max_x, max_y) if study is None else study
    if mask is not None:
        ground = shapely.difference(ground, mask)
    if ground.is_empty or not ground.area:
        raise InputError(
            "nothing is left to study", zh="去掉遮罩以后没有可研究的地面；请检查 --study 和 --mask"
        )
    return ground


def area_shares(ground: BaseGeometry, frame: CellFrame) -> Floats:
    """Return which share of each cell lies in a polygon, shape (rows, columns); exact up to rounding."""
    parts = shapely.get_parts(ground)
    tree = shapely.STRtree(parts)
    x, y = frame.centre_x(), frame.centre_y()
    half = frame.cell_m / 2
    shares = _inside(ground, x, y).astype(float)
    # Only cells that the border runs through are cut.
    border = shapely.boundary(ground)
    cells = np.unravel_index(_crossed(border, frame), frame.shape)
    squares = shapely.box(x[cells[1]] - half, y[cells[0]] - half, x[cells[1]] + half, y[cells[0]] + half)
    which, part = tree.query(squares, predicate="intersects")
    areas = shapely.area(shapely.intersection(squares[which], parts[part]))
    cut = np.bincount(which, weights=areas, minlength=len(squares)) / frame.cell_m**2
    shares[cells] = np.minimum(cut, 1.0)
    return shares


def _inside(ground: BaseGeometry, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Whether centres lie inside, row by row of a grid, by where each row enters and leaves."""
    shapely.prepare(ground)
    columns, rows = np.meshgrid(x, y)
    found: NDArray[np.bool_] = shapely.contains_xy(ground, columns, rows)
    return found


def _crossed(border: BaseGeometry, frame: CellFrame) -> NDArray[np.intp]:
    """Flat positions of cells that a border may run through: all within a cell of its short pieces."""
    short = shapely.segmentize(border, frame.cell_m / 2)
    at = (shapely.get_coordinates(short) - frame.bounds[:2]) / frame.cell_m
    column, row = np.floor(at).astype(np.int64).T
    rows, columns = frame.shape
    found = []
    for up in (-1, 0, 1):
        for right in (-1, 0, 1):
            r, c = row + up, column + right
            here = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
            found.append(r[here] * columns + c[here])
    return np.unique(np.concatenate(found)).astype(np.intp)


def studied_density(
    points: ArrayLike,
    *,
    bounds: Sequence[float],
    cell_m: float,
    bandwidth_m: float,
    study: BaseGeometry | None = None,
    mask: BaseGeometry | None = None,
    edge: Edge = "none",
    weights: ArrayLike | None = None,
    kernel: Kernel = "quartic",
    method: Method | None = None,
    threads: int = 1,
) -> DensityGrid:
    """Return the density inside a study area, per km²; NaN in cells that lie wholly outside.

    Parameters
    ----------
    points, bounds, cell_m, bandwidth_m, weights, kernel, method, threads
        As `density_grid`.
    study
        Polygon in the district's CRS; None: no border, only the mask is cut out.
    mask
        Polygon of ground that cannot hold a problem: water, empty land.
    edge
        `none`: all points count, also those beyond the border (best where a list goes beyond it).
        `flat`, `mass`: only points inside count; see the module. `mass` keeps the total, `flat` does not.

    Raises
    ------
    ValueError
        As `density_grid` and `study_polygon`, or if the correction has another name.
    """
    if edge not in get_args(Edge):
        raise InputError(
            f"edge must be one of {', '.join(get_args(Edge))}, not {edge!r}",
            zh=f"边界校正（edge）可以是 {'、'.join(get_args(Edge))}，不能是 {edge}",
        )
    xy = finite_xy(points)
    check_kernel(kernel, bandwidth_m)
    weight = weights_of(weights, len(xy))
    frame = CellFrame.over(bounds, cell_m=cell_m)
    wide = _widened(frame, reach_m(kernel, bandwidth_m))
    ground = study_polygon(study, mask=mask, box=wide.bounds)
    shares = area_shares(ground, wide)
    if edge != "none":
        shapely.prepare(ground)
        inside = shapely.intersects_xy(ground, xy[:, 0], xy[:, 1])
        xy, weight = xy[inside], weight[inside]
    counted = float(weight.sum())
    if edge == "mass" and len(xy):
        weight = weight / _mass_at_points(
            xy, shares, wide, kernel=kernel, bandwidth_m=bandwidth_m, method=method
        )
    found = density_grid(
        xy, bounds=frame.bounds, cell_m=cell_m, bandwidth_m=bandwidth_m, weights=weight, kernel=kernel,
        method=method, threads=threads,
    )  # fmt: skip
    margin = (wide.shape[0] - frame.shape[0]) // 2
    own = (slice(margin, margin + frame.shape[0]), slice(margin, margin + frame.shape[1]))
    values = found.values
    if edge == "flat":
        mass = mass_on_cells(shares, wide, kernel=kernel, bandwidth_m=bandwidth_m)[own]
        values = values / np.maximum(mass, _LEAST_SHARE)
    shares = np.ascontiguousarray(shares[own])
    values = np.where(shares > 0.0, values, np.nan)
    return replace(found, values=values, share=shares, edge=edge, counted=counted)


def _widened(frame: CellFrame, margin_m: float) -> CellFrame:
    """The frame with whole cells around it, as far as a kernel reaches."""
    extra = math.ceil(margin_m / frame.cell_m) + 1
    min_x, min_y, max_x, max_y = frame.bounds
    by = extra * frame.cell_m
    box = (min_x - by, min_y - by, max_x + by, max_y + by)
    return CellFrame(box, frame.cell_m, (frame.shape[0] + 2 * extra, frame.shape[1] + 2 * extra))


def mass_on_cells(shares: Floats, frame: CellFrame, *, kernel: Kernel, bandwidth_m: float) -> Floats:
    """Return the share of a kernel at each cell's centre that lies inside, by the sum over cells.

    Notes
    -----
    Centres lie on a lattice, so the sum is a discrete convolution, exact by FFT. A kernel wholly
    inside sums to 1 within (cell / h)², as the density's own total does.
    """
    reach = math.ceil(reach_m(kernel, bandwidth_m) / frame.cell_m)
    steps = np.arange(-reach, reach + 1) * (frame.cell_m / bandwidth_m)
    near = steps[:, None] ** 2 + steps[None, :] ** 2
    stamp = np.maximum(0.0, 1.0 - near) ** 2 if kernel == "quartic" else np.exp(-0.5 * near)
    size = [scipy.fft.next_fast_len(side + 2 * reach, real=True) for side in shares.shape]
    product = scipy.fft.rfft2(shares, s=size) * scipy.fft.rfft2(stamp, s=size)
    whole = scipy.fft.irfft2(product, s=size)
    rows, columns = shares.shape
    scale = height_per_km2(kernel, bandwidth_m) * frame.cell_m**2 / M2_PER_KM2
    result: Floats = np.maximum(whole[reach : reach + rows, reach : reach + columns] * scale, 0.0)
    return result


def _mass_at_points(
    xy: Floats, shares: Floats, frame: CellFrame, *, kernel: Kernel, bandwidth_m: float, method: Method | None
) -> Floats:
    """The share of each point's own kernel that lies inside: the same sums with the roles exchanged."""
    box = [*xy.min(axis=0), *xy.max(axis=0)]
    way, scheme = choose(
        len(xy), frame, box=box, kernel=kernel, bandwidth_m=bandwidth_m, error_share=1e-9, method=method
    )
    if way == "spline" and scheme is not None:
        from geodata.patterns.splines import at_points, gaussian_field, mesh_over

        centres, weight = frame.centres(), shares.ravel()
        used = weight > 0.0
        mesh = mesh_over(box, centre_box(frame), sigma_m=bandwidth_m, scheme=scheme)
        field = gaussian_field(centres[used], weight[used], mesh, scheme=scheme)
        sums = at_points(field, mesh, xy, degree=scheme.reading_degree)
    else:
        from geodata.patterns.direct import cells_under

        sums = cells_under(
            xy, shares, frame.bounds[0], frame.bounds[1], frame.cell_m, bandwidth_m, kernel == "gaussian"
        )
    mass = sums * (height_per_km2(kernel, bandwidth_m) * frame.cell_m**2 / M2_PER_KM2)
    result: Floats = np.where(mass > _LEAST_SHARE, mass, 1.0)
    return result
