"""A range of characters, for every later step to say which words it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets into the *original* text."""

    start: int
    end: int
