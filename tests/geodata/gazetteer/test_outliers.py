"""One record in twenty with a wrong coordinate moves nothing by more than 50 m."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer import BuildReport, Gazetteer, build
from geodata.gazetteer.observe import Observations, Seen
from geodata.gazetteer.outliers import apart_from_others, believable, far_from_district
from tests.geodata.drawn_city import ORIGIN as CITY
from tests.geodata.drawn_city import write_lines

CRS = 4547
ORIGIN = np.array([470_000.0, 3_845_000.0])
STREETS = {"云杉街": 0, "白鹭街": 900, "石榴街": 1800, "银杏街": 2700}
AVENUES = {"青禾路": 0, "松涛路": 900, "海棠路": 1800}
REASON = "坐标与其他记录矛盾，不采用（别处的同名道路，或坐标有误）"


def _records(rng: np.random.Generator) -> list[tuple[str, float, float]]:
    rows: list[tuple[str, float, float]] = []
    for street, x in STREETS.items():
        for avenue, y in AVENUES.items():
            for word, dx, dy in (
                ("东北角", 35, 35),
                ("西南角", -35, -35),
                ("东南角", 35, -35),
                ("西北角", -35, 35),
            ):
                rows += [(f"{avenue}与{street}交叉口{word}", x + dx, y + dy)] * 2
    for avenue, y in AVENUES.items():
        rows += [
            (f"{avenue}{number}号", 20 * number, y + (20 if number % 2 else -20))
            for number in range(1, 121, 3)
        ]
    noise = rng.normal(0, 10, (len(rows), 2))
    return [(text, x + dx, y + dy) for (text, x, y), (dx, dy) in zip(rows, noise, strict=True)]


def _build(folder: Path, name: str, shifts: dict[int, np.ndarray]) -> tuple[BuildReport, Gazetteer]:
    rows = _records(np.random.default_rng(7))
    xy = np.array([row[1:] for row in rows]) + ORIGIN
    for row, shift in shifts.items():
        xy[row] += shift
    lonlat = reproject_xy(xy, CRS, WGS84)
    lines = ["name,type,address,district,lon,lat"]
    lines += [
        f"{at}号小吃店,餐饮,{row[0]},清河区,{lon:.7f},{lat:.7f}"
        for at, (row, (lon, lat)) in enumerate(zip(rows, lonlat.tolist(), strict=True))
    ]
    (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    report = build(places=[folder / f"{name}.csv"], crs=CRS, out=folder / f"{name}.qgz")
    return report, Gazetteer.open(folder / f"{name}.qgz")


def _planted() -> dict[int, np.ndarray]:
    rng = np.random.default_rng(11)
    count = len(_records(rng))
    chosen = rng.choice(count, count // 20, replace=False)
    angle, far = rng.uniform(0, 2 * np.pi, len(chosen)), rng.uniform(3000, 30_000, len(chosen))
    return {
        int(row): np.array([np.sin(a), np.cos(a)]) * d for row, a, d in zip(chosen, angle, far, strict=True)
    }


def _crossings(gazetteer: Gazetteer) -> dict[tuple[str, str], list[tuple[float, float]]]:
    return {
        (street, avenue): [
            (row.x - ORIGIN[0], row.y - ORIGIN[1])
            for a in gazetteer.lines_of(street)
            for b in gazetteer.lines_of(avenue)
            for row in gazetteer.crossings_of(a, b)
        ]
        for street in STREETS
        for avenue in AVENUES
    }


def test_planted_outliers_move_nothing(tmp_path: Path) -> None:
    clean_report, clean = _build(tmp_path, "clean", {})
    shifts = _planted()
    report, spoilt = _build(tmp_path, "spoilt", shifts)
    assert REASON not in clean_report.dropped
    before, after = _crossings(clean), _crossings(spoilt)
    for pair, (x, y) in ((p, (STREETS[p[0]], AVENUES[p[1]])) for p in before):
        assert len(before[pair]) == len(after[pair]) == 1, pair
        assert np.hypot(*np.subtract(before[pair][0], after[pair][0])) < 50
        assert np.hypot(after[pair][0][0] - x, after[pair][0][1] - y) < 50
    for avenue, y in AVENUES.items():
        (line,) = spoilt.lines_of(avenue)
        table = spoilt.numbers_of(line)
        off = np.hypot(
            *(table.xy - ORIGIN - np.column_stack([20.0 * table.numbers, np.full(len(table.xy), y)])).T
        )
        assert off.max() < 50 + 20
        rows = _records(np.random.default_rng(7))
        right = [text for at, (text, *_) in enumerate(rows) if text.startswith(avenue) and at not in shifts]
        assert table.numbers.tolist() == [int(text[3:-1]) for text in right if text.endswith("号")]
        axis = np.array(spoilt.line(line).axis.coords) - ORIGIN
        assert np.abs(axis[:, 1] - y).max() < 50
    rejected = report.dropped[REASON] + report.dropped.get("门牌与同路相邻号码的位置矛盾", 0)
    assert rejected == len(shifts)


def _seen(document: int, x: float, *, name: str = "人民路", number: int = 0) -> Seen:
    return Seen((name,), number, x, 0.0, 20.0, document)


def test_a_second_road_of_that_name_is_believed_from_three_records_on() -> None:
    here = [_seen(at, 100.0 * at) for at in range(12)]
    two = [_seen(20 + at, 50_000.0 + 100 * at) for at in range(2)]
    assert apart_from_others(Observations(roads=here + two)) == {20, 21}
    three = [*two, _seen(22, 50_200.0)]
    assert apart_from_others(Observations(roads=here + three)) == set()


def test_nobody_is_judged_by_too_few_others() -> None:
    assert apart_from_others(Observations(roads=[_seen(0, 0.0), _seen(1, 9000.0)])) == set()
    assert far_from_district(["甲区"] * 5, np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [90_000, 0]])) == set()


def test_a_record_far_from_its_district_is_found() -> None:
    xy = np.column_stack([np.arange(25) * 100.0, np.zeros(25)])
    xy[7] = [40_000.0, 0.0]
    assert far_from_district(["甲区"] * 25, xy) == {7}
    assert far_from_district([""] * 25, xy) == set()


def test_a_number_far_from_its_neighbours_is_not_believed() -> None:
    seen = [_seen(at, 20.0 * at, number=at) for at in range(1, 20)]
    wrong = _seen(99, 20.0 * 10 + 4000, number=10)
    assert believable([*seen, wrong]) == seen
    assert believable([wrong]) == [wrong]
    # Two ends of a long road are far apart, and so are their numbers.
    ends = [_seen(at, 20.0 * at, number=at) for at in (1, 3, 5, 401, 403, 405)]
    assert believable(ends) == ends


def test_mined_roads_far_from_the_drawn_one_need_support(tmp_path: Path) -> None:
    lonlat = reproject_xy(CITY + np.array([[300.0, 20.0], [40_000.0, 20.0]]), CRS, WGS84)
    rows = [
        "name,address,lon,lat",
        *(
            f"{n}号粮油店,青禾路{n}号,{lon:.7f},{lat:.7f}"
            for n, (lon, lat) in zip((15, 77), lonlat, strict=True)
        ),
    ]
    (tmp_path / "p.csv").write_text("\n".join(rows), encoding="utf-8")
    report = build(
        lines=write_lines(tmp_path / "l.gpkg"), places=[tmp_path / "p.csv"], crs=CRS, out=tmp_path / "g.qgz"
    )
    gazetteer = Gazetteer.open(tmp_path / "g.qgz")
    assert len(gazetteer.lines_of("青禾路")) == 1
    assert report.dropped["地图上的同名道路不在附近，记录太少"] == 1
