"""House numbers and chainages as written, to numbers."""

from __future__ import annotations

import re

from geodata.geocode.model import Chainage, Name, Number

_NUMBER = re.compile(
    r"(?P<front>[甲乙丙丁新])?(?P<number>\d{1,5})?(?P<sub>(?:-\d{1,4}|-?[A-Za-z])*)(?:号(?:大院|家属院|院)?|院|弄)?"
    r"(?:[-之]?(?P<attached>附)?-?(?P<last>\d{1,4})号?)?"
)
_NUMBER_RANGE = re.compile(r"(\d{1,5})号-(\d{1,5})号")
_POST = re.compile(
    r"(?P<prefix>[A-Z]{0,3})(?P<km>\d{1,4})(?:\+(?P<m>\d{1,3}(?:\.\d{1,3})?)|(?P<part>\.\d{1,3}))?(?!\d)"
)


def house_number(road: Name, written: str) -> Number | None:
    """Return the house number of a road: 306-34号 is number 306, sub-number 34.

    Parameters
    ----------
    road
        The road it stands on.
    written
        A word like 100号院, 306-34号, 甲12号, 50号附3号, 附3号. The last has no number of its own.
    """
    match = _NUMBER.match(written)
    if match is None or match["number"] is None:
        return None
    subs = [part for part in re.split(r"-", match["sub"] or "") if part]
    if match["last"]:
        subs.append(("附" if match["attached"] else "") + match["last"])
    if match["front"]:
        subs.insert(0, match["front"])
    return Number(road, int(match["number"]), "-".join(subs) or None)


def number_range(road: Name, written: str) -> Number | None:
    """Return the far end of 28号-32号, or None if the word is no such range.

    Parameters
    ----------
    road
        The road the numbers stand on.
    written
        The word; a second figure that is not larger is a sub-number (306号-34号).
    """
    match = _NUMBER_RANGE.fullmatch(written)
    if match is None or int(match[2]) <= int(match[1]):
        return None
    return Number(road, int(match[2]), None)


def chainage(line: Name | None, written: str) -> Chainage | None:
    """Return a position or a range on a line: K645+300 is 645,300 m.

    Parameters
    ----------
    line
        The line, if it is named.
    written
        A word like K645+300, DK389+107.840, 桩号4+376~6+338, K100-K120.

    Notes
    -----
    The metres after the plus are metres: K645+30 is 645,030 m, as railway and road posts are read.
    A range is put in rising order. The prefix is the first letter group, empty where there is none.
    """
    posts = list(_POST.finditer(written))
    if not posts:
        return None
    metres = [
        float(post["km"]) * 1000 + float(post["m"] or 0) + 1000 * float(post["part"] or 0)
        for post in posts[:2]
    ]
    end = max(metres) if len(metres) == 2 else None
    return Chainage(line, min(metres), end, posts[0]["prefix"])
