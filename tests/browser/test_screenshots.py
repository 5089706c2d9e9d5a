"""Pictures for the documentation: written to build/screenshots, from where docs/screenshots is renewed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_the_map_with_a_problem_open(watch, screenshots):
    watched = watch("coordinator1")
    page = watched.open_map("/?state=reported,accepted,dispatched,rectified")
    # One left of where the panel opens, so that the whole district stays in view.
    spot = page.evaluate(
        """() => { const m = window.qingtuMap, b = m.getCanvas().getBoundingClientRect();
        const p = m.queryRenderedFeatures({ layers: ['case-dots'] }).map(f => m.project(f.geometry.coordinates))
          .filter(p => p.x > 200 && p.x < b.width - 480 && p.y > 150 && p.y < b.height - 300)[0];
        return { x: p.x + b.left, y: p.y + b.top }; }"""
    )
    page.mouse.click(spot["x"], spot["y"])
    page.wait_for_selector("#detail .timeline")
    watched.settle()
    page.screenshot(path=screenshots / "map-desktop.png")
    assert page.locator("#detail .facts").count() == 2


def test_the_heat_map(watch, screenshots):
    watched = watch()
    page = watched.open_map()
    page.click("#heat-toggle")
    page.wait_for_selector(".heat-class")
    page.uncheck("[data-layer-group=cases]")
    watched.settle()
    page.screenshot(path=screenshots / "heat-desktop.png")
    assert page.locator(".heat-class").count() >= 3


def test_the_queue_with_a_candidate_chosen(watch, demo, screenshots):
    with demo.client("coordinator1") as client:
        items = client.get("/api/review?limit=200").json()["items"]
    item = max(items, key=lambda item: len(item["trace"].get("candidates") or []))
    watched = watch("coordinator1")
    page = watched.open(f"/review?case={item['id']}")
    page.wait_for_selector(".waiting[aria-current=true]", timeout=60_000)
    page.keyboard.press("1")
    page.wait_for_selector(".choice[aria-pressed=true]")
    page.wait_for_timeout(800)
    watched.settle()
    page.screenshot(path=screenshots / "review-desktop.png")
    assert page.locator(".choice").count() >= 1
