"""What people are told when a file or an option cannot be used: in Chinese, and in English with `--lang en`."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

X, Y = 474_000.0, 3_848_000.0
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files that are as bad as their names."""
    folder = tmp_path_factory.mktemp("files")
    squares = [shapely.box(X + at, Y, X + at + 1000, Y + 1000) for at in (0, 1000)]
    zones = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=squares, crs=4547)
    zones.to_file(folder / "zones.gpkg", layer="community")
    shifted = zones.set_geometry([squares[0], shapely.box(X + 500, Y, X + 1500, Y + 1000)], crs=4547)
    shifted.to_file(folder / "overlapping.gpkg", layer="community")
    street = gpd.GeoDataFrame(
        {"class": ["road"]}, geometry=[shapely.LineString([(X, Y + 500), (X + 2000, Y + 500)])], crs=4547
    )
    street.to_file(folder / "street.gpkg", layer="line")
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"x": X + rng.random(30) * 2000, "y": Y + rng.random(30) * 1000, "name": "甲"})
    rows.to_csv(folder / "points.csv", index=False)
    for name, part in {
        "points": rows,
        "nowhere": rows[["name"]],
        "words": rows.astype({"x": str, "y": str}),
    }.items():
        (folder / f"{name}.parquet").mkdir()
        part.to_parquet(folder / f"{name}.parquet" / "a.parquet", index=False)
    (folder / "mixed.parquet").mkdir()
    rows.to_parquet(folder / "mixed.parquet" / "a.parquet", index=False)
    rows[["x", "y"]].to_parquet(folder / "mixed.parquet" / "b.parquet", index=False)
    (folder / "empty.parquet").mkdir()
    pd.DataFrame({"name": ["甲"]}).to_csv(folder / "names.csv", index=False)
    (folder / "noise.qgz").write_bytes(b"noise" * 100)
    (folder / "broken.osm.pbf").write_bytes(b"noise" * 100)
    return folder


# the command (names of files end as they are called above), what must be said in each language
REFUSALS = [
    ("heat points.csv --out heat.tif --crs 4547 --cell-m 0.001", "方格太多", "too many"),
    ("heat points.csv --out heat.tif --crs 4547 --bandwidth-m -5", "要大于 0", "above 0"),
    ("heat points.csv --out heat.tif --crs 1", "没有 EPSG:1 这个坐标系", "no CRS EPSG:1;"),
    ("hotspots points.csv --out hot.csv --crs 4547 --fdr 2", "0 和 1 之间，不能是 2", "not 2"),
    ("hotspots points.csv --out hot.csv --crs 4547 --distance-m -1", "不能是负数", "0 or more"),
    ("hotspots points.csv --out hot.csv --crs 4547 --cell-m -1", "要大于 0", "above 0"),
    ("partition assign absent.parquet out.parquet --zones zones.gpkg", "没有", "does not exist"),
    ("partition assign empty.parquet out.parquet --zones zones.gpkg", "没有以 .parquet 结尾", "no file that ends"),
    ("partition assign nowhere.parquet out.parquet --zones zones.gpkg", "现有 name", "there are name"),
    ("partition assign words.parquet out.parquet --zones zones.gpkg", "列 x 要是数", "column x must hold numbers"),
    ("partition assign mixed.parquet out.parquet --zones zones.gpkg", "b.parquet 缺少", "b.parquet lacks"),
    ("partition assign points.parquet out.parquet --zones zones.gpkg --level grid", "没有 grid 图层", "no layer grid"),
    ("partition assign points.parquet out.parquet --zones zones.gpkg --code-column 编号", "没有代码列 编号", "'编号'"),
    ("zones check absent.gpkg", "找不到文件", "does not exist"),
    ("zones check points.csv", "认不出格式", "of no known format"),
    ("heat points.csv --out heat.tif --study absent.gpkg --crs 4547", "找不到文件", "does not exist"),
    ("partition heat points.parquet out.parquet", "--crs", "--crs"),
    ("partition heat points.parquet out.parquet --crs 4326", "单位是度", "has degrees"),
    ("partition heat points.parquet out.parquet --crs 4547 --cell-m 0", "不能是 0", "not 0"),
    ("partition heat points.parquet out.parquet --crs 4547 --cell-m 0.01", "至少取", "or more"),
    ("partition heat points.parquet out.parquet --crs 4547 --weight-column 重", "没有权重列 重", "no column 重"),
    ("partition heat points.parquet out.parquet --crs 4547 --weight-column name", "要是数", "must be numbers"),
    ("partition locate points.parquet out.parquet --column 地址 --gazetteer noise.qgz", "缺少列 地址", "lacks the columns 地址"),
    ("partition locate points.parquet out.parquet --column name --gazetteer noise.qgz", "不是地名库", "not a gazetteer"),
    ("gazetteer stats noise.qgz", "不是地名库", "not a gazetteer"),
    ("gazetteer stats absent.qgz", "读不了", "cannot read"),
    ("gazetteer add-alias noise.qgz 东大街 东风路", "不是地名库", "not a gazetteer"),
    ("gazetteer build --out g.qgz", "至少给一个", "at least one"),
    ("gazetteer build --out g.qgz --osm broken.osm.pbf", "读不了", "cannot read"),
    ("gazetteer build --out g.qgz --places names.csv", "缺少列", "lacks the columns"),
    ("gazetteer build --out g.qgz --places points.csv --places-datum mars", "缺少列", "lacks the columns"),
    ("locate 东风路 --gazetteer noise.qgz", "不是地名库", "not a gazetteer"),
    ("zones draw-grids overlapping.gpkg --lines street.gpkg --count 4 --out grids.gpkg", "重叠", "overlap"),
    ("zones draw-grids zones.gpkg --lines street.gpkg --count 1 --out grids.gpkg", "每个社区至少一个", "at least one"),
    ("zones draw-grids zones.gpkg --lines street.gpkg --per-grid 1e-9 --out grids.gpkg", "代码只有三位", "three digits"),
]  # fmt: skip


def spoken(run, files, tmp_path, command, *more):
    """Run a command on the files and return what it says on standard error."""
    words = [
        str(files / word) if (files / word).exists() or word.startswith("absent") else word
        for word in command.split()
    ]
    results = ("out.parquet", "heat.tif", "hot.csv", "g.qgz", "grids.gpkg")
    code, _, said = run(*(str(tmp_path / word) if word in results else word for word in words), *more)
    assert code == 1, said
    return said.replace(str(files), "").replace(str(tmp_path), "")


@pytest.mark.parametrize(("command", "chinese", "english"), REFUSALS, ids=[own[0] for own in REFUSALS])
def test_a_refusal_names_the_fault_in_the_readers_language(run, files, tmp_path, command, chinese, english):
    said = spoken(run, files, tmp_path, command)
    assert chinese in said
    # words of other programs may stand in brackets behind ours: never a sentence of English before a Chinese one
    assert CHINESE.search(said.removeprefix("错误："))
    said = spoken(run, files, tmp_path, command, "--lang", "en")
    assert said.startswith("error: ")
    assert english in said
    own = {letter for word in command.split() for letter in word} | set("甲")
    assert not set(CHINESE.findall(said)) - own
