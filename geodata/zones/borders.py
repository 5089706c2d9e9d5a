"""The border segments of zones: distances to them, and how likely an uncertain point is across.

Rings are broken into directed segments with the zone on their left (holes run the other way), kept
in one R-tree. Two zones that share a border each have their own copy of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.special import owens_t

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

# Beyond this many sigmas an edge carries less than T(4.5, inf) = 1.7e-6 of probability.
_REACH_SIGMAS = 4.5
# Evaluating a hair beside the point avoids the undefined angle of a point exactly on a vertex;
# the probability changes by less than 3.2e-7 / sigma.
_ASIDE_M = np.array([2.9e-7, 1.3e-7])


class Borders:
    """Directed border segments of zones 0..n-1, indexed.

    Attributes
    ----------
    start, end
        Segment ends in metres, shape (m, 2).
    zone
        Number of the zone on the left of each segment, shape (m,).
    """

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        oriented = shapely.orient_polygons(polygons, exterior_cw=False)
        parts, zone = shapely.get_parts(oriented, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        inside_ring = ring[:-1] == ring[1:]
        self.start: Floats = coordinates[:-1][inside_ring]
        self.end: Floats = coordinates[1:][inside_ring]
        self.zone: Indices = zone[part][ring[:-1][inside_ring]]
        pairs = np.stack([self.start, self.end], axis=1)
        segments: NDArray[np.object_] = np.asarray(shapely.linestrings(pairs), dtype=object)
        self._tree = shapely.STRtree(segments)

    def distance(self, shapes: NDArray[np.object_]) -> Floats:
        """Return the distance in metres from each geometry to the nearest border (inf without zones)."""
        result = np.full(len(shapes), np.inf)
        if len(shapes) and len(self.zone):
            (asked, _), distances = self._tree.query_nearest(shapes, return_distance=True, all_matches=False)
            result[asked] = distances
        return result

    def near(self, shapes: NDArray[np.object_], within_m: float | Floats) -> tuple[Indices, Indices]:
        """Return pairs (index of geometry, index of segment) not farther apart than a distance."""
        found = self._tree.query(shapes, predicate="dwithin", distance=within_m)
        return found[0], found[1]

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
        mass inside a polygon is the sum over its edges of ∫(1 - exp(-d²/2σ²cos²φ))dφ/2π, d being the
        distance to the edge's line: the winding number minus differences of Owen's (1956) T function.
        """
        points, segments = self.near(as_points(xy), _REACH_SIGMAS * sigma_m)
        start = self.start[segments] - self.aside(xy[points])
        along = self.end[segments] - self.start[segments]
        length = np.hypot(along[:, 0], along[:, 1])
        keep = length > 0
        start, along, points, segments = start[keep], along[keep], points[keep], segments[keep]
        along = along / length[keep, None]
        side = start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]  # > 0: point on the zone's side
        distance = np.maximum(np.abs(side), 1e-12)
        from_m = np.einsum("ij,ij->i", start, along)
        height = distance / sigma_m[points]
        beyond = owens_t(height, (from_m + length[keep]) / distance) - owens_t(height, from_m / distance)
        width = self.zone.max(initial=0) + 1
        key, at = np.unique(points * width + self.zone[segments], return_inverse=True)
        signed = np.where(side < 0, -beyond, beyond)
        mass = np.bincount(at, weights=signed, minlength=len(key)).astype(np.float64)
        return key // width, key % width, mass


def as_points(xy: Floats) -> NDArray[np.object_]:
    """Return one shapely point per row of an array of shape (n, 2)."""
    points: NDArray[np.object_] = np.asarray(shapely.points(xy), dtype=object)
    return points
