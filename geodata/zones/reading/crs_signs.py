"""What coordinates themselves say about the CRS that a file claims: signs, for a person to judge.

Only mistakes that can be seen are named: degrees called metres and the reverse, axes swapped, web
mercator, a zone number before the easting, a distant central meridian. A border drawn on a GCJ-02
map looks like any other by itself; it shows only beside roads whose position is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WEB_MERCATOR, WGS84, cgcs2000_zone, epsg_of, is_projected, reproject_xy
from geodata.datum_check import detect_datum
from geodata.errors import CrsError, Fault, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]

Box = tuple[float, float, float, float]
# China with margins, degrees and metres of Gauss-Krüger northing.
_LON, _LAT = (73.0, 136.0), (3.0, 54.0)
_NORTHING_M, _EASTING_M = (1.9e6, 6.1e6), (5e4, 9.5e5)
_ZONED_EASTING_M = (13e6, 46e6)
_MERCATOR_X, _MERCATOR_Y = (8.1e6, 15.2e6), (3.3e5, 7.2e6)
# Beyond half a 6-degree zone at 18° N the projection is used outside its zone.
_FAR_M = 320_000.0
_EARTH_RADIUS_M = 6_378_137.0
_DATUM_SAMPLES = 240
_DATUM_REACH_M = 2_000.0
# What numbers can look like.
_DEGREES = Fault("degrees, longitude first (EPSG:4326 or 4490)", "经纬度（EPSG:4326 或 4490）")
_SWAPPED_DEGREES = Fault("degrees, latitude first (axes swapped)", "纬度在前的经纬度（坐标轴写反）")
_SWAPPED_METRES = Fault("metres, north first (axes swapped)", "北坐标在前的米（坐标轴写反）")
_MERCATOR = Fault("web mercator (EPSG:3857)", "网络墨卡托（EPSG:3857）")
_GAUSS_KRUEGER = Fault(
    "Gauss-Krüger metres without a zone number (the central meridian must be known)",
    "高斯-克吕格坐标（米，不带带号；要知道中央子午线）",
)


class CrsSign(NamedTuple):
    """One suspicion, and whether it makes every distance and position wrong."""

    said: Fault
    fatal: bool

    @property
    def words(self) -> str:
        """The suspicion in Chinese."""
        return self.said.zh


def crs_signs(bounds: Sequence[float] | NDArray[np.float64], epsg: int | None) -> list[CrsSign]:
    """Return what the numbers of a layer say against its CRS; an empty list says nothing for it.

    Parameters
    ----------
    bounds
        (min_x, min_y, max_x, max_y) as written in the file.
    epsg
        The claimed CRS; None where the file claims none.

    Examples
    --------
    >>> crs_signs((113.70, 34.76, 113.75, 34.79), 4547)[0].words
    '数值是经纬度，坐标系却写成 EPSG:4547（米）'
    >>> crs_signs((113.70, 34.76, 113.75, 34.79), 4326)
    []
    """
    box = (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))
    if not np.isfinite(box).all():
        return []
    looks = _looks(box)
    if epsg is None:
        said = Fault("no CRS is set", "没有坐标系")
        if looks:
            said = Fault(f"{said.en}; the numbers look like {looks.en}", f"{said.zh}；数值像{looks.zh}")
        return [CrsSign(said, True)]
    stated = f"EPSG:{epsg}"
    if not is_projected(epsg):
        if looks is None or looks is _DEGREES:
            return []
        return [_against(looks, f"{stated} (degrees)", f"{stated}（度）")]
    if looks is _DEGREES:
        said = Fault(
            f"the numbers are degrees, the CRS is stated as {stated} (metres)",
            f"数值是经纬度，坐标系却写成 {stated}（米）",
        )
        return [CrsSign(said, True)]
    if looks is _SWAPPED_METRES and not _northing_first(epsg):
        said = Fault(
            f"the numbers look like {looks.en}, the CRS is {stated}", f"数值像{looks.zh}，坐标系是 {stated}"
        )
        return [CrsSign(said, True)]
    if looks is _SWAPPED_DEGREES or (looks is _MERCATOR and epsg != WEB_MERCATOR):
        return [_against(looks, stated, stated)]
    return _zone_signs(box, epsg)


def _against(looks: Fault, stated: str, stated_zh: str) -> CrsSign:
    said = Fault(
        f"the numbers look like {looks.en}, the CRS is stated as {stated}",
        f"数值像{looks.zh}，坐标系却写成 {stated_zh}",
    )
    return CrsSign(said, True)


def _looks(box: Box) -> Fault | None:
    """Return what the numbers of a box in China can be, None where that cannot be told."""
    x, y = (box[0], box[2]), (box[1], box[3])
    if _inside(x, _LON) and _inside(y, _LAT):
        return _DEGREES
    if _inside(x, _LAT) and _inside(y, _LON):
        return _SWAPPED_DEGREES
    if _inside(x, _NORTHING_M) and _inside(y, _EASTING_M):
        return _SWAPPED_METRES
    if _inside(x, _ZONED_EASTING_M) and _inside(y, _NORTHING_M):
        zone = int(x[0] // 1e6)
        return Fault(f"Gauss-Krüger coordinates of zone {zone}", f"带号 {zone} 的高斯-克吕格坐标")
    if _inside(x, _MERCATOR_X) and _inside(y, _MERCATOR_Y):
        return _MERCATOR
    if _inside(x, _EASTING_M) and _inside(y, _NORTHING_M):
        return _GAUSS_KRUEGER
    return None


def _inside(span: tuple[float, float], limits: tuple[float, float]) -> bool:
    return limits[0] <= span[0] and span[1] <= limits[1]


def _northing_first(epsg: int) -> bool:
    # A CRS whose false easting makes eastings as large as northings cannot be told from a swapped one.
    middle = reproject_xy([[105.0, 35.0]], WGS84, epsg)[0]
    return bool(middle[0] > _EASTING_M[1])


def _zone_signs(box: Box, epsg: int) -> list[CrsSign]:
    """Return signs of a wrong zone of a transverse Mercator projection."""
    middle = np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]])
    if not _inside((box[1], box[3]), _NORTHING_M) or epsg == WEB_MERCATOR:
        return []  # made-up or local coordinates: nothing can be said
    lon, lat = (float(value) for value in reproject_xy(middle, epsg, WGS84)[0])
    if not (_LON[0] <= lon <= _LON[1] and _LAT[0] <= lat <= _LAT[1]):
        looks = _looks(box)
        why = Fault("the CRS or its zone number is wrong", "坐标系或带号写错")
        if looks is not None and looks.zh.startswith("带号"):
            why = Fault(f"the numbers look like {looks.en}", f"数值像{looks.zh}")
        said = Fault(
            f"by EPSG:{epsg} this lies outside China: {why.en}",
            f"按 EPSG:{epsg} 算，位置不在中国境内：{why.zh}",
        )
        return [CrsSign(said, True)]
    x = float(middle[0, 0])
    off_m = abs((x if x < _ZONED_EASTING_M[0] else x % 1e6) - 500_000.0)
    if off_m > _FAR_M:
        nearest = cgcs2000_zone(lon)
        stretch = off_m**2 / (2 * _EARTH_RADIUS_M**2)
        far_km, off_cm = f"{off_m / 1000:,.0f}", f"{stretch * 1e5:,.0f}"
        said = Fault(
            f"{far_km} km from the central meridian of EPSG:{epsg}, {off_cm} cm too long per km; EPSG:{nearest} "
            "suits better, or the zone number was wrong",
            f"离 EPSG:{epsg} 的中央子午线 {far_km} 公里，每公里偏 {off_cm} 厘米；EPSG:{nearest} 更合适，或者原来的带号写错",
        )
        return [CrsSign(said, False)]
    return []


def datum_sign(shapes: Shapes, epsg: int, lines: Sequence[BaseGeometry]) -> CrsSign | None:
    """Return a suspicion that borders were drawn on a GCJ-02 or BD-09 map, judged by roads and waters.

    Parameters
    ----------
    shapes
        Valid zones in the projected CRS `epsg`.
    lines
        Centre lines of roads, railways and waters in the same CRS, of known position.

    Notes
    -----
    Borders of communities mostly follow roads. Points along the borders are moved as if they were
    GCJ-02 or BD-09; if that at least halves their typical distance to the nearest line, and brings
    three of four nearer, they probably are (`geodata.datum_check`).
    """
    found = np.asarray(list(lines), dtype=object)
    edges = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(shapes))))
    if len(found) == 0 or len(edges) == 0:
        return None
    points = _along(edges, _DATUM_SAMPLES)
    tree = shapely.STRtree(found)
    at, which = tree.query(points, predicate="dwithin", distance=_DATUM_REACH_M)
    near = [found[which[at == row]] for row in range(len(points))]
    places = [shapely.geometrycollections(own) if len(own) else None for own in near]
    lonlat = reproject_xy(shapely.get_coordinates(points), epsg, WGS84)
    finding = detect_datum(lonlat, places, stated="wgs84", crs=epsg)
    if finding is None or finding.agrees or finding.best not in ("gcj02", "bd09"):
        return None
    name = {"gcj02": Fault("GCJ-02", "GCJ-02（火星坐标）"), "bd09": Fault("BD-09", "BD-09（百度坐标）")}[
        finding.best
    ]
    before, after = f"{finding.median_m['wgs84']:,.0f}", f"{finding.median_m[finding.best]:,.0f}"
    said = Fault(
        f"the borders were perhaps drawn on a {name.en} map: corrected by it, their median distance to the "
        f"nearest road or water falls from {before} m to {after} m",
        f"边界可能是在 {name.zh} 底图上画的：按它纠正后，边界到最近道路、水系的距离中位数从 {before} 米降到 {after} 米",
    )
    return CrsSign(said, False)


def _along(edges: Shapes, count: int) -> Shapes:
    lengths = shapely.length(edges)
    ends = np.cumsum(lengths)
    at = (np.arange(count) + 0.5) / count * ends[-1]
    which = np.minimum(np.searchsorted(ends, at), len(edges) - 1)
    points: Shapes = shapely.line_interpolate_point(edges[which], at - (ends[which] - lengths[which]))
    return points


def stated_or_signs(frame: gpd.GeoDataFrame, *, name: str) -> int:
    """Return the EPSG code a frame states, if its numbers can be in it.

    Raises
    ------
    CrsError
        If there is no CRS, or the numbers cannot be coordinates of it; the message says what they
        look like.
    """
    bounds = frame.total_bounds
    if frame.crs is None:
        guess = crs_signs(bounds, None)
        said = guess[0].said if guess else Fault("no CRS is set", "没有坐标系")
        raise CrsError(
            f"{name}: {said.en}; state it (--crs 4547)", zh=f"{name}：{said.zh}；请用 --crs 写明（如 4547）"
        )
    epsg = epsg_of(frame.crs)
    fatal = [sign.said for sign in crs_signs(bounds, epsg) if sign.fatal]
    if fatal:
        said = listed(fatal)
        raise CrsError(f"{name}: {said.en}", zh=f"{name}：{said.zh}")
    return epsg
