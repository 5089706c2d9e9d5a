"""Every page: opens for who may, refuses who may not, carries the office's remark, loads nothing foreign."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from service.words_table import english, translator

SERVICE = Path(__file__).resolve().parents[3] / "service"
HTML = {"accept": "text/html"}
PUBLIC = [
    "/",
    "/cases",
    "/board",
    "/patrol",
    "/reports",
    "/login",
    "/registers",
    "/rates",
    "/ladders",
    "/rounds",
]
STAFF = ["/review", "/imports", "/borders"]
_LOADED = re.compile(r"<(?:script|link|img|iframe|source|form)\b[^>]*?(?:src|href|action)=\"([^\"]*)\"")


@pytest.fixture(scope="module")
def case(site):
    with site.as_("admin") as client:
        body = {
            "location_text": "平安路（夏雨街至秋实街段）",
            "description": "王女士 13812345678 反映路面不洁",
            "kind": "C1-04",
        }
        return client.post("/api/cases", json=body).json()


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_open_without_login_and_say_what_they_are(site, path):
    with site.as_(None) as client:
        page = client.get(path, headers=HTML)
    assert page.status_code == 200
    assert "测试数据" in page.text
    assert "text/html" in page.headers["content-type"]
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", PUBLIC + STAFF)
def test_pages_load_nothing_from_elsewhere(admin, path):
    page = admin.get(path, headers=HTML).text
    loaded = _LOADED.findall(page)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert not re.search(r"\son\w+=", page), "inline handlers would not run under the policy"
    assert not re.search(r"\sstyle=", page), "inline styles would not apply under the policy"


@pytest.mark.parametrize("path", STAFF)
def test_staff_pages_are_refused_to_others(site, path):
    for name, status in ((None, 403), ("grid1", 403), ("coordinator1", 200)):
        with site.as_(name) as client:
            answer = client.get(path, headers=HTML)
        assert answer.status_code == status, name
        assert "<html" in answer.text


def test_people_get_a_page_and_programs_get_json_for_an_error(admin):
    page = admin.get("/nothing-here", headers=HTML)
    assert (page.status_code, "<html" in page.text) == (404, True)
    assert admin.get("/nothing-here").json()["error"] == "not_found"
    assert admin.get("/api/nothing", headers=HTML).json()["error"] == "not_found"


def test_a_case_shows_its_shares_and_hides_personal_data_from_the_public(site, admin, case):
    own = admin.get(f"/parts/cases/{case['id']}").text
    assert "13812345678" in own
    assert "甲社区" in own
    assert "乙社区" in own
    assert "250 米" in own  # 夏雨街 (x 750) to the border (x 1000)
    with site.as_(None) as client:
        public = client.get(f"/parts/cases/{case['id']}").text
        listed = client.get("/parts/list").text
    assert "13812345678" not in public + listed
    assert "王女士" not in public + listed
    assert case["id"] in listed


def test_what_is_not_visible_is_not_found(site, admin, case):
    with site.as_("unit1") as client:
        assert client.get(f"/parts/cases/{case['id']}").status_code == 404
        assert client.get(f"/cases/{case['id']}", headers=HTML).status_code == 404


def test_filters_travel_in_the_address(admin, case):
    page = admin.get("/cases", params={"command": "C1", "q": "平安路"}, headers=HTML).text
    assert 'value="C1" selected' in page
    assert 'value="平安路"' in page
    none = admin.get("/cases", params={"command": "C8"}, headers={**HTML, "hx-request": "true"}).text
    assert "<html" not in none
    assert "没有符合条件的案件" in none


def test_data_are_text_never_markup(admin):
    words = "<img src=x onerror=alert(1)>{{7*7}}"
    body = {"location_text": "平安路与春光街交叉口", "description": words, "kind": "C1-02"}
    case = admin.post("/api/cases", json=body).json()
    for path in (f"/parts/cases/{case['id']}", f"/cases/{case['id']}", "/cases", "/parts/list"):
        page = admin.get(path, headers=HTML).text
        assert "<img src=x" not in page
        assert "49" not in page or "{{7*7}}" in page or path == "/parts/list"


def test_english_is_a_cookie_away(admin):
    page = admin.get("/board", headers={**HTML, "cookie": "qingtu_lang=en"}).text
    assert '<html lang="en">' in page
    assert "Commands × communities" in page


def sentences():
    for path in [*SERVICE.glob("templates/**/*.html"), *SERVICE.glob("static/js/*.js")]:
        for match in re.finditer(r"\bt\(\s*(?:\"([^\"]*)\"|'([^']*)')", path.read_text(encoding="utf-8")):
            yield path.name, match[1] or match[2]
    for path in (SERVICE / "frame.py", SERVICE / "choices.py", SERVICE / "pages.py"):
        for match in re.finditer(r"\b(?:t|page_words)\(\"([^\"]*)\"", path.read_text(encoding="utf-8")):
            yield path.name, match[1]


def test_every_sentence_has_its_english():
    table = english()
    missing = sorted({f"{name}: {sentence}" for name, sentence in sentences() if sentence not in table})
    assert not missing


def test_values_in_sentences_survive_translation():
    for chinese, found in english().items():
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", found)), chinese
    assert translator("zh")("共 {n} 行", n=3) == "共 3 行"


def test_scripts_import_only_files_that_exist():
    for path in SERVICE.glob("static/js/*.js"):
        for name in re.findall(r"from \"(\./[^\"]+)\"", path.read_text(encoding="utf-8")):
            assert (path.parent / name).is_file(), f"{path.name} imports {name}"


def test_a_closed_office_asks_people_to_log_in_first(site, serve, tmp_path):
    closed = tmp_path / "closed"
    shutil.copytree(site.data_dir, closed)
    toml = closed / "office.toml"
    words = toml.read_text(encoding="utf-8")
    assert "public = true" in words
    toml.write_text(words.replace("public = true", "public = false"), encoding="utf-8")
    with serve(closed, site.database_url) as office, office.as_(None) as client:
        answer = client.get("/cases?command=C1", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/login?next=%2Fcases%3Fcommand%3DC1",
        )
        assert client.get("/login", headers=HTML).status_code == 200
        assert client.get("/tiles/basemap/12/0/0.mvt").status_code == 401
        assert client.get("/api/heat").json()["error"] == "not_logged_in"
