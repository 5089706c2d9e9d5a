"""How a Chinese character is spoken, without tones, from a small shipped table.

Only the readings that matter in names are kept (at most three a character, the usual one first), so
that 行 is both xing and hang but 大 is only da. Nothing here imports a pinyin library: the first look-up
must not cost a second.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

# Syllables are numbered above every code point, so that no syllable equals a character.
_SYLLABLE = 0x110000


class Sounds:
    """The readings of single characters.

    Parameters
    ----------
    lines
        One syllable a line: its letters, a blank, the characters usually read so, `|`, those that can be.
    """

    def __init__(self, lines: str) -> None:
        self._of: dict[str, tuple[int, ...]] = {}
        others: list[tuple[str, int]] = []
        for number, line in enumerate(lines.splitlines(), start=_SYLLABLE):
            usual, _, rare = line.partition(" ")[2].partition("|")
            self._of |= dict.fromkeys(usual, (number,))
            others += [(character, number) for character in rare]
        for character, number in others:
            self._of[character] = (*self._of.get(character, ()), number)

    def of(self, character: str) -> tuple[int, ...]:
        """Return the numbers of a character's syllables, the usual one first.

        A character that is not in the table has its own code point as its only reading.
        """
        return self._of.get(character) or (ord(character),)

    def alike(self, one: str, other: str) -> bool:
        """Return whether two characters share a reading."""
        return one == other or not set(self.of(one)).isdisjoint(self.of(other))


@lru_cache(maxsize=1)
def sounds() -> Sounds:
    """Return the shipped table (`geodata/reference/readings.txt`), read once."""
    return Sounds(files("geodata").joinpath("reference/readings.txt").read_text(encoding="utf-8"))
