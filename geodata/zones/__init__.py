"""Zones: subdistrict > community > grid, and whose a place is."""

from geodata.zones.assign import ZoneIndex
from geodata.zones.cuts import LineCuts, cut_lines
from geodata.zones.model import LEVELS, Level, ZoneAnswer, ZoneOdds, ZonePart
from geodata.zones.overlay import AreaCuts, cut_areas
from geodata.zones.owners import LinearOwners
from geodata.zones.ownership import LinearOwner, Owned, Problem
from geodata.zones.tree import ZoneTree

__all__ = [
    "LEVELS",
    "AreaCuts",
    "Level",
    "LineCuts",
    "LinearOwner",
    "LinearOwners",
    "Owned",
    "Problem",
    "ZoneAnswer",
    "ZoneIndex",
    "ZoneOdds",
    "ZonePart",
    "ZoneTree",
    "cut_areas",
    "cut_lines",
]
