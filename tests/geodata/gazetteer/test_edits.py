"""Edits over sources: what they replace, keep, name, and where lines meet afterwards."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

from geodata.errors import CrsError, GazetteerError
from geodata.gazetteer import Gazetteer
from geodata.gazetteer.building import compile_collected
from geodata.gazetteer.collecting import Sources, collect
from geodata.gazetteer.edits import Edit, keys_given, line_key, place_key, post_key
from geodata.gazetteer.exchange import Layer, class_of, drawn_of
from geodata.gazetteer.lines import DrawnLines
from geodata.gazetteer.osm_rows import OsmExtract, OsmWay
from geodata.gazetteer.pieces import Piece
from geodata.gazetteer.plain import from_plain, to_plain
from geodata.gazetteer.tables import PlaceTable, PostTable

CRS, X, Y = 4547, 474_000.0, 3_849_000.0
NONE = np.empty(0, dtype=np.int64)


def line(*points):
    return LineString([(X + x, Y + y) for x, y in points])


EAST, NORTH = line((0, 500), (1000, 500)), line((300, 0), (300, 1000))


def drawn(**more):
    """平安路 from west to east, 春光街 from south to north, crossing at (300, 500); numbers and posts on 平安路."""
    rows = [("平安路", EAST), ("春光街", NORTH)]
    found = DrawnLines(
        pieces=[Piece(name, "road", shape, 10.0, NONE, "road") for name, shape in rows],
        basemap=[("road", name, "road", shape) for name, shape in rows],
        numbers=[("平安路", 8, X + 400, Y + 510)],
        posts=[("平安路", 1000.0, X, Y + 500), ("平安路", 2000.0, X + 1000, Y + 500)],
        places=[("甲小区", "landmark", Point(X + 100, Y + 100))],
    )
    for name, value in more.items():
        setattr(found, name, value)
    return found


def made(tmp_path, *edits, source=None, base=None, name="g.qgz"):
    sources = Sources(drawn=[] if base else [source or drawn()], edits=edits, base=base)
    contents = collect(sources, crs=CRS)
    compile_collected(contents, tmp_path / name)
    return Gazetteer.open(tmp_path / name), contents


def crossing(gazetteer, one, other):
    found = [
        row
        for a in gazetteer.lines_of(one)
        for b in gazetteer.lines_of(other)
        for row in gazetteer.crossings_of(a, b)
    ]
    return [(round(row.x - X, 3), round(row.y - Y, 3)) for row in found]


def test_a_moved_line_meets_others_where_it_now_runs(tmp_path):
    edit = Edit(
        "line",
        "平安路",
        "road",
        replaces=(line_key("road", "平安路", EAST),),
        shape=line((0, 540), (1000, 540)),
    )
    gazetteer, contents = made(tmp_path, edit)
    assert gazetteer.line_count == 2
    assert crossing(gazetteer, "平安路", "春光街") == [(300.0, 540.0)]
    assert contents.dropped == {}
    assert sorted(gazetteer.basemap()["name"]) == ["平安路", "春光街"]


def test_a_vertex_that_stays_keeps_its_junction(tmp_path):
    """Two OSM roads share a node that no drawn intersection would find: they end there, 60 m short of each other."""
    lonlat = [np.array([[113.70, 34.77], [113.71, 34.77]]), np.array([[113.71, 34.77], [113.71, 34.78]])]
    ways = [
        OsmWay(name, (), "road", "highway=tertiary", at, nodes, 8.0)
        for name, at, nodes in zip(
            ("甲路", "乙路"), lonlat, (np.array([1, 2]), np.array([2, 3])), strict=True
        )
    ]
    contents = collect(Sources(extracts=[OsmExtract(ways=ways)]), crs=CRS)
    first = next(row for row in contents.basemap if row.name == "甲路").shape
    bent = LineString(
        [
            first.coords[0],
            (first.coords[0][0] + 400, first.coords[0][1] + 40),
            (first.coords[1][0] + 0.01, first.coords[1][1]),
        ]
    )
    edit = Edit("line", "甲路", "road", replaces=(line_key("road", "甲路", first),), shape=bent)
    after = collect(Sources(extracts=[OsmExtract(ways=ways)], edits=[edit]), crs=CRS)
    assert [(row.x, row.y) for row in after.crossings] == [(row.x, row.y) for row in contents.crossings]


def test_a_renamed_road_takes_numbers_posts_and_its_former_name_along(tmp_path):
    gazetteer, contents = made(
        tmp_path, Edit("rename", "新安路", "road", replaces=(line_key("road", "平安路", EAST),))
    )
    (at,) = gazetteer.lines_of("新安路")
    assert gazetteer.lines_of("平安路") == [at]
    assert gazetteer.numbers_of(at).numbers.tolist() == [8]
    assert gazetteer.posted_lines == [at]
    assert contents.dropped == {}


def test_a_former_name_that_another_road_bears_stays_that_road_s(tmp_path):
    far = line((0, 5000), (900, 5000))
    source = drawn()
    source.pieces.append(Piece("平安路", "road", far, 10.0, NONE, "road"))
    source.basemap.append(("road", "平安路", "road", far))
    gazetteer, _ = made(
        tmp_path,
        Edit("rename", "新安路", "road", replaces=(line_key("road", "平安路", EAST),)),
        source=source,
    )
    (kept,) = gazetteer.lines_of("平安路")
    assert gazetteer.line(kept).shape.equals(far)


def test_a_line_without_a_name_can_be_given_one(tmp_path):
    bare = line((600, 0), (600, 900))
    source = drawn()
    source.basemap.append(("road", "", "road", bare))
    gazetteer, _ = made(
        tmp_path, Edit("rename", "补名路", "road", replaces=(line_key("road", "", bare),)), source=source
    )
    assert crossing(gazetteer, "平安路", "补名路") == [(600.0, 500.0)]


def test_hidden_entries_are_gone_with_all_that_hangs_on_them(tmp_path):
    edits = [
        Edit("hide", replaces=(line_key("road", "春光街", NORTH), place_key("甲小区", X + 100, Y + 100))),
        Edit("hide", replaces=(post_key("平安路", 1000.0, X, Y + 500),)),
    ]
    gazetteer, contents = made(tmp_path, *edits)
    assert gazetteer.classes_of("春光街") == ()
    assert gazetteer.classes_of("甲小区") == ()
    assert (len(contents.crossings), len(contents.posts)) == (0, 1)


def test_places_posts_and_aliases_are_added(tmp_path):
    edits = [
        Edit("place", "甲小区东门", "barrier=gate", other_names=("东大门",), shape=Point(X + 120, Y + 100)),
        Edit("post", "平安路", shape=Point(X + 500, Y + 500), chainage_m=1500.0),
        Edit("alias", "平安大道", other_names=("平安路",)),
        Edit("alias", "无此路", other_names=("没有的路",)),
    ]
    gazetteer, contents = made(tmp_path, *edits)
    assert [(row.x - X, row.y - Y) for row in gazetteer.places_of("东大门")] == [(120.0, 100.0)]
    assert gazetteer.lines_of("平安大道") == gazetteer.lines_of("平安路")
    assert sorted(row.chainage_m for row in contents.posts) == [1000.0, 1500.0, 2000.0]
    assert contents.dropped == {"别名所指的名称已不存在": 1}


def test_edits_apply_in_their_order_and_one_that_meets_nothing_is_counted(tmp_path):
    first = Edit(
        "line",
        "平安路",
        "road",
        replaces=(line_key("road", "平安路", EAST),),
        shape=line((0, 540), (1000, 540)),
    )
    second = Edit(
        "line", "平安路", "road", replaces=tuple(keys_given(first)), shape=line((0, 580), (1000, 580))
    )
    gazetteer, contents = made(tmp_path, first, second)
    assert crossing(gazetteer, "平安路", "春光街") == [(300.0, 580.0)]
    _, contents = made(tmp_path, second)
    assert contents.dropped["修改所指的线已不在数据里"] == 1


def test_roads_of_different_files_meet(tmp_path):
    other = line((700, 0), (700, 900))
    second = DrawnLines(
        pieces=[Piece("外来路", "road", other, 10.0, NONE, "road")],
        basemap=[("road", "外来路", "road", other)],
    )
    contents = collect(Sources(drawn=[drawn(), second]), crs=CRS)
    assert len(contents.crossings) == 2


def test_a_finished_file_is_a_base_and_untouched_it_stays_byte_for_byte(tmp_path):
    made(tmp_path, name="base.qgz")
    made(tmp_path, base=tmp_path / "base.qgz", name="again.qgz")
    assert (tmp_path / "base.qgz").read_bytes() == (tmp_path / "again.qgz").read_bytes()
    with pytest.raises(CrsError):
        collect(Sources(base=tmp_path / "base.qgz"), crs=4548)


@pytest.mark.parametrize("kind", ["moved", "renamed", "hidden", "new"])
def test_an_edit_over_a_base_gives_what_it_gives_over_the_sources(tmp_path, kind):
    key = line_key("road", "平安路", EAST)
    edit = {
        "moved": Edit("line", "平安路", "road", replaces=(key,), shape=line((0, 540), (1000, 540))),
        "renamed": Edit("rename", "新安路", "road", replaces=(key,)),
        "hidden": Edit("hide", replaces=(key,)),
        "new": Edit("line", "新建路", "road", shape=line((800, 0), (800, 900))),
    }[kind]
    made(tmp_path, name="base.qgz")
    over, _ = made(tmp_path, edit, base=tmp_path / "base.qgz", name="over.qgz")
    plain, _ = made(tmp_path, edit, name="plain.qgz")
    left_out = ("report",)
    assert {k: v for k, v in over.stats().items() if k not in left_out} == {
        k: v for k, v in plain.stats().items() if k not in left_out
    }
    for name in ("平安路", "新安路", "春光街", "新建路"):
        assert sorted(over.line(at).shape.wkt for at in over.lines_of(name)) == sorted(
            plain.line(at).shape.wkt for at in plain.lines_of(name)
        )
        assert crossing(over, name, "春光街") == crossing(plain, name, "春光街")


finite = st.floats(-1e7, 1e7, allow_nan=False)


@given(
    st.lists(st.tuples(st.text(max_size=5), finite, finite), max_size=5),
    st.lists(st.tuples(finite, finite), min_size=2, max_size=5, unique=True),
)
def test_a_source_comes_back_from_plain_json_exactly(places, path):
    one = DrawnLines(
        pieces=[Piece("路", "road", LineString(path), 10.1, NONE, "road")],
        places=[(name, "", Point(x, y)) for name, x, y in places],
        posts=[("路", x, y, x) for _, x, y in places],
    )
    table = PlaceTable(["甲"], ["乙"], ["丙"], ["丁"], np.array([[113.123456789012345, 34.1]]), {"理由": 2})
    posts = PostTable(["路"], [645300.0], np.array([[113.1, 34.2]]), {})
    for read in (one, table, posts):
        back = from_plain(json.loads(json.dumps(to_plain(read))))
        assert to_plain(back) == to_plain(read)
    back = from_plain(json.loads(json.dumps(to_plain(one))))
    assert shapely.equals_exact(back.pieces[0].line, one.pieces[0].line, tolerance=0.0)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"form": "ship"},
        {"form": "osm"},
        {"form": "lines", "pieces": [["a"]]},
        {"form": "places", "lonlat": "x"},
    ],
)
def test_damaged_sources_are_refused(data):
    with pytest.raises(GazetteerError):
        from_plain(data)


@pytest.mark.parametrize(
    ("words", "name", "layer", "expected"),
    [
        ("", "金水河", "", "water"), ("", "金水河路", "", "road"), ("", "京广铁路", "", "rail"), ("", "东风渠", "道路", "water"),
        ("residential", "", "", "road"), ("canal", "七里河", "", "water"), ("rail", "", "", "rail"), ("", "", "河流水系", "water"),
        ("", "", "", "road"), ("铁路", "陇海线", "", "rail"), ("", "铁路北街", "", "road"),
    ],
)  # fmt: skip
def test_what_a_line_is_follows_from_class_name_and_layer(words, name, layer, expected):
    assert class_of(words, name, layer) == expected


def test_layers_of_any_make_are_sorted_into_lines_places_posts_and_numbers():
    square = Polygon([(0, 0), (0, 9), (9, 9), (9, 0)])
    found = drawn_of(
        [
            Layer(
                "roads",
                {"路名": ["一路", ""], "宽度": ["20 米", ""], "曾用名": ["旧一路、老一路", ""]},
                [LineString([(0, 0), (9, 9)]), LineString([(0, 1), (9, 1)])],
            ),
            Layer(
                "posts", {"线路": ["一路", "一路"], "桩号": ["K1+200", "不详"]}, [Point(1, 1), Point(2, 2)]
            ),
            Layer("门牌", {"道路": ["一路"], "门牌号": ["18号"]}, [Point(3, 3)]),
            Layer("places", {"name": ["一小区", "", "x"]}, [square, Point(4, 4), None]),
            Layer("building", {"name": [""]}, [square]),
        ]
    )
    assert [(piece.name, piece.half_width_m) for piece in found.pieces] == [("一路", 10.0), ("", 10.0)]
    assert found.other_names == [("旧一路", "一路"), ("老一路", "一路")]
    assert found.posts == [("一路", 1200.0, 1.0, 1.0)]
    assert found.numbers == [("一路", 18, 3.0, 3.0)]
    assert [row[0] for row in found.places] == ["一小区"]
    assert [row[0] for row in found.basemap] == ["road", "road", "building"]
    assert found.dropped == {"里程桩没有可读的里程": 1, "没有名称的点和面": 1, "没有图形的行": 1}
