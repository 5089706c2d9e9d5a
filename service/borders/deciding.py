"""A person decides about proposed borders; what was accepted is carried out on its day, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from geodata.errors import ZoneError
from service.audit.trail import record
from service.auth.scope import Scope
from service.borders.current import OfficeZones, change_borders
from service.borders.moving import Effect, Move, effect_of, place_moves, seen_by
from service.borders.queries import (
    bump_cases,
    close_zones,
    find_change,
    find_rival,
    insert_moves,
    move_owner,
    move_place,
    open_zones,
    update_change,
)
from service.cases.advancing import require_version
from service.clock import Clock, office_day
from service.errors import Conflict, NotFound, Refused, StaleVersion
from service.words import tr

# Who carries out what was decided sees all cases.
OFFICE = Scope(role="admin", name="office")
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
    if find_rival(connection, valid_from=change["valid_from"], change_id=change["id"]) is not None:
        raise Conflict(
            tr(
                f"已有另一份方案从 {change['valid_from']} 起生效；请换一个日期",
                f"other borders were accepted for {change['valid_from']}; choose another day",
            )
        )
    today = office_day(now)
    effect = _effect(connection, change, zones=zones, today=today)
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
        _carry_out(connection, change, effect, kept, actor=scope.actor, now=now)


def _effect(connection: Connection, change: RowMapping, *, zones: OfficeZones, today: date) -> Effect:
    try:
        return effect_of(
            connection, change, versions=zones.versions(connection), scope=OFFICE, today=today, lock=True
        )
    except ZoneError as error:
        raise Conflict(
            tr(f"边界已有别的变动，这份方案不再合适：{error}", f"the proposal does not fit any more: {error}")
        ) from error


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


def carry_out_due(connection: Connection, change_id: UUID, *, zones: OfficeZones, now: datetime) -> bool:
    """Carry out an accepted change whose day has come; return False when somebody else did it before.

    Raises
    ------
    Conflict
        If the borders do not fit any more.
    """
    change_borders(connection)
    change = find_change(connection, change_id, lock=True)
    today = office_day(now)
    if change is None or change["state"] != "accepted" or change["valid_from"] > today:
        return False
    effect = _effect(connection, change, zones=zones, today=today)
    kept = {UUID(case_id): str(reason) for case_id, reason in change["kept"].items()}
    _carry_out(connection, change, effect, kept, actor=change["decided_by"], now=now)
    return True


def _carry_out(
    connection: Connection,
    change: RowMapping,
    effect: Effect,
    kept: Mapping[UUID, str],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Write the new borders and owners. `now` is when the owners change: earlier reports keep the old ones."""
    srid = effect.before.crs
    _write_zones(connection, effect.versions, valid_from=change["valid_from"], now=now, srid=srid)
    places = place_moves(connection, effect)
    for place_id, place in places:
        move_place(connection, place_id, place.after, now=now)
    for row, place in effect.odds:
        move_owner(connection, row["id"], place.after, now=None, srid=srid)
    staying = [move for move in effect.moves if move.case["id"] in kept and move.keepable]
    going = [move for move in effect.moves if not (move.case["id"] in kept and move.keepable)]
    for move in going:
        move_owner(connection, move.case["id"], move.change.after, now=now, srid=srid)
    bump_cases(connection, [move.case["id"] for move in staying])
    outcomes: list[tuple[Move, str, str]] = [(move, "moved", "") for move in going]
    outcomes += [(move, "kept", kept[move.case["id"]]) for move in staying]
    names = _names(effect)
    insert_moves(
        connection,
        [_move_row(change, effect, move, outcome, reason, now) for move, outcome, reason in outcomes],
        events=[_event(move, outcome, reason, names, actor, now) for move, outcome, reason in outcomes],
    )
    update_change(connection, change["id"], state="applied", applied_at=now, problem="")
    for move, outcome, _ in outcomes:
        record(
            connection, actor=actor, action=f"case_{outcome}", object_type="case", object_id=str(move.case["id"]),
            detail=_facts(change, move),
        )  # fmt: skip
    record(
        connection, actor=actor, action="borders_applied", object_type="border_change", object_id=str(change["id"]),
        detail={"moved": len(going), "kept": len(staying), "odds": len(effect.odds), "places": len(places)},
    )  # fmt: skip


def _write_zones(
    connection: Connection, versions: Any, *, valid_from: date, now: datetime, srid: int
) -> None:
    """Bring the table of zones to a tree made by `ZoneTree.with_change`: rows closed, rows added."""
    closed = []
    added = {}
    for level, layer in versions.layers().items():
        ends = [
            (level, row["code"], row["valid_from"])
            for row in layer.to_dict("records")
            if row["valid_to"] == valid_from
        ]
        closed += ends
        fresh = [day == valid_from for day in layer["valid_from"]]
        added[level] = layer[fresh]
    # A version that began on this very day stands in the table already.
    known = _known(connection, valid_from)
    added = {
        level: layer[[(level, code) not in known for code in layer["code"]]] for level, layer in added.items()
    }
    close_zones(connection, closed, end=valid_from, now=now)
    open_zones(connection, added, now=now, srid=srid)


def _known(connection: Connection, day: date) -> set[tuple[str, str]]:
    from sqlalchemy import select

    from service.store.tables import Zone

    query = select(Zone.level, Zone.code).where(Zone.valid_from == day)
    return {(row.level, row.code) for row in connection.execute(query)}


def _names(effect: Effect) -> dict[str, str]:
    return {
        code: name
        for tree in (effect.before, effect.after)
        for layer in tree.layers().values()
        for code, name in zip(layer["code"], layer["name"], strict=True)
    }


def _move_row(
    change: RowMapping, effect: Effect, move: Move, outcome: str, reason: str, now: datetime
) -> dict[str, Any]:
    return {
        "case_id": move.case["id"], "change_id": change["id"], "outcome": outcome, "reason": reason,
        "from_community": move.from_community, "from_grid": move.from_grid, "to_community": move.to_community,
        "to_grid": move.to_grid, "seen_by": seen_by(move.case, move.change, effect.before), "at": now,
    }  # fmt: skip


def _event(
    move: Move, outcome: str, reason: str, names: Mapping[str, str], actor: str, now: datetime
) -> dict[str, Any]:
    def owner(community: str, grid: str) -> str:
        return " · ".join(names.get(code, code) for code in (community, grid) if code) or tr(
            "辖区外", "outside"
        )

    source, target = owner(move.from_community, move.from_grid), owner(move.to_community, move.to_grid)
    if outcome == "kept":
        note = tr(
            f"边界调整后仍由 {source} 办理：{reason}",
            f"stays with {source} after the change of borders: {reason}",
        )
    elif move.kind == "parts":
        note = tr("边界调整，跨界分段重新划分", "cut anew by changed borders")
    else:
        note = tr(f"边界调整：{source} → {target}", f"change of borders: {source} → {target}")
    return {"case_id": move.case["id"], "state": outcome, "at": now, "actor": actor, "note": note}


def _facts(change: RowMapping, move: Move) -> dict[str, object]:
    """Return what the trail says of a move: codes only, no words of people."""
    return {
        "change": str(change["id"]), "kind": move.kind,
        "from": [move.from_community, move.from_grid], "to": [move.to_community, move.to_grid],
    }  # fmt: skip
