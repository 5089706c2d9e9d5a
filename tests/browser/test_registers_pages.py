"""Registers on a phone and on the map: a grid manager inspects the next place of a round; places by class."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
PHONE = (360, 740)


def width(page):
    return page.evaluate("() => document.documentElement.scrollWidth")


def test_a_grid_manager_inspects_the_next_place_of_the_running_round(watch, demo, screenshots):
    with demo.client("grid11") as client:
        one = next(r for r in client.get("/api/rounds").json()["items"] if r["state"] == "open")
        grid = next(g["grid"] for g in one["grids"] if g["checked"] < g["places"])
        stop = client.get(f"/api/rounds/{one['id']}/todo", params={"grid": grid}).json()["items"][0]
        before = next(g["checked"] for g in one["grids"] if g["grid"] == grid)
    watched = watch("grid11", size=PHONE)
    page = watched.open_map(f"/rounds/{one['id']}?grid={grid}")
    assert width(page) <= PHONE[0]
    page.screenshot(path=screenshots / "round-360.png", full_page=True)
    page.click(".todo .button >> nth=0")
    page.wait_for_selector("#inspect")
    assert stop["name"] in page.inner_text("h1")
    for choice in page.locator(".choice span").all():
        assert choice.bounding_box()["height"] >= 44
    page.click("#submit")  # nothing filled in: told, not sent
    assert page.is_visible("#problem")
    page.click("#all-pass")
    item = page.locator(".check-item").first
    item.locator(".choice.fail span").click()
    item.locator(".why input").fill("门口有污水")
    page.screenshot(path=screenshots / "inspect-360.png")
    page.click("#submit")
    page.wait_for_selector("#done:visible")
    assert "1 项不合格" in page.inner_text("#done")
    with demo.client("grid11") as client:
        seen = client.get(f"/api/places/{stop['place_id']}/inspections").json()["items"]
        assert [i["note"] for i in seen[0]["items"] if i["result"] == "fail"] == ["门口有污水"]
        now = client.get(f"/api/rounds/{one['id']}").json()
        assert next(g["checked"] for g in now["grids"] if g["grid"] == grid) == before + 1
    page.click("#done .primary")
    page.wait_for_selector(".todo")
    assert page.locator(".todo a", has_text=stop["name"]).count() == 0
    place = watched.open(f"/registers/{stop['place_id']}")
    place.wait_for_function("() => window.qingtuMap?.loaded()", timeout=60_000)
    assert "门口有污水" in place.inner_text(".inspection[open]")
    assert width(place) <= PHONE[0]
    place.screenshot(path=screenshots / "place-360.png")


def test_places_stand_on_the_map_by_class_and_open_their_page(watch, screenshots):
    watched = watch("admin")
    page = watched.open_map("/")
    assert not page.is_visible("#places-legend")
    page.check("[data-layer-group=places]")
    page.uncheck("[data-layer-group=cases]")
    watched.settle()
    found = watched.drawn("place-dots")
    assert {"catering", "site_building"} <= {one["place_class"] for one in found}
    assert {one["place_class"] for one in watched.drawn("place-lines")} >= {"canal"}
    page.screenshot(path=screenshots / "map-places-1440.png")
    page.locator(".place-class", has_text="小餐饮").locator("input").uncheck()
    watched.settle()
    left = watched.drawn("place-dots")
    assert "catering" not in {one["place_class"] for one in left}
    at = page.evaluate(
        "() => { const m = window.qingtuMap; const f = m.queryRenderedFeatures({layers: ['place-dots']})[0]; const p = m.project(f.geometry.coordinates); const b = m.getContainer().getBoundingClientRect(); return [p.x + b.x, p.y + b.y, f.properties.id]; }"
    )
    page.mouse.click(at[0], at[1])
    page.wait_for_url("**/registers/*")
