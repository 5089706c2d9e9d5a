"""What drawings say: refusals, steps, findings, states, in the user's language."""

from __future__ import annotations

from typing import Any

from geodata.zones.sketching.findings import Finding
from geodata.zones.sketching.model import Sketch, SketchError, SketchFault
from service.borders.present import level_words
from service.errors import Refused
from service.words import tr

_FAULTS: dict[SketchFault, tuple[str, str]] = {
    "no_zone": ("没有这个区划（可能刚被别人改了）：{}", "there is no such zone (changed meanwhile?): {}"),
    "code_taken": ("代码 {} 已经用了", "the code {} is taken"),
    "no_code": ("代码只能是字母、数字和 . + : - _，最多 40 个：{}", "a code has letters, digits and . + : - _, at most 40: {}"),
    "no_ground": ("这里没有可划的地块；没有道路围合的地方请用“画面”", "no block lies here; where no roads enclose one, draw a polygon"),
    "outside_parent": ("这块地不在 {} 里，网格只能在自己的社区里画", "this ground is not in {}; a grid stays in its own community"),
    "splits_nothing": ("这条线没有把 {} 切成两块；线的两头要画到边界上或边界外", "the line does not cut {} in two; both ends must reach its border"),
    "too_many_pieces": ("这条线把它切成了 {} 块，太碎了；请画简单些", "the line makes {} pieces; draw a simpler one"),
    "same_zone": ("不能把一个区划和它自己合并", "a zone cannot be merged with itself"),
    "not_siblings": ("{} 不在同一个社区，网格不能跨社区合并", "{} are not in one community"),
    "no_vertex": ("这里没有边界的顶点", "no border is here"),
    "crosses": ("这样移动会让边界交叉 {}", "the borders would cross {}"),
    "no_gap": ("这里没有空白地", "there is no gap here"),
    "bad_shape": ("画的图形没有面积或长度", "what was drawn has no area or length"),
    "too_many": ("超过上限 {}", "above the limit {}"),
    "no_parent": ("没有这个上级：{}", "there is no such parent: {}"),
}  # fmt: skip


def refusal_of(error: SketchError) -> Refused:
    """Return the refusal that says why an edit cannot be made."""
    zh, en = _FAULTS[error.code]
    words = tr(zh, en).format(error.about).strip()
    return Refused(words, fields=[("body.act", error.code)])


def area_words(area_m2: float) -> str:
    """Return an area as people say it: hectares from 1,000 m².

    Examples
    --------
    >>> area_words(12_345), area_words(87.2)
    ('1.23 公顷', '87.2 m²')
    """
    if area_m2 >= 1000:
        return f"{area_m2 / 1e4:,.2f} {tr('公顷', 'ha')}"
    return f"{area_m2:,.1f} m²"


def name_of(sketch: Sketch, level: str, code: str | None) -> str:
    """Return a zone's name, its code when it has none, words for nobody."""
    if code is None:
        return tr("无主", "nobody")
    return next(
        (zone.name or zone.code for zone in sketch.zones if zone.level == level and zone.code == code), code
    )


def step_words(action: dict[str, Any], before: Sketch, after: Sketch) -> str:
    """Return in words what an action did."""
    level = str(action.get("level") or "")
    zone = name_of(before, level, action.get("code"))
    made = [z for z in after.zones if z.level == level and z.key not in {old.key for old in before.zones}]
    new = "、".join(z.name for z in made)
    match action["act"]:
        case "give":
            n = len(action["points"])
            return tr(f"把 {n} 处街块划给{zone}", f"gave {n} block(s) to {zone}") if action["code"] else tr(
                f"移出 {n} 处街块", f"took {n} block(s) out"
            )  # fmt: skip
        case "give_shape":
            return tr(f"画一块地划给{zone}", f"drew ground for {zone}") if action["code"] else tr(
                "画一块地移出", "drew ground out"
            )  # fmt: skip
        case "fill":
            return tr(f"空白地划给{zone}", f"filled a gap into {zone}")
        case "split":
            return tr(f"切开{zone}，新设{new}", f"cut {zone}, made {new}")
        case "cut":
            return tr("切开街块", "cut blocks")
        case "merge":
            into, gone = (name_of(before, level, action[key]) for key in ("into", "gone"))
            return tr(f"{gone}并入{into}", f"merged {gone} into {into}")
        case "move":
            return tr("移动边界顶点", "moved a vertex")
        case "add":
            return tr(f"新设{level_words(level)}{new}", f"added {new}")
        case "change":
            code = action.get("new_code") or action["code"]
            return tr(f"改{zone}的资料：{name_of(after, level, code)}", f"changed facts of {zone}")
        case "bounds":
            return tr("按四至重新围合", "closed anew from the bounds")
        case "grids":
            return tr("重新划网格", "drew the grids anew")
        case "drop":
            return tr(f"删去{zone}", f"removed {zone}")
        case _:
            return tr("街道界改为各社区外缘", "drew the subdistrict around its communities")


def finding_words(finding: Finding, sketch: Sketch) -> str:
    """Return in words what is open and how large."""
    names = "、".join(name_of(sketch, finding.level, code) for code in finding.codes[:4])
    area, level = area_words(finding.area_m2), level_words(finding.level)
    match finding.kind:
        case "gap":
            return tr(
                f"{level}空白 {area}，旁边是{names or '—'}", f"gap between {level} {names or '—'}: {area}"
            )
        case "overlap":
            return tr(f"{names} 都要这块 {area}，请定给谁", f"{names} both claimed {area}: decide")
        case "island":
            return tr(f"{names} 有一块飞地 {area}", f"{names} has an island of {area}")
        case "outside":
            zone = name_of(sketch, finding.level, finding.codes[0])
            return tr(f"{zone} 有 {area} 在上级边界外", f"{zone}: {area} outside its parent")
        case _:
            return tr(f"{names} 还没有地", f"{names} has no ground yet")


def state_words(state: str) -> str:
    """Return a drawing's state in the user's language."""
    return {
        "draft": tr("草图", "draft"),
        "signed": tr("已签发，待决定", "signed, waits for a decision"),
        "accepted": tr("已采用，待生效", "accepted, not yet in force"),
        "applied": tr("已生效", "in force"),
        "rejected": tr("未被采用，可再改", "rejected, open again"),
    }.get(state, state)
