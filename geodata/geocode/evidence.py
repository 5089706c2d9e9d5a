"""What a resolver hands to the fusion: where a frame may be, how sure, and by which way.

A *mode* is one possible place with a 1-sigma radius; an *evidence* is the modes of one frame with the
trust that any of them is right. Resolvers answer an evidence with no modes and a reason when the
gazetteer contradicts the frame, so that the reason reaches the trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.index import Gazetteer
from geodata.gazetteer.slips import SlipKind, class_word
from geodata.geocode.model import Name, Side
from geodata.geocode.numbering import Numbering, numbering_of
from geodata.geocode.reading.evidence import is_shop

# The most modes of one frame that are followed; a brand with 300 branches says nothing anyway.
MAX_MODES = 60
_SLIP_WEIGHT = 0.6
_AREAL = frozenset({"place", "zone"})
# What is drawn on a map is doubted this much less than what addresses teach.
_DRAWN_DOUBT = 0.2


class Mode(NamedTuple):
    """One possible place.

    `shape` is what is drawn, None for the point (x, y) itself. `lines` are the gazetteer lines it lies on (indices), nearest first, for walking on. `extent_m` is
    half the length of a line or polygon that stands for an unknown point on it, 0 where the geometry
    itself is meant.
    """

    shape: BaseGeometry | None
    x: float
    y: float
    sigma_m: float
    weight: float
    method: str
    words: str
    lines: tuple[int, ...] = ()
    extent_m: float = 0.0

    @property
    def geometry(self) -> BaseGeometry:
        """The shape, or the point where none is drawn."""
        return Point(self.x, self.y) if self.shape is None else self.shape

    @property
    def is_drawn(self) -> bool:
        """Whether the mode stands for a line or an area rather than a point."""
        return self.shape is not None and self.shape.geom_type != "Point"

    def moved(self, x: float, y: float, *, sigma_m: float, method: str, words: str) -> Mode:
        """Return a point mode elsewhere, keeping weight and lines."""
        return self._replace(shape=None, x=x, y=y, sigma_m=sigma_m, method=method, words=words)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The modes of one frame, weights summing to 1, and the trust (0..1) that one of them is right.

    `reason` says in Chinese why there are none, or what was assumed.
    """

    modes: tuple[Mode, ...]
    trust: float
    reason: str = ""
    contradiction: bool = False
    doubt: bool = False


def nothing(reason: str, *, contradiction: bool = False, doubt: bool = False) -> Evidence:
    """Return an evidence that found nothing, with the reason.

    A contradiction (roads that do not meet, a chainage beyond the line) forbids guessing by likeness;
    a doubt (roads that nobody has seen meet) halves the trust in it.
    """
    return Evidence((), 0.0, reason, contradiction=contradiction, doubt=doubt)


def evidence(modes: Sequence[Mode], trust: float, reason: str = "") -> Evidence:
    """Return an evidence with weights normalised and the least likely modes cut."""
    kept = sorted(modes, key=lambda mode: -mode.weight)[:MAX_MODES]
    total = sum(mode.weight for mode in kept)
    if not kept or total <= 0:
        return nothing(reason or "没有候选")
    if total != 1:
        kept = [mode._replace(weight=mode.weight / total) for mode in kept]
    return Evidence(tuple(kept), trust, reason)


def representative(geometry: BaseGeometry) -> tuple[float, float]:
    """Return the point that stands for a geometry: a line's midpoint along it, else a point inside."""
    if isinstance(geometry, Point):
        return float(geometry.x), float(geometry.y)
    if isinstance(geometry, LineString):
        middle = geometry.interpolate(0.5, normalized=True)
        return float(middle.x), float(middle.y)
    if isinstance(geometry, MultiLineString):
        return representative(max(geometry.geoms, key=lambda part: float(part.length)))
    inside = geometry.representative_point()
    return float(inside.x), float(inside.y)


class Slip(NamedTuple):
    """The known names that an unknown one is taken for: the way (`homophone`, `typo`), what went wrong."""

    way: str
    kind: SlipKind | None
    meant: tuple[str, ...]


NO_SLIP = Slip("", None, ())


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers share: the gazetteer, and the area prior over points (shape (n, 2) to (n,))."""

    gazetteer: Gazetteer
    notes: list[str] = field(default_factory=list)
    numberings: dict[int, Numbering | None] = field(default_factory=dict)

    def lines(self, name: Name) -> list[tuple[int, float]]:
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

    def way_to(self, name: Name) -> tuple[str, tuple[str, ...]]:
        """Return how a name is found, and the known names it is taken for where it is a slip.

        The way is "" by itself, `homophone`, `variant`, `typo` or `unknown`.
        """
        if self.gazetteer.lines_of(name.text):
            return "", ()
        slip = self.slip(name)
        if slip.way != "homophone" and self.variants(name):
            return "variant", ()
        return slip.way or "unknown", slip.meant

    def slip(self, name: Name) -> Slip:
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

    def variants(self, name: Name) -> list[tuple[int, float]]:
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

    def numbering(self, line: int) -> Numbering | None:
        """Return how a line's house numbers run, None where too little is known; kept for the next text."""
        if line not in self.numberings:
            axis = self.axis(line)
            found = None if axis is None else numbering_of(axis, self.gazetteer.numbers_of(line))
            self.numberings[line] = found
        return self.numberings[line]

    def axis(self, line: int) -> LineString | None:
        """Return a line's centre line, None where too little is known."""
        axis = self.gazetteer.line(line).axis
        return None if axis.is_empty else axis


def xy_of(modes: Sequence[Mode]) -> NDArray[np.float64]:
    """Return the modes' points, shape (n, 2)."""
    return np.array([(mode.x, mode.y) for mode in modes], dtype=float).reshape(-1, 2)
