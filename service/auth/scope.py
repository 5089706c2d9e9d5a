"""What a person may see and do: the only place that knows roles, zones and commands.

`Scope.case_filter(Case)` is a SQL condition that every query on cases carries — lists, counts,
tiles, heat, exports — so that what is invisible is absent everywhere and answered with 404.

=================  =============================================  =====================================
role               sees the cases                                 may
=================  =============================================  =====================================
admin              all                                            everything
coordinator        all                                            import, undo, place, export, advance
auditor            all                                            export, read the audit trail
leader             all                                            export
verifier           all                                            advance
command_officer    of the own command                             place, export, advance
community_*        with a share in the own community              place, export, advance
grid_manager       with a share in an own grid                    report, advance
unit               of the own unit                                advance
public             that are placed; without personal data         look only
=================  =============================================  =====================================

Rules for kinds (类别规则): admin and coordinator edit; who may place may choose a case's kind.

Changes of borders (边界方案): admin and coordinator propose and decide; auditor, leader, command_officer and
community_* see proposals, each with the cases they may see; to everybody else there are none.

People (人员): admin edits (`users`); coordinator, auditor and leader see names and duties (`see_people`),
telephones in full only admin and coordinator.

"With a share" follows lines over borders; what lies near a border, within its own uncertainty, is seen
from both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, exists, false, func, or_, select, true
from sqlalchemy.orm import aliased

from service.errors import Forbidden
from service.moving.past import corrected_since, owner_before
from service.store.tables import Case, Ladder, Place, Zone, ZoneShare
from service.words import tr

Action = Literal[
    "report", "import", "place", "export", "advance", "audit", "users",
    "see_borders", "propose_borders", "decide_borders", "edit_kinds", "inspect", "keep_register", "rounds",
    "see_people", "set_up",
]  # fmt: skip

_EVERYTHING: frozenset[Action] = frozenset(get_args(Action))
MAY: dict[str, frozenset[Action]] = {
    "admin": _EVERYTHING,
    "coordinator": frozenset(
        {
            "report",
            "import",
            "place",
            "export",
            "advance",
            "see_borders",
            "propose_borders",
            "decide_borders",
            "edit_kinds",
            "inspect",
            "keep_register",
            "rounds",
            "see_people",
        }
    ),
    "auditor": frozenset({"export", "audit", "see_borders", "see_people"}),
    "leader": frozenset({"export", "see_borders", "see_people"}),
    "verifier": frozenset({"advance", "inspect"}),
    "command_officer": frozenset(
        {"report", "place", "export", "advance", "see_borders", "inspect", "keep_register", "rounds"}
    ),
    "community_officer": frozenset(
        {"report", "place", "export", "advance", "see_borders", "inspect", "keep_register"}
    ),
    "community_leader": frozenset({"export", "see_borders"}),
    "grid_manager": frozenset({"report", "advance", "inspect"}),
    "unit": frozenset({"advance"}),
    "public": frozenset({"export"}),
}
# The least distance at which a case near a border is seen from the other side, metres.
BORDER_REACH_M = 15.0
_SEES_ALL = frozenset({"admin", "coordinator", "auditor", "leader", "verifier"})


def zone_codes_of(zone_code: str | None) -> tuple[str, ...]:
    """Return the codes of a user's zones, which the store keeps in one text."""
    folded = (zone_code or "").replace("、", ",").replace(" ", ",")
    return tuple(part for part in folded.split(",") if part)


def role_words(role: str) -> str:
    """Return a role's name in the user's language."""
    return {
        "admin": tr("系统管理员", "administrator"),
        "auditor": tr("审计员", "auditor"),
        "coordinator": tr("双迎办（调度）", "coordinator"),
        "command_officer": tr("指挥部工作人员", "command officer"),
        "community_officer": tr("社区工作人员", "community officer"),
        "community_leader": tr("分包社区领导", "community leader"),
        "grid_manager": tr("网格员", "grid manager"),
        "verifier": tr("核查员", "verifier"),
        "unit": tr("责任单位", "responsible unit"),
        "leader": tr("办事处领导", "leader"),
        "public": tr("公众", "public"),
    }.get(role, role)


@dataclass(frozen=True, slots=True)
class Scope:
    """The person behind a request; `zone_codes` are the own communities or grids.

    `must_change`: logged in by a password that somebody else knows; only changing it is open to them.
    """

    role: str
    name: str = ""
    display_name: str = ""
    user_id: int | None = None
    zone_codes: tuple[str, ...] = ()
    command: str | None = None
    unit: str | None = None
    must_change: bool = False

    @property
    def is_public(self) -> bool:
        """Return whether nobody is logged in, or a public account is: no personal data."""
        return self.role == "public"

    @property
    def actor(self) -> str:
        """Return the name that events and the audit trail carry."""
        return self.name or "public"

    def as_office(self) -> Scope:
        """Return the same person seeing everything, to show what they themselves just saved."""
        return replace(self, role="admin")

    def may(self, action: Action) -> bool:
        """Return whether the role allows an action."""
        return action in MAY.get(self.role, frozenset())

    def require(self, action: Action) -> None:
        """Raise `Forbidden` unless the role allows an action."""
        if not self.may(action):
            raise Forbidden(
                tr(f"{role_words(self.role)}不能做这项操作", f"the role {self.role} may not do this")
            )

    def case_filter(self, case: type[Case] | Any = Case) -> ColumnElement[bool]:
        """Return the condition that keeps the cases this person may see."""
        if self.role in _SEES_ALL:
            return true()
        if self.role == "command_officer":
            return case.command == self.command if self.command else false()
        if self.role in ("community_officer", "community_leader"):
            return _has_share(case, "community", self.zone_codes)
        if self.role == "grid_manager":
            return _has_share(case, "grid", self.zone_codes)
        if self.role == "unit":
            return case.unit == self.unit if self.unit else false()
        if self.is_public:
            return case.placement == "located"
        return false()

    def case_filter_at(self, moment: datetime) -> ColumnElement[bool]:
        """Return the condition that keeps the cases this person saw at a moment, for reports of the past.

        What was moved since is theirs whose it was then: see `service.moving.past`.
        """
        if self.is_public:
            return or_(self.case_filter(Case), corrected_since(moment))
        if self.role not in ("community_officer", "community_leader", "grid_manager"):
            return self.case_filter(Case)
        seen_by = owner_before(moment, "seen_by").scalar_subquery()
        stayed = and_(seen_by.is_(None), self.case_filter(Case))
        return or_(stayed, func.jsonb_exists_any(seen_by, _array(self.zone_codes)))

    def place_filter(self, place: type[Place] | Any = Place) -> ColumnElement[bool]:
        """Return the condition that keeps the register's places this person may see."""
        if self.role in _SEES_ALL or self.role == "command_officer":
            return true()
        if self.role in ("community_officer", "community_leader"):
            return place.community_code.in_(self.zone_codes)
        if self.role == "grid_manager":
            return place.grid_code.in_(self.zone_codes)
        if self.role == "unit":
            # Its own places, and those that were handed over to it.
            # An alias: the query around may itself be of ladders.
            held = aliased(Ladder, name="held")
            handed = exists(select(held.id).where(held.place_id == place.id, held.unit == self.unit))
            return or_(place.unit == self.unit, handed) if self.unit else false()
        return place.placement == "located" if self.is_public else false()

    def zone_filter(self, zone: type[Zone] | Any = Zone) -> ColumnElement[bool]:
        """Return the condition that keeps the zones this person may see: borders are no secret."""
        return zone.id.is_not(None)


def _array(codes: tuple[str, ...]) -> ColumnElement[Any]:
    return cast(list(codes), ARRAY(Text))


def _has_share(case: Any, level: str, codes: tuple[str, ...]) -> ColumnElement[bool]:
    if not codes:
        return false()
    # Index ix_zone_shares_case_id; the plain columns catch cases whose shares are not cut yet.
    column = case.community_code if level == "community" else case.grid_code
    share = exists(
        select(ZoneShare.id).where(
            ZoneShare.case_id == case.id, ZoneShare.level == level, ZoneShare.zone_code.in_(codes)
        )
    )
    return or_(column.in_(codes), share, _may_lie_in(case, level, codes))


def _may_lie_in(case: Any, level: str, codes: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition for cases near a border whose uncertainty reaches into a zone."""
    # `near_border` is tested first and true for few, so the distance is computed for few.
    reach_m = func.greatest(func.coalesce(case.uncertainty_m, 0.0), BORDER_REACH_M)
    near = exists(
        select(Zone.id).where(
            Zone.level == level,
            Zone.code.in_(codes),
            Zone.valid_to.is_(None),
            func.ST_DWithin(Zone.shape, case.shape, reach_m),
        )
    )
    return and_(case.near_border, near)


PUBLIC = Scope(role="public")
