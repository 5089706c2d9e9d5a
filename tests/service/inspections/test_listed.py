"""Lists of results as inspections: every row accounted for, twice changes nothing, undone whole."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from service.inspections.listed import read_result

HEADER = "店名,检查项目,结果,情况说明,检查日期,检查人"
ROWS = [
    "老张烩面馆,证照齐全,合格,,2017-11-01,王检",
    "老张烩面馆,防蝇、防鼠,不合格,纱窗破了,2017-11-01,王检",
    "老张烩面馆,油烟净化,不适用,,2017-11-01,王检",
    "秋实理发店,毛巾,√,,2017-11-02,王检",
    "秋实理发店,地面积水,×,,2017-11-02,王检",
    "秋实理发店,店内整洁,待定,,2017-11-02,王检",
    "从没听说的店,证照,合格,,2017-11-02,王检",
]


def send(client, rows=ROWS, header=HEADER, name="检查结果.csv"):
    lines = [f'{a},"{b}",{c}' for a, b, c in (row.split(",", 1)[0:1] + _split(row) for row in rows)]
    return client.post(
        "/api/imports", files={"file": (name, "\r\n".join([header, *lines]).encode("utf-8-sig"))}
    )


def _split(row):
    rest = row.split(",", 1)[1]
    item, tail = rest.rsplit(",", 4)[0], ",".join(rest.rsplit(",", 4)[1:])
    return [item, tail]


def contents(site):
    with site.app.state.service.engine.connect() as connection:
        return [
            connection.execute(text(f"select * from {table} order by 1")).all()
            for table in (
                "inspections",
                "inspection_items",
                "cases",
                "places",
                "ladders",
                "ladder_steps",
                "registers",
            )
        ]


def test_a_list_becomes_inspections_with_passes_and_problems(site, admin, shops):
    before = contents(site)
    answer = send(admin)
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert done["list_kind"] == "inspections"
    assert (done["rows"], done["imported"], done["merged"], done["refused"]) == (7, 6, 0, 1)
    rows = admin.get(f"/api/imports/{done['import_id']}/rows").json()["items"]
    assert [row["outcome"] for row in rows] == ["imported"] * 5 + ["refused", "imported"]
    assert "待定" in rows[5]["reason"]
    seen = admin.get(f"/api/places/{shops['老张烩面馆']}/inspections").json()["items"]
    assert len(seen) == 1
    assert {item["item"]: item["result"] for item in seen[0]["items"]} == {
        "licence": "pass", "pests": "fail", "fumes": "na"
    }  # fmt: skip
    assert "纱窗破了" in next(item["note"] for item in seen[0]["items"] if item["item"] == "pests")
    hair = admin.get(f"/api/places/{shops['秋实理发店']}/inspections").json()["items"][0]
    assert {item["words"]: item["result"] for item in hair["items"]}["地面积水"] == "fail"
    cases = [one for one in admin.get("/api/cases").json()["items"] if one["kind"] == "C4-02"]
    assert len(cases) == 1
    middle = contents(site)
    again = send(admin).json()
    assert (again["imported"], again["merged"], again["refused"]) == (0, 6, 1)
    assert contents(site) == middle
    admin.post(f"/api/imports/{again['import_id']}/undo")
    assert admin.post(f"/api/imports/{done['import_id']}/undo").status_code == 200
    assert contents(site) == before


def test_a_place_that_may_be_several_is_refused_with_the_reason(admin, shops):
    assert shops
    two = "店名,行业,地址\r\n同名店,小餐饮,平安路与春光街交叉口\r\n同名店,小餐饮,平安路与冬青街交叉口"
    assert (
        admin.post("/api/imports", files={"file": ("两家.csv", two.encode("utf-8-sig"))}).status_code == 201
    )
    done = send(admin, ["同名店,证照,合格,,2017-11-01,王检"]).json()
    assert (done["imported"], done["refused"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "result"),
    [("合格", "pass"), ("不合格", "fail"), (" 达标 ", "pass"), ("否", "fail"), ("", None), ("基本合格", None), ("不适用", "na"), ("X", "fail")],
)  # fmt: skip
def test_words_of_results(words, result):
    assert read_result(words) == result
