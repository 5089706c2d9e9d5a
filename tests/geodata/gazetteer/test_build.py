"""Building from drawn lines, OSM text and tables; what is dropped is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodata.errors import CrsError, FrameError, GazetteerError
from geodata.gazetteer import Gazetteer, add_alias, build
from tests.geodata.drawn_city import CRS, ORIGIN, write_lines, write_zones


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    folder = tmp_path_factory.mktemp("g")
    lines, zones = write_lines(folder / "l.gpkg"), write_zones(folder / "z.gpkg")
    build(lines=lines, zones=zones, out=folder / "g.qgz")
    return Gazetteer.open(folder / "g.qgz")


def test_crs_is_chosen_by_longitude(city: Gazetteer) -> None:
    assert city.crs == CRS


def test_same_name_far_apart_stays_apart(city: Gazetteer) -> None:
    assert len(city.lines_of("人民路")) == 2
    assert len(city.lines_of("青禾路")) == 1


def test_crossings_of_road_road_and_road_water_and_road_rail(city: Gazetteer) -> None:
    def meet(a: str, b: str) -> list[tuple[float, float]]:
        rows = [row for i in city.lines_of(a) for j in city.lines_of(b) for row in city.crossings_of(i, j)]
        return sorted((round(row.x - ORIGIN[0]), round(row.y - ORIGIN[1])) for row in rows)

    assert meet("青禾路", "白鹭街") == [(500, 0)]
    assert meet("玉带渠", "石榴街") == [(1000, 300)]
    assert meet("松涛路", "望山铁路") == [(1900, 600)]
    assert meet("弯月路", "海棠路") == [(200, 1200), (1400, 1200)]
    assert meet("青禾路", "海棠路") == []


def test_scan_gives_overlapping_hits_and_classes(city: Gazetteer) -> None:
    hits = city.scan("临河小区东门在青禾路")
    assert {(hit.name, hit.start, hit.end) for hit in hits} >= {
        ("临河小区", 0, 4),
        ("临河小区东门", 0, 6),
        ("青禾路", 7, 10),
    }
    assert next(hit for hit in hits if hit.name == "青禾路").classes == ("road",)


def test_posts_numbers_and_basemap(city: Gazetteer) -> None:
    (rail,) = city.lines_of("望山铁路")
    assert city.route(rail).chainage_range_m == pytest.approx((10_000, 13_360))
    (road,) = city.lines_of("青禾路")
    assert city.numbers_of(road).numbers.tolist() == [1, 2, 5, 9, 10, 20, 21, 40, 41]
    basemap = city.basemap()
    assert set(basemap["layer"]) == {"road", "rail", "water"}
    assert basemap.crs.to_epsg() == CRS


def test_alias_is_found_and_resolved(city: Gazetteer, tmp_path: Path) -> None:
    path = tmp_path / "a.qgz"
    path.write_bytes(city._path.read_bytes())
    add_alias(path, "老青禾街", "青禾路")
    again = Gazetteer.open(path)
    assert again.lines_of("老青禾街") == again.lines_of("青禾路")
    assert [hit.name for hit in again.scan("老青禾街9号")] == ["老青禾街"]
    assert again.numbers_of(again.lines_of("青禾路")[0]).numbers.tolist() == [1, 2, 5, 9, 10, 20, 21, 40, 41]
    with pytest.raises(GazetteerError, match="must point to a known name"):
        add_alias(path, "甲", "没有这条路")


def test_nothing_to_build_from(tmp_path: Path) -> None:
    with pytest.raises(GazetteerError, match="nothing to build from"):
        build(out=tmp_path / "g.qgz")


def test_geographic_crs_is_refused(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "l.gpkg")
    with pytest.raises(CrsError, match="not projected"):
        build(lines=lines, crs=4326, out=tmp_path / "g.qgz")
    assert not (tmp_path / "g.qgz").exists()


def test_places_need_columns_and_agree_with_the_datum(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text("name,where\n甲,乙\n", encoding="utf-8")
    with pytest.raises(FrameError, match="address"):
        build(places=[table], out=tmp_path / "g.qgz")
    table.write_text("name,address,gcj02_lon,gcj02_lat\n甲店,乙路1号,113.7,34.7\n", encoding="utf-8")
    with pytest.raises(GazetteerError, match="wgs84"):
        build(places=[table], places_datum="wgs84", out=tmp_path / "g.qgz")


def test_bad_rows_are_counted_not_fatal(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    rows = [
        "name,address,lon,lat",
        "一心面馆,春晓路1号,113.70,34.75",
        "二心面馆,春晓路3号,,",
        "三心面馆,春晓路5号,999,34",
    ]
    table.write_bytes("\n".join(rows).encode("gb18030"))
    report = build(places=[table], out=tmp_path / "g.qgz")
    assert report.dropped["坐标为空或不是数字"] == 1
    assert report.dropped["坐标超出经纬度范围"] == 1
    assert report.counts["已定位地址"] == 1


OSM = """<?xml version='1.0'?><osm version="0.6">
<node id="1" lat="31.2" lon="121.4700"/><node id="2" lat="31.2" lon="121.4750"/>
<node id="3" lat="31.2002" lon="121.4700"/><node id="4" lat="31.2002" lon="121.4750"/>
<node id="5" lat="31.199" lon="121.4720"/><node id="6" lat="31.2" lon="121.4720"/>
<node id="7" lat="31.2002" lon="121.4720"/><node id="8" lat="31.203" lon="121.4720"/>
<node id="9" lat="31.2015" lon="121.4722"><tag k="amenity" v="school"/><tag k="name" v="晨光學校"/></node>
<node id="10" lat="31.2021" lon="121.4721"><tag k="addr:street" v="晨光路"/><tag k="addr:housenumber" v="18号"/></node>
<node id="11" lat="31.2021" lon="121.4721"><tag k="addr:street" v="远方路"/><tag k="addr:housenumber" v="18"/></node>
<way id="1"><nd ref="1"/><nd ref="6"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name" v="春江大道"/></way>
<way id="2"><nd ref="4"/><nd ref="7"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="name" v="春江大道"/></way>
<way id="3"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="8"/><tag k="highway" v="residential"/><tag k="name" v="晨光路"/><tag k="old_name" v="旧晨路"/></way>
</osm>"""


def test_osm_dual_carriageway_gives_one_crossing(tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text(OSM, encoding="utf-8")
    report = build(osm=[tmp_path / "a.osm"], out=tmp_path / "g.qgz")
    gazetteer = Gazetteer.open(tmp_path / "g.qgz")
    assert gazetteer.crs == 4549
    (avenue,), (lane,) = gazetteer.lines_of("春江大道"), gazetteer.lines_of("晨光路")
    (crossing,) = gazetteer.crossings_of(avenue, lane)
    assert len(crossing.nodes.geoms) == 2
    # 0.0002 degrees of latitude are 22 m; the crossing is in the middle of its two nodes.
    ys = [point.y for point in crossing.nodes.geoms]
    assert max(ys) - min(ys) == pytest.approx(22.2, abs=0.3)
    assert crossing.y == pytest.approx(np.mean(ys), abs=0.1)
    assert gazetteer.numbers_of(lane).numbers.tolist() == [18]
    assert report.dropped["门牌附近没有这条路"] == 1
    assert gazetteer.lines_of("旧晨路") == [lane]
    assert gazetteer.places_of("晨光学校")


def test_osm_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_bytes(b"\x00\x01 nothing")
    with pytest.raises(GazetteerError, match="cannot read"):
        build(osm=[tmp_path / "a.osm"], out=tmp_path / "g.qgz")


def test_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "l.gpkg")
    for name in ("a.qgz", "b.qgz"):
        build(lines=lines, out=tmp_path / name)
    assert (tmp_path / "a.qgz").read_bytes() == (tmp_path / "b.qgz").read_bytes()


def test_an_office_before_its_first_roads_has_a_gazetteer_that_knows_nothing(tmp_path):
    report = build(crs=4547, out=tmp_path / "none.qgz", may_be_empty=True)
    assert set(report.counts.values()) == {0}
    names = Gazetteer.open(tmp_path / "none.qgz")
    assert (names.crs, len(names.basemap()), names.lines_of("东风路")) == (4547, 0, [])
    with pytest.raises(GazetteerError, match="no positions"):
        build(out=tmp_path / "where.qgz", may_be_empty=True)
