"""What an OpenStreetMap extract gives besides roads and places, on a hand-drawn corner of a town."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer import BuildReport, Gazetteer, build
from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative

CRS = 4549
ORIGIN = np.array([500_000.0, 3_450_000.0])

# name -> local metres; ways are drawn through them in order
NODES: dict[str, tuple[float, float]] = {
    "r0": (0, 0), "r1": (1000, 0), "r2": (3000, 0), "l0": (1000, -500), "l1": (1000, 500),
    "c0": (500, -500), "c1": (500, 500), "h1": (985, 100), "h9": (985, 260), "s0": (0, -300), "s1": (3000, -300),
    "g0": (1500, 100), "g1": (1900, 100), "g2": (1900, 400), "g3": (1500, 400), "b0": (480, 200), "b1": (520, 200),
}  # fmt: skip
WAYS: list[tuple[list[str], dict[str, str]]] = [
    (["r0", "r1", "r2"], {"railway": "rail", "name": "临江线"}),
    (["l0", "r1", "l1"], {"highway": "secondary", "name": "稻香路"}),
    (["c0", "c1"], {"waterway": "canal", "name": "丰渠"}),
    (["b0", "b1"], {"highway": "footway", "bridge": "yes", "bridge:name": "丰乐桥"}),
    (["s0", "s1"], {"highway": "primary", "name": "南岸大道"}),
    (["h1", "h9"], {"addr:interpolation": "odd", "addr:street": "稻香路"}),
    (["g0", "g1", "g2", "g3", "g0"], {"amenity": "university", "name": "临江学院"}),
]
TAGS: dict[str, dict[str, str]] = {
    "r1": {"railway": "level_crossing", "name": "稻香道口"},
    "h1": {"addr:housenumber": "1", "addr:street": "稻香路"},
    "h9": {"addr:housenumber": "9", "addr:street": "稻香路"},
}
POINTS: list[tuple[tuple[float, float], dict[str, str]]] = [
    ((200, 6), {"railway": "milestone", "railway:position": "12.0"}),
    ((2200, -6), {"railway": "milestone", "railway:position": "14,0", "railway:position:exact": "14.000"}),
    ((1200, 6), {"railway": "milestone", "railway:position": "mi:9"}),
    ((1200, 2000), {"railway": "milestone", "railway:position": "99"}),
    ((100, -300), {"highway": "milestone", "distance": "3"}),
    ((1100, -290), {"highway": "milestone", "distance": "4 km"}),
    ((1700, 105), {"barrier": "gate", "name": "南门"}),
    ((2500, 105), {"barrier": "gate", "name": "北门"}),
    ((1900, 250), {"entrance": "main", "name": "临江学院正门"}),
    ((1500, 250), {"barrier": "gate"}),
    ((2600, 0), {"railway": "station", "name": "临江东"}),
    ((2650, 60), {"railway": "subway_entrance", "ref": "b"}),
    ((9000, 0), {"railway": "subway_entrance", "ref": "A"}),
    ((2900, -600), {"highway": "motorway_junction", "name": "南岸立交"}),
    ((1015, 300), {"addr:housenumber": "30号"}),
    ((750, 250), {"addr:housenumber": "31"}),
]  # fmt: skip


def _xml() -> str:
    lines = ["<?xml version='1.0'?><osm version='0.6'>"]
    ids = {name: number for number, name in enumerate(NODES, start=1)}

    def node(number: int, xy: tuple[float, float], tags: dict[str, str]) -> str:
        lon, lat = reproject_xy(np.array([xy]) + ORIGIN, CRS, WGS84)[0]
        inner = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        return f'<node id="{number}" lon="{lon:.8f}" lat="{lat:.8f}">{inner}</node>'

    lines += [node(ids[name], xy, TAGS.get(name, {})) for name, xy in NODES.items()]
    lines += [node(100 + at, xy, tags) for at, (xy, tags) in enumerate(POINTS)]
    for number, (names, tags) in enumerate(WAYS, start=1):
        inner = "".join(f'<nd ref="{ids[name]}"/>' for name in names)
        inner += "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        lines.append(f'<way id="{number}">{inner}</way>')
    return "\n".join([*lines, "</osm>"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuildReport, Gazetteer]:
    folder = tmp_path_factory.mktemp("osm")
    (folder / "a.osm").write_text(_xml(), encoding="utf-8")
    report = build(osm=[folder / "a.osm"], crs=CRS, out=folder / "g.qgz")
    return report, Gazetteer.open(folder / "g.qgz")


def _at(gazetteer: Gazetteer, name: str) -> list[tuple[int, int]]:
    rows = gazetteer.places_of(name)
    return [(round(row.x - ORIGIN[0]), round(row.y - ORIGIN[1])) for row in rows]


def _located(gazetteer: Gazetteer, text: str) -> tuple[str, float, float]:
    location = Geocoder(gazetteer).locate(text)
    assert location.best is not None, text
    x, y = np.array(representative(location.best.geometry)) - ORIGIN
    return location.method, x, y


def test_milestones_calibrate_the_line_they_stand_at(built: tuple[BuildReport, Gazetteer]) -> None:
    report, gazetteer = built
    method, x, y = _located(gazetteer, "临江线K13+250")
    assert (method, x, y) == ("chainage", pytest.approx(1450, abs=1), pytest.approx(0, abs=1))
    # 12 km stands 200 m from the line's start: left of growing chainage, here north.
    assert _located(gazetteer, "临江线K13+250左侧")[2] > 5
    assert _located(gazetteer, "南岸大道K3+500")[1:] == (
        pytest.approx(600, abs=1),
        pytest.approx(-300, abs=1),
    )
    assert report.dropped["里程桩没有可读的里程"] == 1
    assert report.dropped["里程桩附近没有有名称的线"] == 1
    assert gazetteer.stats()["posted_lines"] == 2


def test_lines_of_all_classes_cross(built: tuple[BuildReport, Gazetteer]) -> None:
    gazetteer = built[1]
    assert gazetteer.stats()["crossing_kinds"] == {
        "rail×water": 1,
        "road×rail": 1,
        "road×road": 1,
        "road×water": 1,
    }
    assert _located(gazetteer, "稻香路与临江线道口")[1:] == (
        pytest.approx(1000, abs=1),
        pytest.approx(0, abs=1),
    )
    assert _located(gazetteer, "丰渠与南岸大道交叉口")[1:] == (
        pytest.approx(500, abs=1),
        pytest.approx(-300, abs=1),
    )


def test_built_things_are_places_of_their_own(built: tuple[BuildReport, Gazetteer]) -> None:
    gazetteer = built[1]
    assert _at(gazetteer, "丰乐桥") == [(500, 200)]
    assert _at(gazetteer, "南岸立交") == [(2900, -600)]
    assert _at(gazetteer, "稻香道口") == [(1000, 0)]
    kinds = gazetteer.stats()["structures"]
    assert kinds == {
        "bridge": 1, "tunnel": 0, "interchange": 1, "gate": 2, "station": 1, "exit": 1, "level_crossing": 1,
    }  # fmt: skip


def test_gates_take_the_name_of_their_ground(built: tuple[BuildReport, Gazetteer]) -> None:
    report, gazetteer = built
    assert _at(gazetteer, "临江学院南门") == [(1700, 105)]
    assert _at(gazetteer, "临江学院正门") == [(1900, 250)]
    assert _at(gazetteer, "北门") == []
    assert report.dropped["门的名称不全，附近没有它所属的场所"] == 1
    assert report.dropped["门没有名称"] == 1
    assert _located(gazetteer, "临江学院南门")[1:] == (pytest.approx(1700, abs=1), pytest.approx(105, abs=1))


def test_exits_take_the_name_of_their_station(built: tuple[BuildReport, Gazetteer]) -> None:
    report, gazetteer = built
    for name in ("临江东站B口", "临江东B口", "临江东地铁站B出口"):
        assert _at(gazetteer, name) == [(2650, 60)], name
    assert _at(gazetteer, "临江东站") == [(2600, 0)]
    assert report.dropped["出入口只有编号，附近没有车站"] == 1


def test_numbers_between_and_without_a_street(built: tuple[BuildReport, Gazetteer]) -> None:
    report, gazetteer = built
    (road,) = gazetteer.lines_of("稻香路")
    table = gazetteer.numbers_of(road)
    # Odd numbers are 40 m apart between 1 at 100 m and 9 at 260 m; 30 stands at the only street near,
    # 31 stands 250 m from any.
    assert table.numbers.tolist() == [1, 3, 5, 7, 9, 30]
    assert (table.xy[:, 1] - ORIGIN[1]).round().tolist() == [100, 140, 180, 220, 260, 300]
    assert report.dropped["门牌没有道路名，附近也定不出是哪条路"] == 1
