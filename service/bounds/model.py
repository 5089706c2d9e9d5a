"""What the API of bounds accepts and answers; positions are lon, lat in EPSG:4326, areas m²."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from service.fields import Body, Line, Words

MAX_ROWS = 200
Side = Annotated[Words, Field(max_length=500)]
Name = Annotated[Line, Field(max_length=60)]


class BoundsLine(Body):
    """One community and what lies on its four sides; a blank code is made up."""

    name: Name
    code: Annotated[str, StringConstraints(pattern=r"^[\w.+:-]{0,40}$")] = ""
    east: Side = ""
    south: Side = ""
    west: Side = ""
    north: Side = ""


class BoundsTable(Body):
    """The whole table; `prefix` is the subdistrict's statistical code (9 or 12 digits), if known."""

    rows: Annotated[list[BoundsLine], Field(min_length=1, max_length=MAX_ROWS)]
    prefix: Annotated[str, StringConstraints(pattern=r"^([0-9]{9}([0-9]{3})?)?$")] = ""


class ReadTable(BaseModel):
    """An uploaded table as it was understood."""

    rows: list[BoundsLine]


class SideOutcome(BaseModel):
    """What came of one name on one side."""

    side: Literal["E", "S", "W", "N"]
    side_words: str
    text: str
    status: str
    status_words: str
    words: str


class RowOutcome(BaseModel):
    """What came of one community: closed, or what to do."""

    name: str
    code: str
    closed: bool
    area_m2: float
    problems: list[str]
    sides: list[SideOutcome]


class BoundsFeature(BaseModel):
    """Something to draw: `role` is closed, open (lines of what does not close) or added (bridged, prolonged)."""

    type: Literal["Feature"] = "Feature"
    properties: dict[str, Any]
    geometry: dict[str, Any]


class BoundsAnswer(BaseModel):
    """The table, what came of it, and the drawing that keeps it; `defects` are overlaps and gaps in words."""

    drawing_id: UUID
    version: int
    signed: bool
    rows: list[BoundsLine]
    prefix: str
    closed: int
    outcomes: list[RowOutcome]
    defects: list[str]
    features: list[BoundsFeature]
