"""Datum transforms against a published table and the law of the round trip."""

import csv

import numpy as np
import pytest

from geodata.datums import check_datum, from_wgs84, to_wgs84
from geodata.errors import DatumError


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000", "EPSG:4547"])
def test_round_trip_is_below_a_tenth_of_a_millimetre(datum):
    rng = np.random.default_rng(7)
    lonlat = np.column_stack([rng.uniform(75, 134, 5000), rng.uniform(18, 53, 5000)])
    if datum.startswith("EPSG"):
        lonlat[:, 0] = rng.uniform(112.5, 115.5, 5000)
    back = to_wgs84(from_wgs84(lonlat, datum), datum)
    assert np.abs(back - lonlat).max() < 1e-9


def test_shift_at_ruyi_lake_is_the_measured_one():
    lonlat = np.array([[113.7211, 34.7719]])
    gcj, bd = from_wgs84(lonlat, "gcj02"), from_wgs84(lonlat, "bd09")
    metres = np.array([111_320 * np.cos(np.radians(34.7719)), 110_940])
    assert (gcj - lonlat)[0] * metres == pytest.approx([566, -110], abs=5)
    assert np.hypot(*((bd - lonlat)[0] * metres)) == pytest.approx(1283, abs=8)


def test_outside_china_nothing_is_shifted():
    assert from_wgs84([[2.35, 48.85]], "gcj02").tolist() == [[2.35, 48.85]]


def test_no_points_stay_no_points():
    assert to_wgs84(np.empty((0, 2)), "bd09").shape == (0, 2)


def test_an_unknown_datum_names_the_accepted_ones():
    with pytest.raises(DatumError, match="wgs84, cgcs2000, gcj02, bd09"):
        check_datum("beijing54")


@pytest.mark.testdata
@pytest.mark.parametrize(("datum", "column"), [("gcj02", "GCJ02"), ("bd09", "BD09")])
def test_published_vectors_agree_within_their_metre(test_data, datum, column):
    path = test_data / "crs" / "crs_vectors_gcoord.csv"
    with path.open(encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    wgs84 = np.array([[float(row["WGS84_x"]), float(row["WGS84_y"])] for row in rows])
    other = np.array([[float(row[f"{column}_x"]), float(row[f"{column}_y"])] for row in rows])
    assert len(rows) == 664
    one_metre_deg = 1 / 111_000
    assert np.abs(from_wgs84(wgs84, datum) - other).max() < one_metre_deg
    assert np.abs(to_wgs84(other, datum) - wgs84).max() < one_metre_deg
