"""The ladder of the six small trades: fail, recheck, second failure, hand-over, outcome; the rule as one table.

::

    failed 初检不合格 ─► passed 复查合格
        └► failed_again 复查不合格 ─► passed
                └► handed_over 已移交 ─► rectified 已整改 | suspended 停业 | banned 取缔
                                            suspended ─► rectified | banned

The first three steps follow from inspections by themselves. Handing over is the office's; the outcome is
recorded by the unit that received the place, and only by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping, insert, select, update

from service.audit.trail import record
from service.cases.advancing import require_version
from service.errors import Conflict, Forbidden, NotFound, Refused
from service.store.tables import Ladder, LadderStep, Place
from service.words import tr

if TYPE_CHECKING:
    from service.auth.scope import Scope
    from service.inspections.model import NewInspection

OPEN = ("failed", "failed_again", "handed_over", "suspended")
_OFFICE = frozenset({"admin", "coordinator", "command_officer"})
_UNIT = frozenset({"unit"})
_NOBODY: frozenset[str] = frozenset()
Step = Literal["handed_over", "rectified", "suspended", "banned"]


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder; without roles it follows from an inspection."""

    source: str
    target: str
    roles: frozenset[str]
    needs_note: bool = False


RUNGS = (
    Rung("failed", "passed", _NOBODY),
    Rung("failed", "failed_again", _NOBODY),
    Rung("failed_again", "passed", _NOBODY),
    Rung("failed_again", "handed_over", _OFFICE),
    Rung("handed_over", "rectified", _UNIT),
    Rung("handed_over", "suspended", _UNIT, needs_note=True),
    Rung("handed_over", "banned", _UNIT, needs_note=True),
    Rung("suspended", "rectified", _UNIT),
    Rung("suspended", "banned", _UNIT, needs_note=True),
)


def ladder_words(state: str) -> str:
    """Return a state's name in the user's language."""
    return {
        "failed": tr("初检不合格，待复查", "failed, to be rechecked"),
        "failed_again": tr("复查仍不合格", "failed again"),
        "handed_over": tr("已移交", "handed over"),
        "passed": tr("复查合格", "passed the recheck"),
        "rectified": tr("已整改", "put right"),
        "suspended": tr("停业整顿", "suspended"),
        "banned": tr("已取缔", "closed down"),
    }.get(state, state)


def steps_of(state: str, role: str) -> tuple[str, ...]:
    """Return the steps that a role may take from a state."""
    return tuple(rung.target for rung in RUNGS if rung.source == state and role in rung.roles)


def climb(connection: Connection, batch: Sequence[NewInspection]) -> None:
    """Carry on the ladders of inspected places, in the order of the inspections."""
    places = {one.place.id for one in batch}
    if not places:
        return
    query = select(Ladder.id, Ladder.place_id, Ladder.state).where(
        Ladder.place_id.in_(places), Ladder.state.in_(OPEN)
    )
    at: dict[UUID, tuple[UUID, str]] = {
        row.place_id: (row.id, row.state) for row in connection.execute(query)
    }
    made: dict[UUID, dict[str, Any]] = {}
    moved: dict[UUID, tuple[str, datetime, int]] = {}
    steps: list[dict[str, Any]] = []
    for one in batch:
        ladder_id, state = at.get(one.place.id, (None, ""))
        target = _next(state, failed=one.failed)
        if target is None:
            continue
        if ladder_id is None:
            ladder_id = uuid4()
            made[ladder_id] = {
                "id": ladder_id, "place_id": one.place.id, "state": target, "opened_at": one.at, "updated_at": one.at,
                "version": 1,
            }  # fmt: skip
        elif ladder_id in made:
            made[ladder_id] |= {
                "state": target,
                "updated_at": one.at,
                "version": made[ladder_id]["version"] + 1,
            }
        else:
            moved[ladder_id] = (target, one.at, moved.get(ladder_id, ("", one.at, 0))[2] + 1)
        steps.append(
            {
                "ladder_id": ladder_id,
                "state": target,
                "at": one.at,
                "actor": one.inspector,
                "inspection_id": one.id,
            }
        )
        if target in OPEN:
            at[one.place.id] = (ladder_id, target)
        else:
            at.pop(one.place.id, None)
    for ladder_id, (state, when, by) in moved.items():
        connection.execute(
            update(Ladder)
            .where(Ladder.id == ladder_id)
            .values(state=state, updated_at=when, version=Ladder.version + by)
        )
    for table, rows in ((Ladder, list(made.values())), (LadderStep, steps)):
        if rows:
            connection.execute(insert(table), rows)


def _next(state: str, *, failed: bool) -> str | None:
    """Return where an inspection leads from a state ("" for no ladder), None where it changes nothing."""
    if state == "":
        return "failed" if failed else None
    if state == "failed":
        return "failed_again" if failed else "passed"
    if state == "failed_again":
        return None if failed else "passed"
    return None


def find_ladder(
    connection: Connection, ladder_id: UUID, *, scope: Scope, lock: bool = False
) -> RowMapping | None:
    """Return a ladder whose place a person may see, None when absent or invisible."""
    query = (
        select(Ladder.id, Ladder.place_id, Ladder.state, Ladder.unit, Ladder.version, Place.place_class)
        .join(Place, Place.id == Ladder.place_id)
        .where(Ladder.id == ladder_id, scope.place_filter(Place))
    )
    return connection.execute(query.with_for_update(of=Ladder) if lock else query).mappings().one_or_none()


def take_step(
    connection: Connection, ladder_id: UUID, *, target: Step, unit: str, note: str, scope: Scope, at: datetime,
    units: Sequence[str], version: int | None,
) -> None:  # fmt: skip
    """Hand a place over, or record what the receiving unit did.

    Parameters
    ----------
    units
        Units that may receive places of this class; empty: any named one.

    Raises
    ------
    NotFound, StaleVersion
        If the ladder is absent or invisible, or changed since it was read.
    Conflict
        If no such step leads from its state; the allowed ones are named.
    Forbidden
        If the role may not take the step, or the unit is not the one that received the place.
    Refused
        If a reason or the unit is missing, or the unit may not receive the place.
    """
    found = find_ladder(connection, ladder_id, scope=scope, lock=True)
    if found is None:
        raise NotFound(tr("没有这条整改记录", "no such ladder"))
    require_version(found["version"], version)
    rung = next((r for r in RUNGS if (r.source, r.target) == (found["state"], target)), None)
    if rung is None:
        allowed = [r.target for r in RUNGS if r.source == found["state"]]
        words = "、".join(ladder_words(one) for one in allowed) or tr("没有下一步", "no step")
        raise Conflict(
            tr(
                f"“{ladder_words(found['state'])}”不能直接变为“{ladder_words(target)}”；可以：{words}",
                f"{found['state']} cannot become {target}; possible: {', '.join(allowed) or 'none'}",
            ),
            fields=[("body.state", "、".join(allowed))],
        )
    if scope.role not in rung.roles or (rung.roles == _UNIT and scope.unit != found["unit"]):
        raise Forbidden(
            tr(
                "处理结果由接收单位填写，移交由办事处填写",
                "the receiving unit records outcomes, the office hands over",
            )
        )
    if rung.needs_note and not note.strip():
        raise Refused(tr("请写明依据", "give the grounds"), fields=[("body.note", tr("缺少", "missing"))])
    if target == "handed_over" and (not unit or (units and unit not in units)):
        raise Refused(
            tr("请选择接收单位", "choose the receiving unit"),
            fields=[("body.unit", "、".join(units) or tr("缺少", "missing"))],
        )
    values: dict[str, Any] = {"state": target, "updated_at": at, "version": Ladder.version + 1}
    if target == "handed_over":
        values["unit"] = unit
    connection.execute(update(Ladder).where(Ladder.id == ladder_id).values(values))
    connection.execute(
        insert(LadderStep).values(
            ladder_id=ladder_id, state=target, at=at, actor=scope.actor, note=note.strip()
        )
    )
    record(
        connection, actor=scope.actor, action="ladder_step", object_type="ladder", object_id=str(ladder_id),
        detail={"from": found["state"], "to": target},
    )  # fmt: skip
