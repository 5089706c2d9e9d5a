"""What the grammar has made of a text so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from geodata.geocode.model import Chainage, Frame, Name, Side, Span
from geodata.geocode.reading.evidence import strength
from geodata.geocode.reading.stream import Stream


@dataclass(frozen=True, slots=True)
class Found:
    """A frame, how weak it is as evidence (0 is strongest), and where its words begin."""

    frame: Frame
    weakness: float
    start: int


@dataclass(frozen=True, slots=True)
class Rival:
    """A frame that may be meant instead of another, with a penalty and the reason in Chinese."""

    instead_of: Frame
    frame: Frame
    penalty: float
    why: str


@dataclass(slots=True)
class Parse:
    """The frames of one covering of a text.

    `places` holds one list of frames for each separate place the text speaks of. `lines` are the
    lines named so far, in order; `posts` the chainages, with where they stand, and `beside` the side and
    metres said after those (K10+500东侧50米). `used` are brackets
    that a rule has taken already. `less` weakens what is found now, as evidence from brackets.
    """

    places: list[list[Found]] = field(default_factory=lambda: [[]])
    rivals: list[Rival] = field(default_factory=list)
    areas: list[Name] = field(default_factory=list)
    residue: list[Span] = field(default_factory=list)
    lines: list[Name] = field(default_factory=list)
    posts: list[tuple[Chainage, int]] = field(default_factory=list)
    beside: dict[int, tuple[Side, tuple[float, float]]] = field(default_factory=dict)
    used: list[Stream] = field(default_factory=list)
    less: float = 0.0

    def add(self, frame: Frame, start: int, *, said: bool = True, less: float = 0.0) -> None:
        """Keep a frame as evidence for the current place."""
        self.places[-1].append(Found(frame, strength(frame, said=said) + less + self.less, start))

    def add_at(self, frame: Frame, start: int, *, weakness: float) -> None:
        """Keep a frame with a weakness of its own."""
        self.places[-1].append(Found(frame, weakness + self.less, start))

    def separate(self) -> None:
        """Begin another place, if the current one has evidence of its own."""
        if any(found.weakness < 3.3 for found in self.places[-1]):
            self.places.append([])
