"""Two versions of borders, drawn as text: one letter is 100 m x 100 m."""

from collections import Counter
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from geodata.errors import CrsError, ZoneError
from geodata.zones import ZoneTree, compare_layers, place_changes
from geodata.zones.changes import aligned
from geodata.zones.checks import check_zones

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


@pytest.fixture
def trees(drawn):
    def tree(community, grid):
        grids = drawn(grid)
        return ZoneTree(
            community=drawn(community), grid=grids.assign(parent=[code.upper()[0] for code in grids["code"]])
        )

    before = tree("AABB", "aabb")
    return before, before.with_change(
        {"community": drawn("ABBB"), "grid": drawn("abbb").assign(parent=["A", "B"])}, valid_from=DAY
    )


def test_places_that_change_hands(trees):
    before, after = trees
    places = [
        Point(50, 50),  # stays
        Point(150, 50),  # A to B
        Point(100, 50),  # on the new border: the lowest code, A, keeps it, and B is near now
        Point(200, 50),  # on the old border: was A's, now inside B
        LineString([(20, 50), (180, 50)]),  # 160 m of A; now 80 m of each, A by its lower code
        LineString([(20, 50), (360, 50)]),  # most of it in A before (180 m), in B now (260 m)
        Point(110, 50),  # uncertain, but most likely beyond
        Point(900, 50),  # outside
    ]
    found = place_changes(before, after, places, on=DAY, uncertainties_m=[0, 0, 0, 0, 0, 0, 30, 0])
    assert [change.kind for change in found] == [
        "same", "owner", "odds", "owner", "parts", "owner", "owner", "same"
    ]  # fmt: skip
    assert (found[1].before.community, found[1].after.community) == ("A", "B")
    metres = {part.code: part.length_m for part in found[4].after.parts_of("community")}
    assert metres == pytest.approx({"A": 80, "B": 80})
    assert found[0].after.p_community == 1.0


def test_only_the_odds_change_near_a_moved_border(trees):
    before, after = trees
    (change,) = place_changes(before, after, [Point(90, 50)], on=DAY, uncertainties_m=20.0)
    assert change.kind == "odds"
    assert change.before.community == change.after.community == "A"
    assert not change.before.near_border
    assert change.after.near_border


def test_versions_answer_for_their_days(trees):
    before, after = trees
    place = Point(150, 50)
    assert after.shares(place, on=date(2017, 6, 30)).community == "A"
    assert after.shares(place, on=DAY).community == "B"
    assert after.shares(place).community == "B"
    assert before.shares(place, on=DAY).community == "A"
    rows = after.community.sort_values(["code", "valid_from"], na_position="first")
    assert rows[["code", "valid_from", "valid_to"]].to_numpy().tolist() == [
        ["A", None, DAY], ["A", DAY, None], ["B", None, DAY], ["B", DAY, None]
    ]  # fmt: skip


def test_an_unchanged_zone_keeps_its_row(drawn):
    tree = ZoneTree(community=drawn("AABC"))
    after = tree.with_change({"community": drawn("ABBC")}, valid_from=DAY)
    assert sorted(after.community["code"]) == ["A", "A", "B", "B", "C"]
    same = tree.with_change({"community": drawn("AABC")}, valid_from=DAY)
    assert same.community["valid_to"].tolist() == [None] * 3
    led = tree.with_change({"community": drawn("AABC").assign(leader="李某")}, valid_from=DAY)
    assert sorted(led.community["code"]) == list("AABBCC")


def test_a_zone_that_ends_leaves_and_a_new_one_begins(drawn):
    tree = ZoneTree(community=drawn("AAB"))
    after = tree.with_change({"community": drawn("ACC")}, valid_from=DAY)
    assert sorted(after.on(DAY)["community"]["code"]) == ["A", "C"]
    assert sorted(after.on(date(2017, 6, 30))["community"]["code"]) == ["A", "B"]
    back = after.with_change({"community": drawn("AAB")}, valid_from=date(2018, 1, 1))
    assert back.shares(Point(250, 50), on=date(2018, 1, 1)).community == "B"
    assert back.shares(Point(250, 50), on=date(2017, 12, 31)).community == "C"


def test_overlapping_validity_is_refused(drawn):
    tree = ZoneTree(community=drawn("AABB")).with_change({"community": drawn("ABBB")}, valid_from=DAY)
    with pytest.raises(ZoneError, match="A has borders from 2017-07-01 on already"):
        tree.with_change({"community": drawn("AAAB")}, valid_from=date(2017, 6, 1))
    with pytest.raises(ZoneError, match="another border on 2017-07-01"):
        tree.with_change({"community": drawn("AAAB")}, valid_from=DAY)
    # The same borders once more on the same day change nothing.
    assert len(tree.with_change({"community": drawn("ABBB")}, valid_from=DAY).community) == 4
    with pytest.raises(CrsError, match="layer community"):
        tree.with_change({"community": drawn("AAAB").to_crs(4548)}, valid_from=date(2018, 1, 1))


def test_versions_survive_a_file(trees, tmp_path):
    trees[1].write(tmp_path / "zones.gpkg")
    again = ZoneTree.read(tmp_path / "zones.gpkg")
    assert again.shares(Point(150, 50), on=date(2017, 6, 30)).community == "A"
    assert again.shares(Point(150, 50), on=DAY).community == "B"


def test_trees_in_two_crs_are_an_error(trees):
    with pytest.raises(CrsError, match="EPSG:4547 and EPSG:32649"):
        place_changes(trees[0], trees[0].to_crs(32649), [Point(0, 0)])
