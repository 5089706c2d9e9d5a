"""All names of a gazetteer in one automaton: which of them occur in a text, and where."""

from __future__ import annotations

from collections.abc import Mapping

import ahocorasick

from geodata.geocode.model import NameClass, NameHit

# Single characters and bare digits occur in every text.
_SHORTEST = 2


class NameScanner:
    """Finds every occurrence of every name, overlapping ones too; the reader chooses.

    Parameters
    ----------
    names
        Classes of each name.
    """

    def __init__(self, names: Mapping[str, tuple[NameClass, ...]]) -> None:
        self._automaton = ahocorasick.Automaton()
        self._count = 0
        for name, classes in names.items():
            if len(name) >= _SHORTEST and not name.isdigit() and classes:
                self._automaton.add_word(name, (name, classes))
                self._count += 1
        if self._count:
            self._automaton.make_automaton()

    def scan(self, text: str) -> list[NameHit]:
        """Return all hits ordered by start, longer ones first."""
        if not self._count:
            return []
        hits = [
            NameHit(end + 1 - len(name), end + 1, name, classes)
            for end, (name, classes) in self._automaton.iter(text)
        ]
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return hits
