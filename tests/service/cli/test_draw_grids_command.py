"""`qingtu zones draw-grids` as a user calls it."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.datums import from_wgs84

X, Y = 474000.0, 3848000.0


@pytest.fixture
def town(tmp_path):
    """A community of 800 m x 400 m with a lattice of roads every 200 m, in degrees, and 40 problems."""
    gpd.GeoDataFrame(
        {"code": ["410105001001"], "name": ["甲社区"]},
        geometry=[shapely.box(X, Y, X + 800, Y + 400)],
        crs=4547,
    ).to_file(tmp_path / "c.gpkg", layer="community")
    lines = [shapely.LineString([(X + x, Y - 30), (X + x, Y + 430)]) for x in (200, 400, 600)]
    lines.append(shapely.LineString([(X - 30, Y + 200), (X + 830, Y + 200)]))
    gpd.GeoDataFrame({"类别": ["道路"] * 3 + ["水系"]}, geometry=lines, crs=4547).to_crs(4326).to_file(
        tmp_path / "roads.geojson"
    )
    spots = [(X + 100 + 200 * (n % 4), Y + 100 + 200 * (n % 2), n % 3) for n in range(40)]
    pd.DataFrame([*spots, (None, None, 1)], columns=["x", "y", "件数"]).to_csv(
        tmp_path / "p.csv", index=False
    )
    return tmp_path


def test_a_zone_file_with_a_picture(run, town):
    out, picture = town / "grids.gpkg", town / "grids.png"
    code, words, err = run(
        "zones", "draw-grids", town / "c.gpkg", "--lines", town / "roads.geojson", "--count", 4,
        "--points", town / "p.csv", "--out", out, "--picture", picture,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "草图：4 个网格" in words
    assert "没有坐标的行：1" in words
    assert "非官方" in words
    grids = gpd.read_file(out, layer="grid")
    assert grids["code"].tolist() == [f"410105001001{n:03d}" for n in range(1, 5)]
    assert grids["work"].sum() == 40
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, words, _ = run("zones", "check", out)
    assert code == 0
    assert "可以使用" in words


def test_weights_and_json(run, town):
    code, words, _ = run(
        "zones", "draw-grids", town / "c.gpkg", "--lines", town / "roads.geojson", "--per-grid", 10, "--points",
        town / "p.csv", "--weight-column", "件数", "--out", town / "g.gpkg", "--json",
    )  # fmt: skip
    answer = json.loads(words)
    assert code == 0
    assert answer["communities"][0]["work"] == sum(n % 3 for n in range(40))
    assert answer["grids"] == round(39 / 10)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "4"], "--lines 或 --gazetteer"),
        (["--lines", "roads.geojson"], "--per-grid 或 --count"),
        (["--lines", "roads.geojson", "--count", "4", "--by", "points"], "--points"),
        (["--lines", "roads.geojson", "--count", "4", "--by", "夜"], "--by"),
        (["--lines", "c.gpkg.missing", "--count", "4"], "找不到文件"),
        (
            ["--lines", "roads.geojson", "--count", "4", "--points", "p.csv", "--weight-column", "无"],
            "没有权重列",
        ),
    ],
)
def test_refusals(run, town, arguments, words):
    paths = [str(town / word) if "." in word else word for word in arguments]
    code, _, err = run("zones", "draw-grids", town / "c.gpkg", *paths, "--out", town / "g.gpkg")
    assert code == 1
    assert words in err
    assert not (town / "g.gpkg").exists()


@pytest.fixture
def gazetteer(run, town):
    """A gazetteer with the roads of the town: named, drawn, of known position."""
    lines = [shapely.LineString([(X + x, Y - 30), (X + x, Y + 430)]) for x in (0, 200, 400, 600, 800)]
    lines += [shapely.LineString([(X - 30, Y + y), (X + 830, Y + y)]) for y in (0, 200, 400)]
    gpd.GeoDataFrame(
        {"name": [f"{word}路" for word in "甲乙丙丁戊己庚辛"], "class": "road", "width_m": 10.0},
        geometry=[shapely.MultiLineString([line]) for line in lines],
        crs=4547,
    ).to_file(town / "lines.gpkg", layer="line")
    assert run("gazetteer", "build", "--lines", town / "lines.gpkg", "--out", town / "g.qgz")[0] == 0
    return town / "g.qgz"


def test_lines_from_a_gazetteer(run, town, gazetteer):
    code, words, _ = run(
        "zones", "draw-grids", town / "c.gpkg", "--gazetteer", gazetteer, "--count", 4, "--by", "area", "--out",
        town / "grids.gpkg", "--json",
    )  # fmt: skip
    (plan,) = json.loads(words)["communities"]
    assert code == 0
    assert (plan["grids"], plan["blocks"], plan["borders_on_lines"]) == (4, 8, 1.0)


def test_borders_drawn_on_a_shifted_map_are_suspected_beside_the_roads(run, town, gazetteer):
    assert "GCJ-02" not in run("zones", "check", town / "c.gpkg", "--gazetteer", gazetteer)[1]
    degrees = gpd.read_file(town / "c.gpkg").to_crs(4326)
    shifted = shapely.transform(degrees.geometry.array, lambda xy: from_wgs84(xy, "gcj02"))
    degrees.set_geometry(list(shifted), crs=4326).to_file(town / "shifted.geojson")
    code, words, _ = run("zones", "check", town / "shifted.geojson", "--gazetteer", gazetteer)
    assert code == 0  # a suspicion, not a refusal
    assert "GCJ-02（火星坐标）" in words
