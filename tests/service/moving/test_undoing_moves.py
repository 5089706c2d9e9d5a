"""The last move is taken back by a new one: position, owner and what was learned; the history only grows."""

from __future__ import annotations

import pytest

A, B = "410105999001", "410105999002"
TEXT = "老槐树底下那一片"


def undo(client, record, path="cases", **body):
    now = client.get(f"/api/{path}/{record['id']}").json()
    headers = {"if-match": f'"{now["version"]}"'}
    return client.post(f"/api/{path}/{record['id']}/moves/undo", json=body, headers=headers)


def position(store, case):
    columns = (
        "placement, placed_by, method, uncertainty_m, side, line_name, community_code, grid_code, p_community, "
        "near_border, ST_AsText(shape), p_within::text, trace::text"
    )
    shares = store(
        "select level, zone_code, length_m, share, ST_AsText(shape) from zone_shares where case_id = :id order by 1, 2",
        id=case["id"],
    )
    return store(f"select {columns} from cases where id = :id", id=case["id"]), shares


@pytest.mark.parametrize(
    "text_", ["", "平安路与秋实街交叉口", "平安路（夏雨街至秋实街段）", "幸福市场", "没有的地方"]
)
def test_everything_of_the_position_comes_back(admin, file_report, mover, store, text_):
    case = file_report(admin, text_ or TEXT, **({} if text_ else {"lon": 113.7156, "lat": 34.7691}))
    before = position(store, case)
    assert mover(admin, case, mover.pin(1300, 700)).status_code == 200
    assert position(store, case) != before
    answer = undo(admin, case)
    assert answer.status_code == 200, answer.text
    assert position(store, case) == before
    moves = admin.get(f"/api/cases/{case['id']}/moves").json()["items"]
    assert [(move["cause"], move["undone"], move["can_undo"]) for move in moves] == [
        ("undo", False, False), ("person", True, False),
    ]  # fmt: skip
    assert moves[0]["undoes"] == moves[1]["id"]


def test_undo_goes_back_move_by_move_and_ends(admin, filed, mover, store):
    case = filed(900, 300)
    places = [position(store, case)]
    for x in (1300, 1600, 100):
        now = admin.get(f"/api/cases/{case['id']}").json()
        assert mover(admin, now, mover.pin(x, 700)).status_code == 200
        places.append(position(store, case))
    for expected in reversed(places[:-1]):
        assert undo(admin, case).status_code == 200
        assert position(store, case) == expected
    assert undo(admin, case).status_code == 409
    assert len(admin.get(f"/api/cases/{case['id']}/moves").json()["items"]) == 6


def test_a_row_of_the_history_never_changes(admin, filed, mover, store):
    case = filed(900, 300, TEXT)
    mover(admin, case, mover.pin(1300, 700))
    first = store("select m::text from position_moves m")
    undo(admin, case)
    mover(admin, admin.get(f"/api/cases/{case['id']}").json(), mover.pin(100, 700))
    assert store("select m::text from position_moves m order by number limit 1") == first
    assert store("select count(*) from position_moves") == [(3,)]


def test_the_alias_goes_or_becomes_what_it_was(admin, filed, file_report, mover, store):
    first, second = filed(900, 300, TEXT), filed(800, 300, TEXT)
    mover(admin, first, mover.pin(1300, 700))
    taught = store("select text, ST_AsText(shape), case_id, created_by, move_id from aliases")
    mover(admin, second, mover.pin(100, 700))
    assert store("select ST_AsText(shape) from aliases") != [taught[0][1:2]]
    assert undo(admin, second).json()["forgotten"] == [TEXT]
    assert store("select text, ST_AsText(shape), case_id, created_by, move_id from aliases") == taught
    east = file_report(admin, TEXT)
    assert (east["placed_by"], east["community"]) == ("alias", B)
    undo(admin, first)
    assert store("select count(*) from aliases") == [(0,)]
    assert file_report(admin, TEXT)["placement"] == "not_found"


def test_what_somebody_else_taught_since_stays(admin, filed, mover, store):
    first, second = filed(900, 300, TEXT), filed(800, 300, TEXT)
    mover(admin, first, mover.pin(1300, 700))
    mover(admin, second, mover.pin(100, 700))
    newest = store("select text, ST_AsText(shape), created_at from aliases")
    assert undo(admin, first).json()["forgotten"] == []
    assert store("select text, ST_AsText(shape), created_at from aliases") == newest


def test_records_with_the_same_text_move_together_and_back(admin, filed, mover, store):
    case, twin, waiting = filed(900, 300, TEXT), filed(850, 320, TEXT), filed(100, 100, "别处")
    closed = filed(870, 320, TEXT)
    store("update cases set state = 'closed', closed_at = reported_at where id = :id", id=closed["id"])
    preview = admin.post(f"/api/cases/{case['id']}/position/preview", json=mover.pin(1300, 700)).json()
    assert [one["id"] for one in preview["twins"]] == [twin["id"]]
    # By hand: from (850, 320) to (1300, 700).
    assert preview["twins"][0]["distance_m"] == pytest.approx((450**2 + 380**2) ** 0.5, abs=0.05)
    assert preview["learn"] is False
    before = position(store, twin), position(store, case)
    done = mover(admin, case, mover.pin(1300, 700), also=True).json()
    assert {one["id"] for one in done["moved"]} == {case["id"], twin["id"]}
    assert admin.get(f"/api/cases/{twin['id']}").json()["community"] == B
    assert admin.get(f"/api/cases/{waiting['id']}").json()["version"] == waiting["version"]
    (move,) = admin.get(f"/api/cases/{twin['id']}/moves").json()["items"]
    assert (move["reason"], move["together"]) == ("现场核实", 2)
    assert {one["id"] for one in undo(admin, case).json()["moved"]} == {case["id"], twin["id"]}
    assert (position(store, twin), position(store, case)) == before
    assert store("select count(*) from aliases") == [(0,)]


def test_what_moved_on_since_stays_when_the_others_go_back(admin, filed, mover):
    case, twin = filed(900, 300, TEXT), filed(850, 320, TEXT)
    mover(admin, case, mover.pin(1300, 700), also=True)
    now = admin.get(f"/api/cases/{twin['id']}").json()
    mover(admin, now, mover.pin(1700, 700))
    done = undo(admin, case).json()
    assert ([one["id"] for one in done["moved"]], done["kept"]) == ([case["id"]], 1)


def test_one_alone_may_go_back(admin, filed, mover):
    case, twin = filed(900, 300, TEXT), filed(850, 320, TEXT)
    mover(admin, case, mover.pin(1300, 700), also=True)
    done = undo(admin, twin, together=False).json()
    assert ([one["id"] for one in done["moved"]], done["forgotten"]) == ([twin["id"]], [])
    assert admin.get(f"/api/cases/{case['id']}").json()["community"] == B


def test_only_those_move_that_the_person_sees(site, admin, filed, mover):
    mine, others = filed(700, 300, TEXT), filed(1700, 300, TEXT)
    with site.as_("community1") as officer:
        done = mover(officer, mine, mover.pin(600, 300), also=True).json()
    assert [one["id"] for one in done["moved"]] == [mine["id"]]
    assert admin.get(f"/api/cases/{others['id']}").json()["version"] == others["version"]


def test_nothing_to_undo_and_no_rights(site, admin, filed, mover):
    case = filed(900, 300)
    assert undo(admin, case).status_code == 409
    mover(admin, case, mover.pin(800, 300))
    with site.as_("unit1") as unit:
        assert unit.post(f"/api/cases/{case['id']}/moves/undo", json={}).status_code == 403
    with site.as_("community2") as other:
        assert other.post(f"/api/cases/{case['id']}/moves/undo", json={}).status_code == 404


def test_what_a_review_taught_can_be_taken_back_too(admin, file_report, lonlat, store):
    case, (lon, lat) = file_report(admin, TEXT), lonlat(100, 900)
    assert admin.post(f"/api/review/{case['id']}", json={"pin": {"lon": lon, "lat": lat}}).status_code == 200
    assert store("select count(*) from aliases") == [(1,)]
    assert undo(admin, case).json()["forgotten"] == [TEXT]
    assert admin.get(f"/api/cases/{case['id']}").json()["placement"] == "not_found"
    assert store("select count(*) from aliases") == [(0,)]
