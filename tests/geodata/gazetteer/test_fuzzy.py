"""Slips of the pen among names: what is found, in which order, and what never is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin, pinyin
from rapidfuzz.distance import OSA

from geodata.gazetteer import Gazetteer
from geodata.gazetteer.aliases import add_alias
from geodata.gazetteer.fuzzy import MOST_CHARS, FuzzyHit, FuzzyIndex, build_fuzzy
from geodata.gazetteer.slips import SLIP_KINDS, slip_between
from geodata.gazetteer.sounds import sounds
from tests.geodata.drawn_city import CRS, write_lines

NAMES = [
    "九如路", "经三路", "经五路", "商务内环路", "商务外环路", "农业东路", "农业西路", "如意湖大街", "建设新村小区",
    "绿地之窗花园", "郑州市第三中学", "郑州市第五中学", "升龙国际B区", "升龙国际A区", "碧沙岗公园", "重庆老火锅店",
    "银行家公寓", "老陕西面馆", "通泰路", "通态路", "海底捞火锅(万达广场店)", "百货大楼广场", "金水河桥",
]  # fmt: skip


def _found(written: str, names: list[str] = NAMES, **options: int) -> list[tuple[str, str, int]]:
    index = FuzzyIndex(build_fuzzy(names), names.__getitem__)
    return [(names[hit.name_id], hit.kind, hit.distance) for hit in index.candidates(written, **options)]


@pytest.mark.parametrize(
    ("written", "known", "kind", "distance"),
    [
        ("久如路", "九如路", "homophone", 1),
        ("玖茹路", "九如路", "homophone", 2),  # neither character is right, the sound is
        ("如意湖达街", "如意湖大街", "homophone", 1),
        ("银航家公寓", "银行家公寓", "homophone", 1),  # 行 is also hang
        ("如湖大街", "如意湖大街", "", 0),  # two characters are left before 大街: too few
        ("绿地窗花园", "绿地之窗花园", "dropped", 1),
        ("绿地之之窗花园", "绿地之窗花园", "inserted", 1),
        ("绿之地窗花园", "绿地之窗花园", "swapped", 1),
        ("绿地之富花园", "绿地之窗花园", "wrong", 1),
        ("绿地之窗花圆", "绿地之窗花园", "homophone", 1),
        ("绿地之窗花", "绿地之窗花园", "dropped", 1),
        ("老陕面馆", "老陕西面馆", "dropped", 1),  # 西 is part of a word and says no direction
        ("海底捞火锅(万大广场店)", "海底捞火锅(万达广场店)", "homophone", 1),
        ("百货楼广场", "百货大楼广场", "dropped", 1),  # 百 counts nothing here
    ],
)
def test_one_slip_is_found(written: str, known: str, kind: str, distance: int) -> None:
    expected = [(known, kind, distance)] if distance else []
    assert _found(written) == expected


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("经四路", "a numeral for another numeral"),
        ("经路", "a numeral dropped"),
        ("郑州市第四中学", "a numeral for another"),
        ("郑州市第中学", "a numeral dropped"),
        ("郑州市第三五中学", "a numeral added"),
        ("郑州市第师中学", "a numeral mistaken for a character that does not sound alike"),
        ("升龙国际C区", "a single letter for another"),
        ("升龙国际区", "a single letter dropped"),
        ("农业南路", "a direction for another"),
        ("农业路", "a direction dropped before 路"),
        ("商务环路", "inner or outer dropped"),
        ("商务中环路", "neither inner nor outer, but it is no slip for both"),
        ("建设新村路", "a road for an estate"),
        ("如意湖大厦", "a building for a street"),
        ("碧沙岗路", "a road for a park"),
        ("九茄路", "a stem of two characters is only found by sound"),
        ("九路", "the same, dropped"),
        ("如九路", "the same, swapped"),
        ("金水河", "a river for a bridge"),
        ("九如路", "a name is no slip for itself"),
        ("", "nothing"),
        ("路", "too short"),
        ("如" * (MOST_CHARS + 1), "too long"),
    ],
)
def test_what_tells_names_apart_is_never_edited(written: str, why: str) -> None:
    rest = {"商务中环路": ["商务内环路", "商务外环路"]}.get(written, [])
    assert [known for known, *_ in _found(written)] == rest, why


def test_a_written_numeral_is_never_given_up_for_its_homophone() -> None:
    assert _found("久如路", ["九如路"]) == [("九如路", "homophone", 1)]
    assert _found("九如路", ["久如路"]) == []


def test_the_same_sound_comes_first_and_ties_stay_together() -> None:
    names = ["阳光花都苑", "杨光花都苑", "阳光华都苑", "阳光花郡苑"]
    found = _found("阳光画都苑", names)
    # 画 and 花 and 华 sound hua; the second name differs by sound in two places.
    assert found == [
        ("阳光花都苑", "homophone", 1),
        ("阳光华都苑", "homophone", 1),
        ("杨光花都苑", "homophone", 2),
    ]
    assert _found("阳光画都苑", names, limit=1) == found[:1]


def test_every_kind_is_ranked() -> None:
    hits = [FuzzyHit(0, kind, 1) for kind in SLIP_KINDS]
    assert [hit.kind for hit in hits] == ["homophone", "swapped", "wrong", "dropped", "inserted"]


NAME = st.text(alphabet="阳光花都苑小区路街东西一三行重庆AB1(店)", max_size=9)


@given(st.lists(NAME, max_size=12, unique=True), NAME)
def test_hits_are_true_slips_and_none_is_missed(names: list[str], written: str) -> None:
    """The index finds what comparing with every name finds; rapidfuzz and pypinyin agree on each."""
    table = sounds()
    expected = {
        (name_id, *slip)
        for name_id, known in enumerate(names)
        if (slip := slip_between(written, known, table)) is not None and min(len(written), len(known)) >= 3
    }
    index = FuzzyIndex(build_fuzzy(names), names.__getitem__)
    hits = {(hit.name_id, hit.kind, hit.distance) for hit in index.candidates(written, limit=99)}
    assert {hit for hit in hits if hit[2] == 1} == {hit for hit in expected if hit[2] == 1}
    assert hits <= expected
    for name_id, kind, edits in hits:
        if kind == "homophone":
            assert len(names[name_id]) == len(written)
            assert sum(a != b for a, b in zip(written, names[name_id], strict=True)) == edits
        else:
            assert OSA.distance(written, names[name_id]) == 1 == edits


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=5))
def test_no_text_raises(written: str, names: list[str]) -> None:
    for known, kind, edits in _found(written, names):
        assert known != written
        assert kind in SLIP_KINDS
        assert edits >= 1


def test_lone_surrogates_do_not_raise() -> None:
    assert _found("\ud800如意湖街", ["如意湖街"]) == [("如意湖街", "inserted", 1)]


def test_an_index_of_nothing_answers_nothing() -> None:
    assert _found("九如路", []) == []


def test_equal_names_give_equal_arrays() -> None:
    first, second = build_fuzzy(NAMES), build_fuzzy(list(NAMES))
    assert np.array_equal(first.keys, second.keys)
    assert np.array_equal(first.ids, second.ids)
    assert np.all(np.diff(first.keys.astype(np.int64)) >= 0)
    assert first.starts[-1] == len(first.keys)


def test_readings_agree_with_pypinyin() -> None:
    """Of the characters of everyday names every shipped reading is one that pypinyin lists."""
    text = "郑州金水中原二七管城惠济经开高新东区路街道巷大河渠湖桥小学医院行重乐长朝都单藏柏阿翟查仇"
    table = sounds()
    for character in text:
        listed = set(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
        alike = {other for other in text if table.alike(character, other)}
        for other in alike:
            assert listed & set(pinyin(other, style=Style.NORMAL, heteronym=True)[0]), (character, other)
    usual = [c for c in text if len(table.of(c)) == 1]
    for one in usual:
        for other in usual:
            if lazy_pinyin(one) == lazy_pinyin(other):
                assert table.alike(one, other), (one, other)


@pytest.fixture
def gazetteer_file(tmp_path: Path) -> Path:
    from geodata.gazetteer import build

    build(lines=write_lines(tmp_path / "lines.gpkg"), crs=CRS, out=tmp_path / "g.qgz")
    return tmp_path / "g.qgz"


def test_a_gazetteer_knows_slips_of_its_names_and_of_aliases(gazetteer_file: Path) -> None:
    assert Gazetteer.open(gazetteer_file).slips_of("青山路") == ()
    assert Gazetteer.open(gazetteer_file).slips_of("青和路") == (("青禾路", "homophone", 1),)
    # The alias sorts before the names: their ids move, and what is filed under them too.
    add_alias(gazetteer_file, "丁家施工便道", "青禾路")
    opened = Gazetteer.open(gazetteer_file)
    assert opened.slips_of("青和路") == (("青禾路", "homophone", 1),)
    assert opened.slips_of("丁家施工变道") == (("丁家施工便道", "homophone", 1),)


def test_no_pinyin_library_is_loaded_by_a_query(gazetteer_file: Path) -> None:
    code = (
        "import sys; from geodata.geocode import Geocoder\n"
        f"found = Geocoder.open({str(gazetteer_file)!r}).locate('青和路与白鹭街交叉口')\n"
        "assert found.method == 'crossing:homophone', found.method\n"
        "assert not {'pypinyin', 'rapidfuzz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[3])
