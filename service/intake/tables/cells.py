"""Numbers as spreadsheets mangle them: stored as text, with a point too many, in powers of ten."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_PLAIN = re.compile(r"\+?(\d+)\.0+")
_POWER = re.compile(r"\d(?:\.(\d+))?E\+(\d{1,2})", re.IGNORECASE)
_DIGITS = re.compile(r"[\d.,+\-E'’‘\s]+", re.IGNORECASE)
_MOST_DIGITS = 25


def plain_cell(text: str) -> tuple[str, bool]:
    """Return a cell's text without a spreadsheet's traces, and whether digits of a number were lost.

    Examples
    --------
    >>> plain_cell("110.0"), plain_cell("'00123"), plain_cell("１３８．０"), plain_cell("1.1E+11")
    (('110', False), ('00123', False), ('138', False), ('110000000000', True))
    >>> plain_cell("K645+300"), plain_cell("1.5")
    (('K645+300', False), ('1.5', False))
    """
    if not text or len(text) > _MOST_DIGITS + 15:
        return text, False
    folded = unicodedata.normalize("NFKC", text).strip()
    if not _DIGITS.fullmatch(folded):
        # Excel's mark for "this is text" before a word or a code.
        return (text[1:], False) if text[:1] == "'" and len(text) > 1 else (text, False)
    folded = folded.lstrip("'’‘").strip()
    if match := _PLAIN.fullmatch(folded):
        return match.group(1), False
    match = _POWER.fullmatch(folded)
    if match and int(match.group(2)) <= _MOST_DIGITS:
        kept = len(match.group(1) or "")
        return format(Decimal(folded), "f"), kept < int(match.group(2))
    return folded, False


def number_words(text: str) -> str:
    """Return a text fit to be read as one number: full-width digits, degree signs and letters E N removed.

    Examples
    --------
    >>> number_words("１１３．７２°"), number_words("东经113.72"), number_words("113°43′12″E")
    ('113.72', '113.72', '113.72')
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    parts = re.fullmatch(
        r"[东北]?[经纬]?[EN]?\s*(\d{1,3})\s*[°度]\s*(\d{1,2})\s*[′'分]\s*(\d{1,2}(?:\.\d+)?)\s*(?:[″\"秒]|''|′′)\s*[EN]?",
        folded,
    )
    if parts:
        degrees, minutes, seconds = (Decimal(part) for part in parts.groups())
        value = degrees + minutes / 60 + seconds / 3600
        return format(round(value, 8).normalize(), "f")
    bare = re.fullmatch(r"[东北]?[经纬]?[EN]?\s*[:：]?\s*(\d{1,3}(?:\.\d+)?)\s*[°度]?\s*[EN]?", folded)
    return bare.group(1) if bare else folded
