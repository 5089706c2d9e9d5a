"""GeoJSON: plain JSON, no driver that could be talked into anything."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import numpy as np
import shapely
import shapely.errors
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, shape
from shapely.geometry.base import BaseGeometry

from geodata.vector.model import MAX_VERTICES, FormatError, PlainLayer, clean
from geodata.vector.rings import checked, closed

_OPEN = ("Point", "MultiPoint", "LineString", "MultiLineString")


def read_geojson(content: bytes, *, name: str, every: bool = False) -> list[PlainLayer]:
    """Return the one layer of a FeatureCollection; its CRS is EPSG:4326 unless a member `crs` says another.

    Points and lines come as features without geometry, unless `every` is true.

    Raises
    ------
    FormatError
        If it is none.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError("not_geojson") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise FormatError("not_geojson")
    layer = PlainLayer(name, crs=_crs(document))
    left = MAX_VERTICES
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict):
            raise FormatError("not_geojson", f"第 {number} 个要素")
        found, used = _shape(feature.get("geometry"), number, every=every)
        left -= used
        if left < 0:
            raise FormatError("too_large", f"> {MAX_VERTICES}")
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise FormatError("not_geojson", f"第 {number} 个要素")
        layer.add(found, {clean(str(key)): _value(value) for key, value in properties.items()})
    return [layer]


def _crs(document: dict[str, Any]) -> int | str:
    stated = document.get("crs")
    if not stated:
        return 4326
    name = str(stated.get("properties", {}).get("name", "")) if isinstance(stated, dict) else ""
    code = name.rpartition(":")[2]
    if "EPSG" in name.upper() and code.isascii() and code.isdigit() and len(code) < 7:
        return int(code)
    return 4326 if name.endswith("CRS84") else clean(name)


def _shape(geometry: Any, number: int, *, every: bool) -> tuple[BaseGeometry | None, int]:
    if every and isinstance(geometry, dict) and geometry.get("type") in _OPEN:
        try:
            whole = shapely.force_2d(shape(geometry))
            used = len(checked(shapely.get_coordinates(whole)))
        except (TypeError, ValueError, IndexError, KeyError, shapely.errors.ShapelyError) as error:
            raise FormatError("bad_geometry", f"第 {number} 个要素") from error
        return whole, used
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None, 0
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts = [parts]
    try:
        rings = [[_ring(ring) for ring in part] for part in parts]  # type: ignore[union-attr]
    except (TypeError, ValueError, IndexError) as error:
        raise FormatError("bad_geometry", f"第 {number} 个要素") from error
    used = sum(len(ring) for part in rings for ring in part)
    polygons = [(part[0], part[1:]) for part in rings if part]
    whole = MultiPolygon(polygons)
    return (whole.geoms[0] if len(whole.geoms) == 1 else whole), used


def _ring(ring: Any) -> NDArray[np.float64]:
    xy = checked(np.array([point[:2] for point in ring], dtype=float).reshape(-1, 2))
    whole = closed(xy, within=np.inf)
    if whole is None:
        raise ValueError("ring")
    return whole


def _value(value: Any) -> Any:
    if isinstance(value, dict | list):
        return clean(json.dumps(value, ensure_ascii=False))
    return clean(value) if isinstance(value, str) else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
