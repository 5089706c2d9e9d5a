"""The exported map in a real Chromium: nothing fetched, nothing run, everything a reader needs works."""

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.zones import ZoneTree
from maps import Unplaced, problem_map
from maps.export import write_html

pytestmark = pytest.mark.browser

SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 740}}
NASTY = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "${alert(3)}",
    "`${alert(4)}`",
    "'\"><svg/onload=alert(5)>",
    "{{constructor.constructor('alert(6)')()}}",
    "<!--<script>",
    "\u2028alert(7)//",
    '=HYPERLINK("http://example.com")',
    "javascript:alert(8)",
    "&lt;b&gt;东风渠&lt;/b&gt;",
    "<a href='http://example.com'>地名</a>",
]


class Watched:
    """A page that remembers what it asked for and complained about."""

    def __init__(self, browser, path, size):
        self.context = browser.new_context(
            viewport=SIZES[size], has_touch=size == "phone", is_mobile=size == "phone", accept_downloads=True
        )
        self.page = self.context.new_page()
        self.requests, self.complaints, self.dialogs = [], [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", timeout=30_000)

    def assert_quiet(self):
        fetched = [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert not fetched
        assert not self.complaints
        assert not self.dialogs


@pytest.fixture
def opened(chromium):
    pages = []

    def open_(path, size="desk"):
        pages.append(Watched(chromium, path, size))
        return pages[-1]

    yield open_
    for watched in pages:
        watched.assert_quiet()
        watched.context.close()


def _zones(name="绿地社区"):
    squares = [shapely.box(469000 + 1500 * at, 3847000, 470500 + 1500 * at, 3849000) for at in range(2)]
    community = gpd.GeoDataFrame(
        {"code": ["001", "002"], "name": [name, "商务社区"]}, geometry=squares, crs=4547
    )
    return ZoneTree(community=community)


@pytest.fixture(scope="module")
def list_page(tmp_path_factory):
    rng = np.random.default_rng(5)
    count = 120
    shapes = [shapely.Point(*xy) for xy in rng.uniform((469100, 3847100), (471900, 3848900), (count, 2))]
    shapes[0] = shapely.LineString([(469500, 3848000), (471500, 3848100)])
    rows = gpd.GeoDataFrame(
        {
            "sheet": "问题清单", "line": range(2, count + 2), "description": [f"第{at}号垃圾堆" for at in range(count)],
            "text": [f"东风渠{at}号桥" for at in range(count)], "command": [f"C{at % 8 + 1}" for at in range(count)],
            "status": ["located", "ambiguous"] * (count // 2), "uncertainty_m": 60.0, "method": "crossing",
            "community_name": "绿地社区", "cells": [{"序号": str(at), "备注": "原样"} for at in range(count)],
            "rivals": [[(shapely.Point(471000, 3848500), 0.2, "另一处东风渠")] if at == 3 else [] for at in range(count)],
        },
        geometry=shapes, crs=4547,
    )  # fmt: skip
    missing = [
        Unplaced("问题清单", 900 + at, "不存在路", "地名库里没有", name=f"未知{at}") for at in range(3)
    ]
    road = gpd.GeoDataFrame(
        {"layer": ["road"], "name": ["众意路"], "class": ["primary"]},
        geometry=[shapely.LineString([(470000, 3846000), (470000, 3850000)])], crs=4547,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("map") / "list.html"
    page = problem_map(
        rows, title="问题地图", zones=_zones(), unplaced=missing, basemap=road, note="非官方示范数据"
    )
    write_html(page, path)
    return path


@pytest.fixture(scope="module")
def nasty_page(tmp_path_factory):
    count = len(NASTY)
    rows = gpd.GeoDataFrame(
        dict.fromkeys(
            ("name", "text", "description", "trade", "unit", "words", "community_name", "sheet"), NASTY
        )
        | {"method": NASTY, "command": NASTY, "status": "located", "cells": [{text: text} for text in NASTY]}
        | {"rivals": [[(shapely.Point(470000, 3848000), 0.3, text)] for text in NASTY]},
        geometry=[shapely.Point(470000 + 300 * at, 3848000) for at in range(count)],
        crs=4547,
    )
    missing = [Unplaced(text, at, text, text, name=text, status="refused") for at, text in enumerate(NASTY)]
    roads = gpd.GeoDataFrame(
        {"layer": "road", "name": NASTY, "class": NASTY},
        geometry=[
            shapely.LineString([(470000, 3847500 + 90 * at), (474000, 3847500 + 90 * at)])
            for at in range(count)
        ],
        crs=4547,
    )
    path = tmp_path_factory.mktemp("map") / "nasty.html"
    page = problem_map(
        rows,
        title=NASTY[1] + NASTY[2],
        zones=_zones(NASTY[0]),
        unplaced=missing,
        basemap=roads,
        note=NASTY[0],
        as_="places",
    )
    write_html(page, path)
    return path


def _counts(page):
    return page.eval_on_selector_all(
        "[data-count]",
        "all => Object.fromEntries(all.map(e => [e.dataset.count, e.querySelector('b').textContent]))",
    )


def test_file_holds_no_address(list_page, nasty_page):
    for path in (list_page, nasty_page):
        assert not re.search(r"https?:/{2}", path.read_text("utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("size", SIZES)
def test_everything_is_there(opened, list_page, size, tmp_path):
    page = opened(list_page, size).page
    assert page.title() == "问题地图"
    assert _counts(page) == {"rows": "123", "located": "60", "ambiguous": "60", "not_found": "3"}
    assert page.locator(".q-note").inner_text() == "非官方示范数据"
    assert page.locator("#q-unplaced-toggle").inner_text() == "未能落图的 3 行"
    assert not page.locator("#q-sheet").is_visible()
    # Every placed row is in a cluster or stands alone.
    page.wait_for_selector(".q-cluster, .q-mark")
    drawn = page.evaluate("Qingtu.map.getBounds().isValid()")
    assert drawn
    # Nothing sticks out of the screen.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if size == "phone":
        page.locator("#q-legend-toggle").click()
    for words in (
        "问题位置",
        "线状、面状位置",
        "热力",
        "社区边界",
        "底图",
        "市容环卫",
        "已定位",
        "件/平方公里",
    ):
        assert page.locator("#q-legend").get_by_text(words).first.is_visible(), words
    page.screenshot(path=tmp_path / f"{size}.png")


@pytest.mark.parametrize("size", SIZES)
def test_search_and_details(opened, list_page, size):
    page = opened(list_page, size).page
    page.fill("#q-search", "3号桥")
    page.locator(".q-result").get_by_text("第3号垃圾堆", exact=True).first.click()
    shown = page.locator(".q-details")
    shown.wait_for()
    words = shown.inner_text()
    for expected in (
        "第3号垃圾堆",
        "东风渠3号桥",
        "路口",
        "± 60 米",
        "不确定",
        "绿地社区",
        "另一处东风渠（20%）",
        "问题清单 第 5 行",
    ):
        assert expected in words
    shown.get_by_text("表中原样").click()
    assert "原样" in shown.locator("details dl").inner_text()
    # The uncertainty circle, the ring round the place, and the rival's line and dot.
    assert page.locator(".leaflet-q-selection-pane path").count() == 4


def test_search_by_row_number_and_for_unplaced_rows(opened, list_page):
    page = opened(list_page).page
    page.fill("#q-search", "第 77 行")
    page.wait_for_selector(".q-result")
    assert "第75号垃圾堆" in page.locator(".q-result").first.inner_text()
    page.fill("#q-search", "未知2")
    page.locator(".q-result").get_by_text("未知2").click()
    assert page.locator("#q-unplaced.q-open").is_visible()
    page.fill("#q-search", "没有这样的地方")
    page.locator(".q-found").get_by_text("没有找到").wait_for()


def test_a_click_on_a_symbol_opens_its_row(opened, list_page):
    page = opened(list_page).page
    page.evaluate("void Qingtu.map.setView(Qingtu.at(7), 19, { animate: false })")
    page.locator(".q-mark").first.click()
    assert "垃圾堆" in page.locator(".leaflet-popup .q-details").inner_text()


def test_a_click_on_a_line_opens_its_row(opened, list_page):
    page = opened(list_page).page
    for name in ("市容环卫", "交通秩序", "集贸市场", "六小行业", "工地", "社区窗口", "铁路河渠", "专项治理"):
        if name != "市容环卫":
            page.locator("#q-legend").get_by_text(name, exact=True).click()
    page.evaluate(
        "void Qingtu.map.setView([Qingtu.at(0)[0], Qingtu.at(0)[1] + 0.001], 18, { animate: false })"
    )
    spot = page.evaluate(
        """() => { const path = Qingtu.path(Qingtu.page.rows.shapes[0].line[0]);
        const share = 0.55, at = [0, 1].map(i => path[0][i] + share * (path[1][i] - path[0][i]));
        const p = Qingtu.map.latLngToContainerPoint(at), box = Qingtu.map.getContainer().getBoundingClientRect();
        return [p.x + box.left, p.y + box.top]; }"""
    )
    page.mouse.click(*spot)
    assert "第0号垃圾堆" in page.locator(".leaflet-popup .q-details").inner_text()


def test_layers_and_filters(opened, list_page):
    page = opened(list_page).page
    legend = page.locator("#q-legend")
    assert page.locator(".q-heat").count() == 1
    legend.get_by_text("热力", exact=True).click()
    assert page.locator(".q-heat").count() == 0
    total = "[...document.querySelectorAll('.q-cluster text')].reduce((n, e) => n + Number(e.textContent.replace(',', '')), 0) + document.querySelectorAll('.q-mark').length"
    page.evaluate("void Qingtu.map.setZoom(12, { animate: false })")
    page.wait_for_timeout(600)  # symbols of the old zoom fade away
    assert page.evaluate(total) == 120
    legend.get_by_text("不确定", exact=True).click()
    assert page.evaluate(total) == 60
    # Located rows are the even ones, so C1, C3, C5, C7: 15 each.
    legend.get_by_text("工地", exact=True).click()
    assert page.evaluate(total) == 45


def test_unplaced_rows_can_be_taken_away(opened, nasty_page, tmp_path):
    page = opened(nasty_page).page
    page.locator("#q-unplaced-toggle").click()
    assert page.locator("#q-unplaced tbody tr").count() == len(NASTY)
    with page.expect_download() as download:
        page.get_by_text("下载 CSV").click()
    target = tmp_path / "rows.csv"
    download.value.save_as(target)
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == '"工作表","行","名称或问题","位置描述","结果","说明"'
    assert not any(cell.lstrip('"').startswith("=") for line in lines for cell in line.split(","))
    page.get_by_text("复制表格").click()
    page.get_by_text("已复制").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_data_never_runs(opened, nasty_page, size):
    watched = opened(nasty_page, size)
    page = watched.page
    count = len(NASTY)
    own = page.evaluate("document.querySelectorAll('script').length")
    page.locator("#q-unplaced-toggle").click()
    for row in range(count):
        page.evaluate(f"void Qingtu.show({row})")
        assert page.locator(".q-details").count() == 1
        page.locator(".q-details summary").click()
    page.keyboard.press("Escape")
    page.fill("#q-search", "alert")
    page.wait_for_selector(".q-result")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelectorAll('script').length") == own
    assert page.locator("img:not(.q-heat)").count() == 0
    assert page.locator("a:not(.leaflet-control-zoom a, .leaflet-popup-close-button)").count() == 0
    assert page.locator("[onload], [onerror], iframe, object, embed").count() == 0
    assert page.locator(".q-head h1").inner_text() == NASTY[1] + NASTY[2]
    watched.assert_quiet()


def test_an_injected_script_would_not_run(chromium, nasty_page):
    watched = Watched(chromium, nasty_page, "desk")
    inject = "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); }"
    watched.page.evaluate(inject)
    watched.page.wait_for_timeout(100)
    assert watched.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in watched.complaints)
    watched.context.close()


def test_printing_fits_the_paper(opened, list_page):
    page = opened(list_page).page
    page.emulate_media(media="print")
    page.evaluate("void window.dispatchEvent(new Event('beforeprint'))")
    box = page.locator(".folium-map").bounding_box()
    head = page.locator(".q-head").bounding_box()
    assert box["width"] == pytest.approx(205 / 25.4 * 96, abs=1)
    assert head["y"] + head["height"] <= box["y"] + 1
    assert page.locator("#q-unplaced tbody tr").count() == 3
    assert not page.locator("#q-search").is_visible()


def test_thousands_of_rows_open_fast_and_small(opened, tmp_path):
    rng = np.random.default_rng(11)
    count = 6_000
    shapes = shapely.points(rng.normal((470000, 3848000), 4000, (count, 2)))
    rows = gpd.GeoDataFrame(
        {
            "line": range(count), "name": [f"示范餐馆{at}号店" for at in range(count)],
            "text": [f"示范路{at % 700}号院东门向北{at % 90}米路西" for at in range(count)],
            "trade": rng.choice(["小餐饮", "小旅店", "小食品", "小浴室"], count), "status": "located",
            "uncertainty_m": 80.0, "cells": [{"序号": str(at), "店名": f"示范餐馆{at}号店"} for at in range(count)],
        },
        geometry=shapes, crs=4547,
    )  # fmt: skip
    path = tmp_path / "big.html"
    assert write_html(problem_map(rows, title="台账", as_="places"), path) < 8_000_000
    page = opened(path).page
    ready_ms = page.evaluate("performance.getEntriesByName('qingtu-ready')[0].startTime")
    print(f"6,000 rows: {path.stat().st_size / 1e6:.1f} MB, {ready_ms:.0f} ms to interactive")
    assert page.locator(".leaflet-marker-icon").count() < 400


def test_a_list_placed_whole_shows_no_panel_of_leftovers(opened, tmp_path):
    rows = gpd.GeoDataFrame({"name": ["甲", "乙"]}, geometry=[shapely.Point(470000, 3848000)] * 2, crs=4547)
    write_html(problem_map(rows, title="两个", as_="places"), tmp_path / "two.html")
    page = opened(tmp_path / "two.html").page
    assert not page.locator("#q-unplaced").is_visible()


def test_rows_at_one_spot_can_all_be_opened(opened, tmp_path):
    rows = gpd.GeoDataFrame(
        {"name": ["甲", "乙", "丙"]}, geometry=[shapely.Point(470000, 3848000)] * 3, crs=4547
    )
    write_html(problem_map(rows, title="一栋楼", as_="places"), tmp_path / "one.html")
    page = opened(tmp_path / "one.html").page
    page.locator(".q-cluster").click()
    page.wait_for_timeout(500)
    names = set()
    for at in range(3):
        page.locator(".q-mark").nth(at).click()
        names.add(page.locator(".q-details strong").inner_text())
        page.locator(".leaflet-popup-close-button").click()
    assert names == {"甲", "乙", "丙"}


def test_an_empty_list_opens(opened, tmp_path):
    rows = gpd.GeoDataFrame({"name": []}, geometry=[], crs=4547)
    write_html(problem_map(rows, title="空表", zones=_zones()), tmp_path / "none.html")
    page = opened(tmp_path / "none.html").page
    assert _counts(page)["rows"] == "0"
