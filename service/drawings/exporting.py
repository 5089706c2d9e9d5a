"""A drawing as zone layers, GeoPackage and GeoJSON: always marked unofficial (草图)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd

from geodata.zones.contract import zone_frame
from geodata.zones.model import LEVELS, Level
from geodata.zones.reading.files import write_raw
from geodata.zones.sketching.model import Sketch
from service.drawings.present import polygons
from service.errors import Refused
from service.words import tr


def layers_of(sketch: Sketch) -> dict[Level, gpd.GeoDataFrame]:
    """Return a sketch's zones that have ground, with the columns of the contract, marked unofficial (草图)."""
    layers: dict[Level, gpd.GeoDataFrame] = {}
    for level in LEVELS:
        own = [zone for zone in sketch.of(level) if not zone.shape.is_empty]
        if not own:
            continue
        frame = gpd.GeoDataFrame(
            {
                "code": [zone.code for zone in own], "name": [zone.name for zone in own],
                "parent": [zone.parent for zone in own], "leader": [zone.leader for zone in own],
                "official": [False] * len(own), "note": ["草图"] * len(own),
            },
            geometry=[zone.shape for zone in own], crs=sketch.crs,
        )  # fmt: skip
        layers[level] = zone_frame(frame, level=level)
    return layers


def gpkg_bytes(sketch: Sketch) -> bytes:
    """Return a sketch as a GeoPackage.

    Raises
    ------
    Refused
        If nothing is drawn.
    """
    layers = {level: layer.assign(official=False) for level, layer in layers_of(sketch).items()}
    if not layers:
        raise Refused(tr("还没有画任何区划", "nothing is drawn yet"))
    with TemporaryDirectory(prefix="qingtu-drawing-") as folder:
        path = Path(folder) / "drawing.gpkg"
        write_raw(layers, path)
        return path.read_bytes()


def geojson_of(sketch: Sketch) -> dict[str, Any]:
    """Return a sketch as a GeoJSON FeatureCollection in EPSG:4326."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "level": zone.level, "code": zone.code, "name": zone.name, "parent": zone.parent,
                    "leader": zone.leader, "official": False, "note": "草图", "area_m2": round(zone.shape.area, 1),
                },
                "geometry": polygons(zone.shape, sketch.crs),
            }
            for zone in sketch.zones
            if not zone.shape.is_empty
        ],
    }  # fmt: skip
