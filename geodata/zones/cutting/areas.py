"""Areas divided among zones, many at once.

Most areas lie wholly inside one zone: a prepared test finds them, and they are not overlaid at all.
The rest are intersected in one call. Only where zones overlap, or where an area reaches outside, are
the zones taken one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.errors import InputError
from geodata.zones.cutting.lines import first_of_code

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.assign import ZoneIndex

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Shapes = NDArray[np.object_]

# Pieces below a square centimetre are rounding, not places; an area smaller than that is one piece.
DUST_M2 = 1e-4
_NOWHERE = -1


class AreaCuts(NamedTuple):
    """One row per area and zone, sorted by area, zones in code order, outside (-1) last."""

    area: Indices
    zone: Indices
    geometry: Shapes

    @property
    def area_m2(self) -> Floats:
        """Return the size of each piece."""
        size: Floats = shapely.area(self.geometry)
        return size


def cut_areas(areas: Sequence[BaseGeometry] | Shapes, zones: ZoneIndex) -> AreaCuts:
    """Return the pieces of areas by the zone in which they lie.

    Parameters
    ----------
    areas
        Polygons and MultiPolygons in the zones' CRS (metres); invalid ones are made valid first.
        None give no rows, and so does an area that covers nothing.
    zones
        The layer that cuts them.

    Raises
    ------
    ValueError
        If a geometry is missing or no area.

    Notes
    -----
    Where zones overlap the lowest code has the ground. Pieces sum to the area within 1 dm²: pieces
    under 1 cm² are left out.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geodata.zones import ZoneIndex
    >>> zones = ZoneIndex(gpd.GeoDataFrame(
    ...     {"code": ["B", "A"]}, geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], crs=4547
    ... ))
    >>> cuts = cut_areas([shapely.box(8, 5, 13, 12)], zones)
    >>> list(zip(cuts.zone.tolist(), cuts.area_m2.tolist()))
    [(0, 15.0), (1, 10.0), (-1, 10.0)]
    """
    shapes = np.empty(len(areas), dtype=object)
    shapes[:] = areas
    bad = ~np.isin(shapely.get_type_id(shapes), (3, 6))
    if bad.any():
        rows = ", ".join(map(str, np.flatnonzero(bad)[:3].tolist()))
        raise InputError(
            f"{int(bad.sum())} geometries are missing or no areas (rows {rows} …)",
            zh=f"{int(bad.sum())} 个图形是空的或不是面（第 {rows} … 行，从 0 起）",
        )
    cuts = AreaLayer.of(zones).divide(shapes)
    return _by_code(cuts, first_of_code(zones.codes)[cuts.zone])


def _by_code(cuts: AreaCuts, zone: Indices) -> AreaCuts:
    """Return the pieces with those of one area and zone made one."""
    new = np.ones(len(zone), dtype=bool)
    new[1:] = (cuts.area[1:] != cuts.area[:-1]) | (zone[1:] != zone[:-1])
    begin = np.flatnonzero(new)
    if len(begin) == len(zone):
        return cuts
    pieces: Shapes = cuts.geometry[begin]
    ends = np.append(begin[1:], len(zone))
    for row in np.flatnonzero(ends - begin > 1).tolist():
        pieces[row] = shapely.union_all(cuts.geometry[begin[row] : ends[row]])
    return AreaCuts(cuts.area[begin], zone[begin], pieces)


class AreaLayer:
    """Polygons of zones, in code order, prepared to divide areas."""

    def __init__(self, polygons: Shapes) -> None:
        self.polygons = polygons
        shapely.prepare(polygons)
        self._tree = shapely.STRtree(polygons)

    @classmethod
    def of(cls, zones: ZoneIndex) -> AreaLayer:
        """Return the layer of an index."""
        polygons = np.empty(len(zones.codes), dtype=object)
        polygons[:] = [zones.polygon(number) for number in range(len(zones.codes))]
        return cls(polygons)

    @cached_property
    def _disputed(self) -> NDArray[np.bool_]:
        """Zones that may overlap others: two that do not fit together edge by edge.

        Of two overlapping zones at least one has such an edge; a zone with none lies on nobody's ground
        that has none either.
        """
        faults = shapely.coverage_invalid_edges(self.polygons)
        disputed: NDArray[np.bool_] = ~shapely.is_empty(faults)
        return disputed

    def divide(
        self, shapes: Shapes, *, family: Indices | None = None, families: Indices | None = None
    ) -> AreaCuts:
        """Return the pieces of polygons by zone; see `cut_areas`.

        Parameters
        ----------
        family, families
            Only zones of a shape's own family have a share in it: `family` per shape, `families` per
            zone; -1 has no zones. None: all zones.
        """
        whole = shapes.copy()
        invalid = ~shapely.is_valid(whole)
        whole[invalid] = _polygons_of(shapely.make_valid(whole[invalid]))
        shape, zone = self._meeting(whole, family, families)
        inside = shapely.contains_properly(self.polygons[zone], whole[shape])
        count = np.bincount(shape, minlength=len(whole))
        disputed = np.bincount(shape, weights=self._disputed[zone], minlength=len(whole)) > 0
        one_by_one = disputed & (count > 1)
        rank = np.arange(len(shape)) - (np.cumsum(count) - count)[shape]
        pieces = whole[shape]
        at_once = ~inside & ~one_by_one[shape]
        pieces[at_once] = _polygons_of(
            shapely.intersection(whole[shape[at_once]], self.polygons[zone[at_once]])
        )
        rest = whole.copy()
        for turn in range(int(count[one_by_one].max(initial=0))):
            now = np.flatnonzero((rank == turn) & one_by_one[shape])
            owner, polygon = shape[now], self.polygons[zone[now]]
            pieces[now] = _polygons_of(shapely.intersection(rest[owner], polygon))
            rest[owner] = _polygons_of(shapely.difference(rest[owner], polygon))
        given = np.bincount(shape, weights=shapely.area(pieces), minlength=len(whole))
        short = ~one_by_one & (shapely.area(whole) - given > DUST_M2)
        for turn in range(int(count[short].max(initial=0))):
            now = np.flatnonzero((rank == turn) & short[shape])
            owner = shape[now]
            rest[owner] = _polygons_of(shapely.difference(rest[owner], self.polygons[zone[now]]))
        outside = np.flatnonzero(short | one_by_one)
        return _without_dust(
            np.concatenate([shape, outside]),
            np.concatenate([zone, np.full(len(outside), _NOWHERE)]),
            np.concatenate([pieces, rest[outside]]),
            whole,
        )

    def _meeting(
        self, whole: Shapes, family: Indices | None, families: Indices | None
    ) -> tuple[Indices, Indices]:
        """Return pairs (shape, zone) that share a place, sorted."""
        shape, zone = self._tree.query(whole)
        chosen = shapely.intersects(self.polygons[zone], whole[shape])
        if family is not None and families is not None:
            chosen &= (family[shape] == families[zone]) & (family[shape] != _NOWHERE)
        shape, zone = shape[chosen], zone[chosen]
        order = np.lexsort([zone, shape])
        return shape[order], zone[order]


def _without_dust(shape: Indices, zone: Indices, pieces: Shapes, whole: Shapes) -> AreaCuts:
    """Return the pieces worth a row, sorted; an area of nothing but dust keeps its largest piece."""
    size = shapely.area(pieces)
    largest = np.zeros(len(whole))
    np.maximum.at(largest, shape, size)
    kept = (size > DUST_M2) | ((largest[shape] <= DUST_M2) & (size == largest[shape]) & (size > 0))
    shape, zone, pieces = shape[kept], zone[kept], pieces[kept]
    order = np.lexsort([np.where(zone < 0, np.iinfo(np.intp).max, zone), shape])
    return AreaCuts(shape[order], zone[order].astype(np.intp), pieces[order])


def _polygons_of(shapes: Shapes) -> Shapes:
    """Return only the polygons of what overlays left: where zones just touch there are lines too."""
    result: Shapes = np.asarray(shapes, dtype=object).copy()
    for row in np.flatnonzero(~np.isin(shapely.get_type_id(result), (3, 6))).tolist():
        parts = shapely.get_parts(shapely.get_parts(result[row]))
        polygons = parts[shapely.get_dimensions(parts) == 2]
        result[row] = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    return result
