"""Addresses of map tiles: which are answered at all, checked before any work."""

from __future__ import annotations

import math
from dataclasses import dataclass

from service.errors import NotFound
from service.words import tr

# Zoom 6 is about 500 km wide at 35° N: the district's projection still holds there.
MIN_ZOOM, MAX_ZOOM = 6, 20
_EARTH_M = 20037508.342789244


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the web mercator pyramid; `y` counts from the north."""

    z: int
    x: int
    y: int

    @property
    def width_m(self) -> float:
        """Return the side in EPSG:3857 units (not metres on the ground)."""
        return math.ldexp(2 * _EARTH_M, -self.z)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return min_x, min_y, max_x, max_y in EPSG:3857."""
        west = -_EARTH_M + self.x * self.width_m
        north = _EARTH_M - self.y * self.width_m
        return west, north - self.width_m, west + self.width_m, north

    def touches(self, bounds: tuple[float, float, float, float], *, margin: float = 0.0) -> bool:
        """Return whether the tile meets a box in EPSG:3857, widened by `margin` units."""
        west, south, east, north = self.bounds
        return not (
            east < bounds[0] - margin
            or west > bounds[2] + margin
            or north < bounds[1] - margin
            or south > bounds[3] + margin
        )


def read_tile(z: int, x: int, y: int) -> Tile:
    """Return a tile.

    Raises
    ------
    NotFound
        If the zoom is not served or the address lies outside the pyramid.

    Examples
    --------
    >>> read_tile(13, 6680, 3257).z
    13
    """
    if not (MIN_ZOOM <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound(
            tr(
                f"瓦片不存在：级别只有 {MIN_ZOOM}–{MAX_ZOOM}",
                f"no such tile: zoom is {MIN_ZOOM} to {MAX_ZOOM}",
            )
        )
    return Tile(z, x, y)


def tile_at(lon: float, lat: float, z: int) -> Tile:
    """Return the tile that holds a position in EPSG:4326."""
    count = 2**z
    x = int((lon + 180) / 360 * count)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)
    return Tile(z, x, y)
