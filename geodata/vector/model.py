"""What a vector file holds, before anybody judges it, and why one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from geodata.errors import FrameError

# Bounds on what a file may hold; more is no border file of an office.
MAX_FEATURES = 20_000
MAX_VERTICES = 3_000_000
MAX_TEXT = 1_000

REFUSALS: Mapping[str, tuple[str, str]] = {
    "unknown_format": ("认不出格式；接受 GeoPackage、GeoJSON、KML、KMZ、DXF，以及压成 zip 的 Shapefile", "of no known format; GeoPackage, GeoJSON, KML, KMZ, DXF and zipped Shapefiles are accepted"),
    "bare_shapefile": ("单独的 .shp 不够：把同名的 .shp、.shx、.dbf、.prj 压成一个 zip 再上传", "a lone .shp is not enough: zip the .shp, .shx, .dbf and .prj of one name"),
    "not_kml": ("不是 KML（接受 GeoPackage、GeoJSON、KML、KMZ、DXF、zip 里的 Shapefile）：在奥维等软件里重新导出", "it is no KML; export it again as KML"),
    "doctype": ("XML 里有 DOCTYPE 或实体声明，不读：重新导出", "its XML has a DOCTYPE or entities; export it again"),
    "network_link": ("只有指向别处的链接（NetworkLink），没有图形：在原软件里打开后，把图形本身另存为 KML", "it links to another place (NetworkLink): open it there and save the shapes themselves"),
    "no_polygons": ("没有闭合的面：社区要画成面，或首尾相接的线", "it has no closed shape: draw zones as polygons or as lines whose ends meet"),
    "no_shapes": ("里面没有线，也没有点", "it holds neither lines nor points"),
    "binary_dxf": ("是二进制 DXF：另存为 ASCII（文本）DXF", "it is a binary DXF; save it as ASCII DXF"),
    "not_dxf": ("DXF 结构不完整：在 CAD 里另存为 R12–2018 的 ASCII DXF", "its DXF structure is broken; save it again as ASCII DXF"),
    "not_geojson": ("不是 GeoJSON 要素集（FeatureCollection）", "it is no GeoJSON FeatureCollection"),
    "not_shapefile": ("Shapefile 损坏，或不是面：用 QGIS、ArcGIS 重新导出面图层", "the Shapefile is broken or holds no polygons; export the polygon layer again"),
    "missing_part": ("Shapefile 缺少同名的 .dbf：把 .shp、.shx、.dbf、.prj 一起压缩", "the Shapefile lacks its .dbf: zip .shp, .shx, .dbf and .prj together"),
    "empty_archive": ("压缩包里没有能读的边界文件", "the archive holds no border file"),
    "bad_archive": ("压缩包损坏或加了密码：重新压缩成普通 zip", "the archive is broken or encrypted; zip it again"),
    "unsafe_archive": ("压缩包里有带 .. 或绝对路径的文件名，不读：重新压缩", "a name in the archive leaves its folder; zip it again"),
    "bad_geometry": ("有读不懂的图形", "a geometry cannot be read"),
    "too_large": ("内容超过上限：只导出边界图层", "it exceeds the limits; export the border layer only"),
}  # fmt: skip


class FormatError(FrameError):
    """A file that is not read; `code` is one of `REFUSALS`, the message says what to do."""

    def __init__(self, code: str, detail: str = "") -> None:
        zh, en = REFUSALS[code]
        super().__init__(f"{en} ({detail})" if detail else en, zh=f"{zh}（{detail}）" if detail else zh)
        self.code, self.detail = code, detail


@dataclass(slots=True)
class PlainLayer:
    """One layer: columns of equal length, polygons (None for none), and what is said of the CRS.

    `crs` is an EPSG code or a definition in WKT; None where the file does not say it.
    """

    name: str
    columns: dict[str, list[Any]] = field(default_factory=dict)
    shapes: list[BaseGeometry | None] = field(default_factory=list)
    crs: int | str | None = None

    def add(self, shape: BaseGeometry | None, values: Mapping[str, Any]) -> None:
        """Append a feature; columns that others lack are filled with None."""
        if len(self.shapes) >= MAX_FEATURES:
            raise FormatError("too_large", f"> {MAX_FEATURES}")
        for name in values:
            if name not in self.columns:
                if len(self.columns) >= 500:
                    raise FormatError("too_large", "> 500 列")
                self.columns[name] = [None] * len(self.shapes)
        for name, column in self.columns.items():
            column.append(values.get(name))
        self.shapes.append(shape)


def clean(text: str) -> str:
    """Return a text without what neither PostgreSQL nor XML can hold, at most `MAX_TEXT` characters."""
    kept = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return kept.strip()[:MAX_TEXT]
