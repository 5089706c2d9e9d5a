"""What `qingtu zones changes | propose | proposals | decide` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.cli.console import say
from service.words import tr

if TYPE_CHECKING:
    from geodata.zones.history.changes import BorderChanges
    from service.borders.model import ChangeDetail, LeftGrids, MoveItem

_LEFT_SHOWN = 10


def changes_json(found: BorderChanges) -> dict[str, Any]:
    """Return what differs as JSON, areas in m²."""
    return {
        "zones": [
            {"level": zone.level, "code": zone.code, "name": zone.name, "kind": zone.kind,
             "area_before_m2": round(zone.area_before_m2, 2), "area_after_m2": round(zone.area_after_m2, 2),
             "gained_m2": round(zone.gained.area, 2), "lost_m2": round(zone.lost.area, 2)}
            for zone in found.zones
        ],
        "land": [
            {"level": move.level, "from": move.source, "to": move.target, "area_m2": round(move.area_m2, 2)}
            for move in found.land
        ],
    }  # fmt: skip


def print_changes(found: BorderChanges) -> None:
    """Print what differs for people."""
    from service.borders.present import level_words, zone_change_words

    if found.is_empty:
        say(tr("两份边界相同。", "The borders are the same."))
        return
    for zone in found.zones:
        say(
            f"[{level_words(zone.level)}] {zone.code} {zone.name}: {zone_change_words(zone.kind)}"
            f"  +{zone.gained.area:,.1f} m²  −{zone.lost.area:,.1f} m²"
        )
    outside = tr("（辖区外）", "(outside)")
    for move in found.land:
        say(
            f"  [{level_words(move.level)}] {move.source or outside} → {move.target or outside}  {move.area_m2:,.1f} m²"
        )


def print_detail(detail: ChangeDetail) -> None:
    """Print a proposal with its areas, defects and cases."""
    say(f"{detail.id}  {detail.file_name}")
    say(
        tr(
            f"  从 {detail.valid_from} 起有效 · {detail.state_words}",
            f"  from {detail.valid_from} · {detail.state_words}",
        )
    )
    if detail.problem:
        say(f"  ! {detail.problem}")
    for zone in detail.summary_zones:
        say(
            f"  [{zone.level_words}] {zone.code} {zone.name}: {zone.kind_words}  +{zone.gained_m2:,.1f} m²  −{zone.lost_m2:,.1f} m²"
        )
    for land in detail.land:
        say(f"    {land.source_name} → {land.target_name}  {land.area_m2:,.1f} m²")
    if detail.defect_list:
        say(
            tr(
                f"  边界缺陷 {len(detail.defect_list)} 处（不妨碍使用）",
                f"  {len(detail.defect_list)} defects (none forbids use)",
            )
        )
        for defect in detail.defect_list[:5]:
            say(f"    · {defect.words}")
    if detail.left_grids is not None:
        _print_left_grids(detail.left_grids)
    if detail.state == "rejected":
        say(tr(f"  理由：{detail.note}", f"  reason: {detail.note}"))
        return
    say(tr(f"  移交的未结案件 {len(detail.moves)} 件：", f"  {len(detail.moves)} open cases move:"))
    for move in detail.moves:
        say(_move_line(move))


def _print_left_grids(left: LeftGrids) -> None:
    say(tr("  ! 网格没有跟着社区改：", "  ! Grids stay behind their communities:"))
    for item in left.items[:_LEFT_SHOWN]:
        say(f"    · {item.words}")
    if len(left.items) > _LEFT_SHOWN:
        more = len(left.items) - _LEFT_SHOWN
        say(tr(f"    · 另有 {more} 处", f"    · {more} more"))
    if left.cases:
        say(
            tr(
                f"    {left.cases} 件案件（或其中一段）将没有网格。",
                f"    {left.cases} cases, or parts of them, will have no grid.",
            )
        )
    say(f"    {left.what_to_do}")


def _move_line(move: MoveItem) -> str:
    source = " · ".join(filter(None, (move.from_community_name, move.from_grid_name)))
    target = " · ".join(filter(None, (move.to_community_name, move.to_grid_name)))
    mark = {"kept": tr(f"留办：{move.reason}", f"stays: {move.reason}"), "moved": tr("已移交", "moved")}.get(
        move.outcome, ""
    )
    what = tr("分段变动", "parts change") if move.kind == "parts" else f"{source} → {target}"
    due = f"{move.due_at:%Y-%m-%d}" if move.due_at else "—"
    return f"    {move.number:>6}  {what}  {tr('时限', 'due')} {due}  {move.to_leader}  {mark}".rstrip()


def area_words(area_m2: float) -> str:
    """Return an area in words."""
    return f"{area_m2:,.0f} m²"
