"""Where an office lies, from what a person types: a city, a position, or a coordinate system by number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geodata.crs import WEB_MERCATOR, cgcs2000_zone, is_projected
from geodata.divisions import full_name, seats_of
from geodata.errors import CrsError
from service.errors import Refused
from service.words import said, tr

_NUMBER = r"(-?\d{1,3}(?:\.\d+)?)"
_POSITION = re.compile(rf"{_NUMBER}\s*[,，\s]\s*{_NUMBER}")
_EPSG = re.compile(r"(?:EPSG\s*:?\s*)?(\d{4,6})", re.IGNORECASE)
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The projected CRS (EPSG code) that follows, and what is known: a position in degrees, a division's code."""

    crs: int
    centre: tuple[float, float] | None = None
    division: str = ""


def whereabouts(words: str) -> Whereabouts:
    """Return the coordinate system for an office.

    Parameters
    ----------
    words
        `郑州市`, `郑州市金水区`; `113.72, 34.78` (longitude, latitude); `4547` or `EPSG:4547`.

    Raises
    ------
    Refused
        If nobody has the name or several do, the position is not in China's zones, or the number is no
        coordinate system in metres.
    """
    text = words.strip()
    if number := _EPSG.fullmatch(text):
        return Whereabouts(require_metres(int(number[1])))
    if position := _POSITION.fullmatch(text):
        lon, lat = float(position[1]), float(position[2])
        if not 15 <= lat <= 55:
            raise _refused(
                tr("坐标写成“经度，纬度”，例如 113.72, 34.78", "write longitude, latitude: 113.72, 34.78")
            )
        try:
            return Whereabouts(cgcs2000_zone(lon), (lon, lat))
        except CrsError as error:
            raise _refused(said(error)) from error
    found = seats_of(text)
    if not found:
        raise _refused(
            tr(
                "没有这个市、区县；写全称，例如“郑州市”或“郑州市金水区”，也可以写经纬度 113.72, 34.78",
                "no such city or county; write its whole name (郑州市, 郑州市金水区), or a position: 113.72, 34.78",
            )
        )
    if len(found) > 1:
        names = "、".join(full_name(one) for one in found[:_SHOWN])
        raise _refused(
            tr(f"有几处同名，请写明是哪个市的：{names}", f"several have this name, say which: {names}")
        )
    (seat,) = found
    return Whereabouts(cgcs2000_zone(seat.lon), (seat.lon, seat.lat), seat.code)


def require_metres(epsg: int) -> int:
    """Return an EPSG code in whose coordinates an office can work.

    Raises
    ------
    Refused
        If it is unknown, in degrees, or Web Mercator.
    """
    try:
        fits = epsg != WEB_MERCATOR and is_projected(epsg)
    except CrsError:
        fits = False
    if not fits:
        raise _refused(
            tr(
                f"EPSG:{epsg} 不是以米为单位的投影坐标系，例如 4547（CGCS2000 三度带，中央经线 114°）",
                f"EPSG:{epsg} has no true metres; 4547 has (CGCS2000, 3-degree zone 114 E)",
            )
        )
    return epsg


def _refused(words: str) -> Refused:
    return Refused(words, fields=[("body.city", words)])
