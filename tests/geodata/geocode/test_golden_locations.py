"""The reviewed table of location texts on the drawn city; changed only by hand.

Columns: `status` and `method` list what is accepted, separated by |. Truth is in the drawing's own
metres: `x`, `y` for the answer's representative point, off by `within_m` at most; `shape` for a whole
line or polygon, whose outline may lie `shape_m` off anywhere (Hausdorff) and no more; `length_m` for
a line's length. `trap` marks texts that must not be answered with confidence. `why` is the reckoning.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative
from geodata.geocode.model import THRESHOLDS_M, Location
from tests.geodata.drawn_city import ORIGIN

TABLE = Path(__file__).parents[2] / "golden" / "locations.csv"
_VERTEX_M = 5.0


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = _rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: (row["text"] or "empty") + row["area"])
def test_location(city: Geocoder, row: dict[str, str]) -> None:
    location = city.locate(row["text"], area=row["area"] or None)
    steps = "\n".join(step.words for step in location.trace)
    accepted = row["status"].split("|")
    assert location.status in accepted, f"{location.method} {location.p_within}\n{steps}"
    if row["method"]:
        assert location.method in row["method"].split("|"), steps
    if row["trap"]:
        assert location.p_within[200] < 0.5, f"{location.method} {location.p_within}\n{steps}"
    if row["x"]:
        x, y = np.array(representative(_geometry(location))) - ORIGIN
        off = float(np.hypot(x - float(row["x"]), y - float(row["y"])))
        assert off <= float(row["within_m"]), f"({x:.0f}, {y:.0f}) is {off:.0f} m off\n{steps}"
    if row["length_m"]:
        assert _geometry(location).length == pytest.approx(float(row["length_m"]), rel=0.02)
    if row["shape"]:
        found = translate(_geometry(location), *(-ORIGIN).tolist())
        off = _farthest_off(found, shapely.from_wkt(row["shape"]))
        assert off <= float(row["shape_m"]), f"{off:.1f} m off: {found.wkt}\n{steps}"


def _geometry(location: Location) -> BaseGeometry:
    assert location.best is not None
    return location.best.geometry


def _farthest_off(found: BaseGeometry, true: BaseGeometry) -> float:
    """Hausdorff distance between two lines, or the outlines of two polygons, with points every 5 m."""
    assert (found.geom_type == "Polygon") == (true.geom_type == "Polygon"), found.geom_type
    outlines = [shape.boundary if shape.geom_type == "Polygon" else shape for shape in (found, true)]
    first, second = shapely.segmentize(outlines, _VERTEX_M)
    return float(shapely.hausdorff_distance(first, second))


def test_the_table_is_large_and_says_why() -> None:
    assert len(ROWS) >= 300
    forms = {method.partition(":")[0] for row in ROWS for method in row["method"].split("|")}
    assert forms >= {
        "crossing", "offset", "stretch", "chainage", "number", "place", "block", "between", "area", "road",
    }  # fmt: skip
    assert sum(bool(row["shape"]) for row in ROWS) >= 60
    assert sum(bool(row["trap"]) for row in ROWS) >= 60


def test_every_answer_keeps_the_contract(city: Geocoder) -> None:
    for row in ROWS:
        location = city.locate(row["text"], area=row["area"] or None)
        p = [location.p_within[radius] for radius in THRESHOLDS_M]
        assert p == sorted(p)
        assert all(0 <= value <= 1 for value in p)
        assert (location.best is None) == (location.status == "not_found")
        if location.status == "located":
            assert location.p_within[500] >= 0.95
        assert location.crs == city.crs
        assert location.trace
