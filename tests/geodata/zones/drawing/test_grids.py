"""Grids drawn along lines: what they follow, how they share work, how they are numbered."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import CrsError, ZoneError
from geodata.zones.checking.checks import check_zones
from geodata.zones.drawing.drawn import fitted_parents
from geodata.zones.drawing.grids import draw_grids
from geodata.zones.drawing.groups import BlockGraph, grouped
from geodata.zones.drawing.work import Work

AREA = Work("area_m2")


def communities(*shapes, codes=("410105001001", "410105001002", "410105001003")):
    return gpd.GeoDataFrame(
        {"code": list(codes[: len(shapes)]), "name": [f"第{n}社区" for n in range(1, len(shapes) + 1)]},
        geometry=list(shapes),
        crs=4547,
    )


def roads(*lines, classes=None):
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({"class": classes or ["road"] * len(shapes)}, geometry=shapes, crs=4547)


def lattice(width, height, step):
    """Roads every `step` metres across a rectangle, ending outside of it."""
    upright = [[(x, -50), (x, height + 50)] for x in range(step, width, step)]
    return roads(*upright, *[[(-50, y), (width + 50, y)] for y in range(step, height, step)])


def tiles(drawn):
    return check_zones({"community": drawn.community, "grid": drawn.grid}).defects == ()


def test_blocks_of_a_lattice_are_shared_out_exactly():
    # 6 x 4 blocks of 200 m in 6 grids: four blocks each is possible, and nothing else is balanced.
    drawn = draw_grids(communities(shapely.box(0, 0, 1200, 800)), lattice(1200, 800, 200), AREA, count=6)
    (plan,) = drawn.plans
    assert (plan.grids, plan.blocks, plan.on_lines, plan.straight_m) == (6, 24, 1.0, 0.0)
    assert plan.load_ratio == pytest.approx(1.0)
    assert drawn.grid.area.tolist() == pytest.approx([160_000] * 6)
    assert tiles(drawn)


def test_numbers_run_west_to_east_in_rows_from_north_to_south():
    drawn = draw_grids(communities(shapely.box(0, 0, 600, 400)), lattice(600, 400, 200), AREA, count=6)
    middle = shapely.get_coordinates(drawn.grid.centroid).round().tolist()
    assert middle == [[100, 300], [300, 300], [500, 300], [100, 100], [300, 100], [500, 100]]
    assert drawn.grid["code"].tolist() == [f"410105001001{n:03d}" for n in range(1, 7)]
    assert drawn.grid["name"].iloc[0] == "第11号网格"
    assert set(drawn.grid["parent"]) == {"410105001001"}
    assert not drawn.grid["official"].any()
    assert drawn.grid["note"].str.contains("草图").all()


def test_work_decides_the_size():
    # All places in the west half: the grids there are smaller.
    places = np.array([(x + 0.5, y + 0.5) for x in range(0, 400, 20) for y in range(0, 400, 20)])
    drawn = draw_grids(
        communities(shapely.box(0, 0, 800, 400)), lattice(800, 400, 100), Work("points", places), count=4
    )
    assert drawn.plans[0].load_ratio == pytest.approx(1.0)
    assert drawn.grid["work"].tolist() == [100] * 4
    assert drawn.grid.area.min() < 0.6 * drawn.grid.area.max()


def test_places_on_a_border_count_once_and_those_outside_are_told():
    places = np.array([[200.0, 200.0], [200.0, 100.0], [0.0, 0.0], [-500.0, 0.0], [50, 50]])
    work = Work("points", places, np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    drawn = draw_grids(communities(shapely.box(0, 0, 400, 400)), lattice(400, 400, 200), work, count=2)
    assert drawn.grid["work"].sum() == 23
    assert drawn.left_out == 8


def test_road_metres_count_half_on_either_side():
    road = roads([(100, -10), (100, 110)])
    drawn = draw_grids(communities(shapely.box(0, 0, 200, 100)), road, Work("road_m"), count=2)
    assert drawn.grid["work"].tolist() == pytest.approx([50, 50])


def test_canals_are_kept_as_borders_where_roads_would_do_as_well():
    # 4 x 2 blocks into two grids: west and east along the middle road, or north and south along a canal.
    square, lines = communities(shapely.box(0, 0, 800, 800)), lattice(800, 800, 400)
    for water, expected in ((0, [(200, 400), (600, 400)]), (1, [(400, 600), (400, 200)])):
        classes = ["water" if n == water else "road" for n in range(2)]
        drawn = draw_grids(square, lines.assign(**{"class": classes}), AREA, count=2)
        assert shapely.get_coordinates(drawn.grid.centroid).round().tolist() == pytest.approx(
            np.array(expected, dtype=float)
        )


def test_blocks_without_roads_are_cut_straight_and_said_so():
    drawn = draw_grids(communities(shapely.box(0, 0, 400, 100)), roads([(900, 0), (950, 0)]), AREA, count=4)
    (plan,) = drawn.plans
    assert (plan.grids, plan.on_lines) == (4, 0.0)
    assert plan.straight_m == pytest.approx(300, abs=0.5)
    assert drawn.grid.area.tolist() == pytest.approx([10_000] * 4, rel=1e-4)
    assert tiles(drawn)


def test_dual_carriageways_and_short_gaps_make_no_slivers():
    # Two carriageways 12 m apart; a side road that stops 10 m short of them.
    lines = roads([(300, -50), (300, 650)], [(312, -50), (312, 650)], [(-50, 300), (290, 300)])
    drawn = draw_grids(communities(shapely.box(0, 0, 600, 600)), lines, AREA, count=3)
    assert sorted(drawn.grid.area.round(-2)) == pytest.approx([90_000, 90_000, 180_000], rel=0.05)
    assert (2 * drawn.grid.area / drawn.grid.length).min() > 60
    assert tiles(drawn)


def test_neighbouring_communities_share_every_vertex_and_their_parent():
    west, east = shapely.box(0, 0, 500.123, 600), shapely.box(500.123, 0, 1000, 600)
    frame = communities(west, east).assign(parent="410105001")
    drawn = draw_grids(frame, lattice(1000, 600, 170), AREA, per_grid=60_000)
    assert [plan.wanted for plan in drawn.plans] == [5, 5]
    assert shapely.coverage_is_valid(np.asarray(drawn.grid.geometry.array))
    above = gpd.GeoDataFrame({"code": ["410105001"]}, geometry=[shapely.box(0, 0, 1000, 600)], crs=4547)
    layers = {
        "subdistrict": fitted_parents(above, drawn.community),
        "community": drawn.community,
        "grid": drawn.grid,
    }
    assert check_zones(layers).defects == ()
    other = gpd.GeoDataFrame({"code": ["410105001"]}, geometry=[shapely.box(0, 0, 1100, 600)], crs=4547)
    assert fitted_parents(other, drawn.community).area[0] == pytest.approx(660_000)


def test_grids_are_shared_out_by_work_and_each_community_gets_one():
    boxes = [shapely.box(0, 0, 800, 400), shapely.box(800, 0, 1200, 400), shapely.box(1200, 0, 1220, 400)]
    drawn = draw_grids(communities(*boxes), lattice(1220, 400, 100), AREA, count=7)
    # 320,000, 160,000 and 8,000 m²: Sainte-Laguë gives 4, 2, and the one that each must have.
    assert [plan.grids for plan in drawn.plans] == [4, 2, 1]


def test_what_cannot_be_drawn():
    one, lines = communities(shapely.box(0, 0, 400, 400)), lattice(400, 400, 200)
    for wrong in ({}, {"count": 2, "per_grid": 5.0}, {"count": 0}, {"per_grid": -1.0}, {"per_grid": 1.0}):
        with pytest.raises(ZoneError):
            draw_grids(one, lines, AREA, **wrong)
    two = communities(shapely.box(0, 0, 400, 400), shapely.box(300, 0, 700, 400))
    with pytest.raises(ZoneError, match="overlap"):
        draw_grids(two, lines, AREA, count=4)
    with pytest.raises(ZoneError, match="repeat a code"):
        draw_grids(one.assign(code=""), lines, AREA, count=4)
    with pytest.raises(CrsError):
        draw_grids(one.to_crs(4326), lines, AREA, count=4)
    with pytest.raises(CrsError):
        draw_grids(one, lines.to_crs(4548), AREA, count=4)
    with pytest.raises(ValueError, match="finite"):
        Work("points", np.array([[np.nan, 0.0]]))
    with pytest.raises(ValueError, match="weights"):
        Work("points", np.array([[0.0, 0.0]]), np.array([-1.0]))


def chain(loads):
    """A row of square blocks."""
    links = [{other: 1.0 for other in (n - 1, n + 1) if 0 <= other < len(loads)} for n in range(len(loads))]
    ones = np.ones(len(loads))
    return BlockGraph(np.array(loads, dtype=float), ones, 4 * ones, links, [{} for _ in loads])


def test_a_row_of_blocks_is_split_where_the_work_halves():
    assert grouped(chain([1, 1, 1, 1, 1, 1]), 3) == [0, 0, 1, 1, 2, 2]
    assert grouped(chain([6, 1, 1, 1, 1, 2]), 2) == [0, 1, 1, 1, 1, 1]
    assert grouped(chain([5]), 4) == [0]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_roads_give_connected_grids_that_tile_twice_the_same(seed):
    rng = np.random.default_rng(seed)
    ends = rng.uniform(-100, 1100, (8, 2, 2))
    places = rng.uniform(0, 1000, (200, 2))
    square = communities(shapely.box(0, 0, 600, 1000), shapely.box(600, 0, 1000, 1000))
    drawn, again = (
        draw_grids(square, roads(*ends.tolist()), Work("points", places), count=9) for _ in range(2)
    )
    assert tiles(drawn)
    assert drawn.grid.geom_type.eq("Polygon").all()
    assert drawn.grid["work"].sum() == 200
    assert drawn.grid.area.sum() == pytest.approx(1e6, abs=4)  # a millimetre along 4 km of border
    assert drawn.grid.geometry.geom_equals_exact(again.grid.geometry, 0).all()
    assert drawn.grid["code"].is_unique
