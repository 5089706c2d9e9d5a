"""What passes between the steps of saving inspections; small frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shapely.geometry.base import BaseGeometry

Result = Literal["pass", "fail", "na"]


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What an inspection needs of its place; `shape` in metres, office CRS, None where it has no position."""

    id: UUID
    name: str
    place_class: str
    unit: str
    location_text: str
    area_text: str
    placement: str
    uncertainty_m: float | None
    shape: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The result of one item; `kind` is the problem kind that its failure opens, "" to be read from the words."""

    item: str
    words: str
    result: Result
    kind: str = ""
    critical: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewInspection:
    """An inspection about to be written."""

    id: UUID
    place: PlaceFacts
    sheet: str
    sheet_version: str
    sheet_name: str
    at: datetime
    inspector: str
    items: Sequence[ItemResult]
    note: str = ""
    import_id: UUID | None = None

    @property
    def failed(self) -> bool:
        """Return whether any item failed."""
        return any(item.result == "fail" for item in self.items)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a failed item led to: a new problem, or one that was open already."""

    inspection: UUID
    item: str
    case_id: UUID
    new: bool
    relapse: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """An item that passed while its problem is still open: somebody may verify and close it."""

    inspection: UUID
    item: str
    case_id: UUID
