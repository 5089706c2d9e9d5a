"""Which header means what, and the user's correction of it."""

import pytest

from geodata.errors import FrameError
from service.intake.columns import recognise, roles
from service.words import language


def test_the_shop_register():
    assert recognise(["序号", "店名", "行业", "地址", "区"]).roles == {
        "name": "店名", "place_class": "行业", "location": "地址", "area": "区",
    }  # fmt: skip


def test_the_inspection_list():
    assert recognise(["位置", "问题描述", "责任单位", "日期"]).roles == {
        "location": "位置", "description": "问题描述", "unit": "责任单位", "reported_at": "日期",
    }  # fmt: skip


def test_width_case_and_brackets_do_not_matter():
    assert recognise(["ＬＯＮ", "Lat", "详细地址（必填）"]).roles == {
        "lon": "ＬＯＮ",
        "lat": "Lat",
        "location": "详细地址（必填）",
    }


def test_an_exact_header_beats_a_partial_one():
    columns = recognise(["点位说明", "位置"])
    assert columns.roles == {"location": "位置"}
    assert columns.unused == ("点位说明",)


def test_a_correction_wins_and_frees_the_other_column():
    columns = recognise(["位置", "备注"], overrides={"location": "备注"})
    assert columns.roles == {"location": "备注"}
    assert columns.unused == ("位置",)


def test_a_role_can_be_taken_away():
    assert "area" not in recognise(["位置", "区"], overrides={"area": ""}).roles


@pytest.mark.parametrize(
    ("overrides", "words"), [({"place": "位置"}, "没有这样的列角色"), ({"location": "没有"}, "表头是")]
)
def test_a_wrong_correction_says_what_is_accepted(overrides, words):
    with pytest.raises(FrameError, match=words):
        recognise(["位置"], overrides=overrides)


def test_roles_are_named_in_the_language_of_the_user():
    assert roles()["location"] == "位置"
    token = language.set("en")
    try:
        assert roles()["location"] == "location"
    finally:
        language.reset(token)
