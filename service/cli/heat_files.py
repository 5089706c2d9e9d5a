"""Densities and hot spots as files: GeoTIFF, PNG with world file and legend, classes and cells for QGIS."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geodata.crs import WGS84
from geodata.patterns import CellFrame
from geodata.patterns.geotiff import write_geotiff
from maps.heat import class_limits
from maps.heat_bands import band_frame, class_colours
from maps.heat_sheet import class_image, heat_sheet
from maps.style import HEAT_RAMP, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from geodata.patterns import DensityGrid, HotSpots

# A picture's neighbours: world file, legend with scale, facts.
_UNIT = Words("处/km²（每平方公里）", "per km²")


@dataclass(frozen=True, slots=True)
class HeatFacts:
    """What stands beside a density: CRS, how many problems, the study area, all in words too."""

    crs: int
    counted: int
    is_weighted: bool = False
    ground: BaseGeometry | None = None

    def unit(self) -> Words:
        """Return the unit; weights are no number of problems."""
        return Words("权重/km²（每平方公里）", "weight per km²") if self.is_weighted else _UNIT


def heat_limits(grid: DensityGrid, stated: Sequence[float] | None) -> tuple[float, ...]:
    """Return the classes' lower limits: those stated, else round ones below the peak."""
    return tuple(stated) if stated else class_limits(grid.peak(), len(HEAT_RAMP))


def write_heat(
    out: Path, grid: DensityGrid, facts: HeatFacts, *, limits: Sequence[float] | None = None
) -> list[Path]:
    """Write a density by the file's suffix; return all files written.

    A `.tif` has NaN where not studied. A `.png` (one pixel per cell) comes with `.pgw` (world file: cell
    size and north-west centre in metres), `_legend.png` (a sheet with legend, scale bar and notes), and
    `.json` with CRS, bounds, unit, class limits and colours. `.gpkg` and `.geojson` hold the classes as
    polygons with `lower`, `upper`, `colour`, `label`; GeoJSON in EPSG:4326.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    suffix = out.suffix.lower()
    if suffix in (".tif", ".tiff"):
        nodata = math.nan if facts.ground is not None else None
        write_geotiff(out, grid.values, bounds=grid.bounds, epsg=facts.crs, nodata=nodata)
        return [out]
    limits = heat_limits(grid, limits)
    if suffix in (".gpkg", ".geojson"):
        bands = band_frame(
            grid, crs=facts.crs, limits=limits, within=facts.ground, unit=facts.unit().zh.partition("（")[0]
        )
        pyogrio.write_dataframe(bands.to_crs(WGS84) if suffix == ".geojson" else bands, out)
        return [out]
    return _write_png(out, grid, facts, limits)


def _write_png(out: Path, grid: DensityGrid, facts: HeatFacts, limits: Sequence[float]) -> list[Path]:
    colours = class_colours(len(limits))
    class_image(grid, limits, colours).save(out, "PNG", optimize=True)
    world, legend = out.with_suffix(".pgw"), out.with_name(f"{out.stem}_legend.png")
    min_x, _, _, max_y = grid.bounds
    lines = (grid.cell_m, 0.0, 0.0, -grid.cell_m, min_x + grid.cell_m / 2, max_y - grid.cell_m / 2)
    world.write_text("\n".join(f"{value:.6f}" for value in lines) + "\n", encoding="ascii")
    heat_sheet(
        grid, limits, colours, title=Words("问题密度", "Density of problems"), unit=facts.unit(),
        notes=_notes(grid, facts), outline=facts.ground,
    ).save(legend, "PNG", optimize=True)  # fmt: skip
    table = {
        "crs": f"EPSG:{facts.crs}", "bounds": grid.bounds, "cell_m": grid.cell_m, "kernel": grid.kernel,
        "bandwidth_m": grid.bandwidth_m, "edge": grid.edge, "method": grid.method, "error_share": grid.error_share,
        "counted": facts.counted, "unit": facts.unit().en, "limits": limits, "colours": colours,
    }  # fmt: skip
    path = out.with_suffix(".json")
    path.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [out, world, legend, path]


_KERNELS = {
    "quartic": Words("四次核，半径 {m:g} 米", "Quartic kernel, radius {m:g} m"),
    "gaussian": Words("高斯核，σ = {m:g} 米", "Gaussian kernel, sigma {m:g} m"),
}
_EDGES = {
    "none": Words("边界未校正", "no edge correction"),
    "flat": Words(
        "边界校正 flat：均匀的点给出均匀的密度，总数不守恒", "edge correction flat: the total is not kept"
    ),
    "mass": Words(
        "边界校正 mass：总数守恒，紧靠边界处偏低",
        "edge correction mass: the total is kept, low at the border",
    ),
}


def _notes(grid: DensityGrid, facts: HeatFacts) -> list[Words]:
    kernel, edge = _KERNELS[grid.kernel], _EDGES[grid.edge]
    m = round(grid.bandwidth_m, 1)
    return [
        Words(kernel.zh.format(m=m), kernel.en.format(m=m)),
        Words(
            f"{facts.counted:,} 处问题；方格 {grid.cell_m:g} 米",
            f"{facts.counted:,} problems; cells of {grid.cell_m:g} m",
        ),
        edge,
        Words(f"EPSG:{facts.crs}，上方为坐标北", f"EPSG:{facts.crs}, grid north up"),
    ]


def write_hot_spots(out: Path, hot: HotSpots, *, crs: int) -> None:
    """Write the studied cells: count, z, p, label, and the square (a table without it has x, y).

    GeoJSON is in EPSG:4326 as the format asks; the others stay in `crs`.
    """
    frame = CellFrame(bounds=hot.bounds, cell_m=hot.cell_m, shape=hot.counts.shape)
    studied = hot.studied.ravel()
    centres = frame.centres()[studied]
    table = pd.DataFrame(
        {
            "count": hot.counts.ravel()[studied],
            "z": hot.z.ravel()[studied],
            "p": hot.p.ravel()[studied],
            "label": hot.label.ravel()[studied].astype(np.int32),
        }
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".csv":
        table.assign(x=centres[:, 0], y=centres[:, 1]).to_csv(out, index=False, encoding="utf-8-sig")
        return
    half = hot.cell_m / 2
    squares = shapely.box(*(centres - half).T, *(centres + half).T)
    cells = gpd.GeoDataFrame(table, geometry=squares, crs=crs)
    if out.suffix.lower() == ".parquet":
        cells.to_parquet(out)
    else:
        pyogrio.write_dataframe(cells.to_crs(WGS84) if out.suffix.lower() == ".geojson" else cells, out)
