"""The national table of divisions: names people type, and the zone that follows from them."""

import pytest

from geodata.crs import cgcs2000_zone
from geodata.divisions import cities, full_name, seats_of


@pytest.mark.parametrize(
    ("words", "code"),
    [("郑州市", "410100"), ("郑州", "410100"), (" 郑州 市", "410100"), ("河南省郑州市", "410100"), ("北京", "110000"), ("北京市", "110000"),
     ("金水区", "410105"), ("郑州金水区", "410105"), ("延边朝鲜族自治州", "222400"), ("北京市朝阳区", "110105"), ("朝阳市", "211300")],
)  # fmt: skip
def test_a_name_is_one_place(words, code):
    assert [one.code for one in seats_of(words)] == [code]


def test_a_countys_name_that_several_have_is_told_apart_by_its_city():
    several = seats_of("鼓楼区")
    assert len(several) >= 3
    assert {full_name(one) for one in several} >= {"福州市鼓楼区", "南京市鼓楼区", "开封市鼓楼区"}
    assert [one.code for one in seats_of("福州市鼓楼区")] == ["350102"]


@pytest.mark.parametrize("words", ["", "无此地", "金水", "郑州市鼓楼区", "市"])
def test_what_nobody_is_called_is_nothing(words):
    assert seats_of(words) == []


def test_every_city_lies_in_a_zone_of_the_country():
    every = cities()
    assert 330 < len(every) < 350
    zones = {one.name: cgcs2000_zone(one.lon) for one in every}
    # Central meridians by hand: 114, 117, 120, 87 degrees east.
    assert [zones[n] for n in ("郑州市", "北京市", "上海市", "乌鲁木齐市")] == [4547, 4548, 4549, 4538]
