"""Patterns of points: densities, hot spots, rates, clusters in space and time."""

from geodata.patterns.cells import CellFrame
from geodata.patterns.density import DensityGrid, density_at, density_grid
from geodata.patterns.hotspots import HotSpots, Spots, hot_spots, zone_hot_spots
from geodata.patterns.rates import rate_table

__all__ = [
    "CellFrame",
    "DensityGrid",
    "HotSpots",
    "Spots",
    "density_at",
    "density_grid",
    "hot_spots",
    "rate_table",
    "zone_hot_spots",
]
