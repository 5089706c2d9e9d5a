"""The other pages on a desktop and on a phone: nothing sideways, nothing foreign, and they work."""

from __future__ import annotations

import re

import pytest

from tests.fixtures.ugly_lists import books, messes

pytestmark = pytest.mark.browser
PAGES = {
    "map": "/", "cases": "/cases", "board": "/board", "patrol": "/patrol", "reports": "/reports",
    "login": "/login", "review": "/review", "imports": "/imports",
    "registers": "/registers", "rates": "/rates", "ladders": "/ladders", "rounds": "/rounds",
}  # fmt: skip
DESK, PHONE = (1440, 900), (360, 740)


def width(page):
    return page.evaluate("() => document.documentElement.scrollWidth")


@pytest.mark.parametrize(("size", "lang"), [(DESK, "zh"), (PHONE, "zh"), (PHONE, "en")])
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_their_window_and_keep_quiet(watch, screenshots, name, lang, size):
    watched = watch(None if name == "login" else "admin", size=size, lang=lang)
    page = watched.open_map(PAGES[name]) if name == "map" else watched.open(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert width(page) <= size[0]
    assert page.locator(".unofficial").is_visible()
    if lang == "zh":
        page.screenshot(path=screenshots / f"{name}-{size[0]}.png")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_grid_manager_walks_the_own_round(watch, demo, screenshots, size):
    watched = watch("grid11", size=size)
    page = watched.open_map("/patrol")
    grid = demo.users["grid11"]["zone"].split(",")[0]
    with demo.client("grid11") as client:
        waiting = [
            c
            for s in ("reported", "accepted", "dispatched", "rectified")
            for c in client.get("/api/cases", params={"grid": grid, "state": s}).json()["items"]
            if c["lon"]
        ]
    assert page.locator(".stop").count() >= len(waiting) > 0
    numbers = page.locator(".stop .order").all_inner_texts()
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
    assert page.locator(".stop-marker").count() == len(numbers)
    assert width(page) <= size[0]
    for button in page.locator(".stop .button, .stop .order, #grid, #from-here").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    page.click(".stop >> nth=0 >> [data-arrived]")
    assert page.inner_text(".stop >> nth=0 >> [data-arrived]").startswith("到场")
    page = watched.open_map("/patrol")
    assert page.inner_text(".stop >> nth=0 >> [data-arrived]").startswith("到场")
    watched.settle()
    page.screenshot(path=screenshots / f"patrol-round-{size[0]}.png")


def test_a_stop_is_reported_done(watch, demo):
    watched = watch("grid11", size=PHONE)
    page = watched.open_map("/patrol")
    done = page.locator("[data-rectify]").first
    case = done.locator("xpath=ancestor::li").get_attribute("data-case")
    done.click()
    page.wait_for_selector(f".stop.done[data-case='{case}']")
    with demo.client("admin") as client:
        assert client.get(f"/api/cases/{case}").json()["state"] == "rectified"


def test_the_report_is_complete_and_prints(watch, screenshots):
    watched = watch("leader")
    page = watched.open("/reports")
    page.wait_for_load_state("networkidle")
    assert page.locator(".worst:not(.spots-list) tbody tr").count() == 10
    assert page.locator("table.matrix tbody tr").count() >= 10
    pictures = page.locator(".figure img")
    assert (
        pictures.evaluate_all("all => all.map((image) => image.complete && image.naturalWidth > 0)")
        == [True] * 3
    )
    assert "应结案数 = 立案数 − 按时待处置数" in page.inner_text(".footnote")
    page.screenshot(path=screenshots / "reports-full-1440.png", full_page=True)
    page.emulate_media(media="print")
    assert page.locator("header.bar").is_hidden()
    sheets = page.pdf(prefer_css_page_size=True, print_background=True)
    (screenshots / "reports.pdf").write_bytes(sheets)
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheets)) == 2, (
        "the week on one sheet, its hot spots on the next"
    )


def test_an_earlier_week_is_a_click_away(watch):
    watched = watch("leader")
    page = watched.open("/reports")
    before = page.inner_text(".page-head p")
    page.click("[aria-label=上一周]")
    page.wait_for_load_state("networkidle")
    assert page.inner_text(".page-head p") != before


def test_the_table_filters_and_pages_without_reloading(watch, demo):
    watched = watch("admin")
    page = watched.open("/cases")
    page.evaluate("() => { window.sameDocument = true; }")
    first = page.inner_text("tbody tr:first-child")
    page.click("[data-next]")
    page.wait_for_selector("[data-first]")
    assert page.inner_text("tbody tr:first-child") != first
    page.select_option("[name=command]", "C5")
    with demo.client("admin") as client:
        expected = client.get("/api/cases?command=C5&limit=1").json()["total"]
    page.wait_for_selector(f"#case-total:has-text('{expected}')")
    assert page.evaluate("() => window.sameDocument")
    assert "command=C5" in page.url


def test_logging_in_and_out(watch, demo):
    watched = watch()
    page = watched.open("/login?next=/board")
    page.fill("[name=name]", "coordinator1")
    page.fill("[name=password]", demo.users["coordinator1"]["password"])
    page.click("form[action='/login'] button")
    page.wait_for_url("**/board")
    page.click("details.menu:not(.only-narrow) summary")
    page.click("form[action='/logout'] button")
    page.wait_for_url(demo.url + "/")
    assert "访客" in page.inner_text("header.bar")


def test_a_list_is_previewed_imported_and_undone(watch, demo, tmp_path):
    file = tmp_path / "清单.csv"
    rows = [
        "位置,问题描述",
        "东风东路与如意东路交叉口,垃圾成堆",
        "商务外环路与众意路交叉口,小广告",
        "谁也不知道的地方,积水",
    ]
    file.write_bytes("\n".join(rows).encode("gb18030"))
    watched = watch("coordinator1")
    page = watched.open("/imports")
    page.set_input_files("#upload input[type=file]", file)
    page.wait_for_selector("#confirm")
    assert page.input_value("[data-column=位置]") == "location"
    assert page.inner_text("#count-ready") == "3"
    assert page.locator(".preview .sheet tbody tr").count() == 3
    page.click("#confirm")
    page.wait_for_selector("#summary", timeout=60_000)
    assert page.locator("#summary strong").all_inner_texts() == ["3", "0", "0", "1", "3", "1"]
    page.click("text=看逐行结果")
    page.wait_for_selector("#undo")
    assert page.locator("tbody tr").count() == 3
    page.click("#undo")
    page.wait_for_selector("#undo-effect:has-text('3')")
    page.click("#undo-confirm")
    page.wait_for_selector(".notice.warn:has-text('撤销')")


def test_a_broken_file_gets_a_plain_answer(watch, tmp_path):
    file = tmp_path / "坏文件.xlsx"
    file.write_bytes(b"not a workbook")
    watched = watch("coordinator1")
    page = watched.open("/imports")
    page.set_input_files("#upload input[type=file]", file)
    page.wait_for_selector("#preview [role=alert]")
    assert page.inner_text("#preview [role=alert]").strip()
    # The refusal is an answer of the server, and the browser notes it.
    watched.complaints.clear()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_ugly_list_is_corrected_by_clicks(watch, tmp_path, screenshots, size):
    file = tmp_path / "督查.xls"
    file.write_bytes(books.to_xls(messes.merged_down()))
    watched = watch("coordinator1", size=size)
    page = watched.open("/imports")
    page.set_input_files("#upload input[type=file]", file)
    page.wait_for_selector("#confirm")
    assert page.locator(".preview td.carried").count() == 6
    assert page.locator("#parts .part").all_inner_texts()[0].count("路段") == 1
    assert width(page) <= size[0]
    page.screenshot(path=screenshots / f"import-preview-{size[0]}.png", full_page=True)
    # The header's menu, by keyboard: 责任单位 is no role any more.
    page.focus("[data-column=责任单位]")
    page.select_option("[data-column=责任单位]", "")
    page.wait_for_function("() => document.querySelector('[data-column=责任单位]').value === ''")
    page.wait_for_selector("#preview:not([aria-busy])")
    assert page.evaluate("document.activeElement.dataset.column") == "责任单位"
    page.click("#parts .part >> nth=1 >> text=×")
    page.wait_for_function("() => document.querySelectorAll('#parts .part').length === 1")
    assert page.input_value("[data-column=责任单位]") == ""


def test_text_from_a_chat_is_pasted(watch):
    watched = watch("coordinator1")
    page = watched.open("/imports")
    page.click(".paste summary")
    page.fill("#paste [name=title]", "网格群")
    page.fill("#paste textarea", "张三 昨天 10:32\n1、东风东路与如意东路交叉口垃圾成堆\n收到")
    page.click("#paste button")
    page.wait_for_selector("#confirm")
    assert (page.inner_text("#count-ready"), page.inner_text("#count-refused")) == ("1", "1")
    page.fill("[data-answer=written_on]", "2017-11-09")
    page.dispatch_event("[data-answer=written_on]", "change")
    page.wait_for_selector(".why:has-text('2017-11-08')")
