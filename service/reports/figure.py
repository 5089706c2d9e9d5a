"""The report's map as one SVG: background, heat, borders, the worst places. No browser, no request.

Drawn in EPSG:3857, as the heat's picture is; the scale bar is corrected for the latitude.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from geodata.crs import WEB_MERCATOR, WGS84, reproject_xy
from maps.heat import DensityPicture
from maps.style import BASEMAP_STYLE, ZONE_STYLE

_WIDTH = 1000.0
_FONT = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
_ROAD_PX = {"motorway": 9, "trunk": 8, "primary": 7, "secondary": 5.5, "tertiary": 4}
_MARGIN = 0.03


def report_figure(
    *,
    background: Sequence[Mapping[str, Any]],
    zones: Sequence[Mapping[str, Any]],
    heat: DensityPicture | None,
    spots: Sequence[tuple[float, float]],
    note: str,
) -> str:
    """Return the map of a report as SVG.

    Parameters
    ----------
    background, zones
        From `service.reports.queries`: SVG paths in EPSG:3857, y down.
    spots
        The worst places, worst first, in EPSG:3857.
    note
        Words that every map must carry, such as 非官方示范数据.
    """
    district = next((zone for zone in zones if zone["level"] == "subdistrict"), None)
    if district is None:
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>'
    across = district["east"] - district["west"]
    west, east = district["west"] - _MARGIN * across, district["east"] + _MARGIN * across
    south, north = district["south"] - _MARGIN * across, district["north"] + _MARGIN * across
    px = (east - west) / _WIDTH
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{west:.1f} {-north:.1f} {east - west:.1f} {north - south:.1f}" '
        f'font-family="{escape(_FONT, quote=True)}">',
        f'<rect x="{west:.1f}" y="{-north:.1f}" width="{east - west:.1f}" height="{north - south:.1f}" fill="{BASEMAP_STYLE["land"]}"/>',
        *_ground(background, px),
        *_heat(heat),
        *_borders(zones, px),
        *_spots(spots, px),
        *_corner(west, south, east, px, note),
        "</svg>",
    ]
    return "\n".join(parts)


def _ground(background: Sequence[Mapping[str, Any]], px: float) -> list[str]:
    def of(layer: str) -> list[Mapping[str, Any]]:
        return [row for row in background if row["layer"] == layer and row["path"]]

    parts = [f'<path d="{row["path"]}" fill="{BASEMAP_STYLE["green"]}"/>' for row in of("green")]
    for row in of("water"):
        # Polygons are closed by "Z"; a canal known only as a line is stroked.
        looks = (
            'fill="{0}"'
            if "Z" in row["path"].upper()
            else 'fill="none" stroke="{0}" stroke-width="' + f'{5 * px:.1f}"'
        )
        parts.append(f'<path d="{row["path"]}" {looks.format(BASEMAP_STYLE["water"])}/>')
    for colour, extra in ((BASEMAP_STYLE["road_casing"], 2.0), (BASEMAP_STYLE["road"], 0.0)):
        for row in of("road"):
            # Without classes, longer roads are drawn wider.
            width = (_ROAD_PX.get(row["kind"], min(7.0, 2.5 + row["length_m"] / 700)) + extra) * px
            parts.append(
                f'<path d="{row["path"]}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" stroke-linecap="round"/>'
            )
    parts += [
        f'<path d="{row["path"]}" fill="none" stroke="{BASEMAP_STYLE["rail"]}" stroke-width="{3 * px:.1f}" stroke-dasharray="{9 * px:.1f} {5 * px:.1f}"/>'
        for row in of("rail")
    ]
    return parts


def _heat(heat: DensityPicture | None) -> list[str]:
    if heat is None:
        return []
    west, south, east, north = heat.bounds
    (left, bottom), (right, top) = reproject_xy([[west, south], [east, north]], WGS84, WEB_MERCATOR)
    return [
        f'<image x="{left:.1f}" y="{-top:.1f}" width="{right - left:.1f}" height="{top - bottom:.1f}" '
        f'preserveAspectRatio="none" opacity="0.88" href="{heat.uri}"/>'
    ]


def _borders(zones: Sequence[Mapping[str, Any]], px: float) -> list[str]:
    parts = []
    for level in ("community", "subdistrict"):
        colour, width = ZONE_STYLE[level]
        parts += [
            f'<path d="{zone["path"]}" fill="none" stroke="{colour}" stroke-width="{width * px:.1f}" stroke-linejoin="round"/>'
            for zone in zones
            if zone["level"] == level
        ]
    ink = ZONE_STYLE["subdistrict"][0]
    parts += [
        f'<text x="{zone["x"]:.1f}" y="{-zone["y"]:.1f}" font-size="{19 * px:.1f}" font-weight="600" text-anchor="middle" '
        f'fill="{ink}" stroke="#ffffff" stroke-width="{4 * px:.1f}" paint-order="stroke">{escape(zone["name"])}</text>'
        for zone in zones
        if zone["level"] == "community"
    ]
    return parts


def _spots(spots: Sequence[tuple[float, float]], px: float) -> list[str]:
    parts = []
    for rank, (x, y) in reversed(list(enumerate(spots, 1))):
        parts.append(
            f'<g><circle cx="{x:.1f}" cy="{-y:.1f}" r="{14 * px:.1f}" fill="#17232e" stroke="#ffffff" stroke-width="{2.5 * px:.1f}"/>'
            f'<text x="{x:.1f}" y="{-y + 5.5 * px:.1f}" font-size="{16 * px:.1f}" font-weight="700" text-anchor="middle" fill="#ffffff">{rank}</text></g>'
        )
    return parts


def _corner(west: float, south: float, east: float, px: float, note: str) -> list[str]:
    """Return the scale bar and the remark."""
    latitude = reproject_xy([[west, south]], WEB_MERCATOR, WGS84)[0][1]
    bar = 500.0 / math.cos(math.radians(latitude))
    x, y = west + 16 * px, -south - 16 * px
    small = f'font-size="{14 * px:.1f}" fill="#4a5a68"'
    return [
        f'<path d="M{x:.1f} {y - 6 * px:.1f}V{y:.1f}H{x + bar:.1f}V{y - 6 * px:.1f}" fill="none" stroke="#4a5a68" stroke-width="{1.8 * px:.1f}"/>',
        f'<text x="{x + bar / 2:.1f}" y="{y - 7 * px:.1f}" text-anchor="middle" {small}>500 m</text>',
        f'<text x="{east - 12 * px:.1f}" y="{y:.1f}" text-anchor="end" {small}>{escape(note)}</text>',
    ]
