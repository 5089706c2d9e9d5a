"""`qingtu kinds`: one text with its reasons, a whole list with counts that add up."""

from __future__ import annotations

import csv
import json

import pytest

from service.cli import main


def run(capsys, *arguments, code=0):
    try:
        main([*arguments])
        found = 0
    except SystemExit as stop:
        found = stop.code or 0
    out = capsys.readouterr()
    assert found == code, out.err
    return out.out, out.err


def test_a_text_with_two_problems(capsys):
    out, _ = run(capsys, "kinds", "classify", "垃圾满溢、占道经营", "--json")
    answer = json.loads(out)
    assert [(kind["kind"], kind["command"], kind["sure"]) for kind in answer["found"]] == [
        ("C1-06", "C1", "certain"),
        ("C1-11", "C1", "certain"),
    ]
    out, _ = run(capsys, "kinds", "classify", "路面被挤占")
    assert "C1-11 占道经营" in out
    assert "可能" in out
    out, _ = run(capsys, "kinds", "classify", "不知所云")
    assert out.startswith("未定")


def test_the_place_decides_between_kinds(capsys):
    for place, kind in (("某工地", "C5-02"), ("道路中间分车带", "C1-21")):
        out, _ = run(capsys, "kinds", "classify", "黄土裸露", "--place", place, "--json")
        assert json.loads(out)["found"][0]["kind"] == kind


ROWS = "位置,问题描述,kinds\n众意路,垃圾满溢、占道经营,甲\n某工地,黄土裸露,\n九如路,路灯不亮,=1+1\n九如路,路面被挤占,\n"


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "清单.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_a_list_is_counted_by_command_and_written_row_by_row(capsys, listed, tmp_path):
    out = tmp_path / "结果.csv"
    told, _ = run(capsys, "kinds", "check", str(listed), "--column", "问题描述", "--out", str(out), "--json")
    answer = json.loads(told)
    assert (answer["rows"], answer["decided"], answer["undecided"], answer["cases"]) == (4, 2, 2, 5)
    assert {code: n for code, n in answer["by_command"].items() if n} == {"C1": 2, "C5": 1}
    assert [(item["line"], item["sure"], item["suggested"]) for item in answer["items"]] == [
        (4, "none", []),
        (5, "likely", ["C1-11"]),
    ]
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["kinds"] for row in rows] == ["C1-06；C1-11", "C5-02", "", ""]
    assert [row["input_kinds"] for row in rows] == ["甲", "", "'=1+1", ""]
    assert [row["cases"] for row in rows] == ["2", "1", "1", "1"]
    told, _ = run(capsys, "kinds", "check", str(listed), "--out", str(out))
    assert "共 4 行 = 定了 2 + 未定 2" in told


def test_plain_refusals(capsys, listed, tmp_path):
    out = str(tmp_path / "x.csv")
    assert "没有这个文件" in run(capsys, "kinds", "check", str(tmp_path / "no.csv"), "--out", out, code=1)[1]
    run(capsys, "kinds", "check", str(listed), "--column", "没有这列", "--out", out, code=1)
    other = tmp_path / "b.csv"
    other.write_text("甲,乙\n1,2\n", encoding="utf-8")
    assert "--column" in run(capsys, "kinds", "check", str(other), "--out", out, code=1)[1]
