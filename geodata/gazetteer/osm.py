"""Read an OpenStreetMap extract: named lines with their node ids, places, house numbers, posts, basemap.

Reads .osm, .osm.gz and .osm.pbf with osmium; coordinates come out as WGS84 lon, lat. What the rows
mean together (one line per road, crossings) is not decided here: see `pieces` and `junctions`; gates
and exits get their full names in `osm_parts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from geodata.errors import GazetteerError
from geodata.gazetteer import osm_tags
from geodata.gazetteer.osm_parts import name_exits, name_gates
from geodata.gazetteer.osm_rows import HouseNumber, OsmExtract, OsmPlace, OsmWay

_STEPS = {"odd": 2, "even": 2, "all": 1, "1": 1, "2": 2}
_MOST_BETWEEN = 400
_GATES = ("gate", "entrance", "lift_gate", "swing_gate")
# Kinds of areas that have gates.
_GROUNDS = ("amenity", "leisure", "landuse", "tourism", "office", "place", "historic", "healthcare")


def read_osm(path: Path) -> OsmExtract:
    """Return the named lines, places, house numbers, posts and basemap shapes of an extract.

    Raises
    ------
    GazetteerError
        If the file is missing or cannot be parsed.
    """
    if not path.is_file():
        raise GazetteerError(f"no such file: {path}", zh=f"没有这个文件：{path}")
    extract = OsmExtract()
    numbered: dict[int, HouseNumber] = {}
    factory = osmium.geom.WKBFactory()
    try:
        things: Iterable[Any] = osmium.FileProcessor(str(path)).with_locations().with_areas()
        for thing in things:
            if not len(thing.tags):
                continue
            if thing.is_node():
                _read_node(thing, extract, numbered)
            elif thing.is_way():
                _read_way(thing, extract, numbered)
            elif thing.is_area():
                _read_area(thing, extract, factory)
    except (RuntimeError, ValueError) as error:
        raise GazetteerError(
            f"cannot read the OSM extract {path}: {error}", zh=f"OSM 数据 {path} 读不了：{error}"
        ) from error
    stations = [place for place in extract.places if place.category in ("railway=station", "railway=halt")]
    found, lost = name_exits(extract.exits, stations)
    extract.places += found
    gates, strays = name_gates(extract.gates, extract.grounds)
    extract.places += gates
    for reason, count in (
        ("出入口只有编号，附近没有车站", lost),
        ("门的名称不全，附近没有它所属的场所", strays),
    ):
        for _ in range(count):
            extract.drop(reason)
    return extract


def _read_node(node: Any, extract: OsmExtract, numbered: dict[int, HouseNumber]) -> None:
    tags = node.tags
    lon, lat = node.location.lon, node.location.lat
    number = _read_number(tags, lon, lat, extract)
    if number is not None:
        numbered[node.id] = number
    post = osm_tags.post_of(tags)
    if post is not None:
        if post[1] is None:
            extract.drop("里程桩没有可读的里程")
        else:
            extract.posts.append((post[0], post[1], lon, lat))
        return
    name, others = osm_tags.names_of(tags)
    category = osm_tags.category_of(tags)
    if tags.get("railway") == "subway_entrance":
        reference = tags.get("ref", "")
        if name or reference:
            extract.exits.append(
                OsmPlace(name, (*others, reference), "railway=subway_entrance", lon, lat, 0.0)
            )
        else:
            extract.drop("地铁出入口没有名称和编号")
    elif "entrance" in tags or tags.get("barrier") in _GATES:
        if name:
            extract.gates.append(OsmPlace(name, others, category or "barrier=gate", lon, lat, 0.0))
        else:
            extract.drop("门没有名称")
    elif name and category:
        extract.places.append(OsmPlace(name, others, category, lon, lat, 0.0))


def _read_number(tags: Any, lon: float, lat: float, extract: OsmExtract) -> HouseNumber | None:
    if tags.get("addr:housenumber") is None:
        return None
    number = osm_tags.house_number(tags)
    if number is None:
        extract.drop("门牌号不是数字")
        return None
    row = (tags.get("addr:street", ""), number, lon, lat)
    extract.numbers.append(row)
    return row


def _read_way(way: Any, extract: OsmExtract, numbered: dict[int, HouseNumber]) -> None:
    tags = way.tags
    interpolation = tags.get("addr:interpolation")
    line_class, category, half_width = osm_tags.line_class_of(tags)
    if line_class is None and interpolation is None:
        return
    if way.is_closed() and (tags.get("area") == "yes" or tags.get("natural") == "water"):
        return
    located = [(node.ref, node.location) for node in way.nodes if node.location.valid()]
    if len(located) < 2:
        extract.drop("线的节点不在摘录范围内")
        return
    lonlat = np.array([(location.lon, location.lat) for _, location in located])
    ids = np.array([ref for ref, _ in located], dtype=np.int64)
    if interpolation is not None:
        _read_interpolation(tags, interpolation, lonlat, ids, extract, numbered)
    if line_class is None:
        return
    _read_built(tags, lonlat, extract)
    name, others = osm_tags.names_of(tags)
    if not name:
        name = tags.get("ref", "").split(";")[0] if line_class == "road" else ""
    elif line_class == "road":
        others = (*others, *osm_tags.road_refs(tags))
    if not name:
        extract.basemap.append((line_class, "", category, LineString(lonlat)))
        return
    extract.ways.append(OsmWay(name, others, line_class, category, lonlat, ids, half_width))


def _read_built(tags: Any, lonlat: NDArray[np.float64], extract: OsmExtract) -> None:
    """Take a bridge, tunnel or culvert that has a name of its own as a place."""
    name, category = osm_tags.built_name(tags)
    if name:
        line = LineString(lonlat)
        middle = line.interpolate(0.5, normalized=True)
        extract.places.append(OsmPlace(name, (), category, middle.x, middle.y, line.length / 4))


def _read_interpolation(
    tags: Any,
    kind: str,
    lonlat: NDArray[np.float64],
    ids: NDArray[np.int64],
    extract: OsmExtract,
    numbered: dict[int, HouseNumber],
) -> None:
    """Number the houses between the numbered nodes of an addr:interpolation way, evenly spaced."""
    known = [(index, numbered[ref]) for index, ref in enumerate(ids.tolist()) if ref in numbered]
    step = _STEPS.get(kind)
    if step is None or len(known) < 2:
        extract.drop("门牌内插线缺两端的门牌或单双号规则")
        return
    for (low, first), (high, last) in pairwise(known):
        street = tags.get("addr:street") or first[0] or last[0]
        between = range(first[1], last[1], step if last[1] > first[1] else -step)[1:]
        if len(between) > _MOST_BETWEEN:
            extract.drop("门牌内插的两端号码相差太大")
            continue
        line = LineString(lonlat[low : high + 1])
        for number in between:
            point = line.interpolate((number - first[1]) / (last[1] - first[1]), normalized=True)
            extract.interpolated.append((street, number, point.x, point.y))


def _read_area(area: Any, extract: OsmExtract, factory: Any) -> None:
    tags = area.tags
    name, others = osm_tags.names_of(tags)
    category = osm_tags.category_of(tags)
    layer = osm_tags.basemap_layer(tags)
    numbered = tags.get("addr:housenumber") is not None
    if not (layer or numbered or (name and category)) or tags.get("boundary"):
        return
    try:
        shape = shapely.from_wkb(factory.create_multipolygon(area), on_invalid="ignore")
    except RuntimeError:
        extract.drop("面的边界不闭合")
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
        if category.partition("=")[0] in _GROUNDS:
            extract.grounds.append((name, shape))
