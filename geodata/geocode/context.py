"""What a name of a text means in the gazetteer: its lines and places, or those it is a slip for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

from shapely.geometry import LineString, Point

from geodata.gazetteer.index import Gazetteer
from geodata.gazetteer.slips import SlipKind, class_word
from geodata.geocode.evidence import Evidence
from geodata.geocode.model import BEARING_DEG, Name, Side
from geodata.geocode.numbering import Numbering, numbering_of
from geodata.geocode.reading.evidence import is_shop
from geodata.linear.locate import along, side_vector, tangent_at

F = TypeVar("F", bound=Hashable)

_REMEMBERED = 16_384
_SLIP_WEIGHT = 0.6
_AREAL = frozenset({"place", "zone"})
# What is drawn on a map is doubted this much less than what addresses teach.
_DRAWN_DOUBT = 0.2
# The cosine of the angle at which a direction leads along a line: below 25 degrees it is no side of it.
_ALONG = 0.9


class Slip(NamedTuple):
    """The known names that an unknown one is taken for: the way (`homophone`, `typo`), what went wrong."""

    way: str
    kind: SlipKind | None
    meant: tuple[str, ...]


NO_SLIP = Slip("", None, ())


class Context:
    """What resolvers share: the gazetteer, and what names and lines mean in it, kept for the next text.

    The same streets come back all through an office's list.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._numberings: dict[int, Numbering | None] = {}
        self._resolved: dict[Hashable, Evidence] = {}
        remembered = lru_cache(maxsize=_REMEMBERED)
        self.lines = remembered(self._lines)
        self.variants = remembered(self._variants)
        self.way_to = remembered(self._way_to)
        self.slip = remembered(self._slip)

    def remember(self, resolve: Callable[[F, Context], Evidence], frame: F) -> Evidence:
        """Return what a frame resolves to; crossings and places are what many texts have in common."""
        found = self._resolved.get(frame)
        if found is None:
            if len(self._resolved) >= _REMEMBERED:
                self._resolved.clear()
            found = self._resolved[frame] = resolve(frame, self)
        return found

    def _lines(self, name: Name) -> list[tuple[int, float]]:
        """Return the lines a name may mean with a weight.

        Its own; where the gazetteer lacks it homophones, else sections, else lines of which it is a
        typing slip.
        """
        exact = [(line, 1.0) for line in self.gazetteer.lines_of(name.text)]
        if exact:
            return exact
        slip = NO_SLIP if set(name.classes) <= _AREAL else self.slip(name)
        meant = dict.fromkeys(line for known in slip.meant for line in self.gazetteer.lines_of(known))
        lines = [(line, _SLIP_WEIGHT) for line in meant]
        return lines if slip.way == "homophone" else self.variants(name) or lines

    def _way_to(self, name: Name) -> tuple[str, tuple[str, ...]]:
        """Return how a name is found, and the known names it is taken for where it is a slip.

        The way is "" by itself, `homophone`, `variant`, `typo` or `unknown`.
        """
        if self.gazetteer.lines_of(name.text):
            return "", ()
        slip = self.slip(name)
        if slip.way != "homophone" and self.variants(name):
            return "variant", ()
        return slip.way or "unknown", slip.meant

    def _slip(self, name: Name) -> Slip:
        """Return what a name that the gazetteer lacks is a slip for: the likeliest names, all ties.

        A line's name is only a slip for lines, a place's for places and zones. A shop's sign is none:
        李记小吃 and 闫记小吃 are two shops.
        """
        if name.known or self.gazetteer.classes_of(name.text):
            return NO_SLIP
        areal = set(name.classes) <= _AREAL
        if areal and is_shop(name.text):
            return NO_SLIP
        found = [
            (known, kind, edits)
            for known, kind, edits in self.gazetteer.slips_of(name.text)
            if bool(_AREAL.intersection(self.gazetteer.classes_of(known))) == areal
        ]
        if not found:
            return NO_SLIP
        _, kind, edits = found[0]
        meant = tuple(known for known, *rest in found if rest == [kind, edits])
        # 清西路 has nothing of 庆喜路 but the sound.
        heard = kind == "homophone" and edits < len(name.text) - len(class_word(name.text))
        return Slip("homophone" if heard else "typo", kind, meant)

    def _variants(self, name: Name) -> list[tuple[int, float]]:
        """Return lines whose name differs by a direction only, with their lower weight."""
        return [(line, 0.5) for line in self.gazetteer.variants_of(name.text)]

    def trust(self, usual: float, lines: Sequence[int]) -> float:
        """Return a trust raised where all lines are drawn on a map rather than mined from texts."""
        drawn = all(self.gazetteer.is_drawn(line) for line in lines)
        return 1.0 - (1.0 - usual) * (_DRAWN_DOUBT if drawn else 1.0)

    def hand(self, side: Side, line: int) -> Side:
        """Return a side as seen in the direction of the line's axis: left and right may change places.

        Left and right are those of growing chainage; of a water on a map they are those looking
        downstream, as it is drawn there. An office's own drawing has no such rule, so its posts count.
        """
        if side not in ("left", "right"):
            return side
        row = self.gazetteer.line(line)
        if (row.line_class == "water" and row.source == "osm") or self.gazetteer.route(line).rising:
            return side
        return "right" if side == "left" else "left"

    def has_banks(self, line: int) -> bool:
        """Return whether a line is a water or a railway, whose sides are other people's than its body."""
        return self.gazetteer.line(line).line_class in ("water", "rail")

    def is_across(self, side: Side, line: int, x: float, y: float) -> bool:
        """Return whether a compass side leads away from a line near a place rather than along it."""
        axis = self.axis(line)
        if axis is None or side not in BEARING_DEG:
            return False
        ahead = tangent_at(axis, along(axis, Point(x, y)))
        return abs(float(ahead @ side_vector(side))) < _ALONG

    def numbering(self, line: int) -> Numbering | None:
        """Return how a line's house numbers run, None where too little is known; kept for the next text."""
        if line not in self._numberings:
            axis = self.axis(line)
            found = None if axis is None else numbering_of(axis, self.gazetteer.numbers_of(line))
            self._numberings[line] = found
        return self._numberings[line]

    def axis(self, line: int) -> LineString | None:
        """Return a line's centre line, None where too little is known."""
        axis = self.gazetteer.line(line).axis
        return None if axis.is_empty else axis
