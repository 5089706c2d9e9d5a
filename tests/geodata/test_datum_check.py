"""The datum detector on points whose true datum is known."""

import numpy as np
import pytest
import shapely

from geodata.crs import reproject_xy
from geodata.datum_check import detect_datum
from geodata.datums import from_wgs84, to_wgs84

CRS = 4547


@pytest.fixture
def truth():
    rng = np.random.default_rng(3)
    return np.column_stack([rng.uniform(113.70, 113.75, 40), rng.uniform(34.765, 34.79, 40)])


def texts_of(truth, *, error_m=60.0):
    """Where a geocoder would put the rows' texts: near the truth."""
    rng = np.random.default_rng(4)
    xy = reproject_xy(truth, 4326, CRS) + rng.normal(0, error_m, (len(truth), 2))
    return list(shapely.points(xy))


@pytest.mark.parametrize("true", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("stated", ["wgs84", "gcj02", "bd09"])
def test_the_true_datum_is_found_whatever_was_stated(truth, true, stated):
    written = from_wgs84(truth, true)
    finding = detect_datum(to_wgs84(written, stated), texts_of(truth), stated=stated, crs=CRS)
    assert finding.best == true
    assert finding.agrees == (true == stated)
    assert finding.rows == 40


def test_swapped_axes_are_found(truth):
    finding = detect_datum(truth[:, ::-1], texts_of(truth), stated="wgs84", crs=CRS)
    assert finding.best == "wgs84 swapped"


def test_swapped_projected_axes_are_found(truth):
    xy = reproject_xy(truth, 4326, CRS)
    as_read = to_wgs84(xy[:, ::-1], "EPSG:4547")
    finding = detect_datum(as_read, texts_of(truth), stated="EPSG:4547", crs=CRS)
    assert finding.best == "EPSG:4547 swapped"


def test_bad_texts_do_not_overturn_what_was_stated(truth):
    finding = detect_datum(truth, texts_of(truth, error_m=3000), stated="wgs84", crs=CRS)
    assert finding.agrees


def test_a_line_text_counts_by_its_nearest_point(truth):
    xy = reproject_xy(truth, 4326, CRS)
    reach = np.array([2000.0, 0.0])
    lines = [shapely.LineString([point - reach, point + reach]) for point in xy]
    assert detect_datum(truth, lines, stated="wgs84", crs=CRS).median_m["wgs84"] == pytest.approx(0, abs=1e-6)


def test_too_few_texts_give_no_finding(truth):
    assert detect_datum(truth[:4], texts_of(truth)[:4], stated="wgs84", crs=CRS) is None
    assert detect_datum(truth[:4], [None] * 4, stated="wgs84", crs=CRS) is None
