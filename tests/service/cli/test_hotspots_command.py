"""`qingtu hotspots` as a user calls it: every method, on cells and zones, its files and refusals."""

import json
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

X, Y = 474000.0, 3848000.0


@pytest.fixture
def run(run):
    return partial(run, "hotspots")


@pytest.fixture
def zones(tmp_path):
    path = tmp_path / "zones.gpkg"
    names = {"code": ["A", "B"], "name": ["甲", "乙"]}
    halves = [shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)]
    gpd.GeoDataFrame(names, geometry=halves, crs=4547).to_file(path, layer="community")
    west = [X + 500 * i for i in range(4)]
    grids = {
        "code": ["A1", "A2", "B1", "B2"],
        "name": list("一二三四"),
        "parent": list("AABB"),
        "shops": [10, 40, 10, 0],
    }
    shapes = [shapely.box(x, Y, x + 500, Y + 1000) for x in west]
    gpd.GeoDataFrame(grids, geometry=shapes, crs=4547).to_file(path, layer="grid")
    return path


@pytest.fixture
def problems(tmp_path):
    """Twelve weeks of scattered problems; a spot in the second grid that is hot in the last weeks."""
    rng = np.random.default_rng(9)
    scattered = rng.uniform((X, Y), (X + 2000, Y + 1000), (240, 2))
    spot = rng.normal((X + 750, Y + 700), 40, (60, 2))
    days = np.concatenate([rng.integers(0, 84, 240), rng.integers(63, 84, 60)])
    reported = np.datetime64("2017-08-21") + days.astype("timedelta64[D]")
    rows = {
        "上报时间": [f"{day}T09:00:00+08:00" for day in reported],
        "结案时间": [
            f"{day + 3}T09:00:00+08:00" if day < np.datetime64("2017-11-01") else "" for day in reported
        ],
        "kind": np.where(np.arange(300) % 2, "C1", "C2"),
    }
    path = tmp_path / "problems.gpkg"
    gpd.GeoDataFrame(rows, geometry=shapely.points(np.vstack([scattered, spot])), crs=4547).to_file(path)
    return path


def figures(run, *arguments):
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def test_gi_on_cells_finds_the_spot_and_says_it_in_words(run, problems, zones, tmp_path):
    found = figures(run, problems, "-z", zones, "-o", tmp_path / "hot.gpkg")
    cells = gpd.read_file(tmp_path / "hot.gpkg")
    assert len(cells) == found["cells"] == 200
    hot = cells[cells["label"] == "显著热点"]
    assert hot.distance(shapely.Point(X + 750, Y + 700)).max() < 350
    assert found["labels"]["显著热点"] == found["hot"] == len(hot)
    assert cells["count"].sum() == found["counted"] <= 300


def test_permutation_and_moran_keep_to_the_seed(run, problems, zones, tmp_path):
    for options in (["--test", "permutation"], ["--method", "moran"]):
        for name in ("a.csv", "b.csv"):
            assert run(problems, "-z", zones, *options, "--seed", 5, "-o", tmp_path / name)[0] == 0
        first, second = ((tmp_path / name).read_text("utf-8-sig") for name in ("a.csv", "b.csv"))
        assert first == second
        table = pd.read_csv(tmp_path / "a.csv")
        hot = table[table["label"] == "显著热点"]
        assert len(hot)
        assert np.hypot(hot["x"] - X - 750, hot["y"] - Y - 700).max() < 400


def test_rates_by_grid_use_the_exposure_and_do_not_judge_without(run, problems, zones, tmp_path):
    out = tmp_path / "league.csv"
    by_area = figures(run, problems, "-z", zones, "--by", "grid", "--method", "rates", "-o", out)
    table = pd.read_csv(out)
    assert table["code"][0] == "A2"
    assert by_area["labels"]["显著热点"] == 1
    assert (
        run(
            problems,
            "-z",
            zones,
            "--by",
            "grid",
            "--method",
            "rates",
            "--exposure-column",
            "shops",
            "-o",
            out,
        )[0]
        == 0
    )
    shops = pd.read_csv(out).set_index("code")
    assert shops.loc["B2", "label"] == "不评价"
    assert shops.index[-1] == "B2"
    assert shops.loc["A2", "rank"] == 3  # forty shops explain it


def test_gi_on_grids_and_by_counted_shops(run, problems, zones, tmp_path):
    out = tmp_path / "grids.geojson"
    assert run(problems, "-z", zones, "--by", "grid", "-o", out)[0] == 0
    grids = gpd.read_file(out)
    assert grids.crs.to_epsg() == 4326
    assert grids["code"].tolist() == ["A1", "A2", "B1", "B2"]
    # Were every problem a shop as well, nothing would be a hot spot.
    out = tmp_path / "cells.parquet"
    assert run(problems, "-z", zones, "--exposure-points", problems, "-o", out)[0] == 0
    assert "显著热点" not in set(gpd.read_parquet(out)["label"])


def test_emerging_sees_that_it_is_new(run, problems, zones, tmp_path):
    out = tmp_path / "weeks.gpkg"
    found = figures(
        run, problems, "-z", zones, "--method", "emerging", "--date-column", "上报时间", "-o", out
    )
    assert (found["weeks"], found["first_monday"], found["without_date"]) == (12, "2017-08-21", 0)
    cells = gpd.read_file(out)
    new = cells[cells["label"] == "新出现的热点"]
    assert new.distance(shapely.Point(X + 750, Y + 700)).min() == 0
    assert new["first_hot"].min() >= 9
    last = figures(
        run,
        problems,
        "-z",
        zones,
        "--method",
        "emerging",
        "--date-column",
        "上报时间",
        "--weeks",
        4,
        "-o",
        out,
    )
    assert (last["weeks"], last["first_monday"]) == (4, "2017-10-16")


def test_scan_names_place_and_weeks(run, problems, zones, tmp_path):
    out = tmp_path / "clusters.gpkg"
    options = ["--method", "scan", "--date-column", "上报时间", "--replicas", 99, "--mode", "prospective"]
    found = figures(run, problems, "-z", zones, *options, "-o", out)
    best = gpd.read_file(out).iloc[0]
    assert best["label"] == "显著热点"
    assert best.geometry.distance(shapely.Point(X + 750, Y + 700)) == 0
    assert (best["first_week"], best["last_week"]) == (10, 12)
    assert (best["since"], best["until"]) == ("2017-10-23", "2017-11-12")
    assert found["replicas"] == 99
    assert run(problems, "-z", zones, "--method", "scan", "--replicas", 99, "-o", out)[0] == 0  # space alone


def test_relapse_by_community(run, problems, zones, tmp_path):
    out = tmp_path / "relapse.csv"
    options = [
        "--method",
        "relapse",
        "--by",
        "community",
        "--date-column",
        "上报时间",
        "--closed-column",
        "结案时间",
    ]
    found = figures(run, problems, "-z", zones, *options, "--window-days", 14, "-o", out)
    table = pd.read_csv(out).set_index("code")
    assert found["followed"] <= found["closings"]
    assert table["closings"].sum() <= found["followed"]
    assert table.loc["A", "relapses"] > table.loc["B", "relapses"]
    assert run(problems, "-z", zones, *options, "--kind-column", "kind", "-o", out)[0] == 0
    assert pd.read_csv(out)["relapses"].sum() <= table["relapses"].sum()


def test_html_opens_without_network(run, problems, zones, tmp_path):
    out = tmp_path / "hot.html"
    assert run(problems, "-z", zones, "-o", out)[0] == 0
    page = out.read_text("utf-8")
    assert "显著热点" in page
    assert "https://" not in page


def test_rows_without_place_or_date_are_counted(run, zones, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "lon,lat,日期\n113.72,34.77,2017-09-01\n,,2017-09-02\n113.721,34.771,不详\n113.72,99,2017-09-03\n",
        encoding="utf-8",
    )
    out = tmp_path / "weeks.csv"
    found = figures(run, path, "--method", "emerging", "--date-column", "日期", "--by", "cells", "-o", out)
    assert (found["rows"], found["without_place"], found["without_date"], found["weeks"]) == (2, 2, 1, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--by", "grid"], "--zones"),
        (["--exposure-column", "shops"], "--exposure-points"),
        (["--method", "emerging"], "--date-column"),
        (["--method", "relapse", "--date-column", "上报时间"], "--closed-column"),
        (["--method", "emerging", "--date-column", "没有"], "没有列"),
        (["--method", "emerging", "--date-column", "kind"], "没有日期"),
        (["--cell-m", "0"], "大于 0"),
        (["--fdr", "2"], "错误发现率"),
    ],
)
def test_refusals_say_why(run, problems, tmp_path, options, words):
    code, _, err = run(problems, *options, "-o", tmp_path / "x.gpkg")
    assert code == 1
    assert words in err


def test_an_unknown_format_or_column_is_refused(run, problems, zones, tmp_path):
    assert "html" in run(problems, "-o", tmp_path / "x.txt")[2]
    code, _, err = run(
        problems, "-z", zones, "--by", "grid", "--exposure-column", "没有", "-o", tmp_path / "x.csv"
    )
    assert code == 1
    assert "shops" in err
