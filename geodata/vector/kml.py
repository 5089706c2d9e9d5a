"""KML by a small XML reader: placemarks with polygons, or lines whose ends meet; nothing else of it acts.

No DOCTYPE, no entities, no links: an XML that has them is refused, not cleaned. Written for what 奥维
and 谷歌地球 export: folders, ExtendedData names, zones drawn as closed lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from geodata.vector.model import MAX_VERTICES, FormatError, PlainLayer, clean
from geodata.vector.rings import checked, closed, polygon_of

_MAX_DEPTH, _MAX_ELEMENTS = 100, 3_000_000
# Ends of a line that meet within about 1 m, degrees.
_MEET_DEG = 1e-5


@dataclass(slots=True)
class _Placemark:
    folder: str
    values: dict[str, str] = field(default_factory=dict)
    polygons: list[list[NDArray[np.float64]]] = field(default_factory=list)
    lines: list[NDArray[np.float64]] = field(default_factory=list)
    points: list[NDArray[np.float64]] = field(default_factory=list)
    key: str = ""

    def shape(self, *, every: bool) -> BaseGeometry | None:
        if every and not self.polygons:
            return self._open()
        found = [polygon_of(rings) for rings in self.polygons if rings]
        if not found:
            rings = [ring for line in self.lines if (ring := closed(line, within=_MEET_DEG)) is not None]
            found = [polygon_of([ring]) for ring in rings]
        if len(found) <= 1:
            return found[0] if found else None
        return MultiPolygon([part for shape in found for part in getattr(shape, "geoms", [shape])])

    def _open(self) -> BaseGeometry | None:
        """Return lines as they are drawn, else the points."""
        lines = [LineString(line) for line in self.lines if len(line) > 1]
        if lines:
            return lines[0] if len(lines) == 1 else MultiLineString(lines)
        points = [Point(xy[0]) for xy in self.points if len(xy)]
        if not points:
            return None
        return points[0] if len(points) == 1 else MultiPoint(points)


class _Reader:
    def __init__(self, *, every: bool = False) -> None:
        self.every = every
        self.path: list[str] = []
        self.folders: list[str] = []
        self.text: list[str] = []
        self.placemark: _Placemark | None = None
        self.layers: dict[str, list[tuple[BaseGeometry, dict[str, Any]]]] = {}
        self.links = self.elements = self.vertices = 0
        self.is_kml = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.elements += 1
        if not self.path:
            self.is_kml = name == "kml"
            if not self.is_kml:
                raise FormatError("not_kml", clean(name)[:40])
        if len(self.path) >= _MAX_DEPTH or self.elements > _MAX_ELEMENTS:
            raise FormatError("too_large", "XML")
        self.path.append(name)
        self.text = []
        if name in ("Folder", "Document"):
            self.folders.append("")
        elif name == "NetworkLink":
            self.links += 1
        elif name == "Placemark":
            self.placemark = _Placemark(next((f for f in reversed(self.folders) if f), ""))
        elif self.placemark is not None:
            if name in ("Data", "SimpleData"):
                self.placemark.key = clean(attributes.get("name", ""))
            elif name == "Polygon":
                self.placemark.polygons.append([])

    def characters(self, text: str) -> None:
        self.text.append(text)

    def end(self, _: str) -> None:
        name = self.path.pop()
        if name in ("Folder", "Document"):
            self.folders.pop()
        elif name == "name" and self.path and self.path[-1] in ("Folder", "Document"):
            self.folders[-1] = clean("".join(self.text))
        elif self.placemark is not None:
            self._inside(self.placemark, name)

    def _inside(self, placemark: _Placemark, name: str) -> None:
        above = self.path[-1] if self.path else ""
        if name in ("name", "description") and above == "Placemark":
            placemark.values[name] = clean("".join(self.text))
        elif (name == "value" and above == "Data") or name == "SimpleData":
            if placemark.key:
                placemark.values[placemark.key] = clean("".join(self.text))
        elif name == "coordinates":
            xy = self._coordinates()
            if above == "LinearRing" and "Polygon" in self.path and placemark.polygons:
                ring = closed(xy, within=np.inf)
                if ring is not None:
                    placemark.polygons[-1].append(ring)
            elif above in ("LineString", "LinearRing"):
                placemark.lines.append(xy)
            elif above == "Point" or "Track" in self.path:
                placemark.points.append(xy)
        elif name == "Placemark":
            self._add(placemark)
            self.placemark = None

    def _coordinates(self) -> NDArray[np.float64]:
        tuples = "".join(self.text).split()
        self.vertices += len(tuples)
        if self.vertices > MAX_VERTICES:
            raise FormatError("too_large", f"> {MAX_VERTICES}")
        try:
            xy = np.array([tuple(map(float, item.split(",")[:2])) for item in tuples if item], dtype=float)
        except ValueError as error:
            raise FormatError("bad_geometry", "coordinates") from error
        if len(xy) and (xy.ndim != 2 or xy.shape[1] != 2):
            raise FormatError("bad_geometry", "coordinates")
        return checked(xy.reshape(-1, 2))

    def _add(self, placemark: _Placemark) -> None:
        shape = placemark.shape(every=self.every)
        if shape is not None:
            self.layers.setdefault(placemark.folder, []).append((shape, {**placemark.values}))


def read_kml(
    content: bytes, *, name: str, levels: frozenset[str] = frozenset(), every: bool = False
) -> list[PlainLayer]:
    """Return the polygons of a KML, longitude and latitude in EPSG:4326 as the standard has it.

    Parameters
    ----------
    name
        Name of the layer.
    levels
        Names of folders that are layers of their own; all other folders together are one layer with a
        column `folder`.
    every
        Read lines and points as they are, not only what encloses land.

    Raises
    ------
    FormatError
        If it is no KML, has a DOCTYPE, nothing but links, or no polygon.
    """
    reader = _Reader(every=every)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(_utf8(content), True)
    except expat.ExpatError as error:
        raise FormatError("not_kml", f"XML：第 {error.lineno} 行") from error
    if not reader.layers:
        raise FormatError("network_link" if reader.links else "no_shapes" if every else "no_polygons")
    own = {folder: rows for folder, rows in reader.layers.items() if folder.lower() in levels}
    rest = {folder: rows for folder, rows in reader.layers.items() if folder not in own}
    layers = [_layer(folder, [(folder, rows)]) for folder, rows in own.items()]
    if rest and not own:
        layers.append(_layer(name, list(rest.items())))
    return layers


def _layer(name: str, folders: list[tuple[str, list[tuple[BaseGeometry, dict[str, Any]]]]]) -> PlainLayer:
    layer = PlainLayer(name, crs=4326)
    for folder, rows in folders:
        for shape, values in rows:
            layer.add(shape, {"folder": folder, **values})
    return layer


def _refuse(*_: object) -> NoReturn:
    raise FormatError("doctype")


def _utf8(content: bytes) -> bytes:
    """Return an XML in UTF-8: expat knows no GBK, which older programs write."""
    declared = re.match(
        rb"\s*<\?xml[^>]*encoding=[\"'](gbk|gb2312|gb18030)[\"']", content[:200], re.IGNORECASE
    )
    if declared is None:
        return content
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise FormatError("not_kml", "GBK") from error
    return re.sub(r"<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL).lstrip().encode()
