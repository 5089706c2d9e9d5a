"""What the API says about changes of borders, and what it accepts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from service.fields import Body, Line, Words

CaseKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]


class ChangeItem(BaseModel):
    """A change of borders in a list. `problem` says why an accepted one could not take effect."""

    id: UUID
    file_name: str
    valid_from: date
    state: str
    state_words: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    applied_at: datetime | None
    note: str
    problem: str
    version: int
    zones_changed: int
    area_m2: float
    defects: int


class Changes(BaseModel):
    """The changes of borders: those that wait for a decision first, then the newest."""

    items: list[ChangeItem]


class ZoneChangeItem(BaseModel):
    """What becomes of one zone; areas in m²."""

    level: str
    level_words: str
    code: str
    name: str
    kind: str
    kind_words: str
    area_before_m2: float
    area_after_m2: float
    gained_m2: float
    lost_m2: float


class LandItem(BaseModel):
    """Land that passes from one zone to another, m²; an empty code is outside the district."""

    level: str
    level_words: str
    source: str
    source_name: str
    target: str
    target_name: str
    area_m2: float


class DefectItem(BaseModel):
    """A defect of the proposed borders that does not forbid them."""

    level: str
    level_words: str
    kind: str
    kind_words: str
    area_m2: float
    words: str


class LeftGridItem(BaseModel):
    """A grid outside its redrawn community (`kind` outside), or a community's land without a grid (uncovered)."""

    kind: Literal["outside", "uncovered"]
    code: str
    name: str
    parent: str
    parent_name: str
    area_m2: float
    words: str


class LeftGrids(BaseModel):
    """What becomes of grids that are not drawn anew with their community; `cases` will have none, wholly or in part."""

    items: list[LeftGridItem]
    cases: int
    what_to_do: str


class PartItem(BaseModel):
    """Metres of a line case in one zone, before and after."""

    level: str
    code: str
    name: str
    before_m: float
    after_m: float


class MoveItem(BaseModel):
    """An open case that changes its owner (`owner`) or only its parts (`parts`).

    `outcome` is empty before the decision, then `moved` or `kept`. `keepable` is false when the old
    owner ends. `lon`, `lat`: a representative point, EPSG:4326.
    """

    case_id: UUID
    number: int
    version: int
    kind: Literal["owner", "parts"]
    problem_kind: str
    problem_kind_name: str
    command: str
    state: str
    state_words: str
    location_text: str
    due_at: datetime | None
    late: bool
    from_community: str
    from_community_name: str
    from_leader: str
    from_grid: str
    from_grid_name: str
    to_community: str
    to_community_name: str
    to_leader: str
    to_grid: str
    to_grid_name: str
    keepable: bool
    outcome: str
    reason: str
    parts: list[PartItem]
    lon: float | None
    lat: float | None


class ChangeDetail(ChangeItem):
    """A change with everything a person needs to decide.

    `moves` is computed at this moment until it took effect; `seen` is its fingerprint, to be sent with the
    decision. `left_grids` warns of grids that stay behind. `accounts` work only for zones that end.
    """

    summary_zones: list[ZoneChangeItem]
    land: list[LandItem]
    defect_list: list[DefectItem]
    left_grids: LeftGrids | None
    moves: list[MoveItem]
    seen: str
    accounts: list[str]
    ignored_rows: int


class ChangeFeature(BaseModel):
    """A border, a piece of land or a case; `role` is before, after, land or case."""

    type: Literal["Feature"] = "Feature"
    properties: dict[str, Any]
    geometry: dict[str, Any]


class ChangeMap(BaseModel):
    """Old and new borders, what passes between them and the cases on it, as GeoJSON in EPSG:4326."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    note: str
    features: list[ChangeFeature]


class Decision(Body):
    """Accept (`keep`: case id -> why it stays with its old owner) or reject with a reason in `note`."""

    decision: Literal["accept", "reject"]
    keep: Annotated[dict[CaseKey, Line], Field(default_factory=dict, max_length=20_000)]
    note: Words = ""
    seen: Annotated[str, Field(max_length=64, pattern="^[0-9a-f]*$")] = ""
