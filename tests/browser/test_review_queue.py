"""The review queue: decided by keyboard or by pin, learned, and gone."""

from __future__ import annotations

import uuid

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def unknown(demo):
    """A text no gazetteer has, filed once."""
    text = f"老槐树底下{uuid.uuid4().hex[:6]}"
    with demo.client("admin") as client:
        case = client.post(
            "/api/cases", json={"location_text": text, "description": "垃圾", "kind": "C1-02"}
        ).json()
    assert case["placement"] == "not_found"
    return case


def open_review(watched, case_id):
    page = watched.open(f"/review?case={case_id}")
    page.wait_for_selector(f".waiting[data-case='{case_id}'][aria-current=true]", timeout=60_000)
    return page


def test_a_pin_places_the_text_and_the_same_text_from_then_on(watch, demo, unknown):
    watched = watch("coordinator1")
    page = open_review(watched, unknown["id"])
    assert unknown["location_text"] in page.inner_text("#text")
    waiting = int(page.inner_text("#waiting"))
    page.keyboard.press("p")
    page.wait_for_selector("#map-hint:not([hidden])")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#save:not([disabled])")
    page.keyboard.press("Enter")
    page.wait_for_selector("#toast:has-text('同样的文字以后会自动定位')")
    assert page.locator(f".waiting[data-case='{unknown['id']}']").count() == 0
    assert int(page.inner_text("#waiting")) == waiting - 1
    with demo.client("admin") as client:
        placed = client.get(f"/api/cases/{unknown['id']}").json()
        assert (placed["placement"], placed["placed_by"]) == ("located", "pin")
        body = {"location_text": unknown["location_text"], "description": "又有垃圾", "kind": "C1-02"}
        again = client.post("/api/cases", json=body).json()
    assert (again["placement"], again["placed_by"]) == ("located", "alias")
    assert (again["lon"], again["lat"]) == pytest.approx((placed["lon"], placed["lat"]), abs=1e-6)


def test_a_drawn_line_becomes_a_line_with_shares(watch, demo, unknown):
    watched = watch("coordinator1")
    page = open_review(watched, unknown["id"])
    page.click("#line-mode")
    box = page.locator("#map").bounding_box()
    for dx in (-120, 0, 120):
        page.mouse.click(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2)
        page.wait_for_timeout(350)  # two clicks close together would be a double click: zoom
    assert "3 个点" in page.inner_text("#picked")
    page.keyboard.press("Backspace")
    assert "2 个点" in page.inner_text("#picked")
    page.click("#save")
    page.wait_for_selector("#toast:has-text('已保存')")
    with demo.client("admin") as client:
        placed = client.get(f"/api/cases/{unknown['id']}").json()
    assert placed["geometry"]["type"] == "LineString"
    lengths = [share["length_m"] for share in placed["shares"] if share["level"] == "community"]
    assert sum(lengths) > 50


def test_candidates_are_chosen_by_number_key(watch, demo):
    with demo.client("coordinator1") as client:
        items = client.get("/api/review?limit=200").json()["items"]
    item = next(item for item in items if item["trace"].get("candidates"))
    watched = watch("coordinator1")
    page = open_review(watched, item["id"])
    page.keyboard.press("1")
    page.wait_for_selector(".choice[data-index='0'][aria-pressed=true]")
    assert page.locator(".badge-marker.active").inner_text() == "A"
    assert page.locator(".steps li").count() >= 3
    page.keyboard.press("Enter")
    page.wait_for_selector("#toast:has-text('已保存')")
    with demo.client("admin") as client:
        assert client.get(f"/api/cases/{item['id']}").json()["placed_by"] == "candidate"


def test_arrows_walk_the_queue(watch):
    watched = watch("coordinator1")
    page = watched.open("/review")
    page.wait_for_selector(".waiting[aria-current=true]", timeout=60_000)
    first = page.get_attribute(".waiting[aria-current=true]", "data-case")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute(".waiting[aria-current=true]", "data-case") != first
    page.keyboard.press("ArrowUp")
    assert page.get_attribute(".waiting[aria-current=true]", "data-case") == first
