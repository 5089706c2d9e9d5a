"""What happens between a check and its decision, and when a run dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from service.roads import deciding
from service.roads.checking import Workshop
from service.roads.versions import current
from service.store.engine import make_engine


def new_road(editor):
    return editor.edit(
        kind="line",
        entry_class="road",
        name="新建路",
        width_m=20.0,
        geometry=editor.line((500, 0), (500, 1000)),
    )


def test_a_record_that_came_since_and_would_move_wants_a_new_check(editor, file_report):
    new_road(editor)
    check = editor.check()
    case = file_report(editor.client, "新建路平安路向北77米")
    stale = editor.decide(check, "accept")
    assert stale.status_code == 412
    again = editor.check()
    assert case["id"] in {item["record_id"] for item in again["items"]}
    file_report(editor.client, "平安路春光街向东33米")
    assert editor.decide(again, "accept").status_code == 200, "one that would not move is in nobody's way"


def test_a_record_that_a_person_placed_since_stays(editor, store, lonlat):
    new_road(editor)
    check = editor.check()
    item = next(item for item in check["items"] if item["record"] == "case")
    lon, lat = lonlat(1500, 300)
    case = editor.client.get(f"/api/cases/{item['record_id']}").json()
    body = {"pin": {"lon": lon, "lat": lat}, "reason": "现场核实", "learn": False, "also": False}
    moved = editor.client.post(
        f"/api/cases/{item['record_id']}/position", json=body, headers={"if-match": f'"{case["version"]}"'}
    )
    assert moved.status_code == 200, moved.text
    assert editor.decide(check, "accept").status_code == 200
    assert store("select placed_by from cases where id = :id", id=item["record_id"]) == [("pin",)]


def test_an_edit_after_the_check_makes_it_stale(editor):
    new_road(editor)
    check = editor.check()
    editor.edit(kind="alias", name="平安大道", other_names=["平安路"])
    assert editor.decide(check, "accept").status_code == 412


def test_a_crash_between_file_and_commit_changes_nothing(editor, full, store, monkeypatch):
    new_road(editor)
    check = editor.check()
    before = store("select count(*), max(number) from gazetteer_versions")
    rows = store("select id, version from cases order by id")
    engine = make_engine(full.database_url)
    shop = Workshop(engine, full.data_dir, full.app.state.service.office, full.app.state.service.zones)

    def dies(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(deciding, "settle", dies)
    with pytest.raises(KeyboardInterrupt), engine.begin() as connection:
        deciding.accept(connection, check["id"], deciding.Verdict(), actor="admin", shop=shop, version=None)
    monkeypatch.undo()
    assert store("select count(*), max(number) from gazetteer_versions") == before
    assert store("select id, version from cases order by id") == rows
    with engine.connect() as connection:
        assert current(connection, full.data_dir).path.is_file()
    assert (
        editor.client.get("/api/locate", params={"q": "平安路与新建路交叉口"}).json()["method"] != "crossing"
    )
    assert editor.decide(check, "accept").status_code == 200, "the candidate is still there to be accepted"
    engine.dispose()


def test_a_run_that_died_without_a_word_is_taken_over(editor, full):
    new_road(editor)
    engine = make_engine(full.database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into gazetteer_checks (id, state, base_version, content, started_by, started_at)"
                " values (gen_random_uuid(), 'running', 1, '{}', 'admin', :at)"
            ),
            {"at": datetime.now(UTC) - timedelta(minutes=5)},
        )
    engine.dispose()
    done = editor.check()
    assert done["state"] == "waiting"


def test_an_edit_that_a_later_one_stands_on_is_taken_back_last(editor):
    first = new_road(editor)
    second = editor.edit(
        kind="line",
        entry_class="road",
        name="新建路",
        replaces=first["gives"],
        geometry=editor.line((520, 0), (520, 1000)),
    )
    assert editor.client.delete(f"/api/gazetteer/edits/{first['id']}").status_code == 409
    assert editor.client.delete(f"/api/gazetteer/edits/{second['id']}").status_code == 204
    assert editor.client.delete(f"/api/gazetteer/edits/{first['id']}").status_code == 204
    assert editor.client.delete(f"/api/gazetteer/edits/{first['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "line", "name": "路", "entry_class": "road", "geometry": {"type": "Point", "coordinates": [113.7, 34.7]}}, 422),
        ({"kind": "line", "name": "路", "entry_class": "road", "geometry": {"type": "LineString", "coordinates": [[113.7, 34.7], [113.7, 34.7]]}}, 422),
        ({"kind": "line", "name": "路", "entry_class": "street", "geometry": {"type": "LineString", "coordinates": [[113.7, 34.7], [113.8, 34.7]]}}, 422),
        ({"kind": "post", "name": "平安路", "chainage": "不知道", "geometry": {"type": "Point", "coordinates": [113.7, 34.7]}}, 422),
        ({"kind": "post", "name": "没有的路", "chainage": "K1+000", "geometry": {"type": "Point", "coordinates": [113.7, 34.7]}}, 422),
        ({"kind": "alias", "name": "别名", "other_names": ["没有的路"]}, 422),
        ({"kind": "hide", "replaces": ["l0123456789abcdef"]}, 409),
        ({"kind": "rename", "name": "新名"}, 422),
    ],
)  # fmt: skip
def test_edits_that_make_no_sense_are_refused(editor, body, status):
    assert editor.client.post("/api/gazetteer/edits", json=body).status_code == status


def test_a_candidate_that_nobody_wanted_is_cleared_away(editor, full):
    new_road(editor)
    first = editor.check()
    assert editor.decide(first, "discard", keep_drafts=True).status_code == 200
    before = set((full.data_dir / "gazetteers").iterdir())
    second = editor.check()
    after = set((full.data_dir / "gazetteers").iterdir())
    assert len(after) == 1 + len(before & after)
    assert len(before - after) == 1
    assert editor.decide(second, "accept").status_code == 200
