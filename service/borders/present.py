"""From rows and comparisons to what the API and the pages say about a change of borders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping

from geodata.crs import WGS84, reproject
from geodata.errors import ZoneError
from service.auth.scope import Scope
from service.borders.current import OfficeZones
from service.borders.left_grids import LeftGrid, left_grids, what_to_do
from service.borders.model import (
    ChangeDetail,
    ChangeItem,
    DefectItem,
    LandItem,
    LeftGridItem,
    LeftGrids,
    MoveItem,
    PartItem,
    ZoneChangeItem,
)
from service.borders.moving import Effect, Move, effect_of
from service.borders.proposing import defect_words
from service.borders.queries import find_rival, list_moves, load_proposed, people_of
from service.cases.filters import OPEN_STATES
from service.cases.present import anchor_of, kind_name
from service.cases.queries import zone_names
from service.cases.transitions import state_words
from service.clock import office_day
from service.office import Office
from service.store.shapes import from_store
from service.words import said, tr

if TYPE_CHECKING:
    from geodata.kinds import KindTable
    from geodata.zones import PlaceChange
    from service.deps import Service

Names = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class View:
    """What is needed to show a change: the office, its zones and words, and who looks."""

    zones: OfficeZones
    kinds: KindTable
    office: Office
    scope: Scope

    def now(self) -> datetime:
        """Return the office's time."""
        return self.office.clock.now()

    def today(self) -> date:
        """Return the office's day."""
        return office_day(self.now())


def view_of(service: Service, scope: Scope) -> View:
    """Return what the running service shows with."""
    return View(zones=service.zones, kinds=service.kinds, office=service.office, scope=scope)


def change_state_words(state: str) -> str:
    """Return the state of a proposal in the user's language."""
    return {
        "proposed": tr("待决定", "waits for a decision"),
        "accepted": tr("已采用，待生效", "accepted, not yet in force"),
        "applied": tr("已生效", "in force"),
        "rejected": tr("不采用", "rejected"),
    }.get(state, state)


def zone_change_words(kind: str) -> str:
    """Return what becomes of a zone in the user's language."""
    return {
        "new": tr("新设", "new"),
        "ended": tr("撤销", "ended"),
        "moved": tr("边界变动", "moved"),
        "renamed": tr("名称、上级或负责人变动", "name, parent or leader"),
    }.get(kind, kind)


def level_words(level: str) -> str:
    """Return a level's name in the user's language."""
    return {
        "subdistrict": tr("街道", "subdistrict"),
        "community": tr("社区", "community"),
        "grid": tr("网格", "grid"),
    }.get(level, level)


def change_item(row: RowMapping) -> ChangeItem:
    """Return a change as the API lists it."""
    return ChangeItem(**_item_values(row))


def _item_values(row: RowMapping) -> dict[str, Any]:
    summary = row["summary"]
    return {
        **{key: row[key] for key in (
            "id", "file_name", "valid_from", "state", "proposed_by", "proposed_at", "decided_by", "decided_at",
            "applied_at", "note", "problem", "drawn_by", "signed_by", "signed_on", "version",
        )},
        "state_words": change_state_words(row["state"]),
        "zones_changed": len(summary["zones"]),
        "area_m2": sum(land["area_m2"] for land in summary["land"] if land["level"] == "community")
        or sum(land["area_m2"] for land in summary["land"] if land["level"] == "grid"),
        "defects": len(row["defects"]),
    }  # fmt: skip


def change_detail(connection: Connection, row: RowMapping, *, view: View) -> ChangeDetail:
    """Return a change with its areas, defects and cases, as this person may see it."""
    proposed = load_proposed(connection, row["id"])
    names = _names(connection, proposed)
    moves, seen, problem = moves_of(connection, row, names=names, view=view)
    summary = row["summary"]
    ended = [zone["code"] for zone in summary["zones"] if zone["kind"] == "ended"]
    values = _item_values(row)
    return ChangeDetail(
        **{**values, "problem": values["problem"] or problem},
        summary_zones=[
            ZoneChangeItem(
                **zone, level_words=level_words(zone["level"]), kind_words=zone_change_words(zone["kind"])
            )
            for zone in summary["zones"]
        ],
        land=[
            LandItem(
                **land, level_words=level_words(land["level"]), source_name=name_in(names, land["source"]),
                target_name=name_in(names, land["target"]),
            )
            for land in summary["land"]
        ],
        defect_list=[
            DefectItem(
                level=defect["level"], level_words=level_words(defect["level"]), kind=defect["kind"],
                kind_words=defect_words(defect["kind"]), area_m2=defect["area_m2"],
                words=tr(defect["words"], defect.get("words_en", defect["words"])),
            )
            for defect in row["defects"]
        ],
        left_grids=_left_grids(proposed, summary, moves, names) if row["state"] != "rejected" else None,
        moves=moves,
        seen=seen,
        accounts=people_of(connection, ended) if ended and view.scope.may("decide_borders") else [],
        ignored_rows=summary.get("ignored_rows", 0),
    )  # fmt: skip


def _left_grids(
    proposed: list[dict[str, Any]], summary: Mapping[str, Any], moves: list[MoveItem], names: Names
) -> LeftGrids | None:
    changed = {(zone["level"], zone["code"]): zone["kind"] for zone in summary["zones"]}
    found = left_grids(proposed, changed)
    if not found:
        return None
    homeless = sum(move.outcome != "kept" and _loses_grid(move) for move in moves)
    items = [_left_grid(each, names) for each in found]
    return LeftGrids(items=items, cases=homeless, what_to_do=what_to_do())


def _loses_grid(move: MoveItem) -> bool:
    """Return whether a case, or a part of a line, gets land without a grid."""
    bare = any(part.level == "grid" and not part.code and part.after_m > part.before_m for part in move.parts)
    return bare or (move.from_grid != "" and move.to_grid == "")


def _left_grid(left: LeftGrid, names: Names) -> LeftGridItem:
    area = f"{left.area_m2:,.0f} m²"
    grid, parent = names.get(left.code, (left.code, ""))[0], names.get(left.parent, (left.parent, ""))[0]
    words = (
        tr(f"{grid} 有 {area}在 {parent} 之外", f"{grid}: {area} outside {parent}")
        if left.code
        else tr(f"{parent} 有 {area}没有网格", f"{parent}: {area} without a grid")
    )
    return LeftGridItem(
        kind="outside" if left.code else "uncovered", code=left.code, name=grid, parent=left.parent,
        parent_name=parent, area_m2=round(left.area_m2, 1), words=words,
    )  # fmt: skip


def names_of(connection: Connection, row: RowMapping) -> dict[str, tuple[str, str]]:
    """Return code -> (name, leader): the proposal's for zones that only it knows."""
    return _names(connection, load_proposed(connection, row["id"]))


def _names(connection: Connection, proposed: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return {**{zone["code"]: (zone["name"], zone["leader"]) for zone in proposed}, **zone_names(connection)}


def name_in(names: Names, code: str) -> str:
    """Return a zone's name, its code when it has none, words for outside."""
    return names.get(code, (code, ""))[0] if code else tr("辖区外", "outside")


def moves_of(
    connection: Connection, row: RowMapping, *, names: Names, view: View
) -> tuple[list[MoveItem], str, str]:
    """Return the cases, the fingerprint of the list, and why there is none."""
    now = view.now()
    if row["state"] == "applied":
        done = list_moves(connection, row["id"], scope=view.scope)
        return (
            [_done_item(case, names=names, kinds=view.kinds, crs=view.office.crs, now=now) for case in done],
            "",
            "",
        )
    if row["state"] == "rejected":
        return [], "", ""
    if row["state"] == "proposed" and find_rival(
        connection, valid_from=row["valid_from"], change_id=row["id"], proposed_at=row["proposed_at"]
    ):
        day = row["valid_from"]
        return (
            [],
            "",
            tr(f"已有另一份方案从 {day} 起生效；请换一个日期", f"other borders were accepted for {day}"),
        )
    try:
        effect = effect_of(
            connection, row, versions=view.zones.versions(connection), scope=view.scope, today=view.today()
        )
    except ZoneError as error:
        return (
            [],
            "",
            tr(f"边界已有别的变动，这份方案不再合适：{said(error)}", f"does not fit any more: {error}"),
        )
    leaders = _leaders(effect)
    items = [
        _move_item(move, names={**names, **leaders}, kept=row["kept"], kinds=view.kinds, crs=view.office.crs, now=now)
        for move in effect.moves
    ]  # fmt: skip
    return items, effect.fingerprint, ""


def _leaders(effect: Effect) -> dict[str, tuple[str, str]]:
    return {
        code: (name, leader)
        for tree in (effect.before, effect.after)
        for layer in tree.layers().values()
        for code, name, leader in zip(layer["code"], layer["name"], layer["leader"], strict=True)
    }


def _move_item(
    move: Move, *, names: Names, kept: Mapping[str, str], kinds: KindTable, crs: int, now: datetime
) -> MoveItem:
    case_id = str(move.case["id"])
    return MoveItem(
        **_case_values(move.case, kinds=kinds, crs=crs, now=now),
        **_owner_values(names, move.from_community, move.from_grid, move.to_community, move.to_grid),
        kind=move.kind, keepable=move.keepable, outcome="kept" if case_id in kept else "",
        reason=str(kept.get(case_id, "")), parts=_parts(move.change),
    )  # fmt: skip


def _done_item(case: RowMapping, *, names: Names, kinds: KindTable, crs: int, now: datetime) -> MoveItem:
    source, target = (case["from_community"], case["from_grid"]), (case["to_community"], case["to_grid"])
    return MoveItem(
        **_case_values(case, kinds=kinds, crs=crs, now=now),
        **_owner_values(names, *source, *target),
        kind="parts" if source == target else "owner",
        keepable=False, outcome=case["outcome"], reason=case["reason"], parts=[],
    )  # fmt: skip


def _case_values(case: RowMapping, *, kinds: KindTable, crs: int, now: datetime) -> dict[str, Any]:
    place = reproject(anchor_of(from_store(case["shape"])), crs, WGS84) if case["shape"] is not None else None
    is_open = case["state"] in OPEN_STATES
    return {
        "case_id": case["id"], "number": case["number"], "version": case["version"], "problem_kind": case["kind"],
        "problem_kind_name": kind_name(kinds, case["kind"]), "command": case["command"], "state": case["state"],
        "state_words": state_words(case["state"]), "location_text": case["location_text"], "due_at": case["due_at"],
        "late": bool(is_open and case["due_at"] and case["due_at"] < now),
        "lon": round(place.x, 7) if place is not None else None, "lat": round(place.y, 7) if place is not None else None,
    }  # fmt: skip


def _owner_values(
    names: Names, from_community: str, from_grid: str, to_community: str, to_grid: str
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for side, community, grid in (("from", from_community, from_grid), ("to", to_community, to_grid)):
        values |= {
            f"{side}_community": community, f"{side}_community_name": name_in(names, community),
            f"{side}_leader": names.get(community, ("", ""))[1], f"{side}_grid": grid,
            f"{side}_grid_name": names.get(grid, (grid, ""))[0],
        }  # fmt: skip
    return values


def _parts(change: PlaceChange) -> list[PartItem]:
    """Return the metres of a line per community and grid, before and after; empty for a point."""
    found: dict[tuple[str, str], PartItem] = {}
    for side, answer in (("before_m", change.before), ("after_m", change.after)):
        for part in answer.parts:
            if part.level == "subdistrict" or not part.length_m:
                continue
            nowhere = tr("没有网格", "no grid") if part.level == "grid" else tr("辖区外", "outside")
            name = part.name or nowhere
            item = found.setdefault(
                (part.level, part.code),
                PartItem(level=part.level, code=part.code, name=name, before_m=0, after_m=0),
            )
            setattr(item, side, round(part.length_m, 1))
    return [item for item in found.values() if item.before_m != item.after_m]
