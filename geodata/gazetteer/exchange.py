"""Layers of any exchange file to roads, canals, railways, places and posts, by their names and columns.

Written for what offices have: OSM shapefiles (`fclass`), CAD and 奥维 exports, tables of a survey. What a
line is follows from its class column, else from its name or its layer's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.edits import line_parts
from geodata.gazetteer.lines import DrawnLines
from geodata.gazetteer.model import LineClass
from geodata.gazetteer.pieces import Piece
from geodata.gazetteer.posts import chainage_m

_NAMES = (
    "name",
    "名称",
    "路名",
    "道路名称",
    "道路名",
    "线路名称",
    "线名",
    "地名",
    "标准名称",
    "标注",
    "名字",
    "mc",
    "road_name",
    "text",
)
_CLASSES = (
    "class",
    "fclass",
    "highway",
    "railway",
    "waterway",
    "类别",
    "类型",
    "道路等级",
    "等级",
    "type",
    "layer",
    "folder",
    "图层",
)
_OTHERS = ("alt_name", "old_name", "other_names", "别名", "曾用名", "旧名", "俗称")
_WIDTHS = ("width_m", "width", "宽度", "路宽", "红线宽度")
_POST_LINES = ("line", "线路", "路线", "铁路", "河渠", "所属线路")
_CHAINAGES = ("chainage_m", "chainage", "里程", "桩号", "里程桩号", "公里桩", "公里数")
_ROADS, _NUMBERS = ("road", "street", "道路", "路名", "街路"), ("number", "housenumber", "门牌", "门牌号")
_BASEMAP = {
    "water": "water",
    "水面": "water",
    "水系面": "water",
    "building": "building",
    "buildings": "building",
    "建筑": "building",
    "green": "green",
    "绿地": "green",
}
_RAIL = re.compile(r"铁路|轨道|地铁|高铁|专用线|rail|subway|tram")
_WATER = re.compile(r"[渠河江溪沟湖]|水系|水渠|waterway|^water|river|canal|stream|drain|ditch")
_ROAD = re.compile(
    r"[路街道巷]|road|street|primary|secondary|tertiary|trunk|motorway|residential|service|living"
)
_HALF_WIDTH_M: Mapping[str, float] = {"road": 10.0, "rail": 5.0, "water": 15.0}
_NO_NODES: NDArray[np.int64] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a file: columns of texts, and shapes in the gazetteer's CRS (None for none)."""

    name: str
    columns: Mapping[str, Sequence[Any]]
    shapes: Sequence[BaseGeometry | None]


def class_of(words: str, name: str, layer: str = "") -> LineClass:
    """Return what a line is by its class column, else its name, else its layer; a road when nothing tells.

    Examples
    --------
    >>> class_of("canal", "七里河"), class_of("", "京广铁路"), class_of("", "金水河"), class_of("", "金水河路")
    ('water', 'rail', 'water', 'road')
    >>> class_of("", "众意路", "铁路")
    'road'
    """
    text = words.strip().lower()
    if text in ("road", "rail", "water"):
        return text  # type: ignore[return-value]
    return _by_words(text) or _by_name(name) or _by_words(layer.lower()) or "road"


def _by_words(text: str) -> LineClass | None:
    # 铁路 holds 路 and 河道 holds 道: what says more comes first.
    if _RAIL.search(text):
        return "rail"
    if _WATER.search(text):
        return "water"
    return "road" if _ROAD.search(text) else None


def _by_name(name: str) -> LineClass | None:
    """Return what the end of a Chinese name says: 金水河路 is a road, 金水河 is not."""
    if name.endswith(("铁路", "高铁", "地铁", "专用线", "联络线", "轨道", "铁路线")):
        return "rail"
    if name.endswith(("路", "街", "道", "巷", "弄", "胡同", "高速", "环线")):
        return "road"
    if name.endswith(("渠", "河", "江", "溪", "沟", "湖", "运河", "水系")):
        return "water"
    return "rail" if name.endswith("线") else None


def drawn_of(layers: Sequence[Layer]) -> DrawnLines:
    """Return what layers hold, as drawn lines, posts, numbers, places and basemap."""
    drawn = DrawnLines()
    for layer in layers:
        columns = {str(name).strip().lower(): values for name, values in layer.columns.items()}
        kind = _BASEMAP.get(layer.name.lower(), "")
        for at, shape in enumerate(layer.shapes):
            if shape is None or shape.is_empty:
                _drop(drawn, "没有图形的行")
                continue
            row = {name: values[at] for name, values in columns.items()}
            if kind:
                drawn.basemap.append((kind, _text(row, _NAMES), _text(row, _CLASSES), shape))
            elif shape.geom_type.endswith("LineString"):
                _add_line(drawn, layer.name, row, shape)
            else:
                _add_place(drawn, layer.name, row, shape)
    return drawn


def _add_line(drawn: DrawnLines, layer: str, row: Mapping[str, Any], shape: BaseGeometry) -> None:
    name = _text(row, _NAMES)
    line_class = class_of(_text(row, _CLASSES), name, layer)
    width = _number(row, _WIDTHS)
    half_m = width / 2 if width and 0 < width < 500 else _HALF_WIDTH_M[line_class]
    for part in line_parts(shape):
        drawn.pieces.append(Piece(name, line_class, part, half_m, _NO_NODES, line_class))
        drawn.basemap.append((line_class, name, line_class, part))
    if name:
        for other in re.split(r"[、,;；|]", _text(row, _OTHERS)):
            if other.strip() and other.strip() != name:
                drawn.other_names.append((other.strip(), name))


def _add_place(drawn: DrawnLines, layer: str, row: Mapping[str, Any], shape: BaseGeometry) -> None:
    at = shape if isinstance(shape, Point) else shape.representative_point()
    chainage = _text(row, _CHAINAGES)
    line = _text(row, _POST_LINES) or (_text(row, _NAMES) if chainage else "")
    if chainage and line:
        metres = _metres(chainage, is_metres="chainage_m" in row)
        if metres is None:
            _drop(drawn, "里程桩没有可读的里程")
        else:
            drawn.posts.append((line, metres, at.x, at.y))
        return
    number = _number(row, _NUMBERS)
    road = _text(row, _ROADS)
    if number and road and 0 < number < 10_000:
        drawn.numbers.append((road, int(number), at.x, at.y))
        return
    name = _text(row, _NAMES)
    if len(name) < 2:
        _drop(drawn, "没有名称的点和面")
        return
    drawn.places.append((name, _text(row, _CLASSES) or layer, shape))
    for other in re.split(r"[、,;；|]", _text(row, _OTHERS)):
        if other.strip() and other.strip() != name:
            drawn.other_names.append((other.strip(), name))


def _metres(written: str, *, is_metres: bool) -> float | None:
    if is_metres:
        try:
            return float(written)
        except ValueError:
            return chainage_m(written)
    return chainage_m(written)


def _text(row: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = row.get(name)
        if value is not None and value == value and str(value).strip():
            return str(value).strip()
    return ""


def _number(row: Mapping[str, Any], names: Sequence[str]) -> float | None:
    digits = re.match(r"\d+(?:\.\d+)?", _text(row, names))
    return float(digits[0]) if digits else None


def _drop(drawn: DrawnLines, reason: str) -> None:
    drawn.dropped[reason] = drawn.dropped.get(reason, 0) + 1
