"""The live map in a real Chromium, with software WebGL and no network but our own server."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
CASES = ("case-dots", "case-symbols", "case-lines")


def total(page):
    return int(page.inner_text("#total").replace(",", ""))


def wait_for_count(page, number):
    page.wait_for_selector(f"#total:text-is('{number:,}')", timeout=20_000)


def test_the_map_draws_ground_borders_and_problems(watch):
    watched = watch()
    page = watched.open_map()
    layers = {feature["layer"] for feature in watched.drawn()}
    assert {"road", "water", "zone-community", "case-dots", "case-lines"} <= layers
    names = {feature["name"] for feature in watched.drawn("community-names")}
    assert len(names) == 7
    assert watched.drawn("road-names")
    assert "非官方示范数据" in page.inner_text(".unofficial")
    assert "非官方示范数据" in page.inner_text(".maplibregl-ctrl-attrib")


def test_latin_letters_and_digits_are_drawn_without_a_font_server(watch):
    watched = watch()
    page = watched.open_map("/#map=12.2/34.779/113.73")
    watched.settle()
    counts = watched.drawn("case-cluster-counts")
    assert sum(feature["n"] for feature in counts) > 100
    # Nothing asked for glyphs, and the number is really painted: white in the middle of a bubble.
    style = page.evaluate("() => window.qingtuMap.getStyle()")
    assert "glyphs" not in style


def test_the_list_and_the_server_count_the_same(watch, demo):
    watched = watch()
    page = watched.open_map()
    with demo.client() as client:
        assert total(page) == client.get("/api/cases?limit=1").json()["total"]


def test_filters_narrow_map_list_and_export_together(watch, demo):
    watched = watch("admin")
    page = watched.open_map()
    everything = total(page)
    page.click("label.command-C7")
    with demo.client("admin") as client:
        expected = client.get("/api/cases?command=C7&limit=1").json()["total"]
    wait_for_count(page, expected)
    assert 0 < expected < everything
    watched.settle()
    assert {feature["command"] for feature in watched.drawn(*CASES)} == {"C7"}
    assert "command=C7" in page.url
    assert page.get_attribute("#export", "href") == "/api/cases/export.xlsx?command=C7"
    page.select_option("#filters [name=state]", "closed")
    with demo.client("admin") as client:
        wait_for_count(page, client.get("/api/cases?command=C7&state=closed&limit=1").json()["total"])
    page.reload()
    page.wait_for_selector("#total")
    assert page.is_checked("#filters [value=C7]")
    page.click("#reset")
    wait_for_count(page, everything)


def test_the_filtered_list_downloads_as_excel(watch):
    watched = watch("admin")
    page = watched.open_map("/?command=C3")
    with page.expect_download() as download:
        page.click("#export")
    assert download.value.suggested_filename.endswith(".xlsx")


def test_a_click_on_the_map_opens_the_problem(watch, demo):
    with demo.client("admin") as client:
        items = client.get("/api/cases?limit=500&placement=located&command=C1").json()["items"]
    case = next(item for item in items if item["geometry_type"] == "Point" and item["method"] == "crossing")
    watched = watch("admin")
    page = watched.open_map(f"/?q={case['number']}#map=17/{case['lat']:.6f}/{case['lon']:.6f}")
    watched.settle()
    assert case["id"] in {feature["id"] for feature in watched.drawn("case-symbols")}
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#detail .detail-head")
    assert page.get_attribute("#detail .detail-head", "data-case") == case["id"]
    words = page.inner_text("#detail")
    for expected in ("归谁负责", "位置怎么来的", "到现场", "经过", "GCJ-02", "± "):
        assert expected in words
    link = page.get_attribute("#detail .actions a[href*=amap]", "href")
    assert "coordinate=gaode" in link
    page.keyboard.press("Escape")
    assert page.is_hidden("#detail")


def test_a_line_shows_its_metres_per_zone(watch):
    watched = watch("admin")
    page = watched.open_map("/?q=示范铁路K")
    page.click(".result >> nth=0")
    page.wait_for_selector("#detail .shares")
    metres = [
        float(cell.split()[0].replace(",", ""))
        for cell in page.locator("#detail .shares td:nth-child(2)").all_inner_texts()
    ]
    assert sum(metres) > 0


def test_a_place_is_found_by_its_words(watch):
    watched = watch()
    page = watched.open_map()
    page.fill("#search input", "东风东路与如意东路交叉口东北角")
    page.press("#search input", "Enter")
    page.wait_for_selector("#found [data-found=located]")
    watched.settle()
    assert "误差 ±" in page.inner_text("#found")
    assert "社区" in page.inner_text("#found")
    assert page.locator(".badge-marker.active").count() == 1
    assert watched.drawn("found-reach")


def test_a_pasted_position_asks_for_its_datum(watch):
    watched = watch()
    page = watched.open_map()
    page.fill("#search input", "113.7300, 34.7790")
    page.select_option("#search [name=datum]", "gcj02")
    page.press("#search input", "Enter")
    page.wait_for_selector("#found [data-found]")
    assert "GCJ02" in page.inner_text("#found")
    lon, lat = page.evaluate("() => window.qingtuMap.getCenter().toArray()")
    watched.settle()
    lon, lat = page.evaluate("() => window.qingtuMap.getCenter().toArray()")
    # GCJ-02 lies some 570 m east and 110 m south of the truth here.
    assert (113.7300 - lon) * 91_400 == pytest.approx(570, abs=40)
    assert (lat - 34.7790) * 111_000 == pytest.approx(110, abs=40)


def test_what_cannot_be_found_says_what_to_do(watch):
    watched = watch()
    page = watched.open_map()
    page.fill("#search input", "月球背面")
    page.press("#search input", "Enter")
    page.wait_for_selector("#found.none")
    assert "换一种写法" in page.inner_text("#found")


def test_heat_is_shown_in_real_units_and_follows_the_filter(watch):
    watched = watch()
    page = watched.open_map()
    page.click("#heat-toggle")
    page.wait_for_selector(".heat-class")
    assert "处/km²" in page.inner_text("#heat-legend")
    before = page.inner_text("#heat-legend")
    page.click("label.command-C4")
    page.wait_for_selector("#heat-legend:not(:has-text('" + before.split("共 ")[1].split(" 件")[0] + " 件'))")
    assert page.evaluate("() => Boolean(window.qingtuMap.getLayer('heat'))")
    watched.settle()
    # Classes of density as polygons of our own tiles, in the colours of the legend.
    drawn = watched.drawn("heat")
    keys = page.eval_on_selector_all(".heat-key", "keys => keys.map(key => key.style.backgroundColor)")
    assert 1 < len({feature["rank"] for feature in drawn}) <= len(keys)
    page.click("#heat-toggle")
    assert page.is_hidden("#heat-legend")
    assert not page.evaluate("() => Boolean(window.qingtuMap.getLayer('heat'))")


def test_hot_spots_say_what_is_significant_and_follow_the_filter(watch):
    watched = watch()
    page = watched.open_map()
    page.click("#spots-toggle")
    page.wait_for_selector(".spot-class")
    legend = page.inner_text("#spots-legend")
    assert "显著热点" in legend
    assert "斜线的地方随机也会出现" in legend
    assert page.evaluate("() => Boolean(window.qingtuMap.getLayer('spot-fill'))")
    page.click("#heat-toggle")
    page.wait_for_selector(".heat-class")
    order = page.evaluate("() => window.qingtuMap.getStyle().layers.map((layer) => layer.id)")
    assert order.index("heat") < order.index("spot-fill") < order.index("zone-grid")
    page.click("label.command-C4")
    counted = legend.split(" 件，")[0].rsplit("\n", 1)[-1]
    page.wait_for_selector(f"#spots-legend:not(:has-text('{counted} 件，'))")
    page.click("#spots-toggle")
    assert page.is_hidden("#spots-legend")
    assert not page.evaluate("() => Boolean(window.qingtuMap.getLayer('spot-fill'))")


def test_on_a_phone_legends_begin_folded_and_hide_nothing(watch):
    watched = watch("coordinator1", size=(360, 740))
    page = watched.open_map()
    assert page.locator(".legends details[open]").count() == 0
    for name in ("heat", "spots"):
        page.click(f"#{name}-toggle")
        page.wait_for_selector(f"#{name}-legend .legend-body > *", state="attached")
    # Said to a screen reader although folded.
    assert "件" in page.inner_text("#heat-legend [role=status]")
    assert "格" in page.inner_text("#spots-legend [role=status]")
    tools = page.locator(".map-tools")
    assert tools.evaluate("box => box.scrollWidth <= box.clientWidth")
    attribution = page.locator(".maplibregl-ctrl-attrib").bounding_box()
    # By keyboard; opening one folds the others.
    page.focus("#spots-legend summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#spots-legend[open]")
    page.focus("#heat-legend summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#spots-legend:not([open])")
    assert page.locator(".legends details[open]").count() == 1
    sheet = page.locator("#heat-legend").bounding_box()
    assert sheet["y"] + sheet["height"] <= attribution["y"]
    assert sheet["height"] < 740 / 2
    # The detail of a problem lies over every legend.
    page.click("#sheet")
    page.click(".result >> nth=0")
    page.wait_for_selector("#detail .detail-head")
    box = page.locator("#detail").bounding_box()
    for x, y in ((20, box["y"] + 30), (180, box["y"] + box["height"] - 20)):
        assert page.evaluate(
            "([x, y]) => Boolean(document.elementFromPoint(x, y).closest('#detail'))", [x, y]
        )


def test_an_error_is_told_in_the_legend_and_goes_away(watch):
    watched = watch()
    page = watched.open_map()
    page.route("**/api/hotspots*", lambda route: route.abort())
    page.click("#spots-toggle")
    page.wait_for_selector("#spots-legend .late")
    assert "连不上服务" in page.inner_text("#spots-legend")
    page.unroute("**/api/hotspots*")
    watched.complaints.clear()
    page.click("#spots-toggle")
    page.click("#spots-toggle")
    page.wait_for_selector("#spots-legend .spot-class")
    assert page.locator("#spots-legend .late").count() == 0


def test_layers_can_be_switched_off(watch):
    watched = watch()
    page = watched.open_map()
    page.uncheck("[data-layer-group=cases]")
    watched.settle()
    assert watched.drawn(*CASES) == []
    page.check("[data-layer-group=cases]")
    watched.settle()
    assert watched.drawn(*CASES)
