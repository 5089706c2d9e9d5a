"""Communities from their bounds, on maps drawn as text whose answers can be seen."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.demo.first_bounds import demo_bounds
from geodata.demo.profile import write_profile
from geodata.errors import ZoneError
from geodata.gazetteer import Gazetteer, build
from geodata.zones.bounds.drafting import NOTE, codes_of, draft_communities
from geodata.zones.bounds.model import BoundsRow
from geodata.zones.bounds.table import read_bounds
from tests.geodata.zones.bounds.text_map import gazetteer, nodes, polygon

# Two blocks beside each other between 北街 and 南街.
PAIR = """
 a   e   i
b    f    j
c    g    k
 d   h   l
"""
PAIR_ROUTES = {"北街": "bfj", "南街": "cgk", "西路": "abcd", "中路": "efgh", "东路": "ijkl"}


def bounds(name, east, south, west, north, code=""):
    return BoundsRow(name, {"E": east, "S": south, "W": west, "N": north}, code=code)


def draft(names, *rows):
    return draft_communities(rows, names, prefix="410105999")


def same(shape, expected):
    return shape is not None and shapely.symmetric_difference(shape, expected).area < 0.01


def test_neighbours_share_their_border_vertex_for_vertex(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES)
    made = draft(
        names,
        bounds("甲社区", "中路", "南街", "西路", "北街"),
        bounds("乙社区", "东路", "南街", "中路", "北街"),
    )
    first, second = made.community.geometry
    assert same(first, polygon(PAIR, "bfgc"))
    assert same(second, polygon(PAIR, "fjkg"))
    shared = shapely.intersection(first, second)
    assert shared.length == pytest.approx(100.0)
    assert shapely.coverage_is_valid([first, second])
    assert made.report.defects == ()
    assert made.subdistrict.geometry[0].area == pytest.approx(first.area + second.area)


def test_the_result_is_marked_as_a_draft(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES)
    row = BoundsRow("甲社区", {"E": "中路", "S": "南街", "W": "西路", "N": "北街"}, note="待核")
    made = draft_communities([row], names, prefix="410105999000", subdistrict_name="示范街道")
    (zone,) = made.community.to_dict("records")
    assert (zone["code"], zone["name"], zone["parent"], zone["official"]) == (
        "410105999001",
        "甲社区",
        "410105999",
        False,
    )
    assert zone["note"] == f"{NOTE}；待核"
    assert made.subdistrict["name"].tolist() == ["示范街道"]
    assert made.community.crs.to_epsg() == 4547


def test_codes_come_from_the_table_or_the_prefix():
    rows = [BoundsRow("甲", {}), BoundsRow("乙", {}, code="410105999001"), BoundsRow("丙", {})]
    assert codes_of(rows, "410105999") == ["410105999002", "410105999001", "410105999003"]
    with pytest.raises(ZoneError, match=r"2 communities have no code .甲、丙"):
        codes_of(rows, "")
    with pytest.raises(ZoneError, match="9 digits"):
        codes_of(rows, "4101")


# 折路 turns the corner of an L; the low part lies in the west.
ELL = """
a     b

c  d  e

f  g
"""
ELL_ROUTES = {"北街": "ab", "西路": "acf", "南街": "fg", "短路": "gd", "横街": "cde", "东路": "eb"}


def test_an_l_with_two_lines_on_two_sides(tmp_path):
    names = gazetteer(tmp_path, ELL, ELL_ROUTES)
    # 横街 runs on through the land to 西路, and does not divide it.
    made = draft(names, bounds("甲社区", "短路、东路", "南街、横街", "西路", "北街"))
    assert same(made.outcomes[0].shape, polygon(ELL, "abedgf"))
    # With one line on each side it is one of the rectangles.
    upper = draft(names, bounds("甲社区", "东路", "横街", "西路", "北街"))
    assert same(upper.outcomes[0].shape, polygon(ELL, "abec"))
    lower = draft(names, bounds("甲社区", "短路", "南街", "西路", "横街"))
    assert same(lower.outcomes[0].shape, polygon(ELL, "cdgf"))


# 环路 is closed; 东街, 西街, 南街 and 北街 run from it to 外环路.
RINGS = """
A       B
 \\
  a b c

  d   e

  f g h

C       D
"""
RING_ROUTES = {
    "外环路": "ABDCA",
    "内环路": "abcehgfda",
    "北街": "bX",
    "南街": "gY",
    "西街": "dZ",
    "东街": "eW",
}
RING_MAP = (
    RINGS.replace("A       B", "A   X   B").replace("C       D", "C   Y   D").replace("  d   e", "Z d   e W")
)


def test_inside_a_ring_and_between_rings(tmp_path):
    names = gazetteer(tmp_path, RING_MAP, RING_ROUTES)
    at = nodes(RING_MAP)
    inside = draft(names, bounds("甲社区", "内环路", "内环路", "内环路", "内环路"))
    assert same(inside.outcomes[0].shape, polygon(RING_MAP, "acehfd"))
    # North-east between the rings: from 北街 round to 东街.
    between = draft(names, bounds("乙社区", "外环路", "东街", "北街、内环路", "外环路"))
    corner = shapely.Polygon([at["b"], at["X"], at["B"], at["W"], at["e"], at["c"]])
    assert same(between.outcomes[0].shape, corner)


BEND = """
a     b
      |
c  d  e
   |
f  g  h
"""


def test_a_river_that_turns_faces_where_its_run_faces(tmp_path):
    # 弯河 runs east along c-d, turns south to g and east again to h: for the land south-west it is the north-east.
    routes = {"弯河": "cdgh", "北街": "ab", "西路": "acf", "东路": "beh", "南街": "fgh"}
    names = gazetteer(tmp_path, BEND, routes)
    south = draft(names, bounds("甲社区", "弯河", "南街", "西路", "弯河"))
    assert same(south.outcomes[0].shape, polygon(BEND, "cdgf"))
    north = draft(names, bounds("乙社区", "东路", "弯河", "西路", "北街"))
    assert same(north.outcomes[0].shape, polygon(BEND, "abhgdc"))


WAVE = """
  b   m   c

d   e   f   g

      h
      n
"""


def test_a_road_met_twice_is_refused_until_it_is_said_which_piece(tmp_path):
    # 波街 comes over 直街 twice: d-b-e and f-c-g are both land between the two.
    routes = {"波街": "dbehfcg", "直街": "defg", "竖巷": "mn"}
    names = gazetteer(tmp_path, WAVE, routes)
    (outcome,) = draft(names, bounds("甲社区", "波街", "直街", "波街", "波街")).outcomes
    assert outcome.shape is None
    assert "有 2 块地都符合四至" in outcome.problems[0].zh
    (west,) = draft(names, bounds("甲社区", "波街", "直街（竖巷以西）", "波街", "波街")).outcomes
    assert same(west.shape, polygon(WAVE, "dbe"))


def test_short_gaps_are_bridged_and_told(tmp_path):
    # 中路 ends 25 m short of 北街 and 南街.
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES)
    lines = gpd.read_file(tmp_path / "lines.gpkg", layer="line")
    at = nodes(PAIR)
    (x, top), (_, low) = at["f"], at["g"]
    lines.loc[lines["name"] == "中路", "geometry"] = shapely.LineString([(x, top - 25), (x, low + 20)])
    lines.to_file(tmp_path / "short.gpkg", layer="line")
    build(lines=tmp_path / "short.gpkg", out=tmp_path / "short.qgz")
    made = draft(Gazetteer.open(tmp_path / "short.qgz"), bounds("甲社区", "中路", "南街", "西路", "北街"))
    assert same(made.outcomes[0].shape, polygon(PAIR, "bfgc"))
    east = next(finding for finding in made.outcomes[0].findings if finding.side == "E")
    assert sorted(east.bridged_m) == [20.0, 25.0]
    assert "接上 25 米的缺口" in east.words.zh
    assert names.crs == 4547


@pytest.mark.parametrize(("short_m", "text", "closes"), [(200, "中路", True), (300, "中路", False), (300, "中路及其北延长线", True), (300, "中路及其南延长线", False)])  # fmt: skip
def test_short_ends_are_prolonged_to_a_limit(tmp_path, short_m, text, closes):
    west = [(0, -50), (0, 650)]
    rows = {
        "西路": west, "东路": [(500, -50), (500, 650)], "南街": [(-50, 0), (550, 0)], "北街": [(-50, 600), (550, 600)],
        "中路": [(250, -50), (250, 600 - short_m)],
    }  # fmt: skip
    origin = np.array([474_000.0, 3_849_000.0])
    frame = gpd.GeoDataFrame(
        {"name": list(rows), "class": "road"},
        geometry=[shapely.LineString(np.array(xy) + origin) for xy in rows.values()], crs=4547,
    )  # fmt: skip
    frame.to_file(tmp_path / "l.gpkg", layer="line")
    build(lines=tmp_path / "l.gpkg", out=tmp_path / "g.qgz")
    (outcome,) = draft(
        Gazetteer.open(tmp_path / "g.qgz"), bounds("甲社区", text, "南街", "西路", "北街")
    ).outcomes
    assert (outcome.shape is not None) == closes
    if closes:
        assert outcome.shape.area == pytest.approx(250 * 600)
        assert next(f for f in outcome.findings if f.side == "E").prolonged_m == (short_m,)
    else:
        assert "悬空" in outcome.problems[0].zh or "接不上" in outcome.problems[0].zh


def test_a_neighbour_stands_for_its_side(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES)
    made = draft(
        names,
        bounds("甲社区", "乙社区", "南街", "西路", "北街"),
        bounds("乙社区", "东路", "南街", "中路", "北街"),
    )
    assert same(made.outcomes[0].shape, polygon(PAIR, "bfgc"))
    mutual = draft(
        names,
        bounds("甲社区", "乙社区", "南街", "西路", "北街"),
        bounds("乙社区", "东路", "南街", "甲社区", "北街"),
    )
    assert [outcome.shape for outcome in mutual.outcomes] == [None, None]
    assert "至少一方要写明" in mutual.outcomes[0].problems[0].zh
    assert mutual.report is None
    assert len(mutual.community) == 0


def test_beside_a_line_and_between_two_others(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES)
    made = draft(names, bounds("甲社区", "中路以东50米", "南街", "西路", "北街（西路至东路）"))
    assert made.outcomes[0].shape.area == pytest.approx(polygon(PAIR, "bfgc").area + 50 * 100)


def test_the_outline_of_a_park(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES, areas={"东湖公园": "fjkg"})
    made = draft(names, bounds("甲社区", "东湖公园围墙", "南街", "西路", "北街"))
    assert same(made.outcomes[0].shape, polygon(PAIR, "bfgc"))


def test_what_is_missing_is_said_with_its_side(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES)
    rows = [
        BoundsRow("甲社区", {"E": "中路", "S": "南街", "W": "西路"}),
        bounds("乙社区", "无名大道", "南街", "中路", "北街"),
        bounds("丙社区", "西路", "南街", "东路", "北街"),
        bounds("丁社区", "东路", "南街", "中路", "北街"),
    ]
    made = draft(names, *rows)
    words = ["".join(problem.zh for problem in outcome.problems) for outcome in made.outcomes]
    assert "没有写北至" in words[0]
    assert "东边：地名库里没有“无名大道”" in words[1]
    assert "写反" in words[2]
    assert [outcome.shape is not None for outcome in made.outcomes] == [False, False, False, True]
    assert made.outcomes[0].lines.length > 0
    statuses = {finding.side: finding.status for finding in made.outcomes[1].findings}
    assert statuses == {"E": "not_found", "S": "found", "W": "found", "N": "found"}


def test_a_slip_is_read_and_told(tmp_path):
    names = gazetteer(tmp_path, PAIR, PAIR_ROUTES | {"柳荫路": "ijkl"})
    (outcome,) = draft(names, bounds("乙社区", "柳阴路", "南街", "中路", "北街")).outcomes
    assert same(outcome.shape, polygon(PAIR, "fjkg"))
    east = next(finding for finding in outcome.findings if finding.side == "E")
    assert (east.status, "原文“柳阴路”" in east.words.zh) == ("reading", True)


def test_the_same_input_gives_the_same_answer(tmp_path):
    names = gazetteer(tmp_path, ELL, ELL_ROUTES)
    rows = [bounds("甲社区", "短路、东路", "南街、横街", "西路", "北街")]
    assert draft(names, *rows).community.geometry[0].wkb == draft(names, *rows).community.geometry[0].wkb


def test_the_demo_districts_seven_communities(tmp_path):
    """Bar: within 5 % of the area and 30 m (Hausdorff) of the drawn ones; the bench prints the table."""
    write_profile(tmp_path)
    build(lines=tmp_path / "lines.gpkg", out=tmp_path / "g.qgz")
    truth = gpd.read_file(tmp_path / "zones.gpkg", layer="community").set_index("name").geometry
    made = draft_communities(read_bounds(demo_bounds()), Gazetteer.open(tmp_path / "g.qgz"))
    assert len(made.community) == 7
    for name, shape in zip(made.community["name"], made.community.geometry, strict=True):
        assert abs(shape.area / truth[name].area - 1) < 0.05
        assert shapely.hausdorff_distance(shape.boundary, truth[name].boundary, densify=0.01) < 30
    assert made.report.defects == ()
    assert made.community["code"].tolist() == sorted(made.community["code"])
