"""Zones: subdistrict > community > grid, and whose a place is."""

from geodata.zones.assign import ZoneIndex
from geodata.zones.changes import BorderChanges, compare_layers
from geodata.zones.handover import PlaceChange, place_changes
from geodata.zones.model import LEVELS, Level, ZoneAnswer, ZoneOdds, ZonePart
from geodata.zones.tree import ZoneTree

__all__ = [
    "LEVELS",
    "BorderChanges",
    "Level",
    "PlaceChange",
    "ZoneAnswer",
    "ZoneIndex",
    "ZoneOdds",
    "ZonePart",
    "ZoneTree",
    "compare_layers",
    "place_changes",
]
