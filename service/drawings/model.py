"""What the API of drawings accepts and answers; positions are lon, lat in EPSG:4326, areas m²."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, field_validator

from service.borders.model import CaseKey
from service.fields import Body, Line, Words

Level = Literal["subdistrict", "community", "grid"]
Drawn = Literal["community", "grid"]
ZoneCode = Annotated[str, StringConstraints(pattern=r"^[\w.+:-]{1,40}$")]
Title = Annotated[Line, Field(min_length=1, max_length=60)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
LonLat = Annotated[list[Degrees], Field(min_length=2, max_length=2)]
MAX_LINE, MAX_RING, MAX_CLICKS = 2_000, 5_000, 2_000


class Give(Body):
    """Give the blocks at some points to a zone, or to nobody (`code` null)."""

    act: Literal["give"]
    level: Drawn
    code: ZoneCode | None
    points: Annotated[list[LonLat], Field(min_length=1, max_length=MAX_CLICKS)]


class GiveShape(Body):
    """Give a polygon drawn freely to a zone, or to nobody."""

    act: Literal["give_shape"]
    level: Drawn
    code: ZoneCode | None
    ring: Annotated[list[LonLat], Field(min_length=3, max_length=MAX_RING)]


class Fill(Body):
    """Give the gap at a point to a zone."""

    act: Literal["fill"]
    level: Drawn
    code: ZoneCode
    at: LonLat


class Split(Body):
    """Cut a zone by a line."""

    act: Literal["split"]
    level: Drawn
    code: ZoneCode
    line: Annotated[list[LonLat], Field(min_length=2, max_length=MAX_LINE)]


class Cut(Body):
    """Cut blocks by a line; no border moves."""

    act: Literal["cut"]
    line: Annotated[list[LonLat], Field(min_length=2, max_length=MAX_LINE)]


class Merge(Body):
    """Make two zones one: `into` stays."""

    act: Literal["merge"]
    level: Drawn
    into: ZoneCode
    gone: ZoneCode


class Move(Body):
    """Move a vertex of borders, or pull a new one out of a border, in all zones that have it."""

    act: Literal["move"]
    at: LonLat
    to: LonLat


class Add(Body):
    """Add a zone without ground; a blank code is made up."""

    act: Literal["add"]
    level: Drawn
    code: ZoneCode | None = None
    name: Annotated[Line, Field(max_length=60)] = ""
    parent: Annotated[Line, Field(max_length=40)] = ""
    leader: Annotated[Line, Field(max_length=60)] = ""


class Change(Body):
    """Change code, name, leader or parent of a zone; what is null stays."""

    act: Literal["change"]
    level: Level
    code: ZoneCode
    new_code: ZoneCode | None = None
    name: Title | None = None
    leader: Annotated[Line, Field(max_length=60)] | None = None
    parent: ZoneCode | None = None


class Drop(Body):
    """Remove a zone and all below it."""

    act: Literal["drop"]
    level: Drawn
    code: ZoneCode


class Outline(Body):
    """Make the subdistrict's border that of all its communities together."""

    act: Literal["outline"]


Action = Annotated[
    Give | GiveShape | Fill | Split | Cut | Merge | Move | Add | Change | Drop | Outline,
    Field(discriminator="act"),
]


class NewDrawing(Body):
    """Begin a drawing: empty, from the borders in force, or from a proposal."""

    name: Title
    start: Literal["empty", "current", "proposal"] = "empty"
    change_id: CaseKey | None = None


class DrawingFacts(Body):
    """Another name, or another ground to work on (west, south, east, north)."""

    name: Title | None = None
    frame: Annotated[list[Degrees], Field(min_length=4, max_length=4)] | None = None


class Steps(Body):
    """How many steps to undo or redo."""

    count: Annotated[int, Field(ge=1, le=1000)] = 1


class SignOff(Body):
    """Sign a drawing off: who drew, who signs, when, and from which day it shall hold.

    `known` says that the person has seen what is still open; `outline` draws the subdistrict around the
    communities first.
    """

    drawn_by: Annotated[Line, Field(min_length=1, max_length=60)]
    signed_by: Annotated[Line, Field(min_length=1, max_length=60)]
    signed_on: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    valid_from: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    outline: bool = False
    known: bool = False
    note: Words = ""


Finite = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]


class PlacedPicture(Body):
    """Control points of a picture: column, row (pixels, from the upper left), lon, lat."""

    kind: Literal["affine", "projective"] = "affine"
    points: Annotated[list[Annotated[list[Finite], Field(min_length=4, max_length=4)]], Field(max_length=60)]

    @field_validator("points")
    @classmethod
    def _on_earth(cls, points: list[list[float]]) -> list[list[float]]:
        if any(abs(lon) > 180 or abs(lat) > 85 for _px, _py, lon, lat in points):
            raise ValueError("not a position")
        return points


class DrawingItem(BaseModel):
    """A drawing in a list. `state` is draft, signed (waits for a decision), applied or rejected."""

    id: UUID
    name: str
    state: str
    state_words: str
    communities: int
    grids: int
    area_m2: float
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime
    drawn_by: str
    signed_by: str
    signed_on: date | None
    change_id: UUID | None
    version: int


class Drawings(BaseModel):
    """All drawings, the last changed first."""

    items: list[DrawingItem]


class ZoneItem(BaseModel):
    """A zone of a drawing without its shape."""

    level: str
    code: str
    name: str
    parent: str
    leader: str
    colour: int
    area_m2: float
    parts: int


class FindingItem(BaseModel):
    """Something still open: what, whose, how large, where; `geometry` null for a zone without ground."""

    kind: str
    level: str
    words: str
    codes: list[str]
    area_m2: float
    lon: float | None
    lat: float | None
    geometry: dict[str, Any] | None


class StepItem(BaseModel):
    """A step: what was done, by whom; `done` is false after it was undone."""

    number: int
    words: str
    actor: str
    at: datetime
    done: bool


class ZoneShape(BaseModel):
    """A zone's ground as GeoJSON."""

    type: Literal["Feature"] = "Feature"
    properties: dict[str, Any]
    geometry: dict[str, Any]


class ZoneKey(BaseModel):
    """Which zone."""

    level: str
    code: str


class StepAnswer(BaseModel):
    """What a drawing is after an action: every zone, the shapes that changed, what is open, what can be undone.

    `blocks` differs whenever the blocks of streets were cut otherwise.
    """

    version: int
    zones: list[ZoneItem]
    changed: list[ZoneShape]
    removed: list[ZoneKey]
    findings: list[FindingItem]
    undo: StepItem | None
    redo: StepItem | None
    blocks: str


class PictureItem(BaseModel):
    """A picture to trace over; `fit` is null until three control points place it."""

    id: UUID
    name: str
    width_px: int
    height_px: int
    kind: str
    points: list[list[float]]
    fit: dict[str, Any] | None
    problem: str
    version: int


class DrawingDetail(DrawingItem):
    """A drawing with everything that is drawn; `frame` is the ground to work on (west, south, east, north)."""

    frame: list[float]
    editable: bool
    now: StepAnswer
    pictures: list[PictureItem]


class Blocks(BaseModel):
    """Blocks of streets as GeoJSON; `lon`, `lat` name a point inside."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    fingerprint: str
    features: list[ZoneShape]
