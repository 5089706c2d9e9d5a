"""Locating over partitions: the rows of one process in the same order, each distinct text once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geodata.errors import FrameError, GazetteerError, PartitionError
from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.geocode.columns import RESULT_COLUMNS, location_columns
from geodata.partition import ClusterOptions, locate_partitions
from geodata.partition import locating as module
from geodata.zones import ZoneTree
from tests.geodata.drawn_city import CRS, write_lines, write_zones

HERE = ClusterOptions(workers=0)
TEXTS = (
    "青禾路与白鹭街交叉口", "青禾路9号", "松涛路（云杉街至白鹭街）南侧", "玉带渠北岸", "没有这个地方",
    "", None, "人民路", "海棠路与石榴街交叉口东北角", "青禾路", "向阳小学",
)  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    lines, zones = write_lines(folder / "l.gpkg"), write_zones(folder / "z.gpkg")
    build(lines=lines, zones=zones, crs=CRS, out=folder / "g.qgz")
    return folder


def made_list(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    texts = [TEXTS[at] for at in rng.integers(0, len(TEXTS), rows)]
    areas = [("云杉社区", " 白鹭社区 ", None, "")[at] for at in rng.integers(0, 4, rows)]
    return pd.DataFrame({"id": range(rows), "地址": texts, "区": areas, "status": "old"})


def single(rows: pd.DataFrame, city, *, with_area: bool) -> dict[str, list]:
    geocoder = Geocoder.open(city / "g.qgz")
    texts = [text if isinstance(text, str) else "" for text in rows["地址"]]
    areas = [(area.strip() or None) if isinstance(area, str) else None for area in rows["区"]]
    found = geocoder.locate_many(texts, areas=areas if with_area else None)
    return location_columns(found, ZoneTree.read(city / "z.gpkg").to_crs(geocoder.crs))


@pytest.mark.parametrize(("rows_per_partition", "with_area"), [(70, True), (10_000, False)])
def test_the_rows_of_one_process_in_the_same_order(
    tmp_path, write_folder, city, monkeypatch, rows_per_partition, with_area
):
    monkeypatch.setattr(module, "_TEXTS_PER_SPAN", 3)
    rows = made_list()
    out = tmp_path / "out.parquet"
    report = locate_partitions(
        write_folder(rows), out, gazetteer=city / "g.qgz", zones=city / "z.gpkg", column="地址",
        area_column="区" if with_area else None, rows_per_partition=rows_per_partition, cluster=HERE,
    )  # fmt: skip
    table = pa.concat_tables([pq.read_table(path) for path in sorted(out.glob("part-*.parquet"))])
    expected = single(rows, city, with_area=with_area)
    assert table.column("id").to_pylist() == rows["id"].tolist()
    assert table.column("input_status").to_pylist() == ["old"] * len(rows)
    assert tuple(table.column_names[-len(RESULT_COLUMNS) :]) == RESULT_COLUMNS
    for name in RESULT_COLUMNS:
        values = expected[name]
        if name == "geometry":
            values = [None if shape is None else shapely.to_wkb(shape) for shape in values]
        assert table.column(name).to_pylist() == values, name
    counts = {name: expected["status"].count(name) for name in ("located", "ambiguous", "not_found")}
    assert report.counts == counts
    assert min(counts.values()) > 0
    assert sum(counts.values()) == report.rows == report.written == len(rows)


def test_every_distinct_text_is_located_once(tmp_path, write_folder, city, monkeypatch):
    monkeypatch.setattr(module, "_TEXTS_PER_SPAN", 4)
    asked: list[tuple[str, str | None]] = []
    locate_many = Geocoder.locate_many

    def counted(self, texts, *, areas=None, follow=False):
        asked.extend(zip(texts, areas, strict=True))
        return locate_many(self, texts, areas=areas, follow=follow)

    monkeypatch.setattr(Geocoder, "locate_many", counted)
    rows = made_list()
    locate_partitions(
        write_folder(rows), tmp_path / "out.parquet", gazetteer=city / "g.qgz", column="地址", area_column="区",
        rows_per_partition=50, cluster=HERE,
    )  # fmt: skip
    assert len(asked) == len(set(asked)) > len(TEXTS)


def test_it_is_geoparquet_and_keeps_an_earlier_geometry(tmp_path, write_folder, city):
    rows = gpd.GeoDataFrame(made_list(40), geometry=shapely.points(np.arange(80.0).reshape(-1, 2)), crs=4547)
    out = tmp_path / "out.parquet"
    locate_partitions(write_folder(rows), out, gazetteer=city / "g.qgz", column="地址", cluster=HERE)
    frame = gpd.read_parquet(out)
    assert frame.crs == 4326
    assert frame.geometry.name == "geometry"
    assert frame["input_geometry"].crs == 4547
    assert frame["input_geometry"].x.tolist() == rows.geometry.x.tolist()
    assert frame.geometry.isna().sum() == (frame["status"] == "not_found").sum() > 0
    assert frame["community"].tolist() == [""] * 40
    assert frame["p_community"].isna().all()


def test_an_empty_list_gives_an_empty_partition(tmp_path, write_folder, city):
    out = tmp_path / "out.parquet"
    folder = write_folder(made_list().iloc[:0].astype({"地址": "str", "区": "str"}))
    report = locate_partitions(folder, out, gazetteer=city / "g.qgz", column="地址", cluster=HERE)
    assert (report.rows, report.written, report.partitions) == (0, 0, 1)
    assert "uncertainty_m" in gpd.read_parquet(out).columns


def test_what_cannot_be_used_is_refused_before_anything_is_written(tmp_path, write_folder, city):
    folder, out = write_folder(made_list(20)), tmp_path / "out.parquet"
    options = {"gazetteer": city / "g.qgz", "cluster": HERE}
    with pytest.raises(FrameError, match="lacks the columns 位置, 街道; it has id, 地址"):
        locate_partitions(folder, out, column="位置", area_column="街道", **options)
    with pytest.raises(FrameError, match="column id must hold texts"):
        locate_partitions(folder, out, column="id", **options)
    with pytest.raises(PartitionError, match="cannot read"):
        locate_partitions(folder, out, column="地址", gazetteer=tmp_path / "absent.qgz", cluster=HERE)
    (tmp_path / "noise.qgz").write_bytes(b"noise")
    with pytest.raises(GazetteerError, match="not a gazetteer"):
        locate_partitions(folder, out, column="地址", gazetteer=tmp_path / "noise.qgz", cluster=HERE)
    assert not out.exists()
