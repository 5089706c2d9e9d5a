"""Heat over HTTP: real units, bounds, and the person's rights."""

from __future__ import annotations

import math

import pyogrio
import pytest
from shapely.geometry import Point

from service.atlas.tiles import tile_at


@pytest.fixture(scope="module")
def one(site):
    """A single problem, at a crossing."""
    with site.as_("admin") as client:
        body = {"location_text": "平安路与春光街交叉口", "description": "垃圾", "kind": "C1-02"}
        return client.post("/api/cases", json=body).json()


def test_one_problem_peaks_as_the_kernel_says(admin, one):
    answer = admin.get("/api/heat", params={"bandwidth_m": 200}).json()
    # Quartic kernel at its centre: 3 / (pi h²), here with h = 0.2 km.
    assert answer["peak_per_km2"] == pytest.approx(3 / (math.pi * 0.2**2), rel=0.03)
    assert answer["counted"] == 1
    assert answer["unit"] == "处/km²"
    assert [c["from_per_km2"] for c in answer["classes"]] == sorted(
        c["from_per_km2"] for c in answer["classes"]
    )


def test_nothing_selected_gives_no_classes(admin, one):
    answer = admin.get("/api/heat", params={"command": "C8"}).json()
    assert (answer["counted"], answer["peak_per_km2"], answer["classes"]) == (0, 0, [])


def test_a_grid_manager_gets_no_heat_of_other_grids(site, one):
    with site.as_("grid3") as client:
        assert client.get("/api/heat").json()["counted"] == 0
    with site.as_("grid1") as client:
        assert client.get("/api/heat").json()["counted"] == 1


@pytest.mark.parametrize("bandwidth", ["0", "29", "2001", "nan", "inf", "x"])
def test_bandwidths_are_bounded(admin, bandwidth):
    answer = admin.get("/api/heat", params={"bandwidth_m": bandwidth})
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid"


def test_style_sheet_and_table_agree(admin):
    table = admin.get("/static-style.json").json()
    sheet = admin.get("/style.css")
    assert sheet.headers["content-type"].startswith("text/css")
    for command in table["commands"]:
        if command["code"]:
            assert f"--command-{command['code']}: {command['colour']};" in sheet.text
    assert {command["shape"] for command in table["commands"]} <= set(table["shapes"])


@pytest.fixture
def bands(tmp_path):
    """A function that fetches the heat tile around a place and decodes it by GDAL, in EPSG:3857."""

    def fetch(client, lon, lat, *, z=14, **query):
        tile = tile_at(lon, lat, z)
        answer = client.get(f"/tiles/heat/{z}/{tile.x}/{tile.y}.mvt", params=query)
        if answer.status_code == 204:
            return None
        assert answer.status_code == 200, answer.text
        folder = tmp_path / str(z) / str(tile.x)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{tile.y}.mvt"
        file.write_bytes(answer.content)
        return pyogrio.read_dataframe(file, layer="heat")

    return fetch


def test_tiles_hold_the_classes_of_the_legend(admin, one, bands):
    answer = admin.get("/api/heat", params={"bandwidth_m": 200}).json()
    found = bands(admin, one["lon"], one["lat"], bandwidth_m=200).sort_values("lower")
    assert found["lower"].tolist() == [c["from_per_km2"] for c in answer["classes"]]
    assert found["colour"].tolist() == [c["colour"] for c in answer["classes"]]
    assert found["rank"].tolist() == list(range(len(found)))
    assert found["upper"].tolist()[:-1] == found["lower"].tolist()[1:]
    assert math.isnan(found["upper"].iloc[-1])


def test_classes_of_one_problem_are_rings_around_it(admin, one, bands):
    found = bands(admin, one["lon"], one["lat"], z=12, bandwidth_m=200).sort_values("lower")
    radius, lat = 6378137.0, math.radians(one["lat"])
    here = Point(radius * math.radians(one["lon"]), radius * math.log(math.tan(math.pi / 4 + lat / 2)))
    top = 3 / (math.pi * 0.2**2)
    for band in found.itertuples():
        # (1 - u²)² = d / top, and web mercator stretches by 1 / cos(lat).
        reach = 200 * math.sqrt(1 - math.sqrt(band.lower / top)) / math.cos(lat)
        assert here.hausdorff_distance(band.geometry) == pytest.approx(reach, rel=0.03, abs=8)
    assert found.geometry.iloc[-1].contains(here)
    assert not found.geometry.iloc[0].contains(here)


def test_tiles_of_heat_respect_rights_and_filters(site, admin, one, bands):
    place = (one["lon"], one["lat"])
    assert bands(admin, *place) is not None  # in the cache from here on
    with site.as_("grid3") as client:
        assert bands(client, *place) is None
    with site.as_("grid1") as client:
        assert bands(client, *place) is not None
    assert bands(admin, *place, command="C8") is None
    assert admin.get("/tiles/heat/14/0/0.mvt", params={"bandwidth_m": 1}).status_code == 422
