"""The density picture is in the right place and in the right unit."""

import base64
import io
import math

import numpy as np
import pytest
import shapely
from PIL import Image

from geodata.crs import WGS84, reproject_xy
from maps.heat import class_limits, density_picture, weighted_points
from maps.style import HEAT_RAMP

CRS = 4547


def _classes(picture):
    content = base64.b64decode(picture.uri.split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(content)))


def test_peak_of_one_point_is_the_kernel_s_own():
    # Quartic kernel (Silverman 1986, eq. 4.5): 3 / (pi h^2) at its centre; h = 0.15 km.
    picture = density_picture([shapely.Point(473000, 3849000)], crs=CRS, colours=HEAT_RAMP, bandwidth_m=150)
    assert picture.peak == pytest.approx(3 / (math.pi * 0.15**2), rel=0.02)
    assert picture.counted == 1


def test_picture_lies_where_the_points_are():
    # 40 km from the central meridian the grids are turned by 0.25 degrees: a plain stretch would miss.
    spots = [(440000, 3840000), (447000, 3860000), (462000, 3853000)]
    picture = density_picture(
        [shapely.Point(*spot) for spot in spots], crs=CRS, colours=HEAT_RAMP, bandwidth_m=600
    )
    classes = _classes(picture)
    west, south, east, north = picture.bounds
    for lon, lat in reproject_xy(spots, CRS, WGS84):
        mercator = [math.asinh(math.tan(math.radians(value))) for value in (south, lat, north)]
        row = int((mercator[2] - mercator[1]) / (mercator[2] - mercator[0]) * classes.shape[0])
        column = int((lon - west) / (east - west) * classes.shape[1])
        assert classes[row, column] == classes.max()


def test_lines_weigh_one_and_spread_along():
    line = shapely.MultiLineString([[(0, 0), (100, 0)], [(0, 50), (300, 50)]])
    points, weights = weighted_points([line, shapely.Point(9, 9), shapely.box(0, 0, 9, 9), None])
    assert weights.sum() == pytest.approx(3)
    on_line = points[:-2]
    assert len(on_line) == 16
    assert (on_line[:, 1] == 50).mean() == pytest.approx(0.75)


def test_nothing_to_draw():
    assert density_picture([], crs=CRS, colours=HEAT_RAMP) is None
    assert density_picture([None], crs=CRS, colours=HEAT_RAMP) is None


def test_far_stray_does_not_blow_up_the_grid():
    rng = np.random.default_rng(7)
    near = [shapely.Point(*xy) for xy in rng.normal((470000, 3848000), 800, (300, 2))]
    picture = density_picture(
        [*near, shapely.Point(700000, 4400000)], crs=CRS, colours=HEAT_RAMP, bandwidth_m=150
    )
    assert max(_classes(picture).shape) <= 1100
    assert picture.bounds[3] < 36


@pytest.mark.parametrize("peak", [0.4, 3, 42.4, 597, 12345])
def test_class_limits_rise_below_the_peak(peak):
    limits = class_limits(peak, 6)
    assert list(limits) == sorted(set(limits))
    assert limits[-1] < peak
    assert len(limits) >= 5


def test_class_limits_of_nothing():
    assert class_limits(0.0, 6) == ()
