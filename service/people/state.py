"""How far an office is with its people: how many, in which roles, and which duties nobody has (缺人).

For the page `/people` and the set-up wizard; facts only, the words are theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from service.clock import office_day
from service.people.duties import CommandDuty, CommunityDuty, Duties, GridDuty, find_duties
from service.store.tables import ROLES, User

if TYPE_CHECKING:
    from geodata.kinds import KindTable
    from service.deps import Service


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A community, grid or command that lacks somebody; `under` is a grid's community."""

    code: str
    name: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """An account that cannot do its duty as it stands; `about` names the unit or the zone codes."""

    id: int
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class PeopleState:
    """The facts.

    `users` counts active accounts of persons (without public ones), `by_role` the same by role, all
    roles named. `own_verifiers` are verifiers of a unit that itself rectifies; `lost` are people all of
    whose zones hold no more; `without_duty` those whose role needs a zone, command or unit they lack.
    """

    users: int
    disabled: int
    by_role: Mapping[str, int]
    communities_without_officer: tuple[Vacancy, ...]
    communities_without_leader: tuple[Vacancy, ...]
    grids_without: tuple[Vacancy, ...]
    commands_without_officer: tuple[Vacancy, ...]
    commands_without_leader: tuple[Vacancy, ...]
    no_verifier: bool
    own_verifiers: tuple[Doubtful, ...]
    lost: tuple[Doubtful, ...]
    without_duty: tuple[Doubtful, ...]
    first_password: int
    never_logged_in: int

    @property
    def communities_without(self) -> tuple[Vacancy, ...]:
        """Return the communities that lack an officer or a leader, by code."""
        found = {v.code: v for v in (*self.communities_without_officer, *self.communities_without_leader)}
        return tuple(found[code] for code in sorted(found))

    @property
    def commands_without(self) -> tuple[Vacancy, ...]:
        """Return the commands that lack an officer or a business leader, by code."""
        found = {v.code: v for v in (*self.commands_without_officer, *self.commands_without_leader)}
        return tuple(found[code] for code in sorted(found))

    @property
    def only_admins(self) -> bool:
        """Return whether nobody but administrators was entered yet."""
        return self.users == self.by_role["admin"]

    @property
    def complete(self) -> bool:
        """Return whether every duty has somebody and no account is doubtful."""
        return not (
            self.communities_without or self.grids_without or self.commands_without or self.no_verifier
            or self.own_verifiers or self.lost or self.without_duty
        )  # fmt: skip


def people_state(connection: Connection, service: Service) -> PeopleState:
    """Return how far the office is with its people, on the office's day."""
    return find_people_state(connection, kinds=service.kinds, today=office_day(service.clock.now()))


def find_people_state(connection: Connection, *, kinds: KindTable, today: date) -> PeopleState:
    """Return the facts of a day, from the store alone."""
    duties = find_duties(connection, kinds=kinds, today=today)
    counts = Counter(one.role for one in duties.holders)
    human = User.role != "public"
    row = connection.execute(
        select(
            func.count().filter(~User.active).label("disabled"),
            func.count().filter(User.active, User.must_change).label("first_password"),
            func.count().filter(User.active, User.last_login_at.is_(None)).label("never"),
        ).where(human)
    ).one()
    return PeopleState(
        users=len(duties.holders), disabled=row.disabled, by_role={role: counts[role] for role in ROLES},
        communities_without_officer=_vacant([one for one in duties.communities if not one.officers]),
        communities_without_leader=_vacant(
            [one for one in duties.communities if not one.leader.strip() and not one.leaders]
        ),
        grids_without=tuple(Vacancy(g.code, g.name, g.community) for g in duties.grids if not g.managers),
        commands_without_officer=_vacant([one for one in duties.commands if not one.officers]),
        commands_without_leader=_vacant([one for one in duties.commands if not one.leaders]),
        no_verifier=not counts["verifier"], own_verifiers=_own_verifiers(duties), lost=_lost(duties),
        without_duty=_without_duty(duties), first_password=row.first_password, never_logged_in=row.never,
    )  # fmt: skip


def _vacant(found: Sequence[CommunityDuty | CommandDuty | GridDuty]) -> tuple[Vacancy, ...]:
    return tuple(Vacancy(one.code, one.name) for one in found)


def _own_verifiers(duties: Duties) -> tuple[Doubtful, ...]:
    """Return verifiers whose unit has people who rectify: nobody verifies their own work."""
    rectifying = {one.unit.strip() for one in duties.holders if one.role == "unit"} - {""}
    return tuple(
        Doubtful(one.id, one.name, one.unit)
        for one in duties.holders
        if one.role == "verifier" and one.unit.strip() in rectifying
    )


def _lost(duties: Duties) -> tuple[Doubtful, ...]:
    held = {one.code for one in duties.communities} | {one.code for one in duties.grids}
    return tuple(
        Doubtful(one.id, one.name, "、".join(sorted(one.codes)))
        for one in duties.holders
        if one.codes and not one.codes & held
    )


def _without_duty(duties: Duties) -> tuple[Doubtful, ...]:
    def lacks(role: str, *, zones: bool, command: bool, unit: bool) -> bool:
        if role in ("grid_manager", "community_officer", "community_leader"):
            return not zones
        return (role == "command_officer" and not command) or (role == "unit" and not unit)

    return tuple(
        Doubtful(one.id, one.name, one.role)
        for one in duties.holders
        if lacks(one.role, zones=bool(one.codes), command=bool(one.command), unit=bool(one.unit.strip()))
    )
