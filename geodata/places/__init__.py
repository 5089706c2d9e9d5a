"""Places of registers 台账 as data: their classes, what is checked at them, and how many pass.

No database and no drawing: the service keeps places and inspections, `maps.style` gives their looks.
"""

from geodata.places.classes import (
    CLASSES_FILE,
    PlaceClass,
    PlaceClasses,
    PlaceGroup,
    load_place_classes,
)
from geodata.places.matching import Entry, Pairing, pair_entries
from geodata.places.pass_rates import PassRate, pass_rate
from geodata.places.sheets import SHEETS_FILE, CheckItem, CheckSheet, CheckSheets, load_check_sheets

__all__ = [
    "CLASSES_FILE",
    "SHEETS_FILE",
    "CheckItem",
    "CheckSheet",
    "CheckSheets",
    "Entry",
    "Pairing",
    "PassRate",
    "PlaceClass",
    "PlaceClasses",
    "PlaceGroup",
    "load_check_sheets",
    "load_place_classes",
    "pair_entries",
    "pass_rate",
]
