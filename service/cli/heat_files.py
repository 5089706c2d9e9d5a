"""Densities as files: GeoTIFF, PNG with world file and legend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from geodata.patterns.geotiff import write_geotiff
from maps.heat import class_limits
from maps.style import DARK_INK, HEAT_RAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.patterns import DensityGrid

_SWATCH_PX = 24


def write_heat(out: Path, grid: DensityGrid, *, crs: int, bandwidth_m: float) -> list[Path]:
    """Write a density by the file's suffix; return all files written.

    A `.png` comes with `.pgw` (world file: cell size and north-west centre in metres),
    `_legend.png`, and `.json` with CRS, bounds, unit, class limits and colours.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() in (".tif", ".tiff"):
        write_geotiff(out, grid.values, bounds=grid.bounds, epsg=crs)
        return [out]
    limits = class_limits(float(grid.values.max()), len(HEAT_RAMP))
    colours = HEAT_RAMP[len(HEAT_RAMP) - len(limits) :]
    _picture(grid, limits, colours).save(out, "PNG", optimize=True)
    world, legend, facts = (
        out.with_suffix(".pgw"),
        out.with_name(f"{out.stem}_legend.png"),
        out.with_suffix(".json"),
    )
    min_x, _, _, max_y = grid.bounds
    lines = (grid.cell_m, 0.0, 0.0, -grid.cell_m, min_x + grid.cell_m / 2, max_y - grid.cell_m / 2)
    world.write_text("\n".join(f"{value:.6f}" for value in lines) + "\n", encoding="ascii")
    _legend(limits, colours).save(legend, "PNG")
    table = {
        "crs": f"EPSG:{crs}", "bounds": grid.bounds, "cell_m": grid.cell_m, "bandwidth_m": bandwidth_m,
        "unit": "per km²", "limits": limits, "colours": colours,
    }  # fmt: skip
    facts.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [out, world, legend, facts]


def _picture(grid: DensityGrid, limits: Sequence[float], colours: Sequence[str]) -> Image.Image:
    """Return the classes in their colours, transparent below the lowest limit, north up."""
    classes = np.searchsorted(np.asarray(limits), grid.values[::-1], side="right")
    palette = np.array([(0, 0, 0, 0), *(_rgba(colour) for colour in colours)], dtype=np.uint8)
    return Image.fromarray(palette[classes])


def _legend(limits: Sequence[float], colours: Sequence[str]) -> Image.Image:
    rows = list(zip(limits, colours, strict=True))[::-1]
    image = Image.new("RGB", (180, _SWATCH_PX * len(rows) + 8), "white")
    draw = ImageDraw.Draw(image)
    for row, (limit, colour) in enumerate(rows):
        top = 4 + row * _SWATCH_PX
        draw.rectangle((4, top, 4 + _SWATCH_PX, top + _SWATCH_PX - 4), fill=colour)
        draw.text((12 + _SWATCH_PX, top + 4), f">= {limit:g} / km2", fill=DARK_INK)
    return image


def _rgba(colour: str) -> tuple[int, int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue, 210
