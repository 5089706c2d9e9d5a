"""Border files as offices send them, and as attackers would: written by hand, byte by byte.

    PYTHONPATH=. .venv/bin/python tests/geodata/vector/border_files.py FOLDER    writes them all

Every sound file holds the same two zones, 甲社区 (code 410105999001, with a hole) and 乙社区 (002): strips of
1,000 m east of (474000, 3849000) in EPSG:4547.
"""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

from geodata.crs import reproject_xy
from geodata.datums import from_wgs84

X, Y = 474_000.0, 3_849_000.0
CODES, NAMES = ("410105999001", "410105999002"), ("甲社区", "乙社区")
PRJ_4547 = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def square(x: float, y: float, side: float) -> np.ndarray:
    """Return a closed counterclockwise square."""
    return np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])


def rings() -> list[list[np.ndarray]]:
    """Return the rings of both zones, shell first; the hole is 200 m wide."""
    return [[square(X, Y, 1000), square(X + 400, Y + 400, 200)], [square(X + 1000, Y, 1000)]]


def degrees(xy: np.ndarray, datum: str = "wgs84") -> np.ndarray:
    """Return metres as longitude and latitude of a datum."""
    return from_wgs84(reproject_xy(xy, 4547, 4326), datum)


def _coordinates(xy: np.ndarray) -> str:
    return " ".join(f"{lon:.9f},{lat:.9f},0" for lon, lat in xy)


def kml(*, datum: str = "wgs84", lines: bool = False, folders: tuple[str, str] = ("边界", "边界")) -> bytes:
    """Return a KML as 奥维 exports it; `lines` draws zones as closed LineStrings, without the hole."""
    marks = []
    for folder, name, code, own in zip(folders, NAMES, CODES, rings(), strict=True):
        shell, *holes = (degrees(ring, datum) for ring in own)
        if lines:
            shape = f"<LineString><coordinates>{_coordinates(shell)}</coordinates></LineString>"
        else:
            inner = "".join(
                f"<innerBoundaryIs><LinearRing><coordinates>{_coordinates(hole)}</coordinates></LinearRing></innerBoundaryIs>"
                for hole in holes
            )
            shape = (
                f"<Polygon><outerBoundaryIs><LinearRing><coordinates>\n{_coordinates(shell)}\n</coordinates></LinearRing>"
                f"</outerBoundaryIs>{inner}</Polygon>"
            )
        marks.append(
            f"<Folder><name>{folder}</name><Placemark><name>{name}</name><ExtendedData>"
            f'<Data name="代码"><value>{code}</value></Data></ExtendedData>{shape}</Placemark>'
            f"<Placemark><name>标注</name><Point><coordinates>113.7,34.7</coordinates></Point></Placemark></Folder>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>奥维</name>{''.join(marks)}</Document></kml>"
    ).encode()


def zipped(members: dict[str, bytes], *, gbk_names: bool = False) -> bytes:
    """Return a zip archive; `gbk_names` writes names as Windows in China does, without the UTF-8 flag."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    if not gbk_names:
        return buffer.getvalue()
    content = buffer.getvalue()
    for name in members:
        raw, old = name.encode("gbk"), name.encode()
        assert len(raw) <= len(old)
        # Bytes of another length would move every offset: the name is padded before its ending.
        content = content.replace(old, raw[:-4].ljust(len(old) - 4, b"_") + raw[-4:])
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            high = content[at + flag + 1] & ~0x08  # bit 11: names are UTF-8
            content = content[: at + flag + 1] + bytes([high]) + content[at + flag + 2 :]
            at = content.find(mark, at + 4)
    return content


def kmz() -> bytes:
    """Return a KMZ with its document and a picture."""
    return zipped({"doc.kml": kml(), "files/icon.png": b"\x89PNG"})


def shp() -> bytes:
    """Return the .shp of both zones: shells clockwise, holes counterclockwise, as the standard asks."""
    records = []
    for number, own in enumerate(rings(), start=1):
        ordered = [own[0][::-1], *own[1:]]
        points = np.vstack(ordered)
        starts = np.cumsum([0, *(len(ring) for ring in ordered[:-1])])
        box = [points[:, 0].min(), points[:, 1].min(), points[:, 0].max(), points[:, 1].max()]
        body = struct.pack("<i4dii", 5, *box, len(ordered), len(points))
        body += starts.astype("<i4").tobytes() + points.astype("<f8").tobytes()
        records.append(struct.pack(">ii", number, len(body) // 2) + body)
    data = b"".join(records)
    header = struct.pack(">i5ii", 9994, 0, 0, 0, 0, 0, (100 + len(data)) // 2)
    header += struct.pack("<ii8d", 1000, 5, X, Y, X + 2000, Y + 1000, 0, 0, 0, 0)
    return header + data


def dbf(encoding: str = "gbk") -> bytes:
    """Return a .dbf with the columns 代码 (text), 名称 (text), 面积 (number) in an encoding."""
    fields = [("代码", "C", 12, 0), ("名称", "C", 20, 0), ("面积", "N", 12, 1)]
    width = 1 + sum(size for _, _, size, _ in fields)
    head = struct.pack("<B3BIHH20x", 3, 117, 11, 10, 2, 32 + 32 * len(fields) + 1, width)
    for name, kind, size, decimals in fields:
        head += (
            name.encode(encoding)[:10].ljust(11, b"\0")
            + kind.encode()
            + b"\0" * 4
            + bytes([size, decimals])
            + b"\0" * 14
        )
    body = b""
    for code, name, area in zip(CODES, NAMES, (960000.0, 1000000.0), strict=True):
        body += b" " + code.encode().ljust(12) + name.encode(encoding).ljust(20) + f"{area:12.1f}".encode()
    return head + b"\r" + body + b"\x1a"


def shapefile_zip(encoding: str = "gbk", *, prj: bool = True, folder: str = "数据/") -> bytes:
    """Return a zipped Shapefile with names and attributes in an encoding, without a .cpg."""
    members = {f"{folder}bj.shp": shp(), f"{folder}bj.dbf": dbf(encoding), f"{folder}bj.shx": b""}
    if prj:
        members[f"{folder}bj.prj"] = PRJ_4547.encode()
    return zipped(members)


def _pairs(*pairs: tuple[int, object]) -> str:
    return "".join(f"{code}\n{value}\n" for code, value in pairs)


def dxf(*, encoding: str = "gbk", layer: str = "边界", old: bool = False, is_closed: bool = True) -> bytes:
    """Return a DXF with two closed polylines and a name and a code inside each; `old` as R12 writes them."""
    parts = ["  0\nSECTION\n  2\nHEADER\n  9\n$DWGCODEPAGE\n  3\nANSI_936\n  0\nENDSEC\n".replace("  ", ""),
             _pairs((0, "SECTION"), (2, "ENTITIES"))]  # fmt: skip
    for name, code, own in zip(NAMES, CODES, rings(), strict=True):
        xy = own[0][:-1] if is_closed else own[0]
        if old:
            parts.append(_pairs((0, "POLYLINE"), (8, layer), (66, 1), (70, int(is_closed))))
            parts += [_pairs((0, "VERTEX"), (8, layer), (10, x), (20, y)) for x, y in xy]
            parts.append(_pairs((0, "SEQEND")))
        else:
            parts.append(_pairs((0, "LWPOLYLINE"), (8, layer), (90, len(xy)), (70, int(is_closed))))
            parts += [_pairs((10, x), (20, y)) for x, y in xy]
        x, y = own[0][0] + 50
        parts.append(_pairs((0, "TEXT"), (8, "注记"), (10, x), (20, y), (40, 10), (1, code)))
        parts.append(
            _pairs(
                (0, "MTEXT"), (8, "注记"), (10, x), (20, y + 40), (40, 10), (1, rf"{{\fSimSun|b0;{name}}}")
            )
        )
    parts.append(_pairs((0, "ENDSEC"), (0, "EOF")))
    return "".join(parts).encode(encoding)


def geojson(*, epsg: int | None = None) -> bytes:
    """Return a GeoJSON in degrees, or with the old member `crs` in metres."""
    import json

    def xy(ring: np.ndarray) -> list[list[float]]:
        return (degrees(ring) if epsg is None else ring).tolist()

    features = [
        {"type": "Feature", "properties": {"code": code, "name": name},
         "geometry": {"type": "Polygon", "coordinates": [xy(ring) for ring in own]}}
        for code, name, own in zip(CODES, NAMES, rings(), strict=True)
    ]  # fmt: skip
    document: dict[str, object] = {"type": "FeatureCollection", "features": features}
    if epsg is not None:
        document["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
    return json.dumps(document, ensure_ascii=False).encode()


SOUND = {
    "polygons.kml": kml, "closed-lines.kml": lambda: kml(lines=True), "export.kmz": kmz, "gbk.zip": shapefile_zip,
    "utf8.zip": lambda: shapefile_zip("utf-8", folder=""), "degrees.geojson": geojson,
    "metres.geojson": lambda: geojson(epsg=4547), "r2000.dxf": dxf, "r12.dxf": lambda: dxf(old=True),
    "utf8.dxf": lambda: dxf(encoding="utf-8", is_closed=False),
    "gbk-name.zip": lambda: zipped({"郑州.kml": kml()}, gbk_names=True),
}  # fmt: skip

_XXE = b"""<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<kml><Placemark><name>&x;</name></Placemark></kml>"""
_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "ha">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n + 1, b"&a%s;" % (str(n).encode() if n else b"") * 10) for n in range(9)
    )
    + b"]><kml><Placemark><name>&a9;</name></Placemark></kml>"
)
_VRT = b'<OGRVRTDataSource><OGRVRTLayer name="c"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
_LINK = b"<kml><NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink></kml>"


def _bomb(name: str, size: int, filler: bytes = b"0 ") -> bytes:
    return zipped({name: filler * (size // len(filler))})


# What must be refused, with the refusal's code.
HOSTILE = {
    "xxe.kml": (lambda: _XXE, "doctype"),
    "laughs.kml": (lambda: _LAUGHS, "doctype"),
    "vrt.kml": (lambda: _VRT, "not_kml"),
    "vrt-in.kmz": (lambda: zipped({"doc.kml": _VRT}), "not_kml"),
    "vrt-in.zip": (lambda: zipped({"a.shp": _VRT, "a.dbf": dbf()}), "not_shapefile"),
    "link.kmz": (lambda: zipped({"doc.kml": _LINK}), "network_link"),
    "bomb.kmz": (lambda: _bomb("doc.kml", 400 * 2**20), "too_large"),
    "bomb.zip": (lambda: zipped({"a.shp": shp(), "a.dbf": b"\0" * (300 * 2**20)}), "too_large"),
    "slip.zip": (lambda: zipped({"../../etc/cron.d/x.kml": kml()}), "unsafe_archive"),
    "slip-windows.zip": (lambda: zipped({"..\\..\\x.kml": kml()}), "unsafe_archive"),
    "absolute.zip": (lambda: zipped({"/etc/x.kml": kml()}), "unsafe_archive"),
    "many.zip": (lambda: zipped({f"{n}.kml": b"" for n in range(500)}), "too_large"),
    "broken.zip": (lambda: shapefile_zip()[:300], "bad_archive"),
    "lone.shp": (shp, "bare_shapefile"),
    "no-dbf.zip": (lambda: zipped({"a.shp": shp()}), "missing_part"),
    "cut.zip": (lambda: zipped({"a.shp": shp()[:200], "a.dbf": dbf()}), "not_shapefile"),
    "no-member.zip": (lambda: zipped({"readme.txt": b"x"}), "empty_archive"),
    "binary.dxf": (lambda: b"AutoCAD Binary DXF\r\n\x1a\x00\x00\x00SECTION", "binary_dxf"),
    "letters.dxf": (lambda: b"0\nSECTION\nx\ny\n", "not_dxf"),
    "no-rings.dxf": (lambda: _pairs((0, "SECTION"), (2, "ENTITIES"), (0, "ENDSEC")).encode(), "no_polygons"),
    "nan.dxf": (lambda: dxf().replace(b"474000.0", b"nan"), "bad_geometry"),
    "points.kml": (lambda: b"<kml><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></kml>", "no_polygons"),
    "words.kml": (lambda: b"<kml><Placemark><LineString><coordinates>a,b c,d</coordinates></LineString></Placemark></kml>", "bad_geometry"),
    "deep.kml": (lambda: b"<kml>" + b"<Folder>" * 200_000, "too_large"),
    "half.kml": (lambda: kml()[:700], "not_kml"),
    "deep.geojson": (lambda: b"{" + b'"a":[' * 200_000, "not_geojson"),
    "nan.geojson": (lambda: geojson().replace(b"113.", b"NaN,", 1), "not_geojson"),
    "stream.geojson": (lambda: b'{"type":"gdal_streamed_alg","command_line":"read /etc/passwd"}', "not_geojson"),
    "noise.bin": (lambda: bytes(range(256)) * 20, "unknown_format"),
    "empty.kml": (lambda: b"", "unknown_format"),
    "false-utf8.zip": (lambda: zipped({"郑州.kml": kml()}).replace("郑州".encode(), b"\xd6\xa3\xd6\xdd__"), "bad_archive"),
}  # fmt: skip


def main(folder: Path) -> None:
    """Write every file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SOUND.items():
        (folder / name).write_bytes(make())
    for name, (make, _) in HOSTILE.items():
        (folder / name).write_bytes(make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
