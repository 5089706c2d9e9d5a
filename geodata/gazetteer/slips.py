"""Whether one name can be a slip of the pen for another, and what may never be taken for a slip.

A slip of the input method keeps the sound; a slip of the hand drops, adds, swaps or mistakes one
character. Some characters tell names apart and are never edited: numerals, single letters, directions
and other opposites, and the word that says what the thing is (路, 小区).
"""

from __future__ import annotations

from typing import Literal

from geodata.gazetteer.sounds import Sounds
from geodata.text.numerals import NUMERAL

SlipKind = Literal["homophone", "swapped", "wrong", "dropped", "inserted"]
# The likeliest slip first: an input method offers homophones; edits that keep the length come next.
SLIP_KINDS: tuple[SlipKind, ...] = ("homophone", "swapped", "wrong", "dropped", "inserted")

# Shorter stems are one edit away from too many others: they are only matched by sound.
_LEAST_STEM = 3
# Words that say what a name names; the longest that fits at its end counts.
_LINES = "路 街 道 巷 弄 桥 河 渠 江 湖 沟 溪 线 环 大道 大街 胡同 公路 高速 快速路 铁路 高铁 水库 运河 干渠"
_AREAS = (
    "区 县 镇 乡 村 庄 街道 办事处 社区 小区 新区 家属院 大院 院 花园 家园 花苑 苑 园 公园 广场 大厦 公寓 国际 中心"
    " 学校 小学 中学 高中 大学 学院 幼儿园 医院 诊所 银行 酒店 宾馆 饭店 店 超市 商场 商城 市场 公司 厂 车站 站"
    " 工地 项目部 楼 馆 厅 局 所 寺 庙 门 口"
)
_LINE_WORDS = frozenset(_LINES.split())
_CLASS_WORDS = _LINE_WORDS.union(_AREAS.split())
_LAST_CHARACTERS = frozenset(word[-1] for word in _CLASS_WORDS)
_OPPOSITES = ("东西南北中前后", "内外", "上下", "左右", "大中小", "新老旧", "甲乙丙丁戊己庚辛")
_OPPOSITE_OF: dict[str, frozenset[str]] = {
    one: frozenset("".join(group for group in _OPPOSITES if one in group)) - {one}
    for one in "".join(_OPPOSITES)
}
_NUMERALS = frozenset(NUMERAL + "万0123456789")
# Numbers only beside another numeral: 百货, 千禧, 万达 count nothing.
_ROUND = frozenset("零百千两万")
# Losing or gaining one of these before a class word or at an end makes another name: 农业路 is not
# 农业东路, but 陕面馆 can be 陕西面馆.
_PLACING = frozenset("东西南北内外左右")
_AFTER_A_PLACING = frozenset(word[0] for word in _CLASS_WORDS) | frozenset("侧段岸口出入头(")


def class_word(name: str) -> str:
    """Return the word at the end of a name that says what it is, "" where there is none.

    A name with a bracket has none: what ends it is the branch.

    Examples
    --------
    >>> class_word("经三路"), class_word("阳光小区"), class_word("解家河南菜(碧沙岗店)"), class_word("九如")
    ('路', '小区', '', '')
    """
    if name[-1:] not in _LAST_CHARACTERS or "(" in name:
        return ""
    for length in (3, 2, 1):
        if name[-length:] in _CLASS_WORDS and len(name) > length:
            return name[-length:]
    return ""


def has_long_stem(name: str) -> bool:
    """Return whether a name has enough characters before its class word to be told with one wrong.

    Examples
    --------
    >>> has_long_stem("九如路"), has_long_stem("如意湖街"), has_long_stem("郑州日报社")
    (False, True, True)
    """
    return len(name) - len(class_word(name)) >= _LEAST_STEM


def slip_between(written: str, known: str, sounds: Sounds) -> tuple[SlipKind, int] | None:
    """Return the slip that turns a known name into what was written and its edits, None if there is none.

    Parameters
    ----------
    written, known
        Normalised names.
    sounds
        Readings of single characters.

    Returns
    -------
    tuple[SlipKind, int] | None
        `dropped` where the written name lacks a character of the known one, `inserted` where it has
        one more. A homophone may have several edits, every other slip is one (a swap of neighbours
        counts as one, as in the optimal string alignment distance).
    """
    longer = len(known) - len(written)
    if abs(longer) > 1 or written == known:
        return None
    start = _common_prefix(written, known)
    if longer == 0:
        found = _same_length(written, known, start, sounds)
    else:
        short, long = (written, known) if longer == 1 else (known, written)
        if short[start:] != long[start + 1 :] or _places(long, start) or _tells_apart(long, start):
            return None
        found = "dropped" if longer == 1 else "inserted", 1
    return found if found is not None and _classes_allow(written, known, found[0]) else None


def _classes_allow(written: str, known: str, kind: SlipKind) -> bool:
    """Return whether the thing written can be of the known one's class, and both are long enough.

    路 is never 小区, but 达道 can be 大道 and, by sound only, 花院 can be 花园.
    """
    own, other = class_word(written), class_word(known)
    same = not own or other.endswith(own) or (bool(other) and own.endswith(other))
    if kind == "homophone":
        return same or (bool(other) and own not in _LINE_WORDS and other not in _LINE_WORDS)
    return same and min(len(written) - len(own), len(known) - len(other)) >= _LEAST_STEM


def _same_length(written: str, known: str, start: int, sounds: Sounds) -> tuple[SlipKind, int] | None:
    places = [at for at in range(start, len(known)) if written[at] != known[at]]
    if all(sounds.alike(written[at], known[at]) for at in places):
        # 久如路 can be a slip for 九如路, but a numeral that was written is meant.
        return None if any(_tells_apart(written, at) for at in places) else ("homophone", len(places))
    if len(places) == 1:
        if known[start] in _OPPOSITE_OF.get(written[start], ()):
            return None
        if written[start] in _NUMERALS and known[start] in _NUMERALS:
            return None
        return None if _tells_apart(written, start) or _tells_apart(known, start) else ("wrong", 1)
    if len(places) != 2 or written[start : start + 2] != known[start + 1] + known[start]:
        return None
    if known[start + 1] in _OPPOSITE_OF.get(known[start], ()):
        return None
    told = [_tells_apart(known, at) for at in places]
    return (
        None
        if all(told) or any(known[at].isascii() and told[at - start] for at in places)
        else ("swapped", 1)
    )


def _places(name: str, at: int) -> bool:
    """Return whether the character at a place says which of several like-named things is meant."""
    at_an_end = at == 0 or at == len(name) - 1 or name[at - 1] == "("
    return name[at] in _PLACING and (at_an_end or name[at + 1] in _AFTER_A_PLACING)


def _tells_apart(name: str, at: int) -> bool:
    """Return whether the character at a place is a numeral, or a letter that is no part of a word."""
    character = name[at]
    if character in _ROUND:
        return name[at - 1 : at] in _NUMERALS or name[at + 1 : at + 2] in _NUMERALS
    if character.isascii():
        return character.isdigit() or (character.isalpha() and not _in_latin_word(name, at))
    return character in _NUMERALS


def _in_latin_word(name: str, at: int) -> bool:
    around = name[max(at - 2, 0) : at + 3]
    return sum(character.isascii() and character.isalpha() for character in around) >= 3


def _common_prefix(one: str, other: str) -> int:
    at = 0
    for own, its in zip(one, other, strict=False):
        if own != its:
            break
        at += 1
    return at
