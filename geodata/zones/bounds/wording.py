"""One side's text taken apart: several names on a side, and the words that only borders are described with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geodata.zones.bounds.model import SIDE_NAMES, Compass, Longer

_SIDE_OF: dict[str, Compass] = {word: side for side, word in SIDE_NAMES.items()}
_TOWARD: dict[str, Longer] = {"东": "E", "南": "S", "西": "W", "北": "N", "": "any"}

_LINE_END = "路街道渠河湖线巷沟江桥墙"
_APART = re.compile(rf"[、;；/\n]|(?<=[{_LINE_END}区村）)])[,，]|(?<=[{_LINE_END}])(?:以及|和|与|及)(?!其)")
_LONGER = re.compile(
    r"(?:及其|及|和|的|之)?(?P<toward>[东南西北]?)[东南西北]?(?:延长线|延伸线|延线|延伸段|延长段)"
)
_MIDDLE = re.compile(r"(?:道路|规划|河道|铁路)?(?:中心线|中线|红线|中泓线|主流线|中心$)")
_EDGE = re.compile(r"(?:的|之)?(?:交界处?|相邻|相接|接壤|毗邻|边界|为界|界线|分界|分界线|辖区|范围)$")
_OUTLINE = re.compile(r"(?:的)?(?:(?:[东南西北]{0,2})(?:围墙|院墙|外墙|墙|围栏|边界|边线|边))$")
_LEADING = re.compile(r"^(?:沿着?|以|与|和|接|邻|临|至|到|抵)+")
# A路（B路以东）: only the part of A beyond B.
_BEYOND = re.compile(
    r"[（(](?:仅|限)?(?P<name>[^（()）]+?)(?:以)?(?P<side>[东南西北])(?:侧|边|面|部|段|部分)*[)）]"
)
_ASIDE = re.compile(r"[（(](?:[^（()）]{0,2}含[^（()）]{0,8}|规划|在建|暂名|中心线[^（()）]*|拟建)[)）]")


def without_leading(name: str) -> str:
    """Return a name without 沿, 至, 以 before it, which may also be its own: 至善路.

    Examples
    --------
    >>> without_leading("沿东风渠"), without_leading("至善路")
    ('东风渠', '善路')
    """
    return _LEADING.sub("", name)


@dataclass(frozen=True, slots=True)
class Words:
    """One name on a side as written, what of it names the line, and how far that may be prolonged.

    `longer` says that it is written 延长线: the compass letter (东 of 东延长线), `any` without one, ""
    for none. `outline` says that the edge of a place is meant (围墙, 边界). `beyond` names the line
    beyond which, towards a side, only the part is meant.
    """

    text: str
    name: str
    longer: Longer = ""
    outline: bool = False
    beyond: tuple[str, Compass] | None = None


def words_of(text: str) -> list[Words]:
    """Return the names on one side, in the order written; an empty text has none.

    Examples
    --------
    >>> [words.name for words in words_of("A路（C路至D路）、沿E河中心线和F街及其延长线")]
    ['A路（C路至D路）', '沿E河', 'F街']
    >>> words_of("学校东围墙")[0].outline
    True
    """
    return [words for part in _parts(text) if (words := _words(part)).name]


def _parts(text: str) -> list[str]:
    """Return a text cut at its separators, those inside brackets left alone."""
    inside = [False] * len(text)
    depth = 0
    for at, letter in enumerate(text):
        depth += letter in "（("
        inside[at] = depth > 0
        depth -= letter in "）)" and depth > 0
    parts, start = [], 0
    for cut in _APART.finditer(text):
        if not inside[cut.start()]:
            parts.append(text[start : cut.start()])
            start = cut.end()
    return [part.strip(" \t\r\n,，。.") for part in [*parts, text[start:]]]


def _words(part: str) -> Words:
    name = _ASIDE.sub("", part)
    part_of = _BEYOND.search(name)
    beyond = (part_of["name"], _SIDE_OF[part_of["side"]]) if part_of else None
    name = _BEYOND.sub("", name)
    prolonged = _LONGER.search(name)
    longer = _TOWARD[prolonged["toward"]] if prolonged else ""
    name = _MIDDLE.sub("", _LONGER.sub("", name))
    outline = bool(_OUTLINE.search(name))
    name = _EDGE.sub("", _OUTLINE.sub("", name)) if outline else _EDGE.sub("", name)
    name = name.strip(" 的,，。")
    return Words(part, name, longer, outline, beyond)
