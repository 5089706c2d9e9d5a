"""`qingtu zones draw-grids` as a user calls it."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from service.cli import main

X, Y = 474000.0, 3848000.0


@pytest.fixture
def run(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as done:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return done.value.code or 0, output.out, output.err

    return call


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
