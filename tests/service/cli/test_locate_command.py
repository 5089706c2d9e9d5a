"""`qingtu locate` and `qingtu gazetteer` as a user calls them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from service.cli import main
from tests.geodata.drawn_city import write_lines, write_zones


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    write_lines(folder / "l.gpkg")
    write_zones(folder / "z.gpkg")
    assert (
        _run(
            "gazetteer",
            "build",
            "--lines",
            folder / "l.gpkg",
            "--zones",
            folder / "z.gpkg",
            "--out",
            folder / "g.qgz",
        )
        == 0
    )
    return folder


def _run(*arguments: object) -> int:
    """Return the exit status of a command."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    return 0


def test_locate_prints_place_method_and_community(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        _run("locate", "青禾路与白鹭街交叉口", "-g", folder / "g.qgz", "-z", folder / "z.gpkg", "--explain")
        == 0
    )
    out = capsys.readouterr().out
    assert "已定位" in out
    assert "crossing" in out
    assert "云杉社区" in out
    assert "[confidence]" in out


def test_locate_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("locate", "青禾路9号", "-g", folder / "g.qgz", "-z", folder / "z.gpkg", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["status"], data["method"], data["community"]) == ("located", "number", "410100001001")
    assert data["lon"] == pytest.approx(114.00197, abs=1e-4)
    assert "steps" not in data


def test_not_found_is_an_answer_not_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("locate", "虚无路5号", "-g", folder / "g.qgz") == 0
    assert "虚无路" in capsys.readouterr().out


def test_missing_gazetteer_is_refused_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("locate", "青禾路", "-g", tmp_path / "none.qgz") == 1
    assert "none.qgz" in capsys.readouterr().err


def test_text_and_batch_exclude_each_other(tmp_path: Path) -> None:
    assert _run("locate") == 2


def _batch(folder: Path, content: bytes, *options: object) -> list[dict[str, str]]:
    (folder / "in.csv").write_bytes(content)
    out = folder / "out.csv"
    assert _run("locate", "--batch", folder / "in.csv", "--out", out, "-g", folder / "g.qgz", *options) == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_batch_keeps_rows_and_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        "编号,地址,status,备注",
        "1,青禾路9号,旧,=1+1",
        "2,,x,-5",
        "3,青禾路(白鹭街至石榴街),y,@cmd",
        "4,青禾路9号,z,+8613800000000",
    ]
    found = _batch(
        folder, "\n".join(rows).encode("gb18030"), "--column", "地址", "--zones", folder / "z.gpkg"
    )
    assert [row["编号"] for row in found] == ["1", "2", "3", "4"]
    assert [row["input_status"] for row in found] == ["旧", "x", "y", "z"]
    assert [row["status"] for row in found] == ["located", "not_found", "located", "located"]
    assert [row["备注"] for row in found] == ["'=1+1", "-5", "'@cmd", "+8613800000000"]
    assert found[2]["geometry"].startswith("LINESTRING")
    assert found[0]["geometry"].startswith("POINT")
    assert found[0] | {"编号": "", "备注": "", "input_status": ""} == found[3] | {
        "编号": "",
        "备注": "",
        "input_status": "",
    }
    assert found[0]["community"] == "410100001001"
    assert float(found[0]["p500"]) >= 0.95
    assert found[1]["lon"] == found[1]["geometry"] == ""
    assert "rows/s" in capsys.readouterr().out


def test_batch_blank_lines_of_one_column_are_rows(folder: Path) -> None:
    found = _batch(folder, "text\n青禾路9号\n\n虚无路\n".encode(), "--column", "text")
    assert [row["status"] for row in found] == ["located", "not_found", "not_found"]


def test_batch_follows_the_row_above_when_asked(folder: Path) -> None:
    rows = "地址\n青禾路与白鹭街交叉口\n再往东100米\n".encode()
    assert [row["status"] for row in _batch(folder, rows, "--column", "地址")] == ["located", "not_found"]
    first, second = _batch(folder, rows, "--column", "地址", "--follow")
    assert first["status"] == "located"
    # 100 m east at 34.7° N are 0.00109° of longitude
    assert float(second["lon"]) - float(first["lon"]) == pytest.approx(0.00109, abs=0.0001)
    assert _run("locate", "青禾路", "--follow", "-g", folder / "g.qgz") == 2


def test_batch_area_column_narrows(folder: Path) -> None:
    found = _batch(
        folder, "地址,区\n青禾路9号,涧西区\n青禾路9号,\n".encode(), "--column", "地址", "--area-column", "区"
    )
    assert [row["status"] for row in found] == ["not_found", "located"]


def test_batch_without_the_column_says_what_there_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "in.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    assert (
        _run(
            "locate",
            "--batch",
            folder / "in.csv",
            "--column",
            "地址",
            "--out",
            folder / "o.csv",
            "-g",
            folder / "g.qgz",
        )
        == 1
    )
    assert "甲、乙" in capsys.readouterr().err
    assert not (folder / "o.csv").exists()


def test_gazetteer_stats_and_alias(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "g.qgz"
    copy.write_bytes((folder / "g.qgz").read_bytes())
    assert _run("gazetteer", "add-alias", copy, "老青禾街", "青禾路") == 0
    assert _run("gazetteer", "add-alias", copy, "甲", "没有这条路") == 1
    capsys.readouterr()
    assert _run("gazetteer", "stats", copy, "--json") == 0
    stats = json.loads(capsys.readouterr().out)
    assert stats["aliases"] == 1
    assert stats["posts"] == 3
    assert _run("gazetteer", "stats", copy) == 0
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines() if line[0] != " ")
    assert (lines["里程桩"], lines["别名"]) == ("3", "1")
    assert _run("locate", "老青禾街9号", "-g", copy, "--json") == 0
    assert json.loads(capsys.readouterr().out)["method"] == "number"
