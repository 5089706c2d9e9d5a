"""ASCII DXF: closed polylines as zones, a text inside a ring as its name, the layer as its class.

Not a CAD reader: blocks, hatches and curves other than the bulges of polylines are left out.

Notes
-----
AutoCAD DXF Reference: LWPOLYLINE (codes 10, 20, 42, 70), POLYLINE with VERTEX, TEXT (1, 10, 11),
MTEXT (1, 3). A drawing says nothing of its CRS that could be relied on: it has to be stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from geodata.vector.model import MAX_FEATURES, MAX_VERTICES, FormatError, PlainLayer, clean
from geodata.vector.rings import checked, closed, polygon_of

# A polyline that was not marked closed but whose ends meet, metres.
_MEET_M = 0.5
# A text this near to a line is its name, metres.
_BESIDE_M = 12.0
_ARC_STEP_RAD = np.radians(6.0)
_CODE = re.compile(r"\d{6,15}")
_ESCAPED = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
_FORMAT = re.compile(r"\\[fFHWQTCAp][^;\\{}]*;|\\[LlOoKkNX~]|[{}]")


@dataclass(slots=True)
class _Entity:
    kind: str
    layer: str = ""
    closed: bool = False
    xy: list[list[float]] = field(default_factory=list)
    bulges: list[float] = field(default_factory=list)
    text: str = ""
    aligned: list[float] | None = None


def read_dxf(
    content: bytes, *, name: str, levels: frozenset[str] = frozenset(), every: bool = False
) -> list[PlainLayer]:
    """Return the closed polylines of a drawing with `name`, `code` and `class`; the CRS is None.

    Parameters
    ----------
    name
        Name of the layer.
    levels
        Names of drawing layers that are zone layers of their own; the others together are one.
    every
        Read polylines and lines as they are, each named by the text beside it, and texts that name no
        line as points.

    Raises
    ------
    FormatError
        If it is binary, broken, or has no closed polyline.
    """
    if content.startswith(b"AutoCAD Binary DXF"):
        raise FormatError("binary_dxf")
    entities = list(_entities(_pairs(_decoded(content))))
    if every:
        return _open_layers(entities, name)
    rings = [(entity, shape) for entity in entities if (shape := _zone(entity)) is not None]
    if not rings:
        raise FormatError("no_polygons")
    if len(rings) > MAX_FEATURES:
        raise FormatError("too_large", f"> {MAX_FEATURES}")
    words = _words(entities, [shape for _, shape in rings])
    own = {entity.layer for entity, _ in rings if entity.layer.lower() in levels}
    layers: dict[str, PlainLayer] = {}
    for (entity, shape), (label, code) in zip(rings, words, strict=True):
        home = entity.layer if entity.layer in own else name
        if own and home == name:
            continue
        layer = layers.setdefault(home, PlainLayer(home))
        layer.add(shape, {"name": label, "code": code, "class": entity.layer})
    return list(layers.values())


def _decoded(content: bytes) -> str:
    """Return the text: UTF-8 from R2007 on, before that the code page, which is GBK here."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def _pairs(text: str) -> Iterator[tuple[int, str]]:
    """Yield group codes and values of the section ENTITIES."""
    lines = text.splitlines()
    inside = begun = False
    for at in range(0, len(lines) - 1, 2):
        try:
            code = int(lines[at])
        except ValueError as error:
            raise FormatError("not_dxf", f"第 {at + 1} 行") from error
        value = lines[at + 1].strip()
        if code == 0 and value == "SECTION":
            begun = True
        elif code == 2 and begun and value == "ENTITIES":
            inside = True
        elif code == 0 and value in ("ENDSEC", "EOF"):
            inside = False
        elif inside:
            yield code, value
    if not begun:
        raise FormatError("not_dxf")


def _entities(pairs: Iterator[tuple[int, str]]) -> Iterator[_Entity]:
    """Yield polylines and texts; the vertices of an old POLYLINE are gathered into it."""
    entity: _Entity | None = None
    polyline: _Entity | None = None
    vertices = 0
    for code, value in pairs:
        if code == 0:
            if entity is not None and entity is not polyline and entity.kind != "VERTEX":
                yield entity
            if value == "SEQEND" and polyline is not None:
                yield polyline
                polyline = None
            entity = _Entity(value)
            if value == "POLYLINE":
                polyline = entity
        elif entity is not None:
            target = polyline if entity.kind == "VERTEX" and polyline is not None else entity
            vertices += code == 10
            if vertices > MAX_VERTICES:
                raise FormatError("too_large", f"> {MAX_VERTICES}")
            _take(target, entity.kind, code, value)
    if entity is not None and entity is not polyline:
        yield entity


def _take(entity: _Entity, kind: str, code: int, value: str) -> None:
    try:
        if code == 8 and kind == entity.kind:
            entity.layer = clean(_unescaped(value))
        elif code == 70 and kind == entity.kind:
            entity.closed = bool(int(value) & 1)
        elif code == 10 and (kind != "POLYLINE"):
            entity.xy.append([float(value), np.nan])
            entity.bulges.append(0.0)
        elif code == 20 and entity.xy and kind != "POLYLINE":
            entity.xy[-1][1] = float(value)
        elif code == 42 and entity.bulges and kind in ("LWPOLYLINE", "VERTEX"):
            entity.bulges[-1] = float(value)
        elif code in (1, 3) and kind in ("TEXT", "MTEXT"):
            entity.text += value
        elif code in (11, 21) and kind == "LINE":
            if code == 11:
                entity.xy.append([float(value), np.nan])
            else:
                entity.xy[-1][1] = float(value)
        elif code in (11, 21) and kind == "TEXT":
            entity.aligned = (
                [float(value), 0.0] if code == 11 else [(entity.aligned or [0.0])[0], float(value)]
            )
    except ValueError as error:
        raise FormatError("not_dxf", f"{kind} {code}") from error


def _zone(entity: _Entity) -> BaseGeometry | None:
    if entity.kind not in ("LWPOLYLINE", "POLYLINE") or len(entity.xy) < 2:
        return None
    xy = checked(np.array(entity.xy, dtype=float))
    if entity.closed:
        xy = np.vstack([xy, xy[:1]])
    curved = _curved(xy, entity.bulges)
    ring = closed(curved, within=_MEET_M)
    return polygon_of([ring]) if ring is not None else None


def _open_layers(entities: list[_Entity], name: str) -> list[PlainLayer]:
    """Return lines, each with the nearest text within a few metres as its name; other texts are points."""
    layer = PlainLayer(name)
    lines: list[tuple[_Entity, LineString]] = []
    for entity in entities:
        if entity.kind in ("LWPOLYLINE", "POLYLINE", "LINE") and len(entity.xy) > 1:
            xy = checked(np.array(entity.xy, dtype=float))
            if entity.closed:
                xy = np.vstack([xy, xy[:1]])
            lines.append((entity, LineString(_curved(xy, entity.bulges))))
    texts = [
        (text, place)
        for entity in entities
        if (text := clean(_plain(entity.text))) and (place := _place(entity))
    ]
    words: dict[int, str] = {}
    for text, place in texts:
        near = sorted((line.distance(place), at) for at, (_, line) in enumerate(lines))
        if near and near[0][0] <= _BESIDE_M:
            words.setdefault(near[0][1], text)
        else:
            layer.add(place, {"name": text, "class": ""})
    for at, (entity, line) in enumerate(lines):
        layer.add(line, {"name": words.get(at, ""), "class": entity.layer})
    if not layer.shapes:
        raise FormatError("no_shapes")
    return [layer]


def _place(entity: _Entity) -> Point | None:
    if entity.kind not in ("TEXT", "MTEXT"):
        return None
    place = entity.aligned or (entity.xy[0] if entity.xy else None)
    return Point(place) if place is not None and np.isfinite(place).all() else None


def _curved(xy: NDArray[np.float64], bulges: list[float]) -> NDArray[np.float64]:
    """Return a polyline with its bulges (tangent of a quarter of the arc's angle) as short chords."""
    if not any(bulges):
        return xy
    points: list[NDArray[np.float64]] = []
    for start, end, bulge in zip(xy[:-1], xy[1:], bulges, strict=False):
        points.append(start[None, :])
        chord = end - start
        if bulge == 0.0 or not np.isfinite(bulge) or not chord.any():
            continue
        angle = 4.0 * np.arctan(bulge)
        steps = max(int(abs(angle) / _ARC_STEP_RAD), 2)
        centre = (start + end) / 2 + np.array([-chord[1], chord[0]]) * (1 - bulge**2) / (4 * bulge)
        turn = angle * np.arange(1, steps) / steps
        off = start - centre
        points.append(
            centre
            + np.column_stack(
                [off[0] * np.cos(turn) - off[1] * np.sin(turn), off[0] * np.sin(turn) + off[1] * np.cos(turn)]
            )
        )
    return np.vstack([*points, xy[-1:]])


def _words(entities: list[_Entity], shapes: list[BaseGeometry]) -> list[tuple[str | None, str | None]]:
    """Return the name and code of each ring: the texts inside it and in no smaller ring.

    Six digits or more are a code, the first other text from the top is the name.
    """
    order = np.argsort([shape.area for shape in shapes], kind="stable")
    inside: dict[int, list[tuple[float, str]]] = {}
    valid = shapely.make_valid(np.array(shapes, dtype=object))
    for entity in entities:
        text = clean(_plain(entity.text))
        place = entity.aligned or (entity.xy[0] if entity.xy else None)
        if entity.kind in ("TEXT", "MTEXT") and text and place is not None and np.isfinite(place).all():
            point = Point(place)
            smallest = next((int(at) for at in order if valid[at].contains(point)), None)
            if smallest is not None:
                inside.setdefault(smallest, []).append((-float(place[1]), text))
    found: list[tuple[str | None, str | None]] = []
    for number in range(len(shapes)):
        texts = [text for _, text in sorted(inside.get(number, []))]
        code = next((text for text in texts if _CODE.fullmatch(text)), None)
        found.append((next((text for text in texts if not _CODE.fullmatch(text)), None), code))
    return found


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _plain(text: str) -> str:
    r"""Return an MTEXT without its formatting.

    Examples
    --------
    >>> _plain(r"{\fSimSun|b0|i0;绿地社区}\P107 公顷")
    '绿地社区 107 公顷'
    """
    return _FORMAT.sub("", _unescaped(text).replace("\\P", " "))
