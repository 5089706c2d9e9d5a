"""Points to zones: exact, total and deterministic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.crs import epsg_of, is_projected
from geodata.errors import CrsError, ZoneError
from geodata.frames import require_columns
from geodata.zones.borders import Borders, as_points
from geodata.zones.contract import as_text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

NOWHERE = -1
_FINEST_M = 0.5


class ZoneIndex:
    """Polygons prepared for point look-up.

    A point belongs to the zone that covers it; a point on a border, or where zones overlap, to the
    covering zone whose code sorts lowest as text; a point in no zone to none. The predicate is exact
    (GEOS orientation tests), so every run and machine answers alike.

    Parameters
    ----------
    gdf
        Valid polygons in a projected CRS (metres). Rows that share a code are one zone. An empty
        frame answers None everywhere.
    code
        Name of the column with the zones' codes; they are compared as text.

    Raises
    ------
    CrsError
        If the frame has no CRS, or one whose unit is not a length.
    FrameError
        If the column is missing.
    ZoneError
        If codes are blank, or geometries are missing, not polygons, or invalid (all named).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> zones = gpd.GeoDataFrame(
    ...     {"code": ["B", "A"]}, geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], crs=4547
    ... )
    >>> ZoneIndex(zones).assign([5.0, 10.0, 99.0], [5.0, 5.0, 5.0]).tolist()
    ['B', 'A', None]
    """

    def __init__(self, gdf: gpd.GeoDataFrame, code: str = "code") -> None:
        self.crs = epsg_of(gdf.crs)
        if not is_projected(self.crs):
            raise CrsError(f"zones are in EPSG:{self.crs}, degrees; reproject them to a CRS in metres")
        require_columns(gdf, [code], name="zones")
        codes = np.array([as_text(value) for value in gdf[code]], dtype=object)
        polygons = np.asarray(gdf.geometry.array, dtype=object)
        _require_usable(codes, polygons)
        order = np.argsort(codes.astype(str), kind="stable")
        self.codes: NDArray[np.object_] = codes[order]
        self.rows: Indices = order
        self._polygons = polygons[order]
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)
        self.borders = Borders(self._polygons)
        self._drawings: dict[int, Drawing] = {}

    def assign(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.object_]:
        """Return the code of each point's zone, None outside all zones.

        Parameters
        ----------
        x, y
            East and north in metres in the frame's CRS, shape (n,), no NaN; n = 0 gives an empty array.

        Raises
        ------
        ValueError
            If lengths differ or a coordinate is NaN or infinite.
        """
        position = self.positions(x, y)
        result = np.full(len(position), None, dtype=object)
        found = position != NOWHERE
        result[found] = self.codes[position[found]]
        return result

    def positions(self, x: ArrayLike, y: ArrayLike) -> Indices:
        """Return the number of each point's zone in code order, -1 outside; parameters as `assign`."""
        xy = finite_points(x, y)
        points, zones = self.covering(xy)
        return lowest(len(xy), points, zones)

    def covering(self, xy: Floats) -> tuple[Indices, Indices]:
        """Return all pairs (point, zone number) where the zone covers the point, border included."""
        return self._drawn(0).covering(xy)

    def overlapping(self, shape: BaseGeometry) -> Indices:
        """Return the numbers of the zones that meet a geometry, unordered."""
        found: Indices = self._tree.query(shape, predicate="intersects")
        return found

    def polygon(self, number: int) -> BaseGeometry:
        """Return a zone's polygon by its number in code order."""
        polygon: BaseGeometry = self._polygons[number]
        return polygon

    def border_distance(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Return the distance in metres from each point to the nearest border of any zone.

        Not signed: points outside get their distance too. Without zones the distance is infinite.
        Parameters as `assign`.
        """
        return self.borders.distance(as_points(finite_points(x, y)))

    def probabilities(
        self, x: ArrayLike, y: ArrayLike, sigma_m: ArrayLike
    ) -> tuple[Indices, Indices, Floats]:
        """Return the probability of each zone for uncertain points.

        Parameters
        ----------
        x, y
            Expected position, as in `assign`.
        sigma_m
            Standard deviation of the isotropic normal error along each axis, metres, >= 0, shape (n,)
            or one number.

        Returns
        -------
        tuple
            Point numbers, zone numbers (code order) and probabilities in 0..1, sorted by point, then
            zone; zones without a pair are out of reach. Error below 1e-5, from sigma 50 m below 1e-3. With
            `sigma_m` 0 the assigned zone has probability 1. The remainder to 1 lies outside.
        """
        xy = finite_points(x, y)
        sigma = np.broadcast_to(np.asarray(sigma_m, dtype=float), len(xy))
        if not np.all(sigma >= 0):
            raise ValueError("sigma_m must be 0 or more, without NaN")
        exact = np.flatnonzero(sigma == 0)
        assigned = lowest(len(xy), *self.covering(xy))[exact] if len(exact) else exact
        inside = assigned != NOWHERE
        found = [(exact[inside], assigned[inside], np.ones(int(inside.sum())))]
        classes = np.full(len(xy), -1)
        classes[sigma > 0] = [_coarseness(value) for value in sigma[sigma > 0]]
        for coarseness in np.unique(classes[classes >= 0]).tolist():
            rows = np.flatnonzero(classes == coarseness)
            points, zones, p = self._drawn(coarseness).chances(xy[rows], sigma[rows])
            found.append((rows[points], zones, p))
        points, zones, p = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort([zones, points])
        return points[order], zones[order], np.clip(p[order], 0.0, 1.0)

    def _drawn(self, coarseness: int) -> Drawing:
        """Return the zones drawn as coarsely as a class of uncertainties allows; made when first asked for."""
        if coarseness not in self._drawings:
            polygons = self._polygons
            if coarseness:
                polygons = shapely.coverage_simplify(polygons, _FINEST_M * 2.0 ** (coarseness - 1))
                shapely.prepare(polygons)
            tree = shapely.STRtree(polygons) if coarseness else self._tree
            borders = Borders(polygons) if coarseness else self.borders
            self._drawings[coarseness] = Drawing(polygons, tree, borders)
        return self._drawings[coarseness]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Zones at one coarseness, for probabilities only."""

    polygons: NDArray[np.object_]
    tree: shapely.STRtree
    borders: Borders

    def covering(self, xy: Floats) -> tuple[Indices, Indices]:
        """Return all pairs (point, zone number) where the zone covers the point, border included."""
        points, zones = self.tree.query(as_points(xy))
        hit = shapely.intersects_xy(self.polygons[zones], xy[points, 0], xy[points, 1])
        return points[hit], zones[hit]

    def chances(self, xy: Floats, sigma_m: Floats) -> tuple[Indices, Indices, Floats]:
        """Return (point, zone, probability) for points with sigma above 0."""
        inside_points, inside_zones = self.covering(self.borders.aside(xy))
        near, zones, mass = self.borders.crossed_mass(xy, sigma_m)
        width = max(len(self.polygons), 1)
        keys = np.concatenate([inside_points * width + inside_zones, near * width + zones])
        key, at = np.unique(keys, return_inverse=True)
        values = np.concatenate([np.ones(len(inside_points)), -mass])
        return (
            key // width,
            key % width,
            np.bincount(at, weights=values, minlength=len(key)).astype(np.float64),
        )


def _coarseness(sigma_m: float) -> int:
    """Return 0 for borders as they are, or n for borders simplified with _FINEST_M 2^(n-1).

    A tolerance of at most sigma / 100 moves less than 1e-3 of probability (measured on drawn
    streets: 2e-4), and a city's borders have ten times the vertices that such a sigma can tell apart.
    """
    allowed = sigma_m / 100.0
    return 0 if allowed < _FINEST_M else 1 + int(np.floor(np.log2(allowed / _FINEST_M)))


def lowest(count: int, points: Indices, zones: Indices) -> Indices:
    """Return for each of `count` points the lowest of its zone numbers, -1 where it has none."""
    result = np.full(count, np.iinfo(np.intp).max, dtype=np.intp)
    np.minimum.at(result, points, zones)
    result[result == np.iinfo(np.intp).max] = NOWHERE
    return result


def finite_points(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return coordinates as an array of shape (n, 2).

    Raises
    ------
    ValueError
        If the lengths differ or a coordinate is NaN or infinite (the first three rows are named).
    """
    east, north = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
    if east.shape != north.shape or east.ndim != 1:
        raise ValueError(
            f"x and y must be one-dimensional and of one length, not {east.shape} and {north.shape}"
        )
    xy = np.column_stack([east, north])
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        rows = ", ".join(map(str, bad[:3].tolist()))
        raise ValueError(f"{len(bad)} points have NaN or infinite coordinates (rows {rows} …)")
    return xy


def _require_usable(codes: NDArray[np.object_], polygons: NDArray[np.object_]) -> None:
    faults = [f"row {row} has no code" for row, code in enumerate(codes) if not code]
    missing = shapely.is_missing(polygons) | shapely.is_empty(polygons)
    areal = np.isin(shapely.get_type_id(polygons), (3, 6))
    invalid = ~missing & areal & ~shapely.is_valid(polygons)
    for mask, words in (
        (missing, "has no geometry"),
        (~missing & ~areal, "is not a polygon"),
    ):
        faults += [f"zone {codes[row]} {words}" for row in np.flatnonzero(mask)]
    faults += [
        f"zone {codes[row]} is invalid: {shapely.is_valid_reason(polygons[row])}"
        for row in np.flatnonzero(invalid)
    ]
    if faults:
        more = f" (and {len(faults) - 20} more)" if len(faults) > 20 else ""
        raise ZoneError("zones cannot be used, repair them first: " + "; ".join(faults[:20]) + more)
