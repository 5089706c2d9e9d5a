"""Who answers for each community, grid and command, from the accounts and the zones in force.

===================  ==========================================================================
duty                 whose it is
===================  ==========================================================================
grid                 active `grid_manager` with the grid's code
community, daily     active `community_officer` with the community's code
community, leader    the zone's leader (分包社区领导), or an active `community_leader` or `leader` with
                     the community's code
command, daily       active `command_officer` of the command
command, leader      active `leader` with the command's code (业务分管领导)
===================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from service.auth.scope import zone_codes_of
from service.clock import office_day
from service.setup.queries import in_force
from service.store.tables import User, Zone

if TYPE_CHECKING:
    from geodata.kinds import KindTable
    from service.deps import Service


@dataclass(frozen=True, slots=True)
class Holder:
    """An active account: `name` as people call it, `codes` of its zones."""

    id: int
    name: str
    role: str
    codes: frozenset[str]
    command: str
    unit: str


@dataclass(frozen=True, slots=True)
class GridDuty:
    """A grid and its managers."""

    code: str
    name: str
    community: str
    managers: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class CommunityDuty:
    """A community: the name its border carries as leader, accounts of leaders, daily staff, grids."""

    code: str
    name: str
    leader: str
    leaders: tuple[Holder, ...]
    officers: tuple[Holder, ...]
    grids: tuple[GridDuty, ...]


@dataclass(frozen=True, slots=True)
class CommandDuty:
    """A command: its business leaders and daily staff."""

    code: str
    name: str
    leaders: tuple[Holder, ...]
    officers: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class Duties:
    """All duties of a day; `odd_grids` have no community in force above them."""

    communities: tuple[CommunityDuty, ...]
    odd_grids: tuple[GridDuty, ...]
    commands: tuple[CommandDuty, ...]
    holders: tuple[Holder, ...]

    @property
    def grids(self) -> tuple[GridDuty, ...]:
        """Return all grids."""
        return (*(grid for one in self.communities for grid in one.grids), *self.odd_grids)


def duties_of(connection: Connection, service: Service) -> Duties:
    """Return who answers for what on the office's day."""
    return find_duties(connection, kinds=service.kinds, today=office_day(service.clock.now()))


def find_duties(connection: Connection, *, kinds: KindTable, today: date) -> Duties:
    """Return who answers for what on a day; an office without zones or people has empty duties."""
    holders = tuple(_holders(connection))
    query = (
        select(Zone.level, Zone.code, Zone.name, Zone.parent_code, Zone.leader)
        .where(Zone.level.in_(("community", "grid")), in_force(Zone, today))
        .order_by(Zone.code)
    )
    zones = connection.execute(query).all()
    grids = [
        GridDuty(z.code, z.name, z.parent_code or "", _with_code(holders, z.code, "grid_manager"))
        for z in zones
        if z.level == "grid"
    ]
    communities = tuple(
        CommunityDuty(
            z.code, z.name, z.leader, _with_code(holders, z.code, "community_leader", "leader"),
            _with_code(holders, z.code, "community_officer"), tuple(g for g in grids if g.community == z.code),
        )
        for z in zones
        if z.level == "community"
    )  # fmt: skip
    above = {one.code for one in communities}
    commands = tuple(
        CommandDuty(
            c.code, c.name, _of_command(holders, c.code, "leader"), _of_command(holders, c.code, "command_officer")
        )
        for c in kinds.commands
    )  # fmt: skip
    return Duties(communities, tuple(g for g in grids if g.community not in above), commands, holders)


def _holders(connection: Connection) -> Iterable[Holder]:
    query = (
        select(User.id, User.display_name, User.role, User.zone_code, User.command, User.unit)
        .where(User.active, User.role != "public")
        .order_by(User.display_name, User.id)
    )
    for row in connection.execute(query):
        codes = frozenset(zone_codes_of(row.zone_code))
        yield Holder(row.id, row.display_name, row.role, codes, row.command or "", row.unit or "")


def _with_code(holders: Sequence[Holder], code: str, *roles: str) -> tuple[Holder, ...]:
    return tuple(one for one in holders if one.role in roles and code in one.codes)


def _of_command(holders: Sequence[Holder], code: str, role: str) -> tuple[Holder, ...]:
    return tuple(one for one in holders if one.role == role and one.command == code)
