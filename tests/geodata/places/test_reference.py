"""The shipped classes and check-sheets, and what a faulty table of an office is told."""

from __future__ import annotations

import pytest

from geodata.errors import FrameError
from geodata.kinds import load_kinds
from geodata.places import load_check_sheets, load_place_classes
from geodata.places.sheets import sheet_of

SIX = ["catering", "food", "hair", "hotel", "bath", "karaoke"]


def test_the_six_trades_come_first_and_each_has_a_sheet():
    table, sheets = load_place_classes(), load_check_sheets()
    assert [entry.code for entry in table.classes if entry.group == "six"] == SIX
    assert all(sheets.get(table.get(code).sheet) for code in SIX)
    assert table.is_six("bath")
    assert not table.is_six("market")
    assert not table.is_six("")


def test_every_sheet_that_a_class_names_exists_and_every_kind_of_an_item():
    sheets = load_check_sheets(kinds=[kind.code for kind in load_kinds().kinds])
    named = {entry.sheet for entry in load_place_classes().classes} - {""}
    assert {sheet.code for sheet in sheets.sheets} == named


def test_every_place_that_a_kind_befalls_is_a_class():
    names = {entry.name for entry in load_place_classes().classes}
    assert {name for kind in load_kinds().kinds for name in kind.places} <= names


def test_the_six_hundred_percents_of_sites():
    items = load_check_sheets().get("site").items
    assert [item.words for item in items if "百分之百" in item.words] == [item.words for item in items[:6]]
    assert len(items) >= 6


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("小餐饮", "catering"), ("小餐饮店", "catering"), ("火锅店", "catering"), ("理发店", "hair"),
        ("小美容美发店", "hair"), ("四川菜(川菜)", "catering"), ("糕饼店", "food"), ("ＫＴＶ", "karaoke"),
        ("背街小巷", "road_back"), ("城乡结合部", "road_fringe"), ("农贸市场", "market"), ("在建工地", "site_building"),
        ("待建地块", "site_planned"), ("政务大厅", "window"), ("hair", "hair"), ("老字号", None), ("", None), ("店", None),
    ],
)  # fmt: skip
def test_words_of_lists(words, code):
    found = load_place_classes().find(words)
    assert (found.code if found else None) == code


def test_a_sheet_finds_its_items_and_never_guesses():
    sheet = load_check_sheets().get("catering")
    assert sheet.find("油烟净化设施").code == "fumes"
    assert sheet.find("licence").code == "licence"
    assert sheet.find("设施") is None  # several items
    assert sheet.find("") is None
    assert sheet.find("停车位") is None


def test_an_edited_sheet_is_another_version_and_reads_back(tmp_path):
    text = (
        '[[sheets]]\ncode = "a"\nname = "甲"\nitems = [{ code = "x", words = "整洁", standard = "卫生" }]\n'
    )
    path = tmp_path / "sheets.toml"
    path.write_text(text, encoding="utf-8")
    first = load_check_sheets(path).get("a")
    path.write_text(text.replace("整洁", "干净"), encoding="utf-8")
    second = load_check_sheets(path).get("a")
    assert first.version != second.version
    assert sheet_of(first.content()).items == first.items


def test_all_faults_are_told_at_once(tmp_path):
    path = tmp_path / "sheets.toml"
    path.write_text(
        '[[sheets]]\ncode = "a"\nname = "甲"\nitems = [{ code = "x", words = "", standard = "美" }, '
        '{ code = "x", words = "乙", standard = "卫生", kind = "Z9", weight = 0 }]\n',
        encoding="utf-8",
    )
    with pytest.raises(FrameError) as caught:
        load_check_sheets(path, kinds=["C1-01"])
    for part in ("lacks words", "standard 美", "x stands there twice", "kind Z9", "weight"):
        assert part in str(caught.value)
    path.write_text(
        'groups = [{ code = "g", name = "G" }]\nclasses = [\n'
        '{ code = "a", group = "h", name = "甲", shape = "blob" },\n{ code = "a", group = "g", name = "乙", shape = "point", aliases = ["甲"] }, { code = "c", group = "g", name = "丙", shape = "point", aliases = ["甲"] }]\n',
        encoding="utf-8",
    )
    with pytest.raises(FrameError) as caught:
        load_place_classes(path)
    for part in ("group h", "shape blob", "a stands there twice", "the word 甲"):
        assert part in str(caught.value)
    path.write_text("= nonsense", encoding="utf-8")
    with pytest.raises(FrameError):
        load_place_classes(path)
    with pytest.raises(FrameError):
        load_check_sheets(path)
