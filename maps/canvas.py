"""A flat picture as a list of marks, written as SVG or PNG: for figures that are made without a browser.

Marks are in pixels, x right, y down. Only what figures of this project need: filled and stroked
polygons, lines, discs, boxes, text.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageDraw

from maps.fonts import FAMILIES, load_font

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ring = NDArray[np.float64]

Anchor = Literal["start", "middle", "end"]
# PNG is drawn this much larger and reduced: Pillow's polygons have no smooth edges of their own.
_SCALE = 2


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon (outer ring, then holes) in a fill with an opacity of 0 to 1, and an outline."""

    rings: tuple[Ring, ...]
    fill: str | None = None
    opacity: float = 1.0
    stroke: str | None = None
    width_px: float = 1.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """An open line."""

    points: Ring
    colour: str
    width_px: float = 1.0


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc with an outline."""

    x: float
    y: float
    radius_px: float
    fill: str | None
    stroke: str | None = None
    width_px: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of words; `x, y` is the left, middle or right end of its base line."""

    x: float
    y: float
    words: str
    size_px: float
    colour: str = "#17232e"
    anchor: Anchor = "start"
    bold: bool = False
    halo: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A canvas drawn into a rectangle of another one and cut off at its edges."""

    x: float
    y: float
    canvas: Canvas


Mark = Area | Stroke | Disc | Text | Window


@dataclass(slots=True)
class Canvas:
    """A picture: size in pixels, background, marks in the order of drawing."""

    width_px: int
    height_px: int
    background: str = "#ffffff"
    marks: list[Mark] = field(default_factory=list)

    def add(self, *marks: Mark) -> None:
        """Draw more marks on top."""
        self.marks += marks

    def svg(self) -> str:
        """Return the picture as one SVG document that refers to nothing outside."""
        family = escape(FAMILIES, quote=True)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width_px} {self.height_px}" '
            f'width="{self.width_px}" height="{self.height_px}" font-family="{family}">'
            f"{self._svg_body()}</svg>"
        )

    def _svg_body(self) -> str:
        ground = f'<rect width="{self.width_px}" height="{self.height_px}" fill="{self.background}"/>'
        return ground + "\n".join(_svg_mark(mark) for mark in self.marks)

    def png(self) -> bytes:
        """Return the picture as PNG.

        Raises
        ------
        FontError
            If the machine has no font with Chinese characters.
        """
        image = self._image().resize((self.width_px, self.height_px), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        image.save(stream, "PNG", optimize=True)
        return stream.getvalue()

    def _image(self) -> Image.Image:
        size = (self.width_px * _SCALE, self.height_px * _SCALE)
        image = Image.new("RGB", size, self.background)
        for mark in self.marks:
            _paint(image, mark)
        return image


def _svg_mark(mark: Mark) -> str:
    if isinstance(mark, Window):
        inner = mark.canvas
        return (
            f'<svg x="{mark.x:.1f}" y="{mark.y:.1f}" width="{inner.width_px}" height="{inner.height_px}" '
            f'overflow="hidden">{inner._svg_body()}</svg>'
        )
    if isinstance(mark, Text):
        halo = f' stroke="{mark.halo}" stroke-width="3" paint-order="stroke"' if mark.halo else ""
        weight = ' font-weight="700"' if mark.bold else ""
        return (
            f'<text x="{mark.x:.1f}" y="{mark.y:.1f}" font-size="{mark.size_px:.1f}" fill="{mark.colour}" '
            f'text-anchor="{mark.anchor}"{weight}{halo}>{escape(mark.words)}</text>'
        )
    if isinstance(mark, Disc):
        return (
            f'<circle cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="{mark.radius_px:.1f}" '
            f'fill="{mark.fill or "none"}"{_svg_stroke(mark.stroke, mark.width_px)}/>'
        )
    if isinstance(mark, Stroke):
        return f'<path d="{_path(mark.points)}" fill="none"{_svg_stroke(mark.colour, mark.width_px)}/>'
    path = "".join(_path(ring) + "Z" for ring in mark.rings)
    opacity = f' fill-opacity="{mark.opacity:g}"' if mark.fill and mark.opacity < 1 else ""
    return (
        f'<path d="{path}" fill-rule="evenodd" fill="{mark.fill or "none"}"{opacity}'
        f"{_svg_stroke(mark.stroke, mark.width_px)}/>"
    )


def _svg_stroke(colour: str | None, width_px: float) -> str:
    return f' stroke="{colour}" stroke-width="{width_px:g}" stroke-linejoin="round"' if colour else ""


def _path(points: Ring) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _paint(image: Image.Image, mark: Mark) -> None:
    draw = ImageDraw.Draw(image)
    if isinstance(mark, Window):
        image.paste(mark.canvas._image(), (round(mark.x * _SCALE), round(mark.y * _SCALE)))
    elif isinstance(mark, Area):
        _paint_area(image, mark)
    elif isinstance(mark, Stroke):
        _paint_line(draw, mark.points, mark.colour, mark.width_px)
    elif isinstance(mark, Disc):
        x, y, r = mark.x * _SCALE, mark.y * _SCALE, mark.radius_px * _SCALE
        width = max(1, round(mark.width_px * _SCALE)) if mark.stroke else 0
        draw.ellipse((x - r, y - r, x + r, y + r), fill=mark.fill, outline=mark.stroke, width=width)
    else:
        font = load_font(mark.size_px * _SCALE, bold=mark.bold)
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
        draw.text(
            (mark.x * _SCALE, mark.y * _SCALE),
            mark.words,
            fill=mark.colour,
            font=font,
            anchor=anchor,
            stroke_width=2 * _SCALE if mark.halo else 0,
            stroke_fill=mark.halo,
        )


def _paint_area(image: Image.Image, mark: Area) -> None:
    if mark.fill:
        _fill(image, mark, mark.fill)
    if mark.stroke:
        draw = ImageDraw.Draw(image)
        for ring in mark.rings:
            _paint_line(draw, ring, mark.stroke, mark.width_px)


def _fill(image: Image.Image, mark: Area, colour: str) -> None:
    """Paint through a mask as large as the area, so that holes stay open and the ground shows through."""
    every = np.vstack(mark.rings) * _SCALE
    left, top = (int(value) for value in np.maximum(np.floor(every.min(axis=0)), 0))
    right, bottom = (int(v) + 1 for v in np.minimum(np.ceil(every.max(axis=0)), image.size))
    if right <= left or bottom <= top:
        return
    mask = Image.new("L", (right - left, bottom - top), 0)
    brush = ImageDraw.Draw(mask)
    for number, ring in enumerate(mark.rings):
        if len(ring) > 2:
            shifted = (np.asarray(ring) * _SCALE - (left, top)).ravel().tolist()
            brush.polygon(shifted, fill=0 if number else round(255 * mark.opacity))
    image.paste(Image.new("RGB", mask.size, colour), (left, top), mask)


def _paint_line(draw: ImageDraw.ImageDraw, points: Ring, colour: str, width_px: float) -> None:
    draw.line(_flat(points), fill=colour, width=max(1, round(width_px * _SCALE)), joint="curve")


def _flat(points: Ring) -> list[float]:
    flat: list[float] = (np.asarray(points, dtype=float) * _SCALE).ravel().tolist()
    return flat
