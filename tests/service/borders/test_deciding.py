"""Deciding about new borders: cases move or stay, the rest follows, and the past does not change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from service.audit.trail import verify
from service.borders.current import hold_borders
from service.store.engine import make_engine

A, B = "410105999001", "410105999002"
A1, A2, B1, B2 = f"{A}001", f"{A}002", f"{B}001", f"{B}002"
HTML = {"accept": "text/html"}


def advance(client, case_id, *states):
    for state in states:
        answer = client.post(f"/api/cases/{case_id}/advance", json={"state": state, "note": "办理"})
        assert answer.status_code == 200, answer.text
    return client.get(f"/api/cases/{case_id}").json()


def rows(office, query, **values):
    engine = make_engine(office.database_url)
    with engine.begin() as connection:
        found = connection.execute(text(query), values)
        result = [dict(row) for row in found.mappings()] if found.returns_rows else []
    engine.dispose()
    return result


def test_accepted_borders_move_open_cases_and_leave_closed_ones(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        moving = report_at(client, 900, 300)
        kept = report_at(client, 950, 700)
        staying = report_at(client, 300, 300)
        closed = report_at(client, 850, 500)
        advance(client, closed["id"], "accepted", "dispatched", "rectified")
        with office.as_("verifier1") as verifier:
            closed = advance(verifier, closed["id"], "closed")
        change = propose(client, draw(800)).json()
        assert {move["case_id"] for move in change["moves"]} == {moving["id"], kept["id"]}
        answer = decide(
            client, change, keep={kept["id"]: "甲社区已约好本周清运"}, seen=change["seen"], note="按区里文件"
        )
        assert answer.status_code == 200, answer.text
        done = answer.json()
        assert (done["state"], done["decided_by"], done["version"]) == ("applied", "coordinator1", 3)
        outcomes = {move["case_id"]: (move["outcome"], move["reason"]) for move in done["moves"]}
        assert outcomes == {moving["id"]: ("moved", ""), kept["id"]: ("kept", "甲社区已约好本周清运")}
        after = client.get(f"/api/cases/{moving['id']}").json()
        assert (after["community"], after["grid"], after["version"]) == (B, B1, moving["version"] + 1)
        assert {share["code"] for share in after["shares"]} == {"410105999", B, B1}
        assert (after["state"], after["due_at"]) == (moving["state"], moving["due_at"])
        event = after["events"][-1]
        assert (event["state"], event["actor"]) == ("moved", "coordinator1")
        assert "甲社区" in event["note"]
        assert "乙社区" in event["note"]
        stayed = client.get(f"/api/cases/{kept['id']}").json()
        assert (stayed["community"], stayed["grid"]) == (A, A2)
        assert stayed["events"][-1]["state"] == "kept"
        assert "甲社区已约好本周清运" in stayed["events"][-1]["note"]
        for case in (staying, closed):
            now = client.get(f"/api/cases/{case['id']}").json()
            assert (now["community"], now["grid"], now["version"]) == (
                case["community"],
                case["grid"],
                case["version"],
            )
            assert now["events"][-1]["state"] not in ("moved", "kept")
        # New reports and the zones follow at once.
        assert report_at(client, 900, 310)["community"] == B
        assert client.get("/api/counts?by=community").status_code == 200
    with office.as_("community2") as client:
        assert client.get(f"/api/cases/{moving['id']}").status_code == 200
        assert client.get(f"/api/cases/{kept['id']}").status_code == 404
    with office.as_("community1") as client:
        assert client.get(f"/api/cases/{moving['id']}").status_code == 404
        assert client.get(f"/api/cases/{kept['id']}").status_code == 200
    trail = rows(
        office,
        "select actor, action, object_id, detail from audit where action like 'case\\_%' or action like 'borders\\_%' order by id",
    )
    found = {(row["action"], row["object_id"]): row for row in trail}
    assert found["case_moved", moving["id"]]["detail"] == {
        "change": change["id"], "kind": "owner", "from": [A, A2], "to": [B, B1]
    }  # fmt: skip
    assert found["case_kept", kept["id"]]["actor"] == "coordinator1"
    assert found["borders_applied", change["id"]]["detail"]["moved"] == 1
    assert "清运" not in str(trail)
    engine = make_engine(office.database_url)
    with engine.connect() as connection:
        assert verify(connection)[1] is None
    engine.dispose()


def test_zones_are_versioned(office, draw, propose, decide):
    with office.as_("admin") as client:
        change = propose(client, draw(800)).json()
        assert decide(client, change).status_code == 200
        shown = client.get("/api/zones?level=community").json()["features"]
        assert sorted(zone["properties"]["code"] for zone in shown) == [A, B]
        page = client.get("/borders", headers=HTML).text
        assert "2017-11-10" in page
        assert "2017-01-01" in page
    found = rows(
        office,
        "select code, valid_from::text, valid_to::text, recorded_at is null as first, round(ST_Area(shape)) as m2 from zones where level = 'community' order by code, valid_from",
    )
    assert [tuple(row.values()) for row in found] == [
        (A, "2017-01-01", "2017-11-10", True, 1_000_000), (A, "2017-11-10", None, False, 800_000),
        (B, "2017-01-01", "2017-11-10", True, 1_000_000), (B, "2017-11-10", None, False, 1_200_000),
    ]  # fmt: skip
    # What did not change has one row.
    assert len(rows(office, "select 1 from zones where code in ('410105999', :a, :b)", a=A1, b=B2)) == 3


def test_lines_are_cut_anew(office, draw, propose, decide, file_report):
    with office.as_("admin") as client:
        parts = file_report(client, "平安路（春光街至秋实街段）")  # x 250–1250: 750 m of A
        owner = file_report(client, "平安路（夏雨街至秋实街段）")  # x 750–1250: half and half, A by its code
        assert (parts["community"], owner["community"]) == (A, A)
        change = propose(client, draw(800)).json()
        kinds = {move["case_id"]: move for move in change["moves"]}
        assert (kinds[parts["id"]]["kind"], kinds[owner["id"]]["kind"]) == ("parts", "owner")
        metres = {
            part["code"]: (part["before_m"], part["after_m"])
            for part in kinds[parts["id"]]["parts"] if part["level"] == "community"
        }  # fmt: skip
        assert metres == {
            A: (pytest.approx(750, abs=15), pytest.approx(550, abs=15)),
            B: (pytest.approx(250, abs=15), pytest.approx(450, abs=15)),
        }
        assert decide(client, change).status_code == 200
        case = client.get(f"/api/cases/{parts['id']}").json()
        shares = {share["code"]: share["length_m"] for share in case["shares"]}
        assert shares[A] == pytest.approx(550, abs=15)
        assert shares[A] + shares[B] == pytest.approx(
            sum(s["length_m"] for s in parts["shares"] if s["level"] == "community")
        )
        assert case["community"] == A
        assert client.get(f"/api/cases/{owner['id']}").json()["community"] == B


def test_rejected_borders_change_nothing(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        case = report_at(client, 900, 300)
        change = propose(client, draw(800)).json()
        without = decide(client, change, "reject")
        assert (without.status_code, without.json()["fields"][0]["field"]) == (422, "body.note")
        answer = decide(client, change, "reject", note="区里还没批")
        assert (answer.json()["state"], answer.json()["moves"]) == ("rejected", [])
        assert client.get(f"/api/cases/{case['id']}").json()["version"] == case["version"]
        again = decide(client, answer.json())
        assert (again.status_code, again.json()["error"]) == (409, "conflict")
    assert len(rows(office, "select 1 from zones")) == 7


def test_a_reason_is_needed_to_keep_and_the_case_must_move(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        moving, staying = report_at(client, 900, 300), report_at(client, 300, 300)
        change = propose(client, draw(800)).json()
        blank = decide(client, change, keep={moving["id"]: "  "})
        assert (blank.status_code, blank.json()["fields"][0]["field"]) == (422, f"body.keep.{moving['id']}")
        strange = decide(client, change, keep={staying["id"]: "想留"})
        assert (strange.status_code, strange.json()["fields"][0]["field"]) == (
            409,
            f"body.keep.{staying['id']}",
        )
        wrong = decide(client, change, keep={"x": "y"})
        assert (wrong.status_code, wrong.json()["error"]) == (422, "invalid")
        assert client.get(f"/api/borders/{change['id']}").json()["state"] == "proposed"


def test_what_happened_between_proposal_and_decision(office, draw, propose, decide, report_at, lonlat):
    with office.as_("coordinator1") as client:
        closing, moved_away, moving = (report_at(client, 900, y) for y in (200, 400, 600))
        change = propose(client, draw(800)).json()
        assert len(change["moves"]) == 3
        advance(client, closing["id"], "accepted", "dispatched", "rectified")
        with office.as_("verifier1") as verifier:
            advance(verifier, closing["id"], "closed")
        lon, lat = lonlat(300, 400)
        assert (
            client.post(f"/api/review/{moved_away['id']}", json={"pin": {"lon": lon, "lat": lat}}).status_code
            == 200
        )
        fresh = report_at(client, 880, 800)
        stale = decide(client, change, seen=change["seen"])
        assert (stale.status_code, stale.json()["error"]) == (412, "stale_version")
        now = client.get(f"/api/borders/{change['id']}").json()
        assert {move["case_id"] for move in now["moves"]} == {moving["id"], fresh["id"]}
        gone = decide(client, change, keep={closing["id"]: "留"})
        assert gone.status_code == 409
        assert decide(client, now, seen=now["seen"]).status_code == 200
        communities = {
            name: client.get(f"/api/cases/{case['id']}").json()["community"]
            for name, case in (
                ("closing", closing),
                ("away", moved_away),
                ("moving", moving),
                ("fresh", fresh),
            )
        }
        assert communities == {"closing": A, "away": A, "moving": B, "fresh": B}


def test_two_coordinators_at_once(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client, office.as_("admin") as other:
        case = report_at(client, 900, 300)
        change = propose(client, draw(800)).json()
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda who: decide(who, change, seen=change["seen"]), (client, other)))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        events = client.get(f"/api/cases/{case['id']}").json()["events"]
        assert [event["state"] for event in events] == ["reported", "moved"]
    assert len(rows(office, "select 1 from zones where level = 'community'")) == 4


def test_a_case_worked_on_while_borders_change(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client, office.as_("command1") as officer:
        cases = [report_at(client, 810 + 10 * i, 300, kind="C1-02") for i in range(12)]
        change = propose(client, draw(800)).json()

        def work(case):
            return officer.post(f"/api/cases/{case['id']}/advance", json={"state": "accepted"}).status_code

        with ThreadPoolExecutor(6) as pool:
            deciding = pool.submit(decide, client, change)
            working = list(pool.map(work, cases))
        assert deciding.result().status_code == 200
        assert working == [200] * len(cases)
        for case in cases:
            now = client.get(f"/api/cases/{case['id']}").json()
            assert (now["community"], now["state"], now["version"]) == (B, "accepted", 3)
            # Who read the case before may not write over the move.
            stale = client.post(
                f"/api/cases/{case['id']}/advance", json={"state": "dispatched"}, headers={"if-match": '"1"'}
            )
            assert stale.status_code == 412


def test_reports_while_borders_change_belong_to_the_borders_of_their_moment(
    office, draw, propose, decide, report_at
):
    with office.as_("coordinator1") as client:
        change = propose(client, draw(800)).json()
        with ThreadPoolExecutor(6) as pool:
            made = pool.map(lambda i: report_at(client, 805 + 5 * i, 300)["id"], range(24))
            deciding = pool.submit(decide, client, change)
            ids = list(made)
        assert deciding.result().status_code == 200
        assert {client.get(f"/api/cases/{case_id}").json()["community"] for case_id in ids} == {B}


def test_a_zone_that_ends_keeps_no_case(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        case = report_at(client, 900, 300)
        # A2 becomes part of A1: the case changes its grid only, and the old one ends.
        spans = {A: (0, 1000), B: (1000, 2000), A1: (0, 1000), B1: (1000, 1500), B2: (1500, 2000)}
        change = propose(client, draw(spans=spans)).json()
        (move,) = change["moves"]
        assert (move["keepable"], move["from_grid"], move["to_grid"]) == (False, A2, A1)
        assert decide(client, change, keep={case["id"]: "留下"}).status_code == 422
        assert decide(client, change).status_code == 200
        now = client.get(f"/api/cases/{case['id']}").json()
        assert (now["community"], now["grid"]) == (A, A1)
        (zone,) = rows(office, "select valid_to::text as ended from zones where code = :code", code=A2)
        assert zone["ended"] == "2017-11-10"


def test_accounts_of_zones_that_end_are_named(office, draw, propose):
    spans = {A: (0, 1000), B: (1000, 2000), A1: (0, 500), A2: (500, 1000), B2: (1000, 2000)}
    with office.as_("coordinator1") as client:
        assert propose(client, draw(spans=spans)).json()["accounts"] == ["grid3"]


def test_a_kept_case_is_asked_about_again_only_when_its_place_changes(
    office, draw, propose, decide, report_at
):
    with office.as_("coordinator1") as client:
        case = report_at(client, 900, 300)
        first = propose(client, draw(800)).json()
        assert decide(client, first, keep={case["id"]: "快办结了"}).status_code == 200
        rows(office, "update border_changes set valid_from = '2017-11-01'")
        rows(office, "update zones set valid_from = '2017-11-01' where valid_from = '2017-11-10'")
        rows(office, "update zones set valid_to = '2017-11-01' where valid_to = '2017-11-10'")
        elsewhere = {
            A: (0, 800),
            B: (800, 2000),
            A1: (0, 400),
            A2: (400, 800),
            B1: (800, 1500),
            B2: (1500, 2000),
        }
        assert propose(client, draw(spans=elsewhere, name="b.gpkg"), "2017-11-20").json()["moves"] == []
        regrid = {A: (0, 800), B: (800, 2000), A1: (0, 500), A2: (500, 800), B1: (800, 890), B2: (890, 2000)}
        (move,) = propose(client, draw(spans=regrid, name="c.gpkg"), "2017-11-20").json()["moves"]
        assert (move["from_community"], move["to_community"], move["to_grid"]) == (A, B, B2)


def test_places_of_the_register_follow(office, draw, propose, decide, lonlat, tmp_path):
    lines = ["名称,类别,经度,纬度"]
    lines += [
        f"{name},餐饮,{lonlat(x, 300)[0]},{lonlat(x, 300)[1]}" for name, x in (("东店", 900), ("西店", 300))
    ]
    with office.as_("coordinator1") as client:
        files = {"file": ("places.csv", "\n".join(lines).encode())}
        assert (
            client.post("/api/imports", files=files, data={"as": "places", "trust_datum": "true"}).status_code
            == 201
        )
        change = propose(client, draw(800)).json()
        assert decide(client, change).status_code == 200
    found = {
        row["name"]: row
        for row in rows(office, "select name, community_code, grid_code, version from places")
    }
    assert (found["东店"]["community_code"], found["东店"]["grid_code"], found["东店"]["version"]) == (
        B,
        B1,
        2,
    )
    assert (found["西店"]["community_code"], found["西店"]["version"]) == (A, 1)


def test_two_proposals_for_one_day(office, draw, propose, decide):
    with office.as_("admin") as client:
        first, second = (
            propose(client, draw(800)).json(),
            propose(client, draw(900, name="other.gpkg")).json(),
        )
        assert decide(client, first).status_code == 200
        answer = decide(client, second)
        assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
        assert "日期" in answer.json()["detail"]
        # Its page says so as well, and it can be rejected.
        assert client.get(f"/api/borders/{second['id']}").json()["problem"]
        assert client.get(f"/borders/{second['id']}", headers=HTML).status_code == 200
        assert client.get(f"/api/borders/{second['id']}/map").status_code == 200
        assert decide(client, second, "reject", note="日期重了").status_code == 200


def test_odds_follow_the_border_without_a_step_in_the_history(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        near = report_at(client, 790, 300)
        assert not near["near_border"]
        change = propose(client, draw(800)).json()
        assert change["moves"] == []
        assert decide(client, change).status_code == 200
        now = client.get(f"/api/cases/{near['id']}").json()
        assert (now["community"], now["near_border"]) == (A, True)
        assert now["p_community"] < near["p_community"]
        assert [event["state"] for event in now["events"]] == ["reported"]
    with office.as_("community2") as client:
        assert client.get(f"/api/cases/{near['id']}").status_code == 200


def test_who_rectified_still_may_not_close_after_a_move(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        case = report_at(client, 900, 300)
        advance(client, case["id"], "accepted", "dispatched", "rectified")
        assert decide(client, propose(client, draw(800)).json()).status_code == 200
        own = client.post(f"/api/cases/{case['id']}/advance", json={"state": "closed"})
        assert own.status_code == 403


def test_moved_cases_do_not_count_as_worked_on(office, draw, propose, decide, lonlat):
    lon, lat = lonlat(900, 300)
    with office.as_("coordinator1") as client:
        files = {"file": ("list.csv", f"位置,问题描述,经度,纬度\n东边,垃圾,{lon},{lat}\n".encode())}
        summary = client.post(
            "/api/imports", files=files, data={"as": "problems", "trust_datum": "true"}
        ).json()
        assert summary["imported"] == 1
        assert decide(client, propose(client, draw(800)).json()).json()["moves"]
        assert client.post(f"/api/imports/{summary['import_id']}/undo").status_code == 200


def test_tiles_show_the_new_borders_at_once(office, draw, propose, decide):
    with office.as_("admin") as client:
        z, x, y = 15, *_tile(client)
        before = client.get(f"/tiles/zones/{z}/{x}/{y}.mvt")
        assert before.status_code == 200
        assert decide(client, propose(client, draw(800)).json()).status_code == 200
        after = client.get(f"/tiles/zones/{z}/{x}/{y}.mvt", headers={"if-none-match": before.headers["etag"]})
        assert after.status_code == 200
        assert after.content != before.content


def _tile(client):
    import math

    zone = client.get("/api/zones?level=community").json()["features"][0]
    lon, lat = zone["geometry"]["coordinates"][0][0][0]
    n = 2**15
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return int((lon + 180) / 360 * n), int(y)


def test_a_long_import_is_not_overtaken(office, draw, propose, decide, report_at):
    with office.as_("coordinator1") as client:
        case = report_at(client, 900, 300)
        change = propose(client, draw(800)).json()
        engine = make_engine(office.database_url)
        with engine.begin() as connection:
            hold_borders(connection)
            busy = decide(client, change)
            assert (busy.status_code, busy.json()["error"]) == (409, "conflict")
            assert client.get(f"/api/cases/{case['id']}").json()["community"] == A
        engine.dispose()
        assert decide(client, change).status_code == 200
