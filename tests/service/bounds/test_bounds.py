"""The table of bounds over HTTP: closed, told, tried again, signed, in force; grids after it."""

from __future__ import annotations

import io
from datetime import date

import pytest
import shapely
import xlsxwriter
from sqlalchemy import text

from geodata.crs import reproject
from geodata.demo.first_bounds import HEADER, demo_bounds
from tests.service.setup.conftest import logged_in

COLUMNS = {"name": "社区", "code": "代码", "east": "东至", "south": "南至", "west": "西至", "north": "北至"}
TODAY = date.today().isoformat()


def rows(*, codes=True):
    found = [{key: row[column] for key, column in COLUMNS.items()} for row in demo_bounds()]
    return found if codes else [{**row, "code": ""} for row in found]


def sign(client, answer, **more):
    body = {
        "drawn_by": "画图人",
        "signed_by": "签发人",
        "signed_on": TODAY,
        "valid_from": TODAY,
        "known": True,
        **more,
    }
    return client.post(
        f"/api/drawings/{answer['drawing_id']}/sign",
        json=body,
        headers={"if-match": f'"{answer["version"]}"'},
    )


def closeness(shape, true):
    """Share of the area and Hausdorff distance in metres, along the borders every 5 m."""
    borders = [shapely.segmentize(other.boundary, 5.0) for other in (shape, true)]
    return abs(shape.area / true.area - 1), shapely.hausdorff_distance(*borders)


def test_a_table_becomes_the_offices_borders_and_grids(roads_only, chief, truth):
    answer = chief.post("/api/bounds", json={"rows": rows()}).json()
    assert (answer["closed"], answer["signed"], answer["defects"]) == (7, False, [])
    for feature in answer["features"]:
        if feature["properties"]["role"] == "closed":
            drawn = reproject(shapely.geometry.shape(feature["geometry"]), 4326, 4547)
            share, far_m = closeness(drawn, truth[feature["properties"]["name"]])
            assert share <= 0.05
            assert far_m <= 30
    signed = sign(chief, answer)
    assert (signed.status_code, signed.json()["in_force"]) == (200, True), signed.text
    zones = chief.get("/api/zones?level=community").json()["features"]
    assert {zone["properties"]["name"] for zone in zones} == set(truth.index)
    assert chief.get("/api/bounds").json()["signed"]

    grids = chief.post("/api/grids", json={"count": 60}).json()
    assert grids["grids"] == 60
    assert sum(plan["grids"] for plan in grids["plans"]) == 60
    signed = sign(chief, grids)
    assert signed.status_code == 200, signed.text
    signed = signed.json()
    assert not signed["in_force"]
    change = chief.get(f"/api/borders/{signed['change_id']}").json()
    assert {zone["level"] for zone in change["summary_zones"]} == {"grid"}, "the communities stay as they are"
    done = chief.post(
        f"/api/borders/{change['id']}/decide", json={"decision": "accept", "seen": change["seen"]},
        headers={"if-match": f'"{change["version"]}"'},
    )  # fmt: skip
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "applied"
    assert len(chief.get("/api/zones?level=grid").json()["features"]) == 60


def test_what_was_reported_before_the_borders_belongs_to_somebody_after_them(roads_only, chief):
    place = {"location_text": "商务外环路与九如路交叉口", "description": "垃圾成堆"}
    case = chief.post("/api/cases", json=place).json()
    assert (case["placement"], case["community"]) == ("located", "")
    answer = chief.post("/api/bounds", json={"rows": rows()}).json()
    assert sign(chief, answer).status_code == 200
    after = chief.get(f"/api/cases/{case['id']}").json()
    assert after["community"].startswith("410105")


def test_a_community_that_does_not_close_says_why_in_both_languages_and_is_tried_again(roads_only, chief):
    table = rows()
    good, table[0] = table[0], {**table[0], "north": "无名大道"}
    answer = chief.post("/api/bounds", json={"rows": table}).json()
    assert answer["closed"] == 6
    assert answer["outcomes"][0]["problems"] == [
        "北边：地名库里没有“无名大道”：查一查有没有写错，或先补画这条线、加一个别名"
    ]
    with logged_in(roads_only) as other:
        other.cookies.set("qingtu_lang", "en")
        english = other.get("/api/bounds").json()
    assert english["outcomes"][0]["problems"][0].startswith("north: the gazetteer has no “无名大道”")
    assert {feature["properties"]["role"] for feature in answer["features"]} >= {"closed", "open"}
    refused = sign(chief, answer)
    assert (refused.status_code, "还没有地" in refused.text) == (422, True)
    again = chief.post("/api/bounds", json={"rows": [good, *table[1:]]}).json()
    assert (again["drawing_id"], again["closed"]) == (answer["drawing_id"], 7)
    steps = chief.get(f"/api/drawings/{again['drawing_id']}/steps").json()
    assert [step["words"] for step in steps] == ["按四至重新围合"]
    # The step can be undone: the community without ground is back.
    chief.post(
        f"/api/drawings/{again['drawing_id']}/undo", json={}, headers={"if-match": f'"{again["version"]}"'}
    )
    assert sum(f["properties"]["role"] == "closed" for f in chief.get("/api/bounds").json()["features"]) == 6


def test_codes_are_made_up_for_a_table_without(roads_only, chief):
    answer = chief.post("/api/bounds", json={"rows": rows(codes=False)}).json()
    assert [row["code"] for row in answer["outcomes"]] == [f"410105900{n:03d}" for n in range(1, 8)]
    named = chief.post("/api/bounds", json={"rows": rows(codes=False), "prefix": "410105560000"}).json()
    assert next(row["code"] for row in named["outcomes"]) == "410105560001"


def test_an_uploaded_table_is_read(roads_only, chief):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "各社区四至一览表")
        sheet.write_row(1, 0, HEADER)
        for number, row in enumerate(demo_bounds(), start=2):
            sheet.write_row(number, 0, row.values())
    found = chief.post("/api/bounds/read", files={"file": ("四至.xlsx", content.getvalue())}).json()
    assert found["rows"] == rows()
    for name, body, status in (
        ("a.xlsx", b"no workbook", 422),
        ("b.csv", "社区,东至\n甲,乙\n".encode(), 422),
    ):
        answer = chief.post("/api/bounds/read", files={"file": (name, body)})
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rows": []}, 422),
        ({"rows": [{"name": "甲"}] * 201}, 422),
        ({"rows": [{"name": "甲", "east": "x" * 501}]}, 422),
        ({"rows": [{"name": "甲\x00"}]}, 422),
        ({"rows": [{"name": "甲"}], "prefix": "12"}, 422),
        ({"rows": [{"name": "甲", "other": "x"}]}, 422),
        ({"rows": [{"name": ""}]}, 422),
        ({"rows": [{"name": "甲", "east": "某路"}, {"name": "甲", "east": "某路"}]}, 422),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(bare, body, status):
    with logged_in(bare) as client:
        answer = client.post("/api/bounds", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_without_roads_it_says_what_comes_first(bare):
    with logged_in(bare) as client:
        bounds = client.post("/api/bounds", json={"rows": rows()})
        grids = client.post("/api/grids", json={"count": 5})
        nothing = client.get("/api/bounds")
    assert (bounds.status_code, "先导入道路" in bounds.json()["detail"]) == (422, True)
    assert (grids.status_code, "先要有社区边界" in grids.json()["detail"]) == (422, True)
    assert nothing.status_code == 404


def test_the_same_request_twice_is_one_step(roads_only, chief):
    key = {"idempotency-key": "00000000-0000-4000-8000-00000000000a"}
    first = chief.post("/api/bounds", json={"rows": rows()}, headers=key).json()
    second = chief.post("/api/bounds", json={"rows": rows()}, headers=key).json()
    assert first["version"] == second["version"]
    other = chief.post("/api/bounds", json={"rows": rows()[:3]}, headers=key)
    assert other.status_code == 409


def test_every_act_is_in_the_trail(roads_only, chief):
    answer = chief.post("/api/bounds", json={"rows": rows()}).json()
    sign(chief, answer)
    with roads_only.app.state.service.engine.connect() as connection:
        acts = set(connection.scalars(text("select action from audit")).all())
    assert acts >= {"drawing_begun", "drawing_signed", "borders_applied"}


def adopt(client, answer):
    """Sign a drawing and accept the proposal that it becomes."""
    signed = sign(client, answer)
    assert signed.status_code == 200, signed.text
    if signed.json()["in_force"]:
        return None
    change = client.get(f"/api/borders/{signed.json()['change_id']}").json()
    return client.post(
        f"/api/borders/{change['id']}/decide", json={"decision": "accept", "seen": change["seen"]},
        headers={"if-match": f'"{change["version"]}"'},
    )  # fmt: skip


def test_every_step_can_be_done_again_on_the_same_day(roads_only, chief):
    adopt(chief, chief.post("/api/bounds", json={"rows": rows()[1:]}).json())
    adopt(chief, chief.post("/api/grids", json={"count": 20}).json())
    case = chief.post(
        "/api/cases", json={"location_text": "商务外环路与九如路交叉口", "description": "垃圾成堆"}
    ).json()
    assert case["grid"]
    again = adopt(chief, chief.post("/api/grids", json={"count": 40}).json())
    assert again.status_code == 200, again.text
    assert len(chief.get("/api/zones?level=grid").json()["features"]) == 40
    whole = adopt(chief, chief.post("/api/bounds", json={"rows": rows()}).json())
    assert whole.status_code == 200, whole.text
    assert len(chief.get("/api/zones?level=community").json()["features"]) == 7
    assert chief.get("/api/zones?level=grid").json()["features"] == []
    third = adopt(chief, chief.post("/api/grids", json={"count": 30}).json())
    assert third.status_code == 200, third.text
    assert len(chief.get("/api/zones?level=grid").json()["features"]) == 30
    placed = chief.get(f"/api/cases/{case['id']}").json()
    assert placed["grid"] in {
        zone["properties"]["code"] for zone in chief.get("/api/zones?level=grid").json()["features"]
    }
    # What was corrected stays for reports of that hour.
    with roads_only.app.state.service.engine.connect() as connection:
        kept = connection.scalar(text("select count(*) from zones where valid_to = valid_from"))
    assert kept > 60
    assert chief.get("/borders", headers={"accept": "text/html"}).status_code == 200
