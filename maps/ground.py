"""What lies under the rows of a problem map, as data: borders, the base map, the window that shows them.

Everything comes in with a CRS and goes out as EPSG:4326, lon first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import WGS84, epsg_of, reproject
from geodata.zones import ZoneTree
from maps.encode import anchor_point, encode_shape, plain_text

# Border vertices closer than this to the simplified line are not needed on a screen.
BORDER_TOLERANCE_M = 0.5
BASEMAP_VERTICES = 260_000


def encode_zones(zones: ZoneTree | None) -> list[dict[str, Any]]:
    """Return borders with names and where a name stands, one entry per level that has any."""
    if zones is None:
        return []
    levels = []
    for level in ("subdistrict", "community", "grid"):
        frame: gpd.GeoDataFrame = getattr(zones, level)
        if frame is None or frame.empty:
            continue
        crs = epsg_of(frame.crs)
        items = []
        for row in frame.to_dict("records"):
            border = shapely.simplify(row["geometry"], BORDER_TOLERANCE_M if crs != WGS84 else 0.0)
            at = reproject(shapely.Point(anchor_point(row["geometry"])), crs, WGS84)
            shape = encode_shape(reproject(border, crs, WGS84))
            if shape is None:
                continue
            items.append(
                {
                    "code": plain_text(row.get("code")),
                    "name": plain_text(row.get("name")),
                    "leader": plain_text(row.get("leader")),
                    "at": [round(at.x, 6), round(at.y, 6)],
                    **shape,
                }
            )
        levels.append({"level": level, "items": items})
    return levels


def encode_basemap(
    basemap: gpd.GeoDataFrame | None, *, window: tuple[float, float, float, float]
) -> list[dict[str, Any]]:
    """Return the background's features that touch a window, within a fixed budget of vertices.

    Parameters
    ----------
    basemap
        Columns layer (road, rail, water, building, green), name, class, geometry; projected CRS.
    window
        EPSG:4326, `(min_lon, min_lat, max_lon, max_lat)`.

    Notes
    -----
    When the budget is spent, what matters least for finding one's way is left out: roads, rail,
    water and green go in first, buildings last.
    """
    if basemap is None or basemap.empty:
        return []
    crs = epsg_of(basemap.crs)
    box = reproject(shapely.segmentize(shapely.box(*window), 0.01), WGS84, crs)
    near = basemap.iloc[basemap.sindex.query(box, predicate="intersects")].copy()
    near["geometry"] = shapely.simplify(near.geometry.to_numpy(), 1.0)
    near["order"] = near["layer"].map({"road": 0, "rail": 0, "water": 1, "green": 2, "building": 3})
    near = near.dropna(subset=["order"]).sort_values("order", kind="stable")
    spent = np.cumsum(shapely.get_num_coordinates(near.geometry.to_numpy()))
    near = near.iloc[: int(np.searchsorted(spent, BASEMAP_VERTICES, side="right"))]
    features = []
    for row, shape in zip(
        near.to_dict("records"), reproject(near.geometry.to_numpy(), crs, WGS84), strict=True
    ):
        encoded = encode_shape(shape)
        if encoded:
            name, kind = plain_text(row.get("name")), plain_text(row.get("class"))
            features.append({"layer": row["layer"], "name": name, "class": kind, **encoded})
    return features


def window_of(
    lonlat: Sequence[float], zones: Sequence[Mapping[str, Any]]
) -> tuple[float, float, float, float] | None:
    """Return the view that shows the data: all borders, else the bulk of the points; None without data.

    With 50 points or more the outermost hundredth on each side is left out, so that a few strays do
    not shrink everybody else to a dot. EPSG:4326, `(min_lon, min_lat, max_lon, max_lat)`.
    """
    xy = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    rings = [
        np.cumsum(np.array(polygon[0]).reshape(-1, 2), axis=0)
        for level in zones
        for item in level["items"]
        for polygon in item.get("area", [])
    ]
    boxes = [*np.percentile(xy, [1, 99], axis=0)] if len(xy) >= 50 else [*xy]
    inside = boxes
    if rings:
        borders = np.vstack(rings) / 1_000_000
        # Borders of a whole city around a handful of rows are context, not the subject.
        low, high = borders.min(axis=0), borders.max(axis=0)
        inside = [low, high, *([] if _mostly_inside(xy, low, high) else boxes)]
    if not inside:
        return None
    low, high = np.min(inside, axis=0), np.max(inside, axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _mostly_inside(xy: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    return len(xy) == 0 or float(((xy >= low) & (xy <= high)).all(axis=1).mean()) >= 0.9
