"""Two versions of borders, drawn as text: one letter is 100 m x 100 m."""

from collections import Counter
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import CrsError
from geodata.zones import compare_layers
from geodata.zones.checking.checks import check_zones
from geodata.zones.history.changes import aligned

CELL_M2 = 10_000.0
DAY = date(2017, 7, 1)


def land_of(changes, level="community"):
    return {(move.source, move.target): move.area_m2 for move in changes.land if move.level == level}


def kinds_of(changes):
    return {change.code: change.kind for change in changes.zones}


def test_a_moved_border(drawn):
    changes = compare_layers({"community": drawn("AABB\nAABB")}, {"community": drawn("ABBB\nAABB")})
    assert kinds_of(changes) == {"A": "moved", "B": "moved"}
    assert land_of(changes) == {("A", "B"): CELL_M2}
    moved = {change.code: change for change in changes.zones}
    assert moved["A"].lost.equals(shapely.box(100, 100, 200, 200))
    assert moved["A"].gained.is_empty
    assert moved["B"].gained.equals(moved["A"].lost)
    assert (moved["A"].area_before_m2, moved["A"].area_after_m2) == (4 * CELL_M2, 3 * CELL_M2)
    assert changes.region.equals(shapely.box(100, 100, 200, 200))


def test_new_ended_outside_and_a_change_of_code(drawn):
    changes = compare_layers({"community": drawn("AABBD.")}, {"community": drawn("AACC.E")})
    assert kinds_of(changes) == {"B": "ended", "C": "new", "D": "ended", "E": "new"}
    assert land_of(changes) == {("B", "C"): 2 * CELL_M2, ("D", ""): CELL_M2, ("", "E"): CELL_M2}


def test_the_same_borders_drawn_otherwise_are_no_change(drawn):
    one = drawn("AB\nAB")
    other = one.iloc[::-1].set_geometry(one.geometry.iloc[::-1].reverse().segmentize(30))
    changes = compare_layers({"community": one}, {"community": other})
    assert changes.is_empty
    assert changes.region.is_empty


def test_a_new_name_or_parent_is_a_change_without_land(drawn):
    old = drawn("AB").assign(parent=["S", "S"])
    new = old.assign(name=["甲", "乙"], parent=["S", "T"])
    changes = compare_layers({"community": old}, {"community": new})
    assert kinds_of(changes) == {"A": "renamed", "B": "renamed"}
    assert changes.land == ()
    # Only a change of parents may change an assignment.
    assert changes.region.equals(shapely.box(100, 0, 200, 100))


def test_levels_that_one_side_lacks_and_no_zones_at_all(drawn):
    grid = drawn("ab").assign(parent="A")
    changes = compare_layers({"community": drawn("AA")}, {"community": drawn("AA"), "grid": grid})
    assert land_of(changes, "grid") == {("", "a"): CELL_M2, ("", "b"): CELL_M2}
    assert compare_layers({}, {}).is_empty
    empty = drawn("A").iloc[:0]
    assert land_of(compare_layers({"community": drawn("A")}, {"community": empty})) == {("A", ""): CELL_M2}


def test_overlapping_land_belongs_to_the_lowest_code(drawn):
    before = gpd.GeoDataFrame(
        {"code": ["B", "A"]}, geometry=[shapely.box(0, 0, 200, 100), shapely.box(100, 0, 300, 100)], crs=4547
    )
    # B gives up the strip that A had all the time: nothing changes hands.
    after = before.set_geometry([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 300, 100)], crs=4547)
    assert compare_layers({"community": before}, {"community": after}).is_empty
    # A withdraws from the strip: B, which claimed it too, has it now.
    after = before.set_geometry([shapely.box(0, 0, 200, 100), shapely.box(200, 0, 300, 100)], crs=4547)
    assert land_of(compare_layers({"community": before}, {"community": after})) == {("A", "B"): CELL_M2}


def test_two_crs_are_an_error(drawn):
    with pytest.raises(CrsError, match="different CRS"):
        compare_layers({"community": drawn("A")}, {"community": drawn("A").to_crs(4548)})


def in_rows(cells):
    """Return one zone per letter of twelve cells, in three rows of four."""
    shapes = {}
    for number, letter in enumerate(cells):
        x, y = number % 4 * 100, number // 4 * 100
        shapes.setdefault(letter, []).append(shapely.box(x, y, x + 100, y + 100))
    shapes.pop(".", None)
    return gpd.GeoDataFrame(
        {"code": list(shapes)}, geometry=[shapely.union_all(own) for own in shapes.values()], crs=4547
    )


letters = st.lists(st.sampled_from("AABBC."), min_size=12, max_size=12)


@given(letters, letters)
def test_land_equals_a_count_of_cells(before, after):
    changes = compare_layers({"community": in_rows(before)}, {"community": in_rows(after)})
    counted = Counter(
        ("" if was == "." else was, "" if becomes == "." else becomes)
        for was, becomes in zip(before, after, strict=True)
        if was != becomes
    )
    assert land_of(changes) == pytest.approx({pair: n * CELL_M2 for pair, n in counted.items()})
    # What zones lose and gain is what passes between them.
    lost = sum(change.lost.area for change in changes.zones)
    gained = sum(change.gained.area for change in changes.zones)
    assert lost == pytest.approx(sum(area for (source, _), area in land_of(changes).items() if source))
    assert gained == pytest.approx(sum(area for (_, target), area in land_of(changes).items() if target))


def test_a_file_in_degrees_comes_back_as_it_was(voronoi):
    shifted = voronoi.set_geometry(voronoi.geometry.translate(474_000, 3_848_000), crs=4547)
    old = {"community": shifted}
    rounded = shifted.to_crs(4326)
    rounded["geometry"] = shapely.set_precision(rounded.geometry.array, 1e-7, mode="pointwise")
    new = {"community": rounded.to_crs(4547)}
    assert not compare_layers(old, new).is_empty
    again = aligned(new, old)
    assert compare_layers(old, again).is_empty
    assert not check_zones(again).defects
    assert aligned(new, {"community": shifted.iloc[:0]})["community"] is new["community"]


def test_alignment_leaves_a_corner_that_really_moved(drawn):
    old = {"community": drawn("AB")}
    xy = np.array([[0, 0], [100.02, 0], [100.004, 100], [0, 100]])
    new = {"community": old["community"].iloc[:1].set_geometry([shapely.Polygon(xy)], crs=4547)}
    got = shapely.get_coordinates(aligned(new, old)["community"].geometry.iloc[0])
    assert {(100.02, 0.0), (100.0, 100.0)} <= {tuple(pair) for pair in got.tolist()}
