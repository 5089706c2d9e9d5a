"""The picture of hot spots on paper: findings filled, what may be chance only hatched, borders and names on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.canvas import Canvas, Disc, Mark, Stroke, Text
from maps.plan import Plan, box_of
from maps.spot_codes import spot_codes
from maps.style import BASEMAP_STYLE, DARK_INK, HOTSPOT_GROUND, HOTSPOT_STYLE, LIGHT_INK, ZONE_STYLE

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

_WIDTH = 1000
_LEAST_HEIGHT, _MOST_HEIGHT = 420, 1100
_NOTE_PX = 30
_OPACITY = 0.62
_HATCH_PX = 7.0
_NAME_PX, _BADGE_PX = 19, 13
_QUIET = "#4a5a68"
_LINES: Mapping[str, tuple[str, float]] = {
    "road": (BASEMAP_STYLE["road_casing"], 2.0), "rail": (BASEMAP_STYLE["rail"], 2.0),
}  # fmt: skip


def spots_figure(
    squares: gpd.GeoDataFrame,
    *,
    zones: Sequence[Mapping[str, Any]],
    ground: Mapping[str, Sequence[BaseGeometry]],
    badges: Sequence[tuple[float, float]] = (),
    note: str = "",
) -> Canvas:
    """Return the map of hot spots; its legend is the page's.

    Parameters
    ----------
    squares
        Cells in a CRS in metres with a column `verdict` (or `pattern`) of the codes in `HOTSPOT_STYLE`.
    zones
        Borders in the same CRS: `level`, `name`, `shape`; communities carry their names.
    ground
        Shapes of the layers water, green, road and rail, in the same CRS.
    badges
        Where the numbers 1, 2, … stand.
    note
        Words that every map must carry.

    Raises
    ------
    ValueError
        If the frame has neither column, or an unknown code.
    """
    codes = spot_codes(squares)
    shapes = np.asarray(squares.geometry.array, dtype=object)
    box = box_of([*shapes, *(zone["shape"] for zone in zones)])
    height = round(_WIDTH * (box[3] - box[1]) / (box[2] - box[0]))
    height = min(max(height, _LEAST_HEIGHT), _MOST_HEIGHT)
    plan = Plan(Canvas(_WIDTH, height, BASEMAP_STYLE["land"]), box)
    plan.canvas.add(*_ground(plan, ground))
    for code in HOTSPOT_STYLE:
        if code not in HOTSPOT_GROUND and (codes == code).any():
            plan.canvas.add(*_finding(plan, shapes[codes == code], code))
    plan.canvas.add(*_borders(plan, zones), *_badges(plan, badges), *plan.scale_bar())
    if note:
        plan.canvas.add(Text(_WIDTH - 12, height - 12, note, 14, _QUIET, "end", halo=LIGHT_INK))
    return plan.canvas


def _ground(plan: Plan, ground: Mapping[str, Sequence[BaseGeometry]]) -> Iterator[Mark]:
    for layer in ("green", "water"):
        for shape in ground.get(layer, ()):
            if shapely.get_dimensions(shape) == 2:
                yield from plan.areas(shape, fill=BASEMAP_STYLE[layer])
            elif layer == "water":
                yield from plan.lines(shape, colour=BASEMAP_STYLE["water"], width_px=5.0)
    for layer, (colour, width_px) in _LINES.items():
        for shape in ground.get(layer, ()):
            yield from plan.lines(shape, colour=colour, width_px=width_px)


def _finding(plan: Plan, cells: np.ndarray, code: str) -> Iterator[Mark]:
    colour, outline, _ = HOTSPOT_STYLE[code]
    whole = shapely.union_all(cells, grid_size=0.001)
    if outline:
        yield from _hatched(plan, whole, colour)
    yield from plan.areas(
        whole, fill=None if outline else colour, opacity=_OPACITY, stroke=colour, width_px=1.4
    )


def _hatched(plan: Plan, shape: BaseGeometry, colour: str) -> Iterator[Mark]:
    """Yield diagonals over a shape, evenly spaced on the paper and in step everywhere."""
    west, south, east, north = shape.bounds
    step = _HATCH_PX * 2**0.5 / plan.metre_px
    first, last = int(np.floor((west - north) / step)), int(np.ceil((east - south) / step))
    offsets = step * np.arange(first, last + 1)
    # x - y = offset, from the lowest to the highest y of the box.
    ends = np.stack(
        [np.column_stack([offsets + y, np.full(len(offsets), y)]) for y in (south, north)], axis=1
    )
    inside = shapely.intersection(shapely.linestrings(ends), shape)
    for line in shapely.get_parts(inside):
        if line.geom_type == "LineString" and not line.is_empty:
            yield Stroke(plan.pixels(shapely.get_coordinates(line)), colour, 1.0)


def _borders(plan: Plan, zones: Sequence[Mapping[str, Any]]) -> Iterator[Mark]:
    for level in ("grid", "community", "subdistrict"):
        colour, width_px = ZONE_STYLE[level]
        for zone in zones:
            if zone["level"] == level:
                yield from plan.areas(zone["shape"], stroke=colour, width_px=width_px)
    for zone in zones:
        if zone["level"] == "community":
            # The widest spot: a name there stays inside, also in a crescent.
            widest = shapely.get_coordinates(shapely.maximum_inscribed_circle(zone["shape"], tolerance=1.0))
            x, y = plan.pixels(widest[:1])[0]
            ink = ZONE_STYLE["subdistrict"][0]
            yield Text(x, y, str(zone["name"]), _NAME_PX, ink, "middle", bold=True, halo=LIGHT_INK)


def _badges(plan: Plan, badges: Sequence[tuple[float, float]]) -> Iterator[Mark]:
    for number, at in reversed(list(enumerate(badges, start=1))):
        x, y = plan.pixels(np.array([at]))[0]
        yield Disc(x, y, _BADGE_PX, DARK_INK, LIGHT_INK, 2.0)
        yield Text(x, y + 5.4, str(number), 15, LIGHT_INK, "middle", bold=True)
