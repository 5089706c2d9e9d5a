"""What the API says about cases, and what it accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from service.cases.filters import State
from service.fields import Body, Lat, Line, Lon, Words


class CaseItem(BaseModel):
    """A case in a list. `lon`, `lat`: a representative point, EPSG:4326; empty when not placed."""

    id: UUID
    number: int
    kind: str
    kind_name: str
    command: str
    description: str
    unit: str
    severity: int
    state: str
    state_words: str
    late: bool
    placement: str
    method: str
    location_text: str
    community: str
    community_name: str
    grid: str
    uncertainty_m: float | None
    p_community: float | None
    near_border: bool
    lon: float | None
    lat: float | None
    geometry_type: str | None
    reported_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    version: int


class CasePage(BaseModel):
    """A page of cases, newest report first; `next` goes into `after`, None on the last page."""

    items: list[CaseItem]
    next: str | None
    total: int


class Share(BaseModel):
    """The part of a case in one zone; `share` is of the case, `length_m` of its line in metres."""

    level: str
    code: str
    name: str
    length_m: float
    share: float
    probability: float


class Event(BaseModel):
    """A step in the life of a case; `actor` is empty for the public."""

    state: str
    state_words: str
    at: datetime
    actor: str
    note: str


class CaseDetail(CaseItem):
    """A case with geometry (GeoJSON, EPSG:4326), shares, history and the reasoning of its place.

    `map_links` open the place in a phone's map app; their coordinates are GCJ-02, as those apps want.
    """

    geometry: dict[str, Any] | None
    kind_reason: str
    placed_by: str
    p_within: dict[str, float]
    community_leader: str
    shares: list[Share]
    events: list[Event]
    trace: dict[str, Any]
    next_states: list[str]
    map_links: dict[str, str]
    relapse_of: UUID | None
    place_id: UUID | None
    check_item: str


class Report(Body):
    """One report: a location text or a position (or both), and what is wrong there.

    `datum` says what the position is in: a phone's GPS is wgs84, a Chinese map app's pin gcj02.
    """

    description: Annotated[Words, Field(min_length=1)]
    location_text: Line = ""
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Literal["wgs84", "cgcs2000", "gcj02", "bd09"] = "wgs84"
    kind: Line = ""
    unit: Line = ""
    severity: Annotated[int, Field(ge=1, le=5)] = 1


class Advance(Body):
    """A step to another state, with a note."""

    state: State
    note: Words = ""


class Count(BaseModel):
    """How many cases share the values of the grouping; `late`: open and past their deadline."""

    command: str | None = None
    community: str | None = None
    kind: str | None = None
    state: str | None = None
    placement: str | None = None
    grid: str | None = None
    total: int
    open: int
    late: int
    closed: int


class Counts(BaseModel):
    """Counts of the filtered cases, with the moment they hold for."""

    by: list[str]
    as_of: datetime
    total: int
    items: list[Count]


class KindItem(BaseModel):
    """A problem kind; unclassified cases have the code ""."""

    code: str
    name: str
    command: str
    category: str
    limit_value: float | None
    limit_kind: str
    recheck_days: int | None


class CommandItem(BaseModel):
    """A command 指挥部."""

    code: str
    name: str
    short: str


class Kinds(BaseModel):
    """The office's vocabulary."""

    version: str
    commands: list[CommandItem]
    kinds: list[KindItem]
