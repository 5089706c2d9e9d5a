"""The density layer: kernel density in real units (per km²), drawn as one small picture.

Density is computed in the district's projected CRS in metres; only the finished picture is bent to
the web map's projection. Classes have round limits, so that the legend can be read as numbers.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy.ndimage import map_coordinates
from shapely.geometry.base import BaseGeometry

from geodata.crs import WEB_MERCATOR, WGS84, reproject_xy
from geodata.patterns import DensityGrid, density_grid, suggest_bandwidth_m
from maps.assets import bytes_uri

MAX_CELLS = 1_500_000
MAX_PICTURE_PX = 1_100
LINE_STEP_M = 25.0


@dataclass(frozen=True, slots=True)
class DensityPicture:
    """A density as a picture: data URI, corners in EPSG:4326, lower class limits per km², how it was made."""

    uri: str
    bounds: tuple[float, float, float, float]
    limits: tuple[float, ...]
    colours: tuple[str, ...]
    peak: float
    bandwidth_m: float
    counted: int


def weighted_points(
    geometries: Sequence[BaseGeometry], weights: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and weights that stand for geometries in metres; each geometry weighs 1 in all.

    A line becomes points every 25 m, an area the point inside it, several points share the weight.
    `weights`, one per geometry, say what each weighs instead of 1.

    Examples
    --------
    >>> points, weights = weighted_points([shapely.LineString([(0, 0), (100, 0)])])
    >>> len(points), float(weights.sum())
    (4, 1.0)
    """
    each = np.ones(len(geometries)) if weights is None else np.asarray(weights, dtype=float)
    if each.shape != (len(geometries),):
        raise ValueError(f"weights must be {len(geometries)} numbers, not an array of shape {each.shape}")
    shapes = np.asarray(geometries, dtype=object)
    if len(shapes) and (shapely.get_type_id(shapes) == 0).all() and not shapely.is_empty(shapes).any():
        return shapely.get_coordinates(shapes), each
    points: list[NDArray[np.float64]] = []
    shares: list[NDArray[np.float64]] = []
    for geometry, weight in zip(geometries, each, strict=True):
        if geometry is None or geometry.is_empty:
            continue
        found = _standing_for(geometry)
        points.append(found)
        shares.append(np.full(len(found), weight / len(found)))
    if not points:
        return np.empty((0, 2)), np.empty(0)
    return np.vstack(points), np.concatenate(shares)


def _standing_for(geometry: BaseGeometry) -> NDArray[np.float64]:
    if geometry.length and not geometry.area:
        steps = max(1, math.ceil(geometry.length / LINE_STEP_M))
        along = (np.arange(steps) + 0.5) / steps
        lines = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
        return _along(lines, along)
    return shapely.get_coordinates(shapely.point_on_surface(geometry) if geometry.area else geometry)


def _along(line: BaseGeometry, fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points at fractions of the whole length, over all parts."""
    parts = shapely.get_parts(line)
    lengths = shapely.length(parts)
    ends = np.cumsum(lengths)
    at = fractions * ends[-1]
    which = np.minimum(np.searchsorted(ends, at), len(parts) - 1)
    offset = at - (ends[which] - lengths[which])
    return shapely.get_coordinates(shapely.line_interpolate_point(parts[which], offset))


def class_limits(peak: float, classes: int) -> tuple[float, ...]:
    """Return round lower limits of `classes` classes, the last one near 60 % of the peak.

    Limits double or nearly so (1, 2, 5, 10 …): a kernel density is skewed, equal steps would leave
    all but the peaks in the lowest class.

    Examples
    --------
    >>> class_limits(100.0, 6)
    (2.0, 5.0, 10.0, 20.0, 35.0, 60.0)
    """
    if not peak > 0:
        return ()
    raw = [peak * share for share in (0.02, 0.05, 0.1, 0.2, 0.35, 0.6)][-classes:]
    limits: list[float] = []
    for value in raw:
        magnitude = 10.0 ** math.floor(math.log10(value))
        steps = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0)
        rounded = round(magnitude * min(steps, key=lambda s: abs(s * magnitude - value)), 6)
        if not limits or rounded > limits[-1]:
            limits.append(rounded)
    return tuple(limits)


def problem_density(
    geometries: Sequence[BaseGeometry], *, bandwidth_m: float | None = None
) -> DensityGrid | None:
    """Return the quartic density of geometries in metres on cells that suit a map, None without any.

    See `density_picture` for the window and the cells.
    """
    points, weights = weighted_points(geometries)
    if len(points) == 0:
        return None
    bandwidth = bandwidth_m or suggest_bandwidth_m(points)
    bounds, cell = _window(points, bandwidth)
    return density_grid(points, bounds=bounds, cell_m=cell, bandwidth_m=bandwidth, weights=weights)


def density_picture(
    geometries: Sequence[BaseGeometry],
    *,
    crs: int,
    colours: Sequence[str],
    bandwidth_m: float | None = None,
) -> DensityPicture | None:
    """Return the kernel density of geometries as a picture for a web map, or None without geometries.

    Parameters
    ----------
    geometries
        Points, lines or polygons in a projected CRS in metres; each weighs 1.
    crs
        Their EPSG code.
    colours
        Of the classes, lowest first, at most 6.
    bandwidth_m
        Radius of the quartic kernel; None chooses one by the spread.

    Notes
    -----
    A few points far away would blow up the grid, so it covers the 0.5th to 99.5th percentile of the
    points when the whole extent needs more than 1.5 million cells of a tenth of the bandwidth to a
    third of it; points outside are not drawn, and are still in no other layer's way.
    """
    grid = problem_density(geometries, bandwidth_m=bandwidth_m)
    if grid is None:
        return None
    values, peak = grid.values, grid.peak()
    limits = class_limits(peak, len(colours))
    if not limits:
        return None
    classes, corners = _bend(values, grid.bounds, crs=crs, limits=limits)
    shown = tuple(colours[-len(limits) :])
    return DensityPicture(
        _picture(classes, shown),
        corners,
        limits,
        shown,
        peak,
        grid.bandwidth_m,
        sum(g is not None for g in geometries),
    )


def _window(
    points: NDArray[np.float64], bandwidth_m: float
) -> tuple[tuple[float, float, float, float], float]:
    """Return bounds that are whole cells, and the cell's side in metres."""
    low, high = points.min(axis=0), points.max(axis=0)
    cell = next(
        (
            c
            for c in (bandwidth_m / 10, bandwidth_m / 6, bandwidth_m / 3)
            if _cells(low, high, bandwidth_m, c) <= MAX_CELLS
        ),
        None,
    )
    if cell is None:
        low, high = np.percentile(points, [0.5, 99.5], axis=0)
        area = float(np.prod(high - low + 2 * bandwidth_m))
        cell = max(bandwidth_m / 3, math.sqrt(area / MAX_CELLS))
    x, y = low - bandwidth_m - cell
    columns, rows = _shape(low, high, bandwidth_m, cell)
    return (float(x), float(y), float(x + columns * cell), float(y + rows * cell)), cell


def _shape(
    low: NDArray[np.float64], high: NDArray[np.float64], bandwidth_m: float, cell: float
) -> tuple[int, int]:
    width, height = high - low + 2 * (bandwidth_m + cell)
    return math.ceil(width / cell), math.ceil(height / cell)


def _cells(low: NDArray[np.float64], high: NDArray[np.float64], bandwidth_m: float, cell: float) -> int:
    columns, rows = _shape(low, high, bandwidth_m, cell)
    return columns * rows


def _bend(
    values: NDArray[np.float64],
    bounds: tuple[float, float, float, float],
    *,
    crs: int,
    limits: Sequence[float],
) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """Resample a grid (row 0 southernmost) to web mercator; return classes (row 0 north) and corners."""
    min_x, min_y, max_x, max_y = bounds
    edge = np.linspace(0, 1, 9)
    outline = np.vstack(
        [np.column_stack([min_x + edge * (max_x - min_x), np.full(9, y)]) for y in (min_y, max_y)]
        + [np.column_stack([np.full(9, x), min_y + edge * (max_y - min_y)]) for x in (min_x, max_x)]
    )
    mercator = reproject_xy(outline, crs, WEB_MERCATOR)
    (west, south), (east, north) = mercator.min(axis=0), mercator.max(axis=0)
    # One picture pixel per cell is enough: the kernel is ten cells wide.
    scale = min(1.0, MAX_PICTURE_PX / max(values.shape)) * max(values.shape) / max(east - west, north - south)
    width, height = max(2, round((east - west) * scale)), max(2, round((north - south) * scale))
    x = west + (np.arange(width) + 0.5) / width * (east - west)
    y = north - (np.arange(height) + 0.5) / height * (north - south)
    there = reproject_xy(np.column_stack([a.ravel() for a in np.meshgrid(x, y)]), WEB_MERCATOR, crs)
    rows, columns = values.shape
    at_row = (there[:, 1] - min_y) / (max_y - min_y) * rows - 0.5
    at_column = (there[:, 0] - min_x) / (max_x - min_x) * columns - 0.5
    sampled = map_coordinates(values, [at_row, at_column], order=1, mode="constant").reshape(height, width)
    corners = reproject_xy([[west, south], [east, north]], WEB_MERCATOR, WGS84)
    return np.searchsorted(limits, sampled, side="right").astype(np.uint8), (
        float(corners[0, 0]),
        float(corners[0, 1]),
        float(corners[1, 0]),
        float(corners[1, 1]),
    )


def _picture(classes: NDArray[np.uint8], colours: Sequence[str]) -> str:
    """Return classes (0 = nothing) as a palette PNG in a data URI."""
    image = Image.frombytes("P", (classes.shape[1], classes.shape[0]), classes.tobytes())
    palette = [0, 0, 0]
    for colour in colours:
        palette += [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    image.putpalette(palette)
    alpha = bytes([0, *(min(240, 165 + 18 * step) for step in range(len(colours)))])
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True, transparency=alpha)
    return bytes_uri(stream.getvalue(), "image/png")
