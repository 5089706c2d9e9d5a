"""What goes into a page: every row accounted for, right groups, names, borders and background."""

import json
import re
from pathlib import Path

import folium
import geopandas as gpd
import pytest
import shapely

from geodata.errors import CrsError
from geodata.zones import ZoneTree
from maps import Unplaced, problem_map
from maps.assets import AssetError
from maps.export import render_html, write_html


def page_data(html):
    return json.loads(
        re.search(r'<script type="application/json" id="qingtu-data">(.*?)</script>', html, re.DOTALL)[1]
    )


def frame(**columns):
    count = len(next(iter(columns.values())))
    shapes = columns.pop("geometry", [shapely.Point(470000 + 100 * at, 3848000) for at in range(count)])
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4547)


@pytest.fixture
def zones():
    communities = gpd.GeoDataFrame(
        {"code": ["001", "002"], "name": ["绿地社区", "商务社区"]},
        geometry=[
            shapely.box(469000, 3847000, 470500, 3849000),
            shapely.box(470500, 3847000, 472000, 3849000),
        ],
        crs=4547,
    )
    return ZoneTree(community=communities)


def test_every_row_is_counted():
    rows = frame(
        name=["甲", "乙", "丙"],
        line=[2, 3, 4],
        status=["located", "ambiguous", "not_found"],
        words=["", "", "地名库里没有"],
        geometry=[shapely.Point(470000, 3848000), shapely.Point(470100, 3848000), None],
    )
    data = page_data(
        render_html(
            problem_map(rows, title="表", unplaced=[Unplaced("表1", 9, "", "位置是空的", status="refused")])
        )
    )
    assert data["counts"] == {"rows": 4, "located": 1, "ambiguous": 1, "not_found": 1, "refused": 1}
    assert [(row["line"], row["status"], row["reason"]) for row in data["unplaced"]] == [
        (9, "refused", "位置是空的"),
        (4, "not_found", "地名库里没有"),
    ]


def test_position_in_degrees_matches_proj():
    # cs2cs EPSG:4547 -> EPSG:4326 of (500000, 3763661): 114 E, 34 N (central meridian).
    data = page_data(
        render_html(problem_map(frame(name=["甲"], geometry=[shapely.Point(500000, 3763661)]), title="表"))
    )
    assert data["rows"]["at"] == pytest.approx([114.0, 34.0], abs=5e-6)


def test_groups_of_problems_and_unclassified():
    data = page_data(render_html(problem_map(frame(command=["C7", "", "C1"]), title="表")))
    assert [(group["key"], group["words"]) for group in data["rows"]["groups"]] == [
        ("C1", "市容环卫"),
        ("C7", "铁路河渠"),
        ("", "未分类"),
    ]
    assert data["density"]["title"] == "热力"


def test_groups_of_places_by_class_else_by_trade():
    data = page_data(
        render_html(problem_map(frame(trade=["小餐饮", "小旅店", "小餐饮店"]), title="表", as_="places"))
    )
    assert [group["words"] for group in data["rows"]["groups"]] == ["小餐饮", "小旅店"]
    finer = [f"菜{at % 12}" for at in range(60)]
    data = page_data(render_html(problem_map(frame(trade=finer), title="表", as_="places")))
    assert len(data["rows"]["groups"]) == 8
    assert data["rows"]["groups"][-1]["words"] == "其他"
    assert data["density"] is None  # shops are no problem


def test_heat_of_places_counts_failed_items_only():
    rows = frame(trade=["小餐饮"] * 6, failed=[True, False, True, False, False, None])
    density = page_data(render_html(problem_map(rows, title="表", as_="places")))["density"]
    assert (density["title"], density["unit"]) == ("不合格热力", "项/平方公里")
    assert "2 个位置" in density["words"]
    passed = frame(trade=["小餐饮"] * 3, failed=[False] * 3)
    assert page_data(render_html(problem_map(passed, title="表", as_="places")))["density"] is None


def test_lines_areas_zones_and_background(zones):
    rows = frame(
        command=["C7", "C5"],
        geometry=[
            shapely.LineString([(470000, 3848000), (471000, 3848000)]),
            shapely.Point(471000, 3848000).buffer(50),
        ],
    )
    background = gpd.GeoDataFrame(
        {
            "layer": ["road", "building", "road"],
            "name": ["众意路", "", "远方路"],
            "class": ["primary", "", ""],
        },
        geometry=[
            shapely.LineString([(470000, 3847000), (470000, 3849000)]),
            shapely.box(470100, 3848000, 470120, 3848020),
            shapely.LineString([(600000, 3847000), (600000, 3849000)]),
        ],
        crs=4547,
    )
    data = page_data(render_html(problem_map(rows, title="表", zones=zones, basemap=background)))
    assert set(data["rows"]["shapes"]) == {"0", "1"}
    assert set(data["rows"]["shapes"]["0"]) == {"line"}
    assert [(z["level"], [item["name"] for item in z["items"]]) for z in data["zones"]] == [
        ("community", ["绿地社区", "商务社区"])
    ]
    assert [one["name"] for one in data["basemap"]] == ["众意路", ""]


def test_vague_positions_do_not_count_for_density():
    data = page_data(render_html(problem_map(frame(uncertainty_m=[20.0, 900.0, None]), title="表")))
    assert "2 个位置" in data["density"]["words"]
    assert "1 个没有计入" in data["density"]["words"]


def test_empty_list_still_gives_a_page(zones):
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=4547)
    data = page_data(render_html(problem_map(empty, title="空表", zones=zones)))
    assert data["counts"]["rows"] == 0
    assert data["density"] is None
    assert data["view"]


def test_degrees_are_fine_and_no_crs_is_an_error():
    degrees = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(113.72, 34.77)], crs=4326)
    assert page_data(render_html(problem_map(degrees, title="表")))["density"]["limits"]
    with pytest.raises(CrsError):
        problem_map(gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(113.72, 34.77)]), title="表")
    with pytest.raises(ValueError, match="places or problems"):
        problem_map(degrees, title="表", as_="shops")


def test_strays_do_not_widen_the_view():
    shapes = [shapely.Point(470000 + 10 * at, 3848000 + 10 * at) for at in range(300)] + [
        shapely.Point(800000, 4500000)
    ]
    data = page_data(render_html(problem_map(frame(name=["x"] * 301, geometry=shapes), title="表")))
    assert data["view"][2] - data["view"][0] < 0.1


def test_file_is_whole_and_the_same_each_time(tmp_path):
    page = lambda: problem_map(frame(name=["甲", "乙"]), title="表")  # noqa: E731
    size = write_html(page(), tmp_path / "a.html")
    write_html(page(), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert (tmp_path / "a.html").stat().st_size == size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_no_address_in_the_file(tmp_path):
    rows = frame(name=["http://example.com/", "//example.com"], text=["https://x", "<a href='http://y'>"])
    html = render_html(
        problem_map(
            rows,
            title="http://title",
            note="https://note",
            unplaced=[Unplaced("s", 1, "ftp://z", "http://r")],
        )
    )
    assert not re.search(r"https?:/{2}", html, re.IGNORECASE)
    assert "Content-Security-Policy" in html
    assert page_data(html)["rows"]["columns"]["name"]["list"][0] == "http://example.com/"


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "{% raw %}", "{# x #}", "{{ this._parent }}", "{{"])
def test_no_template_runs_on_data(text):
    html = render_html(
        problem_map(frame(name=[text]), title=text, note=text, unplaced=[Unplaced(text, 1, text, text)])
    )
    assert page_data(html)["rows"]["columns"]["name"]["all"] == text
    assert html.count("49") == render_html(problem_map(frame(name=["x"]), title="x", note="x")).count("49")


def test_a_map_that_fetches_is_refused_and_nothing_is_written(tmp_path):
    page = problem_map(frame(name=["甲"]), title="表")
    folium.TileLayer("https://example.com/{z}/{x}/{y}.png", attr="x").add_to(page)
    target = tmp_path / "a.html"
    target.write_text("old")
    with pytest.raises(AssetError, match=r"example\.com"):
        write_html(page, target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_folium_shapes_can_be_added():
    page = problem_map(frame(name=["甲"]), title="表")
    folium.Circle([34.77, 113.72], radius=100).add_to(page)
    assert "L.circle(" in render_html(page)


def test_english():
    data = page_data(render_html(problem_map(frame(name=["甲"], method=["crossing"]), title="t", lang="en")))
    assert data["rows"]["columns"]["method"]["all"] == "Crossing"
    assert data["words"]["search"].startswith("Search")


def test_the_documented_example_runs(tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "map-file.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], {})
    assert page_data((tmp_path / "map.html").read_text("utf-8"))["counts"] == {
        "rows": 2, "located": 1, "ambiguous": 0, "not_found": 1, "refused": 0,
    }  # fmt: skip
