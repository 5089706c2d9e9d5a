"""Any vector file by its first bytes: the name's ending is a claim, the content decides."""

from __future__ import annotations

from pathlib import PurePosixPath

from geodata.vector.archive import members_of
from geodata.vector.dxf import read_dxf
from geodata.vector.geojson import read_geojson
from geodata.vector.kml import read_kml
from geodata.vector.model import FormatError, PlainLayer
from geodata.vector.shapefile import MAGIC, read_shapefile

ZIP = b"PK\x03\x04"
_READ = (".shp", ".dbf", ".prj", ".kml", ".geojson", ".json", ".dxf")


def read_plain(
    content: bytes, *, name: str, levels: frozenset[str] = frozenset(), every: bool = False
) -> list[PlainLayer]:
    """Return the layers of a KML, KMZ, DXF, GeoJSON, or zip archive of these and of Shapefiles.

    Parameters
    ----------
    name
        The file's name without its ending.
    levels
        Names (lower case) of folders and drawing layers that are layers of their own.
    every
        Read lines and points as well; else only what encloses land.

    Raises
    ------
    FormatError
        If it is none of these, or unsafe, or larger than the limits.
    """
    if content.startswith(ZIP):
        return _archive(content, name=name, levels=levels, every=every)
    if content.startswith(MAGIC):
        raise FormatError("bare_shapefile")
    head = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return read_kml(content.removeprefix(b"\xef\xbb\xbf").lstrip(), name=name, levels=levels, every=every)
    if head.startswith(b"{"):
        return read_geojson(content, name=name, every=every)
    if head.startswith((b"0\n", b"0\r", b"999\n", b"999\r", b"AutoCAD Binary DXF")):
        return read_dxf(content, name=name, levels=levels, every=every)
    raise FormatError("unknown_format")


def _archive(content: bytes, *, name: str, levels: frozenset[str], every: bool) -> list[PlainLayer]:
    members = members_of(content, endings=_READ)
    layers: list[PlainLayer] = []
    documents = sorted(
        (path for path in members if path.lower().endswith(".kml")), key=lambda path: path.count("/")
    )
    for path, data in members.items():
        stem, ending = PurePosixPath(path).stem, path.lower().rpartition(".")[2]
        if ending == "shp":
            layers += _shapefile(path, members, every=every)
        # Of a KMZ only the first document counts; the others are what it links to.
        elif ending == "kml" and path == documents[0]:
            document = data.removeprefix(b"\xef\xbb\xbf").lstrip()
            layers += read_kml(document, name=name, levels=levels, every=every)
        elif ending in ("geojson", "json"):
            layers += read_geojson(data, name=stem, every=every)
        elif ending == "dxf":
            layers += read_dxf(data, name=stem, levels=levels, every=every)
    if not layers:
        raise FormatError("empty_archive")
    return layers


def _shapefile(path: str, members: dict[str, bytes], *, every: bool) -> list[PlainLayer]:
    beside = {other.lower(): data for other, data in members.items()}
    stem = path[:-4].lower()
    if stem + ".dbf" not in beside:
        raise FormatError("missing_part", PurePosixPath(path).name)
    prj = beside.get(stem + ".prj", b"")
    return read_shapefile(
        members[path], beside[stem + ".dbf"], name=PurePosixPath(path).stem, prj=prj, every=every
    )
