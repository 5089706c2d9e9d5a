"""The hot-spot page: what is drawn, in which class, with inert data and no link."""

import json
import re

import geopandas as gpd
import pytest
import shapely

from geodata.errors import CrsError
from geodata.patterns.local_moran import QUADRANTS
from geodata.patterns.trend import PATTERNS
from geodata.patterns.verdicts import CODES, LABELS, Verdict
from geodata.zones import ZoneTree
from maps.export import render_html
from maps.hotspots import HotSpotLayer, encode_hot_spots, hot_spot_map
from maps.style import HOTSPOT_STYLE, contrast

X, Y = 474000, 3849000


def cells(*codes, **columns):
    shapes = [shapely.box(X + 100 * i, Y, X + 100 * i + 100, Y + 100) for i in range(len(codes))]
    return gpd.GeoDataFrame({"verdict": codes, **columns}, geometry=shapes, crs=4547)


def encoded(frame, **options):
    return encode_hot_spots(frame, **({"title": "热点", "note": "", "lang": "zh"} | options))


def test_findings_are_drawn_and_the_ground_is_not():
    data = encoded(cells("hot", "hot", "ordinary", "chance", count=[9.0, 7.0, 1.0, 3.0]))
    assert [unit["code"] for unit in data["units"]] == ["hot", "hot", "chance"]
    assert data["units"][0]["facts"] == [["件数", 9.0]]
    assert [(row["code"], row["count"]) for row in data["legend"]] == [
        ("hot", 2),
        ("chance", 1),
        ("ordinary", 1),
    ]
    outlines = {row["code"]: shapely.geometry.shape(row["shape"]) for row in data["outlines"]}
    assert outlines["hot"].geom_type == "Polygon"  # neighbours have one outline
    assert "ordinary" not in outlines


def test_places_are_in_degrees_lon_first():
    data = encoded(cells("hot"))
    west, south, east, north = data["bounds"]
    assert 113.6 < west < east < 113.8
    assert 34.7 < south < north < 34.8
    shape = shapely.geometry.shape(data["units"][0]["shape"])
    assert shape.bounds == pytest.approx((west, south, east, north), abs=1e-6)


def test_what_may_be_chance_is_only_outlined_and_all_words_are_known():
    style = {code: outline for code, (_, outline, _) in HOTSPOT_STYLE.items()}
    assert style["chance"]
    assert style["not_judged"]
    assert not style["hot"]
    for verdict in Verdict:
        assert HOTSPOT_STYLE[CODES[verdict]][2].zh == LABELS[verdict]
    for code, label in PATTERNS.items():
        assert HOTSPOT_STYLE[code][2].zh == label
    for code, label in QUADRANTS.values():
        assert HOTSPOT_STYLE[code][2].zh == label


def test_lines_stand_out_from_the_ground():
    for code in ("hot", "cold", "chance", "not_judged"):
        assert contrast(HOTSPOT_STYLE[code][0], "#f6f5f1") > 3


def test_the_page_is_whole_and_data_stay_data():
    evil = cells("hot", name=["</script><script>alert(1)</script>"], code=["`${1}{{7*7}}"])
    zones = ZoneTree(
        community=gpd.GeoDataFrame({"code": ["A"], "name": ["<b>甲</b>"]}, geometry=[shapely.box(X, Y, X + 500, Y + 500)], crs=4547)
    )  # fmt: skip
    page = render_html(hot_spot_map(evil, zones=zones))
    assert "<script>alert" not in page
    assert "<b>甲" not in page
    assert "https://" not in page
    block = re.search(r'<script type="application/json" id="qingtu-hotspots">(.*?)</script>', page)[1]
    data = json.loads(block)
    assert data["units"][0]["facts"][0] == ["名称", "</script><script>alert(1)</script>"]
    assert data["units"][0]["facts"][1] == ["编码", "`${1}{{7*7}}"]
    assert [border["name"] for border in data["borders"] if border["level"] == "community"] == ["<b>甲</b>"]
    assert page == render_html(hot_spot_map(evil, zones=zones))
    # The view is the district's, however small the spot.
    assert data["bounds"][2] - data["bounds"][0] > 0.005


def test_english_and_weekly_words():
    data = encoded(cells("chance"), lang="en")
    assert data["legend"][0]["words"] == "Looks dense, may be chance"
    weekly = cells("hot").drop(columns="verdict").assign(pattern=["cooling"])
    assert encoded(weekly)["legend"][0]["words"] == "降温的热点"
    assert "Mann-Kendall" in render_html(hot_spot_map(weekly, method="emerging"))


def test_nothing_and_wrong_input():
    empty = encoded(cells())
    assert (empty["units"], empty["legend"], empty["bounds"]) == ([], [], None)
    with pytest.raises(ValueError, match="verdict"):
        HotSpotLayer(cells("hot").drop(columns="verdict"), title="")
    with pytest.raises(ValueError, match="unknown"):
        HotSpotLayer(cells("warm"), title="")
    with pytest.raises(CrsError):
        HotSpotLayer(cells("hot").set_crs(None, allow_override=True), title="")
