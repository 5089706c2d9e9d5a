"""Drawing borders in the browser: blocks to communities, split, merge, undo, sign off; the phone; a scan."""

from __future__ import annotations

import io

import pytest

pytestmark = pytest.mark.browser
DESK, PHONE = (1440, 900), (360, 740)


def begin(demo, name, start="empty", *, user="coordinator1"):
    with demo.client(user) as client:
        answer = client.post("/api/drawings", json={"name": name, "start": start})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]


def saved(page, steps):
    """Wait until the server has this many steps (undone ones do not count)."""
    page.wait_for_function(
        "n => (window.qingtuDrawing.undo?.number ?? 0) === n && !window.qingtuDrawing.waiting", arg=steps
    )


def zones(page, level="community"):
    return page.evaluate(
        "level => window.qingtuDrawing.zones.filter(z => z.level === level).map(z => [z.name, z.area_m2])",
        level,
    )


def block_spots(page, count):
    """Screen positions of the middles of blocks well inside the map."""
    return page.evaluate(
        """count => {
          const map = window.qingtuMap, box = map.getCanvas().getBoundingClientRect();
          return map.querySourceFeatures('draw-blocks').map(f => [f.properties, map.project([f.properties.lon, f.properties.lat])])
            .filter(([p, s]) => s.x > 120 && s.y > 150 && s.x < box.width - 120 && s.y < box.height - 120 && p.area_m2 > 20000 && p.area_m2 < 1e6)
            .filter(([p], i, all) => all.findIndex(([q]) => q.lon === p.lon && q.lat === p.lat) === i)
            .sort((a, b) => a[1].x - b[1].x).slice(0, count).map(([, s]) => [s.x + box.left, s.y + box.top]);
        }""",
        count,
    )


def add_zone(page, name):
    page.click("#add")
    page.fill("#dialog [name=name]", name)
    page.click("#dialog .primary")
    page.wait_for_selector("#dialog", state="hidden")


def test_two_communities_from_blocks_split_merge_undo_and_sign_off(watch, demo, screenshots):
    drawing = begin(demo, "浏览器里画的社区")
    watched = watch("coordinator1")
    page = watched.open_map(f"/borders/draw/{drawing}")
    assert "草图" in page.inner_text(".draw-head")
    add_zone(page, "东社区")
    add_zone(page, "西社区")
    saved(page, 2)
    watched.settle()
    page.screenshot(path=screenshots / "draw-blocks.png")
    spots = block_spots(page, 6)
    assert len(spots) == 6
    page.keyboard.press("1")
    assert page.locator("#zones li[aria-current=true]").inner_text().find("东社区") >= 0
    for x, y in spots[:3]:
        page.mouse.click(x, y)
    saved(page, 5)
    page.keyboard.press("2")
    page.mouse.move(*spots[3])
    page.mouse.down()
    for x, y in spots[4:]:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()
    saved(page, 6)
    (_, east), (_, west) = zones(page)
    assert min(east, west) > 60_000
    page.screenshot(path=screenshots / "draw-two-communities.png")
    # Cut what was given to 西社区 by a line across the whole map, then merge it back.
    page.click("[data-tool=split]")
    x, y = spots[3]
    page.mouse.click(x, 140)
    page.mouse.click(x, 850)
    page.keyboard.press("Enter")
    saved(page, 7)
    assert len(zones(page)) == 3
    page.screenshot(path=screenshots / "draw-split.png")
    page.keyboard.press("z")
    page.wait_for_function("() => window.qingtuDrawing.redo !== null && !window.qingtuDrawing.waiting")
    assert [area for _, area in zones(page)] == [east, west]
    page.keyboard.press("y")
    saved(page, 7)
    page.click("[data-tool=merge]")
    page.keyboard.press("2")
    third = page.evaluate("window.qingtuDrawing.zones.filter(z => z.level === 'community')[2].code")
    spot = page.evaluate(
        "code => { const m = window.qingtuMap, b = m.getCanvas().getBoundingClientRect(), s = m.project(window.qingtuDrawing.shapes.get('community/' + code).properties.at); return [s.x + b.left, s.y + b.top]; }",
        third,
    )
    page.mouse.click(*spot)
    saved(page, 8)
    assert sum(area for _, area in zones(page)) == pytest.approx(east + west, abs=1)
    page.click("#sign")
    page.fill("#dialog [name=signed_by]", "李签发")
    page.fill("#dialog [name=valid_from]", "2040-01-01")
    page.screenshot(path=screenshots / "draw-sign.png")
    if page.locator("#dialog [name=known]").count():
        page.check("#dialog [name=known]")
    page.click("#dialog .primary")
    page.wait_for_url("**/borders/*-*")
    assert "李签发" in page.inner_text("main")
    assert "草图" in page.inner_text("main")
    page = watched.open("/borders")
    assert "已签发" in page.inner_text("#drawings")


def test_a_drawing_survives_a_closed_page(watch, demo):
    drawing = begin(demo, "关掉再开", "current")
    page = watch("coordinator1").open_map(f"/borders/draw/{drawing}")
    before = zones(page)
    page.keyboard.press("1")
    x, y = block_spots(page, 40)[20]
    page.check("#take")
    page.mouse.click(x, y)
    saved(page, 1)
    after = zones(page)
    assert after != before
    assert "空白" in page.inner_text("#finding-count")
    page.close()
    again = watch("admin").open_map(f"/borders/draw/{drawing}")
    assert zones(again) == after
    again.keyboard.press("z")
    again.wait_for_function("() => window.qingtuDrawing.redo !== null && !window.qingtuDrawing.waiting")
    assert zones(again) == before


def test_somebody_else_drew_meanwhile(watch, demo, screenshots):
    drawing = begin(demo, "两个人画", "current")
    watched = watch("coordinator1")
    page = watched.open_map(f"/borders/draw/{drawing}")
    with demo.client("admin") as client:
        headers = {"if-match": '"1"'}
        body = {"act": "add", "level": "community", "name": "别人新设的"}
        assert client.post(f"/api/drawings/{drawing}/steps", json=body, headers=headers).status_code == 200
    add_name = "我新设的"
    page.click("#add")
    page.fill("#dialog [name=name]", add_name)
    page.click("#dialog .primary")
    page.wait_for_selector("#notice:not([hidden])")
    assert "别人新设的" in page.inner_text("#notice") + page.inner_text("#zones")
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('dialog').close()")
    page.screenshot(path=screenshots / "draw-conflict.png")
    page.click("#notice .primary")
    saved(page, 2)
    names = [name for name, _ in zones(page)]
    assert {"别人新设的", add_name} <= set(names)
    watched.complaints.clear()  # the 412 itself


def test_a_border_is_pulled_with_the_mouse(watch, demo):
    drawing = begin(demo, "拉边界", "current")
    page = watch("coordinator1").open_map(f"/borders/draw/{drawing}")
    page.click("[data-tool=vertex]")
    page.keyboard.press("7")
    total = sum(area for _, area in zones(page))
    # the handles arrive tile by tile
    spot = page.wait_for_function(
        """() => {
          const m = window.qingtuMap, b = m.getCanvas().getBoundingClientRect();
          const one = m.querySourceFeatures('draw-handles').filter(f => f.properties.role === 'middle')
            .map(f => m.project(f.geometry.coordinates)).find(s => s.x > 150 && s.x < b.width - 150 && s.y > 150 && s.y < b.height - 150);
          return one && [one.x + b.left, one.y + b.top];
        }"""
    ).json_value()
    page.mouse.move(*spot)
    page.mouse.down()
    page.mouse.move(spot[0] + 14, spot[1] + 16, steps=4)
    page.mouse.up()
    saved(page, 1)
    assert page.evaluate("window.qingtuDrawing.undo.words") == "移动边界顶点"
    assert sum(area for _, area in zones(page)) == pytest.approx(total, rel=1e-3)


def test_a_scan_is_placed_by_control_points(watch, demo, screenshots):
    pillow = pytest.importorskip("PIL.Image")
    drawing = begin(demo, "照着纸图描", "current")
    watched = watch("coordinator1")
    page = watched.open_map(f"/borders/draw/{drawing}")
    out = io.BytesIO()
    picture = pillow.new("RGB", (800, 600), "#f4e9c8")
    for x in range(0, 800, 100):
        picture.paste("#7a4a00", (x, 0, x + 4, 600))
    picture.save(out, "PNG")
    page.click("#pictures > summary")
    page.set_input_files(
        "#picture-panel input[type=file]",
        files=[{"name": "纸图.png", "mimeType": "image/png", "buffer": out.getvalue()}],
    )
    page.wait_for_selector("#dialog[open] .picture-box img")
    for index, (px, py, mx, my) in enumerate(
        [(60, 60, 500, 250), (500, 80, 1050, 260), (480, 320, 1040, 650), (80, 330, 520, 660)]
    ):
        if index:
            page.click("[data-picture] >> text=加控制点")
        page.wait_for_selector("#dialog[open] .picture-box img")
        page.click(".picture-box img", position={"x": px, "y": py})
        if index == 1:
            page.screenshot(path=screenshots / "draw-control-point.png")
        page.click("#dialog >> text=在地图上点")
        page.mouse.click(mx, my)
        page.wait_for_function("n => window.qingtuDrawing.pictures[0].points.length === n", arg=index + 1)
    fit = page.evaluate("window.qingtuDrawing.pictures[0].fit")
    assert fit["rms_m"] > 0
    assert len(fit["left_out_m"]) == 4
    assert not fit["mirrored"]
    watched.settle()
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / "draw-scan.png")


def test_a_phone_shows_and_taps(watch, demo, screenshots):
    drawing = begin(demo, "手机上看", "current")
    page = watch("coordinator1", size=PHONE).open_map(f"/borders/draw/{drawing}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    before = zones(page)
    box = page.locator("#map").bounding_box()
    page.locator("#zones .zone-choice").nth(2).tap()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    saved(page, 1)
    assert zones(page) != before
    page.screenshot(path=screenshots / "draw-phone.png")
    page.locator("#undo").tap()
    page.wait_for_function("() => window.qingtuDrawing.redo !== null && !window.qingtuDrawing.waiting")
    assert zones(page) == before
    for path in ("/borders",):
        page.goto(demo.url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        page.screenshot(path=screenshots / "draw-list-phone.png", full_page=True)


def test_the_list_begins_and_removes_drawings(watch, demo, screenshots):
    watched = watch("coordinator1")
    page = watched.open("/borders")
    page.fill("#begin [name=name]", "要删的草图")
    page.click("#begin button")
    page.wait_for_url("**/borders/draw/*")
    page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=60_000)
    page = watched.open("/borders")
    page.screenshot(path=screenshots / "draw-list.png", full_page=True)
    row = page.locator("#drawings tr", has_text="要删的草图")
    row.locator("[data-remove]").click()
    page.wait_for_selector("#dialog[open]")
    page.click("#dialog .danger")
    page.wait_for_function("() => !document.body.innerText.includes('要删的草图')")


def test_nobody_else_draws(watch, demo):
    drawing = begin(demo, "别人看不到", "current")
    with demo.client("leader") as client:
        assert client.get(f"/borders/draw/{drawing}").status_code == 404
    assert "画边界" not in watch("leader").open("/borders").inner_text("main")
