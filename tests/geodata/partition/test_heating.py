"""Density over tiles equals the density of everything at once, up to the order of summation."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geodata.errors import CrsError, FrameError, PartitionError
from geodata.partition import ClusterOptions, density_partitions, density_raster
from geodata.patterns import density_at, density_grid
from tests.geodata.partition.conftest import CRS, X, Y, made_points

HERE = ClusterOptions(workers=0)


def all_cells(out) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))])


@pytest.mark.parametrize(
    ("bandwidth_m", "cell_m", "weighted", "rows_per_partition"),
    [(150.0, 20.0, False, 200), (37.5, 12.5, True, 500), (900.0, 10.0, False, 100_000)],
)
def test_tiles_together_are_the_whole(
    tmp_path, write_folder, bandwidth_m, cell_m, weighted, rows_per_partition
):
    rows = made_points()
    out = tmp_path / "heat.parquet"
    report = density_partitions(
        write_folder(rows), out, bandwidth_m=bandwidth_m, cell_m=cell_m, crs=CRS,
        weight_column="w" if weighted else None, rows_per_partition=rows_per_partition, cluster=HERE,
    )  # fmt: skip
    there = rows[np.isfinite(rows[["x", "y"]]).all(axis=1)]
    xy, weights = there[["x", "y"]].to_numpy(), there["w"].to_numpy() if weighted else None
    low = np.floor((xy.min(axis=0) - bandwidth_m) / cell_m) * cell_m
    high = (np.floor((xy.max(axis=0) + bandwidth_m) / cell_m) + 1) * cell_m
    whole = density_grid(xy, bounds=[*low, *high], cell_m=cell_m, bandwidth_m=bandwidth_m, weights=weights)
    cells = all_cells(out)
    assert not cells.duplicated(["column", "row"]).any()
    assert (cells["density_per_km2"] > 0).all()
    values = np.zeros(whole.values.shape)
    column = cells["column"].to_numpy() - round(low[0] / cell_m)
    row = cells["row"].to_numpy() - round(low[1] / cell_m)
    values[row, column] = cells["density_per_km2"]
    assert np.abs(values - whole.values).max() <= 1e-9 * whole.values.max()
    assert report.counts == {"counted": len(xy), "without_place": len(rows) - len(xy)}
    assert report.written == len(cells)
    assert report.figures["peak_per_km2"] == pytest.approx(whole.values.max(), rel=1e-9)
    # mass is kept: kernels lie inside the cells as a whole
    assert report.figures["total"] == pytest.approx(whole.total(), rel=1e-9)
    some = cells.sample(20, random_state=1)
    direct = density_at(xy, some[["x", "y"]].to_numpy(), bandwidth_m=bandwidth_m, weights=weights)
    assert some["density_per_km2"].to_numpy() == pytest.approx(direct, rel=1e-9, abs=1e-9 * values.max())


def test_cells_are_geoparquet_and_one_array(tmp_path, write_folder):
    rows = pd.DataFrame({"x": [X + 5.0, X + 5.0], "y": [Y + 5.0, Y + 3_005.0]})
    out = tmp_path / "heat.parquet"
    report = density_partitions(
        write_folder(rows), out, bandwidth_m=50.0, cell_m=10.0, crs=CRS, rows_per_partition=1, cluster=HERE
    )
    assert report.partitions >= 2
    frame = gpd.read_parquet(out)
    assert frame.crs == CRS
    assert np.array_equal(frame[["x", "y"]].to_numpy(), np.column_stack([frame.geometry.x, frame.geometry.y]))
    grid = density_raster(out, cell_m=10.0)
    # the kernel's height over a point at a cell's centre, 3 / (π h²)
    assert grid.values.max() == pytest.approx(3e6 / (np.pi * 50.0**2))
    assert grid.bounds == (X - 40.0, Y - 40.0, X + 50.0, Y + 3_050.0)
    assert (grid.values > 0).sum() == len(frame)
    with pytest.raises(PartitionError, match="no cells"):
        density_raster(tmp_path, cell_m=10.0)


def test_nothing_to_count_gives_an_empty_partition(tmp_path, write_folder):
    rows = pd.DataFrame({"x": [np.nan, 1.0], "y": [1.0, np.nan]})
    out = tmp_path / "heat.parquet"
    report = density_partitions(write_folder(rows), out, bandwidth_m=50, cell_m=10, crs=CRS, cluster=HERE)
    assert report.counts == {"counted": 0, "without_place": 2}
    assert (report.written, report.partitions) == (0, 1)
    assert (report.figures["peak_per_km2"], report.figures["total"]) == (0.0, 0.0)
    assert len(gpd.read_parquet(out)) == 0


def test_what_cannot_be_used_is_refused(tmp_path, write_folder):
    rows = made_points(200)
    folder, out = write_folder(rows), tmp_path / "heat.parquet"
    options = {"bandwidth_m": 50.0, "cell_m": 10.0, "cluster": HERE}
    with pytest.raises(CrsError, match="state the CRS"):
        density_partitions(folder, out, **options)
    with pytest.raises(CrsError, match="has degrees"):
        density_partitions(folder, out, crs=4326, **options)
    with pytest.raises(FrameError, match="no column weight"):
        density_partitions(folder, out, crs=CRS, weight_column="weight", **options)
    with pytest.raises(FrameError, match="must be numbers"):
        density_partitions(folder, out, crs=CRS, weight_column="zone", **options)
    with pytest.raises(FrameError, match="positive number"):
        density_partitions(folder, out, crs=CRS, bandwidth_m=-1.0, cell_m=10.0, cluster=HERE)
    assert not out.exists()


def test_bad_values_are_named_with_their_file(tmp_path, write_folder):
    rows = made_points(200)
    rows.loc[7, "w"] = np.nan
    options = {"bandwidth_m": 50.0, "cell_m": 10.0, "cluster": HERE, "crs": CRS}
    folder = write_folder(rows)
    with pytest.raises(FrameError, match=r"p-\d\.parquet.*: 1 weights in w are missing"):
        density_partitions(folder, tmp_path / "a", weight_column="w", rows_per_partition=20, **options)
    rows.loc[3, "x"] = 1e9
    folder = write_folder(rows, "far.parquet")
    with pytest.raises(FrameError, match=r"p-\d\.parquet.*: coordinates beyond"):
        density_partitions(folder, tmp_path / "b", rows_per_partition=20, **options)
