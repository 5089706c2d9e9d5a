"""Assignment over partitions: the table that one process makes, whatever the partitions."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from geodata.crs import reproject_xy
from geodata.errors import CrsError, FrameError, PartitionError, ZoneError
from geodata.partition import ClusterOptions, assign_partitions, open_frame
from geodata.zones import ZoneIndex
from geodata.zones.point_columns import point_columns
from tests.geodata.partition.conftest import CRS, X, Y, made_points

HERE = ClusterOptions(workers=0)


def ordered(out) -> pd.DataFrame:
    parts = [pd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))]
    return pd.concat(parts).sort_values("source_row", ignore_index=True)


def single(rows: pd.DataFrame, zones_file) -> dict[str, np.ndarray]:
    """What one process answers for columns x, y."""
    index = ZoneIndex(gpd.read_file(zones_file), compiled=True)
    return point_columns(index, rows[["x", "y"]].to_numpy())


@pytest.mark.parametrize("rows_per_partition", [150, 700, 100_000])
def test_sorted_by_row_it_is_the_table_of_one_process(tmp_path, write_folder, zones_file, rows_per_partition):
    rows = made_points()
    out = tmp_path / "out.parquet"
    report = assign_partitions(
        write_folder(rows), out, zones=zones_file, rows_per_partition=rows_per_partition, cluster=HERE
    )
    result = ordered(out)
    expected = single(rows, zones_file)
    assert result["source_row"].tolist() == list(range(len(rows)))
    assert result["id"].tolist() == rows["id"].tolist()
    assert (result["input_zone"] == "old").all()
    for name, values in expected.items():
        if name == "border_m":
            assert result[name].to_numpy().tobytes() == values.tobytes()
        else:
            assert result[name].tolist() == values.tolist()
    nowhere = int((~np.isfinite(rows[["x", "y"]]).all(axis=1)).sum())
    inside = int((expected["zone"] != "").sum())
    assert report.counts == {
        "inside": inside,
        "outside": len(rows) - nowhere - inside,
        "without_place": nowhere,
    }
    assert report.figures["near_border"] == (expected["flag"] == "near_border").sum() > 0
    assert report.figures["just_outside"] == (expected["flag"] == "just_outside").sum() > 0
    assert report.rows == report.written == len(rows)
    assert report.partitions == len(list(out.glob("part-*.parquet")))
    # the crowd of a quarter of all rows lies in one or two squares
    assert report.partitions >= len(rows) // rows_per_partition


def test_partitions_are_pieces_of_ground_in_the_order_of_the_input(tmp_path, write_folder, zones_file):
    out = tmp_path / "out.parquet"
    rows = made_points()
    assign_partitions(write_folder(rows), out, zones=zones_file, rows_per_partition=300, cluster=HERE)
    areas, kept = [], 0
    for path in sorted(out.glob("part-*.parquet")):
        part = gpd.read_parquet(path)
        assert part["source_row"].is_monotonic_increasing
        assert part.crs == CRS
        there = part[~part.geometry.isna()]
        box = pq.read_metadata(path).metadata[b"geo"]
        if len(there):
            assert str(there.total_bounds[0]).encode() in box
            areas.append(shapely.box(*there.total_bounds).area)
            kept += 1
    whole = 5_600.0 * 4_600.0
    assert kept >= 10
    assert np.median(areas) < 0.25 * whole


@pytest.mark.filterwarnings("ignore:The inplace keyword in GeoDataFrame.reset_index")  # dask 2026.8
def test_the_folder_is_a_dask_frame_that_reads_only_what_a_box_meets(tmp_path, write_folder, zones_file):
    rows = made_points()
    out = tmp_path / "out.parquet"
    report = assign_partitions(
        write_folder(rows), out, zones=zones_file, rows_per_partition=300, cluster=HERE
    )
    frame = open_frame(out)
    assert frame.npartitions == report.partitions
    box = frame.cx[X : X + 400, Y : Y + 400]
    assert box.npartitions < report.partitions / 2
    inside = rows["x"].between(X, X + 400) & rows["y"].between(Y, Y + 400)
    assert sorted(box.compute()["id"]) == sorted(rows["id"][inside])
    with pytest.raises(PartitionError, match="no partitions"):
        open_frame(tmp_path)


def test_geometry_in_another_crs_passes_through_unchanged(tmp_path, write_folder, zones_file):
    rows = made_points(400).replace([np.inf], np.nan)
    xy = rows[["x", "y"]].to_numpy()
    degrees = reproject_xy(xy, CRS, 4326)
    shapes = [None if np.isnan(at).any() else shapely.Point(at) for at in degrees]
    given = gpd.GeoDataFrame({"id": rows["id"]}, geometry=shapes, crs=4326).rename_geometry("zone")
    out = tmp_path / "out.parquet"
    assign_partitions(write_folder(given), out, zones=zones_file, rows_per_partition=90, cluster=HERE)
    result = pd.concat([gpd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))])
    result = result.sort_values("source_row", ignore_index=True)
    assert result.crs == 4326
    assert result.geometry.name == "input_zone"
    assert result.geometry.to_wkb().tolist() == given.geometry.to_wkb().tolist()
    back = np.full(xy.shape, np.nan)
    there = ~np.isnan(degrees).any(axis=1)
    back[there] = reproject_xy(degrees[there], 4326, CRS)
    expected = point_columns(ZoneIndex(gpd.read_file(zones_file), compiled=True), back)
    assert result["zone"].tolist() == expected["zone"].tolist()
    assert result["border_m"].to_numpy().tobytes() == expected["border_m"].tobytes()


def test_lon_lat_that_are_no_place_count_as_none(tmp_path, write_folder, zones_file):
    lon, lat = reproject_xy([[X + 500, Y + 500]], CRS, 4326)[0]
    rows = pd.DataFrame({"lon": [lon, 999.0, np.nan], "lat": [lat, lat, lat], "zone": 1, "input_zone": 2})
    out = tmp_path / "out.parquet"
    report = assign_partitions(write_folder(rows), out, zones=zones_file, cluster=HERE)
    result = ordered(out)
    assert result["zone"].tolist() == ["Z00", "", ""]
    assert (result["input_input_zone"] == 1).all()
    assert (result["input_zone"] == 2).all()
    assert report.counts["without_place"] == 2


def test_an_empty_list_gives_an_empty_partition(tmp_path, write_folder, zones_file):
    out = tmp_path / "out.parquet"
    report = assign_partitions(write_folder(made_points().iloc[:0]), out, zones=zones_file, cluster=HERE)
    assert (report.rows, report.written, report.partitions) == (0, 0, 1)
    assert "zone" in gpd.read_parquet(out).columns


def test_what_cannot_be_used_is_refused_before_anything_is_written(tmp_path, write_folder, zones_file):
    rows = made_points(50)
    folder = write_folder(rows)
    out = tmp_path / "out.parquet"
    with pytest.raises(FrameError, match="no layer grid"):
        assign_partitions(folder, out, zones=zones_file, level="grid", cluster=HERE)
    with pytest.raises(FrameError, match="are needed; there are id"):
        assign_partitions(write_folder(rows[["id"]], "other"), out, zones=zones_file, cluster=HERE)
    with pytest.raises((PartitionError, FrameError), match="absent"):
        assign_partitions(folder, out, zones=tmp_path / "absent.gpkg", cluster=HERE)
    with pytest.raises(FrameError, match="at least 1"):
        assign_partitions(folder, out, zones=zones_file, rows_per_partition=0, cluster=HERE)
    bow = shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    gpd.GeoDataFrame({"code": ["A"]}, geometry=[bow], crs=CRS).to_file(tmp_path / "bow.gpkg")
    with pytest.raises(ZoneError, match="invalid"):
        assign_partitions(folder, out, zones=tmp_path / "bow.gpkg", cluster=HERE)
    naked = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.Point(0, 0)])
    naked.to_parquet(tmp_path / "naked.parquet")
    with pytest.raises(CrsError):
        assign_partitions(tmp_path / "naked.parquet", out, zones=zones_file, cluster=HERE)
    assert not out.exists()
