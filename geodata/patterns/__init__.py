"""Patterns of points: densities over the plane and along lines, hot spots."""

from geodata.patterns.bandwidths import BandwidthAdvice, suggest_bandwidth_m
from geodata.patterns.cells import CellFrame
from geodata.patterns.density import DensityGrid, density_at, density_grid
from geodata.patterns.edges import studied_density
from geodata.patterns.hotspots import HotSpots, hot_spots
from geodata.patterns.network import LineNetwork, line_network
from geodata.patterns.network_density import NetworkDensity, network_density

__all__ = [
    "BandwidthAdvice",
    "CellFrame",
    "DensityGrid",
    "HotSpots",
    "LineNetwork",
    "NetworkDensity",
    "density_at",
    "density_grid",
    "hot_spots",
    "line_network",
    "network_density",
    "studied_density",
    "suggest_bandwidth_m",
]
