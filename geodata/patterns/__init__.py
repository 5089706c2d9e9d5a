"""Patterns of points: densities, hot spots."""

from geodata.patterns.cells import CellFrame
from geodata.patterns.density import DensityGrid, density_at, density_grid
from geodata.patterns.hotspots import HotSpots, hot_spots

__all__ = ["CellFrame", "DensityGrid", "HotSpots", "density_at", "density_grid", "hot_spots"]
