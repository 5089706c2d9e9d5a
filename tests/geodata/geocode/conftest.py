"""A geocoder on the drawn city."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.gazetteer import build
from geodata.gazetteer.aliases import add_alias
from geodata.geocode import Geocoder
from tests.geodata.drawn_city import ALIASES, CRS, write_lines, write_zones


@pytest.fixture(scope="session")
def city_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    lines, zones = write_lines(folder / "lines.gpkg"), write_zones(folder / "zones.gpkg")
    build(lines=lines, zones=zones, crs=CRS, out=folder / "city.qgz")
    for alias, name in ALIASES.items():
        add_alias(folder / "city.qgz", alias, name)
    return folder / "city.qgz"


@pytest.fixture(scope="session")
def city(city_file: Path) -> Geocoder:
    return Geocoder.open(city_file)
