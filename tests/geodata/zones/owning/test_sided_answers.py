"""A side that a text names, carried to the answers of a zone tree: communities, grids, parts, odds."""

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from shapely import LineString, MultiLineString, Point

from geodata.errors import CrsError, FrameError, ZoneError
from geodata.zones import Problem, ZoneTree, place_changes
from geodata.zones.model import LEVELS
from geodata.zones.owning.side_words import side_of

WEST, EAST = shapely.box(-200, 0, 100, 1000), shapely.box(100, 0, 400, 1000)
STRETCH = LineString([(100, 400), (100, 700)])


def owner_rows(**more):
    columns = {
        "code": ["c"],
        "name": ["渠管处"],
        "line_name": ["东风渠、东渠"],
        "half_width_m": [10.0],
        **more,
    }
    return gpd.GeoDataFrame(columns, geometry=[LineString([(100, 0), (100, 1000)])], crs=4547)


def zone_rows(**shapes):
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=4547)


@pytest.fixture(scope="module")
def tree():
    """A canal that runs north on the border between A (grids A1 south, A2 north of y 500) and B (grid B1)."""
    grid = zone_rows(A1=shapely.box(-200, 0, 100, 500), A2=shapely.box(-200, 500, 100, 1000), B1=EAST)
    return ZoneTree(
        community=zone_rows(A=WEST, B=EAST), grid=grid.assign(parent=["A", "A", "B"]), owners=owner_rows()
    )


def lengths(answer, level):
    return {part.code: round(part.length_m, 6) for part in answer.parts_of(level)}


@pytest.mark.parametrize(
    ("side", "community", "grid", "communities", "grids"),
    [
        # On the border itself all of it goes to the lower code, whatever is meant.
        (None, "A", "A2", {"A": 300}, {"A1": 100, "A2": 200}),
        ("right", "B", "B1", {"B": 300}, {"B1": 300}),
        ("E", "B", "B1", {"B": 300}, {"B1": 300}),
        ("left", "A", "A2", {"A": 300}, {"A1": 100, "A2": 200}),
        ("SW", "A", "A2", {"A": 300}, {"A1": 100, "A2": 200}),
        ("both", "A", "A2", {"A": 150, "B": 150}, {"A1": 50, "A2": 100, "B1": 150}),
        # The body is the owner's, the ground is somebody's all the same.
        ("middle", "A", "A2", {"A": 300}, {"A1": 100, "A2": 200}),
        ("N", "A", "A2", {"A": 300}, {"A1": 100, "A2": 200}),
    ],
)
@pytest.mark.parametrize("line", ["东风渠", "东渠", "東風渠", ""])
def test_the_bank_said_has_the_stretch(tree, side, community, grid, communities, grids, line):
    answer = tree.shares(STRETCH, side=side, line=line)
    assert (answer.community, answer.grid) == (community, grid)
    assert lengths(answer, "community") == communities
    assert lengths(answer, "grid") == grids


def test_shares_are_those_of_the_owners(tree):
    right, both, middle, none = (
        tree.shares(STRETCH, side=side, line="东渠") for side in ("right", "both", "middle", None)
    )
    assert [(part.zone, part.share) for part in right.owned.shares] == [("B", 1.0)]
    assert [(part.zone, part.share) for part in both.owned.shares] == [("A", 0.5), ("B", 0.5)]
    for answer in (middle, none):
        assert [(part.owner, part.owner_name, part.length_m) for part in answer.owned.shares] == [
            ("c", "渠管处", 300.0)
        ]
    assert right.owned.owner is None
    assert middle.owned.owner.owner == "c"


def test_where_it_is_drawn_decides_nothing_once_a_side_is_said(tree):
    drawn = [shapely.affinity.translate(STRETCH, dx, 0) for dx in (-30, -4, 0, 4, 30)]
    answers = tree.shares_many(drawn, sides=["right"] * 5, lines=["东渠"] * 5)
    assert {answer.community for answer in answers} == {"B"}
    assert {answer.grid for answer in answers} == {"B1"}
    reverse = tree.shares(STRETCH.reverse(), side="right", line="东渠")
    assert reverse.community == "B"


def test_a_part_is_drawn_where_its_grid_begins_and_ends(tree):
    for line in (STRETCH, STRETCH.reverse()):
        parts = {p.code: p for p in tree.shares(line, side="W", line="东渠").parts_of("grid")}
        assert parts["A1"].geometry.bounds == pytest.approx((100, 400, 100, 500))
        assert parts["A2"].geometry.bounds == pytest.approx((100, 500, 100, 700))
    both = tree.shares(STRETCH, side="both").parts_of("community")
    # Each bank has half of the metres, along all of the stretch.
    assert [(part.geometry.length, part.length_m) for part in both] == [(300, 150), (300, 150)]


def test_a_side_of_a_line_without_owner_is_no_side(tree):
    road = tree.shares(STRETCH, side="E", line="农业路")
    plain = tree.shares(STRETCH)
    assert road == plain


def test_a_side_of_no_line_is_flagged(tree):
    far = tree.shares(Point(300, 500), side="E")
    assert (far.community, far.owned.doubt) == ("B", "no_line")
    near = tree.shares(Point(95, 500), side="E")
    assert (near.community, near.owned.doubt) == ("B", "")


def test_without_linear_owners_sides_say_nothing(tree):
    bare = ZoneTree(community=tree.community, grid=tree.grid)
    answer = bare.shares(STRETCH, side="right", line="东渠")
    assert answer == bare.shares(STRETCH)
    assert answer.owned is None


def test_points_and_areas(tree):
    spot, area = Point(92, 450), shapely.box(80, 420, 130, 520)
    assert [tree.shares(spot, side=side).grid for side in ("left", "right", None)] == ["A1", "B1", "A1"]
    half = tree.shares(spot, side="both")
    assert [(part.code, part.share) for part in half.parts_of("community")] == [("A", 0.5), ("B", 0.5)]
    left = tree.shares(area, side="left", line="东渠")
    assert {part.code: round(part.area_m2, 6) for part in left.parts_of("grid")} == {"A1": 4000, "A2": 1000}
    assert tree.shares(area, side="E").community == "B"


def test_a_bank_outside_all_zones_is_nobodys():
    tree = ZoneTree(community=zone_rows(A=WEST), owners=owner_rows())
    answer = tree.shares(STRETCH, side="right", line="东渠")
    assert (answer.outside, answer.community, answer.p_community) == (True, "", 0.0)
    assert [(part.zone, part.share) for part in answer.owned.shares] == [("", 1.0)]


def test_being_sure_of_a_bank(tree):
    """The water is out of the question, so the border in it is; to the next border it is 300 m."""
    drawn = tree.shares(STRETCH, uncertainty_m=8.0)
    assert (drawn.p_community, drawn.near_border) == (pytest.approx(0.5, abs=1e-3), True)
    said = tree.shares(STRETCH, uncertainty_m=8.0, side="right", line="东渠")
    assert (said.p_community, said.near_border) == (1.0, False)
    # 13 m beyond the centre line the zone B is 287 m wide. Half a normal error of 200 m stays in it with
    # erf(287 / (200 sqrt 2)) = 2 Φ(1.435) - 1 = 0.849; sixteen places know that to a sixteenth.
    wide = tree.shares(Point(100, 500), uncertainty_m=200.0, side="right", line="东渠")
    assert wide.p_community == pytest.approx(2 * ndtr(1.435) - 1, abs=1 / 16)
    assert wide.near_border
    assert wide.owned.doubt == "near_edge"


def test_a_calibrated_place_on_a_bank(tree):
    """What may be anywhere else stays nobody's: no bank makes it surer than that."""
    stated = {50: 0.9, 100: 0.92, 200: 0.93, 500: 0.95}
    said = tree.shares(Point(100, 500), uncertainty_m=8.0, p_within=stated, side="right", line="东渠")
    assert said.community == "B"
    assert 0.9 <= said.p_community <= 0.96
    assert said.owned.shares[0].probability == pytest.approx(said.p_community)
    assert (said.near_border, said.owned.doubt) == (False, "")


def test_unknown_sides_and_lengths_are_refused(tree):
    with pytest.raises(ValueError, match="no side 'up'"):
        tree.shares(STRETCH, side="up")
    with pytest.raises(ValueError, match="2 geometries, but 1 sides"):
        tree.shares_many([STRETCH, STRETCH], sides=["N"])


@settings(max_examples=60, deadline=None)
@given(
    xy=st.lists(st.tuples(st.floats(-190, 390), st.floats(10, 990)), min_size=2, max_size=6, unique=True),
    side=st.sampled_from(["left", "right", "both", "middle", "N", "E", "SW", None]),
    sigma=st.sampled_from([0.0, 8.0, 60.0]),
)
def test_parts_sum_to_the_whole_and_agree_with_the_owners(tree, xy, side, sigma):
    line = LineString(xy)
    answer = tree.shares(line, side=side, line="东渠", uncertainty_m=sigma)
    for level in LEVELS:
        parts = answer.parts_of(level)
        assert sum(part.length_m for part in parts) == pytest.approx(line.length, abs=1e-3)
        assert sum(part.share for part in parts) == pytest.approx(1.0)
    assert sum(part.share for part in answer.owned.shares) == pytest.approx(1.0)
    if answer.owned.owner is None and answer.owned.doubt != "along_line":
        ours = {part.code: part.share for part in answer.parts_of("community") if part.share > 1e-9}
        assert ours == pytest.approx({p.zone: p.share for p in answer.owned.shares if p.share > 1e-9})
    # Every grid is one of a community that has a part.
    communities = {part.code for part in answer.parts_of("community")}
    assert {part.code[:1] for part in answer.parts_of("grid") if part.code} <= communities
    drawn = {p.code: p.geometry.length for p in answer.parts_of("community")}
    assert max(drawn.values()) <= line.length + 1e-6


def test_away_from_all_bodies_the_communities_shares_are_the_answer(tree):
    rng = np.random.default_rng(5)
    places = [Point(x, y) for x, y in rng.uniform((-150, 50), (50, 950), (40, 2))]
    for answer in tree.shares_many(places, uncertainties_m=3.0):
        (share,) = answer.owned.shares
        assert (share.owner, share.zone, share.share) == ("", "A", 1.0)
        assert share.probability == pytest.approx(answer.p_community)


def test_both_ways_to_the_owned_shares_agree(tree):
    """Near a body the linear owners answer, elsewhere the parts do: on one place the same."""
    place = Point(40, 500)
    by_parts = tree.shares(place, uncertainty_m=10.0).owned
    (by_owners,) = tree.snapshot().linear.share([Problem(place, uncertainty_m=10.0)])
    assert [(p.zone, p.share) for p in by_parts.shares] == [(p.zone, p.share) for p in by_owners.shares]
    assert by_parts.shares[0].probability == pytest.approx(by_owners.shares[0].probability, abs=1e-3)


def test_new_borders_keep_the_banks(tree):
    """The border leaves the canal for x = 130: the right bank's strip passes to A, and so does what is on it."""
    day = date(2017, 7, 1)
    after = tree.with_change(
        {
            "community": zone_rows(A=shapely.box(-200, 0, 130, 1000), B=shapely.box(130, 0, 400, 1000)),
            "grid": zone_rows(
                A1=shapely.box(-200, 0, 130, 500), A2=shapely.box(-200, 500, 130, 1000),
                B1=shapely.box(130, 0, 400, 1000),
            ).assign(parent=["A", "A", "B"]),
        },
        valid_from=day,
    )  # fmt: skip
    assert len(after.owners) == 1
    bank, other = place_changes(
        tree, after, [STRETCH, STRETCH], on=day, sides=["right", "left"], lines=["东渠", "东渠"]
    )
    assert (bank.kind, bank.before.community, bank.after.community) == ("owner", "B", "A")
    assert (other.kind, other.after.grid) == ("same", "A2")


def test_an_owner_counts_on_its_days(tree):
    rows = owner_rows(valid_from=["2017-01-01"], valid_to=["2017-06-01"])
    dated = ZoneTree(community=tree.community, grid=tree.grid, owners=rows)
    on = [date(2016, 12, 31), date(2017, 1, 1), date(2017, 5, 31), date(2017, 6, 1), None]
    found = [dated.shares(STRETCH, side="right", line="东渠", on=day) for day in on]
    assert [answer.community for answer in found] == ["A", "B", "B", "A", "A"]
    assert [answer.owned is None for answer in found] == [True, False, False, True, True]


def test_owners_go_through_files_and_crs(tree, tmp_path):
    tree.write(tmp_path / "z.gpkg")
    again = ZoneTree.read(tmp_path / "z.gpkg")
    assert again.owners.drop(columns="geometry").equals(tree.owners.drop(columns="geometry"))
    assert again.owners.geometry.iloc[0].equals(tree.owners.geometry.iloc[0])
    assert again.shares(STRETCH, side="right", line="东渠") == tree.shares(STRETCH, side="right", line="东渠")


def test_owners_follow_the_zones_into_another_crs(tmp_path):
    x, y = 474_000.0, 3_848_000.0

    def moved(frame):
        return frame.set_geometry(frame.geometry.translate(x, y))

    tree = ZoneTree(community=moved(zone_rows(A=WEST, B=EAST)), owners=moved(owner_rows()))
    degrees = tmp_path / "degrees.gpkg"
    tree.community.to_crs(4326).to_file(degrees, layer="社区")
    tree.owners.to_crs(4326).to_file(degrees, layer="线路权属")
    read = ZoneTree.read(degrees)
    assert read.crs == 4547
    stretch = shapely.affinity.translate(STRETCH, x, y)
    for same in (tree.to_crs(32649).to_crs(4547), read):
        assert same.shares(stretch, side="right", line="东渠").community == "B"


def test_a_single_layer_of_any_name_stays_the_communities(tmp_path, tree):
    path = tmp_path / "z.gpkg"
    zone_rows(A=WEST, B=EAST).to_file(path, layer="whatever")
    owner_rows().to_file(path, layer="linear_owner")
    assert ZoneTree.read(path).shares(STRETCH, side="right").community == "B"


def test_several_pieces_of_one_line_are_one_owner(tree):
    pieces = MultiLineString([[(100, 500), (100, 1000)], [(100, 0), (100, 500)]])
    split = ZoneTree(community=tree.community, owners=owner_rows().set_geometry([pieces], crs=4547))
    assert [line.line.length for line in split.snapshot().linear.owners] == [1000.0]
    assert split.shares(STRETCH, side="right", line="东渠").community == "B"


def test_of_two_owners_of_one_river_the_nearer_counts(tree):
    rows = gpd.GeoDataFrame(
        {"code": ["n", "s"], "line_name": ["东渠", "东渠"], "left_m": [5.0, 5.0], "right_m": [20.0, 20.0]},
        geometry=[LineString([(100, 500), (100, 1000)]), LineString([(100, 0), (100, 500)])],
        crs=4547,
    )
    both = ZoneTree(community=tree.community, owners=rows)
    found = [both.shares(Point(101, y), side="middle", line="东渠").owned.owner.owner for y in (100, 900)]
    assert found == ["s", "n"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"half_width_m": [None]}, "c reaches nan m left, nan m right; half_width_m, or both"),
        ({"half_width_m": [0.0]}, "c reaches 0.0 m left, 0.0 m right"),
        ({"half_width_m": [-3.0]}, "c reaches -3.0 m left"),
        ({"left_m": [4.0], "half_width_m": [None]}, "c reaches 4.0 m left, nan m right"),
        ({"code": [""]}, "row 1 has no code"),
        ({"valid_from": ["2017-02-01"], "valid_to": ["2017-01-01"]}, "c begins on 2017-02-01"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(tree, change, words):
    with pytest.raises(ZoneError, match=words):
        ZoneTree(community=tree.community, owners=owner_rows(**change))


@pytest.mark.parametrize("shape", [Point(100, 5), WEST, None, LineString([(1, 1), (1, 1)])])
def test_what_is_no_line_is_refused(tree, shape):
    rows = owner_rows().set_geometry([shape], crs=4547)
    with pytest.raises(ZoneError, match=r"c (is no line with a length|has no geometry)"):
        ZoneTree(community=tree.community, owners=rows)


def test_columns_and_crs_that_cannot_be_read_are_refused(tree):
    with pytest.raises(FrameError, match="linear_owner lacks the code column"):
        ZoneTree(community=tree.community, owners=owner_rows().drop(columns="code"))
    with pytest.raises(FrameError, match="row 1: half_width_m 'wide' is not a number"):
        ZoneTree(community=tree.community, owners=owner_rows(half_width_m=["wide"]))
    with pytest.raises(CrsError, match="linear owners are in"):
        ZoneTree(community=tree.community, owners=owner_rows().to_crs(32649))


def test_unofficial_owners_make_the_tree_unofficial(tree):
    assert tree.is_official
    assert not ZoneTree(community=tree.community, owners=owner_rows(official=[False])).is_official


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("东侧", "E"),
        ("东北岸", "NE"),
        ("左", "left"),
        ("两边", "both"),
        ("渠中间", "middle"),
        ("sw", "SW"),
        ("", None),
    ],
)
def test_sides_in_lists(text, side):
    assert side_of(text) == side


def test_what_is_no_side_in_a_list_is_refused():
    with pytest.raises(ValueError, match="'上面' is no side"):
        side_of("上面")
