"""Which words of the lexicon stand where in a text."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.geocode.reading.lexicon import RULES
from geodata.geocode.reading.rules import Rule
from geodata.geocode.reading.tokens import Token


def _by_first(rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that a character can begin."""
    table: dict[str, list[Rule]] = {}
    for rule in rules:
        for char in dict.fromkeys(rule.first):
            table.setdefault(char, []).append(rule)
    return {char: tuple(found) for char, found in table.items()}


_TABLE = _by_first(RULES)
_FIGURES = frozenset("0123456789")


def words_of(text: str) -> list[list[Token]]:
    """Return the grammar words that begin at each position, one for each rule that fits.

    Parameters
    ----------
    text
        Normalised text.
    """
    found: list[list[Token]] = []
    table = _TABLE
    before = ""
    for position, char in enumerate(text):
        words: list[Token] = []
        found.append(words)
        rules = table.get(char)
        # a figure is read from its first digit only
        if rules is not None and not (char in _FIGURES and before in _FIGURES):
            for _, pattern, cost, build in rules:
                match = pattern.match(text, position)
                if match is not None and match.end() > position:
                    words.append(build(match, cost))
        before = char
    return found
