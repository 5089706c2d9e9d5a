"""How likely each zone is for an uncertain point: zones drawn as coarsely as the uncertainty allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.borders.segments import Borders, as_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

FINEST_M = 0.5


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


def coarseness(sigma_m: float) -> int:
    """Return 0 for borders as they are, or n for borders simplified with FINEST_M 2^(n-1).

    A tolerance of at most sigma / 100 moves less than 1e-3 of probability (measured on drawn
    streets: 2e-4), and a city's borders have ten times the vertices that such a sigma can tell apart.
    """
    allowed = sigma_m / 100.0
    return 0 if allowed < FINEST_M else 1 + int(np.floor(np.log2(allowed / FINEST_M)))
