"""Which zones points and lines had and get when a border moves."""

from datetime import date

import pytest
from shapely import LineString, Point

from geodata.errors import CrsError
from geodata.zones import place_changes

DAY = date(2017, 7, 1)


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


def test_trees_in_two_crs_are_an_error(trees):
    with pytest.raises(CrsError, match="EPSG:4547 and EPSG:32649"):
        place_changes(trees[0], trees[0].to_crs(32649), [Point(0, 0)])
