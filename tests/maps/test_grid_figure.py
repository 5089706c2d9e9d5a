"""The picture of drawn grids."""

import geopandas as gpd
import pytest
import shapely

from geodata.zones.drawing.grids import draw_grids
from geodata.zones.drawing.work import Work
from maps.canvas import Area, Text, Window
from maps.grid_figure import drawn_grids_figure
from maps.style import PALE_TURN


@pytest.fixture
def drawn():
    town = gpd.GeoDataFrame(
        {"code": ["A"], "name": ["甲社区"]}, geometry=[shapely.box(0, 0, 400, 400)], crs=4547
    )
    lines = [shapely.LineString([(200, -9), (200, 409)]), shapely.LineString([(-9, 200), (409, 200)])]
    roads = gpd.GeoDataFrame({"class": ["road", "water"]}, geometry=lines, crs=4547)
    return draw_grids(town, roads, Work("area_m2"), count=4), roads


def words(marks):
    return [mark.words for mark in marks if isinstance(mark, Text)]


def test_every_grid_has_its_number_in_it_and_neighbours_differ(drawn):
    grids, roads = drawn
    canvas = drawn_grids_figure(grids, roads, title="网格草图", note="未经审定")
    (plan,) = [mark.canvas for mark in canvas.marks if isinstance(mark, Window)]
    assert [w for w in words(plan.marks) if w.isdigit() and len(w) == 3] == ["001", "002", "003", "004"]
    fills = [mark.fill for mark in plan.marks if isinstance(mark, Area) and mark.fill in PALE_TURN]
    assert len(set(fills)) == len(fills) == 4  # all four meet in one corner
    labels = {mark.words: (mark.x, mark.y) for mark in plan.marks if isinstance(mark, Text)}
    assert labels["001"][0] < labels["002"][0]
    assert labels["001"][1] < labels["003"][1]


def test_the_table_gives_the_balance_and_the_warning_stands_below(drawn):
    canvas = drawn_grids_figure(*drawn, title="网格草图", note="未经审定")
    shown = words(canvas.marks)
    assert {"甲社区", "4", "160,000", "1.00", "100%", "未经审定"} <= set(shown)
    english = words(drawn_grids_figure(*drawn, title="x", note="y", lang="en").marks)
    assert {"community", "max/mean"} <= set(english)
