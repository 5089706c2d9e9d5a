"""A piece of the district's plane on a canvas: metres to pixels, zones, lines, a scale bar."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.canvas import Area, Canvas, Mark, Stroke, Text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from maps.canvas import Ring

Box = tuple[float, float, float, float]
_QUIET = "#4a5a68"


@dataclass(frozen=True, slots=True)
class Plan:
    """North-up view of a box of the plane, in metres, on a canvas; keeps proportions, centred."""

    canvas: Canvas
    box: Box

    @property
    def metre_px(self) -> float:
        """Pixels per metre."""
        width, height = self.box[2] - self.box[0], self.box[3] - self.box[1]
        return min(self.canvas.width_px / width, self.canvas.height_px / height)

    def pixels(self, xy: Ring) -> Ring:
        """Return points in metres, shape (n, 2), as pixels."""
        middle = np.array([(self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2])
        half = np.array([self.canvas.width_px / 2, self.canvas.height_px / 2])
        moved: Ring = (np.asarray(xy, dtype=float) - middle) * self.metre_px * (1, -1) + half
        return moved

    def areas(
        self,
        shape: BaseGeometry | None,
        *,
        fill: str | None = None,
        opacity: float = 1.0,
        stroke: str | None = None,
        width_px: float = 1.0,
    ) -> Iterator[Mark]:
        """Yield the polygons of a shape, without detail below half a pixel; nothing outside the view."""
        if (
            shape is None
            or shape.is_empty
            or not shapely.box(*self.box).intersects(shapely.box(*shape.bounds))
        ):
            return
        # Part by part: simplifying a whole invalid shape would mend it.
        for part in shapely.simplify(shapely.get_parts(shape), 0.4 / self.metre_px, preserve_topology=False):
            rings = tuple(self.pixels(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part))
            if rings:
                yield Area(rings, fill, opacity, stroke, width_px)

    def lines(self, shape: BaseGeometry, *, colour: str, width_px: float) -> Iterator[Mark]:
        """Yield the lines of a shape, without detail below half a pixel."""
        inside = shapely.clip_by_rect(shape, *self.box)
        for part in shapely.get_parts(shapely.simplify(inside, 0.4 / self.metre_px)):
            if part.geom_type == "LineString":
                yield Stroke(self.pixels(shapely.get_coordinates(part)), colour, width_px)

    def scale_bar(self) -> Iterator[Mark]:
        """Yield a bar of a round length of about a sixth of the width, at the bottom left."""
        wanted = self.canvas.width_px / self.metre_px / 6
        unit = 10.0 ** math.floor(math.log10(wanted))
        length = max(step * unit for step in (1, 2, 5) if step * unit <= wanted)
        left, bottom = 14.0, self.canvas.height_px - 12.0
        right = left + length * self.metre_px
        bar = np.array([[left, bottom - 6], [left, bottom], [right, bottom], [right, bottom - 6]])
        words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        yield Stroke(bar, _QUIET, 1.6)
        yield Text((left + right) / 2, bottom - 7, words, 13, _QUIET, "middle", halo="#ffffff")


def box_of(shapes: Iterable[BaseGeometry | None], *, margin: float = 0.03, least_m: float = 1.0) -> Box:
    """Return the box of shapes with a margin as a share of its size, at least `least_m` wide and high."""
    bounds = shapely.total_bounds(np.array([*shapes, None], dtype=object))
    if not np.isfinite(bounds).all():
        return 0.0, 0.0, 1.0, 1.0
    middle = (bounds[:2] + bounds[2:]) / 2
    half = np.maximum((bounds[2:] - bounds[:2]) * (0.5 + margin), least_m / 2)
    low, high = middle - half, middle + half
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def fitted(words: str, *, size_px: float, width_px: float, lines: int) -> list[str]:
    """Return words broken to a width, the last of at most `lines` lines cut with an ellipsis.

    Examples
    --------
    >>> fitted("甲乙丙丁", size_px=10, width_px=25, lines=2)
    ['甲乙', '丙丁']
    >>> fitted("甲乙丙丁", size_px=10, width_px=25, lines=1)
    ['甲…']
    """
    rows = [""]
    for character in words:
        if _width(rows[-1] + character, size_px) > width_px:
            rows.append("")
        rows[-1] += character
    if len(rows) <= lines:
        return rows
    last = rows[lines - 1]
    while last and _width(last + "…", size_px) > width_px:
        last = last[:-1]
    return [*rows[: lines - 1], last + "…"]


def _width(words: str, size_px: float) -> float:
    return sum(
        size_px if ord(character) > 0x2E80 or character == "…" else 0.56 * size_px for character in words
    )
