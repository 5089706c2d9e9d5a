"""The cells of a finished density as one array."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geodata.errors import PartitionError

if TYPE_CHECKING:
    from geodata.patterns import DensityGrid


def density_raster(folder: Path, *, cell_m: float) -> DensityGrid:
    """Return the cells of all partitions as one array, for a GeoTIFF or a picture.

    Parameters
    ----------
    folder
        What `density_partitions` has written with this `cell_m`.

    Raises
    ------
    PartitionError
        If there is no cell.
    ValueError
        If one array cannot hold the ground from the first cell to the last (`MAX_CELLS`).
    """
    from geodata.patterns.cells import CellFrame
    from geodata.patterns.density import DensityGrid

    paths = sorted(folder.glob("part-*.parquet"))
    tables = [
        pq.read_table(path, columns=["column", "row", "density_per_km2"], use_threads=False) for path in paths
    ]
    if not sum(map(len, tables)):
        raise PartitionError(f"{folder} holds no cells", zh=f"{folder} 里没有方格")
    column, row, density = (pa.concat_tables(tables).column(at).to_numpy() for at in range(3))
    west, south = int(column.min()), int(row.min())
    bounds = (west * cell_m, south * cell_m, (int(column.max()) + 1) * cell_m, (int(row.max()) + 1) * cell_m)
    frame = CellFrame.over(bounds, cell_m=cell_m)
    values = np.zeros(frame.shape)
    values[row - south, column - west] = density
    return DensityGrid(values=values, bounds=frame.bounds, cell_m=cell_m)
