"""Sentences for what a repair did, and for why it did not."""

from __future__ import annotations

from collections.abc import Sequence

from geodata.errors import Fault
from geodata.zones.checking.defects import area_words, name_words, names_words
from geodata.zones.repair.settling import Settled


def words_of(done: Settled, name: str, other: str, *, loses: bool) -> Fault:
    """Return what happened to one zone.

    Parameters
    ----------
    name, other
        The zone, and who has the piece now ("" for nobody).
    loses
        Whether the zone lost the piece.
    """
    area, own, new = area_words(done.area_m2), name_words(name), name_words(other)
    if done.rule == "overlap":
        enclave = done.reason == "enclave"
        why = f"{new.en} would lose more than half" if enclave else "the lower code has it"
        why_zh = f"{new.zh} 否则失去一半以上" if enclave else "归代码小的"
        return Fault(
            f"{own.en} gives up its overlap of {area.en} with {new.en} ({why})",
            f"{own.zh} 让出与 {new.zh} 的重叠 {area.zh}（{why_zh}）",
        )
    if done.rule == "outside":
        return Fault(
            f"{area.en} of {own.en} outside its parent are cut off", f"{own.zh} 切去上级之外的 {area.zh}"
        )
    if done.rule == "sliver" and loses:
        return Fault(
            f"the sliver of {area.en} of {own.en} goes to {new.en}",
            f"{own.zh} 的狭条 {area.zh}并入 {new.zh}",
        )
    what = {"sliver": Fault("a sliver", "狭条"), "gap": Fault("a gap", "缝隙")}.get(
        done.rule, Fault("its parent's land", "上级内的空缺")
    )
    return Fault(
        f"{own.en} takes {what.en} of {area.en} (longest common border)",
        f"{own.zh} 并入{what.zh} {area.zh}（公共边最长）",
    )


def reason_of(done: Settled, codes: Sequence[str], limit_m2: float) -> Fault:
    """Return why a piece is left as it was drawn."""
    whose, area, limit = names_words(codes), area_words(done.area_m2), area_words(limit_m2)
    if done.reason == "same":
        return Fault(
            f"{whose.en} are the same shape ({area.en}): people must say which one stays",
            f"{whose.zh} 是同一个图形（{area.zh}）：留哪一个要由人定",
        )
    if done.reason == "alone":
        return Fault(
            f"{area.en} at {whose.en} are empty, and no zone beside them can take them",
            f"{whose.zh} 有 {area.zh}空着，旁边没有可以并入的区划",
        )
    if done.rule == "overlap":
        return Fault(
            f"{whose.en} overlap by {area.en}, more than {limit.en}: people must say whose it is",
            f"{whose.zh} 重叠 {area.zh}，大于 {limit.zh}：归谁要由人定",
        )
    if done.rule == "gap":
        return Fault(
            f"a gap of {area.en} between {whose.en}, more than {limit.en}: water, or land of others, perhaps",
            f"{whose.zh} 之间空出 {area.zh}，大于 {limit.zh}：可能是水面，或不归本处管的地",
        )
    if done.rule == "outside":
        return Fault(
            f"{area.en} of {whose.en} lie outside the parent, more than {limit.en} or than half of it: "
            "people must say which of the two is drawn wrong",
            f"{whose.zh} 有 {area.zh}在上级之外，大于 {limit.zh}或超过它的一半：是上级画错还是本级画错，要由人定",
        )
    return Fault(
        f"{area.en} of {whose.en} have no child, more than {limit.en}: people must say whose they are",
        f"{whose.zh} 有 {area.zh}没有下级，大于 {limit.zh}：归哪个下级要由人定",
    )
