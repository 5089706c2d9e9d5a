"""The picture of drawn grids: which they are, which lines they follow, how evenly the work is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.canvas import Area, Canvas, Mark, Stroke, Text, Window
from maps.plan import Plan, box_of
from maps.style import BASEMAP_STYLE, PALE_TURN, ZONE_STYLE, Lang

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.zones.drawing.drawn import DrawnGrids

_WIDTH, _MARGIN, _TABLE, _MAP_HEIGHT = 1600, 24, 470, 860
_INK, _QUIET, _WARN = "#17232e", "#5b6b78", "#b91c1c"
_LINE_STYLE = {
    "road": ("#b9ae96", 1.1), "water": ("#5fa8d3", 2.6), "rail": ("#6b6862", 2.0), "wall": ("#8a6d3b", 1.6),
}  # fmt: skip


def drawn_grids_figure(
    drawn: DrawnGrids, lines: gpd.GeoDataFrame, *, title: str, note: str, lang: Lang = "zh"
) -> Canvas:
    """Return the map of drawn grids with a table of each community's balance.

    Parameters
    ----------
    drawn, lines
        From `geodata.zones.drawing.grids`, and the lines that went in.
    title, note
        Words above, and the warning that this is a draft, below.
    """
    canvas = Canvas(_WIDTH, _MAP_HEIGHT + 160)
    width = _WIDTH - _TABLE - 3 * _MARGIN
    shapes = np.asarray(drawn.grid.geometry.array, dtype=object)
    plan = Plan(Canvas(width, _MAP_HEIGHT, BASEMAP_STYLE["graticule"]), box_of(shapes))
    for shape, turn in zip(shapes, _turns(shapes), strict=True):
        plan.canvas.add(*plan.areas(shape, fill=PALE_TURN[turn]))
    for word in ("road", "wall", "rail", "water"):
        colour, line_px = _LINE_STYLE[word]
        for line in lines.geometry[lines["class"] == word]:
            plan.canvas.add(*plan.lines(line, colour=colour, width_px=line_px))
    for layer, level in ((drawn.grid, "grid"), (drawn.community, "community")):
        for shape in layer.geometry:
            ink, border_px = ZONE_STYLE["subdistrict"][0], 3.2 if level == "community" else 1.7
            plan.canvas.add(*plan.areas(shape, stroke=ink, width_px=border_px))
    plan.canvas.add(*_labels(plan, drawn), *plan.scale_bar())
    english = lang == "en"
    words = f"{len(drawn.grid)} grids, draft" if english else f"共 {len(drawn.grid)} 个网格，草图"
    canvas.add(Text(_MARGIN, 46, title, 26, _INK, bold=True), Text(_MARGIN, 74, words, 16, _QUIET))
    canvas.add(Window(_MARGIN, 92, plan.canvas), *_table(drawn, 2 * _MARGIN + width, english=english))
    canvas.add(Text(_MARGIN, canvas.height_px - 22, note, 15, _WARN, bold=True))
    return canvas


def _turns(shapes: np.ndarray) -> list[int]:
    """Return a fill per grid, different from its neighbours' where the colours suffice."""
    turns: list[int] = []
    tree = shapely.STRtree(shapes)
    for number, shape in enumerate(shapes):
        beside = {
            turns[other] for other in tree.query(shape, predicate="intersects").tolist() if other < number
        }
        free = [turn for turn in range(len(PALE_TURN)) if turn not in beside]
        turns.append(free[number % len(free)] if free else number % len(PALE_TURN))
    return turns


def _labels(plan: Plan, drawn: DrawnGrids) -> Iterator[Mark]:
    shapes = np.asarray(drawn.grid.geometry.array, dtype=object)
    for shape, code, work in zip(shapes, drawn.grid["code"], drawn.grid["work"], strict=True):
        # The widest spot: a centroid falls out of an L, a point on the surface onto its border.
        widest = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, tolerance=1.0))[:1]
        x, y = plan.pixels(widest)[0]
        yield Text(x, y, code[-3:], 16, _INK, "middle", bold=True, halo="#ffffff")
        yield Text(x, y + 16, f"{work:,.0f}", 12, _QUIET, "middle", halo="#ffffff")


def _table(drawn: DrawnGrids, x: float, *, english: bool) -> Iterator[Mark]:
    heads = (
        ("community", "grids", "work", "max/mean", "on lines")
        if english
        else ("社区", "网格", "工作量", "最大/平均", "沿线")
    )
    columns = (x, x + 205, x + 285, x + 375, x + _TABLE - 14)
    y = 110.0
    for place, (head, at) in enumerate(zip(heads, columns, strict=True)):
        yield Text(at, y, head, 14, _QUIET, "start" if place == 0 else "end", bold=True)
    yield Stroke(np.array([[x, y + 9], [x + _TABLE - 14, y + 9]]), "#c4ccd3", 1.0)
    names = (
        list(drawn.community["name"])
        if "name" in drawn.community.columns
        else [plan.code for plan in drawn.plans]
    )
    for name, plan in zip(names, drawn.plans, strict=True):
        y += 28
        cells = (
            str(name),
            str(plan.grids),
            f"{plan.work:,.0f}",
            f"{plan.load_ratio:.2f}",
            f"{plan.on_lines:.0%}",
        )
        for place, (cell, at) in enumerate(zip(cells, columns, strict=True)):
            yield Text(at, y, cell, 15, _INK, "start" if place == 0 else "end")
    y += 40
    legend = {
        "road": ("道路", "road"),
        "water": ("水系", "water"),
        "rail": ("铁路", "railway"),
        "wall": ("围墙", "wall"),
    }
    for word, names_of in legend.items():
        colour, width_px = _LINE_STYLE[word]
        yield Stroke(np.array([[x, y - 5], [x + 34, y - 5]]), colour, width_px + 1)
        yield Text(x + 44, y, names_of[english], 14, _QUIET)
        y += 24
    corners = np.array([[x, y - 12], [x + 34, y - 12], [x + 34, y + 2], [x, y + 2], [x, y - 12]])
    yield Area((corners,), PALE_TURN[0], 1.0, ZONE_STYLE["subdistrict"][0], 1.5)
    yield Text(
        x + 44, y, "grid: last three digits, work" if english else "网格：末三位编号，下为工作量", 14, _QUIET
    )
