"""The picture of drafted communities: what closed, what did not and why."""

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import Fault
from geodata.zones.bounds.drafting import Draft
from geodata.zones.bounds.model import BoundsRow, Connector, Finding, Outcome
from maps.bounds_figure import bounds_figure


def draft(closes=True):
    line = shapely.LineString([(0, 0), (1000, 0)])
    added = Connector("prolonged", 0, shapely.LineString([(900, 0), (1000, 0)]), 100.0)
    told = Finding("E", "甲路", "reading", Fault("甲街 (sounds the same)", "甲街（同音，原文“甲路”）"))
    square = shapely.box(0, 0, 1000, 800) if closes else None
    done = Outcome(
        BoundsRow("甲社区", {}),
        "1",
        square,
        (told,),
        line,
        () if closes else (Fault("nothing is said of the north", "没有写北至"),),
        (added,),
    )
    still_open = Outcome(
        BoundsRow("乙社区", {}),
        "2",
        None,
        (),
        shapely.LineString([(1500, 0), (1500, 90_000)]),
        (Fault("the east does not meet", "东边接不上"),),
    )
    shapes = [square] if closes else []
    community = gpd.GeoDataFrame(
        {"code": ["1"] * len(shapes)}, geometry=np.array([*shapes, None], dtype=object)[:-1], crs=4547
    )
    return Draft(community, community, (done, still_open), None)


def lines():
    return gpd.GeoDataFrame(
        {"layer": ["road", "water"]}, geometry=[shapely.LineString([(0, 5), (9, 5)])] * 2, crs=4547
    )


def test_everything_is_named_with_its_reason():
    svg = bounds_figure(draft(), lines(), title="草图", note="非官方").svg()
    for words in (
        "2 个社区，围成 1 个",
        "甲社区",
        "80.0 公顷",
        "甲路：甲街",
        "乙社区：没有围成",
        "东边接不上",
        "非官方",
    ):
        assert words in svg


def test_english():
    svg = bounds_figure(draft(), lines(), title="Draft", note="", lang="en").svg()
    assert "1 of 2 communities closed" in svg
    assert "not closed" in svg
    assert "the east does not meet" in svg
    assert "接不上" not in svg


def test_nothing_closed_still_shows_the_lines():
    svg = bounds_figure(draft(closes=False), lines(), title="草图", note="").svg()
    assert "2 个社区，围成 0 个" in svg
    assert svg.count("没有围成") == 2
    assert "没有写北至" in svg


def test_a_line_that_runs_far_away_does_not_shrink_the_map():
    near = bounds_figure(draft(), lines(), title="", note="").svg()
    assert "500 m" in near or "200 m" in near  # the scale bar of about 2 km, not of 90 km
