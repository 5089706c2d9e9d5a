"""How a rule of the lexicon looks, and how what it finds becomes a word with its figures and sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from geodata.geocode.model import Side
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.tokens import Token

SIDES: dict[str, Side] = {
    "东": "E", "南": "S", "西": "W", "北": "N", "东北": "NE", "西北": "NW", "东南": "SE", "西南": "SW",
    "左": "left", "右": "right", "两": "both", "双": "both", "中": "middle",
}  # fmt: skip

_REACHES = re.compile(r"[东西南北](?:侧|边|面)?(?:起至|至|到|临|邻|靠|接|抵)")
_NOT_HERE = 50.0

Build = Callable[[re.Match[str], float], Token]


class Rule(NamedTuple):
    """One kind of word: what it may begin with, how it looks, how it becomes a token."""

    first: str
    pattern: re.Pattern[str]
    cost: float
    build: Build


def plain(code: str) -> Build:
    """Return a builder that keeps the word as it stands."""

    def build(match: re.Match[str], cost: float) -> Token:
        return Token(code, match.start(), match.end(), cost, match[0])

    return build


def sided(code: str) -> Build:
    """Return a builder that reads the side named in group `d`."""

    def build(match: re.Match[str], cost: float) -> Token:
        return Token(code, match.start(), match.end(), cost, match[0], SIDES.get(match["d"]))

    return build


def measured(code: str) -> Build:
    """Return a builder that reads metres from groups `low`, `high`, `unit`."""

    def build(match: re.Match[str], cost: float) -> Token:
        unit = 1000.0 if match.groupdict().get("unit") == "公里" else 1.0
        low = float(match["low"]) * unit
        high = float(match["high"]) * unit if match.groupdict().get("high") else low
        return Token(
            code, match.start(), match.end(), cost, match[0], metres=(min(low, high), max(low, high))
        )

    return build


def fixed(code: str, value: str) -> Build:
    """Return a builder whose word is always the same: what all spellings mean."""

    def build(match: re.Match[str], cost: float) -> Token:
        return Token(code, match.start(), match.end(), cost, value)

    return build


def both_sides(match: re.Match[str], cost: float) -> Token:
    """Build a word for both sides."""
    return Token(t.SIDE, match.start(), match.end(), cost, match[0], "both")


def middle(match: re.Match[str], cost: float) -> Token:
    """Build a word for the middle of a line."""
    return Token(t.SIDE, match.start(), match.end(), cost, match[0], "middle")


def reach(match: re.Match[str], cost: float) -> Token:
    """Build a border of four: 东至."""
    # 东至 names a border only where another side is given as well
    if len(_REACHES.findall(match.string)) < 2:
        cost = _NOT_HERE
    return Token(t.REACH, match.start(), match.end(), cost, match[0], SIDES.get(match["d"]))


def built(match: re.Match[str], cost: float) -> Token:
    """Build a structure, named in group `built`."""
    return Token(t.STRUCTURE, match.start(), match.end(), cost, match["built"])


def gate(match: re.Match[str], cost: float) -> Token:
    """Build a gate or exit, named in group `part`."""
    return Token(t.GATE, match.start(), match.end(), cost, match["part"])


def rule(first: str, pattern: str, cost: float, build: Build) -> Rule:
    """Return a rule; `first` holds every character that the pattern can begin with."""
    return Rule(first, re.compile(pattern), cost, build)
