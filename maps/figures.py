"""The picture of what is wrong with zones: a map, a numbered list, and close views of the worst."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.checking.defects import DEFECT_WORDS
from maps.canvas import Area, Canvas, Disc, Mark, Text, Window
from maps.plan import Plan, box_of, fitted
from maps.style import BASEMAP_STYLE, DEFECT_STYLE, ZONE_STYLE, Lang, ink_on

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from geodata.zones.checking.defects import ZoneDefect, ZoneReport
    from geodata.zones.model import Level

_WIDTH, _HEIGHT, _MARGIN, _LIST = 1600, 1180, 24, 470
_NUMBERED, _PER_KIND, _VIEWS = 16, 4, 5
_INK, _QUIET, _RULE = "#17232e", "#5b6b78", "#d5dbe0"
_DOT_PX = 2.6
_OTHER = "#6b7280"


def zone_defects_figure(
    layers: Mapping[Level, gpd.GeoDataFrame],
    report: ZoneReport,
    *,
    title: str,
    note: str = "",
    lang: Lang = "zh",
) -> Canvas:
    """Return the map of a report's defects.

    Every defect is drawn in its kind's colour; the worst of each kind carry numbers that lead to the
    list and to close views below the map.

    Parameters
    ----------
    layers
        The layers that were checked, in a CRS in metres.
    title, note
        Words above and below.
    """
    english = lang == "en"
    numbered = _worst(report.defects)
    map_width, map_height = _WIDTH - _LIST - 3 * _MARGIN, 720
    canvas = Canvas(_WIDTH, _HEIGHT if numbered else 92 + map_height + 40)
    shapes = [shape for layer in layers.values() for shape in layer.geometry]
    plan = Plan(Canvas(map_width, map_height, BASEMAP_STYLE["graticule"]), box_of(shapes))
    plan.canvas.add(*_zones(plan, layers), *_defects(plan, report.defects), *_numbers(plan, numbered))
    plan.canvas.add(*plan.scale_bar())
    verdict = _verdict(report, english)
    canvas.add(Text(_MARGIN, 46, title, 26, _INK, bold=True), Text(_MARGIN, 74, verdict, 16, _QUIET))
    canvas.add(Window(_MARGIN, 92, plan.canvas), _frame(_MARGIN, 92, map_width, map_height))
    canvas.add(*_side(report, numbered, x=_MARGIN * 2 + map_width, english=english))
    canvas.add(*_views(layers, report.defects, numbered, top=92 + map_height + 44, english=english))
    canvas.add(Text(_WIDTH - _MARGIN, canvas.height_px - 14, note, 13, _QUIET, "end"))
    return canvas


def _verdict(report: ZoneReport, english: bool) -> str:
    counts = Counter(defect.fatal for defect in report.defects)
    zones = sum(count for level, count in report.zones.items() if level != "linear_owner")
    if english:
        state = "can be used" if report.usable else f"cannot be used: {counts[True]} fatal defects"
        return f"{zones} zones, {len(report.defects)} defects; {state}"
    state = "可以使用" if report.usable else f"不能使用：{counts[True]} 处必须先改正"
    return f"区划 {zones} 个，缺陷 {len(report.defects)} 处；{state}"


def _worst(defects: Sequence[ZoneDefect]) -> list[ZoneDefect]:
    """Return the first few drawable defects of each kind; within a kind the largest come first."""
    seen: Counter[str] = Counter()
    kept = []
    for defect in defects:
        seen[defect.kind] += defect.geometry is not None
        if defect.geometry is not None and seen[defect.kind] <= _PER_KIND:
            kept.append(defect)
    return kept[:_NUMBERED]


def _zones(plan: Plan, layers: Mapping[Level, gpd.GeoDataFrame]) -> Iterator[Mark]:
    lowest = next((level for level in ("grid", "community", "subdistrict") if level in layers), "")
    for level in ("grid", "community", "subdistrict"):
        colour, width = ZONE_STYLE[level]
        fill = "#ffffff" if level == lowest else None
        for shape in layers[level].geometry if level in layers else ():
            yield from plan.areas(shape, fill=fill, stroke=colour, width_px=width * 0.5)


def _defects(plan: Plan, defects: Sequence[ZoneDefect]) -> Iterator[Mark]:
    """Yield every defect, wide ones first, so that small ones stay visible; too small ones as dots."""
    drawn = [defect for defect in defects if defect.geometry is not None]
    for defect in sorted(drawn, key=lambda d: -d.area_m2):
        colour = DEFECT_STYLE.get(defect.kind, _OTHER)
        opacity = 0.22 if defect.kind == "invalid" else 0.6
        yield from plan.areas(defect.geometry, fill=colour, opacity=opacity, stroke=colour, width_px=1.2)
        if defect.level == "linear_owner" and defect.geometry is not None:
            yield from plan.lines(defect.geometry, colour=colour, width_px=3.0)
        yield from _dot(plan, defect, colour)


def _dot(plan: Plan, defect: ZoneDefect, colour: str) -> Iterator[Mark]:
    bounds = defect.geometry.bounds if defect.geometry is not None else (0.0, 0.0, 0.0, 0.0)
    small = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) * plan.metre_px < 2 * _DOT_PX
    at = _fault_point(defect) if defect.kind == "invalid" else None
    if small or at is not None:
        x, y = plan.pixels(at if at is not None else _inside(defect.geometry))[0]
        if 0 <= x <= plan.canvas.width_px and 0 <= y <= plan.canvas.height_px:
            yield Disc(x, y, _DOT_PX, colour, "#ffffff", 0.7)


def _fault_point(defect: ZoneDefect) -> np.ndarray | None:
    """Return where a ring breaks the rules, as GEOS names it: "Nested shells[508183.9 3362163.7]"."""
    found = re.search(r"\[(-?[\d.eE+]+) (-?[\d.eE+]+)\]", str(shapely.is_valid_reason(defect.geometry)))
    return np.array([[float(found[1]), float(found[2])]]) if found else None


def _inside(shape: BaseGeometry | None) -> np.ndarray:
    point = shapely.get_coordinates(shapely.point_on_surface(shapely.make_valid(shape)))
    return point if len(point) else shapely.get_coordinates(shape)[:1]


def _numbers(plan: Plan, numbered: Sequence[ZoneDefect]) -> Iterator[Mark]:
    for number, defect in reversed(list(enumerate(numbered, start=1))):
        x, y = plan.pixels(_inside(defect.geometry))[0]
        yield from _badge(number, x, y, DEFECT_STYLE.get(defect.kind, _OTHER))


def _badge(number: int, x: float, y: float, colour: str) -> Iterator[Mark]:
    yield Disc(x, y, 11, colour, "#ffffff", 1.5)
    yield Text(x, y + 4.6, str(number), 13, ink_on(colour), "middle", bold=True)


def _side(report: ZoneReport, numbered: Sequence[ZoneDefect], *, x: float, english: bool) -> Iterator[Mark]:
    """Yield the legend with counts and areas, and the numbered list."""
    y = 92.0 + 16
    yield Text(x, y, "Defects" if english else "缺陷", 17, _INK, bold=True)
    counts: Counter[str] = Counter()
    areas: defaultdict[str, float] = defaultdict(float)
    for defect in report.defects:
        counts[defect.kind] += 1
        areas[defect.kind] += defect.area_m2
    for kind in [kind for kind in DEFECT_WORDS if counts[kind]]:
        y += 24
        colour = DEFECT_STYLE.get(kind, _OTHER)
        yield Disc(x + 8, y - 5, 7, colour)
        yield Text(x + 24, y, DEFECT_WORDS[kind][english], 15)
        yield Text(x + 260, y, f"{counts[kind]:,}", 15, _INK, "end")
        yield Text(x + _LIST - 10, y, _area(areas[kind]) if areas[kind] else "", 15, _QUIET, "end")
    if not report.defects:
        yield Text(x, y + 26, "None found." if english else "没有发现缺陷。", 15)
    if not numbered:
        return
    y += 34
    yield Text(x, y, "Worst of each kind" if english else "各类最大的几处", 17, _INK, bold=True)
    for number, defect in enumerate(numbered, start=1):
        rows = fitted(defect.said[not english], size_px=13.5, width_px=_LIST - 46, lines=2)
        if y + 24 + 18 * len(rows) > 92 + 720:
            break
        y += 25
        yield from _badge(number, x + 11, y - 5, DEFECT_STYLE.get(defect.kind, _OTHER))
        for row in rows:
            yield Text(x + 30, y, row, 13.5)
            y += 17.5
        y -= 17.5


def _views(
    layers: Mapping[Level, gpd.GeoDataFrame],
    defects: Sequence[ZoneDefect],
    numbered: Sequence[ZoneDefect],
    *,
    top: float,
    english: bool,
) -> Iterator[Mark]:
    """Yield close views: the worst of each kind first, then the second of each."""
    turn: Counter[str] = Counter()
    order = []
    for number, defect in enumerate(numbered, start=1):
        turn[defect.kind] += 1
        order.append((turn[defect.kind], number, defect))
    chosen = sorted(order, key=lambda item: item[:2])[:_VIEWS]
    width = (_WIDTH - _MARGIN * (_VIEWS + 1)) // _VIEWS
    height = _HEIGHT - int(top) - 62
    if chosen:
        yield Text(_MARGIN, top - 14, "Close views" if english else "局部放大", 17, _INK, bold=True)
    for place, (_, number, defect) in enumerate(chosen):
        x = _MARGIN + place * (width + _MARGIN)
        plan = Plan(Canvas(width, height, BASEMAP_STYLE["graticule"]), _close_box(defect))
        near = [other for other in defects if _meets(other, plan)]
        plan.canvas.add(*_zones(plan, layers), *_defects(plan, near), *plan.scale_bar())
        yield Window(x, top, plan.canvas)
        yield _frame(x, top, width, height)
        yield from _badge(number, x + 14, top + height + 16, DEFECT_STYLE.get(defect.kind, _OTHER))
        words = DEFECT_WORDS[defect.kind][english] + " " + "、".join(defect.codes)
        (row,) = fitted(words, size_px=13.5, width_px=width - 34, lines=1)
        yield Text(x + 32, top + height + 21, row, 13.5)


def _close_box(defect: ZoneDefect) -> tuple[float, float, float, float]:
    """Return the box of a close view: the whole defect, a sliver's middle, where a ring breaks a rule."""
    parts = shapely.get_parts(defect.geometry)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    if defect.kind == "sliver" and largest.length > 0:
        width = max(2 * largest.area / largest.length, 0.02)
        at = shapely.Point(_inside(largest)[0])
        return box_of([at], least_m=min(60 * width, max(largest.length, 0.1)))
    at_fault = _fault_point(defect) if defect.kind == "invalid" else None
    if at_fault is not None:
        return box_of([shapely.Point(at_fault[0])], least_m=max(5.0, 0.4 * math.sqrt(abs(largest.area))))
    return box_of([largest], margin=0.35, least_m=5.0)


def _meets(defect: ZoneDefect, plan: Plan) -> bool:
    shape = defect.geometry
    return shape is not None and shapely.box(*plan.box).intersects(shapely.box(*shape.bounds))


def _frame(x: float, y: float, width: float, height: float) -> Mark:
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]])
    return Area((corners,), stroke=_RULE, width_px=1.0)


def _area(area_m2: float) -> str:
    if area_m2 >= 1e6:
        return f"{area_m2 / 1e6:,.2f} km²"
    return f"{area_m2:,.1f} m²" if area_m2 >= 0.1 else f"{area_m2:.4f} m²"
