"""Points to zones: exact, total and deterministic."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.crs import epsg_of, is_projected
from geodata.errors import CrsError, Fault, InputError, ZoneError, listed
from geodata.frames import require_columns
from geodata.zones.borders.segments import Borders, as_points
from geodata.zones.contract import as_text
from geodata.zones.lookup import arrays
from geodata.zones.lookup.build import NOWHERE, CellIndex, build_cells
from geodata.zones.odds import FINEST_M, Drawing, coarseness
from geodata.zones.points import finite_points, lowest, require_finite, two_columns

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

# Below this many points asking the polygons takes less time than making the cell index.
_FEW = 2_000
# From here on the kernel is worth loading its compiler (0.5 s).
_MANY = 500_000


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
    compiled
        Whether many points are looked up by the numba kernel or by numpy and shapely; None takes the
        kernel where it is worth it. Zones are the same; distances differ in the last digit, and True
        gives the kernel's for few points too, so that they do not depend on how many are asked for.

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

    def __init__(self, gdf: gpd.GeoDataFrame, code: str = "code", *, compiled: bool | None = None) -> None:
        self.crs = epsg_of(gdf.crs)
        if not is_projected(self.crs):
            raise CrsError(
                f"zones are in EPSG:{self.crs}, degrees; reproject them to a CRS in metres",
                zh=f"边界的坐标系是 EPSG:{self.crs}（度）；请转换成以米为单位的坐标系",
            )
        require_columns(gdf, [code], name="zones")
        codes = np.array([as_text(value) for value in gdf[code]], dtype=object)
        polygons = np.asarray(gdf.geometry.array, dtype=object)
        _require_usable(codes, polygons)
        order = np.argsort(codes.astype(str), kind="stable")
        self.codes: NDArray[np.object_] = codes[order]
        self._codes_and_none: NDArray[np.object_] = np.array([*self.codes, None], dtype=object)
        self._compiled = compiled
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
        # -1, nowhere, takes the last
        codes: NDArray[np.object_] = self._codes_and_none[self.positions(x, y)]
        return codes

    def assign_frame(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
        """Return the code of each point's zone, None outside all zones, under the frame's own index.

        Raises
        ------
        CrsError
            If the points are in another CRS than the zones.
        ValueError
            If a geometry is missing, empty or no point.
        """
        import pandas as pd

        if points.crs is None or epsg_of(points.crs) != self.crs:
            raise CrsError(
                f"points are in {points.crs}, zones in EPSG:{self.crs}: reproject the points",
                zh=f"点的坐标系是 {points.crs}，边界的是 EPSG:{self.crs}；请先转换点",
            )
        shapes = np.asarray(points.geometry.array, dtype=object)
        if (shapely.get_type_id(shapes) != 0).any():
            raise InputError(
                "only points can be assigned by frame; lines and polygons are cut",
                zh="这里只收点；线和面要按边界切开",
            )
        codes = self.assign(shapely.get_x(shapes), shapely.get_y(shapes))
        return pd.Series(codes, index=points.index, name="zone", dtype=object)

    def positions(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        """Return the number of each point's zone in code order, -1 outside; parameters as `assign`."""
        east, north = two_columns(x, y)
        if (len(east) < _FEW and "_cells" not in self.__dict__) or not len(self.borders.left):
            require_finite(east, north)
            points, zones = self.covering(np.column_stack([east, north]))
            return lowest(len(east), points, zones).astype(np.int32)
        if self._is_compiled(len(east)):
            result, outside = self._by_kernel(east, north)
        else:
            result, outside = arrays.positions(self._cells, self._polygons, east, north)
        if outside:  # only there can a coordinate be none
            require_finite(east, north)
        return result

    def _by_kernel(self, x: Floats, y: Floats) -> tuple[NDArray[np.int32], int]:
        from geodata.zones.lookup import compiled

        result, undecided, outside = compiled.positions(self._cells, x, y)
        if undecided:
            rows = np.flatnonzero(result == compiled.OPEN)
            points, zones = self.covering(np.column_stack([x[rows], y[rows]]))
            result[rows] = lowest(len(rows), points, zones)
        return result, outside

    def _is_compiled(self, count: int) -> bool:
        """Return whether the kernel is to be used: as asked for, else where it is loaded or worth loading."""
        return (count >= _MANY or "numba" in sys.modules) if self._compiled is None else self._compiled

    @cached_property
    def _cells(self) -> CellIndex:
        return build_cells(self.borders, self.covering)

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
        return self._nearest(x, y)[0]

    def nearest(self, x: ArrayLike, y: ArrayLike, *, within_m: float) -> NDArray[np.int32]:
        """Return for each point its zone, or where it has none the zone whose border is nearest.

        For points just outside: drawn borders and measured places are never quite in step. -1 where
        no border is within `within_m` metres. Parameters as `assign`.
        """
        result = self.positions(x, y)
        rows = np.flatnonzero(result == NOWHERE)
        east, north = two_columns(x, y)
        distance, segment = self._nearest(east[rows], north[rows])
        close = np.flatnonzero(distance <= within_m)
        sides = np.stack([self.borders.left[segment[close]], self.borders.right[segment[close]]])
        result[rows[close]] = np.where((sides == NOWHERE).any(axis=0), sides.max(axis=0), sides.min(axis=0))
        return result

    def _nearest(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Indices]:
        """Return the distance to the nearest border, inf without zones, and the number of its segment."""
        east, north = two_columns(x, y)
        require_finite(east, north)
        # the two ways differ in the last digit; who asks for the kernel gets the same for any number of points
        many = self._compiled is True or len(east) >= _FEW
        if not (many and len(self.borders.left) and self._is_compiled(len(east))):
            return self.borders.nearest(as_points(np.column_stack([east, north])))
        from geodata.zones.lookup.nearest import nearest_borders

        distance, segment = nearest_borders(self._cells, self.borders.start, self.borders.end, east, north)
        return distance, segment.astype(np.intp)

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
        classes[sigma > 0] = [coarseness(value) for value in sigma[sigma > 0]]
        for class_number in np.unique(classes[classes >= 0]).tolist():
            rows = np.flatnonzero(classes == class_number)
            points, zones, p = self._drawn(class_number).chances(xy[rows], sigma[rows])
            found.append((rows[points], zones, p))
        points, zones, p = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort([zones, points])
        return points[order], zones[order], np.clip(p[order], 0.0, 1.0)

    def _drawn(self, coarse: int) -> Drawing:
        """Return the zones drawn as coarsely as a class of uncertainties allows; made when first asked for."""
        if coarse not in self._drawings:
            polygons = self._polygons
            if coarse:
                polygons = shapely.coverage_simplify(polygons, FINEST_M * 2.0 ** (coarse - 1))
                shapely.prepare(polygons)
            tree = shapely.STRtree(polygons) if coarse else self._tree
            borders = Borders(polygons) if coarse else self.borders
            self._drawings[coarse] = Drawing(polygons, tree, borders)
        return self._drawings[coarse]


def _require_usable(codes: NDArray[np.object_], polygons: NDArray[np.object_]) -> None:
    faults = [
        Fault(f"row {row} has no code", f"第 {row} 行（从 0 起）没有代码")
        for row, code in enumerate(codes)
        if not code
    ]
    missing = shapely.is_missing(polygons) | shapely.is_empty(polygons)
    areal = np.isin(shapely.get_type_id(polygons), (3, 6))
    invalid = ~missing & areal & ~shapely.is_valid(polygons)
    for mask, en, zh in (
        (missing, "has no geometry", "没有图形"),
        (~missing & ~areal, "is not a polygon", "不是面"),
    ):
        faults += [
            Fault(f"zone {codes[row]} {en}", f"分区 {codes[row]} {zh}") for row in np.flatnonzero(mask)
        ]
    faults += [
        Fault(f"zone {codes[row]} is invalid: {reason}", f"分区 {codes[row]} 图形无效：{reason}")
        for row, reason in zip(
            np.flatnonzero(invalid), shapely.is_valid_reason(polygons[invalid]), strict=True
        )
    ]
    if faults:
        en, zh = listed(faults, most=20)
        raise ZoneError(
            f"zones cannot be used, repair them first: {en}",
            zh=f"边界不能用，请先修复（qingtu zones check --repair）：{zh}",
        )
