"""What duties, zones and telephones in lists mean: tables read by hand."""

from __future__ import annotations

import pytest

from service.auth.names import fold_phone
from service.people.role_words import read_role
from service.people.rules import Ground
from service.people.zone_words import zone_book
from service.store.tables import ROLES

C, D = "410105560001", "410105560002"
GROUND = Ground(
    {
        "community": {C: "如意湖社区", D: "九如社区"},
        "grid": {
            f"{C}001": "第1网格", f"{C}002": "第2网格", f"{C}003": "第三网格",
            f"{D}001": "九如网格一", f"{D}002": "金水里小区", f"{D}012": "第12网格",
        },
    },
    {"C1": "第一指挥部（市容环境卫生）", "C3": "第三指挥部（集贸市场）", "C8": "第八指挥部（专项治理）"},
)  # fmt: skip
ROWS = [
    {"level": level, "code": code, "name": name, "parent_code": code[:12] if level == "grid" else "410105560"}
    for level, zones in GROUND.zones.items()
    for code, name in zones.items()
]
BOOK = zone_book(ROWS, GROUND)


@pytest.mark.parametrize(
    ("duty", "named", "role"),
    [
        ("网格员", "", "grid_manager"), ("专职网格员", "", "grid_manager"), ("网格长", "grid", "grid_manager"),
        ("社区书记", "", "community_officer"), ("社区党支部书记、居委会主任", "", "community_officer"),
        ("书记", "community", "community_officer"), ("主任", "community", "community_officer"),
        ("书记", "", "leader"), ("党工委书记", "community", "leader"), ("办事处副主任", "", "leader"),
        ("分包领导", "community", "community_leader"), ("包社区领导", "", "community_leader"),
        ("党工委副书记（分包领导）", "community", "community_leader"),
        ("业务分管领导", "command", "leader"), ("指挥部办公室主任", "command", "command_officer"),
        ("部长", "command", "command_officer"), ("副部长", "command", "command_officer"),
        ("武装部长", "", "leader"), ("武装部部长", "command", ""),
        ("督查组长", "", "verifier"), ("核查员", "", "verifier"), ("双迎办工作人员", "", "coordinator"),
        ("创建办主任", "", "coordinator"), ("环卫公司经理", "unit", "unit"), ("物业经理", "", "unit"),
        ("grid_manager", "", "grid_manager"), ("网　格　员", "", "grid_manager"), ("Verifier", "", "verifier"),
    ],
)  # fmt: skip
def test_usual_duties_are_sure(duty, named, role):
    guess = read_role(duty, {named} - {""})
    assert (guess.role, guess.sure) == (role, bool(role))
    assert guess.reason


@pytest.mark.parametrize(
    ("duty", "named", "suggested"),
    [
        ("系统管理员", "", "admin"), ("admin", "", "admin"), ("公众", "", "public"), ("纪检干事", "", "auditor"),
        ("部长", "", "command_officer"), ("", "grid", "grid_manager"), ("", "community", "community_officer"),
        ("", "", ""), ("厨师", "", ""),
    ],
)  # fmt: skip
def test_unclear_duties_are_asked_never_taken(duty, named, suggested):
    guess = read_role(duty, {named} - {""})
    assert (guess.role, guess.sure) == (suggested, False)


def test_no_list_makes_an_administrator_unasked():
    texts = ["管理员", "系统管理员", "administrator", "admin", "平台管理员"]
    assert not [text for text in texts if (guess := read_role(text, ())).sure and guess.role == "admin"]
    assert len(ROLES) == 11


@pytest.mark.parametrize(
    ("text", "codes", "unmatched"),
    [
        ("如意湖社区", [C], []), ("如意湖", [C], []), ("如意湖社区居委会", [C], []), (C, [C], []),
        ("如意湖、九如", [C, D], []), ("如意湖社区和九如社区", [C, D], []), ("如意湖 九如", [C, D], []),
        ("郑东新区如意湖社区党支部", [C], []), ("全部社区", [C, D], []), ("无", [], []), ("", [], []),
        ("金水社区", [], ["金水社区"]), ("如意湖、金水", [C], ["金水"]), ("如", [], ["如"]),
    ],
)  # fmt: skip
def test_communities(text, codes, unmatched):
    found = BOOK.find_communities(text)
    assert (list(found.codes), list(found.unmatched)) == (codes, unmatched)


@pytest.mark.parametrize(
    ("text", "under", "ends", "unmatched"),
    [
        ("第1网格", [C], ["1001"], []), ("1网格", [C], ["1001"], []), ("１号网格", [C], ["1001"], []), ("1", [C], ["1001"], []),
        ("三网格", [C], ["1003"], []), ("第3网格", [C], ["1003"], []), ("1-3网格", [C], ["1001", "1002", "1003"], []),
        ("1至2网格", [C], ["1001", "1002"], []), ("1 ~ 2", [C], ["1001", "1002"], []), ("1、3网格", [C], ["1001", "1003"], []),
        ("全部", [C], ["1001", "1002", "1003"], []), ("金水里小区", [], ["2002"], []), ("十二网格", [D], ["2012"], []),
        ("九如网格一", [D], ["2001"], []), ("如意湖社区2网格", [], ["1002"], []), ("如意湖2网格", [D], ["1002"], []),
        (f"{C}002", [D], ["1002"], []), ("001", [C], ["1001"], []),
        ("1-9网格", [C], [], ["1-9网格"]), ("3-1网格", [C], [], ["3-1网格"]), ("9网格", [C], [], ["9网格"]),
        ("2网格", [], [], ["2网格"]), ("12网格", [], ["2012"], []), ("1-9999", [C], [], ["1-9999"]), ("无", [C], [], []),
    ],
)  # fmt: skip
def test_grids_by_number_under_their_community(text, under, ends, unmatched):
    found = BOOK.find_grids(text, under)
    assert [code[-4:] for code in found.codes] == ends
    assert list(found.unmatched) == unmatched


def test_a_number_that_two_grids_of_a_community_have_is_not_guessed():
    ground = Ground({"community": {C: "甲社区"}, "grid": {f"{C}001": "第2网格", f"{C}002": "西片"}}, {})
    rows = [
        {"level": "community", "code": C, "name": "甲社区", "parent_code": ""},
        *({"level": "grid", "code": code, "name": name, "parent_code": C} for code, name in ground.zones["grid"].items()),
    ]  # fmt: skip
    assert zone_book(rows, ground).find_grids("2网格", [C]).codes == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C3", "C3"), ("第三指挥部", "C3"), ("三指挥部", "C3"), ("第3指挥部（集贸市场）", "C3"), ("集贸市场指挥部", "C3"),
        ("3部", "C3"), ("第三指挥部办公室", "C3"), ("第八指挥部", "C8"), ("第十三指挥部", ""), ("指挥部", ""), ("", ""),
        ("第一、第三指挥部", ""),
    ],
)  # fmt: skip
def test_commands(text, code):
    assert BOOK.find_command(text) == code


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("13800001111", "13800001111"), ("138 0000 1111", "13800001111"), ("+86-13800001111", "13800001111"),
        ("0371-67890123", "037167890123"), ("67890123", "67890123"), ("1380000111", ""), ("138000011112", ""),
        ("119", ""), ("12345", ""), ("张伟13800001111", ""), ("", ""),
    ],
)  # fmt: skip
def test_telephones(text, digits):
    assert fold_phone(text) == digits
