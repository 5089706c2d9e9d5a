"""`qingtu assign` for drawn rows of all kinds: every row accounted for, pieces as `ZoneTree` answers them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiLineString, Point

from geodata.zones import ZoneTree
from service.cli.assign_rows import assign_file

X, Y = 474000.0, 3848000.0


def moved(shape):
    return shapely.transform(shape, lambda xy: xy + np.array([X, Y]))


ROWS = {
    "across": LineString([(-50, 50), (250, 50)]),
    "there and back": LineString([(50, 20), (150, 20), (50, 20)]),
    "along": LineString([(100, 20), (100, 80)]),
    "parts": MultiLineString([[(10, 10), (20, 10)], [(180, 10), (190, 10)], [(30, 10), (35, 10)]]),
    "no length": LineString([(10, 10), (10, 10)]),
    "point": Point(150, 50),
    "border point": Point(100, 50),
    "nowhere": Point(900, 900),
    "area": shapely.box(90, 90, 120, 110),
    "missing": None,
    "empty": LineString(),
}


@pytest.fixture
def assigned(tmp_path):
    layer = gpd.GeoDataFrame(
        {"code": ["B", "A"]},
        geometry=[moved(shapely.box(0, 0, 100, 100)), moved(shapely.box(100, 0, 200, 100))],
        crs=4547,
    )
    layer.to_file(tmp_path / "zones.gpkg", layer="community")
    shapes = [moved(shape) if shape is not None else None for shape in ROWS.values()]
    rows = gpd.GeoDataFrame({"name": list(ROWS), "zone": "own"}, geometry=shapes, crs=4547)
    rows.to_parquet(tmp_path / "rows.parquet")
    out = tmp_path / "out.parquet"
    counts = assign_file(
        tmp_path / "rows.parquet",
        tmp_path / "zones.gpkg",
        out,
        level="community",
        code_column="code",
        crs=None,
    )
    return counts, gpd.read_parquet(out), ZoneTree(community=layer), rows


def test_rows_and_counts(assigned):
    counts, found, _, _ = assigned
    named = found.groupby("name", sort=False)["zone"].agg(list).to_dict()
    assert named == {
        "across": ["A", "B", ""], "there and back": ["A", "B"], "along": ["A"], "parts": ["A", "B"],
        "no length": ["B"], "point": ["A"], "border point": ["A"], "nowhere": [""], "area": ["A", "B", ""],
        "missing": [""], "empty": [""],
    }  # fmt: skip
    assert (counts["rows"], counts["written"]) == (11, 17)
    assert (counts["inside"], counts["outside"], counts["without_place"]) == (12, 3, 2)
    assert found["input_zone"].eq("own").all()
    gone = found[found["name"].isin(["missing", "empty"])]
    assert gone[["border_m", "length_m", "share"]].isna().all(axis=None)


def test_pieces_are_those_of_the_zone_tree(assigned):
    """Second source: the same geometries through `ZoneTree.shares_many`."""
    _, found, tree, rows = assigned
    present = rows[~rows.geometry.isna() & ~rows.geometry.is_empty]
    answers = tree.shares_many(list(present.geometry))
    expected = [
        (name, part.code, part.length_m, part.share, answer.border_m, part.geometry)
        for name, answer in zip(present["name"], answers, strict=True)
        for part in answer.parts_of("community")
    ]
    ours = found[~found["border_m"].isna()]
    assert list(zip(ours["name"], ours["zone"], strict=True)) == [row[:2] for row in expected]
    numbers = pd.DataFrame(expected)[[2, 3, 4]].to_numpy()
    np.testing.assert_allclose(ours[["length_m", "share", "border_m"]].to_numpy(), numbers, atol=1e-9)
    for shape, row in zip(ours.geometry, expected, strict=True):
        assert shape.equals_exact(row[5], 1e-9)
