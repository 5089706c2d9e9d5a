"""Normalisation: one spelling, exact offsets, nothing that can stop it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.text.normalize import MAX_CHARS, normalise
from geodata.text.numerals import number_of


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("興華北街、建設東路", "兴华北街、建设东路"),
        ("向西二十米", "向西20米"),
        ("向西二十公尺", "向西20米"),
        ("向西20m", "向西20米"),
        ("向西20 M 路北", "向西20米路北"),
        ("3KM处", "3公里处"),
        ("一公里半处", "1.5公里处"),
        ("三点五公里", "3.5公里"),
        ("一百五十米", "150米"),
        ("一百零五米", "105米"),
        ("两百米", "200米"),
        ("几十米", "20-90米"),
        ("几百米", "200-900米"),
        ("百余米", "100-200米"),
        ("二十多米", "20-30米"),
        ("五六十米", "50-60米"),
        ("三四百米", "300-400米"),
        ("1.众意路 2.九如路", ";众意路;九如路"),
        ("①众意路②九如路", ";众意路;九如路"),
        ("（1）众意路；（2）九如路", ";众意路;;九如路"),
        ("一、众意路；二、九如路", ";众意路;;九如路"),
        ("大约一里地的位置", "大约500米地的位置"),
        ("二号院", "2号院"),
        ("一零七国道", "107国道"),
        ("五号楼三层", "5号楼3层"),
        ("（桐柏路—陇海路）", "(桐柏路-陇海路)"),
        ("【南门】", "(南门)"),
        ("K4+376～K6+338", "K4+376~K6+338"),
        ("“众意路”", "众意路"),
        ("luckin coffee 店", "luckin coffee店"),
        ("\u200b众意路\u3000 九如路\n", "众意路九如路"),
    ],
)
def test_has_one_spelling(written: str, plain: str) -> None:
    assert normalise(written).text == plain


@pytest.mark.parametrize(
    "name",
    [
        *("十七大街", "第二大街", "二七路", "二七区", "经三路", "五一公园", "七里河", "二里岗", "十八里河"),
        *(
            "三官庙",
            "五里堡",
            "百花路",
            "千盛广场",
            "瑞丰路口",
            "公交会展中心站",
            "汇合口以上",
            "百米绿化带",
            "三五一九家属院",
        ),
    ],
)
def test_leaves_names_alone(name: str) -> None:
    assert normalise(name).text == name


@pytest.mark.parametrize(
    "word",
    [
        *(
            "交叉口",
            "交汇处",
            "交会处",
            "交叉路口",
            "交口",
            "交界处",
            "十字路口",
            "交汇口",
            "汇合处",
            "交叉处",
        ),
        *(
            "丁字路口",
            "丁字口",
            "三岔口",
            "三岔路口",
            "交叉口处",
            "交接处",
            "相交处",
            "交汇路口",
            "交会",
            "交叉点",
            "路口",
        ),
    ],
)
def test_folds_the_words_for_a_crossing(word: str) -> None:
    assert normalise(f"众意路与九如街{word}北").text == "众意路与九如街交叉口北"


def test_knows_where_every_character_came_from() -> None:
    written = "興華北街 与伊河路交匯處向西二十公尺"
    normal = normalise(written)
    start = normal.text.index("交叉口")
    span = normal.span(start, start + 3)
    assert written[span.start : span.end] == "交匯處"
    start = normal.text.index("20米")
    span = normal.span(start, start + 3)
    assert written[span.start : span.end] == "二十公尺"


def test_an_empty_range_is_an_empty_span() -> None:
    span = normalise("众意路").span(1, 1)
    assert span.start == span.end == 1
    assert normalise("").span(0, 0).start == 0


@given(st.text(max_size=60))
def test_offsets_stay_inside_and_in_order(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(normal.offsets) == len(normal.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(normal.offsets, normal.ends, strict=True))
    assert list(normal.offsets) == sorted(normal.offsets)


@given(st.text(alphabet="众意路与九如街交叉口向北二十百米里号院()0123456789 mKＫ（、", max_size=40))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@pytest.mark.parametrize(
    "unit", ["路", "1", "一", "(", "二十米", "交", " ", "ab 1 ", "\ud800", "百", "公里半1"]
)
def test_a_long_text_is_cut(unit: str) -> None:
    normal = normalise(unit * 100_000)
    assert len(normal.text) <= MAX_CHARS
    assert normal.cut


@pytest.mark.parametrize(
    ("numeral", "digits"),
    [
        *(("十", "10"), ("十五", "15"), ("二十", "20"), ("二十五", "25"), ("一百", "100"), ("一百五", "150")),
        *(("一百零五", "105"), ("一百一十", "110"), ("两千三百", "2300"), ("一零七", "107"), ("零", "0")),
        *(
            ("三点五", "3.5"),
            ("百十", None),
            ("十百", None),
            ("点五", None),
            ("三点", None),
            ("二三十", None),
        ),
    ],
)
def test_reads_numerals(numeral: str, digits: str | None) -> None:
    assert number_of(numeral) == digits
