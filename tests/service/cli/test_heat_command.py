"""`qingtu heat` beyond the plain picture: study areas, weights, advice, classes, lines."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from geodata.patterns import density_at

X, Y = 474000.0, 3848000.0
DISTRICT = shapely.Polygon([(X, Y), (X + 1000, Y + 100), (X + 900, Y + 1000), (X + 50, Y + 900)])
LAKE = shapely.box(X + 600, Y + 300, X + 760, Y + 500)


@pytest.fixture
def problems(tmp_path):
    rng = np.random.default_rng(9)
    xy = np.vstack(
        [rng.uniform((X, Y), (X + 1000, Y + 1000), (150, 2)), rng.normal((X + 300, Y + 700), 40, (50, 2))]
    )
    path = tmp_path / "problems.gpkg"
    columns = {
        "severity": np.arange(200) % 3 + 1,
        "day": pd.to_datetime("2017-09-30") - pd.to_timedelta(np.arange(200) % 5 * 7, "D"),
    }
    gpd.GeoDataFrame(columns, geometry=shapely.points(xy), crs=4547).to_file(path)
    return path


@pytest.fixture
def ground(tmp_path):
    for name, shape in (("study", DISTRICT), ("lake", LAKE)):
        gpd.GeoDataFrame(geometry=[shape], crs=4547).to_crs(4326).to_file(tmp_path / f"{name}.gpkg")
    return tmp_path / "study.gpkg", tmp_path / "lake.gpkg"


def inside(problems):
    return int(gpd.read_file(problems).intersects(DISTRICT.difference(LAKE)).sum())


def test_study_area_and_mask_are_nodata(run, problems, ground, tmp_path):
    study, lake = ground
    out = tmp_path / "heat.tif"
    code, words, _ = run(
        "heat",
        problems,
        "--study",
        study,
        "--mask",
        lake,
        "--edge",
        "mass",
        "--out",
        out,
        "--json",
        "--crs",
        4547,
    )
    figures = json.loads(words)
    assert code == 0
    assert figures["total"] == pytest.approx(inside(problems), rel=1e-6)
    assert figures["studied_km2"] == pytest.approx(DISTRICT.difference(LAKE).area / 1e6, rel=1e-6)
    with Image.open(out) as image:
        values = np.asarray(image)
        assert image.tag_v2[42113].rstrip("\0") == "nan"
        min_x, max_y = image.tag_v2[33922][3:5]
    row, column = int((max_y - (Y + 400)) // 10), int((X + 680 - min_x) // 10)
    assert np.isnan(values[row, column])
    assert np.isnan(values[-1, -1])
    assert np.isfinite(values).mean() == pytest.approx(0.77, abs=0.05)


def test_classes_tile_the_study_area(run, problems, ground, tmp_path):
    study, lake = ground
    classes, picture = tmp_path / "classes.gpkg", tmp_path / "heat.png"
    code, _, err = run(
        "heat", problems, "--study", study, "--mask", lake, "--contours", classes, "--limits", "20,100,400",
        "--out", picture, "--crs", 4547,
    )  # fmt: skip
    assert code == 0, err
    bands = gpd.read_file(classes)
    assert bands["lower"].tolist() == [20, 100, 400]
    assert bands["upper"].tolist()[:2] == [100, 400]
    assert np.isnan(bands["upper"].iloc[2])
    assert bands["label"].tolist() == ["20–100 处/km²", "100–400 处/km²", "≥ 400 处/km²"]
    assert bands.geometry.is_valid.all()
    assert bands.union_all().area == pytest.approx(bands.area.sum(), rel=1e-9)
    assert bands.union_all().difference(DISTRICT.difference(LAKE).buffer(0.01)).area < 1
    facts = json.loads((tmp_path / "heat.json").read_text(encoding="utf-8"))
    assert (facts["edge"], facts["limits"], len(facts["colours"])) == ("flat", [20, 100, 400], 3)
    geojson = tmp_path / "classes.geojson"
    assert run("heat", problems, "--out", geojson)[0] == 0
    lonlat = gpd.read_file(geojson)
    assert lonlat.crs == "EPSG:4326"
    assert lonlat.total_bounds[0] == pytest.approx(113.71, abs=0.02)


def test_a_bandwidth_is_advised_with_reasons(run, problems, tmp_path):
    code, words, _ = run(
        "heat", problems, "--bandwidth-m", "auto", "--kernel", "gaussian", "--out", tmp_path / "a.tif"
    )
    assert code == 0
    assert "留一交叉验证" in words
    assert "Silverman" in words
    assert "采用" in words
    figures = json.loads(
        run("heat", problems, "--bandwidth-m", "auto", "--out", tmp_path / "a.tif", "--json")[1]
    )
    assert [one["rule"] for one in figures["advice"]] == ["likelihood", "silverman"]
    assert figures["bandwidth_m"] == figures["advice"][0]["bandwidth_m"]
    figures = json.loads(
        run("heat", problems, "--bandwidth-m", "neighbours", "--out", tmp_path / "a.tif", "--json")[1]
    )
    assert figures["bandwidth_m"] in (150, 250)


def test_weights_of_severity_and_age(run, problems, tmp_path):
    out = tmp_path / "w.tif"
    _, words, _ = run(
        "heat", problems, "--weight", "severity", "--date-column", "day", "--now", "2017-09-30",
        "--half-life-days", 7, "--out", out, "--json",
    )  # fmt: skip
    expected = ((np.arange(200) % 3 + 1) * 0.5 ** (np.arange(200) % 5)).sum()
    assert json.loads(words)["total"] == pytest.approx(expected, rel=1e-3)


def test_gaussian_values_in_the_file(run, problems, tmp_path):
    out = tmp_path / "g.tif"
    assert run("heat", problems, "--kernel", "gaussian", "--bandwidth-m", 200, "--out", out)[0] == 0
    with Image.open(out) as image:
        values, tie = np.asarray(image), image.tag_v2[33922]
    xy = np.column_stack([gpd.read_file(problems).geometry.x, gpd.read_file(problems).geometry.y])
    rows, columns = np.array([20, 100, 150]), np.array([30, 90, 140])
    places = np.column_stack([tie[3] + columns * 10 + 5, tie[4] - rows * 10 - 5])
    exact = density_at(xy, places, bandwidth_m=200, kernel="gaussian")
    assert values[rows, columns] == pytest.approx(exact, rel=1e-5)


def test_along_lines(run, problems, tmp_path):
    lines = tmp_path / "lines.gpkg"
    streets = [shapely.LineString([(X, Y + at), (X + 1000, Y + at)]) for at in (100, 700)]
    streets += [shapely.LineString([(X + 300, Y), (X + 300, Y + 1000)])]
    gpd.GeoDataFrame({"name": ["甲路", "乙路", "丙街"]}, geometry=streets, crs=4547).to_file(lines)
    out = tmp_path / "along.gpkg"
    code, words, err = run("heat", problems, "--network", lines, "--bandwidth-m", 200, "--out", out, "--json")
    assert code == 0, err
    figures = json.loads(words)
    frame = gpd.read_file(out)
    off = gpd.read_file(problems).distance(shapely.union_all(streets))
    assert figures["on_lines"] == (off <= 40).sum()
    assert figures["too_far_off"] == (off > 40).sum()
    assert (frame["per_km"] * frame["length_m"]).sum() / 1000 == pytest.approx(figures["on_lines"], rel=1e-9)
    assert frame.length.to_numpy() == pytest.approx(frame["length_m"], abs=1e-3)
    assert set(frame["name"]) == {"甲路", "乙路", "丙街"}
    worst = frame.loc[frame["per_km"].idxmax()]
    assert worst.geometry.distance(shapely.Point(X + 300, Y + 700)) < 60
    assert worst["label"].startswith("≥")
    assert f"{figures['too_far_off']:g}" in run("heat", problems, "--network", lines, "--out", out)[1]


def test_along_the_axes_of_a_gazetteer(run, problems, tmp_path):
    source, book = tmp_path / "osm.gpkg", tmp_path / "book.qgz"
    streets = [
        shapely.LineString([(X, Y + 700), (X + 1000, Y + 700)]),
        shapely.LineString([(X + 300, Y), (X + 300, Y + 1000)]),
    ]
    frame = {"name": ["和平路", "清水渠"], "class": ["road", "water"], "width_m": [20.0, 10.0]}
    gpd.GeoDataFrame(frame, geometry=streets, crs=4547).to_file(source, layer="line")
    code, _, err = run("gazetteer", "build", "--lines", source, "--crs", 4547, "--out", book)
    assert code == 0, err
    figures = {}
    for classes in ("road", "water", "road,water"):
        out = tmp_path / "along.geojson"
        code, words, err = run(
            "heat",
            problems,
            "--network",
            book,
            "--line-class",
            classes,
            "--bandwidth-m",
            150,
            "--out",
            out,
            "--json",
        )
        assert code == 0, err
        figures[classes] = json.loads(words)
        assert figures[classes]["total"] == pytest.approx(figures[classes]["on_lines"], rel=1e-9)
    assert set(gpd.read_file(out)["name"]) == {"和平路", "清水渠"}
    assert figures["road,water"]["km"] == pytest.approx(figures["road"]["km"] + figures["water"]["km"])
    distance = gpd.read_file(problems).distance(streets[0])
    assert figures["road"]["on_lines"] == (distance <= 40).sum()


def test_refusals(run, problems, ground, tmp_path):
    study, lake = ground
    out, lines = tmp_path / "o.tif", tmp_path / "far.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.LineString([(X + 9e4, Y), (X + 9e4, Y + 9)])], crs=4547).to_file(lines)
    bow = tmp_path / "bow.gpkg"
    gpd.GeoDataFrame(
        geometry=[shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])], crs=4547
    ).to_file(bow)
    for arguments, words in (
        (("--out", tmp_path / "o.doc"), ".tif"),
        (("--out", out, "--bandwidth-m", "wide"), "auto"),
        (("--out", out, "--bandwidth-m", "nan"), "大于 0"),
        (("--out", out, "--cell-m", 0), "大于 0"),
        (("--out", out, "--kernel", "cosine"), "quartic | gaussian"),
        (("--out", out, "--edge", "flat"), "--study"),
        (("--out", out, "--study", study, "--edge", "soft"), "none | flat | mass"),
        (("--out", out, "--study", bow), "1 个无效的面"),
        (("--out", out, "--study", lines), "没有面"),
        (("--out", out, "--study", tmp_path / "absent.gpkg"), "找不到文件"),
        (("--out", out, "--weight", "absent"), "没有列“absent”"),
        (("--out", out, "--weight", "day"), "不是不小于 0 的数"),
        (("--out", out, "--date-column", "day"), "--now"),
        (("--out", out, "--date-column", "day", "--now", "2017-09-10"), "120 行"),
        (("--out", out, "--date-column", "day", "--now", "soon"), "不是日期"),
        (("--out", out, "--limits", "3,2"), "--limits"),
        (("--out", out, "--contours", tmp_path / "c.shp"), ".gpkg"),
        (("--out", out, "--network", lines), ".parquet"),
        (("--out", tmp_path / "o.gpkg", "--network", lines), "附近没有线"),
        (("--out", tmp_path / "o.gpkg", "--network", lines, "--mask", lake), "不与"),
    ):
        code, _, err = run("heat", problems, *arguments)
        assert code == 1, arguments
        assert words in err, (arguments, err)
