"""What was accepted takes effect, whole or not at all: borders, owners, places, histories, the trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, RowMapping

from geodata.errors import ZoneError
from geodata.zones.history.versions import version_keys
from service.audit.trail import Entry, record_all
from service.auth.scope import Scope
from service.borders.current import OfficeZones, change_borders
from service.borders.moving import Effect, Move, effect_of, place_moves, seen_by
from service.borders.queries import (
    begun_on,
    bump_cases,
    close_zones,
    find_change,
    insert_moves,
    move_owners,
    move_places,
    open_zones,
    update_change,
    void_zones,
)
from service.clock import office_day
from service.errors import Conflict
from service.words import said, tr

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.zones import Level, ZoneTree

# Who carries out what was decided sees all cases.
OFFICE = Scope(role="admin", name="office")


def effect_at(connection: Connection, change: RowMapping, *, zones: OfficeZones, today: date) -> Effect:
    """Return what a proposal does at this moment, its cases held until commit.

    Raises
    ------
    Conflict
        If the borders do not fit any more.
    """
    try:
        return effect_of(
            connection, change, versions=zones.versions(connection), scope=OFFICE, today=today, lock=True
        )
    except ZoneError as error:
        raise Conflict(
            tr(
                f"边界已有别的变动，这份方案不再合适：{said(error)}",
                f"the proposal does not fit any more: {error}",
            )
        ) from error


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
    effect = effect_at(connection, change, zones=zones, today=today)
    kept = {UUID(case_id): str(reason) for case_id, reason in change["kept"].items()}
    carry_out(connection, change, effect, kept, actor=change["decided_by"], now=now)
    return True


def carry_out(
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
    places = [(place_id, place.after) for place_id, place in place_moves(connection, effect)]
    move_places(connection, places, now=now)
    odds = [(row["id"], place.after) for row, place in effect.odds]
    move_owners(connection, odds, now=None, srid=srid)
    staying = [move for move in effect.moves if move.case["id"] in kept and move.keepable]
    going = [move for move in effect.moves if not (move.case["id"] in kept and move.keepable)]
    owners = [(move.case["id"], move.change.after) for move in going]
    move_owners(connection, owners, now=now, srid=srid)
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
    acts = [
        Entry(f"case_{outcome}", "case", str(move.case["id"]), _facts(change, move))
        for move, outcome, _ in outcomes
    ]
    counts = {"moved": len(going), "kept": len(staying), "odds": len(odds), "places": len(places)}
    applied = Entry("borders_applied", "border_change", str(change["id"]), counts)
    record_all(connection, [*acts, applied], actor=actor)


def _write_zones(
    connection: Connection, versions: ZoneTree, *, valid_from: date, now: datetime, srid: int
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
        # An array: an empty list would choose no columns.
        fresh = np.array([day == valid_from for day in layer["valid_from"]], dtype=bool)
        added[level] = layer[fresh]
    # What began on this very day and stands in the table stays; what it replaces never held a whole day,
    # but did until now: see `void_zones`.
    known = begun_on(connection, valid_from, srid=srid)
    voided: list[tuple[str, str]] = []
    missing: dict[Level, gpd.GeoDataFrame] = {}
    for level, layer in added.items():
        before = known.get(level)
        old = set() if before is None else set(version_keys(before))
        new = version_keys(layer)
        missing[level] = layer[np.array([key not in old for key in new], dtype=bool)]
        voided += [(level, key[0]) for key in sorted(old - set(new))]
    void_zones(connection, voided, day=valid_from, now=now)
    close_zones(connection, closed, end=valid_from, now=now)
    open_zones(connection, missing, now=now, srid=srid)


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
