"""What can be mended, by which rule, and what is refused; areas worked out by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import CrsError
from geodata.zones import ZoneTree
from geodata.zones.checking.checks import check_zones
from geodata.zones.repair.repair import repair_zones


def layer(shapes, codes="ABCDEFGH", **columns):
    return gpd.GeoDataFrame({"code": list(codes[: len(shapes)]), **columns}, geometry=shapes, crs=4547)


def areas(frame):
    return dict(zip(frame["code"], frame.area, strict=True))


def changes(result):
    return [(r.kind, r.code, round(r.area_change_m2, 3)) for r in result.repairs if r.kind != "aligned"]


def test_rings_narrow_overlaps_and_narrow_gaps():
    shapes = [
        shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100), (0, 50), (-20, 60), (0, 50)]),  # spike
        shapely.box(99.5, 0, 200, 100),  # overlaps A by half a metre
        shapely.box(0, 100, 200, 200) - shapely.box(20, 100, 80, 101),  # leaves 60 m² to A
    ]
    result = repair_zones({"community": layer(shapes)})
    # C gets the gap back: its border with it is the longest, 62 m (two ends) against A's 60 m.
    assert areas(result.layers["community"]) == pytest.approx({"A": 10000, "B": 10000, "C": 20000})
    assert changes(result) == [("rebuilt", "A", 0), ("overlap", "B", -50), ("gap", "C", 60)]
    assert result.refusals == ()
    assert check_zones(result.layers).defects == ()


def test_an_overlap_above_the_limit_is_refused_with_its_reason():
    shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(900, 0, 2000, 1000)]
    result = repair_zones({"community": layer(shapes)})
    (refusal,) = result.refusals
    assert (refusal.kind, refusal.codes, refusal.area_m2) == ("overlap", ("A", "B"), 100_000)
    assert "重叠 10.00 公顷，大于 1.00 公顷" in refusal.words
    assert areas(result.layers["community"]) == pytest.approx({"A": 1e6, "B": 1.1e6})
    # Whoever states a higher limit has ruled: the lowest code.
    ruled = repair_zones({"community": layer(shapes)}, limit_m2=200_000)
    assert areas(ruled.layers["community"]) == pytest.approx({"A": 1e6, "B": 1e6})


@pytest.mark.parametrize(("width_m", "refused"), [(100.0, False), (100.01, True)])
def test_the_limit_itself_is_still_mended(width_m, refused):
    shapes = [shapely.box(0, 0, 1000, 100), shapely.box(1000 - width_m, 0, 2000, 100)]
    assert bool(repair_zones({"community": layer(shapes)}).refusals) == refused


def test_an_enclave_that_was_not_cut_out_keeps_its_land():
    shapes = [shapely.box(0, 0, 1000, 1000), shapely.box(400, 400, 490, 490)]
    result = repair_zones({"community": layer(shapes)})
    assert areas(result.layers["community"]) == pytest.approx({"A": 1e6 - 8100, "B": 8100})
    assert changes(result) == [("overlap", "A", -8100)]


def test_no_zone_loses_more_than_half_to_several_neighbours():
    shapes = [shapely.box(0, 0, 48, 100), shapely.box(52, 0, 148, 100), shapely.box(8, 0, 92, 100)]
    mended = areas(repair_zones({"community": layer(shapes)}).layers["community"])
    # C (84 m wide) gives 40 m to A; giving 40 m to B as well would leave it 4 m.
    assert mended == pytest.approx({"A": 4800, "B": 5600, "C": 4400})


def test_the_same_shape_under_two_codes_is_refused_and_a_repeated_row_dropped():
    box = shapely.box(0, 0, 50, 50)
    result = repair_zones({"community": layer([box, box], "AB")})
    assert [(r.kind, r.codes) for r in result.refusals] == [("overlap", ("A", "B"))]
    assert "同一个图形" in result.refusals[0].words
    twice = repair_zones({"community": layer([box, box.reverse()], "AA")})
    assert changes(twice) == [("duplicate_row", "A", 0)]
    assert len(twice.layers["community"]) == 1


def test_gaps_go_to_the_longest_border_a_tie_to_the_lowest_code(drawn):
    result = repair_zones({"community": drawn("ccaa\nc.aa\nbbaa\nbbaa", cell_m=10.0)})
    assert changes(result) == [("gap", "c", 100)]  # 20 m of border with c, 10 m with a and b
    tie = repair_zones({"community": drawn("bb\nb.\nba\naa", cell_m=10.0)})
    assert changes(tie) == []  # open to the outside: no gap
    both = repair_zones({"community": drawn("bbb\nb.a\naaa", cell_m=10.0)})
    assert changes(both) == [("gap", "a", 100)]


def test_a_wide_gap_is_refused_as_it_may_be_water(drawn):
    result = repair_zones({"community": drawn("aab\nc.b\ncdd", cell_m=101.0)})
    (refusal,) = result.refusals
    assert (refusal.kind, refusal.codes) == ("gap", ("a", "b", "c", "d"))
    assert refusal.area_m2 == pytest.approx(101**2)


def test_a_thin_part_goes_to_its_neighbour():
    strip = shapely.box(200, 0, 201, 100)
    shapes = [
        shapely.box(0, 0, 100, 100) | strip,
        shapely.box(100, 0, 200, 100),
        shapely.box(201, 0, 300, 90),
    ]
    result = repair_zones({"community": layer(shapes)})
    assert changes(result) == [("sliver", "A", -100), ("sliver", "B", 100)]  # 100 m with B, 90 m with C


def test_a_thin_part_behind_disputed_land_stays_with_its_zone():
    # A surrounds B's 300 m square to the west; a metre of A is left between the dispute and C.
    shapes = [shapely.box(0, 0, 401, 300), shapely.box(100, 0, 400, 300), shapely.box(401, 0, 600, 300)]
    result = repair_zones({"community": layer(shapes)})
    assert changes(result) == []
    assert [refusal.codes for refusal in result.refusals] == [("A", "B")]
    assert areas(result.layers["community"])["A"] == pytest.approx(401 * 300)


def test_nested_shells_are_holes_only_where_a_neighbour_fills_them():
    outer = shapely.box(0, 0, 300, 100)
    filled, empty = shapely.box(50, 20, 60, 30), shapely.box(200, 20, 210, 30)
    nested = shapely.MultiPolygon([outer, filled, empty])
    result = repair_zones({"community": layer([nested, filled])})
    assert areas(result.layers["community"]) == pytest.approx({"A": 29900, "B": 100})
    assert changes(result) == [("rebuilt", "A", -300)]  # its signed area counted both shells twice
    assert check_zones(result.layers).defects == ()


def test_children_are_fitted_into_their_parents():
    communities = layer([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], "AB")
    grids = layer(
        [
            shapely.box(0, 0, 50, 99),  # leaves 50 m² of A
            shapely.box(50, 0, 101, 100),  # reaches 100 m² into B
            shapely.box(100, 0, 203, 100),  # reaches 300 m² out of the district
        ],
        ["A001", "A002", "B001"],
        parent=["A", "A", "B"],
    )
    result = repair_zones({"community": communities, "grid": grids})
    assert check_zones(result.layers).defects == ()
    assert areas(result.layers["grid"]) == pytest.approx({"A001": 5000, "A002": 5000, "B001": 10000})
    assert {(r.kind, r.code, round(r.area_change_m2)) for r in result.repairs if r.kind != "aligned"} == {
        ("uncovered", "A001", 50), ("outside", "A002", -100), ("outside", "B001", -300),
    }  # fmt: skip


def test_wide_land_outside_the_parent_and_parents_without_children_are_refused():
    communities = layer([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 1050, 100)], "AB")
    grids = layer([shapely.box(-100, 0, 1000, 1000)], ["A001"], parent=["A"])
    result = repair_zones({"community": communities, "grid": grids})
    assert {(r.kind, r.codes, round(r.area_m2)) for r in result.refusals} == {
        ("outside", ("A001",), 100_000), ("uncovered", ("B",), 5000),
    }  # fmt: skip


def test_a_missing_parent_is_found_by_the_land(drawn):
    grids = layer(
        [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], ["g1", "g2"], parent=["A", None]
    )
    result = repair_zones({"community": drawn("AB"), "grid": grids})
    assert result.layers["grid"]["parent"].tolist() == ["A", "B"]
    assert [r.kind for r in result.repairs if r.kind != "aligned"] == ["parent"]


def test_former_borders_are_made_valid_and_not_moved():
    old = shapely.box(0, 0, 100.5, 100)
    shapes = [old, shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 100)]
    frame = layer(shapes, "AAB").assign(
        valid_to=["2024-01-01", None, None], valid_from=[None, "2024-01-01", None]
    )
    result = repair_zones({"community": frame})
    assert result.layers["community"].geometry.iloc[0].equals_exact(old, 0)
    assert changes(result) == [("overlap", "B", -50)]


def test_sound_zones_and_the_input_stay_as_they_are(drawn):
    sound = drawn("AAB\nCCB")
    result = repair_zones({"community": sound})
    assert result.repairs == ()
    assert result.layers["community"].geometry.geom_equals_exact(sound.geometry, 0).all()
    before = layer([shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 100)])
    repair_zones({"community": before})
    assert before.area.tolist() == [10000, 10050]


def test_what_was_mended_is_not_moved_again():
    shapes = [
        shapely.box(0, 0, 100.0004, 100),
        shapely.box(99.5, 0, 200, 100),
        shapely.box(200.3, 0, 300, 100),
    ]
    once = repair_zones({"community": layer(shapes)}).layers["community"]
    multi = once.set_geometry([shapely.MultiPolygon([shape]) for shape in once.geometry], crs=4547)
    disputed = gpd.GeoDataFrame({"code": ["Z"]}, geometry=[shapely.box(290, 0, 600, 2000)], crs=4547)
    again = repair_zones({"community": pd.concat([multi, disputed])})
    assert {repair.code for repair in again.repairs if repair.kind == "aligned"} <= {"C", "Z"}


def test_coordinates_that_cannot_be_in_their_crs_are_refused():
    degrees = layer([shapely.box(113.7, 34.7, 113.8, 34.8)])
    with pytest.raises(CrsError, match="the numbers are degrees") as refused:
        repair_zones({"community": degrees})
    assert "数值是经纬度" in refused.value.zh


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_is_drawn_what_is_mended_tiles_and_the_changes_add_up(seed):
    """Voronoi zones with vertices moved by up to 0.3 m, each zone on its own."""
    rng = np.random.default_rng(seed)
    square = shapely.box(0, 0, 300, 300)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 300, (12, 2))), extend_to=square)
    )
    drawn = [
        shapely.Polygon((xy := shapely.get_coordinates(cell)[:-1]) + rng.uniform(-0.3, 0.3, xy.shape))
        for cell in shapely.intersection(cells, square)
    ]
    frame = layer(drawn, [f"{number:02d}" for number in range(len(drawn))])
    result = repair_zones({"community": frame})
    mended = result.layers["community"]
    assert result.refusals == ()
    assert shapely.coverage_is_valid(np.asarray(mended.geometry.array))
    assert [d for d in check_zones(result.layers).defects if d.nature != "sliver"] == []
    total = dict.fromkeys(frame["code"], 0.0)
    for repair in result.repairs:
        total[repair.code] += repair.area_change_m2
        if repair.kind == "aligned":  # no more than the grid's half diagonal along the whole border
            assert abs(repair.area_change_m2) < 0.001 * mended.length.max()
    grown = {code: mended.area[row] - frame.area[row] for row, code in enumerate(frame["code"])}
    assert total == pytest.approx(grown, abs=1e-6)


@pytest.mark.testdata
def test_real_dirty_zones_are_mended_but_for_what_is_wide(test_data):
    raw = gpd.read_file(test_data / "dirty_zones_wuhan.gpkg")
    result = repair_zones({"community": raw})
    mended = result.layers["community"]
    assert mended.is_valid.all()
    assert sum(repair.kind == "rebuilt" for repair in result.repairs) == 41
    assert all(refusal.area_m2 > 10_000 for refusal in result.refusals)
    assert [refusal.kind for refusal in result.refusals].count("overlap") == 1
    left = {d.kind for d in check_zones(result.layers).defects}
    assert left == {"no_code", "overlap", "gap"}  # exactly the refused ones
    coded = mended.assign(code=[f"{row:03d}" for row in range(len(raw))])
    assert ZoneTree(community=coded).crs == 4547
