"""What is said over HTTP about the office's own rules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from service.fields import Body, Code, Line, Words

RuleWord = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
RuleWords = Annotated[list[RuleWord], Field(max_length=60)]


class RuleBody(Body):
    """A keyword rule, or an alias when `means` is given.

    `words`: `…` is a gap of up to six characters, `{a|b}` a choice. `beside`: place groups by their name
    (工地) or words, one of which must stand in the text or the place. `kind` "" takes words away: what is
    said so is none of ours.
    """

    kind: Code = ""
    words: Annotated[RuleWords, Field(min_length=1)]
    unless: Annotated[RuleWords, Field(default_factory=list)]
    beside: Annotated[RuleWords, Field(default_factory=list)]
    means: RuleWord | Literal[""] = ""
    example: Line = ""
    sure: Literal["certain", "likely"] = "certain"
    active: bool = True


class RuleItem(BaseModel):
    """A rule as listed: who wrote it, who changed it last; `id` and times are None for shipped ones."""

    id: UUID | None
    kind: str
    kind_name: str
    command: str
    words: list[str]
    unless: list[str]
    beside: list[str]
    means: str
    example: str
    sure: str
    active: bool
    version: int
    created_by: str
    created_at: datetime | None
    changed_by: str
    changed_at: datetime | None


class Rules(BaseModel):
    """Own rules newest first, shipped ones in their order, and the names of place groups."""

    own: list[RuleItem]
    shipped: list[RuleItem]
    groups: list[str]


class TryBody(Body):
    """A text to try, with the place it is said of; `rule` is tried as if it were saved."""

    text: Words
    place: Line = ""
    place_class: Line = ""
    rule: RuleBody | None = None
    # A JSON body has no UUIDs, which strict mode would want.
    replaces: Annotated[UUID, Field(strict=False)] | None = None


class TriedKind(BaseModel):
    """A kind that a text gives: how sure, why, whose, and whether an own rule says so."""

    kind: str
    kind_name: str
    command: str
    command_name: str
    sure: str
    sure_words: str
    reason: str
    word: str
    own: bool


class Tried(BaseModel):
    """What a text gives; `before` without the rule that is being tried; `reason` where nothing is found."""

    found: list[TriedKind]
    before: list[TriedKind] | None
    reason: str
    cases: int


RowOutcome: TypeAlias = Literal["added", "changed", "same", "refused"]


class UploadedRow(BaseModel):
    """What became, or would become, of a row of a file of rules."""

    line: int
    outcome: RowOutcome
    words: str
    reason: str


class Uploaded(BaseModel):
    """The rows of a file of rules: added + changed + same + refused = rows."""

    rows: int
    added: int
    changed: int
    same: int
    refused: int
    dry_run: bool
    items: list[UploadedRow]


class CommandRow(Body):
    """An exception: this kind ("" any) at this class of place ("" any) belongs to this command."""

    kind: Code = ""
    place_class: Annotated[Line, StringConstraints(max_length=60)] = ""
    command: Annotated[Code, StringConstraints(min_length=1)]


class CommandRows(Body):
    """All exceptions in the order in which they are asked."""

    items: Annotated[list[CommandRow], Field(max_length=500)]


class Commands(BaseModel):
    """The exceptions as stored; the ETag is their state."""

    items: list[CommandRow]


class RereadItem(BaseModel):
    """An undecided case that reads differently now."""

    id: UUID
    number: int
    text: str
    place: str
    before: str
    before_sure: str
    after: list[TriedKind]


class Reread(BaseModel):
    """What reading the undecided cases anew changes; `more_cases` are opened for further kinds.

    `items` are at most 200 of the changed cases.
    """

    undecided: int
    changed: int
    more_cases: int
    still_undecided: int
    done: bool
    items: list[RereadItem]
