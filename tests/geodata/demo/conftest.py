from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest

from geodata.demo import write_profile


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "profile"
    write_profile(out)
    return out


@pytest.fixture(scope="session")
def lines(profile: Path) -> gpd.GeoDataFrame:
    frame = gpd.read_file(profile / "lines.gpkg", layer="line")
    assert (frame.geometry.geom_type == "MultiLineString").all()
    assert frame["name"].is_unique
    frame["geometry"] = [shape.geoms[0] for shape in frame.geometry]
    return frame.set_index("name", drop=False)


@pytest.fixture(scope="session")
def zones(profile: Path) -> dict[str, gpd.GeoDataFrame]:
    return {
        layer: gpd.read_file(profile / "zones.gpkg", layer=layer)
        for layer in ("subdistrict", "community", "grid")
    }


@pytest.fixture(scope="session")
def problems(profile: Path) -> list[dict]:
    return [
        json.loads(line) for line in (profile / "problems.jsonl").read_text(encoding="utf-8").splitlines()
    ]
