"""The map's search box: a place text through the geocoder, or a pasted pair of coordinates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel
from shapely.geometry import Point, mapping

from geodata.crs import WGS84, reproject
from geodata.datums import to_wgs84

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.geocode import Geocoder
    from geodata.zones import ZoneTree

_NUMBER = re.compile(r"(?<![\d.])-?\d{1,3}\.\d+(?![\d.])")
# What may stand around a pair of numbers; any other word makes it a place text.
_BESIDE = re.compile(
    r"gcj-?02|bd-?09(?:ll)?|wgs-?84|cgcs-?2000|gps|lon(?:gitude)?|lat(?:itude)?|lng"
    r"|高德|腾讯|火星|国测局?|百度|国家2000|坐标系?|地图|经纬度|东经|北纬|经度|纬度|[neNE北东°,，;；:：()（）\[\]\s]",
    re.IGNORECASE,
)
_DATUMS = (
    ("gcj02", ("gcj", "高德", "腾讯", "火星", "国测")),
    ("bd09", ("bd", "百度")),
    ("cgcs2000", ("cgcs", "国家2000", "2000")),
    ("wgs84", ("wgs", "gps")),
)
# Longitudes and latitudes of China: tells the order of a pasted pair.
_LON, _LAT = (73.0, 136.0), (3.0, 54.0)
POSITION_UNCERTAINTY_M = 15.0


class Found(BaseModel):
    """Where a text is: `trace` as of the geocoder; `lon`, `lat` and `geometry` in EPSG:4326.

    `owner` is the code of the linear owner (of a canal's or railway's body) with the most of it.
    """

    status: str
    method: str
    lon: float | None
    lat: float | None
    geometry: dict[str, Any] | None
    uncertainty_m: float | None
    community: str
    community_name: str
    grid: str
    p_community: float | None
    trace: dict[str, Any]
    owner: str = ""
    owner_name: str = ""
    owner_share: float | None = None


def parse_position(text: str) -> tuple[float, float, str] | None:
    """Return lon, lat (EPSG:4326) and the datum a pasted pair was read in; None when it is no pair.

    The order is told by the size of the numbers, the datum by a word beside them (`gcj02`, 高德, 百度,
    …), WGS84 without one.

    Examples
    --------
    >>> parse_position("34.77, 113.72")
    (113.72, 34.77, 'wgs84')
    """
    numbers = _NUMBER.findall(text)
    beside = _NUMBER.sub(" ", text)
    if len(numbers) != 2 or _BESIDE.sub("", beside):
        return None
    first, second = (float(number) for number in numbers)
    if _inside(second, _LON) and _inside(first, _LAT):
        first, second = second, first
    if not (_inside(first, _LON) and _inside(second, _LAT)):
        return None
    datum = next(
        (datum for datum, words in _DATUMS if any(word in beside.lower() for word in words)), "wgs84"
    )
    lon, lat = to_wgs84(np.array([[first, second]]), datum)[0]
    return float(lon), float(lat), datum


def _inside(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def search(text: str, *, geocoder: Geocoder, zones: ZoneTree, names: Mapping[str, str]) -> Found:
    """Return where a text or pasted position is, and in whose zone."""
    from geodata.geocode import trace_json
    from geodata.geocode.columns import zone_data
    from service.cases.present import anchor_of

    pair = parse_position(text)
    if pair is not None:
        lon, lat, datum = pair
        shape_m: BaseGeometry = reproject(Point(lon, lat), WGS84, geocoder.crs)
        status, method, sigma, trace = "located", f"position:{datum}", POSITION_UNCERTAINTY_M, {}
        p_within, side, line_name = None, None, ""
    else:
        location = geocoder.locate(text)
        trace = trace_json(location)
        status, method = location.status, location.method
        if location.best is None:
            return Found(
                status=status, method=method, lon=None, lat=None, geometry=None, uncertainty_m=None, community="",
                community_name="", grid="", p_community=None, trace=trace,
            )  # fmt: skip
        shape_m, sigma, p_within = location.best.geometry, location.best.uncertainty_m, location.p_within
        side, line_name = location.best.side, location.best.line_name
    shape = reproject(shape_m, geocoder.crs, zones.crs)
    answer = zones.shares(shape, uncertainty_m=sigma, p_within=p_within, side=side, line=line_name)
    owner = zone_data(answer)
    shape_4326 = reproject(shape_m, geocoder.crs, WGS84)
    anchor = anchor_of(shape_4326)
    return Found(
        status=status, method=method, lon=anchor.x, lat=anchor.y, geometry=mapping(shape_4326), uncertainty_m=sigma,
        community=answer.community, community_name=names.get(answer.community, ""), grid=answer.grid,
        p_community=answer.p_community, trace=trace, owner=owner["owner"], owner_name=owner["owner_name"],
        owner_share=owner["owner_share"],
    )  # fmt: skip
