"""An uploaded file to what it holds of roads and places, in the form in which it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from geodata.crs import epsg_of, is_projected, reproject
from geodata.datums import to_wgs84
from geodata.errors import CrsError
from geodata.gazetteer.exchange import Layer, drawn_of
from geodata.gazetteer.plain import from_plain, to_plain
from geodata.gazetteer.posts import chainage_m
from geodata.gazetteer.tables import PlaceTable, PostTable
from geodata.vector.model import REFUSALS
from service.confined.reading import read_confined, sha256_of
from service.errors import Refused
from service.roads.child import OSM
from service.words import tr

if TYPE_CHECKING:
    from geodata.gazetteer.plain import Read
    from service.intake.model import SourceTable

SourceKind = Literal["osm", "lines", "places", "posts"]
_TABLES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".docx", ".et")
_GEOGRAPHIC = 4326
_REASONS = {
    "not_osm": ("不是 OpenStreetMap 数据（.osm、.osm.gz、.osm.pbf）", "it is no OpenStreetMap extract (.osm, .osm.gz, .osm.pbf)"),
    "not_a_geopackage": ("GeoPackage 损坏；请重新导出", "the GeoPackage is broken; export it again"),
    "not_a_table": ("图层不是普通的表；请重新导出", "a layer is no plain table; export it again"),
    "too_large": ("内容超过上限；请只留本街道的部分", "it exceeds the limits; keep the part around the district only"),
    "no_shapes": ("里面没有线，也没有点", "it holds neither lines nor points"),
    "not_shapefile": ("Shapefile 损坏；请重新导出", "the Shapefile is broken; export it again"),
}  # fmt: skip
_COLUMNS = {
    "name": ("名称", "地名", "场所名称", "单位名称", "店名", "name", "名字", "点位名称", "标准名称"),
    "address": ("地址", "位置", "详细地址", "所在位置", "address", "地点", "门牌地址"),
    "type": ("类别", "类型", "type", "class", "行业", "分类"),
    "district": ("区", "区县", "街道", "社区", "district", "所属区域"),
    "line": ("线路", "线路名称", "路线", "line", "铁路", "河渠", "道路", "路名"),
    "chainage": ("里程", "桩号", "里程桩号", "公里桩", "chainage", "chainage_m", "百米桩"),
}
_LON = ("经度", "lon", "lng", "longitude", "x", "东经", "坐标x")
_LAT = ("纬度", "lat", "latitude", "y", "北纬", "坐标y")
_OWN_DATUM = ("wgs84", "gcj02", "bd09", "cgcs2000")


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A file read: `plain` is its content as kept, `counts` what is in it and what was left out."""

    kind: SourceKind
    plain: dict[str, Any]
    counts: dict[str, Any]
    sha256: str
    datum: str | None
    crs: int | None


def read_source(
    path: Path, *, name: str, crs: int, datum: str | None = None, stated_crs: int | None = None
) -> SourceRead:
    """Return what a file holds.

    Parameters
    ----------
    path
        Its ending must be that of `name`.
    crs
        EPSG code of the office's CRS.
    datum
        Of longitudes and latitudes: wgs84, gcj02, bd09, cgcs2000; None when nobody said.
    stated_crs
        EPSG code of a file that states none (a DXF never does).

    Raises
    ------
    UnreadableError
        If it is of no known format or broken.
    Refused
        If something has to be stated (`fields` says what), or it holds nothing of use.
    """
    if path.name.lower().endswith(_TABLES):
        return _table(path, name=name, datum=datum)
    answer = read_confined("service.roads.child", path, name=name, reasons={**REFUSALS, **_REASONS})
    if "osm" in answer:
        counts = counts_of(from_plain(answer["osm"]))
        return _checked(SourceRead("osm", answer["osm"], counts, sha256_of(path), None, None))
    layers = [
        _layer(layer, crs=crs, datum=datum or "wgs84", stated_crs=stated_crs) for layer in answer["layers"]
    ]
    drawn = drawn_of(layers)
    counts = counts_of(drawn)
    kind: SourceKind = "lines" if counts["lines"] else "posts" if counts["posts"] else "places"
    found = SourceRead(kind, to_plain(drawn), counts, sha256_of(path), datum, stated_crs)
    return _checked(found)


def is_osm(name: str) -> bool:
    """Return whether a file is named as an OpenStreetMap extract."""
    return name.lower().endswith(OSM)


def counts_of(read: Read) -> dict[str, Any]:
    """Return how much a source holds, and what was left out of it."""
    from geodata.gazetteer.lines import DrawnLines
    from geodata.gazetteer.osm_rows import OsmExtract

    found = {"lines": 0, "places": 0, "posts": 0, "numbers": 0, "basemap": 0}
    if isinstance(read, OsmExtract):
        found |= {
            "lines": len(read.ways), "places": len(read.places), "posts": len(read.posts),
            "numbers": len(read.numbers) + len(read.interpolated), "basemap": len(read.basemap),
        }  # fmt: skip
        names = [way.name for way in read.ways]
    elif isinstance(read, DrawnLines):
        found |= {
            "lines": len(read.pieces), "places": len(read.places), "posts": len(read.posts),
            "numbers": len(read.numbers), "basemap": len(read.basemap) - len(read.pieces),
        }  # fmt: skip
        names = [piece.name for piece in read.pieces] or [row[0] for row in read.places or read.posts]
    elif isinstance(read, PlaceTable):
        found["places"], names = len(read.name), read.name
    else:
        found["posts"], names = len(read.line), read.line
    distinct = [name for name in dict.fromkeys(names) if name]
    unnamed = sum(not name for name in names)
    dropped = dict(read.dropped) | ({"没有名称的线（只作底图）": unnamed} if unnamed else {})
    return {**found, "names": distinct[:40], "named": len(distinct), "dropped": dropped}


def _checked(found: SourceRead) -> SourceRead:
    if not any(found.counts[what] for what in ("lines", "places", "posts", "numbers", "basemap")):
        dropped = "；".join(f"{reason} {count}" for reason, count in found.counts["dropped"].items())
        raise Refused(
            tr(
                f"文件里没有可用的道路、地名或里程桩{'（' + dropped + '）' if dropped else ''}",
                f"the file holds no road, place or post that could be used {dropped}".strip(),
            )
        )
    return found


def _layer(raw: dict[str, Any], *, crs: int, datum: str, stated_crs: int | None) -> Layer:
    source = _source_crs(raw, stated_crs)
    shapes = np.empty(len(raw["wkb"]), dtype=object)
    shapes[:] = [None if text is None else shapely.from_wkb(text) for text in raw["wkb"]]
    if not is_projected(source):
        degrees = shapely.get_coordinates(shapes)
        if len(degrees) and not (np.abs(degrees) <= [180, 90]).all():
            raise Refused(
                tr("坐标不是经纬度，请写明坐标系（EPSG 代码）", "these are no degrees; state the EPSG code"),
                fields=[("body.crs", tr("请写明", "state it"))],
            )
        if datum not in ("wgs84", "cgcs2000"):
            shapes = np.asarray(shapely.transform(shapes, lambda xy: to_wgs84(xy, datum)), dtype=object)
    moved = reproject(shapes, source, crs)
    kept = shapely.get_coordinates(moved)
    if len(kept) and not np.isfinite(kept).all():
        raise Refused(
            tr(
                "坐标不在这个坐标系的范围内；请核对坐标系和 X、Y 的次序",
                "coordinates lie outside the CRS; check it and the order of the axes",
            ),
            fields=[("body.crs", tr("请核对", "check it"))],
        )
    return Layer(raw["name"], raw["columns"], list(moved))


def _source_crs(raw: dict[str, Any], stated_crs: int | None) -> int:
    srs = raw["srs"]
    if srs["organization"] == "EPSG" and srs["code"] > 0:
        return epsg_of(f"EPSG:{srs['code']}")
    if stated_crs is not None:
        return epsg_of(f"EPSG:{stated_crs}")
    try:
        if srs["definition"] and srs["definition"] != "undefined":
            return epsg_of(srs["definition"])
    except CrsError:
        pass
    raise Refused(
        tr(
            f"图层“{raw['name']}”没有写明坐标系（DXF 从不写）：请选坐标系（EPSG 代码），如 4547",
            f"the layer {raw['name']} states no CRS (a DXF never does): give its EPSG code, such as 4547",
        ),
        fields=[("body.crs", tr("请写明", "state it"))],
    )


def _table(path: Path, *, name: str, datum: str | None) -> SourceRead:
    from service.intake.readers import read_table

    table = read_table(path, name=name)
    column = {role: _column(table.header, words) for role, words in _COLUMNS.items()}
    lonlat_columns, own = _coordinates(table.header)
    if own is None and datum is None:
        raise Refused(
            tr(
                "表里的经纬度是哪种坐标？手机地图（高德、腾讯）是 gcj02，百度是 bd09，GPS、国家坐标是 wgs84",
                "of which datum are the coordinates? gcj02, bd09 or wgs84",
            ),
            fields=[("body.datum", tr("请写明", "state it"))],
        )
    rows = [dict(row.cells) for row in table.rows if (row.sheet, row.line) not in _refused(table)]
    xy = np.array(
        [[_degrees(row.get(key, "")) for key in lonlat_columns] for row in rows], dtype=float
    ).reshape(-1, 2)
    fine = np.isfinite(xy).all(axis=1) & (np.abs(np.nan_to_num(xy, nan=1e9)) <= [180, 90]).all(axis=1)
    dropped = {"坐标为空或不是经纬度": int((~fine).sum())} if not fine.all() else {}
    rows = [row for row, good in zip(rows, fine.tolist(), strict=True) if good]
    lonlat = to_wgs84(xy[fine], own or datum or "wgs84")

    def cells(role: str) -> list[str]:
        key = column[role]
        return [row.get(key, "").strip() if key else "" for row in rows]

    read: PlaceTable | PostTable
    kind: SourceKind
    if column["chainage"] and column["line"]:
        kind, read = "posts", _posts(cells("line"), cells("chainage"), lonlat, dropped)
    elif column["name"] or column["address"]:
        kind = "places"
        read = PlaceTable(cells("name"), cells("type"), cells("address"), cells("district"), lonlat, dropped)
    else:
        header = "、".join(table.header[:20])
        raise Refused(
            tr(
                f"表里没有名称、地址或里程桩号的列；表头是：{header}",
                f"no column of names, addresses or chainages; the header is: {header}",
            )
        )
    return _checked(SourceRead(kind, to_plain(read), counts_of(read), sha256_of(path), own or datum, None))


def _posts(lines: list[str], written: list[str], lonlat: Any, dropped: dict[str, int]) -> PostTable:
    metres = [chainage_m(text) if "+" in text or not _plain_metres(text) else float(text) for text in written]
    known = np.array([value is not None for value in metres], dtype=bool)
    if not known.all():
        dropped = {**dropped, "里程桩没有可读的里程": int((~known).sum())}
    kept = [(line, value) for line, value in zip(lines, metres, strict=True) if value is not None]
    return PostTable([line for line, _ in kept], [value for _, value in kept], lonlat[known], dropped)


def _plain_metres(text: str) -> bool:
    """Return whether a figure alone is metres: kilometres are written with a point or up to four digits."""
    return text.replace(".", "", 1).isdigit() and float(text) >= 10_000


def _refused(table: SourceTable) -> set[tuple[str, int]]:
    return {(issue.sheet, issue.line) for issue in table.issues if issue.refused}


def _column(header: tuple[str, ...], words: tuple[str, ...]) -> str | None:
    lower = {name.strip().lower(): name for name in header}
    exact = next((lower[word] for word in words if word in lower), None)
    return exact or next((name for name in header for word in words[:3] if word in name), None)


def _coordinates(header: tuple[str, ...]) -> tuple[tuple[str, str], str | None]:
    lower = {name.strip().lower(): name for name in header}
    for datum in _OWN_DATUM:
        if f"{datum}_lon" in lower and f"{datum}_lat" in lower:
            return (lower[f"{datum}_lon"], lower[f"{datum}_lat"]), datum
    lon, lat = _column(header, _LON), _column(header, _LAT)
    if lon is None or lat is None:
        shown = "、".join(header[:20])
        raise Refused(
            tr(
                f"表里没有经度、纬度两列；表头是：{shown}",
                f"no columns of longitude and latitude; the header is: {shown}",
            )
        )
    return (lon, lat), None


def _degrees(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
