"""Cases over HTTP: paging, filters, counts, reports, steps, export."""

from __future__ import annotations

import io
import uuid
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

PLACES = ["平安路与春光街交叉口", "平安路与夏雨街交叉口", "平安路与秋实街交叉口", "平安路与冬青街交叉口"]
KINDS = ["C1-02", "C1-17", "C2-01", "C4-01", ""]


@pytest.fixture(scope="module")
def filled(site):
    """Forty cases over all places and kinds, two of them closed."""
    made = []
    with site.as_("admin") as client:
        for number in range(40):
            body = {
                "location_text": PLACES[number % 4],
                "description": f"第{number}件",
                "kind": KINDS[number % 5],
                "unit": ["测试环卫公司", "=cmd()"][number % 2],
            }
            answer = client.post("/api/cases", json=body)
            assert answer.status_code == 201, answer.text
            made.append(answer.json())
    return made


def pages(client, **params):
    after, items = None, []
    while True:
        page = client.get("/api/cases", params={**params, **({"after": after} if after else {})}).json()
        items += page["items"]
        after = page["next"]
        if after is None:
            return items


@pytest.mark.parametrize("limit", [1, 7, 40, 1000])
def test_paging_gives_every_case_once_newest_first(admin, filled, limit):
    items = pages(admin, limit=limit)
    assert len({item["id"] for item in items}) == len(items) == len(filled)
    order = [(item["reported_at"], item["id"]) for item in items]
    assert order == sorted(order, reverse=True)


def test_counts_agree_with_the_list(admin, filled):
    counts = admin.get("/api/counts?by=command,community").json()
    assert counts["total"] == len(filled)
    for row in counts["items"]:
        params = {"command": row["command"] or "none", "community": row["community"]}
        assert admin.get("/api/cases", params=params).json()["total"] == row["total"]
        assert row["total"] == row["open"] + row["closed"]


def test_filters_narrow_together(admin, filled):
    expected = [c for c in filled if c["command"] == "C1" and c["community"] == "410105999001"]
    params = {"command": ["C1"], "community": "410105999001"}
    assert {i["id"] for i in pages(admin, **params)} == {c["id"] for c in expected}
    assert admin.get("/api/cases?kind=C1-02,C1-17").json()["total"] == 16
    assert admin.get("/api/cases?kind=none").json()["total"] == 8
    assert admin.get("/api/cases?from=2017-11-10&to=2017-11-10").json()["total"] == 40
    assert admin.get("/api/cases?from=2017-11-11").json()["total"] == 0
    assert admin.get("/api/cases?state=closed").json()["total"] == 0


def test_a_box_selects_what_lies_in_it(admin, lonlat, filled):
    west, south = lonlat(200, 400)
    east, north = lonlat(300, 600)
    found = pages(admin, bbox=f"{west},{south},{east},{north}")
    assert {i["id"] for i in found} == {c["id"] for c in filled if c["location_text"] == PLACES[0]}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "after=zzz", "after=WzEsMl0", "state=open", "placement=x", "bbox=1,2,3",
     "bbox=1,2,3,nan", "bbox=5,5,1,1", "from=x", "from=0001-01-01", "q=%00", "command=%ED%A0%80%00", "late=perhaps",
     "q=" + "x" * 300],
)  # fmt: skip
def test_senseless_filters_are_refused(admin, query):
    for path in ("/api/cases", "/api/cases/export.xlsx"):
        if path.endswith("xlsx") and query.startswith(("limit", "after")):
            continue
        answer = admin.get(f"{path}?{query}")
        assert answer.status_code == 422, query
        assert set(answer.json()) == {"error", "detail", "fields"}
        assert "x" * 50 not in answer.text


@pytest.mark.usefixtures("filled")
def test_wildcards_in_a_search_are_plain_characters(admin):
    assert admin.get("/api/cases", params={"q": "%"}).json()["total"] == 0
    assert admin.get("/api/cases", params={"q": "第_件"}).json()["total"] == 0
    assert admin.get("/api/cases", params={"q": "第1件"}).json()["total"] == 1


@pytest.mark.parametrize("by", ["", "x", "command,command", "command,x", "description"])
def test_unknown_groupings_are_refused(admin, by):
    assert admin.get("/api/counts", params={"by": by}).status_code == 422


def test_the_export_holds_the_filtered_list_without_formulas(admin, filled):
    answer = admin.get("/api/cases/export.xlsx?command=C1")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    expected = [case for case in filled if case["command"] == "C1"]
    numbers = [int(row[0]) for row in rows[1:] if isinstance(row[0], float)]
    assert sorted(numbers) == sorted(case["number"] for case in expected)
    unit = rows[0].index("责任单位")
    assert {row[unit] for row in rows[1 : len(expected) + 1]} == {"测试环卫公司", "'=cmd()"}
    assert any("测试数据" in str(row[0]) for row in rows)


def test_a_report_with_a_position_is_placed_there(admin, file_report, lonlat):
    lon, lat = lonlat(1600, 200)
    case = file_report(admin, description="积水", lon=lon, lat=lat)
    assert (case["placement"], case["placed_by"], case["grid"]) == (
        "located",
        "coordinates",
        "410105999002002",
    )
    assert (case["lon"], case["lat"]) == pytest.approx((lon, lat), abs=1e-7)
    assert case["map_links"]["amap"].startswith("https://uri.amap.com/marker?position=")


@pytest.mark.parametrize(
    "body",
    [
        {"description": ""},
        {"description": "x"},
        {"description": "x", "lon": 113.7},
        {"description": "x", "lon": 1e400, "lat": 1},
        {"description": "x", "location_text": "a\x00b"},
        {"description": "x", "location_text": "y", "kind": "没有"},
        {"description": "x", "location_text": "y", "severity": 9},
        {"description": "x" * 3000, "location_text": "y"},
        {"description": "x", "location_text": "y", "extra": 1},
        {"description": 5, "location_text": "y"},
    ],
)
def test_a_senseless_report_is_refused(admin, body):
    import json

    before = admin.get("/api/cases").json()["total"]
    head = {"content-type": "application/json"}
    answer = admin.post("/api/cases", content=json.dumps(body), headers=head)
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"error", "detail", "fields"}
    assert admin.get("/api/cases").json()["total"] == before


def test_lone_surrogates_are_refused(admin):
    head = {"content-type": "application/json"}
    content = b'{"description": "x", "location_text": "\\ud800"}'
    assert admin.post("/api/cases", content=content, headers=head).status_code == 422


def test_the_same_report_twice_is_one_case(admin):
    key, body = str(uuid.uuid4()), {"description": "同一件", "location_text": PLACES[0]}
    before = admin.get("/api/cases").json()["total"]
    answers = [admin.post("/api/cases", json=body, headers={"idempotency-key": key}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert {answer.json()["id"] for answer in answers} == {key}
    assert admin.get("/api/cases").json()["total"] == before + 1
    other = admin.post("/api/cases", json={**body, "description": "另一件"}, headers={"idempotency-key": key})
    assert other.status_code == 409
    assert admin.post("/api/cases", json=body, headers={"idempotency-key": "x"}).status_code == 422


def test_two_copies_at_the_same_time_are_one_case(site, admin):
    from concurrent.futures import ThreadPoolExecutor

    key, body = str(uuid.uuid4()), {"description": "同时两份", "location_text": PLACES[1]}

    def send(_):
        with site.as_("admin") as client:
            return client.post("/api/cases", json=body, headers={"idempotency-key": key}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(12))) == {201}
    assert admin.get("/api/cases", params={"q": "同时两份"}).json()["total"] == 1


def advance(client, case, state, **more):
    return client.post(f"/api/cases/{case['id']}/advance", json={"state": state, **more})


def test_a_case_goes_its_way_and_who_rectified_never_closes(site, admin, file_report):
    case = file_report(admin, PLACES[0], "要走完流程", kind="C1-02", unit="测试环卫公司")
    with site.as_("coordinator1") as office, site.as_("verifier1") as verifier, site.as_("unit1") as unit:
        assert advance(office, case, "accepted").status_code == 200
        assert advance(office, case, "closed").status_code == 409
        assert advance(unit, case, "rectified").status_code == 409
        assert advance(office, case, "dispatched").status_code == 200
        assert advance(verifier, case, "rectified").status_code == 403
        assert advance(unit, case, "rectified").json()["state"] == "rectified"
        assert advance(unit, case, "closed").status_code == 403
        assert advance(verifier, case, "dispatched").status_code == 422
        assert advance(verifier, case, "dispatched", note="没有清完").status_code == 200
        assert advance(office, case, "rectified").status_code == 200
        assert advance(office, case, "closed").status_code == 403
        closed = advance(verifier, case, "closed").json()
    assert closed["closed_at"] is not None
    assert [event["state"] for event in closed["events"]] == [
        "reported", "accepted", "dispatched", "rectified", "dispatched", "rectified", "closed"
    ]  # fmt: skip
    assert closed["version"] == 7


def test_an_older_version_is_refused(admin, file_report):
    case = file_report(admin, PLACES[0], "版本")
    answer = admin.get(f"/api/cases/{case['id']}")
    assert answer.headers["etag"] == '"1"'
    path, body = f"/api/cases/{case['id']}/advance", {"state": "accepted"}
    assert admin.post(path, json=body, headers={"if-match": '"2"'}).status_code == 412
    assert admin.post(path, json=body, headers={"if-match": "nonsense"}).status_code == 412
    assert admin.post(path, json=body, headers={"if-match": '"1"'}).headers["etag"] == '"2"'


def test_the_deadline_follows_the_kind(admin, file_report):
    # C1-02: one working day. The demo clock stands at Friday 2017-11-10 10:00; two hours are left in
    # the morning, four in the afternoon, two more on Monday from 08:00: due Monday 10:00.
    case = file_report(admin, PLACES[0], "时限", kind="C1-02")
    assert datetime.fromisoformat(case["due_at"]) == datetime.fromisoformat("2017-11-13T10:00:00+08:00")


def test_the_zones_are_geojson_with_their_note(admin):
    zones = admin.get("/api/zones").json()
    assert zones["note"] == "测试数据"
    assert len(zones["features"]) == 7
    communities = admin.get("/api/zones?level=community").json()["features"]
    assert {f["properties"]["code"]: f["properties"]["name"] for f in communities} == {
        "410105999001": "甲社区", "410105999002": "乙社区"
    }  # fmt: skip
    assert communities[0]["geometry"]["type"] == "MultiPolygon"


def test_kinds_lists_commands_and_limits(admin):
    kinds = admin.get("/api/kinds").json()
    assert [command["code"] for command in kinds["commands"]] == [f"C{n}" for n in range(1, 9)]
    assert next(kind for kind in kinds["kinds"] if kind["code"] == "C1-02")["limit_kind"] == "工作日"
