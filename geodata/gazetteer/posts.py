"""Chainages as sources write them, to metres: `645.3` km, `K645+300`, `DK12+5`."""

from __future__ import annotations

import re

_PLUS = re.compile(r"^[A-Za-z]{0,3}\s*(\d{1,4})\s*\+\s*(\d{1,3}(?:\.\d{1,3})?)$")
_KILOMETRES = re.compile(r"^[A-Za-z]{0,3}\s*(\d{1,4}(?:[.,]\d{1,4})?)\s*(?:km|公里)?$", re.IGNORECASE)
_METRES = re.compile(r"^(\d{1,7}(?:\.\d{1,3})?)\s*(?:m|米)$", re.IGNORECASE)


def chainage_m(written: str) -> float | None:
    """Return a chainage in metres, None for a text that is none (a mile post, a range, a name).

    A plain figure counts kilometres, as mile posts do; one with a unit says itself what it counts.

    Examples
    --------
    >>> chainage_m("K645+300"), chainage_m("645.3"), chainage_m("645,3 km"), chainage_m("1200 m")
    (645300.0, 645300.0, 645300.0, 1200.0)
    >>> chainage_m("mi:12") is None, chainage_m("K1+2000") is None
    (True, True)
    """
    text = written.strip()
    if match := _PLUS.match(text):
        return round(float(match[1]) * 1000.0 + float(match[2]), 3)
    if match := _METRES.match(text):
        return float(match[1])
    if match := _KILOMETRES.match(text):
        return round(float(match[1].replace(",", ".")) * 1000.0, 3)
    return None
