"""The picture of communities drafted from their bounds: what closed, and what is known of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.canvas import Area, Canvas, Mark, Stroke, Text, Window
from maps.plan import Plan, box_of, fitted
from maps.style import BASEMAP_STYLE, PALE_TURN, ZONE_STYLE, Lang

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.bounds.drafting import Draft
    from geodata.zones.bounds.model import Outcome

_WIDTH, _MARGIN, _LIST, _MAP_HEIGHT = 1600, 24, 520, 900
_INK, _QUIET, _WARN, _ADDED = "#17232e", "#5b6b78", "#b91c1c", "#c2410c"
# One per community that did not close, in turn; the list names them in the same colour.
_OPEN = ("#b91c1c", "#7c3aed", "#0f766e", "#a16207", "#be185d", "#1d4ed8")
_LINE_STYLE = {"road": ("#cfc6b1", 1.0), "water": ("#8fc1de", 2.0), "rail": ("#8b8882", 1.6)}


def bounds_figure(
    draft: Draft, lines: gpd.GeoDataFrame, *, title: str, note: str, lang: Lang = "zh"
) -> Canvas:
    """Return the map of a draft with the list of what came of each community.

    Parameters
    ----------
    draft
        From `geodata.zones.bounds.drafting`.
    lines
        Roads, railways and waters with `layer`, in the draft's CRS, drawn faintly.
    title, note
        Words above, and the warning that this is a draft, below.
    """
    english = lang == "en"
    canvas = Canvas(_WIDTH, _MAP_HEIGHT + 150)
    width = _WIDTH - _LIST - 3 * _MARGIN
    shapes = [o.shape if o.shape is not None else o.lines for o in draft.outcomes]
    plan = Plan(Canvas(width, _MAP_HEIGHT, BASEMAP_STYLE["graticule"]), _box(draft, shapes))
    plan.canvas.add(*_ground(plan, lines), *_closed(plan, draft), *_open(plan, draft), *plan.scale_bar())
    done = len(draft.community)
    words = (
        f"{done} of {len(draft.outcomes)} communities closed"
        if english
        else f"{len(draft.outcomes)} 个社区，围成 {done} 个"
    )
    canvas.add(Text(_MARGIN, 46, title, 26, _INK, bold=True), Text(_MARGIN, 74, words, 16, _QUIET))
    canvas.add(Window(_MARGIN, 92, plan.canvas), *_list(draft, 2 * _MARGIN + width, english=english))
    canvas.add(Text(_MARGIN, canvas.height_px - 22, note, 15, _WARN, bold=True))
    return canvas


def _box(draft: Draft, shapes: list[BaseGeometry]) -> tuple[float, float, float, float]:
    """Return the box of what closed; where little did, of the lines near it: a river may run far away."""
    closed = [outcome.shape for outcome in draft.outcomes if outcome.shape is not None]
    if not closed:
        return box_of([shape for shape in shapes if not shape.is_empty] or [shapely.Point(0, 0).buffer(100)])
    left, bottom, right, top = shapely.total_bounds(np.array(closed, dtype=object))
    reach = max(right - left, top - bottom)
    window = shapely.box(left - reach, bottom - reach, right + reach, top + reach)
    known: list[BaseGeometry] = [
        shapely.intersection(outcome.lines, window) for outcome in draft.outcomes if outcome.shape is None
    ]
    return box_of([*closed, *(shape for shape in known if not shape.is_empty)])


def _ground(plan: Plan, lines: gpd.GeoDataFrame) -> Iterator[Mark]:
    for layer, (colour, width_px) in _LINE_STYLE.items():
        for line in lines.geometry[lines["layer"] == layer]:
            yield from plan.lines(line, colour=colour, width_px=width_px)


def _closed(plan: Plan, draft: Draft) -> Iterator[Mark]:
    done = [outcome for outcome in draft.outcomes if outcome.shape is not None]
    for number, outcome in enumerate(done):
        yield from plan.areas(outcome.shape, fill=PALE_TURN[number % len(PALE_TURN)], opacity=0.75)
    for outcome in done:
        yield from plan.areas(outcome.shape, stroke=ZONE_STYLE["community"][0], width_px=2.6)
    for outcome in done:
        for connector in outcome.added:
            yield from plan.lines(connector.shape, colour=_ADDED, width_px=4.0)
    for outcome in done:
        spot = shapely.get_coordinates(shapely.maximum_inscribed_circle([outcome.shape], tolerance=1.0))[:1]
        x, y = plan.pixels(spot)[0]
        yield Text(x, y, outcome.row.name, 17, _INK, "middle", bold=True, halo="#ffffff")


def _open(plan: Plan, draft: Draft) -> Iterator[Mark]:
    for outcome, colour in _coloured(draft):
        yield from plan.lines(outcome.lines, colour=colour, width_px=3.4)


def _coloured(draft: Draft) -> list[tuple[Outcome, str]]:
    still_open = [outcome for outcome in draft.outcomes if outcome.shape is None]
    return [(outcome, _OPEN[number % len(_OPEN)]) for number, outcome in enumerate(still_open)]


def _list(draft: Draft, x: float, *, english: bool) -> Iterator[Mark]:
    """Yield the legend, then what did not close with its reasons, then what closed."""
    y = 108.0
    corners = np.array([[x, y - 12], [x + 34, y - 12], [x + 34, y + 2], [x, y + 2], [x, y - 12]])
    yield Area((corners,), PALE_TURN[0], 0.75, ZONE_STYLE["community"][0], 2.0)
    yield Text(x + 44, y, "closed" if english else "围成的社区", 14, _QUIET)
    yield Stroke(np.array([[x + 150, y - 5], [x + 184, y - 5]]), _ADDED, 4.0)
    yield Text(x + 194, y, "bridged or prolonged" if english else "接上的缺口、延长的线", 14, _QUIET)
    bottom = 92.0 + _MAP_HEIGHT
    for outcome, colour in _coloured(draft):
        y += 32
        yield Stroke(np.array([[x, y - 5], [x + 34, y - 5]]), colour, 3.4)
        yield Text(
            x + 44,
            y,
            f"{outcome.row.name}：" + ("not closed" if english else "没有围成"),
            15,
            _INK,
            bold=True,
        )
        for problem in outcome.problems:
            for row in fitted(
                problem.en if english else problem.zh, size_px=13.5, width_px=_LIST - 20, lines=3
            ):
                y += 19
                yield Text(x, y, row, 13.5, _INK)
        if y > bottom - 60:
            return
    y += 12
    for outcome in draft.outcomes:
        if outcome.shape is not None and y < bottom - 30:
            y += 26
            area = f"{outcome.shape.area / 1e4:,.1f} " + ("ha" if english else "公顷")
            yield Text(x, y, outcome.row.name, 15, _INK)
            yield Text(x + _LIST - 30, y, area, 15, _QUIET, "end")
            told = [
                f"{f.text}: {f.words.en}" if english else f"{f.text}：{f.words.zh}"
                for f in outcome.findings
                if f.status != "found" or f.bridged_m or f.prolonged_m
            ]
            for words in told:
                for row in fitted(words, size_px=12.5, width_px=_LIST - 44, lines=2):
                    y += 18
                    yield Text(x + 14, y, row, 12.5, _ADDED)
