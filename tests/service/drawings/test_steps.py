"""Drawing step by step over HTTP: clicks become borders that tile, every step is kept and can be undone."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.audit.trail import verify
from service.store.engine import make_engine

A, B = "410105999001", "410105999002"


def areas(answer, level="community"):
    return {zone["code"]: zone["area_m2"] for zone in answer["zones"] if zone["level"] == level}


def test_blocks_are_what_the_streets_enclose(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client)
        blocks = client.get(f"/api/drawings/{pen.id}/blocks").json()
    # Streets at x 250, 750, 1250, 1750, y 500; the ground reaches 800 m beyond 0..2000 x 0..1000, where
    # the streets end 100 m out: the blocks between two streets lie open to the south and north.
    area = sum(feature["properties"]["area_m2"] for feature in blocks["features"])
    assert area == pytest.approx(3600 * 2600, rel=1e-4)


def test_two_communities_from_blocks_tile_and_undo_brings_back_the_identical_drawing(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        before = pen.geometry()
        # The block east of 夏雨街 (x 750) and south of 平安路 goes from 甲 to 乙, up to the old border at 1000.
        after = pen.do("give", level="community", code=B, points=[pen.at(900, 200)])
        got = areas(after)
        assert sum(got.values()) == pytest.approx(2_000_000, abs=0.5)
        assert got[B] - 1_000_000 == pytest.approx(250 * 500, abs=0.5)
        assert {feature["properties"]["code"] for feature in after["changed"]} >= {A, B}
        kinds = {(finding["kind"], finding["level"]) for finding in after["findings"]}
        assert kinds == {("gap", "grid")}  # the passed ground has no grid of 乙 yet
        assert after["undo"]["words"] == "把 1 处街块划给乙社区"
        again = pen.wind("undo")
        assert pen.geometry() == before
        assert again["findings"] == []
        assert areas(pen.wind("redo")) == got


def test_split_merge_and_facts(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        cut = pen.do("split", level="community", code=A, line=[pen.at(400, -5), pen.at(400, 1005)])
        got = areas(cut)
        new = "410105999003"
        assert {code: round(area) for code, area in got.items()} == {A: 600_000, new: 400_000, B: 1_000_000}
        # The grid 0–500 is cut as well, its smaller part stays with 甲.
        grids = {(z["parent"], round(z["area_m2"])) for z in cut["zones"] if z["level"] == "grid"}
        assert grids == {(A, 100_000), (A, 500_000), (new, 400_000), (B, 500_000)}
        named = pen.do(
            "change", level="community", code=new, name="丙社区", new_code="410105999009", leader="某某"
        )
        zone = next(z for z in named["zones"] if z["code"] == "410105999009")
        assert (zone["name"], zone["leader"]) == ("丙社区", "某某")
        assert {z["parent"] for z in named["zones"] if z["level"] == "grid"} == {A, B, "410105999009"}
        whole = pen.do("merge", level="community", into=A, gone="410105999009")
        assert areas(whole) == {A: pytest.approx(1_000_000, abs=0.5), B: pytest.approx(1_000_000, abs=0.5)}
        assert whole["findings"] == []
        assert [step["words"] for step in client.get(f"/api/drawings/{pen.id}/steps").json()] == [
            "丙社区并入甲社区", "改甲社区2的资料：丙社区", "切开甲社区，新设甲社区2",
        ]  # fmt: skip


def test_a_shared_vertex_moves_for_both_neighbours(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        # Pulled out of the common border in its middle: a triangle of 1000 x 100 / 2 changes hands.
        moved = pen.do("move", at=pen.at(1000, 500), to=pen.at(1100, 500))
        assert areas(moved) == {A: pytest.approx(1_050_000, abs=0.5), B: pytest.approx(950_000, abs=0.5)}
        assert moved["findings"] == []
        refused = pen.send("move", at=pen.at(1100, 500), to=pen.at(2500, 500))
        assert (refused.status_code, refused.json()["fields"][0]["words"]) == (422, "crosses")
        nothing = pen.send("move", at=pen.at(333, 333), to=pen.at(300, 300))
        assert nothing.status_code == 422


def test_free_ground_gaps_and_filling(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        hole = [pen.at(300, 600), pen.at(400, 600), pen.at(400, 700), pen.at(300, 700)]
        bare = pen.do("give_shape", level="community", code=None, ring=hole)
        gaps = [finding for finding in bare["findings"] if finding["level"] == "community"]
        assert [(gap["kind"], round(gap["area_m2"])) for gap in gaps] == [("gap", 10_000)]
        filled = pen.do("fill", level="community", code=B, at=[gaps[0]["lon"], gaps[0]["lat"]])
        assert [(f["kind"], f["codes"]) for f in filled["findings"] if f["level"] == "community"] == [
            ("island", [B])
        ]
        assert pen.send("fill", level="community", code=B, at=pen.at(100, 100)).status_code == 422


def test_cut_blocks_are_smaller_blocks(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        count = len(client.get(f"/api/drawings/{pen.id}/blocks").json()["features"])
        fingerprint = pen.read()["now"]["blocks"]
        cut = pen.do("cut", line=[pen.at(500, -20), pen.at(500, 520)])
        assert cut["blocks"] != fingerprint
        assert len(client.get(f"/api/drawings/{pen.id}/blocks").json()["features"]) > count
        half = pen.do("give", level="community", code=B, points=[pen.at(600, 100)])
        assert areas(half)[B] == pytest.approx(1_000_000 + 250 * 500, abs=10)


def test_a_view_gets_its_blocks_only(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        west, south = pen.at(300, 100)
        east, north = pen.at(400, 200)
        view = {"west": west, "south": south, "east": east, "north": north}
        found = client.get(f"/api/drawings/{pen.id}/blocks", params=view).json()["features"]
        assert [feature["properties"]["area_m2"] for feature in found] == [pytest.approx(500 * 500, abs=2)]


def test_any_number_of_steps_is_undone_over_sessions(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client)
        empty = pen.read()["now"]
        for number in range(30):
            pen.do("add", level="community", name=f"第{number}社区")
    with office.as_("admin") as other:
        pen.client = other
        assert pen.wind("undo", 100)["zones"] == empty["zones"] == []
        assert len(pen.wind("redo", 29)["zones"]) == 29
        pen.do("add", level="community", name="另一个")
        refused = other.post(
            f"/api/drawings/{pen.id}/redo", json={}, headers={"if-match": f'"{pen.version}"'}
        )
        assert refused.status_code == 422


def test_two_people_on_one_drawing(office, begin):
    with office.as_("coordinator1") as one, office.as_("admin") as two:
        pen = begin(one, start="current")
        seen = pen.version
        pen.do("give", level="community", code=B, points=[pen.at(900, 200)])
        late = two.post(
            f"/api/drawings/{pen.id}/steps",
            json={"act": "drop", "level": "community", "code": A},
            headers={"if-match": f'"{seen}"'},
        )
        assert (late.status_code, late.json()["error"]) == (412, "stale_version")
        assert "把 1 处街块划给乙社区" in late.json()["detail"]
        assert {field["field"] for field in late.json()["fields"]} == {"drawing.version", "drawing.step"}
        none = two.post(
            f"/api/drawings/{pen.id}/steps", json={"act": "drop", "level": "community", "code": A}
        )
        assert none.status_code == 412


def test_a_step_sent_twice_is_done_once(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client)
        key, version = str(uuid4()), pen.version
        first = pen.send("add", key=key, level="community", name="甲")
        again = pen.send("add", key=key, level="community", name="甲", version=version)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json()["version"] == first.json()["version"]
        assert len(again.json()["zones"]) == 1
        other = pen.send("add", key=key, level="community", name="乙")
        assert (other.status_code, other.json()["error"]) == (409, "conflict")
        same = [
            client.post("/api/drawings", json={"name": "一"}, headers={"idempotency-key": key}).json()["id"]
            for _ in range(2)
        ]
        assert same[0] == same[1]


def test_every_act_is_in_the_trail(office, begin):
    with office.as_("coordinator1") as client:
        pen = begin(client, start="current")
        pen.do("drop", level="community", code=A)
        pen.wind("undo")
        headers = {"if-match": f'"{pen.version}"'}
        assert client.delete(f"/api/drawings/{pen.id}", headers=headers).status_code == 204
        assert client.get(f"/api/drawings/{pen.id}").status_code == 404
    engine = make_engine(office.database_url)
    with engine.connect() as connection:
        query = text("select action from audit where object_type = 'drawing' order by id")
        assert list(connection.scalars(query)) == [
            "drawing_begun", "drawing_step", "drawing_undone", "drawing_removed",
        ]  # fmt: skip
        assert connection.scalar(text("select count(*) from drawing_steps")) == 0
        assert verify(connection)[1] is None
    engine.dispose()


@pytest.mark.parametrize(
    "body",
    [
        {"act": "give", "level": "community", "code": A, "points": []},
        {"act": "give", "level": "subdistrict", "code": A, "points": [[113.7, 34.7]]},
        {"act": "give", "level": "community", "code": A, "points": [[113.7, 34.7]] * 2001},
        {"act": "give", "level": "community", "code": A, "points": [[113.7, 1e400]]},
        {"act": "give", "level": "community", "code": A, "points": [[10.0, 10.0]]},
        {"act": "give_shape", "level": "community", "code": A, "ring": [[113.7, 34.7]] * 4},
        {"act": "split", "level": "community", "code": A, "line": [[113.7, 34.7], [113.7, 34.7]]},
        {"act": "split", "level": "community", "code": "no'code", "line": [[113.7, 34.7], [113.8, 34.7]]},
        {"act": "add", "level": "community", "code": A},
        {"act": "add", "level": "community", "name": "\u0000"},
        {"act": "add", "level": "community", "name": "x" * 61},
        {"act": "change", "level": "community", "code": A, "new_code": B},
        {"act": "merge", "level": "community", "into": A, "gone": A},
        {"act": "explode"},
        {"act": "outline", "more": 1},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(shared_pen, body):
    pen = shared_pen
    before = pen.read()
    headers = {"if-match": f'"{pen.version}"', "content-type": "application/json"}
    answer = pen.client.post(f"/api/drawings/{pen.id}/steps", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"error", "detail", "fields"}
    assert pen.read() == before
