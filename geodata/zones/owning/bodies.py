"""Problems by where they are drawn: in the body of a linear owner, else in a zone; and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.special import ndtr, ndtri

from geodata.zones.assign import ZoneIndex
from geodata.zones.borders.segments import as_points
from geodata.zones.cutting.areas import cut_areas
from geodata.zones.cutting.lines import cut_lines
from geodata.zones.lookup.build import NOWHERE
from geodata.zones.owning.banks import SIGN, CentreLine, Hand
from geodata.zones.owning.ownership import LinearOwner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]
    Shapes = NDArray[np.object_]

# Farther from a body than this many sigmas it has less than 1e-5 of the probability.
REACH_SIGMAS = 4.3
# A place beside a line is no farther off its perpendicular; what is farther lies beyond the line's end.
_ABREAST_M = 0.5
# Parts of equal probability into which the error beyond the edge of a body is divided.
_PARTS = (np.arange(16) + 0.5) / 16


class PlacePieces(NamedTuple):
    """Pieces of shapes: row of the shape, number of the body or -1, of the zone or -1, size, a place on it."""

    row: Indices
    body: Indices
    zone: Indices
    size: Floats
    xy: Floats


class Bodies:
    """The bodies of linear owners over the zones of one layer; number n is the n-th code."""

    def __init__(self, owners: Sequence[LinearOwner], lines: Sequence[CentreLine], zones: ZoneIndex) -> None:
        self.owners, self.lines, self.zones = owners, lines, zones
        grounds = [owner.body() for owner in owners]
        self.index = ZoneIndex(
            gpd.GeoDataFrame({"code": [owner.code for owner in owners]}, geometry=grounds, crs=zones.crs)
        )
        self.grounds = np.empty(len(owners), dtype=object)
        self.grounds[:] = grounds

    def pieces(self, shapes: Shapes) -> PlacePieces:
        """Return what of each shape lies in a body, and of the rest what lies in each zone; by row."""
        dimension = shapely.get_dimensions(shapes)
        lines = np.flatnonzero((dimension == 1) & (shapely.length(shapes) > 0))
        areas = np.flatnonzero((dimension == 2) & (shapely.area(shapes) > 0))
        spots = np.setdiff1d(np.arange(len(shapes)), np.concatenate([lines, areas]))
        found = [self._of_lines(shapes, lines), self._of_areas(shapes, areas), self._of_spots(shapes, spots)]
        row, body, zone, size, xy = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(row, kind="stable")
        return PlacePieces(row[order], body[order], zone[order], size[order], xy[order])

    def _of_lines(self, shapes: Shapes, rows: Indices) -> PlacePieces:
        first = cut_lines(shapes[rows], self.index)
        free = np.flatnonzero(first.zone == NOWHERE)
        second = cut_lines(first.geometries()[free], self.zones)
        taken = np.flatnonzero(first.zone != NOWHERE)
        size = np.concatenate([first.length_m[taken], second.length_m])
        xy = np.concatenate([first.stretches.middles()[taken], second.stretches.middles()])
        row = rows[np.concatenate([first.line[taken], first.line[free][second.line]])]
        return _joined(row, first.zone[taken], second.zone, size, xy)

    def _of_areas(self, shapes: Shapes, rows: Indices) -> PlacePieces:
        first = cut_areas(shapes[rows], self.index)
        free, taken = np.flatnonzero(first.zone == NOWHERE), np.flatnonzero(first.zone != NOWHERE)
        second = cut_areas(first.geometry[free], self.zones)
        ground = np.concatenate([first.geometry[taken], second.geometry])
        row = rows[np.concatenate([first.area[taken], first.area[free][second.area]])]
        xy = shapely.get_coordinates(shapely.point_on_surface(ground))
        return _joined(row, first.zone[taken], second.zone, shapely.area(ground), xy)

    def _of_spots(self, shapes: Shapes, rows: Indices) -> PlacePieces:
        places, owner = shapely.get_coordinates(shapes[rows], return_index=True)
        xy = places[np.searchsorted(owner, np.arange(len(rows)))]
        body = self.index.positions(xy[:, 0], xy[:, 1]).astype(np.intp)
        zone = np.where(body == NOWHERE, self.zones.positions(xy[:, 0], xy[:, 1]), NOWHERE)
        return PlacePieces(rows, body, zone, np.ones(len(rows)), xy)

    def chance(self, xy: Floats, sigma_m: float, owner: str, zone: str) -> float:
        """Return how likely an uncertain place is truly the owner's (`owner` set), else the zone's.

        Parameters
        ----------
        xy
            The place, shape (1, 2).
        sigma_m
            Standard deviation of its error along each axis, metres, >= 0.

        Notes
        -----
        Only the nearest body counts. Beside one the error across the line decides, see
        `geodata.zones.owning.owners`; far from all, the error in the plane, as for any point.
        """
        if sigma_m == 0:
            return 1.0
        away = shapely.distance(self.grounds, as_points(xy)[0])
        number = int(away.argmin()) if len(away) else -1
        if number >= 0 and away[number] <= REACH_SIGMAS * sigma_m:
            along_m, left_m = (float(column[0]) for column in self.lines[number].project(xy))
            foot = self.lines[number].beside(np.array([along_m]), np.zeros(1))[0]
            leftward = self.lines[number].beside(np.array([along_m]), np.ones(1))[0] - foot
            off = xy[0] - foot
            if abs(float(off @ (leftward[1], -leftward[0]))) <= _ABREAST_M or 0 < along_m < self._end(number):
                if abs(left_m) > 1e-6:
                    leftward = off / left_m
                return self._chance_across(number, foot, leftward, left_m, sigma_m, owner, zone)
        if owner:
            return 0.0
        _, zones, p = self.zones.probabilities(xy[:, 0], xy[:, 1], sigma_m)
        if not zone:
            return float(max(1.0 - p.sum(), 0.0))
        return float(p[self.zones.codes[zones] == zone].sum())

    def _chance_across(
        self,
        number: int,
        foot: Floats,
        leftward: Floats,
        left_m: float,
        sigma_m: float,
        owner: str,
        zone: str,
    ) -> float:
        """Return the chance by the normal error across the nearest line."""
        own = self.owners[number]
        hands: tuple[Hand, Hand] = ("left", "right")
        beyond = {hand: float(ndtr((SIGN[hand] * left_m - own.reach_m(hand)) / sigma_m)) for hand in hands}
        if owner:
            return max(0.0, 1.0 - sum(beyond.values())) if owner == own.code else 0.0
        chance = 0.0
        for hand, p in beyond.items():
            if p > 0.0:
                # Quantiles of the error, given that it leads beyond this edge.
                out_m = SIGN[hand] * left_m - sigma_m * ndtri(p * _PARTS)
                places = foot + (SIGN[hand] * out_m)[:, None] * leftward
                found = self.zones.positions(places[:, 0], places[:, 1])
                chance += p * float((np.append(self.zones.codes, "")[found] == zone).mean())
        return chance

    def _end(self, number: int) -> float:
        return self.lines[number].length_m


def _joined(row: Indices, body: Indices, zone: Indices, size: Floats, xy: Floats) -> PlacePieces:
    """Return pieces: first those in bodies, which no zone has, then those in zones."""
    return PlacePieces(
        row,
        np.concatenate([body, np.full(len(zone), NOWHERE)]),
        np.concatenate([np.full(len(body), NOWHERE), zone]),
        size,
        xy,
    )
