"""Layers through time: old rows are closed on the day from which new ones hold."""

from datetime import date

import pytest
from shapely import Point

from geodata.errors import CrsError, ZoneError
from geodata.zones import ZoneTree

DAY = date(2017, 7, 1)


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
    # The same borders once more on the same day change nothing.
    assert len(tree.with_change({"community": drawn("ABBB")}, valid_from=DAY).community) == 4
    with pytest.raises(CrsError, match="layer community"):
        tree.with_change({"community": drawn("AAAB").to_crs(4548)}, valid_from=date(2018, 1, 1))


def test_a_version_is_corrected_on_its_first_day(drawn):
    before = ZoneTree(community=drawn("AABB"))
    tree = before.with_change({"community": drawn("ABBC")}, valid_from=DAY)
    again = tree.with_change({"community": drawn("AAAB")}, valid_from=DAY)
    assert again.on(DAY)["community"]["code"].tolist() == ["A", "B"]
    assert [again.shares(Point(250, 50), on=day).community for day in (date(2017, 6, 30), DAY)] == ["B", "A"]
    assert sorted(again.community["code"]) == ["A", "A", "B", "B"], "C held on no day"
    # An office's very first borders, corrected on their day: nothing is left of the first try.
    first = ZoneTree.empty(4547).with_change({"community": drawn("AB")}, valid_from=DAY)
    assert first.with_change({"community": drawn("AA")}, valid_from=DAY).community["code"].tolist() == ["A"]


def test_versions_survive_a_file(trees, tmp_path):
    trees[1].write(tmp_path / "zones.gpkg")
    again = ZoneTree.read(tmp_path / "zones.gpkg")
    assert again.shares(Point(150, 50), on=date(2017, 6, 30)).community == "A"
    assert again.shares(Point(150, 50), on=DAY).community == "B"
