"""The picture of zone defects, and the canvas it is drawn on: what is where, in which colour."""

import io
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from geodata.zones.checking.checks import check_zones
from maps.canvas import Area, Canvas, Disc, Stroke, Text, Window
from maps.figures import zone_defects_figure
from maps.picture_file import write_picture
from maps.plan import Plan, box_of
from maps.style import DEFECT_STYLE


def square(x, y, side):
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]], dtype=float)


def pixels(canvas):
    return Image.open(io.BytesIO(canvas.png()))


def test_fills_have_holes_and_opacity():
    canvas = Canvas(40, 40)
    canvas.add(Area((square(0, 0, 40), square(15, 15, 10)), "#000000", 0.5))
    image = pixels(canvas)
    assert image.size == (40, 40)
    assert image.getpixel((20, 20)) == (255, 255, 255)
    assert image.getpixel((5, 5)) == pytest.approx((127, 127, 127), abs=1)


def test_a_window_cuts_off_what_sticks_out():
    inner = Canvas(10, 10, "#ff0000")
    inner.add(Area((square(-50, -50, 100),), "#0000ff"))
    canvas = Canvas(30, 30)
    canvas.add(Window(10, 10, inner))
    image = pixels(canvas)
    assert image.getpixel((15, 15)) == (0, 0, 255)
    assert image.getpixel((5, 5)) == image.getpixel((25, 25)) == (255, 255, 255)


def test_svg_escapes_words_and_refers_to_nothing():
    canvas = Canvas(50, 20)
    canvas.add(Text(1, 10, "<b>甲&乙</b>", 10), Disc(5, 5, 2, "#123456"), Stroke(square(0, 0, 9), "#000000"))
    svg = canvas.svg()
    assert "&lt;b&gt;甲&amp;乙&lt;/b&gt;" in svg
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]


def test_a_plan_is_north_up_and_keeps_proportions():
    plan = Plan(Canvas(200, 100), (0.0, 0.0, 100.0, 100.0))
    assert plan.metre_px == 1.0
    assert plan.pixels(np.array([[0.0, 100.0], [100.0, 0.0]])).tolist() == [[50, 0], [150, 100]]
    bar = [mark for mark in plan.scale_bar() if isinstance(mark, Text)]
    assert bar[0].words == "20 m"  # the longest round length within a sixth of 200 m


def test_the_box_of_nothing_can_still_be_drawn():
    assert box_of([None]) == (0.0, 0.0, 1.0, 1.0)
    assert Plan(Canvas(10, 10), box_of([])).metre_px > 0


@pytest.fixture
def zones():
    shapes = [
        shapely.box(0, 0, 1100, 1000),
        shapely.box(1000, 0, 2000, 1000),
        shapely.box(0, 1000, 2000, 2000) - shapely.box(500, 1200, 900, 1600),
        shapely.Polygon([(2000, 0), (2500, 500), (2500, 0), (2000, 500)]),
    ]
    return {"community": gpd.GeoDataFrame({"code": list("ABCD")}, geometry=shapes, crs=4547)}


def test_every_kind_is_drawn_in_its_colour_and_numbered(zones):
    report = check_zones(zones)
    canvas = zone_defects_figure(zones, report, title="边界检查", note="说明")
    kinds = {defect.kind for defect in report.defects}
    assert kinds == {"overlap", "hole", "invalid"}
    windows = [mark for mark in canvas.marks if isinstance(mark, Window)]
    plan, *close = [window.canvas for window in windows]
    fills = {mark.fill for mark in plan.marks if isinstance(mark, Area)}
    assert {DEFECT_STYLE[kind] for kind in kinds} <= fills
    numbers = {mark.words for mark in plan.marks if isinstance(mark, Text) and mark.words.isdigit()}
    assert numbers == {"1", "2", "3"}
    assert len(close) == 3
    words = " ".join(mark.words for mark in canvas.marks if isinstance(mark, Text))
    for defect in report.defects:
        assert defect.words[:12] in words
    assert "不能使用" in words


def test_a_hole_is_painted_where_it_lies(zones):
    image = pixels(zone_defects_figure(zones, check_zones(zones), title="x"))
    colours = {colour for _, colour in image.getcolors(maxcolors=2**24)}
    # 60 % of #0891b2 over the grey outside of the zones (#e3e0d8).
    seen = tuple(round(0.6 * a + 0.4 * b) for a, b in zip((8, 145, 178), (0xE3, 0xE0, 0xD8), strict=True))
    assert any(max(abs(a - b) for a, b in zip(colour, seen, strict=True)) <= 1 for colour in colours)


def test_sound_zones_say_so(zones):
    sound = {
        "community": zones["community"]
        .iloc[1:3]
        .assign(geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)])
    }
    canvas = zone_defects_figure(sound, check_zones(sound), title="x")
    words = [mark.words for mark in canvas.marks if isinstance(mark, Text)]
    assert "没有发现缺陷。" in words
    assert sum(isinstance(mark, Window) for mark in canvas.marks) == 1


def test_files(tmp_path, zones):
    canvas = Canvas(20, 10)
    for name, begins in (("a.png", b"\x89PNG"), ("a.svg", b"<svg"), ("a.html", b"<!doctype html>")):
        write_picture(canvas, tmp_path / name, title="图")
        assert (tmp_path / name).read_bytes().startswith(begins)
    with pytest.raises(ValueError, match=r"a\.jpg"):
        write_picture(canvas, tmp_path / "a.jpg", title="图")
