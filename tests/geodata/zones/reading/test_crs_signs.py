"""What numbers say about their CRS; positions are of Ruyi Lake (113.72 E, 34.77 N) and computed by pyproj."""

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Proj, Transformer

from geodata.crs import WGS84, reproject
from geodata.datums import from_wgs84
from geodata.errors import CrsError
from geodata.zones.checking.checks import check_zones
from geodata.zones.reading.crs_signs import crs_signs, datum_sign
from geodata.zones.reading.files import projected, read_projected

DEGREES = (113.70, 34.76, 113.75, 34.79)


def box_in(epsg):
    move = Transformer.from_crs(4326, epsg, always_xy=True)
    west, south = move.transform(*DEGREES[:2])
    east, north = move.transform(*DEGREES[2:])
    return west, south, east, north


def swapped(box):
    return box[1], box[0], box[3], box[2]


@pytest.mark.parametrize(
    ("bounds", "epsg", "words"),
    [
        (DEGREES, 4547, "数值是经纬度"),
        (swapped(DEGREES), 4326, "坐标轴写反"),
        (swapped(DEGREES), 4547, "坐标轴写反"),
        (swapped(box_in(4547)), 4547, "坐标轴写反"),
        (box_in(3857), 4547, "网络墨卡托"),
        (box_in(4547), 4326, "高斯-克吕格"),
        (box_in(4526), 4547, "带号 38"),
        (box_in(4547), 3857, None),
        (DEGREES, None, "没有坐标系；数值像经纬度"),
        (box_in(4547), None, "中央子午线"),
        ((0, 0, 5, 5), None, "没有坐标系"),
    ],
)
def test_impossible_numbers(bounds, epsg, words):
    signs = crs_signs(bounds, epsg)
    if words is None:
        assert signs == []
    else:
        assert [sign.fatal for sign in signs] == [True]
        assert words in signs[0].words


@pytest.mark.parametrize("epsg", [4326, 4490, 4547, 4526, 3857, 32649])
def test_right_ones_have_no_sign(epsg):
    bounds = DEGREES if epsg in (4326, 4490) else box_in(epsg)
    assert crs_signs(bounds, epsg) == []


def test_made_up_coordinates_and_nothing_at_all_say_nothing():
    assert crs_signs((0, 0, 500, 500), 4547) == []
    assert crs_signs((np.nan,) * 4, 4547) == []


def test_a_distant_central_meridian_is_a_suspicion_with_its_error():
    # Ruyi Lake in the zone of 120 E is 6.275° off: 575 km, 6.275° x 111.32 km x cos 34.775°, and a bit more.
    (sign,) = crs_signs(box_in(4549), 4549)
    assert not sign.fatal
    assert "EPSG:4547 更合适" in sign.words
    # 1 km along the meridian, measured by PROJ itself: 1/111 of a degree is stretched by the same part.
    here = Proj("EPSG:4549").get_factors(113.725, 34.775).meridional_scale
    found = re.search(r"(\d+) 公里，每公里偏 (\d+) 厘米", sign.words)
    assert [float(number) for number in found.groups()] == pytest.approx([575, (here - 1) * 1e5], rel=0.005)


def zones_at(shift_datum=None):
    """Nine blocks of 300 to 700 m between roads, and the roads; borders drawn in another datum if asked."""
    x, y = np.array([0.0, 500, 800, 1500]) + 472000, np.array([0.0, 400, 1100, 1500]) + 3848500
    blocks = [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(3) for j in range(3)]
    roads = [shapely.LineString([(a, y[0]), (a, y[-1])]) for a in x]
    roads += [shapely.LineString([(x[0], b), (x[-1], b)]) for b in y]
    if shift_datum:
        degrees = [reproject(block, 4547, WGS84) for block in blocks]
        drawn = [shapely.transform(block, lambda xy: from_wgs84(xy, shift_datum)) for block in degrees]
        blocks = [reproject(block, WGS84, 4547) for block in drawn]
    return np.array(blocks, dtype=object), roads


@pytest.mark.parametrize(("datum", "words"), [("gcj02", "GCJ-02"), ("bd09", "BD-09"), (None, None)])
def test_a_datum_shows_beside_roads_of_known_position(datum, words):
    blocks, roads = zones_at(datum)
    sign = datum_sign(blocks, 4547, roads)
    if words is None:
        assert sign is None
    else:
        assert words in sign.words


def test_no_datum_without_roads():
    assert datum_sign(zones_at("gcj02")[0], 4547, []) is None


def test_files_say_what_the_numbers_look_like(tmp_path):
    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(*DEGREES)], crs=4547)
    with pytest.raises(CrsError, match="the numbers are degrees") as refused:
        projected({"community": frame})
    assert "数值是经纬度" in refused.value.zh
    with pytest.raises(CrsError, match="no CRS is set; the numbers look like degrees") as refused:
        projected({"community": frame.set_crs(None, allow_override=True)})
    assert "没有坐标系；数值像经纬度" in refused.value.zh
    report = check_zones({"community": frame})
    assert [(d.kind, d.fatal) for d in report.defects] == [("crs", True)]


def test_web_mercator_is_left_for_true_metres(tmp_path):
    square = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(*box_in(4547))], crs=4547)
    area = square.area[0]
    square.to_crs(3857).to_file(tmp_path / "m.geojson")
    read = read_projected(tmp_path / "m.geojson")["community"]
    assert read.crs == 4547
    assert read.area[0] == pytest.approx(area, rel=1e-4)
    with pytest.raises(CrsError, match="mercator"):
        check_zones({"community": square.to_crs(3857)})
