"""A revised list meets its register: every row and every place accounted for, and undone exactly."""

from __future__ import annotations

import io
import json
from csv import writer

import pytest
from sqlalchemy import text

from service.store.engine import make_engine
from tests.bench.revised_list import HEADER as SHOPS_HEADER
from tests.bench.revised_list import read_shops, revise

HEADER = ["店名", "行业", "地址", "责任单位", "负责人", "电话"]
ROWS = [
    ["老张烩面馆", "小餐饮", "平安路与春光街交叉口", "甲所", "张三", "13800000001"],
    ["春光理发店", "理发店", "平安路与夏雨街交叉口", "甲所", "李四", "13800000002"],
    ["冬青旅社", "小旅店", "平安路与冬青街交叉口", "乙所", "王五", "13800000003"],
    ["蜜雪", "小餐饮", "平安路与秋实街交叉口", "乙所", "", ""],
]


def csv(rows, header=HEADER) -> bytes:
    text_file = io.StringIO()
    writer(text_file).writerows([header, *rows])
    return text_file.getvalue().encode("utf-8-sig")


def send(client, rows=ROWS, name="六小台账.csv", header=HEADER, **fields):
    return client.post("/api/imports", files={"file": (name, csv(rows, header))}, data=fields)


def contents(site):
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        found = [
            connection.execute(text(f"select * from {table} order by 1")).all()
            for table in ("places", "registers", "place_versions", "inspections", "cases")
        ]
    engine.dispose()
    return found


def places(client, **query):
    return client.get("/api/places", params={"limit": 1000, **query}).json()["items"]


@pytest.fixture
def clean(site, admin):
    yield
    for item in admin.get("/api/imports").json()["items"]:
        if item["undone_at"] is None:
            answer = admin.post(f"/api/imports/{item['id']}/undo?force=true")
            assert answer.status_code == 200, answer.text
    assert contents(site)[:3] == [[], [], []]


@pytest.mark.usefixtures("clean")
def test_a_first_list_makes_a_register_and_the_same_again_changes_nothing(site, admin):
    first = send(admin).json()
    assert (first["rows"], first["imported"], first["merged"], first["refused"]) == (4, 4, 0, 0)
    assert first["revision"]["register_name"] == "六小台账"
    before = contents(site)
    again = send(admin).json()
    assert (again["imported"], again["merged"]) == (0, 4)
    assert again["revision"]["unchanged"] == 4
    assert contents(site) == before


@pytest.mark.usefixtures("clean")
def test_new_changed_unchanged_and_vanished(site, admin):
    send(admin)
    rows = [
        [*ROWS[0][:3], "丙所", "张三", "13900000009"],
        ROWS[1],
        ["冬青旅社", "小旅店", "平安路与夏雨街交叉口", "乙所", "王五", "13800000003"],
        ["新来浴池", "小浴室", "平安路与春光街交叉口", "甲所", "", ""],
    ]
    preview = admin.post("/api/imports/preview", files={"file": ("六小台账9月.csv", csv(rows))}).json()[
        "revision"
    ]
    counts = {key: preview[key] for key in ("new", "changed", "unchanged", "vanished", "asked")}
    assert counts == {"new": 1, "changed": 2, "unchanged": 1, "vanished": 1, "asked": 0}
    assert {one["field"]: one["count"] for one in preview["fields"]} == {
        "unit": 1,
        "phone": 1,
        "location_text": 1,
    }
    assert preview["vanished_places"] == ["蜜雪"]
    before = {one["name"]: one for one in places(admin)}
    done = send(admin, rows, "六小台账9月.csv").json()
    assert (done["rows"], done["imported"], done["merged"], done["refused"]) == (4, 1, 3, 0)
    after = {one["name"]: one for one in places(admin)}
    assert after["老张烩面馆"]["unit"] == "丙所"
    assert after["蜜雪"]["status"] == "closed?"
    assert after["冬青旅社"]["id"] == before["冬青旅社"]["id"]
    assert after["冬青旅社"]["community"] == "410105999001"  # was 乙社区 before it moved
    assert before["冬青旅社"]["community"] == "410105999002"


@pytest.mark.usefixtures("clean")
def test_undoing_a_revision_restores_the_former_state_exactly(site, admin):
    send(admin)
    before = contents(site)
    rows = [
        [*ROWS[0][:5], "13900000009"],
        ["老王旅社", *ROWS[2][1:]],
        ["新来浴池", "小浴室", "平安路与春光街交叉口", "", "", ""],
    ]
    done = send(admin, rows, extent="whole").json()
    assert contents(site) != before
    undone = admin.post(f"/api/imports/{done['import_id']}/undo").json()
    assert undone["removed"] >= 1
    assert contents(site) == before


@pytest.mark.usefixtures("clean")
def test_what_later_lists_changed_must_be_undone_first(admin):
    send(admin)
    second = send(admin, [[*ROWS[0][:5], "13900000009"], *ROWS[1:]]).json()
    third = send(admin, [[*ROWS[0][:5], "13900000010"], *ROWS[1:]]).json()
    refused = admin.post(f"/api/imports/{second['import_id']}/undo?force=true")
    assert refused.status_code == 409
    assert "后来" in refused.json()["detail"]
    assert admin.post(f"/api/imports/{third['import_id']}/undo").status_code == 200
    assert {one["phone"] for one in places(admin, q="老张")} == {"13900000009"}


@pytest.mark.usefixtures("clean")
def test_a_short_list_must_say_whether_it_is_the_whole_register(admin):
    send(admin)
    refused = send(admin, ROWS[:1])
    assert refused.status_code == 422
    assert refused.json()["fields"][0]["field"] == "extent"
    part = send(admin, ROWS[:1], extent="part").json()
    assert (part["merged"], part["revision"]["vanished"]) == (1, 0)
    assert {one["status"] for one in places(admin)} == {"active"}
    whole = send(admin, ROWS[:1], extent="whole").json()
    assert whole["revision"]["vanished"] == 3
    back = send(admin, ROWS).json()
    assert back["revision"]["changed"] == 3  # they are there again
    assert {one["status"] for one in places(admin)} == {"active"}


@pytest.mark.usefixtures("clean")
def test_a_doubtful_row_is_asked_and_an_answer_settles_it(admin):
    send(admin)
    rows = [*ROWS[:3], ["蜜雪", "小餐饮", "平安路与夏雨街交叉口", "乙所", "", ""]]
    rows[3][2] = "幸福市场对面"
    preview = admin.post("/api/imports/preview", files={"file": ("六小台账.csv", csv(rows))}).json()[
        "revision"
    ]
    asked = preview["asked_rows"]
    assert [one["name"] for one in asked] == ["蜜雪"]
    place = asked[0]["places"][0]["id"]
    done = send(admin, rows, answers=json.dumps({asked[0]["row"]: place}))
    assert done.status_code == 201, (done.text, asked)
    done = done.json()
    assert (done["imported"], done["merged"], done["revision"]["asked"]) == (0, 4, 0)
    assert places(admin, q="蜜雪")[0]["id"] == place
    wrong = send(admin, rows, answers=json.dumps({"x|1": place}))
    assert wrong.status_code == 422


@pytest.mark.usefixtures("clean")
def test_an_unanswered_question_is_kept_with_the_new_place(admin):
    send(admin)
    rows = [*ROWS[:3], ["蜜雪", "小餐饮", "幸福市场对面", "乙所", "", ""]]
    done = send(admin, rows).json()
    assert (done["imported"], done["merged"], done["revision"]["asked"]) == (1, 3, 1)
    found = {one["status"]: one for one in places(admin, q="蜜雪")}
    assert set(found) == {"active", "closed?"}
    assert found["active"]["question"] == [found["closed?"]["id"]]


@pytest.mark.usefixtures("clean")
def test_the_lists_own_number_is_the_key(admin):
    header = ["编号", *HEADER]
    rows = [[f"LX-{at}", *row] for at, row in enumerate(ROWS, 17)]
    send(admin, rows, header=header)
    ids = {one["number"]: one["id"] for one in places(admin)}
    changed = [["LX-17", "全新名字", "小食品", "平安路与冬青街交叉口", "", "", ""], *rows[1:]]
    done = send(admin, changed, header=header).json()
    assert (done["merged"], done["revision"]["changed"]) == (4, 1)
    assert {one["number"]: one["id"] for one in places(admin)} == ids


@pytest.mark.usefixtures("clean")
def test_two_registers_do_not_touch_each_other(admin):
    send(admin)
    other = [["平安小学", "学校", "平安路与春光街交叉口", "", "", ""]]
    done = send(admin, other, "学校名单.csv").json()
    assert done["revision"]["register_name"] == "学校名单"
    assert {one["status"] for one in places(admin)} == {"active"}
    assert len(places(admin)) == 5


def test_wrong_statements_are_refused_by_name(admin):
    assert send(admin, register="没有").json()["fields"][0]["field"] == "register"
    assert send(admin, place_class="nothing").json()["fields"][0]["field"] == "place_class"
    assert send(admin, answers="[1]").status_code == 422
    assert send(admin, extent="half").status_code == 422
    assert admin.get("/api/places").json()["total"] == 0


@pytest.mark.testdata
@pytest.mark.usefixtures("clean")
def test_the_real_register_shows_exactly_what_was_changed_removed_and_added(site, admin, test_data):
    lists = revise(read_shops(test_data), seed=5)
    fields = {"name": "六小门店.csv", "header": SHOPS_HEADER}
    first = send(admin, lists.first, **fields).json()
    assert (first["rows"], first["imported"]) == (len(lists.first), len(lists.first))
    before = contents(site)[:3]
    second = send(admin, lists.second, **fields)
    assert second.status_code == 201, second.text
    done = second.json()
    counts = {key: done["revision"][key] for key in ("new", "changed", "vanished", "asked")}
    assert counts == {"new": 150, "changed": 200, "vanished": 100, "asked": 0}
    assert (done["imported"], done["merged"], done["refused"]) == (150, len(lists.second) - 150, 0)
    engine = make_engine(site.database_url)
    with engine.connect() as connection:
        found = {
            event: {
                (row.name, row.location_text)
                for row in connection.execute(
                    text(
                        "select p.name, p.location_text from place_versions v join places p on p.id = v.place_id "
                        "where v.import_id = :id and v.event = :event"
                    ),
                    {"id": done["import_id"], "event": event},
                )
            }
            for event in ("created", "changed", "vanished")
        }
    engine.dispose()
    assert found == {"created": lists.added, "changed": lists.changed, "vanished": lists.removed}
    assert admin.post(f"/api/imports/{done['import_id']}/undo").status_code == 200
    assert contents(site)[:3] == before
