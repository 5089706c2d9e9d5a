"""A density as a sheet to print or paste: picture, legend, scale bar, north, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont

from maps.style import DARK_INK, Lang, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.patterns import DensityGrid

# Where systems keep a font with Chinese glyphs; without one the words are English.
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)
_SMALLEST_PX, _LARGEST_PX = 640, 1600
_SIDE_PX, _EDGE_PX, _SWATCH_PX, _LINE_PX = 300, 24, 26, 34
_GROUND, _NOT_STUDIED, _FAINT = (255, 255, 255), (226, 228, 230), (120, 126, 132)

_NORTH = Words("北", "N")
_NONE = Words("未研究", "not studied")
_BELOW = Words("低于", "below")


def font(size: int) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, Lang]:
    """Return a font and the language it can write: Chinese where the system has such a font."""
    found = _chinese_font()
    if found is None:
        return ImageFont.load_default(size), "en"
    path, index = found
    return ImageFont.truetype(path, size, index=index), "zh"


@cache
def _chinese_font() -> tuple[str, int] | None:
    """The first font file there is, and the face for simplified Chinese in it."""
    path = next((name for name in _FONTS if Path(name).exists()), None)
    if path is None:
        return None
    for index in range(16):
        try:
            family = ImageFont.truetype(path, 12, index=index).getname()[0] or ""
        except OSError:
            break
        if family.endswith(" SC"):
            return path, index
    return path, 0


def class_image(
    grid: DensityGrid, limits: Sequence[float], colours: Sequence[str], *, alpha: int = 210
) -> Image.Image:
    """Return one pixel per cell in its class's colour, north up; clear below the lowest limit and unstudied."""
    values = np.nan_to_num(grid.values[::-1], nan=-np.inf)
    classes = np.searchsorted(np.asarray(limits, dtype=float), values, side="right")
    palette = np.array([(0, 0, 0, 0), *((*rgb(colour), alpha) for colour in colours)], dtype=np.uint8)
    return Image.fromarray(palette[classes])


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green, blue of `#rrggbb`."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def heat_sheet(
    grid: DensityGrid,
    limits: Sequence[float],
    colours: Sequence[str],
    *,
    title: Words,
    unit: Words,
    notes: Sequence[Words],
    outline: BaseGeometry | None = None,
) -> Image.Image:
    """Return the sheet.

    Parameters
    ----------
    grid
        Densities, row 0 southernmost.
    limits, colours
        Of the classes, lowest first.
    title, unit, notes
        Words in both languages; without a Chinese font the English ones are drawn.
    outline
        Border of the study area, in the grid's CRS, drawn on top.
    """
    rows, columns = grid.values.shape
    scale = _scale(max(rows, columns))
    width, height = round(columns * scale), round(rows * scale)
    body = max(height, 420) + 2 * _EDGE_PX
    sheet = Image.new("RGB", (width + _SIDE_PX + 3 * _EDGE_PX, body), _GROUND)
    studied = np.isfinite(grid.values[::-1])
    ground = Image.fromarray(
        np.where(studied[..., None], np.uint8(250), np.array(_NOT_STUDIED, dtype=np.uint8))
    )
    smooth = Image.Resampling.NEAREST
    sheet.paste(ground.resize((width, height), smooth), (_EDGE_PX, _EDGE_PX))
    picture = class_image(grid, limits, colours, alpha=255).resize((width, height), smooth)
    sheet.paste(picture, (_EDGE_PX, _EDGE_PX), picture)
    draw = ImageDraw.Draw(sheet)
    if outline is not None:
        _outline(draw, outline, grid, scale)
    draw.rectangle((_EDGE_PX, _EDGE_PX, _EDGE_PX + width - 1, _EDGE_PX + height - 1), outline=_FAINT)
    _scale_bar(
        draw, grid.cell_m / scale, left=width + 2 * _EDGE_PX, bottom=body - _EDGE_PX, most_px=_SIDE_PX - 60
    )
    _north(draw, right=_EDGE_PX + width - 16, top=_EDGE_PX + 14)
    _side(
        draw, left=width + 2 * _EDGE_PX, limits=limits, colours=colours, title=title, unit=unit, notes=notes,
        has_unstudied=not studied.all(),
    )  # fmt: skip
    return sheet


def _scale(cells: int) -> float:
    """Pixels per cell: whole numbers for small grids, so that cells stay square."""
    if cells < _SMALLEST_PX:
        return float(math.ceil(_SMALLEST_PX / cells))
    return min(1.0, _LARGEST_PX / cells)


def _outline(draw: ImageDraw.ImageDraw, outline: BaseGeometry, grid: DensityGrid, scale: float) -> None:
    min_x, _, _, max_y = grid.bounds
    for line in shapely.get_parts(shapely.boundary(outline)):
        corners: NDArray[np.float64] = shapely.get_coordinates(line)
        pixels = (
            np.column_stack([corners[:, 0] - min_x, max_y - corners[:, 1]]) / grid.cell_m * scale + _EDGE_PX
        )
        draw.line([(float(x), float(y)) for x, y in pixels], fill=rgb(DARK_INK), width=2)


def round_length_m(most_m: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten that is not above a length.

    Examples
    --------
    >>> round_length_m(730.0), round_length_m(49.0), round_length_m(1000.0)
    (500.0, 20.0, 1000.0)
    """
    power = 10.0 ** math.floor(math.log10(most_m))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most_m)


def _scale_bar(draw: ImageDraw.ImageDraw, m_per_px: float, *, left: int, bottom: int, most_px: int) -> None:
    length_m = round_length_m(m_per_px * most_px)
    wide = round(length_m / m_per_px)
    face, lang = font(15)
    if length_m >= 1000:
        words = f"{length_m / 1000:g} {'公里' if lang == 'zh' else 'km'}"
    else:
        words = f"{length_m:g} {'米' if lang == 'zh' else 'm'}"
    draw.rectangle((left, bottom - 8, left + wide, bottom), outline=rgb(DARK_INK), fill=_GROUND)
    draw.rectangle((left, bottom - 8, left + wide // 2, bottom), fill=rgb(DARK_INK))
    draw.text((left, bottom - 30), "0", font=face, fill=DARK_INK)
    draw.text((left + wide, bottom - 30), words, font=face, fill=DARK_INK)


def _north(draw: ImageDraw.ImageDraw, *, right: int, top: int) -> None:
    face, lang = font(16)
    draw.rectangle((right - 26, top - 6, right + 6, top + 50), fill=_GROUND)
    draw.polygon(
        [(right - 10, top), (right - 20, top + 26), (right - 10, top + 19), (right, top + 26)], fill=DARK_INK
    )
    draw.text((right - 10, top + 27), _NORTH.in_language(lang), font=face, fill=DARK_INK, anchor="ma")


def _side(
    draw: ImageDraw.ImageDraw,
    *,
    left: int,
    limits: Sequence[float],
    colours: Sequence[str],
    title: Words,
    unit: Words,
    notes: Sequence[Words],
    has_unstudied: bool,
) -> None:
    """Title, classes from the highest down, what is below, what is not studied, notes."""
    large, lang = font(22)
    plain, _ = font(16)
    small, _ = font(13)
    top = _EDGE_PX
    draw.text((left, top), title.in_language(lang), font=large, fill=DARK_INK)
    draw.text((left, top + 34), unit.in_language(lang), font=plain, fill=_FAINT)
    top += 64
    uppers = [*limits[1:], math.inf][: len(limits)]
    rows: list[tuple[tuple[int, int, int], str]] = [
        (rgb(colour), f"≥ {lower:g}" if math.isinf(upper) else f"{lower:g} – {upper:g}")
        for lower, upper, colour in zip(limits, uppers, colours, strict=True)
    ][::-1]
    if limits:
        rows.append(((250, 250, 250), f"{_BELOW.in_language(lang)} {limits[0]:g}"))
    if has_unstudied:
        rows.append((_NOT_STUDIED, _NONE.in_language(lang)))
    for colour, words in rows:
        draw.rectangle((left, top, left + 40, top + _SWATCH_PX), fill=colour, outline=_FAINT)
        draw.text((left + 52, top + 2), words, font=plain, fill=DARK_INK)
        top += _LINE_PX
    top += 8
    for note in notes:
        for line in _wrapped(note.in_language(lang), small, draw):
            draw.text((left, top), line, font=small, fill=_FAINT)
            top += 20


def _wrapped(
    words: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont, draw: ImageDraw.ImageDraw
) -> list[str]:
    """Lines no wider than the side; Chinese breaks anywhere, English at spaces where there are some."""
    lines, line = [], ""
    for letter in words:
        if draw.textlength(line + letter, font=face) > _SIDE_PX:
            space = line.rfind(" ")
            at = space + 1 if space > len(line) // 2 else len(line)
            lines.append(line[:at].rstrip())
            line = line[at:]
        line += letter
    return [*lines, line] if line else lines
