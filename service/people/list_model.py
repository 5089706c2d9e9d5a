"""What goes in and out over HTTP when a list of people is imported."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from service.fields import Body, Line
from service.people.applying import MAX_PEOPLE, Applied
from service.people.model import FirstPassword, Role, ZoneRef
from service.people.plan_model import Answers, ListPlan, Option, Planned
from service.people.reading import PeopleList, column_words
from service.people.rules import Facts, Ground

Key = Annotated[Line, StringConstraints(max_length=200)]
Choice = Annotated[str, StringConstraints(pattern=r"^(new|skip|is:[0-9]{1,18})$")]


class ListAnswers(Body):
    """What a person decided about a list; empty means "as recognised".

    `columns` is role -> header, `duties` a duty's key -> role ("" leaves its people out), `roles` and
    `people` a person's key -> role, and `is:<id>`, `new` or `skip`. `disable` are ids of vanished people.
    """

    columns: Annotated[dict[Line, Annotated[str, Field(max_length=400)]], Field(max_length=20)] = Field(
        default_factory=dict
    )
    duties: Annotated[dict[Key, Role | Literal[""]], Field(max_length=500)] = Field(default_factory=dict)
    roles: Annotated[dict[Key, Role], Field(max_length=MAX_PEOPLE)] = Field(default_factory=dict)
    people: Annotated[dict[Key, Choice], Field(max_length=MAX_PEOPLE)] = Field(default_factory=dict)
    disable: Annotated[list[Annotated[int, Field(ge=1, le=2**62)]], Field(max_length=MAX_PEOPLE)] = Field(
        default_factory=list
    )
    leaders: bool = True

    def decided(self) -> Answers:
        """Return what planning needs of it."""
        return Answers(duties=dict(self.duties), roles=dict(self.roles), people=dict(self.people))


class OptionItem(BaseModel):
    """Somebody known already."""

    id: int
    name: str
    display_name: str
    role: str
    active: bool


class PlannedItem(BaseModel):
    """One person of the list: what would become of them, and why."""

    key: str
    lines: list[str]
    name: str
    action: Literal["add", "change", "same", "ask", "skip", "refused"]
    role: str
    zones: list[ZoneRef]
    command: str
    command_name: str
    unit: str
    phone: str
    enable: bool
    changes: dict[str, list[Any]]
    ask: str
    duty: str
    reason: str
    options: list[OptionItem]
    roles: list[str]
    unmatched: list[str]
    notes: list[str]


class DutyQuestionItem(BaseModel):
    """A duty whose role is to be decided."""

    key: str
    text: str
    suggested: str
    reason: str
    count: int
    names: list[str]


class LeaderChangeItem(BaseModel):
    """A community that would get another leader's name."""

    code: str
    name: str
    before: str
    after: str


class RefusedLine(BaseModel):
    """A line of the list that names nobody."""

    sheet: str
    line: int
    reason: str


class ColumnItem(BaseModel):
    """A role that a column may play, and which header plays it ("" none)."""

    role: str
    words: str
    header: str


class PeoplePreview(BaseModel):
    """What a list would change; nothing is written. `digest` goes back with the import."""

    upload: str
    file_name: str
    lines: int
    columns: list[ColumnItem]
    header: list[str]
    people: list[PlannedItem]
    duties: list[DutyQuestionItem]
    vanished: list[OptionItem]
    leaders: list[LeaderChangeItem]
    refused: list[RefusedLine]
    counts: dict[str, int]
    digest: str


class PeopleImported(BaseModel):
    """What was written; the slips are in this answer only, `first_passwords` is null when it is given again."""

    added: int
    changed: int
    same: int
    left: int
    disabled: int
    leaders: int
    first_passwords: list[FirstPassword] | None


def people_preview(upload: str, found: PeopleList, plan: ListPlan, ground: Ground) -> PeoplePreview:
    """Return a plan as the page shows it."""
    return PeoplePreview(
        upload=upload,
        file_name=found.name,
        lines=plan.lines,
        columns=[
            ColumnItem(role=role, words=words, header=found.columns.get(role, ""))
            for role, words in column_words().items()
        ],
        header=list(found.header),
        people=[planned_item(one, ground) for one in plan.people],
        duties=[DutyQuestionItem.model_validate(one, from_attributes=True) for one in plan.duties],
        vanished=[option_item(one) for one in plan.vanished],
        leaders=[LeaderChangeItem.model_validate(one, from_attributes=True) for one in plan.leaders],
        refused=[RefusedLine(sheet=sheet, line=line, reason=why) for sheet, line, why in plan.refused],
        counts={action: plan.count(action) for action in ("add", "change", "same", "ask", "skip", "refused")},
        digest=plan.digest,
    )


def planned_item(one: Planned, ground: Ground) -> PlannedItem:
    """Return one person of a plan."""
    facts = one.facts or Facts(one.name, "")
    return PlannedItem(
        key=one.key, lines=[f"{sheet}:{line}" for sheet, line in one.lines], name=one.name, action=one.action,
        role=facts.role, zones=[ZoneRef(code=code, name=ground.zone_name(code)) for code in facts.zones],
        command=facts.command, command_name=ground.commands.get(facts.command, ""), unit=facts.unit,
        phone=facts.phone, enable=one.enable,
        changes={name: [_shown(value, ground) for value in pair] for name, pair in one.changes.items()},
        ask=one.ask, duty=one.duty, reason=one.reason, options=[option_item(each) for each in one.options],
        roles=list(one.roles), unmatched=list(one.unmatched), notes=list(one.notes),
    )  # fmt: skip


def _shown(value: Any, ground: Ground) -> Any:
    return [ground.zone_name(code) or code for code in value] if isinstance(value, tuple) else value


def option_item(one: Option) -> OptionItem:
    """Return somebody known already."""
    return OptionItem(
        id=one.id, name=one.name, display_name=one.display_name, role=one.role, active=one.active
    )


def imported(done: Applied, names: dict[int, str]) -> PeopleImported:
    """Return what was written, slips included; `names` are the display names of the new people."""
    slips = [
        FirstPassword(name=one.name, display_name=names.get(one.id, one.name), password=one.password)
        for one in done.added
    ]
    return PeopleImported(
        added=len(done.added), changed=done.changed, same=done.same, left=done.left, disabled=done.disabled,
        leaders=done.leaders, first_passwords=slips,
    )  # fmt: skip
