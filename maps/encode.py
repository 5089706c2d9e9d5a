"""Columns and shapes as compact JSON-able data for a page.

A page holds thousands of rows: values go column by column, repeated ones through a dictionary, and
coordinates as whole millionths of a degree (0.11 m), each as the step from the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

MICRODEGREES = 1_000_000


def encode_column(values: Sequence[Any]) -> dict[str, Any] | None:
    """Return a column as `{"all": v}`, `{"of": [...], "at": [...]}` or `{"list": [...]}`; None if blank.

    Examples
    --------
    >>> encode_column(["二七区", "二七区"])
    {'all': '二七区'}
    >>> encode_column([1.5, 2.5])
    {'list': [1.5, 2.5]}
    """
    if not len(values) or all(value in (None, "") for value in values):
        return None
    distinct: dict[Any, int] = {}
    for value in values:
        distinct.setdefault(value, len(distinct))
    if len(distinct) == 1:
        return {"all": values[0]}
    if len(distinct) * 3 < len(values):
        return {"of": list(distinct), "at": [distinct[value] for value in values]}
    return {"list": list(values)}


def encode_path(coordinates: NDArray[np.float64]) -> list[int]:
    """Return a path as `[x, y, dx, dy, …]` in microdegrees.

    Parameters
    ----------
    coordinates
        EPSG:4326, lon first, shape (n, 2). Steps of zero are left out.

    Examples
    --------
    >>> encode_path(np.array([[113.5, 34.7], [113.500001, 34.7], [113.500001, 34.7]]))
    [113500000, 34700000, 1, 0]
    """
    whole = np.round(np.asarray(coordinates, dtype=float)[:, :2] * MICRODEGREES).astype(np.int64)
    steps = np.diff(whole, axis=0)
    steps = steps[(steps != 0).any(axis=1)]
    return [*whole[0].tolist(), *steps.ravel().tolist()]


def encode_shape(geometry: BaseGeometry) -> dict[str, Any] | None:
    """Return a line or polygon (EPSG:4326) as `{"line": paths}` or `{"area": [rings, …]}`; points give None.

    In an area each polygon is a list of rings, the outer one first. A collection gives its polygons
    if it has any, else its lines.
    """
    parts = [part for part in shapely.get_parts(_flat(geometry)) if not part.is_empty]
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    if polygons:
        return {"area": [_rings(polygon) for polygon in polygons]}
    lines = [part for part in parts if part.geom_type in ("LineString", "LinearRing")]
    return {"line": [encode_path(shapely.get_coordinates(line)) for line in lines]} if lines else None


def _flat(geometry: BaseGeometry) -> BaseGeometry:
    """Collections inside collections become one level."""
    if geometry.geom_type != "GeometryCollection":
        return geometry
    inner: list[BaseGeometry] = []
    for part in shapely.get_parts(geometry):
        inner.extend(shapely.get_parts(part))
    return shapely.GeometryCollection(inner)


def _rings(polygon: BaseGeometry) -> list[list[int]]:
    return [encode_path(shapely.get_coordinates(ring)) for ring in shapely.get_rings(polygon)]


def anchor_point(geometry: BaseGeometry) -> tuple[float, float]:
    """Return where a geometry's symbol stands, in its own coordinates.

    A point itself, the first of several points, the midpoint of the longest line, a point inside the
    largest polygon.

    Examples
    --------
    >>> anchor_point(shapely.LineString([(0, 0), (4, 0)]))
    (2.0, 0.0)
    """
    parts = list(shapely.get_parts(_flat(geometry)))
    part = max(parts, key=lambda one: (shapely.get_dimensions(one), one.area, one.length))
    if part.geom_type in ("LineString", "LinearRing"):
        part = shapely.line_interpolate_point(part, 0.5, normalized=True)
    elif part.geom_type == "Polygon":
        part = shapely.point_on_surface(part)
    return float(part.x), float(part.y)


def plain_text(value: Any) -> str:
    """Return a table's cell as text: nothing for None and NaN, no `.0` on whole numbers.

    Examples
    --------
    >>> plain_text(3.0), plain_text(float("nan")), plain_text("东风渠")
    ('3', '', '东风渠')
    """
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    return "" if text in ("nan", "NaT", "None", "<NA>") else text


def texts(values: Iterable[Any]) -> list[str]:
    """Return cells as texts."""
    return [plain_text(value) for value in values]
