"""No text that names what is not there is answered with confidence, on any of three gazetteers."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.gazetteer import build
from geodata.geocode import Geocoder
from tests.bench.geocode_traps import LIMIT_P200, Trap, caught, drawn_traps, shanghai_traps, zhengzhou_traps


def walked_into(geocoder: Geocoder, traps: list[Trap]) -> list[str]:
    return [
        f"{trap.text} [{trap.area or ''}] ({trap.kind}): {status} {method} p200 {p200:.2f}"
        for trap, p200, status, method in caught(geocoder, traps)
        if p200 >= LIMIT_P200 or status == "located"
    ]


def test_the_drawn_city(city: Geocoder) -> None:
    traps = drawn_traps()
    assert len(traps) >= 60
    assert walked_into(city, traps) == []


@pytest.mark.testdata
def test_the_mined_gazetteer(test_data: Path, tmp_path: Path) -> None:
    traps = zhengzhou_traps(test_data)
    assert len(traps) >= 120
    build(places=[test_data / "zhengzhou" / "places.csv.gz"], places_datum="gcj02", out=tmp_path / "g.qgz")
    assert walked_into(Geocoder.open(tmp_path / "g.qgz"), traps) == []


@pytest.mark.testdata
def test_the_extract(test_data: Path, tmp_path: Path) -> None:
    traps = shanghai_traps(test_data)
    assert len(traps) >= 120
    build(osm=[test_data / "osm" / "shanghai_centre.osm.gz"], out=tmp_path / "g.qgz")
    assert walked_into(Geocoder.open(tmp_path / "g.qgz"), traps) == []
