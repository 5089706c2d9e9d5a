"""Add what an OpenStreetMap extract holds to a gazetteer's contents, in the gazetteer's CRS."""

from __future__ import annotations

from shapely.geometry import LineString

from geodata.crs import WGS84, reproject, reproject_xy
from geodata.gazetteer.attach import add_numbers, add_posts
from geodata.gazetteer.edits import spelled
from geodata.gazetteer.model import BasemapRow, Contents, PlaceRow
from geodata.gazetteer.osm_rows import OsmExtract
from geodata.gazetteer.pieces import Piece

_METRES_PER_DEGREE = 111_200.0
_OSM_SIGMA_M = 5.0
_LOW_CATEGORIES = ("highway=crossing", "highway=traffic_signals", "power=tower")
# A station is written 五道口 on the map and 五道口站, 五道口地铁站 in a text.
_STATIONS = ("railway=station", "railway=halt", "public_transport=station")
_STATION_KINDS = ("站", "地铁站", "火车站")


def osm_pieces(contents: Contents, extract: OsmExtract) -> list[Piece]:
    """Return an extract's named lines; what is left out, other names and the basemap go into the contents."""
    for reason, count in extract.dropped.items():
        contents.drop(reason, count)
    pieces = []
    for way in extract.ways:
        xy = reproject_xy(way.lonlat, WGS84, contents.crs)
        name = spelled(way.name)
        if not name:
            contents.drop("线名没有可用的字")
            continue
        line = LineString(xy)
        if line.length == 0:
            contents.drop("长度为零的线")
            continue
        pieces.append(
            Piece(
                name, way.line_class, line, way.half_width_m, way.node_ids, way.category, "osm", _OSM_SIGMA_M
            )
        )
        for other in way.other_names:
            contents.alias(spelled(other), name)
        contents.basemap.append(BasemapRow(way.line_class, way.name, way.category, line))
    for layer, name, category, shape in extract.basemap:
        moved = reproject(shape, WGS84, contents.crs)
        contents.basemap.append(BasemapRow(layer, name, category, moved))
    return pieces


def add_osm(contents: Contents, extract: OsmExtract) -> None:
    """Add the places, numbers and posts of an extract to contents that have its lines."""
    _add_places(contents, extract)
    for numbers, sigma_m in ((extract.numbers, 10.0), (extract.interpolated, 20.0)):
        xy = reproject_xy([row[2:] for row in numbers], WGS84, contents.crs)
        add_numbers(
            contents,
            [(spelled(row[0]), row[1], x, y) for row, (x, y) in zip(numbers, xy.tolist(), strict=True)],
            sigma_m,
        )
    xy = reproject_xy([row[2:] for row in extract.posts], WGS84, contents.crs)
    add_posts(
        contents, [(row[0], row[1], x, y) for row, (x, y) in zip(extract.posts, xy.tolist(), strict=True)]
    )


def _add_places(contents: Contents, extract: OsmExtract) -> None:
    xy = reproject_xy([(place.lon, place.lat) for place in extract.places], WGS84, contents.crs)
    for place, (x, y) in zip(extract.places, xy.tolist(), strict=True):
        name = spelled(place.name)
        if len(name) < 2 or place.category in _LOW_CATEGORIES:
            contents.drop("没有用处的地点（信号灯、铁塔、单字名）")
            continue
        sigma = max(15.0, place.radius_deg * _METRES_PER_DEGREE * 0.7)
        if place.category.startswith("place="):
            sigma = max(sigma, 500.0)
        contents.places.append(PlaceRow(name, place.category, x, y, sigma))
        others = place.other_names
        if place.category in _STATIONS and not name.endswith("站"):
            others += tuple(name + kind for kind in _STATION_KINDS)
        for other in others:
            alias = spelled(other)
            if len(alias) >= 2:
                contents.alias(alias, name)
