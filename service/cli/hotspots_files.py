"""Hot spots as files: for QGIS, for a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio

from geodata.crs import WGS84
from service.words import language

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.zones import ZoneTree

SUFFIXES = (".gpkg", ".geojson", ".parquet", ".csv")


def write_spots(out: Path, spots: gpd.GeoDataFrame) -> None:
    """Write a frame by the file's suffix.

    GeoJSON is in EPSG:4326 as the format asks; the others stay in the frame's CRS. A .csv has the
    point inside each shape as `x`, `y` in its place, UTF-8 with BOM.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    suffix = out.suffix.lower()
    if suffix == ".csv":
        inside = spots.geometry.representative_point()
        table = pd.DataFrame(spots.drop(columns=spots.geometry.name))
        table.assign(x=inside.x, y=inside.y).to_csv(out, index=False, encoding="utf-8-sig")
    elif suffix == ".parquet":
        spots.to_parquet(out)
    else:
        pyogrio.write_dataframe(spots.to_crs(WGS84) if suffix == ".geojson" else spots, out)


def write_map(out: Path, spots: gpd.GeoDataFrame, *, tree: ZoneTree | None, method: str, fdr: float) -> None:
    """Write a frame as one self-contained page: its layer with legend, and the borders.

    Parameters
    ----------
    method
        Of `qingtu hotspots`; named in the title.
    """
    from maps.export import write_html
    from maps.hotspots import hot_spot_map

    out.parent.mkdir(parents=True, exist_ok=True)
    write_html(hot_spot_map(spots, zones=tree, method=method, fdr=fdr, lang=language.get()), out)
