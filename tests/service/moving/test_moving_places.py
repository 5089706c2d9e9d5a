"""A place of a register is moved; a revised list asks and never moves it back; undoing an import is exact."""

from __future__ import annotations

import io
from csv import writer

import pytest

A, B = "410105999001", "410105999002"
HEADER = ["店名", "行业", "地址", "责任单位", "经度", "纬度"]


def rows(lonlat, *, x=900, address="平安路100号院内", unit="甲所", name="老张烩面馆"):
    def one(*cells, at):
        lon, lat = lonlat(*at)
        return [*cells, f"{lon:.7f}", f"{lat:.7f}"]

    return [
        one(name, "小餐饮", address, unit, at=(x, 300)),
        one("春光理发店", "理发店", "平安路与夏雨街交叉口", "甲所", at=(740, 510)),
        one("冬青旅社", "小旅店", "平安路与冬青街交叉口", "乙所", at=(1740, 510)),
    ]


def send(client, content, name="六小台账.csv", **fields):
    file = io.StringIO()
    writer(file).writerows([HEADER[: len(content[0])], *content])
    data = file.getvalue().encode("utf-8-sig")
    answer = client.post("/api/imports", files={"file": (name, data)}, data={"extent": "whole", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def place_named(client, name="老张烩面馆"):
    item = next(one for one in client.get("/api/places?limit=100").json()["items"] if one["name"] == name)
    return client.get(f"/api/places/{item['id']}").json()


@pytest.fixture
def moved(admin, lonlat, mover):
    """A place of a list, moved from 900 to 1300."""
    send(admin, rows(lonlat))
    answer = mover(admin, place_named(admin), mover.pin(1300, 700), path="places")
    assert answer.status_code == 200, answer.text
    return place_named(admin)


def test_a_place_is_moved_reassigned_and_known_by_address_and_name(admin, moved, file_report):
    assert (moved["community"], moved["grid"]) == (B, f"{B}001")
    assert [one["event"] for one in moved["history"]] == ["moved", "created"]
    (move,) = admin.get(f"/api/places/{moved['id']}/moves").json()["items"]
    assert set(move["learned"]) == {"平安路100号院内", "老张烩面馆"}
    for text_ in ("平安路100号院内", "老张烩面馆"):
        case = file_report(admin, text_)
        assert (case["placed_by"], case["community"]) == ("alias", B)
    assert admin.post(f"/api/places/{moved['id']}/moves/undo", json={}).status_code == 200
    back = place_named(admin)
    assert (back["community"], back["lon"]) != (B, moved["lon"])
    assert file_report(admin, "老张烩面馆")["placed_by"] != "alias"


def test_a_name_that_several_places_have_is_not_taught(admin, lonlat, mover):
    content = [
        *rows(lonlat, name="幸福超市"),
        ["幸福超市", "小餐饮", "秋实街口", "乙所", *map(str, lonlat(1250, 100))],
    ]
    send(admin, content)
    place = place_named(admin, "幸福超市")
    preview = admin.post(f"/api/places/{place['id']}/position/preview", json=mover.pin(100, 700)).json()
    assert "幸福超市" not in [one["text"] for one in preview["lessons"]]


def test_the_same_list_again_changes_nothing(admin, moved, lonlat, store):
    before = store("select p::text from places p order by 1")
    again = send(admin, rows(lonlat))
    assert (again["revision"]["unchanged"], again["revision"]["positions"]) == (3, 0)
    assert store("select p::text from places p order by 1") == before


def test_other_fields_follow_the_list_and_the_position_stays(admin, moved, lonlat):
    done = send(admin, rows(lonlat, unit="丙所"))
    assert (done["revision"]["changed"], done["revision"]["positions"]) == (1, 0)
    now = place_named(admin)
    assert (now["unit"], now["lon"], now["lat"]) == ("丙所", moved["lon"], moved["lat"])


@pytest.mark.parametrize(
    "more", [{"x": 400}, {"address": "夏雨街与平安路交叉口"}, {"x": 400, "address": "春光街"}]
)
def test_a_list_that_puts_it_elsewhere_is_asked_about_not_followed(admin, moved, lonlat, store, site, more):
    done = send(admin, rows(lonlat, **more))
    assert done["revision"]["positions"] == 1
    now = place_named(admin)
    assert (now["lon"], now["lat"], now["community"]) == (moved["lon"], moved["lat"], B)
    assert now["location_text"] == more.get("address", "平安路100号院内")
    page = admin.get(f"/registers/{now['id']}", headers={"accept": "text/html"}).text
    assert "最近的清单把它放在另一处" in page
    # The same list again: nothing changes, it is not asked anew.
    before = store("select p::text from places p order by 1")
    assert send(admin, rows(lonlat, **more))["revision"]["positions"] == 0
    assert store("select p::text from places p order by 1") == before


def test_the_lists_position_can_be_taken(admin, moved, lonlat, mover):
    send(admin, rows(lonlat, x=400))
    place = place_named(admin)
    answer = mover(admin, place, {"listed": True}, path="places", learn=False)
    assert answer.status_code == 200, answer.text
    now = place_named(admin)
    assert (now["lon"], now["lat"]) == pytest.approx(lonlat(400, 300), abs=1e-6)
    assert (now["community"], mover(admin, now, {"listed": True}, path="places").status_code) == (A, 422)
    # No person holds it any more: the next list moves it as before.
    send(admin, rows(lonlat, x=600))
    assert place_named(admin)["lon"] == pytest.approx(lonlat(600, 300)[0], abs=1e-6)


def test_or_the_persons_position_kept(admin, site, moved, lonlat, store):
    send(admin, rows(lonlat, x=400))
    place = place_named(admin)
    path = f"/api/places/{place['id']}/listed/keep"
    with site.as_("unit1") as unit:
        assert unit.post(path).status_code == 403
    with site.as_("community1") as other:
        assert other.post(path).status_code == 404
    assert admin.post(path, headers={"if-match": '"1"'}).status_code == 412
    assert admin.post(path).status_code == 200
    assert admin.post(path).status_code == 409
    assert send(admin, rows(lonlat, x=400))["revision"]["positions"] == 0
    assert send(admin, rows(lonlat, x=450))["revision"]["positions"] == 1


def test_undoing_the_move_gives_the_place_back_to_its_lists(admin, moved, lonlat):
    assert admin.post(f"/api/places/{moved['id']}/moves/undo", json={}).status_code == 200
    done = send(admin, rows(lonlat, x=400))
    assert done["revision"]["positions"] == 0
    assert place_named(admin)["lon"] == pytest.approx(lonlat(400, 300)[0], abs=1e-6)


def test_a_list_that_was_followed_since_ends_the_undoing(admin, moved, lonlat, mover):
    send(admin, rows(lonlat, x=400))
    assert mover(admin, place_named(admin), {"listed": True}, path="places").status_code == 200
    send(admin, rows(lonlat, x=450))
    answer = admin.post(f"/api/places/{moved['id']}/moves/undo", json={})
    assert (answer.status_code, "清单" in answer.json()["detail"]) == (409, True)


def test_undoing_an_import_needs_the_word_and_is_exact(admin, lonlat, mover, store):
    first = send(admin, rows(lonlat))
    before = (
        store("select p::text from places p order by 1"),
        store("select v::text from place_versions v order by id"),
    )
    second = send(admin, rows(lonlat, unit="丙所"))
    assert (
        mover(admin, place_named(admin), mover.pin(1300, 700), path="places", learn=False).status_code == 200
    )
    assert admin.post(f"/api/imports/{second['import_id']}/undo").status_code == 409
    assert admin.post(f"/api/imports/{second['import_id']}/undo?force=true").status_code == 200
    assert (
        store("select p::text from places p order by 1"), store("select v::text from place_versions v order by id")
    ) == before  # fmt: skip
    assert store("select count(*) from position_moves") == [(0,)]
    assert admin.post(f"/api/imports/{first['import_id']}/undo").status_code == 200


def test_rights_to_move_a_place(site, moved, mover):
    for name, status in (
        ("unit1", 403),
        ("grid3", 403),
        ("verifier1", 403),
        (None, 403),
        ("community1", 404),
    ):
        with site.as_(name) as client:
            assert mover(client, moved, mover.pin(1200, 600), path="places").status_code == status, name
    with site.as_("community2") as owner:
        preview = owner.post(f"/api/places/{moved['id']}/position/preview", json=mover.pin(300, 300)).json()
        assert (preview["leaves"], preview["before"]["community"], preview["after"]["community"]) == (
            True,
            B,
            A,
        )
        done = mover(owner, moved, mover.pin(300, 300), path="places")
        assert (done.status_code, done.json()["visible"]) == (200, False)


def test_a_case_list_imported_again_does_not_move_its_cases_back(admin, lonlat, mover, store):
    content = b"\xef\xbb\xbf" + "问题描述,位置\n垃圾成堆,平安路与秋实街交叉口\n".encode()
    files = {"file": ("问题.csv", content)}
    assert admin.post("/api/imports", files=files).json()["imported"] == 1
    case = admin.get("/api/cases").json()["items"][0]
    assert mover(admin, case, mover.pin(300, 300)).status_code == 200
    before = store("select c::text from cases c")
    assert admin.post("/api/imports", files=files).json()["merged"] == 1
    assert store("select c::text from cases c") == before
