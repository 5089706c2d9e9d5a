"""Zones: subdistrict > community > grid, and whose a place is."""

from geodata.zones.assign import ZoneIndex
from geodata.zones.cutting.areas import AreaCuts, cut_areas
from geodata.zones.cutting.lines import LineCuts, cut_lines
from geodata.zones.history.changes import BorderChanges, compare_layers
from geodata.zones.history.handover import PlaceChange, place_changes
from geodata.zones.model import LEVELS, Level, ZoneAnswer, ZoneOdds, ZonePart
from geodata.zones.owning.owners import LinearOwners
from geodata.zones.owning.ownership import LinearOwner, Owned, Problem
from geodata.zones.tree import ZoneTree

__all__ = [
    "LEVELS",
    "AreaCuts",
    "BorderChanges",
    "Level",
    "LineCuts",
    "LinearOwner",
    "LinearOwners",
    "Owned",
    "PlaceChange",
    "Problem",
    "ZoneAnswer",
    "ZoneIndex",
    "ZoneOdds",
    "ZonePart",
    "ZoneTree",
    "compare_layers",
    "cut_areas",
    "cut_lines",
    "place_changes",
]
