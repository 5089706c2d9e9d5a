"""What a gazetteer knows, written for the peers: an .osm file for Nominatim, documents for addok.

Both get the located records of the table and, so that they need not learn Chinese addresses first,
everything our own reader mined from them: roads, crossings, house numbers, landmarks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import shapely
from scipy.spatial import cKDTree

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer.mine import mine
from geodata.gazetteer.model import Contents
from geodata.gazetteer.tables import read_places

_NUMBERED = re.compile(r"^(?P<street>[^\d,、]{2,12}?[路街道巷])(?P<number>\d+(?:-\d+)?)号")
_CRS = 4547
_DISTRICTS = [
    "惠济区",
    "金水区",
    "管城回族区",
    "上街区",
    "二七区",
    "中原区",
    "登封市",
    "新郑市",
    "巩义市",
    "新密市",
    "荥阳市",
    "中牟县",
]


@dataclass(frozen=True)
class Feature:
    """Something named at one place (WGS84 lon, lat), by all its names, the first one leading."""

    kind: str  # record, number, crossing, landmark, road
    names: tuple[str, ...]
    lonlat: tuple[float, float]
    district: str = ""
    street: str = ""
    number: str = ""
    line: tuple[tuple[float, float], ...] = field(default=())


def features(table: Path) -> Iterator[Feature]:
    """Yield a table's records, then what is mined from them."""
    places = read_places(table)
    for name, address, district, lonlat in zip(
        places.name, places.address, places.district, places.lonlat.tolist(), strict=True
    ):
        found = _NUMBERED.match(address)
        street, number = (found["street"], found["number"]) if found else ("", "")
        yield Feature("record", (address, name), tuple(lonlat), district, street, number)
    contents = Contents(_CRS)
    mine(contents, [places])
    # A mined thing is filed where the nearest record is: the peers may then filter by district too.
    nearest = cKDTree(places.lonlat)
    for one in _mined(contents):
        yield replace(one, district=places.district[int(nearest.query(one.lonlat)[1])])


def _mined(contents: Contents) -> Iterator[Feature]:
    lines = contents.lines
    for row in lines:
        axis = shapely.get_coordinates(row.axis)
        middle = shapely.get_coordinates(row.shape).mean(axis=0)
        drawn = tuple(_lonlat(x, y) for x, y in axis.tolist()) if len(axis) > 1 else ()
        yield Feature("road", (row.name,), _lonlat(*middle.tolist()), line=drawn)
    for number in contents.numbers:
        street, written = lines[number.line].name, str(number.number)
        point = _lonlat(number.x, number.y)
        yield Feature("number", (f"{street}{written}号",), point, street=street, number=written)
    for crossing in contents.crossings:
        a, b = lines[crossing.first].name, lines[crossing.second].name
        forms = (f"{a}与{b}交叉口", f"{b}与{a}交叉口", f"{a}{b}交叉口", f"{b}{a}交叉口")
        yield Feature("crossing", forms, _lonlat(crossing.x, crossing.y))
    for place in contents.places:
        if place.kind == "landmark":
            yield Feature("landmark", (place.name,), _lonlat(place.x, place.y))


def _lonlat(x: float, y: float) -> tuple[float, float]:
    lon, lat = reproject_xy([(x, y)], _CRS, WGS84)[0].tolist()
    return lon, lat


def write_words(found: Sequence[Feature], path: Path) -> None:
    """Write the dictionary for a tokeniser: road and landmark names, one a line."""
    words = {one.names[0] for one in found if one.kind in ("road", "landmark") and len(one.names[0]) <= 8}
    path.write_text("".join(f"{word} 1000 nz\n" for word in sorted(words) if " " not in word), "utf-8")


def write_documents(found: Sequence[Feature], path: Path) -> None:
    """Write addok's documents, one JSON object a line."""
    importance = {"record": 0.3, "number": 0.5, "crossing": 0.5, "landmark": 0.4, "road": 0.1}
    with path.open("w", encoding="utf-8") as file:
        for index, one in enumerate(found):
            lon, lat = one.lonlat
            document = {
                "_id": str(index),
                "type": one.kind,
                "name": list(one.names),
                "district": one.district,
                "importance": importance[one.kind],
                "lon": lon,
                "lat": lat,
            }
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


def write_osm(found: Sequence[Feature], districts: Path, path: Path) -> None:
    """Write an OSM file: records as amenities, numbers as address nodes, roads as ways, districts as areas."""
    nodes, ways, relations = _Elements("node"), _Elements("way"), _Elements("relation")
    for one in found:
        if one.kind == "road":
            if one.line:
                refs = [nodes.add({}, _at(point)) for point in one.line]
                ways.add({"highway": "residential", "name": one.names[0]}, "", _refs(refs))
        else:
            nodes.add(_tags(one), _at(one.lonlat))
    for name, shape in _district_shapes(districts):
        for part in shapely.get_parts(shape):
            refs = [nodes.add({}, _at(point)) for point in part.exterior.coords[:-1]]
            way = ways.add({}, "", _refs([*refs, refs[0]]))
            tags = {"type": "boundary", "boundary": "administrative", "admin_level": "6", "name": name}
            relations.add(tags, "", f'<member type="way" ref="{way}" role="outer"/>')
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="qingtu">\n')
        for elements in (nodes, ways, relations):
            file.writelines(elements.rows)
        file.write("</osm>\n")


def _tags(one: Feature) -> dict[str, str]:
    tags = {}
    if one.street:
        tags |= {"addr:street": one.street, "addr:housenumber": one.number}
    if one.kind == "record":
        address, name = one.names
        tags |= {"amenity": "restaurant", "name": name, "alt_name": address}
    elif one.kind == "crossing":
        tags |= {"place": "locality", "name": one.names[0], "alt_name": ";".join(one.names[1:])}
    elif one.kind == "landmark":
        tags |= {"place": "neighbourhood", "name": one.names[0]}
    return tags


class _Elements:
    """OSM elements of one type, as lines of XML in the order of their ids."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rows: list[str] = []

    def add(self, tags: dict[str, str], attributes: str, children: str = "") -> int:
        """Add an element and return its id."""
        number = len(self.rows) + 1
        text = "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
        meta = 'version="1" timestamp="2020-01-01T00:00:00Z" visible="true"'
        self.rows.append(f'<{self.kind} id="{number}" {meta} {attributes}>{children}{text}</{self.kind}>\n')
        return number


def _at(lonlat: Sequence[float]) -> str:
    return f'lon="{lonlat[0]:.7f}" lat="{lonlat[1]:.7f}"'


def _refs(nodes: Sequence[int]) -> str:
    return "".join(f'<nd ref="{node}"/>' for node in nodes)


def _district_shapes(path: Path) -> Iterator[tuple[str, shapely.Geometry]]:
    frame = gpd.read_file(path)
    for name, shape in zip(frame["name"], frame.geometry, strict=True):
        if name in _DISTRICTS:
            yield name, shape
