"""What passes between the steps of an import; small frozen values, no behaviour.

::

    file ── SourceTable(ImportRow*) ── ColumnMap ── Draft* ── Placed*
                    └──────── RowIssue* (every row that could not go on, with its reason)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.geocode.model import Location, Status
    from geodata.zones import ZoneAnswer

ListKind = Literal["problems", "places", "inspections"]


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of a list as it was written: sheet, 1-based line, header -> text.

    `geometry` is a GeoJSON geometry when the list is GeoJSON, else None.
    """

    sheet: str
    line: int
    cells: Mapping[str, str]
    geometry: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class RowIssue:
    """Something to tell the user about a row.

    `refused` issues mean that the row goes no further (it is still kept with the import);
    the others are remarks. `code` is stable, `words` are in the user's language.
    """

    sheet: str
    line: int
    column: str
    code: str
    words: str
    refused: bool = True


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A list as read: `rows` holds every row that is not blank, in file order.

    `header` is the union of the sheets' headers in order of appearance.
    """

    name: str
    sha256: str
    header: tuple[str, ...]
    rows: tuple[ImportRow, ...]
    issues: tuple[RowIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it is placed; `key` is equal for equal content of the same list."""

    sheet: str
    line: int
    key: str
    location_text: str
    area: str
    description: str
    name: str
    place_class: str
    kind: str
    kind_reason: str
    command: str
    unit: str
    reported_at: date | None
    geometry: BaseGeometry | None
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drafts:
    """All drafts of a list, the issues of its rows, and what kind of list it was taken for."""

    drafts: tuple[Draft, ...]
    issues: tuple[RowIssue, ...]
    list_kind: ListKind
    list_kind_reason: str

    @property
    def as_(self) -> ListKind:
        """Short form of `list_kind`, as in the command line's `--as`."""
        return self.list_kind


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft with its place.

    `geometry` is in EPSG:4326 (lon, lat), `geometry_m` in metres in the CRS `crs` (the zones' CRS
    where there are zones, else the gazetteer's). `placed_by` is `geocoder`, `alias` or `coordinates`.
    """

    draft: Draft
    status: Status
    location: Location | None
    geometry: BaseGeometry | None
    geometry_m: BaseGeometry | None
    crs: int
    zone: ZoneAnswer | None
    placed_by: str = "geocoder"
    issues: tuple[RowIssue, ...] = field(default=())
