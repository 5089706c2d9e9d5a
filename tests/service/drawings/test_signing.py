"""Signing off: a drawing becomes a proposal, or the first borders of an office; until then it is a draft."""

from __future__ import annotations

import geopandas as gpd
import pytest
from sqlalchemy import text

from service.store.engine import make_engine

A, B = "410105999001", "410105999002"


def run(office, *statements):
    engine = make_engine(office.database_url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def ask(office, statement):
    engine = make_engine(office.database_url)
    with engine.connect() as connection:
        found = list(connection.execute(text(statement)))
    engine.dispose()
    return found


@pytest.fixture
def report_at(file_report, lonlat):
    """File a report at metres from the district's corner."""

    def report(client, x, y):
        lon, lat = lonlat(x, y)
        return file_report(client, "", lon=lon, lat=lat)

    return report


def test_a_drawing_becomes_a_proposal_that_names_who_signed(office, begin, report_at):
    with office.as_("coordinator1") as client:
        moving = report_at(client, 900, 300)
        pen = begin(client, "往西挪", start="current")
        pen.do("give", level="community", code=B, points=[pen.at(900, 200)])
        refused = pen.sign()
        assert refused.status_code == 422
        assert any("网格空白" in field["words"] for field in refused.json()["fields"])
        signed = pen.sign(known=True)
        assert signed.status_code == 200, signed.text
        answer = signed.json()
        assert answer["in_force"] is False
        assert (answer["drawing"]["state"], answer["drawing"]["editable"]) == ("signed", False)
        change = client.get(f"/api/borders/{answer['change_id']}").json()
        assert (change["state"], change["drawn_by"], change["signed_by"], change["signed_on"]) == (
            "proposed", "画图人", "签发人", "2017-11-10",
        )  # fmt: skip
        assert [move["case_id"] for move in change["moves"]] == [moving["id"]]
        # Nothing is in force before somebody decides.
        assert client.get(f"/api/cases/{moving['id']}").json()["community"] == A
        pen.version = answer["drawing"]["version"]
        assert pen.send("drop", level="community", code=A).status_code == 409
        headers = {"if-match": f'"{change["version"]}"'}
        decided = client.post(
            f"/api/borders/{change['id']}/decide", json={"decision": "accept"}, headers=headers
        )
        assert decided.status_code == 200, decided.text
        assert client.get(f"/api/cases/{moving['id']}").json()["community"] == B
        assert pen.read()["state"] == "applied"


def test_a_rejected_drawing_can_be_changed_and_signed_again(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        pen.do("split", level="community", code=A, line=[pen.at(400, -5), pen.at(400, 1005)])
        first = pen.sign().json()
        headers = {"if-match": '"1"'}
        body = {"decision": "reject", "note": "画错了"}
        assert (
            client.post(f"/api/borders/{first['change_id']}/decide", json=body, headers=headers).status_code
            == 200
        )
        found = pen.read()
        assert (found["state"], found["editable"]) == ("rejected", True)
        pen.version = found["version"]
        pen.do("change", level="community", code="410105999003", name="新名")
        found = pen.read()
        assert (found["state"], found["signed_by"]) == ("draft", "")
        again = pen.sign()
        assert again.status_code == 200, again.text
        assert again.json()["change_id"] != first["change_id"]


def test_the_first_borders_take_effect_at_once_and_own_what_was_placed_before(office, begin, report_at):
    with office.as_("coordinator1") as client:
        west, east, beyond = (report_at(client, x, 300) for x in (300, 900, 1900))
        run(
            office, "delete from zone_shares", "delete from zones",
            "update cases set community_code = '', grid_code = '', version = 1",
        )  # fmt: skip
        refused = client.post("/api/drawings", json={"name": "没有", "start": "current"})
        assert refused.status_code == 422
        pen = begin(client, "第一版")
        pen.do("add", level="community", name="西", code="410105999011")
        pen.do("add", level="community", name="东", code="410105999012")
        pen.do("give", level="community", code="410105999011", points=[pen.at(500, 200), pen.at(500, 800)])
        pen.do("give", level="community", code="410105999012", points=[pen.at(1000, 200), pen.at(1000, 800)])
        assert pen.sign(valid_from="2017-11-11").status_code == 422
        signed = pen.sign(valid_from="2017-01-01")
        assert signed.status_code == 200, signed.text
        assert signed.json()["in_force"] is True
        change = client.get(f"/api/borders/{signed.json()['change_id']}").json()
        assert (change["state"], change["signed_by"]) == ("applied", "签发人")
        codes = {
            zone["properties"]["code"]: zone["properties"]["level"]
            for zone in client.get("/api/zones").json()["features"]
        }
        assert codes == {"410105999": "subdistrict", "410105999011": "community", "410105999012": "community"}
        owners = dict(ask(office, "select id::text, community_code from cases"))
        assert owners[west["id"]] == "410105999011"
        assert owners[east["id"]] == "410105999012"
        assert owners[beyond["id"]] == ""
        later = begin(client, "第二版", start="current")
        assert {zone["code"] for zone in later.read()["now"]["zones"]} == set(codes)
        later.do("drop", level="community", code="410105999012")
        assert later.sign(known=True, outline=True).json()["in_force"] is False


def test_signing_needs_names_days_and_ground(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        for wrong in (
            {"signed_by": " "}, {"drawn_by": ""}, {"signed_on": "2017-13-01"}, {"valid_from": "1066-01-01"},
            {"signed_on": "gestern"}, {"signed_by": "x" * 61},
        ):  # fmt: skip
            assert pen.sign(**wrong).status_code == 422, wrong
        same = pen.sign()
        assert (same.status_code, "没有变化" in same.json()["detail"]) == (422, True)
        pen.do("add", level="community", name="没地的")
        refused = pen.sign(known=True)
        assert "还没有地" in refused.json()["fields"][0]["words"]
        empty = begin(client, "空的")
        assert empty.sign(known=True).status_code == 422
        # A refusal leaves nothing behind: no proposal, no step.
        assert client.get("/api/borders").json()["items"] == []


def test_exports_are_marked_as_drafts_and_keep_every_vertex(office, begin, tmp_path):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        pen.do("split", level="community", code=A, line=[pen.at(400, -5), pen.at(400, 1005)])
        path = tmp_path / "drawing.gpkg"
        path.write_bytes(client.get(f"/api/drawings/{pen.id}/export.gpkg").content)
        layers = {level: gpd.read_file(path, layer=level) for level in ("subdistrict", "community", "grid")}
        assert [len(layer) for layer in layers.values()] == [1, 3, 5]
        assert layers["community"].crs.to_epsg() == 4547
        assert set(layers["community"]["note"]) == {"草图"}
        assert not layers["community"]["official"].any()
        assert layers["community"].area.sum() == pytest.approx(2_000_000, abs=0.01)
        shown = client.get(f"/api/drawings/{pen.id}/export.geojson").json()["features"]
        assert {feature["properties"]["note"] for feature in shown} == {"草图"}
        assert len(shown) == 9
        empty = begin(client, "空的")
        assert client.get(f"/api/drawings/{empty.id}/export.gpkg").status_code == 422


def test_a_drawing_begins_from_a_proposal(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        pen.do("split", level="community", code=A, line=[pen.at(400, -5), pen.at(400, 1005)])
        change = pen.sign().json()["change_id"]
        copy = begin(client, "再改", start="proposal", change_id=change)
        assert [z["code"] for z in copy.read()["now"]["zones"]] == [
            z["code"] for z in pen.read()["now"]["zones"]
        ]
        assert copy.geometry() == pen.geometry()
        wrong = client.post("/api/drawings", json={"name": "x", "start": "proposal"})
        assert wrong.status_code == 404


def test_a_drawing_is_the_whole_picture_grids_that_it_lacks_end(office, begin, report_at):
    with office.as_("coordinator1") as client:
        case = report_at(client, 500, 300)
        pen = begin(client, "从头画")
        pen.do("add", level="community", name="新甲", code="410105999011")
        pen.do("give", level="community", code="410105999011", points=[pen.at(500, 200), pen.at(500, 800)])
        signed = pen.sign(known=True)
        assert signed.status_code == 200, signed.text
        change = client.get(f"/api/borders/{signed.json()['change_id']}").json()
        # The office's subdistrict keeps its code; communities and grids of before end.
        kinds = {(zone["level"], zone["code"][-3:]): zone["kind"] for zone in change["summary_zones"]}
        assert kinds[("subdistrict", "999")] == "moved"
        assert kinds[("community", "011")] == "new"
        assert {kind for (level, _), kind in kinds.items() if level == "grid"} == {"ended"}
        headers = {"if-match": f'"{change["version"]}"'}
        decided = client.post(
            f"/api/borders/{change['id']}/decide", json={"decision": "accept"}, headers=headers
        )
        assert decided.status_code == 200, decided.text
        levels = [zone["properties"]["level"] for zone in client.get("/api/zones").json()["features"]]
        assert sorted(levels) == ["community", "subdistrict"]
        moved = client.get(f"/api/cases/{case['id']}").json()
        assert (moved["community"], moved["grid"]) == ("410105999011", "")
