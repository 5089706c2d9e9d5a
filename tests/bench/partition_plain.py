"""What a user writes for one process: the whole list read, worked out, written; run by `partition_dask`.

One core, one thread. A small list before loads the compiled code. Prints the seconds and the peak memory.

    python tests/bench/partition_plain.py assign|heat|locate WARM-UP LIST OUT CITY-FOLDER
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

BANDWIDTH_M, CELL_M = 150.0, 10.0


def one_thread() -> None:
    """Keep this process on one core and the reader of Parquet files on one thread."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def xy_of(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Return the places of points, NaN where there is none."""
    xy = np.full((len(frame), 2), np.nan)
    there = ~frame.geometry.isna().to_numpy()
    xy[there] = shapely.get_coordinates(frame.geometry.array[there])
    return xy


def assign(folder: Path, out: Path, index: Any) -> None:
    """Write the points with their zones."""
    from geodata.zones.point_columns import point_columns

    frame = gpd.read_parquet(folder)
    frame.assign(**point_columns(index, xy_of(frame))).to_parquet(out)


def heat(folder: Path, out: Path, known: None) -> None:
    """Write the cells with a density."""
    from geodata.patterns import density_grid

    xy = xy_of(gpd.read_parquet(folder))
    xy = xy[np.isfinite(xy).all(axis=1)]
    low = np.floor((xy.min(axis=0) - BANDWIDTH_M) / CELL_M) * CELL_M
    high = (np.floor((xy.max(axis=0) + BANDWIDTH_M) / CELL_M) + 1) * CELL_M
    grid = density_grid(xy, bounds=[*low, *high], cell_m=CELL_M, bandwidth_m=BANDWIDTH_M)
    row, column = np.nonzero(grid.values)
    cells = {
        "column": column + round(low[0] / CELL_M),
        "row": row + round(low[1] / CELL_M),
        "density_per_km2": grid.values[row, column],
    }
    centres = np.column_stack([column, row]) * CELL_M + low + CELL_M / 2
    gpd.GeoDataFrame(cells, geometry=shapely.points(centres), crs=4547).to_parquet(out)


def locate(folder: Path, out: Path, known: Any) -> None:
    """Write the rows with their places."""
    from geodata.geocode.columns import location_columns

    geocoder, tree = known
    rows = pd.read_parquet(folder)
    areas = [area if isinstance(area, str) else None for area in rows["区"]]
    columns = location_columns(geocoder.locate_many(list(rows["地址"]), areas=areas), tree)
    shapes = columns.pop("geometry")
    gpd.GeoDataFrame(rows.assign(**columns), geometry=shapes, crs=4326).to_parquet(out)


def known_for(task: str, city: Path) -> Any:
    """Return what a task looks things up in."""
    if task == "assign":
        from geodata.zones import ZoneIndex

        return ZoneIndex(gpd.read_file(city / "grids.gpkg"), compiled=True)
    if task == "locate":
        from geodata.geocode import Geocoder
        from geodata.zones import ZoneTree

        geocoder = Geocoder.open(city / "city.qgz")
        return geocoder, ZoneTree.read(city / "city.gpkg").to_crs(geocoder.crs)
    return None


def main() -> None:
    """Run a task and print what it took."""
    one_thread()
    task, warm, folder, out, city = sys.argv[1], *map(Path, sys.argv[2:])
    known = known_for(task, city)
    work = {"assign": assign, "heat": heat, "locate": locate}[task]
    work(warm, out, known)
    began = time.perf_counter()
    work(folder, out, known)
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text("utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    print(json.dumps({"seconds": seconds, "peak_mb": int(peak[1]) / 1024 if peak else 0.0}))


if __name__ == "__main__":
    main()
