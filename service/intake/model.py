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
    from service.kinds.reading import RecordKinds

ListKind = Literal["problems", "places", "inspections"]
LIST_KINDS: tuple[ListKind, ...] = ("problems", "places", "inspections")
SheetState = Literal["list", "no_list", "empty", "off"]


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of a list as it was written: sheet, 1-based line, header -> text.

    `geometry` is a GeoJSON geometry when the list is GeoJSON, else None. `carried` names the columns
    whose text was written in a row above (merged cells, ditto); `hidden` rows were hidden in the file.
    """

    sheet: str
    line: int
    cells: Mapping[str, str]
    geometry: Mapping[str, object] | None = None
    carried: tuple[str, ...] = ()
    hidden: bool = False


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
class SheetReport:
    """How one sheet, or one of several tables on it, was read.

    `state` is list, no_list, empty or off; `header_line` is the line of its header (0: it has none) and
    `header_lines` how many lines that takes; `titles` are the texts above it, `notes` what is to be said.
    `group` is the sheet it is a table of; `head` holds its first lines as written.
    """

    name: str
    state: SheetState
    header_line: int = 0
    header_lines: int = 1
    header: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int = 0
    hidden: bool = False
    group: str = ""
    head: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A list as read: `rows` holds every row that is not blank, in file order.

    `header` is the union of the sheets' headers in order of appearance. A row that an issue refuses is
    no record (a total, a note, a repeated header) but still a row of the list. `from_1904` is the
    workbook's date system, None where the format states none.
    """

    name: str
    sha256: str
    header: tuple[str, ...]
    rows: tuple[ImportRow, ...]
    issues: tuple[RowIssue, ...] = ()
    sheets: tuple[SheetReport, ...] = ()
    from_1904: bool | None = None
    made_of: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it is placed; `key` is equal for equal content of the same list.

    A text that names several problems is one draft with several kinds, placed once.
    """

    sheet: str
    line: int
    key: str
    location_text: str
    area: str
    description: str
    name: str
    place_class: str
    kinds: RecordKinds
    unit: str
    reported_at: date | None
    geometry: BaseGeometry | None
    cells: Mapping[str, str]

    @property
    def kind(self) -> str:
        """Return the main kind's code, "" when it is not known."""
        return self.kinds.main.kind

    @property
    def kind_reason(self) -> str:
        """Return why it is that kind."""
        return self.kinds.main.reason

    @property
    def command(self) -> str:
        """Return whose the main kind is, "" when it is not known."""
        return self.kinds.main.command


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
