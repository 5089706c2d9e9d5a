"""A case is moved on its page: dragged, told before saving, saved, seen in the history, taken back."""

from __future__ import annotations

import uuid

import pytest

from tests.browser.conftest import DESK, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def case(demo):
    """A case in the middle of the district, filed once with a text of its own."""
    body = {
        "location_text": f"东风渠边第{uuid.uuid4().hex[:6]}号", "description": "垃圾", "kind": "C1-02",
        "lon": 113.7262, "lat": 34.7773,
    }  # fmt: skip
    with demo.client("admin") as client:
        return client.post("/api/cases", json=body).json()


def read(demo, case):
    with demo.client("admin") as client:
        return client.get(f"/api/cases/{case['id']}").json()


def drag(page, dx, dy):
    marker = page.locator(".maplibregl-marker:not(.badge-marker)")
    box = marker.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def test_drag_the_pin_save_and_take_it_back(watch, demo, case, screenshots):
    watched = watch("coordinator1")
    page = watched.open(f"/cases/{case['id']}")
    page.click("text=移动位置")
    page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=60_000)
    assert page.is_disabled("#save")
    drag(page, 140, -60)
    page.wait_for_selector("#preview .said:has-text('移动')")
    # Without a reason nothing can be saved.
    assert page.is_disabled("#save")
    page.keyboard.press("Enter")
    page.keyboard.type("现场核实，在渠的北边")
    watched.settle()
    page.screenshot(path=screenshots / "move-desktop.png")
    page.keyboard.press("Enter")
    page.wait_for_selector(".moves li", timeout=30_000)
    assert page.url.endswith(f"/cases/{case['id']}")
    assert "现场核实，在渠的北边" in page.inner_text(".moves")
    now = read(demo, case)
    assert (now["placed_by"], now["version"]) == ("pin", case["version"] + 1)
    assert now["lon"] > case["lon"]
    assert now["lat"] > case["lat"]
    page.wait_for_function("() => window.qingtuMap?.loaded() && !window.qingtuMap.isMoving()")
    page.screenshot(path=screenshots / "moves-desktop.png", full_page=True)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("[data-undo]")
    page.wait_for_selector(".moves li:nth-child(2)", timeout=30_000)
    back = read(demo, case)
    assert (back["lon"], back["lat"]) == (case["lon"], case["lat"])


@pytest.mark.parametrize(("size", "lang"), [(DESK, "en"), (PHONE, "zh")])
def test_a_line_is_drawn_with_words_in_both_languages_and_on_a_phone(
    watch, demo, case, screenshots, size, lang
):
    watched = watch("coordinator1", size=size, lang=lang)
    page = watched.open_map(f"/cases/{case['id']}/position")
    page.click("#line-mode")
    box = page.locator("#map").bounding_box()
    for dx in (-120, 0, 120):
        page.mouse.click(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dx / 4)
        page.wait_for_timeout(350)  # two clicks close together would be a double click: zoom
    page.wait_for_selector("#preview .said")
    words = page.inner_text("#preview .said")
    assert ("moved" if lang == "en" else "移动") in words
    page.fill("#reason", "whole stretch")
    watched.settle()
    page.screenshot(path=screenshots / f"move-line-{size[0]}-{lang}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.locator("#save").scroll_into_view_if_needed()
    page.click("#save")
    page.wait_for_selector(".moves li", timeout=30_000)
    page.wait_for_function("() => window.qingtuMap?.loaded() && !window.qingtuMap.isMoving()")
    page.screenshot(path=screenshots / f"moves-{size[0]}-{lang}.png", full_page=True)
    assert read(demo, case)["geometry_type"] == "LineString"


def test_a_place_has_the_button_and_the_page(watch, demo):
    with demo.client("admin") as client:
        place = next(one for one in client.get("/api/places?limit=50").json()["items"] if one["lon"])
    watched = watch("coordinator1")
    page = watched.open(f"/registers/{place['id']}")
    page.click("a:has-text('移动位置')")
    page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=60_000)
    drag(page, 0, 90)
    page.wait_for_selector("#preview .said:has-text('移动')")
