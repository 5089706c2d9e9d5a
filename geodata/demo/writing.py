"""Files that come out the same to the byte each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio


@contextmanager
def _fixed_date() -> Iterator[None]:
    # A GeoPackage stores when it was written; GDAL takes that from this option if it is set.
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2017-11-10T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers to a fresh GeoPackage; geometries of areas and lines become Multi geometries."""
    path.unlink(missing_ok=True)
    with _fixed_date():
        for name, frame in layers.items():
            points = bool((frame.geometry.geom_type == "Point").all())
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", promote_to_multi=not points)
