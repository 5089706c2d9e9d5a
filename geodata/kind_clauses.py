"""A complaint cut into the parts that say one thing each, and what is said of every part.

::

    1.井盖缺失 2.占道经营、小广告，已整改   →   井盖缺失 ; 占道经营 、小广告 ,已整改
      clause: between , and ;                   negations reach over 、 but not over , and ;
      item:   between , ; and 、                one item names one problem, seldom two

Not for location texts (`geodata.geocode`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from geodata.kind_rules import Negation, plain

# Where a quotation was, one sign that no rule's word holds.
_BLANK = "※"
_QUOTED = re.compile(r"[“\"「『‘]([^“”\"「」『』‘’]{1,60})[”\"」』’]")
_AROUND = 6  # characters beside a quotation that tell a slogan
_NUMBERED = re.compile(r"(?:(?<=^)|(?<=[\s,，;；。、!！?？]))[(（]?\d{1,2}[.．、)）]\s*(?=[^\d\s])")
_CLAUSE = re.compile(r"[^,;]+")
_ITEM = re.compile(r"[^,;、]+")
# 已经补好了, 均已由物业清走: done, whatever was done; 已满 and 已破损 are not.
_SOLVED = re.compile(
    r"(?:已|均)(?:经|被[^,;]{0,4}|全部|及时|当场|自行|基本|都|由[^,;]{1,6})*"
    r"(?:补|修|清|拆|换|整改|整治|改正|搬走|搬离|劝|处理|处置|解决|撤|移走|移除|打扫|恢复|扫|洗|盖好|盖上|覆盖|填|装好|加固|拉走|运走|捡|规范|取缔|纠正|消除|停止)"
)
_RESUMES = ("已", "均已", "不属实", "整改完毕", "现已", "目前已", "当场")
_RELAPSE = (
    "今天",
    "昨天",
    "但",
    "可",
    "现在",
    "又",
    "仍",
    "没几天",
    "没过",
    "第二天",
    "过后",
    "随后",
    "照样",
    "依然",
    "还是",
)


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a text: start and end of it and of its clause, and the sign before it (, ; 、 or "")."""

    start: int
    end: int
    clause_start: int
    clause_end: int
    sign: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A description in plain form, cut into items in text order."""

    text: str
    items: tuple[Item, ...]

    def item_at(self, position: int) -> int:
        """Return the index of the item that holds a position."""
        return max((i for i, item in enumerate(self.items) if item.start <= position), default=0)

    def next_clause(self, item: Item) -> str:
        """Return the clause after an item's own, "" after the last or behind a full stop."""
        rest = self.text[item.clause_end :]
        found = _CLAUSE.search(rest)
        return found.group() if found else ""


def cut(text: str, negation: Negation, *, rename: Callable[[str], str] | None = None) -> Parts:
    """Return a description's items; slogans in quotation marks are blanked, numbers of a list removed.

    `rename` changes the plain text before it is cut, for aliases.

    Examples
    --------
    >>> cut("1.井盖缺失 2.小广告", Negation()).text
    ';井盖缺失;小广告'
    """
    said = plain(_NUMBERED.sub(";", _without_slogans(text, negation)))
    said = rename(said) if rename else said
    clauses = [found.span() for found in _CLAUSE.finditer(said)]
    items = []
    for start, end in clauses:
        for found in _ITEM.finditer(said, start, end):
            sign = said[found.start() - 1] if found.start() else ""
            items.append(Item(found.start(), found.end(), start, end, sign))
    return Parts(said, tuple(items))


def _without_slogans(text: str, negation: Negation) -> str:
    """Return the text with every quoted slogan blanked: a banner against litter is no litter."""

    def blank(found: re.Match[str]) -> str:
        beside = (
            text[max(found.start() - _AROUND, 0) : found.start()] + text[found.end() : found.end() + _AROUND]
        )
        is_slogan = any(word in plain(found.group(1) + beside) for word in negation.slogan)
        return _BLANK if is_slogan else found.group()

    return _QUOTED.sub(blank, text)


def is_taken_back(
    parts: Parts, item: Item, start: int, end: int, negation: Negation, *, absence: bool
) -> bool:
    """Return whether what stands at start:end is denied, asked, planned or already solved."""
    before = parts.text[item.clause_start : start]
    if any(word in before for word in negation.clause_before):
        return True
    if absence and _is_affirmed(before, negation):
        return True
    if not absence and before.endswith(negation.just_before):
        return True
    return _is_solved(parts, item, end, negation)


def _is_affirmed(before: str, negation: Negation) -> bool:
    if not before.endswith(negation.affirmed):
        return False
    return not before.endswith(("没有", "无有", "未有", "没得有"))


def _is_solved(parts: Parts, item: Item, end: int, negation: Negation) -> bool:
    after, following = parts.text[end : item.clause_end], parts.next_clause(item)
    # Only a clause that begins with 已 or 不属实 takes the former one back; a new subject does not.
    if following.startswith(_RESUMES):
        after, following = f"{after},{following}", ""
    places = [after.find(word) for word in negation.after if word in after]
    places += [found.start() for found in _SOLVED.finditer(after)]
    if not places:
        return False
    tail = after[min(places) :]
    if any(word in tail for word in negation.still):
        return False
    return not (following.startswith(_RELAPSE) and any(word in following for word in negation.still))
