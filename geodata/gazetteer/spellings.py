"""Other ways to write a road's name: 西三环 and 西三环路, 经三路 and 经3路, 107国道 and G107.

Only rewritings that mean the same thing wherever they are used. What changes the meaning (建设路 for
建设西路) or is a slip (久如路) is found when a text is located, with less trust.
"""

from __future__ import annotations

import re

from geodata.gazetteer.model import Contents
from geodata.text.numerals import number_of

_RING = re.compile(r"(?P<ring>[东西南北]?[一二三四五六内外中]环)(?P<road>路)?")
_MOTORWAY = re.compile(r"(?P<name>.{2,})高速(?P<road>公路)?")
_REFERENCES = {"国道": "G", "省道": "S", "县道": "X", "乡道": "Y"}
_REFERENCE = re.compile(
    r"(?:(?P<letter>[GSXY])(?P<after>\d{1,4})|(?P<before>\d{1,4}))?(?P<kind>国道|省道|县道|乡道)?(?P<last>\d{1,4})?"
)
_NUMBERED = re.compile(
    r"(?P<front>第|经|纬|[东西南北中]|[经纬][东西南北])?(?P<number>[一二三四五六七八九十]{1,3})(?P<rest>大街|大道|街|路|巷)"
)


def line_spellings(name: str) -> set[str]:
    """Return the other ways to write a road's name.

    Examples
    --------
    >>> sorted(line_spellings("西三环")), sorted(line_spellings("第十七大街"))
    (['西三环路'], ['17大街', '十七大街', '第17大街'])
    >>> sorted(line_spellings("G107")), sorted(line_spellings("建设路"))
    (['107国道', 'G107国道', '国道107', '国道G107'], [])
    """
    found = {*_ring(name), *_motorway(name), *_reference(name), *_numbered(name)}
    return found - {name}


def _ring(name: str) -> set[str]:
    match = _RING.fullmatch(name)
    return {match["ring"], match["ring"] + "路"} if match else set()


def _motorway(name: str) -> set[str]:
    match = _MOTORWAY.fullmatch(name)
    return {match["name"] + "高速", match["name"] + "高速公路"} if match else set()


def _reference(name: str) -> set[str]:
    match = _REFERENCE.fullmatch(name)
    if match is None:
        return set()
    numbers = {number for number in (match["after"], match["before"], match["last"]) if number}
    letters = {letter for letter in (match["letter"], _REFERENCES.get(match["kind"] or "")) if letter}
    if len(numbers) != 1 or len(letters) != 1:
        return set()
    number, letter = numbers.pop(), letters.pop()
    kind = next(kind for kind, own in _REFERENCES.items() if own == letter)
    return {
        f"{letter}{number}",
        f"{number}{kind}",
        f"{letter}{number}{kind}",
        f"{kind}{number}",
        f"{kind}{letter}{number}",
    }


def _numbered(name: str) -> set[str]:
    match = _NUMBERED.fullmatch(name)
    digits = number_of(match["number"]) if match else None
    if match is None or digits is None:
        return set()
    front, rest = match["front"] or "", match["rest"]
    # 二七 is a date, not 27; 五路 alone is no street with a number
    if (len(match["number"]) > 1 and "十" not in match["number"]) or not (front or rest in ("街", "大街")):
        return set()
    found = {front + digits + rest}
    # 第 is left out where a street still looks numbered without it: 十七大街, but not 一路
    if front == "第" and len(match["number"]) + len(rest) > 2:
        found |= {match["number"] + rest, digits + rest}
    return found


def add_spellings(contents: Contents) -> None:
    """Add the other spellings of all roads as aliases, but for those that are names of their own.

    Places get none: what is left of 河南省人民医院 without its front is also the end of other hospitals' names.
    """
    roads = {row.name for row in contents.lines if row.line_class == "road"}
    taken = {row.name for row in contents.lines} | {row.name for row in contents.places}
    taken |= {row.name for row in contents.zones}
    for name in sorted(roads):
        for spelling in sorted(line_spellings(name) - taken):
            contents.alias(spelling, name)
