"""The border segments of zones: distances to them, and how likely an uncertain point is across.

Rings are broken into segments, kept in one R-tree. A segment knows the zone on its left and the zone
on its right, so that a border between two zones is stored and integrated once.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.special import owens_t

from geodata.zones.borders.grid import BorderGrid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

# Beyond this many sigmas an edge carries less than T(4.5, inf) = 1.7e-6 of probability.
_REACH_SIGMAS = 4.5
# Evaluating a hair beside the point avoids the undefined angle of a point exactly on a vertex;
# the probability changes by less than 3.2e-7 / sigma.
_ASIDE_M = np.array([2.9e-7, 1.3e-7])
# Four Gauss-Legendre nodes integrate the smooth part along an edge of up to one sigma to 1e-8.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_NODES, _WEIGHTS = (_NODES + 1.0) / 2.0, _WEIGHTS / 2.0
# Points worked on at a time: pairs with segments stay in the processor's cache.
_BLOCK = 256
_NONE = -1


class Borders:
    """Border segments of zones 0..n-1, indexed.

    Attributes
    ----------
    start, end
        Segment ends in metres, shape (m, 2).
    left, right
        Number of the zone on either side of each segment, -1 for none, shape (m,).
    """

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        start, end, zone = _directed(polygons)
        turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
        low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
        # Where zones overlap, several may lie on one side: the n-th of each side share the n-th copy.
        copy = _occurrence(np.column_stack([low, high, turned]))
        segments, at = np.unique(np.column_stack([low, high, copy]), axis=0, return_inverse=True)
        self.start: Floats = np.ascontiguousarray(segments[:, 0:2])
        self.end: Floats = np.ascontiguousarray(segments[:, 2:4])
        self.left: Indices = np.full(len(segments), _NONE, dtype=np.intp)
        self.right: Indices = np.full(len(segments), _NONE, dtype=np.intp)
        self.left[at[~turned]] = zone[~turned]
        self.right[at[turned]] = zone[turned]
        self._tree = shapely.STRtree(as_segments(self.start, self.end))
        self._width = int(zone.max(initial=0)) + 1

    @cached_property
    def grid(self) -> BorderGrid:
        """The same segments in a uniform grid, for many steps of lines; made when first asked for."""
        return BorderGrid.of(self.start, self.end, self.left, self.right)

    def distance(self, shapes: NDArray[np.object_]) -> Floats:
        """Return the distance in metres from each geometry to the nearest border (inf without zones)."""
        return self.nearest(shapes)[0]

    def nearest(self, shapes: NDArray[np.object_]) -> tuple[Floats, Indices]:
        """Return the distance to the nearest border segment and its number, (inf, -1) without zones."""
        result, segment = np.full(len(shapes), np.inf), np.full(len(shapes), _NONE, dtype=np.intp)
        if len(shapes) and len(self.left):
            (asked, nearest), far = self._tree.query_nearest(shapes, return_distance=True, all_matches=False)
            result[asked], segment[asked] = far, nearest
        return result, segment

    def near(self, shapes: NDArray[np.object_], within_m: float) -> tuple[Indices, Indices]:
        """Return pairs (index of geometry, index of segment) not farther apart than a distance."""
        found = self._tree.query(shapes, predicate="dwithin", distance=within_m)
        return found[0], found[1]

    def zones_near(self, shapes: NDArray[np.object_], within_m: float) -> tuple[Indices, Indices]:
        """Return pairs (index of geometry, zone) where a border of the zone is within a distance."""
        asked, segments = self.near(shapes, within_m)
        asked, zones = np.tile(asked, 2), np.concatenate([self.left[segments], self.right[segments]])
        return asked[zones != _NONE], zones[zones != _NONE]

    @staticmethod
    def aside(xy: Floats) -> Floats:
        """Return the positions at which `crossed_mass` evaluates; inside tests must use the same."""
        beside: Floats = xy + _ASIDE_M
        return beside

    def crossed_mass(self, xy: Floats, sigma_m: Floats) -> tuple[Indices, Indices, Floats]:
        """Return how much probability of each uncertain point lies beyond the borders of each zone.

        Parameters
        ----------
        xy
            Expected positions in metres, shape (n, 2).
        sigma_m
            Standard deviation of the isotropic normal error along each axis, > 0, shape (n,).

        Returns
        -------
        tuple
            Pairs (point, zone) without repetition, and for each the number to subtract from 1 (point
            inside the zone) or 0 (outside) to get the probability of the zone. Zones not paired with
            a point have no border within reach. Error below 1e-5.

        Notes
        -----
        A radially symmetric density has mass 1 - exp(-r²/2σ²) within r, so by Green's theorem the
        mass inside a polygon is the sum over its edges of ∫(1 - exp(-r²/2σ²)) dφ / 2π: the winding
        number minus what is returned here, where φ and r follow the edge as seen from the point.
        """
        found_keys: list[Indices] = [np.zeros(0, dtype=np.intp)]
        found_mass: list[Floats] = [np.zeros(0)]
        for points, segments in self._blocks(xy, sigma_m):
            mass = _edge_mass(
                self.start[segments] - self.aside(xy[points]),
                self.end[segments] - self.start[segments],
                sigma_m[points],
            )
            key = np.concatenate(
                [points * self._width + self.left[segments], points * self._width + self.right[segments]]
            )
            sided = np.concatenate([self.left[segments], self.right[segments]]) != _NONE
            keys, at = np.unique(key[sided], return_inverse=True)
            found_keys.append(keys)
            signed = np.concatenate([mass, -mass])[sided]
            found_mass.append(np.bincount(at, weights=signed, minlength=len(keys)).astype(np.float64))
        keys, masses = np.concatenate(found_keys), np.concatenate(found_mass)
        return keys // self._width, keys % self._width, masses

    def _blocks(self, xy: Floats, sigma_m: Floats) -> Iterator[tuple[Indices, Indices]]:
        """Yield pairs (point, segment within reach) for some points at a time."""
        reach = (_REACH_SIGMAS * sigma_m)[:, None]
        boxes: NDArray[np.object_] = np.asarray(shapely.box(*(xy - reach).T, *(xy + reach).T), dtype=object)
        for first in range(0, len(xy), _BLOCK):
            points, segments = self._tree.query(boxes[first : first + _BLOCK])
            yield points + first, segments


def _directed(polygons: NDArray[np.object_]) -> tuple[Floats, Floats, Indices]:
    """Return starts, ends and zones of all ring segments, the zone on their left."""
    oriented = shapely.orient_polygons(polygons, exterior_cw=False)
    parts, zone = shapely.get_parts(oriented, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    real = (ring[:-1] == ring[1:]) & (coordinates[:-1] != coordinates[1:]).any(axis=1)
    return coordinates[:-1][real], coordinates[1:][real], zone[part][ring[:-1][real]]


def _occurrence(rows: Floats) -> Indices:
    """Return for each row how many equal rows come before it."""
    order = np.lexsort(rows.T)
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[order][1:] != rows[order][:-1]).any(axis=1)
    first = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    result = np.empty(len(rows), dtype=np.intp)
    result[order] = np.arange(len(rows)) - first
    return result


def _edge_mass(start: Floats, along: Floats, sigma: Floats) -> Floats:
    """Return ∫exp(-r²/2σ²) dφ / 2π along edges seen from the origin, positive counter-clockwise.

    Parameters
    ----------
    start, along
        Where each edge begins, and its vector, metres, shape (n, 2).
    sigma
        Metres, shape (n,).
    """
    result = np.empty(len(start))
    length = np.hypot(along[:, 0], along[:, 1])
    short = length <= sigma
    result[short] = _short_edge_mass(start[short], along[short], sigma[short])
    long = ~short
    result[long] = _long_edge_mass(start[long], along[long], length[long], sigma[long])
    return result


def _short_edge_mass(start: Floats, along: Floats, sigma: Floats) -> Floats:
    """The angle seen, minus ∫(1 - exp(-r²/2σ²)) dφ by quadrature: that integrand is smooth even at 0.

    With dφ = (start × along) dt / r², (1 - exp(-r²/2σ²)) / r² tends to 1/2σ² at r = 0.
    """
    x, y, dx, dy = start[:, 0], start[:, 1], along[:, 0], along[:, 1]
    cross = x * dy - y * dx
    angle = np.arctan2(cross, x * (x + dx) + y * (y + dy))
    half = 0.5 / sigma**2
    inner = np.zeros(len(start))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        square = np.maximum((x + node * dx) ** 2 + (y + node * dy) ** 2, 1e-24)
        inner -= weight * np.expm1(-half * square) / square
    mass: Floats = (angle - cross * inner) / (2.0 * np.pi)
    return mass


def _long_edge_mass(start: Floats, along: Floats, length: Floats, sigma: Floats) -> Floats:
    """The same by Owen's (1956) T function, T(h, a) = ∫ exp(-h²/2cos²φ) dφ / 2π from 0 to atan a."""
    unit = along / length[:, None]
    side = start[:, 0] * unit[:, 1] - start[:, 1] * unit[:, 0]
    distance = np.maximum(np.abs(side), 1e-12)
    from_m = np.einsum("ij,ij->i", start, unit)
    height = distance / sigma
    beyond = owens_t(height, (from_m + length) / distance) - owens_t(height, from_m / distance)
    mass: Floats = np.where(side < 0, -beyond, beyond)
    return mass


def as_points(xy: Floats) -> NDArray[np.object_]:
    """Return one shapely point per row of an array of shape (n, 2)."""
    points: NDArray[np.object_] = np.asarray(shapely.points(xy), dtype=object)
    return points


def as_segments(start: Floats, end: Floats) -> NDArray[np.object_]:
    """Return one two-point line per pair of rows of arrays of shape (n, 2)."""
    pairs = np.stack([start, end], axis=1)
    segments: NDArray[np.object_] = np.asarray(shapely.linestrings(pairs), dtype=object)
    return segments
