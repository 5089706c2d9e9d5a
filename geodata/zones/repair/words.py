"""Chinese sentences for what a repair did, and for why it did not."""

from __future__ import annotations

from collections.abc import Sequence

from geodata.zones.checking.defects import area_words
from geodata.zones.repair.settling import Settled

_NAMES_SHOWN = 4


def words_of(done: Settled, name: str, other: str, *, loses: bool) -> str:
    """Return what happened to one zone.

    Parameters
    ----------
    name, other
        The zone, and who has the piece now ("" for nobody).
    loses
        Whether the zone lost the piece.
    """
    area = area_words(done.area_m2)
    if done.rule == "overlap":
        why = f"{other} 否则失去一半以上" if done.reason == "enclave" else "归代码小的"
        return f"{name} 让出与 {other} 的重叠 {area}（{why}）"
    if done.rule == "outside":
        return f"{name} 切去上级之外的 {area}"
    if done.rule == "sliver":
        return f"{name} 的狭条 {area}并入 {other}" if loses else f"{name} 并入狭条 {area}（公共边最长）"
    where = "缝隙" if done.rule == "gap" else "上级内的空缺"
    return f"{name} 并入{where} {area}（公共边最长）"


def reason_of(done: Settled, codes: Sequence[str], limit_m2: float) -> str:
    """Return why a piece is left as it was drawn."""
    whose = "、".join(codes[:_NAMES_SHOWN]) + ("等" if len(codes) > _NAMES_SHOWN else "")
    area, limit = area_words(done.area_m2), area_words(limit_m2)
    if done.reason == "same":
        return f"{whose} 是同一个图形（{area}）：留哪一个要由人定"
    if done.reason == "alone":
        return f"{whose} 有 {area}空着，旁边没有可以并入的区划"
    if done.rule == "overlap":
        return f"{whose} 重叠 {area}，大于 {limit}：归谁要由人定"
    if done.rule == "gap":
        return f"{whose} 之间空出 {area}，大于 {limit}：可能是水面，或不归本处管的地"
    if done.rule == "outside":
        return f"{whose} 有 {area}在上级之外，大于 {limit}或超过它的一半：是上级画错还是本级画错，要由人定"
    return f"{whose} 有 {area}没有下级，大于 {limit}：归哪个下级要由人定"
