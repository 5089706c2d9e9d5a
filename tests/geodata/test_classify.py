"""How a text is read: clauses, negations, slogans, several kinds, how sure; with rules made for the test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.classify import Classifier
from geodata.errors import FrameError
from geodata.kind_clauses import cut
from geodata.kind_rules import (
    Negation,
    Rule,
    RuleSet,
    plain,
    plain_word,
    read_rules,
    word_fault,
    word_pattern,
)
from geodata.kind_similar import SimilarKinds
from geodata.kinds import load_kinds

NEGATION = Negation(
    clause_before=("未发现", "请问"), just_before=("没有", "无"), after=("已清理",), whole=("均已整改",),
    still=("又",), hedge=("疑似",), affirmed=("有",), lacking=("没", "破"), slogan=("写着",),
)  # fmt: skip


def classifier(*rules, places=None, near=(), aliases=None):
    return Classifier(
        RuleSet(rules, places or {}, NEGATION, near_is_outside=frozenset(near), aliases=aliases or {})
    )


def kinds(reading):
    return [(guess.kind, guess.sure) for guess in reading.found]


LITTER, STALL, MESS = Rule("A", ("垃圾",)), Rule("B", ("摆摊",)), Rule("M", ("杂物",), general=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("，；。", []),
        ("垃圾", [("A", "certain")]),
        ("垃圾、摆摊", [("A", "certain"), ("B", "certain")]),
        ("摆摊；垃圾", [("B", "certain"), ("A", "certain")]),
        ("垃圾，垃圾，垃圾", [("A", "certain")]),
        ("1.垃圾 2.摆摊", [("A", "certain"), ("B", "certain")]),
        ("①垃圾②摆摊", [("A", "certain"), ("B", "certain")]),
        # In one breath the second is a suggestion, unless a word joins the two.
        ("垃圾旁边摆摊", [("A", "certain"), ("B", "likely")]),
        ("垃圾并且摆摊", [("A", "certain"), ("B", "certain")]),
        # A general word goes on about what the clause before said; in a list it is a problem of its own.
        ("摆摊，杂物", [("B", "certain"), ("M", "likely")]),
        ("杂物，摆摊", [("B", "certain"), ("M", "likely")]),
        ("摆摊、杂物", [("B", "certain"), ("M", "certain")]),
        ("杂物", [("M", "certain")]),
        ("未发现垃圾、摆摊", []),
        ("未发现垃圾，有人摆摊", [("B", "certain")]),
        ("没有垃圾", []),
        ("请问垃圾哪天收", []),
        ("垃圾已清理", []),
        ("垃圾，已清理", []),
        ("垃圾已经被物业拉走了", []),
        ("垃圾已满", [("A", "certain")]),
        ("垃圾已清理，今天又有", [("A", "certain")]),
        ("垃圾，摆摊，均已整改", []),
        ("疑似垃圾", [("A", "likely")]),
        ("墙上写着“垃圾入箱”", []),
        ("墙上写着“垃圾入箱”，还是有人摆摊", [("B", "certain")]),
        ("“垃圾”成堆", [("A", "certain")]),
        ("垃 圾", [("A", "certain")]),
    ],
)
def test_clauses(text, expected):
    assert kinds(classifier(LITTER, STALL, MESS).read(text)) == expected


def test_a_place_alone_is_never_certain():
    reading = classifier(Rule("A", ("垃圾堆放点",))).read("", place="垃圾堆放点")
    assert kinds(reading) == [("A", "likely")]
    assert classifier(LITTER).read("", place="垃圾站").found == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("没有健康证", [("A", "certain")]),
        ("健康证没挂", [("A", "certain")]),
        ("健康证", [("A", "likely")]),
        ("有健康证", []),
    ],
)
def test_a_thing_whose_absence_is_the_problem(text, expected):
    assert kinds(classifier(Rule("A", ("健康证",), absence=True)).read(text)) == expected


def test_places_tell_kinds_apart_and_names_are_no_places():
    rules = (Rule("R", ("污水",), where=("water",)), Rule("S", ("污水",), unless_places=("water",)))
    asked = classifier(*rules, places={"water": ("河", "湖")})
    assert asked.read("污水", place="金水河").main.kind == "R"
    for name in ("黄河路", "河畔社区", "东湖国际", "如意湖壹号院"):
        assert asked.read("污水", place=name).main.kind == "S", name
    assert asked.read("污水", place="金水河").main.reason == "描述里有“污水”，地点是“河”"


def test_beside_a_place_is_outside_it_where_that_matters():
    rule = Rule("A", ("异味",), where=("station",))
    asked = classifier(rule, places={"station": ("垃圾站",)}, near=("station",))
    assert asked.read("异味", place="垃圾站").main.kind == "A"
    assert asked.read("异味", place="垃圾站旁游园").main.kind == ""
    assert classifier(rule, places={"station": ("垃圾站",)}).read("异味", place="垃圾站旁").main.kind == "A"


def test_own_rules_stand_before_shipped_ones():
    rules = classifier(Rule("A", ("垃圾成堆",))).rules
    own = Classifier(rules.with_own([Rule("B", ("垃圾",))], {"牛皮癣": "垃圾"}))
    (guess,) = own.read("垃圾成堆").found
    assert (guess.kind, guess.own) == ("B", True)
    assert own.read("满墙牛皮癣").main.kind == "B"


def test_a_rule_for_none_of_ours_takes_its_words_away():
    rules = classifier(Rule("A", ("灯",))).rules
    own = Classifier(rules.with_own([Rule("", ("路灯不亮",))], {}))
    assert own.read("路灯不亮").settled
    assert own.read("路灯不亮").main.kind == ""
    assert kinds(own.read("路灯不亮，灯坏")) == [("A", "certain")]
    shipped = classifier(Rule("", ("路灯不亮",)))
    assert not shipped.read("路灯不亮").settled


def test_gaps_and_choices():
    pattern = word_pattern(plain_word("{电动车|自行车}…{乱停|乱放}"))
    assert pattern.search("自行车到处乱放")
    assert not pattern.search(plain("自行车，乱放"))
    assert not pattern.search("自行车一二三四五六七乱放")
    # Characters of regular expressions mean themselves.
    assert word_pattern(plain_word("a.b+")).search("a.b+")
    assert not word_pattern(plain_word("a.b+")).search("axb+")


@pytest.mark.parametrize(
    ("word", "fault"),
    [("乱停", None), ("", "short"), ("堆", "short"), ("…", "short"), ("…乱停", "gap"), ("乱停…", "gap"), ("{乱停", "braces"),
     ("乱}停", "braces"), ("{|乱停}", "short"), ("搭{了|}棚", None), ("{乱停|乱放}", None), (" 堆 ", "short")],
)  # fmt: skip
def test_words_that_cannot_be_used(word, fault):
    assert word_fault(word) == fault


def test_a_file_with_unknown_groups_is_refused(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nkind = "A"\nwords = ["@nothing"]\nwhere = ["moon"]\n', encoding="utf-8")
    with pytest.raises(FrameError, match=r"moon.*@nothing"):
        read_rules(path)


def test_every_shipped_word_can_be_used():
    faults = {word: word_fault(word) for rule in read_rules().rules for word in rule.words}
    assert {word: fault for word, fault in faults.items() if fault not in (None, "short")} == {}
    # One character is allowed in the shipped file where the place carries the meaning.
    assert all(rule.where or rule.maybe for rule in read_rules().rules for word in rule.words if faults[word])


def test_suggestions_by_similarity():
    alike = SimilarKinds({"A": ["路灯不亮"], "B": ["路面破损", "路灯"], "C": ["水"]})
    # 路灯 is in two of three, 不亮 and 灯不 in one: log(3/2) + 2 log 3 against log(3/2), by hand.
    assert alike.best("路灯不亮") == ["A", "B"]
    assert alike.best("路灯不亮", limit=1) == ["A"]
    assert alike.best("") == alike.best("水") == []


TABLE = load_kinds()
TEXTS = st.text(alphabet="垃圾满溢占道经营已清理未发现没有有，；、。“”1. 河渠工地围挡破损又写着", max_size=60)


@given(TEXTS, TEXTS)
def test_any_text_is_read_the_same_way_twice(text, place):
    reading = TABLE.classify_all(text, place=place)
    assert reading == TABLE.classify_all(text, place=place)
    found = [guess.kind for guess in reading.found]
    assert len(set(found)) == len(found)
    assert TABLE.classify(text, place=place) == reading.main
    # Certain ones stand first; every word stands in what was written.
    assert [g.sure for g in reading.found] == sorted(
        (g.sure for g in reading.found), key="certain likely".index
    )
    assert all(guess.word in plain(text) + plain(place) for guess in reading.found if "1" not in text + place)


@given(TEXTS)
def test_items_are_parts_of_the_text_in_order(text):
    parts = cut(text, NEGATION)
    assert all(0 <= item.start < item.end <= len(parts.text) for item in parts.items)
    assert all(one.end <= two.start for one, two in zip(parts.items, parts.items[1:], strict=False))
    assert all(item.clause_start <= item.start and item.end <= item.clause_end for item in parts.items)
