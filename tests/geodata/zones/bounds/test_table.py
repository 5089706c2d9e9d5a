"""Tables of bounds as offices write them."""

import pytest

from geodata.errors import FrameError
from geodata.zones.bounds.table import read_bounds, split_bounds
from geodata.zones.bounds.wording import words_of


def row(**cells):
    return {"社区": "甲社区", "东至": "A路", "南至": "B路", "西至": "C路", "北至": "D路", **cells}


@pytest.mark.parametrize(
    "headers",
    [
        ("东至", "南至", "西至", "北至"),
        ("东界", "南界", "西界", "北界"),
        ("东邻", "南邻", "西邻", "北邻"),
        ("东", "南", "西", "北"),
        ("东 至", "南　至", "西至\n", "北侧"),
        ("east", "south", "west", "north"),
    ],
)
def test_header_variants(headers):
    cells = {"社区名称": "甲社区", **dict(zip(headers, ("A路", "B路", "C路", "D路"), strict=True))}
    (found,) = read_bounds([cells])
    assert dict(found.sides) == {"E": "A路", "S": "B路", "W": "C路", "N": "D路"}
    assert (found.name, found.line) == ("甲社区", 2)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("东至A路，南至B路，西至C路，北至D路", "ABCD"),
        ("东起A路；南到B路；西邻C路；北以D路为界。", "ABCD"),
        ("北至D路 西至C路 南至B路 东至A路", "ABCD"),
        ("东：A路；南：B路；西：C路；北：D路", "ABCD"),
        ("东面至A路，南边临B路，西侧至C路，北部以D路为界", "ABCD"),
    ],
)
def test_one_cell_for_all_sides(text, sides):
    (found,) = read_bounds([{"社区": "甲社区", "四至范围": text}])
    assert [found.sides[side] for side in "ESWN"] == [f"{letter}路" for letter in sides]


def test_names_that_begin_with_a_compass_word_are_no_sides():
    assert split_bounds("东至东风路、东明路，南至南阳路，西至西站街，北至北环路") == {
        "E": "东风路、东明路", "S": "南阳路", "W": "西站街", "N": "北环路",
    }  # fmt: skip
    assert split_bounds("东至至善路") == {"E": "至善路"}
    assert split_bounds("农业东路") == {}


def test_two_sides_said_at_once():
    assert split_bounds("东、南至外环路，西至A路，北至B路")["E"] == "外环路"
    assert split_bounds("东、南至外环路，西至A路，北至B路")["S"] == "外环路"


def test_a_cell_that_repeats_its_header():
    (found,) = read_bounds([row(东至="东至A路", 北至="北：D路")])
    assert (found.sides["E"], found.sides["N"]) == ("A路", "D路")


def test_a_second_line_of_the_same_community_is_joined():
    (found,) = read_bounds([row(), {"社区": "", "东至": "E路", "南至": "", "西至": "", "北至": ""}])
    assert found.sides["E"] == "A路、E路"


def test_totals_and_empty_rows_are_left_out():
    rows = [row(), row(社区="合计"), row(社区="共2个社区"), dict.fromkeys(row(), "")]
    assert [found.name for found in read_bounds(rows)] == ["甲社区"]


def test_every_fault_is_told_at_once():
    with pytest.raises(FrameError, match="no column names the communities; there is no column 西至、北至"):
        read_bounds([{"东至": "A", "南至": "B"}])
    with pytest.raises(FrameError, match="甲社区 occurs 2 times"):
        read_bounds([row(), row()])
    with pytest.raises(FrameError, match="code 1 occurs 2 times"):
        read_bounds([row(代码="1"), row(社区="乙社区", 代码="1")])
    with pytest.raises(FrameError, match="has no community"):
        read_bounds([row(社区="合计")])
    with pytest.raises(FrameError, match="row 2 has no name"):
        read_bounds([row(社区="")])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A路、B渠", ["A路", "B渠"]),
        ("A路和B渠及C街", ["A路", "B渠", "C街"]),
        ("A路（C路、D路之间）；B渠", ["A路（C路、D路之间）", "B渠"]),
        ("和平路", ["和平路"]),
        ("A路中心线", ["A路"]),
        ("中心路", ["中心路"]),
        ("A路（规划）", ["A路"]),
        ("", []),
        ("、，", []),
    ],
)
def test_names_on_one_side(text, names):
    assert [words.name for words in words_of(text)] == names


def test_what_is_said_beside_a_name():
    (words,) = words_of("万和街及其南延长线")
    assert (words.name, words.longer) == ("万和街", "S")
    assert words_of("万和街延长线")[0].longer == "any"
    (words,) = words_of("龙湖外环路以北50米（天时路以东）及其东延长线")
    assert (words.name, words.beyond, words.longer) == ("龙湖外环路以北50米", ("天时路", "E"), "E")
    assert words_of("中心小学围墙")[0].outline
