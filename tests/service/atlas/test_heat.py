"""Heat over HTTP: real units, bounds, and the person's rights."""

from __future__ import annotations

import base64
import io
import math

import pytest
from PIL import Image


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
    picture = Image.open(io.BytesIO(base64.b64decode(answer["image"].partition(",")[2])))
    assert picture.format == "PNG"
    west, south, east, north = answer["bounds"]
    assert west < one["lon"] < east
    assert south < one["lat"] < north
    assert [c["from_per_km2"] for c in answer["classes"]] == sorted(
        c["from_per_km2"] for c in answer["classes"]
    )


def test_nothing_selected_gives_no_picture(admin, one):
    answer = admin.get("/api/heat", params={"command": "C8"}).json()
    assert (answer["counted"], answer["image"], answer["bounds"], answer["classes"]) == (0, "", None, [])


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
