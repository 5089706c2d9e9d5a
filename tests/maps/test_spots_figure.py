"""The picture of hot spots: findings filled, chance hatched, the ground left out, numbers where they belong."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from maps.canvas import Area, Disc, Stroke, Text
from maps.spots_figure import spots_figure
from maps.style import HOTSPOT_STYLE

CRS = 4547
ZONES = [
    {"level": "community", "name": "甲社区", "shape": shapely.box(0, 0, 1000, 600)},
    {"level": "subdistrict", "name": "街道", "shape": shapely.box(0, 0, 1000, 600)},
]


def figure(codes, *, column="verdict", **more):
    shapes = [shapely.box(100 * at, 0, 100 * at + 100, 100) for at in range(len(codes))]
    frame = gpd.GeoDataFrame({column: codes}, geometry=shapes, crs=CRS)
    return spots_figure(frame, zones=ZONES, ground=more.pop("ground", {}), **more)


def areas(canvas, colour):
    return [mark for mark in canvas.marks if isinstance(mark, Area) and colour in (mark.fill, mark.stroke)]


def strokes(canvas, colour):
    return [mark for mark in canvas.marks if isinstance(mark, Stroke) and mark.colour == colour]


def test_cells_of_one_finding_are_one_area_and_the_ground_is_not_drawn():
    canvas = figure(["hot", "hot", "ordinary", "hot"])
    red = HOTSPOT_STYLE["hot"][0]
    assert len(areas(canvas, red)) == 2
    assert all(mark.fill == red for mark in areas(canvas, red))
    assert areas(canvas, HOTSPOT_STYLE["ordinary"][0]) == []


def test_what_may_be_chance_is_hatched_inside_and_never_filled():
    canvas = figure(["chance", "ordinary", "chance"])
    colour = HOTSPOT_STYLE["chance"][0]
    outlines = areas(canvas, colour)
    assert [mark.fill for mark in outlines] == [None, None]
    hatch = strokes(canvas, colour)
    assert len(hatch) > 10
    cells = shapely.union_all([shapely.Polygon(mark.rings[0]) for mark in outlines]).buffer(0.2)
    assert all(cells.contains(shapely.LineString(mark.points)) for mark in hatch)
    # In step over both cells: every diagonal has x + y (y down) on one ladder of rungs.
    rungs = np.array([float(mark.points[0].sum()) for mark in hatch]) / (7.0 * 2**0.5)
    assert np.allclose(rungs - np.round(rungs - rungs[0]), rungs[0], atol=1e-6)


def test_patterns_are_drawn_in_their_colours():
    canvas = figure(["emerging", "cooling", "never", "not_judged"], column="pattern")
    assert len(areas(canvas, HOTSPOT_STYLE["emerging"][0])) == 1
    assert len(areas(canvas, HOTSPOT_STYLE["cooling"][0])) == 1


def test_numbers_names_and_the_note():
    canvas = figure(["hot"], badges=[(50, 50), (950, 550)], note="非官方示范数据")
    words = [mark.words for mark in canvas.marks if isinstance(mark, Text)]
    assert {"1", "2", "甲社区", "非官方示范数据"} <= set(words)
    assert "街道" not in words
    first, second = sorted((mark for mark in canvas.marks if isinstance(mark, Disc)), key=lambda disc: disc.x)
    assert first.y > second.y  # north is up
    assert canvas.svg().startswith("<svg")
    assert "http" not in canvas.svg().replace("http://www.w3.org/2000/svg", "")


def test_the_ground_is_below_everything():
    water = shapely.box(200, 200, 400, 400)
    canvas = figure(
        ["hot"], ground={"water": [water, shapely.LineString([(0, 500), (1000, 500)])], "road": []}
    )
    assert isinstance(canvas.marks[0], Area)
    assert any(isinstance(mark, Stroke) for mark in canvas.marks[:3])


def test_without_any_cell():
    assert figure([]).svg().startswith("<svg")


@pytest.mark.parametrize(("column", "codes"), [("verdict", ["warm"]), ("other", ["hot"])])
def test_unknown_codes_and_columns_are_refused(column, codes):
    with pytest.raises(ValueError, match="verdict"):
        figure(codes, column=column)
