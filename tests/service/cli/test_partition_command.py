"""`qingtu partition` as a user calls it: the same columns as the single-process commands, counts, refusals."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests.geodata.drawn_city import write_lines, write_zones

X, Y = 474_000.0, 3_848_000.0


@pytest.fixture
def zones(tmp_path):
    path = tmp_path / "zones.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"]},
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
        crs=4547,
    )
    frame.to_file(path, layer="community")
    return path


@pytest.fixture
def points(tmp_path):
    """The same rows as a folder and as one file."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        {"id": range(600), "x": X - 50 + rng.random(600) * 2_100, "y": Y - 50 + rng.random(600) * 1_100}
    )
    rows.loc[::50, "x"] = np.nan
    folder = tmp_path / "in.parquet"
    folder.mkdir()
    for number in range(3):
        rows.iloc[number * 200 : number * 200 + 200].to_parquet(folder / f"p{number}.parquet", index=False)
    rows.to_parquet(tmp_path / "single.parquet", index=False)
    return folder


def test_assign_gives_the_columns_of_qingtu_assign(run, zones, points, tmp_path):
    assert (
        run("assign", tmp_path / "single.parquet", "--zones", zones, "--out", tmp_path / "one.parquet")[0]
        == 0
    )
    out = tmp_path / "out.parquet"
    arguments = ("partition", "assign", points, out, "--zones", zones, "--partitions", 6, "--workers", 0)
    code, words, _ = run(*arguments)
    assert code == 0
    assert "600 行：" in words
    assert "没有坐标 12" in words
    one = pd.read_parquet(tmp_path / "one.parquet")
    many = pd.concat([pd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))])
    many = many.sort_values("source_row", ignore_index=True)
    for name in ("id", "zone", "flag", "nearest_zone"):
        assert many[name].tolist() == one[name].tolist(), name
    # one process takes GEOS for so few rows, which differs in the last digit
    assert many["border_m"].to_numpy() == pytest.approx(one["border_m"].to_numpy(), abs=1e-9, nan_ok=True)
    code, words, _ = run(*arguments, "--json")
    data = json.loads(words)
    assert code == 0
    assert data["inside"] + data["outside"] + data["without_place"] == data["rows"] == data["written"] == 600
    assert data["kept"] == data["partitions"] >= 6
    code, words, _ = run(*arguments, "--lang", "en")
    assert f"({data['partitions']} from before)" in words
    assert "near a border" in words


def test_heat_also_as_one_picture(run, points, tmp_path):
    out, tif = tmp_path / "heat.parquet", tmp_path / "heat.tif"
    code, words, _ = run(
        "partition", "heat", points, out, "--bandwidth-m", 100, "--cell-m", 20, "--crs", 4547, "--workers", 0,
        "--rows-per-partition", 100, "--tif", tif, "--json",
    )  # fmt: skip
    data = json.loads(words)
    assert code == 0
    assert (data["counted"], data["without_place"]) == (588, 12)
    # every kernel lies within the cells; cells of a fifth of the radius sum to 1 within a per mille
    assert data["total"] == pytest.approx(588, rel=2e-3)
    assert data["written"] == len(gpd.read_parquet(out))
    assert tif.read_bytes()[:4] == b"II*\x00"
    code, words, _ = run("partition", "heat", points, out, "--cell-m", 0, "--crs", 4547, "--workers", 0)
    assert code == 1


def test_locate_on_processes_of_this_machine(run, tmp_path):
    write_lines(tmp_path / "l.gpkg")
    write_zones(tmp_path / "z.gpkg")
    built = run(
        "gazetteer", "build", "--lines", tmp_path / "l.gpkg", "--zones", tmp_path / "z.gpkg", "--out",
        tmp_path / "g.qgz",
    )  # fmt: skip
    assert built[0] == 0
    texts = ["青禾路与白鹭街交叉口", "青禾路9号", "没有这个地方", "松涛路（云杉街至白鹭街）南侧"] * 5
    pd.DataFrame({"地址": texts}).to_parquet(tmp_path / "list.parquet")
    pd.DataFrame({"地址": texts}).to_csv(tmp_path / "list.csv", index=False)
    options = ("--column", "地址", "-g", tmp_path / "g.qgz", "-z", tmp_path / "z.gpkg")
    assert run("locate", "--batch", tmp_path / "list.csv", *options, "--out", tmp_path / "one.csv")[0] == 0
    out = tmp_path / "out.parquet"
    code, words, _ = run(
        "partition", "locate", tmp_path / "list.parquet", out, *options, "--workers", 1, "--memory-gb", 2,
        "--rows-per-partition", 6, "--json",
    )  # fmt: skip
    data = json.loads(words)
    assert code == 0
    assert data["located"] + data["ambiguous"] + data["not_found"] == data["rows"] == 20
    assert data["not_found"] == 5
    one = pd.read_csv(tmp_path / "one.csv", dtype=str, keep_default_na=False)
    many = pd.concat([gpd.read_parquet(path) for path in sorted(out.glob("part-*.parquet"))])
    for name in ("地址", "status", "method", "community", "community_name", "grid"):
        assert many[name].tolist() == one[name].tolist(), name
    for name in ("lon", "lat", "uncertainty_m", "p50", "p500", "p_community"):
        assert [None if value == "" else float(value) for value in one[name]] == [
            None if pd.isna(value) else value for value in many[name]
        ], name
    wkt = shapely.to_wkt(many.geometry.to_numpy(), rounding_precision=7)
    assert ["" if words is None else words for words in wkt] == one["geometry"].tolist()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--scheduler", "tcp://127.0.0.1:1", "--workers", 2), 2, "--workers"),
        (("--tls-ca", "ca.pem"), 2, "--tls-key"),
        (("--scheduler", "tls://127.0.0.1:1"), 1, "要有证书"),
        (("--partitions", 3, "--rows-per-partition", 5), 2, "--partitions"),
        (("--level", "village"), 2, "--level"),
        (("--level", "grid"), 1, "没有 grid 图层"),
    ],
)
def test_refusals(run, zones, points, tmp_path, options, code, words):
    done = run("partition", "assign", points, tmp_path / "out.parquet", "--zones", zones, *options)
    assert done[0] == code
    assert words in done[2]


def test_results_never_go_into_the_input(run, zones, points):
    code, _, err = run("partition", "assign", points, points, "--zones", zones, "--workers", 0)
    assert code == 1
    assert "不能写回输入" in err
    code, _, err = run(
        "partition", "assign", points.parent / "absent", points.parent / "o", "--zones", zones, "--workers", 0
    )
    assert code == 1
    assert f"没有 {points.parent / 'absent'}；" in err
