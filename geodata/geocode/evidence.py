"""What a resolver hands to the fusion: where a frame may be, how sure, and by which way.

A *mode* is one possible place with a 1-sigma radius; an *evidence* is the modes of one frame with the
trust that any of them is right. Resolvers answer an evidence with no modes and a reason when the
gazetteer contradicts the frame, so that the reason reaches the trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shapely.geometry import LineString, MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from geodata.geocode.model import Side

# The most modes of one frame that are followed; a brand with 300 branches says nothing anyway.
MAX_MODES = 60


class Mode(NamedTuple):
    """One possible place.

    `shape` is what is drawn, None for the point (x, y) itself. `lines` are the gazetteer
    lines it lies on (indices), nearest first, for walking on. `extent_m` is half the length of a line or polygon that stands for an unknown point on it, 0 where the geometry
    itself is meant. `side` is the side that the text said of the line `beside` (an index, -1 for none).
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
    side: Side | None = None
    beside: int = -1

    @property
    def geometry(self) -> BaseGeometry:
        """The shape, or the point where none is drawn."""
        return Point(self.x, self.y) if self.shape is None else self.shape

    @property
    def is_drawn(self) -> bool:
        """Whether the mode stands for a line or an area rather than a point."""
        return self.shape is not None and self.shape.geom_type != "Point"

    def moved(
        self,
        x: float,
        y: float,
        *,
        sigma_m: float,
        method: str,
        words: str,
        side: Side | None = None,
        beside: int = -1,
    ) -> Mode:
        """Return a point mode elsewhere, keeping weight and lines; the side it was on is left behind."""
        return self._replace(
            shape=None, x=x, y=y, sigma_m=sigma_m, method=method, words=words, side=side, beside=beside
        )


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
