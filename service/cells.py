"""Cells of the tables we write: what a person wrote stays text, it never becomes a formula.

Lists come from anybody; a cell like `=HYPERLINK(…)` would act in the name of whoever opens our table, in
Excel, in WPS, or after it was saved as CSV and opened again.
"""

from __future__ import annotations

import re

# Workbooks keep what was written: no text becomes a formula, a link or a number.
PLAIN_CELLS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Excel holds 32,767 characters in a cell.
_MOST_CHARS = 32_000
# The wide signs of Chinese keyboards begin a formula in WPS and in Excel as well.
_BEGINS_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r" *[+-]?\d+(\.\d+)?([eE][+-]?\d+)? *", re.ASCII)


def neutral(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula; numbers stay as they are.

    Examples
    --------
    >>> [neutral(text) for text in ("=1+1", "-5 号楼", "-5", "+8613800000000", "陇海路 - 京广路")]
    ["'=1+1", "'-5 号楼", '-5', '+8613800000000', '陇海路 - 京广路']
    """
    return f"'{text}" if _BEGINS_FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def workbook_text(text: str) -> str:
    """Return a text as a workbook's cell holds it: no formula, not longer than Excel allows."""
    return neutral(text[:_MOST_CHARS])
