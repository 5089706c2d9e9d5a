"""What `qingtu zones check` prints: defects, changes and refusals, as words and as JSON."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.cli.console import say
from service.words import language, tr

if TYPE_CHECKING:
    from geodata.zones.checking.defects import ZoneDefect, ZoneReport
    from geodata.zones.repair.repair import Repaired

_SHOWN = 5
_LEVEL_WORDS = {
    "subdistrict": ("街道", "subdistrict"),
    "community": ("社区", "community"),
    "grid": ("网格", "grid"),
    "linear_owner": ("线状权属", "linear owners"),
}
_REPAIR_WORDS = {
    "rebuilt": ("无效图形重建", "invalid shapes rebuilt"),
    "overlap": ("让出重叠", "overlaps given up"),
    "gap": ("并入缝隙", "gaps filled"),
    "sliver": ("狭条改归邻居", "slivers moved"),
    "outside": ("切去上级之外", "cut off outside the parent"),
    "uncovered": ("补上级内空缺", "parent's land filled"),
    "aligned": ("顶点与邻居对齐", "vertices aligned"),
    "duplicate_row": ("删去重复的行", "repeated rows removed"),
    "parent": ("补上级代码", "parents found"),
}


def report_json(report: ZoneReport) -> dict[str, Any]:
    """Return a report as JSON."""
    return {
        "usable": report.usable,
        "zones": dict(report.zones),
        "totals": [
            {"level": level, "kind": kind, "count": count, "area_m2": round(area, 3)}
            for (level, kind), (count, area) in report.totals().items()
        ],
        "defects": [
            {"level": d.level, "kind": d.kind, "nature": d.nature, "codes": d.codes, "area_m2": round(d.area_m2, 6),
             "words": tr(d.said.zh, d.said.en), "fatal": d.fatal, "wkt": d.geometry.wkt if d.geometry is not None else None}
            for d in report.defects
        ],
    }  # fmt: skip


def repair_json(result: Repaired | None) -> dict[str, Any]:
    """Return every change and refusal as JSON."""
    if result is None:
        return {"repairs": [], "refusals": []}
    return {
        "repairs": [
            {"level": r.level, "kind": r.kind, "code": r.code, "codes": r.codes, "words": tr(r.said.zh, r.said.en),
             "area_change_m2": round(r.area_change_m2, 6)}
            for r in result.repairs
        ],
        "refusals": [
            {"level": r.level, "kind": r.kind, "codes": r.codes, "area_m2": round(r.area_m2, 6),
             "words": tr(r.said.zh, r.said.en),
             "wkt": r.geometry.wkt}
            for r in result.refusals
        ],
    }  # fmt: skip


def print_report(name: str, report: ZoneReport, *, every: bool) -> None:
    """Print counts and areas by kind, the worst defects (or all), and the verdict."""
    from geodata.zones.checking.defects import DEFECT_WORDS

    english = language.get() == "en"
    counts = tr("，", ", ").join(f"{_level(level)} {count}" for level, count in report.zones.items())
    say(tr(f"{name}：{counts}", f"{name}: {counts}"))
    for (level, kind), (count, area) in report.totals().items():
        words = DEFECT_WORDS[kind][english]
        say(
            f"  {_level(level)} {words}: {count}"
            + (tr(f" 处，{_area(area)}", f", {_area(area)}") if area else tr(" 处", ""))
        )
    shown = report.defects if every else _largest(report)
    for defect in shown:
        say(f"  {'✗' if defect.fatal else '·'} [{_level(defect.level)}] {tr(defect.said.zh, defect.said.en)}")
    if len(shown) < len(report.defects):
        rest = len(report.defects) - len(shown)
        say(tr(f"  …… 还有 {rest} 处（--all 全部列出）", f"  … {rest} more (--all lists them)"))
    if report.usable:
        say(tr("可以使用。", "Can be used."))
    else:
        say(tr("不能使用：先改正标 ✗ 的缺陷。", "Cannot be used: mend the defects marked ✗ first."))


def print_repair(result: Repaired, path: Path, *, every: bool) -> None:
    """Print the changes by kind (with `every`, one by one) and all refusals with their reasons."""
    changed = [repair for repair in result.repairs if repair.kind != "aligned"]
    say(
        tr(
            f"修复 {len(changed)} 处，留给人定 {len(result.refusals)} 处，写入 {path}：",
            f"mended {len(changed)} places, left {len(result.refusals)} to people, written to {path}:",
        )
    )
    kinds = Counter(repair.kind for repair in result.repairs)
    areas: dict[str, float] = {}
    for repair in result.repairs:
        areas[repair.kind] = areas.get(repair.kind, 0.0) + abs(repair.area_change_m2)
    for kind, count in kinds.items():
        moved = (
            tr(f"，面积变动 {_area(areas[kind])}", f", area moved {_area(areas[kind])}")
            if areas[kind]
            else ""
        )
        say(f"  {tr(*_REPAIR_WORDS[kind])}: {count}{moved}")
    for repair in result.repairs if every else []:
        say(
            f"  + [{_level(repair.level)}] {tr(repair.said.zh, repair.said.en)} ({repair.area_change_m2:+,.3f} m²)"
        )
    shown = result.refusals if every else result.refusals[: 2 * _SHOWN]
    for refusal in shown:
        say(f"  ! [{_level(refusal.level)}] {tr(refusal.said.zh, refusal.said.en)}")
    if len(shown) < len(result.refusals):
        rest = len(result.refusals) - len(shown)
        say(tr(f"  …… 还有 {rest} 处留给人定（--all）", f"  … {rest} more left to people (--all)"))


def _largest(report: ZoneReport) -> list[ZoneDefect]:
    """Return the first few defects of every kind; they come with the largest first."""
    seen: Counter[tuple[str, str]] = Counter()
    shown = []
    for defect in report.defects:
        seen[defect.level, defect.kind] += 1
        if seen[defect.level, defect.kind] <= _SHOWN:
            shown.append(defect)
    return shown


def _level(level: str) -> str:
    return tr(*_LEVEL_WORDS[level])


def _area(area_m2: float) -> str:
    if area_m2 >= 1e6:
        return f"{area_m2 / 1e6:,.2f} km²"
    return f"{area_m2:,.1f} m²" if area_m2 >= 0.1 else f"{area_m2:.4f} m²"
