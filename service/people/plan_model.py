"""What passes between reading a list of people, planning and writing it; frozen values, no behaviour."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from service.people.rules import Facts

Action = Literal["add", "change", "same", "ask", "skip", "refused"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person decided about a list.

    `duties` is a duty's key -> role ("" leaves its people out), `roles` a row's key -> role where its
    lines have several, `people` a row's key -> `is:<id>`, `new` or `skip`.
    """

    duties: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """Somebody already known who may be meant."""

    id: int
    name: str
    display_name: str
    role: str
    active: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """One person of the list and what would become of them.

    `key` names the person in answers; `changes` is field -> (before, after); `unmatched` are the texts
    of zones and commands that name none; `ask` says what is to be decided: duty, role or person.
    """

    key: str
    lines: tuple[tuple[str, int], ...]
    name: str
    action: Action
    facts: Facts | None = None
    person_id: int | None = None
    version: int | None = None
    enable: bool = False
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    ask: Literal["", "duty", "role", "person"] = ""
    duty: str = ""
    reason: str = ""
    options: tuple[Option, ...] = ()
    roles: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyQuestion:
    """A duty whose role is unclear; `suggested` may be empty, `names` are the first people who have it."""

    key: str
    text: str
    suggested: str
    reason: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaderChange:
    """A community whose border would name another leader."""

    code: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Everything a list would change, and what has to be decided first."""

    people: tuple[Planned, ...]
    duties: tuple[DutyQuestion, ...]
    vanished: tuple[Option, ...]
    leaders: tuple[LeaderChange, ...]
    refused: tuple[tuple[str, int, str], ...]
    lines: int

    def count(self, action: Action) -> int:
        """Return how many people an action befalls."""
        return sum(one.action == action for one in self.people)

    @property
    def digest(self) -> str:
        """Return a hash of what would be written: what was shown is what is done."""
        facts = [
            [one.key, one.action, one.person_id, one.enable, repr(one.facts)] for one in self.people
        ]  # fmt: skip
        rest = [[one.code, one.before, one.after] for one in self.leaders], [one.id for one in self.vanished]
        return hashlib.sha256(json.dumps([facts, *rest], ensure_ascii=False).encode()).hexdigest()
