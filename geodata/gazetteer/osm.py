"""Read an OpenStreetMap extract: named lines with their node ids, places, house numbers, basemap.

Reads .osm, .osm.gz and .osm.pbf with osmium; coordinates come out as WGS84 lon, lat. What the rows
mean together (one line per road, crossings) is not decided here: see `lines` and `junctions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.errors import GazetteerError
from geodata.gazetteer.model import LineClass

# Half the distance between the property lines across a street of each class, metres.
_HALF_WIDTH_M = {
    "motorway": 18.0, "trunk": 18.0, "primary": 18.0, "secondary": 14.0, "tertiary": 10.0,
    "unclassified": 7.0, "residential": 6.0, "living_street": 5.0, "service": 4.0, "pedestrian": 6.0,
    "footway": 2.0, "path": 2.0, "cycleway": 2.0, "steps": 2.0, "track": 3.0, "road": 7.0,
}  # fmt: skip
_RAILWAYS = {"rail", "light_rail", "subway", "narrow_gauge", "tram", "monorail", "construction", "disused"}
_WATERWAYS = {"river": 15.0, "canal": 12.0, "stream": 4.0, "drain": 3.0, "ditch": 2.0, "tidal_channel": 8.0}
_PLACE_KEYS = (
    "amenity", "shop", "office", "tourism", "leisure", "building", "public_transport", "railway", "place",
    "landuse", "man_made", "historic", "craft", "healthcare", "natural", "aeroway", "highway", "bridge",
    "power", "military", "emergency", "club", "sport",
)  # fmt: skip
_OTHER_NAMES = ("name:zh", "name:zh-Hans", "alt_name", "old_name", "official_name", "short_name", "loc_name")
_GREEN = {
    "park",
    "garden",
    "forest",
    "grass",
    "wood",
    "recreation_ground",
    "meadow",
    "village_green",
    "pitch",
}
_CHINESE = re.compile(r"[㐀-鿿]")
_ROAD_REF = re.compile(r"^[A-Z]\d{2,4}$")
_NUMBER = re.compile(r"^\D{0,3}(\d{1,4})(?!\d)")


@dataclass(frozen=True, slots=True)
class OsmWay:
    """A named line: lon, lat coordinates (n, 2) with the ids of their nodes (n,)."""

    name: str
    other_names: tuple[str, ...]
    line_class: LineClass
    category: str
    lonlat: NDArray[np.float64]
    node_ids: NDArray[np.int64]
    half_width_m: float


@dataclass(frozen=True, slots=True)
class OsmPlace:
    """A named place at lon, lat, with the radius of its area in degrees of latitude (0 for a node)."""

    name: str
    other_names: tuple[str, ...]
    category: str
    lon: float
    lat: float
    radius_deg: float


@dataclass(slots=True)
class OsmExtract:
    """Everything taken from one extract. `numbers` are (street, number, lon, lat)."""

    ways: list[OsmWay] = field(default_factory=list)
    places: list[OsmPlace] = field(default_factory=list)
    numbers: list[tuple[str, int, float, float]] = field(default_factory=list)
    basemap: list[tuple[str, str, str, BaseGeometry]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def _drop(self, reason: str) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


def read_osm(path: Path) -> OsmExtract:
    """Return the named lines, places, house numbers and basemap shapes of an extract.

    Raises
    ------
    GazetteerError
        If the file is missing or cannot be parsed.
    """
    if not path.is_file():
        raise GazetteerError(f"no such file: {path}")
    extract = OsmExtract()
    factory = osmium.geom.WKBFactory()
    try:
        things: Iterable[Any] = osmium.FileProcessor(str(path)).with_locations().with_areas()
        for thing in things:
            if thing.is_node():
                _read_node(thing, extract)
            elif thing.is_way():
                _read_way(thing, extract)
            elif thing.is_area():
                _read_area(thing, extract, factory)
    except (RuntimeError, ValueError) as error:
        raise GazetteerError(f"cannot read the OSM extract {path}: {error}") from error
    return extract


def _names(tags: Any) -> tuple[str, tuple[str, ...]]:
    name = tags.get("name", "")
    others = [part.strip() for key in _OTHER_NAMES for part in tags.get(key, "").split(";")]
    others = [part for part in others if part and part != name and _CHINESE.search(part)]
    # 北四环（辅路） style names keep their bracket; a name without Chinese gives way to one with.
    if not _CHINESE.search(name) and others:
        return others[0], tuple(dict.fromkeys(others[1:] + ([name] if name else [])))
    return name, tuple(dict.fromkeys(others))


def _category(tags: Any) -> str:
    for key in _PLACE_KEYS:
        value = tags.get(key)
        if value is not None and value != "no":
            return f"{key}={value}"
    return ""


def _read_node(node: Any, extract: OsmExtract) -> None:
    tags = node.tags
    if not len(tags):
        return
    lon, lat = node.location.lon, node.location.lat
    _read_number(tags, lon, lat, extract)
    name, others = _names(tags)
    if name and _category(tags):
        extract.places.append(OsmPlace(name, others, _category(tags), lon, lat, 0.0))


def _read_number(tags: Any, lon: float, lat: float, extract: OsmExtract) -> None:
    number, street = tags.get("addr:housenumber"), tags.get("addr:street")
    if number is None:
        return
    match = _NUMBER.match(number)
    if not street:
        extract._drop("门牌没有道路名")
    elif match is None:
        extract._drop("门牌号不是数字")
    else:
        extract.numbers.append((street, int(match.group(1)), lon, lat))


def _read_way(way: Any, extract: OsmExtract) -> None:
    tags = way.tags
    if not len(tags):
        return
    line_class, category, half_width = _line_class(tags)
    if line_class is None:
        return
    if way.is_closed() and (tags.get("area") == "yes" or tags.get("natural") == "water"):
        return
    located = [(node.ref, node.location) for node in way.nodes if node.location.valid()]
    if len(located) < 2:
        extract._drop("线的节点不在摘录范围内")
        return
    lonlat = np.array([(location.lon, location.lat) for _, location in located])
    ids = np.array([ref for ref, _ in located], dtype=np.int64)
    name, others = _names(tags)
    if not name:
        name = tags.get("ref", "").split(";")[0] if line_class == "road" else ""
    elif line_class == "road":
        others = (*others, *(part for part in tags.get("ref", "").split(";") if _ROAD_REF.match(part)))
    if not name:
        extract.basemap.append((line_class, "", category, LineString(lonlat)))
        return
    extract.ways.append(OsmWay(name, others, line_class, category, lonlat, ids, half_width))


def _line_class(tags: Any) -> tuple[LineClass | None, str, float]:
    highway, railway, waterway = tags.get("highway"), tags.get("railway"), tags.get("waterway")
    if highway is not None:
        kind = highway.removesuffix("_link")
        if kind in _HALF_WIDTH_M or kind in ("construction", "busway"):
            return "road", highway, _HALF_WIDTH_M.get(kind, 7.0)
    if railway in _RAILWAYS:
        return "rail", f"railway={railway}", 4.0
    if waterway in _WATERWAYS:
        return "water", f"waterway={waterway}", _width(tags, _WATERWAYS[waterway])
    return None, "", 0.0


def _width(tags: Any, default_m: float) -> float:
    try:
        return max(min(float(tags.get("width", "")) / 2, 1000.0), 1.0)
    except ValueError:
        return default_m


def _read_area(area: Any, extract: OsmExtract, factory: Any) -> None:
    tags = area.tags
    name, others = _names(tags)
    category = _category(tags)
    layer = _basemap_layer(tags)
    numbered = tags.get("addr:housenumber") is not None
    if not (layer or numbered or (name and category)) or tags.get("boundary"):
        return
    try:
        shape = shapely.from_wkb(factory.create_multipolygon(area), on_invalid="ignore")
    except RuntimeError:
        extract._drop("面的边界不闭合")
        return
    if shape is None or shape.is_empty:
        return
    centre = shape.representative_point()
    if layer:
        extract.basemap.append((layer, name, category, shape))
    if numbered:
        _read_number(tags, centre.x, centre.y, extract)
    if name and category:
        radius = float(np.sqrt(shape.area / np.pi))
        extract.places.append(OsmPlace(name, others, category, centre.x, centre.y, radius))


def _basemap_layer(tags: Any) -> str:
    if tags.get("natural") == "water" or tags.get("waterway") in ("riverbank", "dock"):
        return "water"
    if tags.get("building") not in (None, "no"):
        return "building"
    values = {tags.get(key) for key in ("leisure", "landuse", "natural")}
    return "green" if values & _GREEN else ""
