from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
import shapely

from geodata.zones import ZoneTree

REFERENCE = Path(os.environ.get("QINGTU_TEST_REFERENCE", "../shared/reference"))


def test_columns_and_crs(zones):
    for frame in zones.values():
        assert frame.crs.to_epsg() == 4547
        assert [column for column in frame.columns if column != "geometry"] == [
            "code", "name", "parent", "valid_from", "valid_to", "leader", "official", "note",
        ]  # fmt: skip
        assert frame["code"].is_unique
        assert frame["leader"].str.startswith("示范·").all()
        assert not frame["official"].any()
        assert (frame["note"] == "非官方示范数据").all()


def test_the_tree_knows_that_it_is_unofficial(profile):
    tree = ZoneTree.read(profile / "zones.gpkg")
    assert not tree.is_official
    assert tree.note == "非官方示范数据"


@pytest.mark.parametrize("layer", ["community", "grid"])
def test_zones_have_neither_gap_nor_overlap(zones, layer):
    shapes = zones[layer].geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    whole = zones["subdistrict"].geometry.iloc[0]
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, abs=0.01)
    # A gap would be a hole of the union, an overlap would make the union smaller than the sum.
    union = shapely.coverage_union_all(shapes)
    parts = list(shapely.get_parts(union))
    assert len(parts) == 1
    assert len(parts[0].interiors) == 0


def test_children_tile_their_parent(zones):
    for parents, children in (("subdistrict", "community"), ("community", "grid")):
        for parent in zones[parents].itertuples():
            own = zones[children][zones[children]["parent"] == parent.code].geometry.to_numpy()
            assert len(own)
            union = shapely.coverage_union_all(own)
            assert shapely.symmetric_difference(union, parent.geometry).area < 1e-6
            assert shapely.area(own).sum() == pytest.approx(parent.geometry.area, abs=1e-3)


def test_grids_are_of_sensible_number_and_size(zones):
    grid = zones["grid"]
    for community, own in grid.groupby("parent"):
        assert 5 <= len(own) <= 9
        assert own["code"].tolist() == [f"{community}{number:03d}" for number in range(1, len(own) + 1)]
    assert (grid.geometry.area > 50_000).all()
    assert (grid.geometry.area < 1_200_000).all()
    assert all(len(shapely.get_parts(shape)) == 1 for shape in grid.geometry)


def test_grid_numbers_run_north_to_south(zones):
    for _, own in zones["grid"].groupby("parent"):
        assert own.geometry.centroid.y.iloc[0] > own.geometry.centroid.y.iloc[-1]


def test_both_sides_of_the_railway_are_in_the_district(zones, lines):
    whole = zones["subdistrict"].geometry.iloc[0]
    rail = lines.geometry["示范铁路"].intersection(whole.buffer(-5.0))
    assert rail.length > 2900.0
    assert whole.covers(rail.buffer(40.0).intersection(whole.buffer(-40.0)))


def test_communities_are_the_official_seven(zones):
    path = REFERENCE / "ruyihu_communities.csv"
    if not path.is_file():
        pytest.skip(f"no {path}: community codes not checked")
    with path.open(encoding="utf-8-sig", newline="") as file:
        official = {row["nbs_code12"]: row["name"] for row in csv.DictReader(file)}
    assert dict(zip(zones["community"]["code"], zones["community"]["name"], strict=True)) == official
