"""Roads and places in the browser: draw a road, check what it moves, accept, take it back; desk and phone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def opened(watch, name="coordinator1", **more):
    watched = watch(name, **more)
    page = watched.open("/roads")
    page.wait_for_selector("html[data-ready=roads]", state="attached", timeout=60_000)
    return watched, page


def click_at(page, x, y):
    box = page.locator("#map canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.wait_for_timeout(350)


def test_a_road_is_drawn_checked_accepted_and_taken_back(watch, screenshots):
    watched, page = opened(watch)
    page.click("[data-tool=road]")
    for x in (0.35, 0.5, 0.65):
        click_at(page, x, 0.62)
    page.click("#undo")
    page.click("#redo")
    page.fill("#form-box input", "示范新路")
    page.click("#form-box button.primary")
    page.wait_for_selector("#edits li:has-text('示范新路')")
    assert "1" in page.inner_text("#standing")
    page.click("#check")
    page.wait_for_selector("#check-box:not([hidden])", timeout=120_000)
    page.screenshot(path=screenshots / "roads-desktop.png")
    page.click("#check-box button.primary")
    page.wait_for_selector("#undo-accept:not([hidden])", timeout=60_000)
    page.fill("#find", "示范新路")
    page.wait_for_selector("#entries li:has-text('示范新路')")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#undo-accept")
    page.wait_for_selector("#undo-accept", state="hidden", timeout=60_000)
    page.locator("#edits li:has-text('示范新路') button.quiet").click()
    page.wait_for_selector("#edits li:has-text('示范新路')", state="detached")
    assert watched.outside == []


def test_on_a_phone_nothing_leaves_the_screen(watch, screenshots):
    _, page = opened(watch, size=(360, 740))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.screenshot(path=screenshots / "roads-phone.png")


def test_who_may_only_look_gets_no_tools(watch):
    _, page = opened(watch, name="leader")
    assert page.locator("[data-tool], #check, #upload").count() == 0
