"""Which row of a revised list is which place: one to one by the stated rule, asked where it is unclear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.places import Entry, matching, pair_entries
from geodata.places.folding import fold


def shop(name, location, place_class="catering", number="", at=None):
    return Entry(name, location, place_class, number, at)


OLD = [
    shop("老张烩面馆(平安路店)", "平安路12号"),
    shop("春光理发店", "春光街3号", "hair"),
    shop("蜜雪", "平安路与夏雨街交叉口"),
    shop("蜜雪", "秋实街8号"),
]


def test_the_same_list_pairs_with_itself_and_nothing_is_new():
    found = pair_entries(OLD, OLD)
    assert found.pairs == {0: 0, 1: 1, 2: 2, 3: 3}
    assert set(found.how.values()) == {"same"}
    assert (found.asked, found.new, found.vanished) == ((), (), ())


def test_width_blanks_and_brackets_make_no_difference():
    row = shop("老张烩面馆（平安路店） ", "平安路１２号")
    assert pair_entries([row], OLD).pairs == {0: 0}


def test_a_number_of_the_list_wins_over_everything_else():
    places = [shop("甲店", "平安路1号", number="A1"), shop("乙店", "平安路2号", number="A2")]
    rows = [shop("乙店", "平安路2号", number="A1"), shop("丙店", "平安路3号", number="A2")]
    found = pair_entries(rows, places)
    assert found.pairs == {0: 0, 1: 1}
    assert set(found.how.values()) == {"number"}


def test_a_number_that_stands_twice_decides_nothing():
    places = [shop("甲店", "平安路1号", number="1"), shop("乙店", "平安路2号", number="1")]
    found = pair_entries([shop("丙店", "秋实街9号", number="1")], places)
    assert (found.pairs, found.new, found.vanished) == ({}, (0,), (0, 1))


@pytest.mark.parametrize(
    ("row", "how"),
    [
        (shop("春光理发店", "春光街3号", "catering"), "class"),
        (shop("春光理发店", "冬青街77号", "hair"), "moved"),
        (shop("春光理发美容店", "春光街3号", "hair"), "renamed"),
        (shop("春光街理发店", "春光街3号附近", "hair"), "similar"),
    ],
)
def test_every_kind_of_change_is_recognised(row, how):
    found = pair_entries([row], [OLD[1]])
    if how == "similar":
        assert found.pairs in ({}, {0: 0})
    else:
        assert (found.pairs, found.how) == ({0: 0}, {0: how})


def test_a_short_name_that_moved_needs_a_similar_location():
    place = shop("蜜雪", "平安路与夏雨街交叉口", at=(0.0, 0.0))
    assert pair_entries([shop("蜜雪", "冬青街99号")], [place]).asked[0].places == (0,)
    assert pair_entries([shop("蜜雪", "平安路与夏雨街交叉口东")], [place]).pairs == {0: 0}
    near = shop("蜜雪", "冬青街99号", at=(200.0, 200.0))
    assert pair_entries([near], [place]).how == {0: "moved"}


def test_one_of_two_branches_that_moved_is_asked_never_guessed():
    rows = [*OLD[:2], shop("蜜雪", "冬青街99号")]
    found = pair_entries(rows, OLD)
    assert found.pairs == {0: 0, 1: 1}
    assert [(one.row, one.places) for one in found.asked] == [(2, (2, 3))]
    assert found.new == ()
    assert found.vanished == (2, 3)  # to be reviewed together with the question


def test_two_equally_likely_renamings_are_asked():
    places = [shop("如意小炒一店", "平安路5号"), shop("如意小炒二店", "平安路5号")]
    found = pair_entries([shop("如意小炒三店", "平安路5号")], places)
    assert found.pairs == {}
    assert found.asked[0].places == (0, 1)


def test_a_new_shop_in_the_house_of_a_closed_one_is_new():
    found = pair_entries([shop("大鱼海鲜", "平安路12号")], [OLD[0]])
    assert (found.pairs, found.new, found.vanished) == ({}, (0,), (0,))


def test_equal_rows_pair_in_order():
    twice = [OLD[0], OLD[0]]
    found = pair_entries(twice, [*twice, OLD[0]])
    assert found.pairs == {0: 0, 1: 1}
    assert found.vanished == (2,)


def test_empty_lists():
    assert pair_entries([], []).pairs == {}
    assert pair_entries([], OLD).vanished == (0, 1, 2, 3)
    assert pair_entries(OLD, []).new == (0, 1, 2, 3)


def test_long_lists_compare_only_what_shares_the_location(monkeypatch):
    monkeypatch.setattr(matching, "MAX_PAIRS", 3)
    rows = [shop("春光理发美容店", "春光街3号", "hair"), shop("甲", "乙路1号"), shop("丙", "丁路1号")]
    found = pair_entries(rows, [OLD[0], OLD[1]])
    assert found.how == {0: "renamed"}


names = st.sampled_from(["张记", "李记烩面馆", "王家小炒店", "王家小炒", "", "赵记理发"])
places = st.builds(
    Entry,
    names,
    st.sampled_from(["平安路1号", "平安路2号", "", "秋实街3号东"]),
    st.sampled_from(["catering", "hair", ""]),
)


@given(st.lists(places, max_size=8), st.lists(places, max_size=8))
def test_every_row_and_place_is_accounted_for_once(rows, known):
    found = pair_entries(rows, known)
    asked = [one.row for one in found.asked]
    assert sorted([*found.pairs, *asked, *found.new]) == list(range(len(rows)))
    assert sorted([*found.pairs.values(), *found.vanished]) == list(range(len(known)))
    assert all(set(one.places) <= set(found.vanished) for one in found.asked)
    assert set(found.how) == set(found.pairs)


def test_folding_keeps_what_tells_places_apart():
    assert fold("12号") != fold("21号")
    assert fold("幸运咖(一店)") != fold("幸运咖(二店)")
    assert fold(" ·—") == ""
