"""What an import is asked to do, what it works with, and what it says came of every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from service.borders.current import OfficeZones
from service.clock import Clock
from service.intake.choices import Choices
from service.intake.model import Draft, Drafts, ListKind, Placed
from service.intake.placing import place
from service.intake.understanding import Understood
from service.kinds.current import OfficeKinds
from service.registers.revising import RegisterOrder
from service.registers.vocabulary import Vocabulary
from service.review.aliases import OfficeGeocoder

if TYPE_CHECKING:
    from geodata.geocode import Geocoder
    from geodata.zones import ZoneTree

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to import and how; empty values mean "as recognised".

    `choices` is what the user decided about reading it; None: as remembered for its source. `datum` is
    of the list's own coordinates. `trust_datum`: the user was told that the coordinates contradict the
    texts, and insists. `register` matters to a list of places only.
    """

    path: Path
    name: str
    actor: str
    import_id: UUID | None = None
    choices: Choices | None = None
    datum: str | None = None
    list_kind: ListKind | None = None
    kind: str | None = None
    trust_datum: bool = False
    dry_run: bool = False
    register: RegisterOrder = field(default_factory=RegisterOrder)


@dataclass(frozen=True, slots=True)
class Tools:
    """What an import works with."""

    engine: Engine
    geocoder: OfficeGeocoder
    zones: OfficeZones
    kinds: OfficeKinds
    clock: Clock
    srid: int
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row: `record_id` is the id of its case, place or inspection, None when refused."""

    sheet: str
    line: int
    cells: Mapping[str, str]
    outcome: str
    reason: str
    record_id: UUID | None
    placement: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of an import; `review` of the imported wait for somebody to place them.

    `cases` were opened by the imported rows of a list of problems: a row that names several problems
    opens several. `undecided` of them wait for a kind.
    `said` is what is to be known about sheets and dates; `revision` what a list of places changed in
    its register.
    """

    import_id: UUID | None
    list_kind: ListKind
    list_kind_reason: str
    columns: Mapping[str, str]
    rows: int
    imported: int
    merged: int
    refused: int
    review: int
    outcomes: tuple[Outcome, ...]
    cases: int = 0
    undecided: int = 0
    said: tuple[str, ...] = ()
    register_id: UUID | None = None
    revision: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One list on its way into the store: what was read of it, and what it is placed with.

    `now` is the time of the books; the office's own clock is `tools.clock`.
    """

    connection: Connection
    import_id: UUID
    now: datetime
    found: Understood
    drafts: Drafts
    order: Order
    tools: Tools
    geocoder: Geocoder | None
    zones: ZoneTree
    progress: Progress | None

    def place(self, wanted: Sequence[Draft]) -> list[Placed]:
        """Return drafts with their positions and zones."""
        progress = self.progress
        report = (lambda done: progress(done, len(wanted))) if progress else None
        return place(wanted, geocoder=self.geocoder, zones=self.zones, progress=report)
