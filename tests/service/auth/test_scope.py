"""Roles x zones: what is invisible is absent from lists and counts, and answered with 404."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

# name -> (location text, kind, unit), one case each
CASES = {
    "first grid": ("平安路与春光街交叉口", "C1-02", "测试环卫公司"),
    "second grid": ("平安路与夏雨街交叉口", "C1-02", "测试城管"),
    "third grid": ("平安路与秋实街交叉口", "C2-01", "测试环卫公司"),
    "fourth grid": ("平安路与冬青街交叉口", "C1-02", "测试城管"),
    "over the border": ("平安路夏雨街至秋实街段", "C1-04", "测试城管"),
    "nowhere": ("说不清的地方", "C2-01", "测试城管"),
}
ALL = set(CASES)
VISIBLE = {
    "admin": ALL,
    "coordinator1": ALL,
    "auditor": ALL,
    "leader": ALL,
    "verifier1": ALL,
    "command1": {"first grid", "second grid", "fourth grid", "over the border"},
    "community1": {"first grid", "second grid", "over the border"},
    "community2": {"third grid", "fourth grid", "over the border"},
    "communityleader1": {"first grid", "second grid", "over the border"},
    "grid1": {"first grid", "second grid", "over the border"},
    "grid3": {"third grid", "over the border"},
    "unit1": {"first grid", "third grid"},
    "public": ALL - {"nowhere"},
    None: ALL - {"nowhere"},
}


@pytest.fixture(scope="module")
def cases(site):
    found = {}
    with site.as_("admin") as client:
        for name, (text, kind, unit) in CASES.items():
            body = {
                "location_text": text,
                "kind": kind,
                "unit": unit,
                "description": f"{name} 王女士13812345678",
            }
            found[name] = client.post("/api/cases", json=body).json()
    return found


@pytest.mark.parametrize("name", VISIBLE, ids=str)
def test_lists_counts_and_exports_hold_the_visible_cases_only(site, cases, name):
    expected = {cases[case]["number"] for case in VISIBLE[name]}
    with site.as_(name) as client:
        page = client.get("/api/cases?limit=1000").json()
        assert {item["number"] for item in page["items"]} == expected
        assert page["total"] == len(expected)
        assert client.get("/api/counts?by=command").json()["total"] == len(expected)
        export = client.get("/api/cases/export.xlsx")
        if export.status_code == 200:
            rows = (
                CalamineWorkbook.from_filelike(io.BytesIO(export.content)).get_sheet_by_index(0).to_python()
            )
            numbers = {int(row[0]) for row in rows[1:] if isinstance(row[0], float)}
            assert numbers == expected
        else:
            assert name in ("grid1", "grid3", "unit1", "verifier1")


@pytest.mark.parametrize("name", VISIBLE, ids=str)
def test_an_invisible_case_is_not_found(site, cases, name):
    with site.as_(name) as client:
        for case, item in cases.items():
            status = client.get(f"/api/cases/{item['id']}").status_code
            assert status == (200 if case in VISIBLE[name] else 404), case


@pytest.mark.parametrize("name", ["community1", "command1", "grid1", "unit1"])
def test_an_invisible_case_cannot_be_changed(site, cases, name):
    hidden = next(case for case in CASES if case not in VISIBLE[name])
    with site.as_(name) as client:
        step = client.post(f"/api/cases/{cases[hidden]['id']}/advance", json={"state": "accepted"})
        assert step.status_code == 404
        if name in ("community1", "command1"):
            pin = client.post(f"/api/review/{cases[hidden]['id']}", json={"pin": {"lon": 113.7, "lat": 34.8}})
            assert pin.status_code == 404
            assert hidden == "nowhere" or pin.json()["error"] == "not_found"


def test_the_public_sees_no_personal_data(site, cases):
    with site.as_(None) as client:
        text = (
            client.get("/api/cases?limit=1000").text
            + client.get(f"/api/cases/{cases['first grid']['id']}").text
        )
        detail = client.get(f"/api/cases/{cases['first grid']['id']}").json()
    assert "13812345678" not in text
    assert "王女士" not in text
    assert "环卫" not in text
    assert (detail["trace"], detail["unit"], detail["kind_reason"], detail["community_leader"]) == (
        {},
        "",
        "",
        "",
    )
    assert {event["actor"] for event in detail["events"]} == {""}


@pytest.mark.usefixtures("cases")
def test_the_public_cannot_search_what_it_cannot_read(site):
    with site.as_(None) as client:
        assert client.get("/api/cases", params={"q": "13812345678"}).json()["total"] == 0
        assert client.get("/api/cases", params={"q": "王女士"}).json()["total"] == 0
        assert client.get("/api/cases", params={"q": "春光街"}).json()["total"] == 1
    with site.as_("admin") as client:
        assert client.get("/api/cases", params={"q": "13812345678"}).json()["total"] == len(CASES)


def test_a_wrong_token_is_not_taken_for_the_public(site):
    with site.as_(None) as client:
        assert client.get("/api/me").json()["role"] == "public"
        answer = client.get("/api/me", headers={"authorization": "Bearer qt_wrong"})
        assert answer.status_code == 401


def test_a_report_from_a_neighbouring_grid_is_accepted(site, cases, file_report):
    with site.as_("grid3") as client:
        case = file_report(client, "平安路与春光街交叉口", "顺路看到的垃圾")
        assert case["community"] == cases["first grid"]["community"]
        assert client.get(f"/api/cases/{case['id']}").status_code == 404
    with site.as_("admin") as client:
        assert client.get(f"/api/cases/{case['id']}").json()["events"][0]["actor"] == "grid3"


def test_what_lies_near_a_border_is_seen_from_both_sides(site, file_report, lonlat):
    with site.as_("admin") as client:
        (near_lon, near_lat), (far_lon, far_lat) = lonlat(995, 900), lonlat(900, 900)
        near = file_report(client, description="边界旁", lon=near_lon, lat=near_lat)
        far = file_report(client, description="边界里面", lon=far_lon, lat=far_lat)
    assert (near["community"], near["near_border"]) == ("410105999001", True)
    assert far["near_border"] is False
    for name, sees_far in (("community1", 200), ("community2", 404), ("grid3", 404)):
        with site.as_(name) as client:
            assert client.get(f"/api/cases/{near['id']}").status_code == 200, name
            assert client.get(f"/api/cases/{far['id']}").status_code == sees_far, name
