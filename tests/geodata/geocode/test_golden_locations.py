"""The reviewed table of location texts on the drawn city; changed only by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative
from geodata.geocode.model import THRESHOLDS_M
from tests.geodata.drawn_city import ORIGIN

TABLE = Path(__file__).parents[2] / "golden" / "locations.csv"


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: (row["text"] or "empty") + row["area"])
def test_location(city: Geocoder, row: dict[str, str]) -> None:
    location = city.locate(row["text"], area=row["area"] or None)
    steps = "\n".join(step.words for step in location.trace)
    assert location.status in row["status"].split("|"), f"{location.method} {location.p_within}\n{steps}"
    assert location.method in row["method"].split("|"), steps
    if row["x"]:
        assert location.best is not None
        x, y = np.array(representative(location.best.geometry)) - ORIGIN
        off = float(np.hypot(x - float(row["x"]), y - float(row["y"])))
        assert off <= float(row["within_m"]), f"({x:.0f}, {y:.0f}) is {off:.0f} m off\n{steps}"
    if row["length_m"]:
        assert location.best is not None
        assert location.best.geometry.length == pytest.approx(float(row["length_m"]), rel=0.02)


def test_every_answer_keeps_the_contract(city: Geocoder) -> None:
    for row in _rows():
        location = city.locate(row["text"], area=row["area"] or None)
        p = [location.p_within[radius] for radius in THRESHOLDS_M]
        assert p == sorted(p)
        assert all(0 <= value <= 1 for value in p)
        assert (location.best is None) == (location.status == "not_found")
        if location.status == "located":
            assert location.p_within[500] >= 0.95
        assert location.crs == city.crs
        assert location.trace
