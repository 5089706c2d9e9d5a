"""A person decides about proposed borders; what was accepted is carried out on its day, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from service.audit.trail import record
from service.auth.scope import Scope
from service.borders.carrying_out import carry_out, effect_at
from service.borders.current import OfficeZones, change_borders
from service.borders.moving import Effect
from service.borders.queries import (
    find_change,
    find_rival,
    update_change,
)
from service.cases.advancing import require_version
from service.clock import Clock, office_day
from service.errors import Conflict, NotFound, Refused, StaleVersion
from service.words import tr

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person decided: `keep` is case id -> why it stays with its old owner.

    `seen` is the fingerprint of the list the person saw, "" when they rely on the list of this moment.
    """

    decision: Literal["accept", "reject"]
    keep: Mapping[UUID, str] = field(default_factory=dict)
    note: str = ""
    seen: str = ""


def decide(
    connection: Connection,
    change_id: UUID,
    ruling: Ruling,
    *,
    scope: Scope,
    zones: OfficeZones,
    clock: Clock,
    version: int | None,
) -> None:
    """Accept or reject proposed borders; accepted ones whose day has come are carried out at once.

    Raises
    ------
    NotFound
        If there is no such proposal.
    StaleVersion
        If somebody decided meanwhile, or the list of cases is no longer the one that was seen.
    Conflict
        If it was decided before, other borders were accepted for the same day, the borders do not fit
        any more, or a case to be kept does not move.
    Refused
        If a reason is missing, or a case cannot stay because its zone ends.
    """
    scope.require("decide_borders")
    if ruling.decision == "accept":
        # Before any row: who places cases holds this first as well.
        change_borders(connection)
    change = find_change(connection, change_id, lock=True)
    if change is None:
        raise NotFound(tr("没有这份边界方案", "no such proposal"))
    require_version(change["version"], version)
    if ruling.decision == "reject":
        _reject(connection, change, ruling, scope=scope, now=clock.now())
        return
    _require_state(change, ("proposed",))
    _accept(connection, change, ruling, scope=scope, zones=zones, now=clock.now())


def _require_state(change: RowMapping, states: tuple[str, ...]) -> None:
    if change["state"] not in states:
        words = tr(
            f"这份方案已由 {change['decided_by']} 决定，不能再改",
            f"{change['decided_by']} decided about this proposal; it stays so",
        )
        raise Conflict(words)


def _reject(
    connection: Connection, change: RowMapping, ruling: Ruling, *, scope: Scope, now: datetime
) -> None:
    # What waits for its day can still be withdrawn.
    _require_state(change, ("proposed", "accepted"))
    if not ruling.note.strip():
        raise Refused(
            tr("请写明不采用的理由", "say why it is rejected"), fields=[("body.note", tr("缺少", "missing"))]
        )
    update_change(
        connection, change["id"], state="rejected", note=ruling.note.strip(), decided_by=scope.actor, decided_at=now
    )  # fmt: skip
    record(
        connection, actor=scope.actor, action="borders_rejected", object_type="border_change",
        object_id=str(change["id"]), detail={"from": change["state"]},
    )  # fmt: skip


def _accept(
    connection: Connection,
    change: RowMapping,
    ruling: Ruling,
    *,
    scope: Scope,
    zones: OfficeZones,
    now: datetime,
) -> None:
    if (
        find_rival(
            connection,
            valid_from=change["valid_from"],
            change_id=change["id"],
            proposed_at=change["proposed_at"],
        )
        is not None
    ):
        raise Conflict(
            tr(
                f"已有另一份方案从 {change['valid_from']} 起生效；请换一个日期",
                f"other borders were accepted for {change['valid_from']}; choose another day",
            )
        )
    today = office_day(now)
    effect = effect_at(connection, change, zones=zones, today=today)
    if ruling.seen and ruling.seen != effect.fingerprint:
        raise StaleVersion(
            tr(
                "要移交的案件有变化（有人办结、改了位置或新报了案件），请看过新的清单再决定",
                "the list of cases changed meanwhile; look at it again and decide then",
            )
        )
    kept = _kept(effect, ruling.keep)
    update_change(
        connection, change["id"], state="accepted", note=ruling.note.strip(), decided_by=scope.actor,
        decided_at=now, kept={str(case_id): reason for case_id, reason in kept.items()},
    )  # fmt: skip
    record(
        connection, actor=scope.actor, action="borders_accepted", object_type="border_change",
        object_id=str(change["id"]),
        detail={"valid_from": change["valid_from"].isoformat(), "moves": len(effect.moves), "kept": len(kept)},
    )  # fmt: skip
    if change["valid_from"] <= today:
        carry_out(connection, change, effect, kept, actor=scope.actor, now=now)


def _kept(effect: Effect, keep: Mapping[UUID, str]) -> dict[UUID, str]:
    """Return the cases that stay, with reasons, after checking that each can."""
    moves = {move.case["id"]: move for move in effect.moves}
    strangers = [str(case_id) for case_id in keep if case_id not in moves]
    if strangers:
        raise Conflict(
            tr(
                "有案件不在移交之列（可能已结案或改了位置），请刷新清单",
                "some cases do not move (closed or placed elsewhere meanwhile); read the list again",
            ),
            fields=[
                (f"body.keep.{case_id}", tr("不移交", "does not move")) for case_id in strangers[:_SHOWN]
            ],
        )
    blank = [case_id for case_id, reason in keep.items() if not reason.strip()]
    if blank:
        raise Refused(
            tr("留给原社区的案件要逐件写明理由", "give a reason for every case that stays"),
            fields=[(f"body.keep.{case_id}", tr("缺少理由", "no reason")) for case_id in blank[:_SHOWN]],
        )
    homeless = [case_id for case_id in keep if not moves[case_id].keepable]
    if homeless:
        raise Refused(
            tr(
                "有案件的原社区或原网格将撤销，不能留在那里",
                "the zone of some cases ends; they cannot stay there",
            ),
            fields=[
                (f"body.keep.{case_id}", tr("原区划将撤销", "its zone ends")) for case_id in homeless[:_SHOWN]
            ],
        )
    return {case_id: reason.strip() for case_id, reason in keep.items()}
