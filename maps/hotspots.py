"""The hot-spot layer: what is significant is filled, what may be chance is only outlined, and the legend says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from branca.element import Element

from geodata.crs import WGS84, epsg_of, reproject
from geodata.zones import ZoneTree
from maps import assets
from maps.base import OfflineMap, RawText
from maps.safe import json_block
from maps.spot_codes import spot_codes
from maps.style import HOTSPOT_GROUND, HOTSPOT_STYLE, ZONE_STYLE, Lang, Words

_ID = "qingtu-hotspots"
_SHOWN = {
    "cluster": Words("第几处", "Cluster"),
    "name": Words("名称", "Name"), "code": Words("编码", "Code"), "count": Words("件数", "Count"),
    "observed": Words("件数", "Count"), "around": Words("连同四周", "With neighbours"), "expected": Words("预期", "Expected"),
    "ratio": Words("实际/预期", "Ratio"), "exposure": Words("基数", "Exposure"), "smoothed": Words("平滑比率", "Smoothed rate"),
    "low": Words("下限", "Low"), "high": Words("上限", "High"), "rank": Words("名次", "Rank"),
    "relapses": Words("反弹", "Relapses"), "closings": Words("已结案并观察期满", "Closings followed"),
    "hot_weeks": Words("成为热点的周数", "Hot weeks"), "first_hot": Words("首个热点周", "First hot week"),
    "last_hot": Words("最后热点周", "Last hot week"), "since": Words("从", "Since"), "until": Words("到", "Until"),
    "radius_m": Words("半径（米）", "Radius (m)"), "q": Words("校正后 p", "Adjusted p"), "p": Words("p", "p"),
}  # fmt: skip
_TITLES: Mapping[str, Words] = {
    "gi": Words("热点（Gi*）", "Hot spots (Gi*)"),
    "moran": Words("热点（局部莫兰）", "Hot spots (local Moran)"),
    "scan": Words("聚集（时空扫描）", "Clusters (space-time scan)"),
    "emerging": Words("热点演变（逐周）", "Hot spots over the weeks"),
    "rates": Words("按基数的比率", "Rates by exposure"),
    "relapse": Words("反弹", "Relapses"),
}
_NOTE = Words(
    "实心：在错误发现率 {fdr} 下显著。虚线框：看上去密，但这样的密度随机撒点也会出现，不要据此排名或批评。",
    "Filled: significant at a false discovery rate of {fdr}. Dashed: looks dense, but scattering at random does that too.",
)

_WEEKS_NOTE = Words(
    "每周连同此前几周检验（错误发现率 {fdr}），升降用 Mann-Kendall 检验；分类规则见说明文档。",
    "Each week is tested with those before it (false discovery rate {fdr}), trends by Mann-Kendall; rules are in the documentation.",
)


class HotSpotLayer(Element):
    """Hot spots with their legend, for an `OfflineMap` (or any folium map).

    Parameters
    ----------
    frame
        Polygons with a CRS and a column `verdict` (or `pattern`) of the codes in `HOTSPOT_STYLE`; numbers
        in columns of known names are shown when a shape is touched. Units without a finding are not drawn.
    title, note
        Of the legend.
    lang
        Of its words.

    Raises
    ------
    CrsError
        If the frame has no CRS.
    ValueError
        If it has neither column, or an unknown code.
    """

    _name = "HotSpotLayer"

    def __init__(self, frame: gpd.GeoDataFrame, *, title: str, note: str = "", lang: Lang = "zh") -> None:
        super().__init__()
        self.data = encode_hot_spots(frame, title=title, note=note, lang=lang)

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 - branca's signature
        """Put data, style and script into the figure that the map belongs to."""
        figure: Any = self.get_root()
        page: Any = self._parent
        figure.header.add_child(RawText(f"<style>{assets.hotspots_style()}</style>"), name="hotspots_style")
        figure.html.add_child(RawText(json_block(self.data, element_id=_ID)), name="hotspots_data")
        script = f"{assets.hotspots_script()}\nQingtuHotSpots.draw({page.get_name()}, '{_ID}');"
        figure.script.add_child(RawText(script), name="hotspots_script")
        return ""


def encode_hot_spots(frame: gpd.GeoDataFrame, *, title: str, note: str, lang: Lang) -> dict[str, Any]:
    """Return what the layer's script draws: units, one outline per class, legend. EPSG:4326."""
    crs = epsg_of(frame.crs)
    codes = spot_codes(frame)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    present = [code for code in HOTSPOT_STYLE if (codes == code).any()]
    drawn = [code for code in present if code not in HOTSPOT_GROUND]
    outlines = [
        {"code": code, "shape": _geojson(shapely.union_all(shapes[codes == code], grid_size=0.001), crs)}
        for code in drawn
    ]
    shown = [name for name in _SHOWN if name in frame]
    units = [
        {"code": code, "shape": _geojson(shape, crs), "facts": [[_SHOWN[name].in_language(lang), _fact(row[name])] for name in shown]}
        for code, shape, row in zip(codes, shapes, frame.drop(columns=frame.geometry.name).to_dict("records"), strict=True)
        if code in drawn
    ]  # fmt: skip
    legend = [
        {"code": code, "words": HOTSPOT_STYLE[code][2].in_language(lang), "count": int((codes == code).sum())}
        for code in present
    ]
    style = {
        code: {"colour": colour, "outline": outline} for code, (colour, outline, _) in HOTSPOT_STYLE.items()
    }
    return {
        "title": title, "note": note, "units": units, "outlines": outlines, "legend": legend, "style": style,
        "bounds": _bounds(shapes, crs),
    }  # fmt: skip


def hot_spot_map(
    frame: gpd.GeoDataFrame,
    *,
    zones: ZoneTree | None = None,
    method: str = "gi",
    fdr: float = 0.05,
    lang: Lang = "zh",
) -> OfflineMap:
    """Return hot spots with the borders as a page that needs no network.

    Parameters
    ----------
    frame
        As `HotSpotLayer`.
    zones
        Borders to draw under them, any CRS.
    method
        Of `qingtu hotspots`: names the page.

    Examples
    --------
    >>> cells = gpd.GeoDataFrame({"verdict": ["hot"]}, geometry=[shapely.box(0, 0, 100, 100)], crs=4547)
    >>> hot_spot_map(cells).get_name()
    'map_hotspots'
    """
    title = _TITLES[method].in_language(lang)
    note = (_WEEKS_NOTE if method == "emerging" else _NOTE).in_language(lang).format(fdr=f"{fdr:g}")
    page = OfflineMap(title=title, prefer_canvas=False, min_zoom=3, max_zoom=19, zoom_snap=0.25)
    page._id = "hotspots"
    layer = HotSpotLayer(frame, title=title, note=note, lang=lang)
    if zones is not None:
        layer.data["borders"] = _borders(zones)
        layer.data["bounds"] = _bounds(zones.community.geometry.to_numpy(), zones.crs)
    page.add_child(layer, name="hotspots")
    return page


def _borders(zones: ZoneTree) -> list[dict[str, Any]]:
    found = []
    for level, frame in zones.layers().items():
        colour, width = ZONE_STYLE[level]
        for row in frame.to_dict("records"):
            simple = shapely.simplify(row["geometry"], 0.5)
            label = str(row["name"]) if level == "community" else ""
            found.append(
                {
                    "shape": _geojson(simple, zones.crs),
                    "colour": colour,
                    "width": width,
                    "name": label,
                    "level": level,
                }
            )
    return found


def _geojson(shape: Any, crs: int) -> dict[str, Any]:
    there = shapely.set_precision(reproject(shape, crs, WGS84), 0)
    coordinates = shapely.transform(there, lambda at: np.round(at, 6))
    mapped: dict[str, Any] = shapely.geometry.mapping(coordinates)
    return mapped


def _bounds(shapes: Any, crs: int) -> list[float] | None:
    if not len(shapes):
        return None
    box = shapely.total_bounds(reproject(np.asarray(shapes), crs, WGS84))
    return [round(float(value), 6) for value in box]


def _fact(value: Any) -> Any:
    """A number as it is read: three digits, whole above a thousand."""
    if isinstance(value, float | np.floating):
        number = float(value)
        if not np.isfinite(number):
            return None
        return float(f"{number:.3g}") if abs(number) < 1000 else round(number)
    return int(value) if isinstance(value, np.integer) else value
