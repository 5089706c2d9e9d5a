"""Proposals of new borders in the browser: upload, look, choose, decide; at a desk and on a phone."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from geodata.crs import reproject

pytestmark = pytest.mark.browser
DESK, PHONE = (1440, 900), (360, 740)


@pytest.fixture(scope="module")
def new_borders(demo, tmp_path_factory):
    """A file that gives a strip along a border to the neighbour; grids stay as they are."""
    with demo.client("coordinator1") as client:
        features = client.get("/api/zones?level=community").json()["features"]
    zones = {feature["properties"]["name"]: feature for feature in features}
    shapes = {
        name: reproject(shapely.from_geojson(json.dumps(feature["geometry"])), 4326, 4547)
        for name, feature in zones.items()
    }
    giver, taker = "馨悦苑社区", "商务区社区"
    strip = shapely.intersection(shapes[giver], shapely.buffer(shapes[taker], 250))
    shapes[giver], shapes[taker] = (
        shapely.difference(shapes[giver], strip),
        shapely.union(shapes[taker], strip),
    )
    path = tmp_path_factory.mktemp("borders") / "新边界.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": [zones[name]["properties"]["code"] for name in shapes], "name": list(shapes)},
        geometry=list(shapes.values()),
        crs=4547,
    )
    frame.to_file(path, layer="community", driver="GPKG")
    return path


def test_from_the_upload_to_a_decision(watch, demo, new_borders, screenshots):
    watched = watch("coordinator1")
    page = watched.open("/")
    page.click("nav.wide a[href='/borders']")
    page.set_input_files("#propose input[type=file]", new_borders)
    page.fill("#propose input[name=valid_from]", "2030-01-01")
    page.click("#propose button")
    page.wait_for_url("**/borders/*-*")
    page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=60_000)
    count = int(page.inner_text("#move-count"))
    assert count == page.locator("[data-keep]").count() > 0
    roles = {
        feature["role"]
        for feature in watched.drawn("change-land", "change-after", "change-before", "change-cases")
    }
    assert roles == {"land", "after", "before", "case"}
    page.click(".border-map [data-role=before]")
    watched.settle()
    assert not watched.drawn("change-before")
    page.click(".border-map [data-role=before]")
    page.locator("[data-keep]").first.select_option("keep")
    page.locator("[data-reason]").first.fill("原社区已约好本周清理")
    page.click("#refresh")
    page.wait_for_function("document.querySelector('[data-keep]').value === 'keep'")
    assert page.locator("[data-reason]").first.input_value() == "原社区已约好本周清理"
    page.screenshot(path=screenshots / "borders-desktop.png")
    page.fill("#decide textarea", "按管委会文件")
    page.click("#decide [value=accept]")
    page.wait_for_selector(".change-accepted")
    assert "原社区已约好本周清理" in page.inner_text("#moves")
    # Its day has not come: withdrawn, so that the demo stays as it was.
    page.fill("#decide textarea", "示范完毕")
    page.click("#decide [value=reject]")
    page.wait_for_selector(".change-rejected")
    assert "示范完毕" in page.inner_text(".decided")


def test_a_refused_file_says_why(watch, tmp_path):
    path = tmp_path / "noise.gpkg"
    path.write_bytes(b"no borders at all")
    watched = watch("coordinator1")
    page = watched.open("/borders")
    page.set_input_files("#propose input[type=file]", path)
    page.click("#propose button")
    page.wait_for_selector("#problem:not([hidden])")
    assert "GeoPackage" in page.inner_text("#problem")
    watched.complaints.clear()  # the refusal itself is a 422


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_pages_fit_the_screen(watch, demo, new_borders, size, lang):
    with demo.client("coordinator1") as client, new_borders.open("rb") as handle:
        files = {"file": ("新边界.gpkg", handle)}
        change = client.post("/api/borders", files=files, data={"valid_from": "2031-01-01"}).json()
    watched = watch("coordinator1", size=size, lang=lang)
    for path in ("/borders", f"/borders/{change['id']}"):
        page = watched.open(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert ("Change" in page.inner_text("main") or "Proposal" in page.inner_text("main")) == (
            lang == "en"
        )


def test_who_may_only_look_has_no_buttons(watch, demo, new_borders):
    with demo.client("coordinator1") as client, new_borders.open("rb") as handle:
        files = {"file": ("新边界.gpkg", handle)}
        change = client.post("/api/borders", files=files, data={"valid_from": "2031-01-01"}).json()
    page = watch("leader").open(f"/borders/{change['id']}")
    assert page.locator("#decide").count() == 0
    assert page.locator("[data-keep]").count() == 0
    assert watch().open("/").locator("nav.wide a[href='/borders']").count() == 0
