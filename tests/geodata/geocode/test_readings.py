"""The reader against a table of texts reviewed by hand, and against anything at all."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import ahocorasick
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.geocode.model import (
    Area,
    Between,
    Block,
    Chainage,
    Crossing,
    Frame,
    NameClass,
    NameHit,
    Number,
    Offset,
    Place,
    Reading,
    Stretch,
)
from geodata.geocode.reading.lattice import covers
from geodata.geocode.reading.tokens import RUN
from geodata.geocode.readings import describe_reading, read
from geodata.geocode.resolve import names_of
from geodata.text.normalize import MAX_CHARS, NormalText, normalise

GOLDEN = Path(__file__).parents[2] / "golden" / "frames.csv"

# Names of the demo district and made-up ones; every other name must be read by its form.
VOCABULARY: dict[NameClass, str] = {
    "road": "众意路 九如路 农业东路 商务外环路 商务内环路 东风东路 通泰路 龙湖路 步行街 商都路 郑开大道",
    "rail": "示范铁路",
    "water": "东风渠 金水河 熊儿河 如意湖",
    "place": "天赋小区 会展中心 世博大厦 众意路小学 川菜馆 东门 众意路12号院",
    "zone": "如意湖办事处 康平社区 郑东新区 郑东 开封",
}


def scanner() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for cls, names in VOCABULARY.items():
        for name in names.split():
            automaton.add_word(name, (name, cls))
    automaton.make_automaton()
    return automaton


NAMES = scanner()


def hits_in(text: NormalText) -> list[NameHit]:
    return [NameHit(end - len(name) + 1, end + 1, name, (cls,)) for end, (name, cls) in NAMES.iter(text.text)]


def readings(text: str) -> list[Reading]:
    normal = normalise(text)
    return read(normal, hits_in(normal))


def best(text: str) -> Frame:
    return readings(text)[0].frames[0]


def notation(frame: Frame) -> str:
    """One frame in the short notation of frames.csv."""
    match frame:
        case Place():
            part = f"[{frame.part}]" if frame.part else ""
            relation = f" @{frame.relation}" if frame.relation != "at" else ""
            return f"{frame.name.text}{part}{relation}{side(frame.side)}"
        case Number():
            return f"{frame.road.text}#{frame.number}{'/' + frame.sub if frame.sub else ''}{side(frame.side)}"
        case Crossing():
            extra = (f" {frame.corner}角" if frame.corner else "") + (f" {frame.arm}口" if frame.arm else "")
            return f"{frame.first.text}×{frame.second.text}{extra}{' ' + frame.structure if frame.structure else ''}"
        case Offset():
            far = "?" if frame.distance_m is None else "~".join(map(metres, dict.fromkeys(frame.distance_m)))
            along = f" 沿{frame.along.text}" if frame.along else ""
            return f"({notation(frame.anchor)})→{frame.bearing} {far}{along}{side(frame.side)}"
        case Stretch():
            ends = f"[{end(frame.start)}—{end(frame.end)}]" if frame.start or frame.end else ""
            extent = f"={frame.extent}" if frame.extent else ""
            return f"线 {frame.line.text}{ends}{extent}{side(frame.side)}"
        case Chainage():
            to = f"~{metres(frame.end_m)}" if frame.end_m is not None else ""
            line = frame.line.text if frame.line else "?"
            return f"桩 {line} {frame.prefix}:{metres(frame.start_m)}{to}{side(frame.side)}"
        case Block():
            return "四至 " + " ".join(f"{bound.line.text}/{bound.side}" for bound in frame.bounds)
        case Between():
            return f"({notation(frame.start)})—({notation(frame.end)})"
        case Area():
            return f"区 {frame.name.text}"


def metres(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def side(value: str | None) -> str:
    return f" |{value}" if value else ""


def end(frame: Frame | None) -> str:
    return notation(frame) if frame else ""


def golden() -> list[tuple[str, str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["frames"], row["areas"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("text", "frames", "areas"), golden())
def test_reads_what_a_person_reads(text: str, frames: str, areas: str) -> None:
    found = readings(text)
    first = found[0] if found else Reading(())
    assert " ; ".join(notation(frame) for frame in first.frames) == frames
    assert " ".join(first.areas) == areas


def test_names_that_the_gazetteer_has_are_known() -> None:
    crossing = best("众意路与建新路交叉口")
    assert isinstance(crossing, Crossing)
    assert (crossing.first.known, crossing.second.known) == (True, False)
    assert crossing.second.classes == ("road",)


def test_spans_point_into_the_original_text() -> None:
    written = "位於 眾意路與農業東路 交匯處"
    crossing = best(written)
    assert isinstance(crossing, Crossing)
    span = crossing.second.span
    assert written[span.start : span.end] == "農業東路"


def test_a_shop_sign_never_comes_before_a_road() -> None:
    for text in ("众意路老地方烩面馆", "众意路12号老地方烩面馆", "众意路与九如路交叉口川菜馆"):
        assert isinstance(best(text), Stretch | Number | Crossing), text


def test_evidence_is_ordered_by_what_it_tells() -> None:
    frames = readings("天赋小区东门，众意路12号，农业东路与九如路交叉口向北50米，通泰路")[0].frames
    kinds = [type(frame) for frame in frames]
    assert kinds[:3] == [Offset, Number, Place]
    assert kinds[-1] is Stretch


def test_the_longer_name_wins() -> None:
    frame = best("众意路小学对面")
    assert isinstance(frame, Place)
    assert (frame.name.text, frame.relation) == ("众意路小学", "opposite")


def test_a_name_that_is_also_a_word_of_the_grammar_is_the_word() -> None:
    frame = best("天赋小区东门")
    assert isinstance(frame, Place)
    assert frame.part == "东门"


def test_names_that_overlap_give_rival_readings() -> None:
    normal = normalise("大同大学路12号")
    hits = [NameHit(0, 4, "大同大学", ("place",)), NameHit(2, 5, "大学路", ("road",))]
    found = read(normal, hits)
    assert len(found) > 1
    assert found[0].penalty == 0
    assert all(later.penalty >= 0 for later in found)
    assert {type(reading.frames[0]) for reading in found} >= {Number}


def test_a_crossing_to_a_third_road_may_run_along_either() -> None:
    found = readings("农业东路与众意路交叉口至九如路")
    lines = [reading.frames[0].line.text for reading in found if isinstance(reading.frames[0], Stretch)]
    assert lines == ["农业东路", "众意路"]
    assert found[0].penalty < found[1].penalty


def test_two_ends_on_one_road_leave_no_doubt() -> None:
    assert len(readings("农业东路与众意路交叉口至农业东路与九如路交叉口")) == 1


def test_further_places_are_further_readings() -> None:
    found = readings("众意路12号；九如路15号；农业东路与通泰路交叉口")
    assert [notation(reading.frames[0]) for reading in found] == ["众意路#12", "九如路#15", "农业东路×通泰路"]
    assert [reading.penalty >= 2 for reading in found] == [False, True, True]
    assert "第2处" in describe_reading(found[1])


def test_several_posts_are_several_places() -> None:
    found = readings("示范铁路桩号2+784、10+014、13+264和桩号18+769处")
    posts = [reading.frames[0] for reading in found]
    assert [post.start_m for post in posts if isinstance(post, Chainage)] == [2784, 10014, 13264, 18769]


def test_an_old_name_in_brackets_is_no_evidence() -> None:
    frames = readings("众意路与九如路（原天赋路）交叉口")[0].frames
    assert [notation(frame) for frame in frames] == ["众意路×九如路"]


@pytest.mark.parametrize(
    "text", ["", " ", "无", "-", "——", "不详", "12345", "（）", "，，；", "\u200b", "\ud800"]
)
def test_what_says_nothing_has_no_reading(text: str) -> None:
    assert readings(text) == []


def test_what_was_not_understood_is_kept() -> None:
    written = "众意路与九如路交叉口某某某某某"
    residue = readings(written)[0].residue
    assert [written[span.start : span.end] for span in residue] == ["某某某某某"]


@pytest.mark.parametrize("text", [text for text, _, _ in golden()])
def test_no_word_is_lost(text: str) -> None:
    """What no rule explains is the name of something that was read, or is shown as not understood."""
    normal, found = normalise(text), readings(text)
    if not found:
        return  # the whole text was not understood, and says so
    names = [name.span for reading in found for frame in reading.frames for name in names_of(frame)]
    kept = names + [span for reading in found for span in reading.residue]
    words = [token for token in covers(normal.text, hits_in(normal), count=1)[0].tokens if token.code == RUN]
    # 院 before a gate, a doubled 路 and the phase of an estate are understood in passing
    spans = [
        normal.span(word.start, word.end) for word in words if not re.fullmatch(r"院|路|\d+期", word.word)
    ]
    lost = [span for span in spans if not any(k.start < span.end and span.start < k.end for k in kept)]
    assert [text[span.start : span.end] for span in lost] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("投诉众意路与九如路交叉口夜间施工扰民", "夜间施工扰民"),
        ("示范铁路K646+050右侧20米处", "20米处"),
        ("众意路长1.2公里", "长1.2公里"),
        ("107辅道综合管廊下穿示范铁路", "综合管廊"),
        ("众意路与九如路交叉口，有人乱倒垃圾", "有人乱倒垃圾"),
        ("天赋小区5亩土地", "5亩土地"),
    ],
)
def test_what_is_wrong_there_is_residue_and_no_place(text: str, words: str) -> None:
    reading = readings(text)[0]
    assert words in [text[span.start : span.end] for span in reading.residue]
    assert words not in [name.text for frame in reading.frames for name in names_of(frame)]


def test_a_list_of_numbers_is_several_places() -> None:
    found = readings("众意路28号、30号、32号")
    assert [notation(reading.frames[0]) for reading in found] == ["众意路#28", "众意路#30", "众意路#32"]


def test_one_road_that_meets_two_is_two_places() -> None:
    found = readings("众意路与农业东路、九如路交叉口")
    assert [notation(reading.frames[0]) for reading in found] == ["众意路×农业东路", "众意路×九如路"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1.天赋小区东门 2.世博大厦对面 3.众意路北段", 3),
        ("①天赋小区东门②世博大厦对面③众意路北段", 3),
        ("（1）天赋小区东门；（2）世博大厦对面", 2),
        ("一、天赋小区东门；二、世博大厦对面", 2),
        ("天赋小区东门；世博大厦对面", 2),
    ],
)
def test_a_numbered_list_is_several_places(text: str, places: int) -> None:
    found = readings(text)
    assert len(found) == places
    assert [reading.penalty >= 2 for reading in found] == [False] + [True] * (places - 1)


def test_a_limit_is_kept() -> None:
    normal = normalise("众意路12号；九如路15号；农业东路8号")
    assert len(read(normal, [], limit=2)) == 2
    assert read(normal, [], limit=0) == []


def test_a_long_text_is_cut_and_says_so() -> None:
    long = "众意路与九如路交叉口向北50米，" + "垃圾很多，" * 20_000
    found = readings(long)
    assert notation(found[0].frames[0]) == "(众意路×九如路)→N 50"
    assert str(MAX_CHARS) in describe_reading(found[0])


GRAMMAR = st.lists(
    st.sampled_from(
        [
            "众意路",
            "九如路",
            "东风渠",
            "示范铁路",
            "天赋小区",
            "康平社区",
            "建新街",
            "与",
            "和",
            "、",
            "-",
            "~",
            "至",
            "从",
            "到",
            "沿",
            "交叉口",
            "路口",
            "口",
            "东北角",
            "东口",
            "向北",
            "往南",
            "北",
            "路西",
            "50米",
            "300",
            "约",
            "100-200米",
            "东侧",
            "右岸",
            "南半幅",
            "以北",
            "以西",
            "K645+300",
            "桩号4+376",
            "100号院",
            "甲12号",
            "附3号",
            "3号楼",
            "2层",
            "东门",
            "A口",
            "对面",
            "附近",
            "门口",
            "旁",
            "内",
            "桥",
            "隧道",
            "下穿",
            "段",
            "之间",
            "北段",
            "全线",
            "(",
            ")",
            "（",
            "）",
            "，",
            "；",
            "。",
            "的",
            "位于",
            "近",
            "距",
            "某某",
            "步行",
            "公里",
            "二十",
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(GRAMMAR)
def test_any_words_in_any_order_are_read(text: str) -> None:
    check_reading(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_anything_is_read(text: str) -> None:
    check_reading(text)


@pytest.mark.parametrize(
    "unit", ["路", "(", "东", "1", "A路与", "向北100米", "K1+1-", "一二十", "桥", "院东门", "、路口", "a1-"]
)
def test_long_repetition_is_read(unit: str) -> None:
    check_reading(unit * 5_000)


def check_reading(text: str) -> None:
    found = readings(text)
    assert found == readings(text)
    assert [reading.penalty for reading in found] == sorted(reading.penalty for reading in found)
    for reading in found:
        assert reading.frames
        assert describe_reading(reading)
        assert len(set(reading.frames)) == len(reading.frames)
        assert all(0 <= span.start <= span.end <= len(text) for span in reading.residue)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="众意路九如东门", max_size=12), st.data())
def test_any_hits_are_accepted(text: str, data: st.DataObject) -> None:
    normal = normalise(text)
    offsets = st.integers(min_value=-1, max_value=len(text) + 1)
    classes = st.sampled_from(["road", "rail", "water", "place", "zone"])
    spans = data.draw(st.lists(st.tuples(offsets, offsets, classes), max_size=5))
    hits = [NameHit(start, end, normal.text[max(start, 0) : end], (cls,)) for start, end, cls in spans]
    for reading in read(normal, hits):
        assert reading.frames
