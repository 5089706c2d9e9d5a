"""What goes in and out over HTTP about people. First passwords are in answers only, and only once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from service.fields import Body, Code, Line

Role = Literal[
    "admin", "auditor", "coordinator", "command_officer", "community_officer", "community_leader",
    "grid_manager", "verifier", "unit", "leader", "public",
]  # fmt: skip
Level = Literal["community", "grid"]
MAX_ZONES = 200
Name = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
Phone = Annotated[Line, StringConstraints(max_length=40)]
Zones = Annotated[list[Code], Field(max_length=MAX_ZONES)]


class PersonBody(Body):
    """A new person; without `name` the login name is made of the display name."""

    display_name: Name
    role: Role
    name: Annotated[Line, StringConstraints(max_length=60)] = ""
    zones: Zones = Field(default_factory=list)
    command: Code = ""
    unit: Annotated[Line, StringConstraints(max_length=100)] = ""
    phone: Phone = ""


class PersonChange(Body):
    """What is to change of a person; fields left out stay."""

    display_name: Name | None = None
    role: Role | None = None
    zones: Zones | None = None
    command: Code | None = None
    unit: Annotated[Line, StringConstraints(max_length=100)] | None = None
    phone: Phone | None = None
    active: bool | None = None


class ResetBody(Body):
    """A new first password; `tokens` withdraws the person's tokens for programs as well."""

    tokens: bool = False


class ZoneRef(BaseModel):
    """A zone of a person; `name` is empty when the zone holds no more."""

    code: str
    name: str


class PersonItem(BaseModel):
    """A person; `phone` is masked for those who may not see it, `locked` and the like only for admins."""

    id: int
    name: str
    display_name: str
    role: str
    role_words: str
    zones: list[ZoneRef]
    command: str
    command_name: str
    unit: str
    phone: str
    active: bool
    version: int
    locked: bool | None = None
    must_change: bool | None = None
    last_login_at: datetime | None = None
    tokens: int | None = None


class People(BaseModel):
    """A page of people by id; `next` is the cursor of the following one."""

    items: list[PersonItem]
    next: int | None


class FirstPassword(BaseModel):
    """A slip: shown in this one answer, stored nowhere."""

    name: str
    display_name: str
    password: str


class PersonSaved(BaseModel):
    """A person as saved; `first_password` is null when the same request was answered before."""

    person: PersonItem
    first_password: FirstPassword | None


class HolderItem(BaseModel):
    """Who holds a duty."""

    id: int
    name: str
    role: str


class ZoneDuty(BaseModel):
    """A community or grid: the leader its border names, accounts of leaders, daily staff."""

    level: Level
    code: str
    name: str
    parent: str
    leader: str
    leaders: list[HolderItem]
    staff: list[HolderItem]


class CommandDutyItem(BaseModel):
    """A command: business leaders and daily staff."""

    code: str
    name: str
    leaders: list[HolderItem]
    staff: list[HolderItem]


class VacancyItem(BaseModel):
    """A zone or command that lacks somebody."""

    code: str
    name: str
    under: str


class DoubtItem(BaseModel):
    """An account that cannot do its duty as it stands."""

    id: int
    name: str
    about: str


class Gaps(BaseModel):
    """Who is missing (缺人)."""

    communities_without_officer: list[VacancyItem]
    communities_without_leader: list[VacancyItem]
    grids_without: list[VacancyItem]
    commands_without_officer: list[VacancyItem]
    commands_without_leader: list[VacancyItem]
    no_verifier: bool
    own_verifiers: list[DoubtItem]
    lost: list[DoubtItem]
    without_duty: list[DoubtItem]


class DutyTable(BaseModel):
    """Who answers for what today, how many people there are, and who is missing."""

    users: int
    disabled: int
    first_password: int
    never_logged_in: int
    by_role: dict[str, int]
    zones: list[ZoneDuty]
    commands: list[CommandDutyItem]
    gaps: Gaps
    complete: bool


class LeaderBody(Body):
    """Who leads a zone from today on; empty for nobody."""

    leader: Annotated[Line, StringConstraints(max_length=100)]


class LeaderSpan(BaseModel):
    """Who led from a day to a day (first day no more); `until` null is today."""

    leader: str
    since: date
    until: date | None


class ZoneLeader(BaseModel):
    """A zone's leader and those before, newest first; `version` is what If-Match names."""

    level: Level
    code: str
    name: str
    leader: str
    version: int
    history: list[LeaderSpan]
