"""A case is moved by a pin or a line: reassigned, its history kept, its text learned."""

from __future__ import annotations

from uuid import uuid4

import pytest

A, B = "410105999001", "410105999002"
TEXT = "老槐树底下那一片"


def test_a_pin_moves_reassigns_and_teaches(admin, filed, file_report, mover):
    case = filed(900, 300, TEXT)
    assert case["community"] == A
    preview = admin.post(f"/api/cases/{case['id']}/position/preview", json=mover.pin(1300, 700)).json()
    answer = mover(admin, case, mover.pin(1300, 700))
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert answer.headers["etag"] == f'"{done["version"]}"'
    assert (done["learned"], done["visible"]) == ([TEXT], True)
    # By hand: 400 m east and 400 m north.
    assert preview["distance_m"] == pytest.approx(400 * 2**0.5, abs=0.05)
    assert "566 米" in preview["words"]
    assert "甲社区" in preview["words"]
    assert "乙社区" in preview["words"]
    now = admin.get(f"/api/cases/{case['id']}").json()
    assert (now["community"], now["grid"], now["placed_by"]) == (B, f"{B}001", "pin")
    assert (now["version"], now["command"], now["due_at"]) == (
        case["version"] + 1, case["command"], case["due_at"],
    )  # fmt: skip
    assert {share["code"] for share in now["shares"]} == {"410105999", B, f"{B}001"}
    assert [event["state"] for event in now["events"]] == ["reported", "relocated"]
    again = file_report(admin, TEXT, "又是垃圾")
    assert (again["placed_by"], again["lon"]) == ("alias", pytest.approx(now["lon"], abs=1e-6))


def test_the_preview_changes_nothing(admin, filed, mover, store):
    case = filed(900, 300, TEXT)
    before = store("select c::text from cases c"), store("select count(*) from audit")
    for choice in (mover.pin(1300, 700), mover.line((800, 800), (1400, 800))):
        assert admin.post(f"/api/cases/{case['id']}/position/preview", json=choice).status_code == 200
    assert (store("select c::text from cases c"), store("select count(*) from audit")) == before
    assert store("select count(*) from position_moves") == [(0,)]


def test_a_line_is_cut_and_its_parts_sum_to_it(admin, filed, mover):
    case = filed(900, 300)
    line = mover.line((800, 800), (1400, 800), (1400, 400))
    preview = admin.post(f"/api/cases/{case['id']}/position/preview", json=line).json()
    assert {part["code"]: part["length_m"] for part in preview["parts"]} == pytest.approx(
        {A: 200, B: 800}, abs=0.1
    )
    assert mover(admin, case, line).status_code == 200
    shares = admin.get(f"/api/cases/{case['id']}").json()["shares"]
    for level in ("subdistrict", "community", "grid"):
        total = sum(share["length_m"] for share in shares if share["level"] == level)
        assert total == pytest.approx(preview["length_m"], abs=1e-3)
    assert sum(share["share"] for share in shares if share["level"] == "community") == pytest.approx(1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"reason": ""}, "body.reason"),
        ({"reason": " 近 "}, "body.reason"),
        ({"reason": "长" * 501}, "body.reason"),
        ({"reason": "a\x00b"}, "body.reason"),
        ({"choose": 0}, "body.choose"),
        ({"listed": True, "pin": None}, "body.listed"),
        ({"line": [[113.7, 34.7]]}, "body.line"),
        ({"line": [[113.7, 34.7], [113.7, 34.7]]}, "body.line"),
        ({"line": [[113.0, 34.0], [114.0, 35.0]]}, "body.line"),
        ({"pin": {"lon": 999, "lat": 34}}, "body.pin.lon"),
        ({"pin": {"lon": 113.7, "lat": 34.7}, "line": [[113.7, 34.7], [113.8, 34.7]]}, "body"),
        ({"pin": {"lon": 113.7, "lat": 34.7}, "learn": "yes"}, "body.learn"),
        ({"pin": {"lon": 113.7, "lat": 34.7}, "extra": 1}, "body.extra"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(admin, filed, store, body, field):
    case = filed(900, 300, TEXT)
    pinned = (
        {}
        if {"pin", "line", "choose", "listed"} & set(body) or not body
        else {"pin": {"lon": 113.7, "lat": 34.7}}
    )
    sent = {"reason": "现场核实", **pinned, **body}
    answer = admin.post(f"/api/cases/{case['id']}/position", json=sent)
    assert answer.status_code == 422, answer.text
    assert answer.json()["fields"][0]["field"].startswith(field), answer.json()
    assert admin.get(f"/api/cases/{case['id']}").json()["version"] == case["version"]
    assert store("select count(*) from position_moves") == [(0,)]


def test_where_it_is_already_is_no_move(admin, filed, mover):
    case = filed(900, 300)
    here = {"pin": {"lon": case["lon"], "lat": case["lat"]}}
    assert mover(admin, case, here).status_code == 422


def test_rights(site, filed, mover):
    case, far = filed(900, 300), filed(1800, 300)
    for name, status in (
        ("unit1", 403), ("grid1", 403), ("leader", 403), ("auditor", 403), ("verifier1", 403), ("public", 403),
        (None, 403), ("community2", 404), ("coordinator1", 200),
    ):  # fmt: skip
        with site.as_(name) as client:
            assert mover(client, case, mover.pin(800, 300)).status_code == status, name
            preview = client.post(f"/api/cases/{far['id']}/position/preview", json=mover.pin(1700, 300))
            assert preview.status_code == (200 if name in ("coordinator1", "community2") else status), name
    with site.as_("community1") as client:
        assert mover(client, far, mover.pin(800, 300)).status_code == 404
        assert client.get(f"/api/cases/{far['id']}/moves").status_code == 404


def test_who_moves_a_case_out_of_the_own_zone_is_told_before_and_loses_it(site, admin, filed, mover):
    case = filed(700, 300)
    with site.as_("community1") as officer:
        preview = officer.post(f"/api/cases/{case['id']}/position/preview", json=mover.pin(1700, 300)).json()
        assert preview["leaves"]
        assert any("看不到" in words for words in preview["warnings"])
        near = officer.post(f"/api/cases/{case['id']}/position/preview", json=mover.pin(1004, 300)).json()
        assert near["near_border"]
        assert not near["leaves"]
        assert near["after"]["community"] == B
        done = mover(officer, case, mover.pin(1700, 300))
        assert (done.status_code, done.json()["visible"]) == (200, False)
        assert officer.get(f"/api/cases/{case['id']}").status_code == 404
        undo = officer.post(f"/api/cases/{case['id']}/moves/undo", json={})
        assert undo.status_code == 404
    with site.as_("community2") as new_owner:
        moves = new_owner.get(f"/api/cases/{case['id']}/moves").json()["items"]
        assert [move["actor"] for move in moves] == ["community1"]


def test_the_same_order_twice_is_one_move_and_another_content_a_kept_conflict(admin, filed, mover, store):
    case, key = filed(900, 300, TEXT), str(uuid4())
    first = mover(admin, case, mover.pin(1300, 700), key=key)
    second = mover(admin, case, mover.pin(1300, 700), key=key)
    assert (first.status_code, second.json()) == (200, first.json())
    other = mover(admin, case, mover.pin(100, 100), key=key)
    assert other.status_code == 409
    assert store("select count(*) from position_moves") == [(1,)]
    kept = store("select status from client_requests where key = :key order by 1", key=f"move:{key}")
    assert kept == [(200,), (409,)]


def test_a_stale_version_is_refused(admin, filed, mover, store):
    case = filed(900, 300)
    assert mover(admin, case, mover.pin(1300, 700)).status_code == 200
    assert mover(admin, case, mover.pin(100, 100)).status_code == 412
    assert store("select count(*) from position_moves") == [(1,)]


def test_a_case_that_waits_can_be_placed_here_too(admin, file_report, mover):
    case = file_report(admin, "幸福市场")
    assert case["placement"] == "ambiguous"
    assert mover(admin, case, {"choose": 1}).status_code == 200
    now = admin.get(f"/api/cases/{case['id']}").json()
    assert (now["placement"], now["placed_by"]) == ("located", "candidate")
    assert [event["state"] for event in now["events"]] == ["reported", "placed"]


def test_the_history_says_when_who_why_from_and_to(admin, filed, mover, site):
    case = filed(900, 300, TEXT)
    mover(admin, case, mover.pin(1300, 700), reason="门牌在路北")
    now = admin.get(f"/api/cases/{case['id']}").json()
    mover(admin, now, mover.line((800, 800), (1400, 800)), reason="是整段路", learn=False)
    second, first = admin.get(f"/api/cases/{case['id']}/moves").json()["items"]
    assert (first["reason"], first["actor"], first["cause"], first["learned"]) == (
        "门牌在路北", "admin", "person", [TEXT],
    )  # fmt: skip
    assert (first["before"]["community"], first["after"]["community"]) == (A, B)
    assert (first["before"]["lon"], first["before"]["lat"]) == pytest.approx(
        (case["lon"], case["lat"]), abs=1e-6
    )
    assert (second["before"]["lon"], second["learned"]) == (
        pytest.approx(first["after"]["lon"], abs=1e-9),
        [],
    )
    assert [first["can_undo"], second["can_undo"]] == [False, True]
    with site.as_(None) as nobody:
        assert nobody.get(f"/api/cases/{case['id']}/moves").json() == {"items": []}
        assert "门牌在路北" not in nobody.get(f"/api/cases/{case['id']}").text


def test_the_trail_names_the_move_without_words_of_people(admin, filed, mover, store):
    case = filed(900, 300)
    done = mover(admin, case, mover.pin(1300, 700), reason="张三说在路北").json()
    (detail,) = store(
        "select detail::text from audit where action = 'case_moved' and object_id = :id", id=case["id"]
    )[0]
    assert done["moved"][0]["move"] in detail
    assert "张三" not in detail
