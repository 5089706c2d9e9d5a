"""Dates as people write them in lists. What is unclear is left empty and said, never guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_YMD = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[T\s]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(20\d{2}|19\d{2})(\d{2})(\d{2})")


def read_date(text: str) -> date | None:
    """Return the date a text states in full (year, month, day), or None.

    Examples
    --------
    >>> read_date("2017年9月3日"), read_date("2017/9/3 08:30"), read_date("20170903")
    (datetime.date(2017, 9, 3), datetime.date(2017, 9, 3), datetime.date(2017, 9, 3))
    >>> read_date("2019-03-26?"), read_date("9月3日"), read_date("03/04/2017") is None
    (None, None, True)
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    match = _YMD.fullmatch(folded) or _COMPACT.fullmatch(folded)
    if not match:
        return None
    year, month, day = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
