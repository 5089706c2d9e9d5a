"""Rows of a list of places as entries of a register: class, number, responsible person, everything else.

Works on the drafts of an import and their columns; knows no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from geodata.places import Entry, PlaceClasses
from geodata.places.folding import fold

if TYPE_CHECKING:
    from service.intake.columns import ColumnMap
    from service.intake.model import Draft

# Headers of columns that only count the rows: never a key, never a change.
_COUNTING = frozenset(fold(word) for word in ("序号", "序", "编序", "行号", "No", "No.", "号"))
_MAX_ATTRIBUTE = 500


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """What a row says of a place. `stated` names the fields whose columns the list has at all."""

    draft: Draft
    name: str
    number: str
    place_class: str
    trade: str
    unit: str
    person: str
    phone: str
    attributes: Mapping[str, str]
    stated: frozenset[str]
    at: tuple[float, float] | None = None

    def entry(self) -> Entry:
        """Return the row as it is compared."""
        return Entry(self.name, self.draft.location_text, self.place_class, self.number, self.at)


def register_rows(
    drafts: Sequence[Draft], columns: ColumnMap, classes: PlaceClasses, *, place_class: str = ""
) -> list[RegisterRow]:
    """Return the drafts of a list of places as register rows, in order.

    Parameters
    ----------
    place_class
        Class of the rows whose trade says nothing, as stated by the user.
    """
    roles = columns.roles
    stated = frozenset(
        field
        for field, role in (
            ("name", "name"), ("number", "key"), ("trade", "place_class"), ("place_class", "place_class"), ("unit", "unit"),
            ("person", "person"), ("phone", "phone"), ("location_text", "location"), ("area_text", "area"),
        )
        if role in roles
    )  # fmt: skip
    numbers = [columns.text(draft.cells, "key") for draft in drafts]
    if _counts_rows(numbers):
        numbers = [""] * len(numbers)
    kept = [header for header in columns.unused if fold(header) not in _COUNTING]
    return [
        RegisterRow(
            draft=draft,
            name=draft.name or draft.description or draft.location_text,
            number=number,
            place_class=_class_of(draft, classes, place_class),
            trade=draft.place_class,
            unit=draft.unit,
            person=columns.text(draft.cells, "person"),
            phone=columns.text(draft.cells, "phone"),
            attributes={
                h: draft.cells[h].strip()[:_MAX_ATTRIBUTE] for h in kept if draft.cells.get(h, "").strip()
            },
            stated=stated,
        )
        for draft, number in zip(drafts, numbers, strict=True)
    ]


def _counts_rows(numbers: Sequence[str]) -> bool:
    """Return whether a 编号 column merely counts: 1, 2, 3 … is another place's number next month."""
    filled = [number for number in numbers if number]
    if len(filled) < 2:
        return bool(filled) and filled[0] in ("1", "1.0")
    try:
        values = [float(number) for number in filled]
    except ValueError:
        return False
    steps = sum(later - earlier == 1 for earlier, later in pairwise(values))
    return values[0] <= 1 and steps >= 0.9 * (len(values) - 1)


def _class_of(draft: Draft, classes: PlaceClasses, stated: str) -> str:
    found = classes.find(draft.place_class)
    if found is not None:
        return found.code
    if stated:
        return stated
    # The name is weaker evidence than the list's own word, but it says more than nothing.
    found = classes.find(draft.name)
    return found.code if found is not None else ""


def base_key(row: RegisterRow) -> str:
    """Return a place's stable key: the list's own number, else class, folded name and folded location."""
    if row.number:
        return f"no|{row.number[:200]}"
    return f"{row.place_class}|{fold(row.name)[:300]}|{fold(row.draft.location_text)[:600]}"
