"""Which side of which line a text names, beside the place it gives; by hand for each way of saying it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, box
from shapely.geometry.base import BaseGeometry

from geodata.geocode import Geocoder, trace_json
from geodata.geocode.batch import locating
from geodata.geocode.columns import RESULT_COLUMNS, location_columns
from geodata.zones import ZoneAnswer, ZoneTree
from tests.geodata.drawn_city import CRS, ORIGIN

SAID = [
    # 玉带渠 runs east at y = 300.
    ("玉带渠白鹭街至石榴街段南岸", "S", "玉带渠"),
    ("玉带渠(云杉街-银河大道)北岸", "N", "玉带渠"),
    ("玉带渠两岸", "both", "玉带渠"),
    ("银溪河左岸", "left", "银溪河"),
    ("望山铁路K10+500东侧", "E", "望山铁路"),
    ("望山铁路K10+500至K10+700西侧", "W", "望山铁路"),
    # No line is written, the chainage has only one.
    ("K10+500东侧", "E", "望山铁路"),
    # A corner of a canal and a street is a corner on one of the canal's banks; of two streets it is none.
    ("玉带渠与白鹭街交叉口西北角", "NW", "玉带渠"),
    ("银河大道与松涛路交叉口东北角", None, ""),
    # The bank at a bridge, and so far along the canal from it.
    ("玉带渠白鹭街桥北岸", "N", "玉带渠"),
    ("玉带渠白鹭街桥向东100米南岸", "S", "玉带渠"),
    # After 200 m up the street the side is the street's; 100 m off the canal is no bank of it.
    ("白鹭街玉带渠桥向北200米路东", "E", "白鹭街"),
    ("玉带渠白鹭街桥向北100米", None, ""),
    ("青禾路白鹭街至石榴街段南侧", "S", "青禾路"),
    ("玉带渠白鹭街至石榴街段", None, ""),
    ("临河小区", None, ""),
]


@pytest.mark.parametrize(("text", "side", "line"), SAID)
def test_what_the_text_says(city: Geocoder, text: str, side: str | None, line: str) -> None:
    best = city.locate(text).best
    assert best is not None
    assert (best.side, best.line_name) == (side, line)


def test_a_side_goes_through_processes_pickle_and_trace(city: Geocoder) -> None:
    texts = [text for text, _, _ in SAID]
    expected = [(side, line) for _, side, line in SAID]
    with locating(city, processes=2) as locate:
        found = [location for block in locate([(text, None) for text in texts]) for location in block]
    for locations in (found, pickle.loads(pickle.dumps(found))):
        assert [(one.best.side, one.best.line_name) for one in locations] == expected
    first = trace_json(found[0])["candidates"][0]
    assert (first["side"], first["line_name"]) == ("S", "玉带渠")


def canal_city() -> ZoneTree:
    """The city cut at 玉带渠: 甲 south of it has the lower code, 乙 north; the canal is 30 m wide."""
    x, y = ORIGIN
    shapes = [box(x - 500, y - 500, x + 2500, y + 300), box(x - 500, y + 300, x + 2500, y + 3500)]
    community = gpd.GeoDataFrame({"code": ["1", "2"], "name": ["甲", "乙"]}, geometry=shapes, crs=CRS)
    line = LineString(np.array([(-200, 300), (2200, 300)]) + ORIGIN)
    owners = gpd.GeoDataFrame(
        {"code": ["c"], "name": ["渠管处"], "line_name": ["玉带渠"], "half_width_m": [15.0]},
        geometry=[line],
        crs=CRS,
    )
    return ZoneTree(community=community, owners=owners)


def test_columns_carry_side_and_owner(city: Geocoder) -> None:
    texts = ["玉带渠白鹭街至石榴街段南岸", "玉带渠白鹭街至石榴街段", "玉带渠两岸", "临河小区", "没有这个地方"]
    columns = location_columns(city.locate_many(texts), canal_city())
    assert tuple(columns) == RESULT_COLUMNS
    assert columns["side"] == ["S", "", "both", "", ""]
    assert columns["line_name"] == ["玉带渠", "", "玉带渠", "", ""]
    assert columns["community_name"] == ["甲", "甲", "甲", "乙", ""]
    assert columns["owner"] == ["", "c", "", "", ""]
    assert columns["owner_name"] == ["", "渠管处", "", "", ""]
    assert columns["owner_share"] == [None, 1.0, None, None, None]
    bare = location_columns(city.locate_many(texts[:2]), None)
    assert (bare["side"], bare["owner"], bare["owner_share"]) == (["S", ""], ["", ""], [None, None])


def test_a_text_that_occurs_again_is_worked_out_once(city: Geocoder, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["玉带渠两岸", "没有这个地方", "玉带渠两岸", "临河小区", "没有这个地方", "玉带渠两岸"]
    tree, asked = canal_city(), []
    shares_many = ZoneTree.shares_many

    def counted(self: ZoneTree, geometries: Sequence[BaseGeometry], **options: Any) -> list[ZoneAnswer]:
        asked.append(len(geometries))
        return shares_many(self, geometries, **options)

    monkeypatch.setattr(ZoneTree, "shares_many", counted)
    columns = location_columns(city.locate_many(texts), tree)
    assert asked == [2]
    alone = [location_columns([city.locate(text)], tree) for text in texts]
    assert columns == {name: [one[name][0] for one in alone] for name in RESULT_COLUMNS}


def test_the_north_bank_is_the_higher_codes(city: Geocoder) -> None:
    """On the drawn centre line, where the border is, the lower code would have it."""
    tree = canal_city()
    best = city.locate("玉带渠白鹭街至石榴街段北岸").best
    assert best is not None
    middle = replace(best, geometry=LineString(np.array([(500, 300), (1000, 300)]) + ORIGIN))
    assert tree.shares(middle.geometry).community == "1"
    for candidate in (best, middle):
        answer = tree.shares(candidate.geometry, side=candidate.side, line=candidate.line_name)
        assert answer.community == "2"
