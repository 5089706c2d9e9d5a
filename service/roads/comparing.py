"""Which records another gazetteer would put elsewhere: all that the program placed, located by both.

A record is listed when the candidate's answer differs from its stored position *and* from the answer of
the gazetteer in force: what a person left where it was, and what a newer program would read otherwise,
is not the change's doing and is not asked about again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import shapely
from sqlalchemy import RowMapping

from service.intake.model import Draft, Placed
from service.intake.placing import place
from service.kinds.reading import NO_KIND
from service.store.shapes import from_store

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.geocode import Geocoder
    from geodata.zones import ZoneTree

# Positions nearer than this are the same, metres.
SAME_M = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a record is, as far as it is compared: its status, geometry (office CRS) and owners."""

    placement: str
    shape: BaseGeometry | None
    community: str
    grid: str


@dataclass(frozen=True, slots=True)
class Change:
    """A record that the candidate would put elsewhere: its row, where it is, where it would be."""

    row: RowMapping
    before: Answer
    after: Answer
    placed: Placed

    @property
    def kind(self) -> str:
        """Return how it changes: found, lost, moved, status or zone."""
        if self.before.placement != "located" and self.after.placement == "located":
            return "found"
        if self.before.placement == "located" and self.after.placement != "located":
            return "lost"
        if self.distance_m is None or self.distance_m > SAME_M:
            return "moved" if self.distance_m is not None else "status"
        return "status" if self.before.placement != self.after.placement else "zone"

    @property
    def distance_m(self) -> float | None:
        """Return the greatest distance between old and new, None when there is only one."""
        return distance_m(self.before.shape, self.after.shape)


def changes_of(
    rows: Sequence[RowMapping],
    *,
    candidate: Geocoder,
    present: Geocoder | None,
    zones: ZoneTree,
    progress: Callable[[int], None] | None = None,
) -> list[Change]:
    """Return the records that the candidate would put elsewhere, in their order.

    Parameters
    ----------
    rows
        As `queries.list_locatable` gives them.
    present
        The geocoder in force; None where there is none.
    zones
        The office's zones of today.
    """
    after = place([draft_of(row) for row in rows], geocoder=candidate, zones=zones, progress=progress)
    differing = [
        (row, placed)
        for row, placed in zip(rows, after, strict=True)
        if differs(stored(row), answer_of(placed))
    ]
    before = place([draft_of(row) for row, _ in differing], geocoder=present, zones=zones)
    return [
        Change(row, stored(row), answer_of(placed), placed)
        for (row, placed), now in zip(differing, before, strict=True)
        if differs(answer_of(now), answer_of(placed))
    ]


def draft_of(row: Any) -> Draft:
    """Return a record as it is given to the geocoder: its text and area, nothing else."""
    return Draft(
        sheet="", line=0, key="", location_text=row["location_text"], area=row["area_text"], description="", name="",
        place_class="", kinds=NO_KIND, unit="", reported_at=None, geometry=None, cells={},
    )  # fmt: skip


def stored(row: Any) -> Answer:
    """Return where a record is in the store."""
    shape = None if row["shape"] is None else from_store(row["shape"])
    return Answer(row["placement"], shape, row["community_code"], row["grid_code"])


def answer_of(placed: Placed) -> Answer:
    """Return where the program puts a record."""
    zone = placed.zone
    return Answer(placed.status, placed.geometry_m, zone.community if zone else "", zone.grid if zone else "")


def differs(one: Answer, other: Answer) -> bool:
    """Return whether status, place (by more than `SAME_M`) or owners differ."""
    if (one.placement, one.community, one.grid) != (other.placement, other.community, other.grid):
        return True
    if (one.shape is None) != (other.shape is None):
        return True
    apart = distance_m(one.shape, other.shape)
    return apart is not None and apart > SAME_M


def distance_m(one: BaseGeometry | None, other: BaseGeometry | None) -> float | None:
    """Return the Hausdorff distance of two geometries, None when one is missing."""
    if one is None or other is None:
        return None
    if shapely.equals_exact(one, other):
        return 0.0
    return float(shapely.hausdorff_distance(one, other))


def key_of(row: Any) -> tuple[str, UUID]:
    """Return what names a record: its kind and id."""
    return row["kind"], row["id"]
