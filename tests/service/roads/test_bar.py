"""An edit of one road lists exactly the records whose position changes: compared with two gazetteers built apart."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import LineString

from geodata.gazetteer import build
from geodata.geocode import Geocoder

CRS, X, Y = 4547, 474_000.0, 3_849_000.0


def at(*points):
    return LineString([(X + x, Y + y) for x, y in points])


def rebuilt(tiny_profile, folder, change):
    """A gazetteer built from the profile's lines after `change` was applied to them by hand."""
    lines = gpd.read_file(tiny_profile / "lines.gpkg", layer="line")
    rows = change([(row["name"], row["geometry"]) for row in lines.to_dict("records")])
    frame = gpd.GeoDataFrame(
        {"name": [name for name, _ in rows], "class": "road", "width_m": 20.0},
        geometry=[shape for _, shape in rows],
        crs=CRS,
    )
    frame.to_file(folder / "lines.gpkg", layer="line", driver="GPKG")
    gpd.read_file(tiny_profile / "lines.gpkg", layer="place").to_file(
        folder / "lines.gpkg", layer="place", driver="GPKG"
    )
    build(lines=folder / "lines.gpkg", zones=tiny_profile / "zones.gpkg", crs=CRS, out=folder / "new.qgz")
    build(
        lines=tiny_profile / "lines.gpkg", zones=tiny_profile / "zones.gpkg", crs=CRS, out=folder / "old.qgz"
    )
    return Geocoder.open(folder / "old.qgz"), Geocoder.open(folder / "new.qgz")


def moved_texts(texts, old, new):
    """By definition: the texts whose status differs or whose geometry lies more than half a metre elsewhere."""
    found = set()
    for text in texts:
        before, after = old.locate(text), new.locate(text)
        shapes = [answer.best.geometry if answer.best else None for answer in (before, after)]
        if (
            before.status != after.status
            or (shapes[0] is None) != (shapes[1] is None)
            or (shapes[0] is not None and shapely.hausdorff_distance(*shapes) > 0.5)
        ):
            found.add(text)
    return found


def without(rows, name):
    return [row for row in rows if row[0] != name]


EDITS = {
    "shifted": (
        lambda e: e.edit(kind="line", entry_class="road", name="平安路", width_m=20.0, replaces=[e.key("平安路")], geometry=e.line((-100, 500), (900, 500), (1000, 540), (2100, 540))),
        lambda rows: [("平安路", at((-100, 500), (900, 500), (1000, 540), (2100, 540))), *without(rows, "平安路")],
    ),
    "hidden": (
        lambda e: e.edit(kind="hide", replaces=[e.key("冬青街")]),
        lambda rows: without(rows, "冬青街"),
    ),
    "new crossing": (
        lambda e: e.edit(kind="line", entry_class="road", name="新建路", width_m=20.0, geometry=e.line((500, 0), (500, 1000))),
        lambda rows: [*rows, ("新建路", at((500, 0), (500, 1000)))],
    ),
    "split": (
        lambda e: (
            e.edit(kind="line", entry_class="road", name="春光街", width_m=20.0, replaces=[e.key("春光街")], geometry=e.line((250, -100), (250, 500))),
            e.edit(kind="line", entry_class="road", name="春光北街", width_m=20.0, geometry=e.line((250, 500), (250, 1100))),
        ),
        lambda rows: [*[("春光街", at((250, -100), (250, 500))) if row[0] == "春光街" else row for row in rows], ("春光北街", at((250, 500), (250, 1100)))],
    ),
}  # fmt: skip


def records(store):
    """Everything of cases and places that a move could change, by id."""
    return {
        (kind, str(row[0])): tuple(row[1:])
        for kind in ("case", "place")
        for row in store(
            f"select id, location_text, placement, ST_AsText(shape), community_code, grid_code, version, method from {kind}s"
        )
    }


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_lists_exactly_the_records_whose_position_changes(
    name, editor, store, tiny_profile, tmp_path
):
    draw, by_hand = EDITS[name]
    old, new = rebuilt(tiny_profile, tmp_path, by_hand)
    before = records(store)
    texts = {row[0] for row in before.values()}
    expected = {key for key, row in before.items() if row[0] in moved_texts(texts, old, new)}
    assert 3 < len(expected) < len(before)
    draw(editor)
    check = editor.check()
    listed = {(item["record"], item["record_id"]) for item in check["items"]}
    assert listed == expected
    assert records(store) == before, "nothing moves before somebody accepts"
    assert editor.decide(check, "accept").status_code == 200
    after = records(store)
    assert {key for key in before if before[key] != after[key]} == expected, "nothing else moved"
    for key in expected:
        answer = new.locate(after[key][0])
        assert after[key][1] == answer.status
        if answer.best is not None:
            assert shapely.hausdorff_distance(shapely.from_wkt(after[key][2]), answer.best.geometry) < 0.05


def test_a_renamed_road_is_found_by_both_names_and_nothing_else_moves(editor, store):
    before = records(store)
    editor.edit(kind="rename", name="夏荷街", replaces=[editor.key("夏雨街")])
    check = editor.check()
    assert {item["words"] for item in check["items"]} == {
        row[0] for row in before.values() if row[0].startswith("夏荷街")
    }
    assert {item["change"] for item in check["items"]} == {"found"}
    assert editor.decide(check, "accept").status_code == 200
    found = editor.client.get("/api/locate", params={"q": "夏荷街与平安路交叉口"}).json()
    assert found["status"] == "located"


def test_what_is_kept_stays_and_is_not_asked_again(editor, store):
    EDITS["shifted"][0](editor)
    before = records(store)
    check = editor.check()
    keep = [item["id"] for item in check["items"][::2]]
    kept = {(item["record"], item["record_id"]) for item in check["items"][::2]}
    done = editor.decide(check, "accept", keep=keep)
    assert done.status_code == 200
    assert {item["outcome"] for item in done.json()["items"]} == {"moved", "kept"}
    after = records(store)
    assert all(before[key] == after[key] for key in kept)
    assert sum(before[key] != after[key] for key in before) == len(check["items"]) - len(keep)
    editor.edit(
        kind="line",
        entry_class="road",
        name="新建路",
        width_m=20.0,
        geometry=editor.line((500, 0), (500, 1000)),
    )
    again = editor.check()
    # What was kept and changes again is asked about again; everything else that was kept is not.
    assert again["items"]
    assert all("新建路" in item["words"] for item in again["items"])
    assert any("新建路" not in before[key][0] for key in kept)


def test_discarding_leaves_every_record_and_the_map_as_they_were(editor, store):
    def dump():
        tables = (
            "cases",
            "places",
            "zone_shares",
            "case_events",
            "place_versions",
            "position_moves",
            "basemap_features",
            "gazetteer_versions",
            "aliases",
        )
        return {name: sorted(map(str, store(f"select t.* from {name} t"))) for name in tables}

    before = dump()
    EDITS["shifted"][0](editor)
    check = editor.check()
    assert check["items"]
    assert editor.decide(check, "discard").status_code == 200
    assert dump() == before
    state = editor.client.get("/api/gazetteer").json()
    assert (state["state"], state["pending"]) == ("ready", 0)


def test_undoing_brings_positions_map_and_drafts_back(editor, store):
    before = records(store)
    lines = store("select layer, name, ST_AsText(shape) from basemap_features order by 1, 2, 3")
    EDITS["shifted"][0](editor)
    check = editor.check()
    assert editor.decide(check, "accept").status_code == 200
    assert store("select layer, name, ST_AsText(shape) from basemap_features order by 1, 2, 3") != lines
    undone = editor.decide(check, "undo")
    assert undone.status_code == 200, undone.text
    assert {item["outcome"] for item in undone.json()["items"]} == {"back"}
    after = records(store)
    # Versions and the words of the method go on; where and whose a record is, is as it was.
    assert {key: row[:5] for key, row in after.items()} == {key: row[:5] for key, row in before.items()}
    assert store("select layer, name, ST_AsText(shape) from basemap_features order by 1, 2, 3") == lines
    state = editor.client.get("/api/gazetteer").json()
    assert (state["state"], state["pending"]) == ("draft", 1)


def test_a_check_without_any_edit_is_refused_and_a_second_one_while_it_runs(editor):
    assert editor.client.post("/api/gazetteer/checks").status_code == 422
    EDITS["hidden"][0](editor)
    first = editor.client.post("/api/gazetteer/checks")
    assert first.status_code == 202
    second = editor.client.post("/api/gazetteer/checks")
    done = editor.wait(first.json()["id"])
    assert second.status_code == 409
    assert done["state"] == "waiting"
