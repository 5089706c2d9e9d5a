"""`qingtu gazetteer calibrate` as a user calls it, on a made town of numbered houses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from geodata.geocode import Geocoder
from service.cli import main

ROADS = ("青禾路", "白鹭街", "云杉路", "松月街")
LON, LAT, STEP = 113.70, 34.76, 0.0001


def _run(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    return 0


def _house(road: int, number: int) -> tuple[float, float]:
    """Return where a house stands: roads run east, 500 m apart, houses every 9 m."""
    return LON + number * STEP, LAT + road * 0.0045


def _write(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gazetteer of the houses with numbers that are multiples of six."""
    folder = tmp_path_factory.mktemp("town")
    rows: list[list[object]] = []
    for road, name in enumerate(ROADS):
        rows += [
            [f"店{road}{number}", "小餐饮", f"{name}{number}号", "中原区", *_house(road, number)]
            for number in range(6, 300, 6)
        ]
    _write(folder / "places.csv", ["name", "type", "address", "district", "lon", "lat"], rows)
    places = folder / "places.csv"
    assert (
        _run("gazetteer", "build", "--places", places, "--places-datum", "wgs84", "--out", folder / "g.qgz")
        == 0
    )
    return folder


@pytest.fixture
def gazetteer(town: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "g.qgz"
    copy.write_bytes((town / "g.qgz").read_bytes())
    return copy


def reviewed(
    path: Path, count: int, *, off_m: float, header: tuple[str, ...] = ("地址", "区", "经度", "纬度")
) -> Path:
    """Write cases of houses between the known ones, each `off_m` north of where its number says."""
    rng = np.random.default_rng(5)
    houses = [(road, number) for road in range(4) for number in range(8, 294) if number % 6]
    rows: list[list[object]] = []
    for row in rng.permutation(len(houses))[:count].tolist():
        road, number = houses[row]
        lon, lat = _house(road, number)
        rows.append([f"{ROADS[road]}{number}号", "中原区", lon, lat + off_m / 111_000])
    return _write(path, list(header), rows)


def test_calibrate_teaches_the_gazetteer_how_far_off_its_office_is(
    gazetteer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "青禾路100号"
    before = Geocoder.open(gazetteer).locate(text, area="中原区").p_within
    # Every true place is 150 m away from where the numbers say: never within 100 m, always within 200 m.
    cases = reviewed(tmp_path / "cases.csv", 400, off_m=150.0)
    capsys.readouterr()
    assert _run("gazetteer", "calibrate", gazetteer, cases, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["written"] is True
    assert data["cases"] + sum(data["left_out"].values()) == 400
    assert [own["radius_m"] for own in data["after"]] == [50, 100, 200, 500]
    assert all(
        new["brier"] < old["brier"] for old, new in zip(data["before"][:3], data["after"][:3], strict=True)
    )
    after = Geocoder.open(gazetteer).locate(text, area="中原区").p_within
    assert after[100] < 0.5 * before[100]
    assert after[200] > before[200]


def test_stats_say_which_calibration_is_in_force_and_shipped_restores_it(
    gazetteer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = Geocoder.open(gazetteer).locate("青禾路100号").p_within
    assert _run("gazetteer", "stats", gazetteer) == 0
    assert "随软件提供的标定" in capsys.readouterr().out
    cases = reviewed(tmp_path / "cases.csv", 200, off_m=150.0)
    assert _run("gazetteer", "calibrate", gazetteer, cases) == 0
    out = capsys.readouterr().out
    assert "200 米内" in out
    assert "已写入" in out
    assert _run("gazetteer", "stats", gazetteer, "--json") == 0
    about = json.loads(capsys.readouterr().out)["confidence"]
    assert about["name"].startswith("本单位标定")
    assert int(about["cases"]) > 150
    # Another name added later keeps the office's table.
    assert _run("gazetteer", "add-alias", gazetteer, "青苗路", "青禾路") == 0
    assert Geocoder.open(gazetteer).gazetteer.confidence is not None
    assert _run("gazetteer", "calibrate", gazetteer, "--shipped") == 0
    assert Geocoder.open(gazetteer).locate("青禾路100号").p_within == answer


def test_check_writes_nothing(gazetteer: Path, tmp_path: Path) -> None:
    content = gazetteer.read_bytes()
    cases = reviewed(tmp_path / "cases.csv", 200, off_m=150.0)
    assert _run("gazetteer", "calibrate", gazetteer, cases, "--check") == 0
    assert gazetteer.read_bytes() == content


def test_too_few_cases_are_refused_with_the_count(
    gazetteer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = gazetteer.read_bytes()
    assert _run("gazetteer", "calibrate", gazetteer, reviewed(tmp_path / "c.csv", 20, off_m=0.0)) == 1
    err = capsys.readouterr().err
    assert "20 条" in err
    assert "至少要 80 条" in err
    assert gazetteer.read_bytes() == content


def test_cases_that_are_the_gazetteer_itself_prove_nothing(
    town: Path, gazetteer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("gazetteer", "calibrate", gazetteer, town / "places.csv") == 1
    assert "本身就在地名库里" in capsys.readouterr().err


def test_other_headers_and_bad_rows(
    gazetteer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = reviewed(tmp_path / "c.csv", 200, off_m=150.0, header=("写法", "归属", "东", "北"))
    with cases.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["青禾路7号", "", "", ""], ["青禾路9号", "", "东经", "34"]])
    assert _run("gazetteer", "calibrate", gazetteer, cases) == 1
    assert "--lon-column" in capsys.readouterr().err
    columns = ("--column", "写法", "--area-column", "归属", "--lon-column", "东", "--lat-column", "北")
    assert _run("gazetteer", "calibrate", gazetteer, cases, *columns, "--json") == 0
    left_out = json.loads(capsys.readouterr().out)["left_out"]
    assert left_out["没有位置描述或坐标"] == 1
    assert left_out["坐标不能用"] == 1


def test_wrong_use(gazetteer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = reviewed(tmp_path / "c.csv", 100, off_m=0.0)
    assert _run("gazetteer", "calibrate", gazetteer) == 2
    assert _run("gazetteer", "calibrate", gazetteer, cases, "--shipped") == 2
    assert _run("gazetteer", "calibrate", gazetteer, tmp_path / "none.xlsx") == 1
    assert _run("gazetteer", "calibrate", tmp_path / "none.qgz", cases) == 1
    assert _run("gazetteer", "calibrate", gazetteer, cases, "--datum", "mars") == 1
    assert "mars" in capsys.readouterr().err


def test_damaged_own_table_is_a_plain_error(gazetteer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from geodata.gazetteer.confidence import set_confidence

    set_confidence(gazetteer, "term,at,within_50,within_100,within_200,within_500\nconstant,,1,2,x,4\n")
    assert _run("locate", "青禾路100号", "-g", gazetteer) == 1
    err = capsys.readouterr().err
    assert "line 2" in err
    assert "--shipped" in err
    assert _run("gazetteer", "calibrate", gazetteer, "--shipped") == 0
    assert _run("locate", "青禾路100号", "-g", gazetteer) == 0
