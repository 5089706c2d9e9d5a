"""Zones: subdistrict > community > grid, and whose a place is."""

from geodata.zones.assign import ZoneIndex
from geodata.zones.model import LEVELS, Level, ZoneAnswer, ZoneOdds, ZonePart
from geodata.zones.tree import ZoneTree

__all__ = ["LEVELS", "Level", "ZoneAnswer", "ZoneIndex", "ZoneOdds", "ZonePart", "ZoneTree"]
