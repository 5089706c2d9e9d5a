"""Kinds and keyword rules: the shipped table, its faults, and guesses against texts judged by hand."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from geodata.errors import FrameError
from geodata.kinds import UNCLASSIFIED_NAME, load_kinds

GOLDEN = Path(__file__).parents[1] / "golden" / "kinds.csv"
ROWS = list(csv.DictReader(GOLDEN.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def table():
    return load_kinds()


def test_table_holds_eight_commands_and_every_kind_belongs_to_one(table):
    assert [command.code for command in table.commands] == [f"C{n}" for n in range(1, 9)]
    counts = Counter(kind.command for kind in table.kinds)
    # Counted by hand in the starting vocabulary.
    assert counts == {"C1": 25, "C2": 6, "C3": 4, "C4": 14, "C5": 12, "C6": 7, "C7": 13, "C8": 10}
    assert all(kind.code.startswith(kind.command + "-") for kind in table.kinds)
    assert len({kind.name for kind in table.kinds}) == len(table.kinds)


def test_limits_and_rechecks(table):
    stalls = table.kind("C1-11")
    assert (stalls.limit_value, stalls.limit_kind, stalls.geometry) == (2, "紧急工作时", ("point",))
    corner = table.kind("C1-02")
    assert (corner.limit_value, corner.limit_kind, corner.recheck_days) == (1, "工作日", 7)
    assert table.kind("C2-06").limit_value is None
    assert table.kind("C7-01").geometry == ("line",)


def test_names_and_lookup(table):
    assert table.name("") == UNCLASSIFIED_NAME
    assert table.name("C1-11") == "占道经营"
    assert table.find(" 占道经营 ").code == "C1-11"
    assert table.find("C5-01").name == "工地围挡"
    assert table.find("没有这一类") is None
    with pytest.raises(KeyError):
        table.kind("C9-01")


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['description']}@{row['place']}" for row in ROWS])
def test_golden(table, row):
    guess = table.classify(row["description"], place=row["place"])
    assert guess.kind == row["kind"], guess.reason


def test_every_kind_has_a_golden_text(table):
    assert {kind.code for kind in table.kinds} <= {row["kind"] for row in ROWS}


def test_reason_names_word_and_place(table):
    guess = table.classify("大面积黄土裸露", place="某路口一无名工地")
    assert guess.reason == "描述里有“黄土裸露”，地点是“工地”"
    assert guess.word == "黄土裸露"
    assert table.classify("").reason == "没有问题描述"
    assert table.classify("情况如下").reason == "没有认得的关键词"


def test_a_hostile_text_is_read_up_to_its_limit(table):
    assert table.classify("占道经营，" + "文" * 100_000).kind == "C1-11"
    assert table.classify("文" * 100_000 + "，占道经营").kind == ""
    assert table.classify("未见占道经营，" * 20_000).kind == ""


def test_traditional_and_full_width_writing_is_understood(table):
    assert table.classify("佔道經營").kind == "C1-11"
    assert table.classify("滲漏", place="某路西北側排污口").kind == "C7-02"


def test_faults_are_listed_all_at_once(tmp_path):
    broken = tmp_path / "kinds.toml"
    broken.write_text(
        'commands = [{ code = "C1", name = "甲", short = "甲" }]\n'
        'kinds = [{ code = "C1-01", name = "乙", command = "C2", category = "丙", geometry = ["blob"], places = "店",'
        ' condition = "丁", close = "戊", clock = "工作年", limit = -1 }, { code = "C1-01" }]\n',
        encoding="utf-8",
    )
    with pytest.raises(FrameError) as error:
        load_kinds(broken)
    words = str(error.value)
    for fault in (
        "command C2 is unknown",
        "工作年",
        "shape blob",
        "places must be a list",
        "limit must be",
        "stands there twice",
        "name is missing",
    ):
        assert fault in words


def test_rules_for_unknown_kinds_or_places_are_refused(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nkind = "C9-99"\nwords = ["某"]\n', encoding="utf-8")
    with pytest.raises(FrameError, match="C9-99"):
        load_kinds(rules=rules)
    rules.write_text('[[rule]]\nwhere = ["moon"]\n', encoding="utf-8")
    with pytest.raises(FrameError, match=r"kind is missing.*words are missing.*moon"):
        load_kinds(rules=rules)


def test_a_choice_of_kinds_befalls_places_only_when_every_kind_does(table):
    assert table.places_of(kinds=["C4-07"]) == {"小旅店"}
    assert table.places_of(commands=["C5"]) == {"建筑工地", "拆迁工地", "待建工地"}
    assert table.places_of(commands=["C4"]) == {
        "小餐饮",
        "小食品",
        "小美容美发",
        "小旅店",
        "小浴室",
        "小歌舞厅",
    }
    assert table.places_of(kinds=["C4-07", "C3-01"], commands=["C3"]) == {"集贸市场"}
    # One kind of the open ground is enough; so is a kind nobody knows, or no choice at all.
    for kinds, commands in (
        ([], []),
        (["C4-07", "C1-02"], []),
        ([], ["C6"]),
        (["none"], []),
        (["C4-07"], ["C1"]),
    ):
        assert table.places_of(kinds=kinds, commands=commands) == frozenset()
