"""Patterns of points: densities over the plane and along lines, hot spots, rates, clusters in space and time."""

from geodata.patterns.bandwidths import BandwidthAdvice, suggest_bandwidth_m
from geodata.patterns.cells import CellFrame
from geodata.patterns.density import DensityGrid, density_at, density_grid
from geodata.patterns.edges import studied_density
from geodata.patterns.hotspots import HotSpots, hot_spots, zone_hot_spots
from geodata.patterns.judging import Spots
from geodata.patterns.network import LineNetwork, line_network
from geodata.patterns.network_density import NetworkDensity, network_density
from geodata.patterns.rates import rate_table

__all__ = [
    "BandwidthAdvice",
    "CellFrame",
    "DensityGrid",
    "HotSpots",
    "LineNetwork",
    "NetworkDensity",
    "Spots",
    "density_at",
    "density_grid",
    "hot_spots",
    "line_network",
    "network_density",
    "rate_table",
    "studied_density",
    "suggest_bandwidth_m",
    "zone_hot_spots",
]
