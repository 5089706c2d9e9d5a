"""The office's own place classes and check-sheets: its files in the data directory, else the shipped ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geodata.kinds import KindTable
from geodata.places import (
    CLASSES_FILE,
    SHEETS_FILE,
    CheckSheet,
    CheckSheets,
    PlaceClasses,
    load_check_sheets,
    load_place_classes,
)

FILES = (CLASSES_FILE.name, SHEETS_FILE.name)


@dataclass(frozen=True)
class Vocabulary:
    """What places an office keeps and what it checks in them."""

    classes: PlaceClasses
    sheets: CheckSheets

    def sheet_for(self, place_class: str) -> CheckSheet | None:
        """Return the default check-sheet of a class, None where there is none."""
        entry = self.classes.get(place_class)
        return self.sheets.get(entry.sheet) if entry else None


def read_vocabulary(data_dir: Path | None, kinds: KindTable) -> Vocabulary:
    """Return the tables of an office.

    Parameters
    ----------
    data_dir
        Where `place_classes.toml` and `check_sheets.toml` may lie; None: the shipped tables.

    Raises
    ------
    FrameError
        Naming every fault of a file that cannot be used.
    """
    classes, sheets = (
        data_dir / shipped.name if data_dir and (data_dir / shipped.name).is_file() else shipped
        for shipped in (CLASSES_FILE, SHEETS_FILE)
    )
    return Vocabulary(
        classes=load_place_classes(classes),
        sheets=load_check_sheets(sheets, kinds=[kind.code for kind in kinds.kinds]),
    )
