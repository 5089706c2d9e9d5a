"""What the API accepts and says of moving a case or a place. Positions in EPSG:4326, lengths in metres."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from service.fields import Body, Words
from service.moving.choosing import PositionChoice


def _not_blank(text: str) -> str:
    if len(text.strip()) < 2:
        raise ValueError("too short")
    return text.strip()


Reason = Annotated[Words, StringConstraints(min_length=2, max_length=500), AfterValidator(_not_blank)]


class MovePreview(PositionChoice):
    """A position to try out; `listed`: where the last list puts a place that a person moved."""

    listed: bool = False

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """Return the fields of which one must be given."""
        return ("choose", "pin", "line", "listed")


class MoveOrder(MovePreview):
    """A move. `learn`: the same text is placed there from now on; `also`: all others with this text move too."""

    reason: Reason
    learn: bool = True
    also: bool = False


class UndoOrder(Body):
    """Take the last move back; `together`: of all records that moved with it."""

    reason: Annotated[Words, StringConstraints(max_length=500)] = ""
    together: bool = True


class Spot(BaseModel):
    """A position as it is told: empty when not placed. `lon`, `lat`: a point that stands for it."""

    lon: float | None
    lat: float | None
    placement: str
    community: str
    community_name: str
    grid: str
    grid_name: str


class Part(BaseModel):
    """The metres of a line in one community; code "" outside."""

    code: str
    name: str
    length_m: float


class Twin(BaseModel):
    """Another record with the same location text; `distance_m` to the new position, None when not placed."""

    record: Literal["case", "place"]
    id: UUID
    number: int | None
    words: str
    placement: str
    community_name: str
    distance_m: float | None


class Lesson(BaseModel):
    """A text that would be learned; `others`: how many other records have it, `known`: an alias stands."""

    text: str
    others: int
    known: bool


class Previewed(BaseModel):
    """What a move would do. `leaves`: this person would not see the record any more.

    `learn` is what to choose when nobody says otherwise: False where other records with the text stay elsewhere.
    """

    words: str
    warnings: list[str]
    distance_m: float | None
    length_m: float
    before: Spot
    after: Spot
    command: str
    command_name: str
    parts: list[Part]
    near_border: bool
    outside: bool
    leaves: bool
    twins: list[Twin]
    twin_count: int
    lessons: list[Lesson]
    learn: bool


class MoveView(BaseModel):
    """A line of a record's history; `learned` texts; `together`: how many records moved by this decision."""

    id: UUID
    at: datetime
    actor: str
    actor_name: str
    cause: str
    cause_words: str
    reason: str
    distance_m: float | None
    before: Spot
    after: Spot
    learned: list[str]
    together: int
    undone: bool
    undoes: UUID | None
    can_undo: bool


class Moves(BaseModel):
    """A record's moves, newest first."""

    items: list[MoveView]


class MovedRecord(BaseModel):
    """A record that moved, and its move."""

    record: Literal["case", "place"]
    id: UUID
    move: UUID


class Moved(BaseModel):
    """What a move or its undoing did; `visible`: this person still sees the record; `version`: its own now."""

    record: Literal["case", "place"]
    id: UUID
    version: int
    visible: bool
    words: str
    moved: list[MovedRecord]
    learned: list[str]
    forgotten: list[str]
    kept: Annotated[int, Field(description="一并撤销时，之后又变过、没有动的记录数")] = 0
