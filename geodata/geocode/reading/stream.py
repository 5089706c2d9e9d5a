"""The words of a text in order, with what stands in brackets set aside at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from geodata.geocode.model import Name
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.tokens import Token
from geodata.text.normalize import NormalText

_END = Token("", 0, 0, 0.0)


@dataclass(slots=True)
class Stream:
    """Words without brackets and empty words; `groups[i]` are the brackets just before word i."""

    text: NormalText
    words: list[Token] = field(default_factory=list)
    groups: dict[int, list[Stream]] = field(default_factory=dict)
    _codes: list[str] = field(default_factory=list)
    _distinct: set[str] = field(default_factory=set)
    _names: dict[tuple[int, int], Name] = field(default_factory=dict)

    def add(self, word: Token) -> None:
        """Put a word at the end."""
        self.words.append(word)
        self._codes.append(word.code)
        self._distinct.add(word.code)

    def has(self, *codes: str) -> bool:
        """Return whether any word outside brackets has one of the codes."""
        return not self._distinct.isdisjoint(codes)

    def at(self, position: int) -> Token:
        """Return the word at a position, or an empty one past the end."""
        return self.words[position] if position < len(self.words) else _END

    def code(self, position: int) -> str:
        """Return the code of the word at a position, empty past the end."""
        return self._codes[position] if position < len(self._codes) else ""

    def name(self, position: int) -> Name:
        """Return the name that the word at a position mentions."""
        return self.name_of(self.words[position], self.words[position])

    def name_of(self, first: Token, last: Token) -> Name:
        """Return the name written from the first to the last word."""
        key = (first.start, last.end)
        name = self._names.get(key)
        if name is None:
            one = first is last
            name = self._names[key] = Name(
                self.text.text[first.start : last.end],
                (first.classes or ("place",)) if one else ("place",),
                self.text.span(first.start, last.end),
                known=first.known and one,
            )
        return name


def stream_of(text: NormalText, tokens: Sequence[Token]) -> Stream:
    """Return the words with brackets set aside; an unclosed bracket reaches to the end.

    Brackets inside brackets belong to the inner stream in the same way.
    """
    main = Stream(text)
    open_streams = [main]
    for token in tokens:
        current = open_streams[-1]
        if token.code == t.OPEN:
            if len(open_streams) > 8:
                continue
            inner = Stream(text)
            current.groups.setdefault(len(current.words), []).append(inner)
            open_streams.append(inner)
        elif token.code == t.CLOSE:
            if len(open_streams) > 1:
                open_streams.pop()
        elif token.code != t.NOISE:
            current.add(token)
    return main
