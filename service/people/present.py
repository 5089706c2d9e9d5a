"""People and duties as they leave the service: telephones masked for those who may not see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import RowMapping

from service.auth.names import mask_phone
from service.auth.scope import Scope, role_words, zone_codes_of
from service.people.duties import Duties, Holder
from service.people.model import (
    CommandDutyItem,
    DoubtItem,
    DutyTable,
    Gaps,
    HolderItem,
    PersonItem,
    VacancyItem,
    ZoneDuty,
    ZoneRef,
)
from service.people.rules import Ground
from service.people.state import Doubtful, PeopleState, Vacancy

_SEES_PHONES = frozenset({"admin", "coordinator"})


def sees_phones(scope: Scope) -> bool:
    """Return whether this person sees telephone numbers in full."""
    return scope.role in _SEES_PHONES


def person_item(row: RowMapping, *, scope: Scope, ground: Ground) -> PersonItem:
    """Return a person as this reader may see them."""
    command = row["command"] or ""
    item = PersonItem(
        id=row["id"], name=row["name"], display_name=row["display_name"], role=row["role"],
        role_words=role_words(row["role"]),
        zones=[ZoneRef(code=code, name=ground.zone_name(code)) for code in zone_codes_of(row["zone_code"])],
        command=command, command_name=ground.commands.get(command, ""), unit=row["unit"] or "",
        phone=row["phone"] if sees_phones(scope) else mask_phone(row["phone"]),
        active=row["active"], version=row["version"],
    )  # fmt: skip
    if not scope.may("users"):
        return item
    # The machine's clock: locks are counted by it, also where a demo's clock stands still.
    locked = row["locked_until"] is not None and row["locked_until"] > datetime.now(UTC)
    return item.model_copy(
        update={
            "locked": locked, "must_change": row["must_change"], "last_login_at": row["last_login_at"],
            "tokens": row["tokens"],
        }
    )  # fmt: skip


def duty_table(duties: Duties, state: PeopleState) -> DutyTable:
    """Return who answers for what, and who is missing."""
    zones = [
        ZoneDuty(
            level="community", code=one.code, name=one.name, parent="", leader=one.leader,
            leaders=_holders(one.leaders), staff=_holders(one.officers),
        )
        for one in duties.communities
    ]  # fmt: skip
    zones += [
        ZoneDuty(
            level="grid", code=grid.code, name=grid.name, parent=grid.community, leader="", leaders=[],
            staff=_holders(grid.managers),
        )
        for grid in duties.grids
    ]  # fmt: skip
    return DutyTable(
        users=state.users, disabled=state.disabled, first_password=state.first_password,
        never_logged_in=state.never_logged_in, by_role=dict(state.by_role), zones=zones,
        commands=[
            CommandDutyItem(code=c.code, name=c.name, leaders=_holders(c.leaders), staff=_holders(c.officers))
            for c in duties.commands
        ],
        gaps=gaps_of(state), complete=state.complete,
    )  # fmt: skip


def gaps_of(state: PeopleState) -> Gaps:
    """Return who is missing."""
    return Gaps(
        communities_without_officer=_vacancies(state.communities_without_officer),
        communities_without_leader=_vacancies(state.communities_without_leader),
        grids_without=_vacancies(state.grids_without),
        commands_without_officer=_vacancies(state.commands_without_officer),
        commands_without_leader=_vacancies(state.commands_without_leader),
        no_verifier=state.no_verifier,
        own_verifiers=_doubts(state.own_verifiers),
        lost=_doubts(state.lost),
        without_duty=_doubts(state.without_duty),
    )


def _holders(found: Iterable[Holder]) -> list[HolderItem]:
    return [HolderItem(id=one.id, name=one.name, role=one.role) for one in found]


def _vacancies(found: Iterable[Vacancy]) -> list[VacancyItem]:
    return [VacancyItem(code=one.code, name=one.name, under=one.under) for one in found]


def _doubts(found: Iterable[Doubtful]) -> list[DoubtItem]:
    return [DoubtItem(id=one.id, name=one.name, about=one.about) for one in found]
