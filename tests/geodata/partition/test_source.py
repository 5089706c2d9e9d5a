"""The folder that goes in: every fault is said before any work, with the names of the files."""

import json

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geodata.errors import CrsError, FrameError
from geodata.partition.points import place_columns
from geodata.partition.source import read_chunk, read_source


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in.parquet"
    path.mkdir()
    return path


def points(crs: object, shapes=None) -> gpd.GeoDataFrame:
    shapes = shapely.points([[474_000.0, 3_848_000.0]]) if shapes is None else shapes
    return gpd.GeoDataFrame({"id": [1]}, geometry=shapes, crs=crs)


def test_rows_come_in_the_order_of_names_and_numbers(folder):
    for number, rows in ((10, [5, 6]), (2, [1, 2, 3, 4]), (1, [0])):
        pd.DataFrame({"id": rows}).to_parquet(folder / f"p-{number}.parquet")
    pd.DataFrame({"id": []}, dtype="int64").to_parquet(folder / "p-3.parquet")
    source = read_source(folder)
    assert source.rows == 7
    for size in (1, 2, 3, 100):
        chunks = source.chunks(size)
        assert max(chunk.rows for chunk in chunks) <= size
        tables = [read_chunk(source, chunk) for chunk in chunks]
        assert pa.concat_tables(tables).column("id").to_pylist() == list(range(7))
        assert [chunk.first_row for chunk in chunks] == [table.column("id")[0].as_py() for table in tables]
    assert len(source.chunks(100)) == 1


def test_a_huge_row_group_is_read_in_pieces(folder):
    rows = 200_001
    table = pa.table({"id": pa.array(range(rows)), "words": pa.array(["字"] * rows).dictionary_encode()})
    pq.write_table(table, folder / "one.parquet", row_group_size=rows)
    source = read_source(folder)
    chunks = source.chunks(30_000)
    assert {chunk.rows for chunk in chunks} <= {28_571, 28_572}
    read = pa.concat_tables([read_chunk(source, chunk) for chunk in chunks])
    assert read.column("id").to_pylist() == list(range(rows))
    # categories are read as what they stand for
    assert read.schema.field("words").type == pa.string()


def test_all_faults_at_once_with_the_names_of_the_files(folder):
    pd.DataFrame({"id": [1], "x": [1.0]}).to_parquet(folder / "a.parquet")
    pd.DataFrame({"id": ["1"], "x": [1.0]}).to_parquet(folder / "b.parquet")
    pd.DataFrame({"id": [1], "y": [1.0]}).to_parquet(folder / "c.parquet")
    (folder / "d.parquet").write_bytes(b"PAR1 but not really")
    (folder / "e.parquet").write_bytes(b"")
    with pytest.raises(FrameError) as refused:
        read_source(folder)
    words = str(refused.value)
    assert "b.parquet: column id is" in words
    assert "c.parquet lacks the columns x of a.parquet" in words
    assert "c.parquet has the columns y" in words
    assert "d.parquet cannot be read" in words
    assert "e.parquet cannot be read" in words
    assert len(words.split("; ")) == 5


def test_a_column_of_nulls_only_takes_the_type_of_the_others(folder):
    pd.DataFrame({"words": [None, None]}).to_parquet(folder / "a.parquet")
    pd.DataFrame({"words": ["东"]}).to_parquet(folder / "b.parquet")
    source = read_source(folder)
    (chunk,) = source.chunks(10)
    assert read_chunk(source, chunk).column("words").to_pylist() == [None, None, "东"]


def test_a_file_that_is_damaged_behind_a_sound_footer_is_named(folder):
    path = folder / "a.parquet"
    pd.DataFrame({"id": range(50_000)}).to_parquet(path, compression="zstd")
    raw = bytearray(path.read_bytes())
    raw[4:2_000] = b"\xff" * 1_996
    path.write_bytes(raw)
    source = read_source(folder)
    with pytest.raises(FrameError, match=r"a\.parquet cannot be read"):
        read_chunk(source, source.chunks(100_000)[0])


def test_what_is_no_folder_of_tables(tmp_path, folder):
    with pytest.raises(FrameError, match="does not exist"):
        read_source(tmp_path / "absent")
    with pytest.raises(FrameError, match="no file that ends in"):
        read_source(folder)
    pd.DataFrame({"id": [1, 2]}).to_parquet(tmp_path / "single.parquet")
    assert read_source(tmp_path / "single.parquet").rows == 2


def test_crs_of_all_files_must_agree(folder):
    points(4547).to_parquet(folder / "a.parquet")
    points(4549).to_parquet(folder / "b.parquet")
    points(None).to_parquet(folder / "c.parquet")
    with pytest.raises(FrameError) as refused:
        read_source(folder)
    assert "b.parquet has the CRS EPSG:4549, a.parquet EPSG:4547" in str(refused.value)
    assert "c.parquet has the CRS the geometry has no CRS" in str(refused.value)


def test_no_crs_anywhere_is_refused_and_the_standard_default_is_wgs84(folder):
    points(None).to_parquet(folder / "a.parquet")
    with pytest.raises(CrsError, match="no CRS"):
        place_columns(read_source(folder), crs=4547)
    points("OGC:CRS84").to_parquet(folder / "a.parquet")
    assert read_source(folder).crs() == 4326
    table = pq.read_table(folder / "a.parquet")
    geo = json.loads(table.schema.metadata[b"geo"])
    del geo["columns"]["geometry"]["crs"]
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), folder / "a.parquet")
    assert read_source(folder).crs() == 4326


def test_geoparquet_and_plain_files_do_not_mix(folder):
    points(4547).to_parquet(folder / "a.parquet")
    table = pq.read_table(folder / "a.parquet").replace_schema_metadata(None)
    pq.write_table(table, folder / "b.parquet")
    with pytest.raises(FrameError, match=r"a\.parquet is GeoParquet, b\.parquet is not"):
        read_source(folder)
    pq.write_table(table.replace_schema_metadata({b"geo": b"{"}), folder / "b.parquet")
    with pytest.raises(FrameError, match=r"b\.parquet has damaged GeoParquet metadata"):
        read_source(folder)


def test_where_the_rows_are(folder):
    pd.DataFrame({"x": [1.0], "y": [1], "lon": [114.0], "lat": [34.0]}).to_parquet(folder / "a.parquet")
    source = read_source(folder)
    assert place_columns(source, crs=4547).kind == "xy"
    with pytest.raises(CrsError, match="state the CRS"):
        place_columns(source, crs=None)
    pd.DataFrame({"lon": [114.0], "lat": [34.0]}).to_parquet(folder / "a.parquet")
    assert place_columns(read_source(folder), crs=None).kind == "lonlat"
    pd.DataFrame({"lon": ["114"], "lat": [34.0]}).to_parquet(folder / "a.parquet")
    with pytest.raises(FrameError, match="lon must hold numbers"):
        place_columns(read_source(folder), crs=None)
    pd.DataFrame({"name": ["a"]}).to_parquet(folder / "a.parquet")
    with pytest.raises(FrameError, match="there are name"):
        place_columns(read_source(folder), crs=4547)


def test_only_points(folder):
    points(4547, [shapely.LineString([(0, 0), (1, 1)])]).to_parquet(folder / "a.parquet")
    points(4547).to_parquet(folder / "b.parquet")
    with pytest.raises(FrameError, match="there are LineString"):
        place_columns(read_source(folder), crs=None)
    points(4547).to_parquet(folder / "a.parquet", geometry_encoding="geoarrow")
    (folder / "b.parquet").unlink()
    with pytest.raises(FrameError, match="WKB is read"):
        place_columns(read_source(folder), crs=None)
