"""Defects of borders with areas worked out by hand, and what can be mended."""

import geopandas as gpd
import pytest
import shapely

from geodata.errors import CrsError
from geodata.zones.checking.checks import check_zones


def layer(shapes, codes="ABCDEFGH", **columns):
    return gpd.GeoDataFrame({"code": list(codes[: len(shapes)]), **columns}, geometry=shapes, crs=4547)


def kinds(report):
    return {(defect.kind, defect.codes, round(defect.area_m2, 3)) for defect in report.defects}


def test_clean_zones_have_no_defects(drawn):
    report = check_zones({"community": drawn("AAB\nCCB")})
    assert (report.usable, report.defects, report.zones) == (True, (), {"community": 3})


def test_overlap_gap_hole_and_sliver_by_hand():
    shapes = [
        shapely.box(0, 0, 110, 100),  # A overlaps B by 10 m x 100 m
        shapely.box(100, 0, 200, 100),
        shapely.box(0, 100, 200, 200) - shapely.box(20, 100.0, 180, 101),  # C leaves 1 m x 160 m to A, B
        shapely.box(0, 200, 200, 300) - shapely.box(50, 220, 60, 230),  # D has a hole of 10 m x 10 m
    ]
    report = check_zones({"community": layer(shapes)})
    assert kinds(report) == {
        ("overlap", ("A", "B"), 1000.0),
        ("sliver", ("A", "B", "C"), 160.0),
        ("hole", ("D",), 100.0),
    }
    # 1,000 m² are 10 % of B: a dispute. At 4 % it would be reported only.
    assert not report.usable
    shapes[0] = shapely.box(0, 0, 104, 100)
    assert check_zones({"community": layer(shapes)}).usable


def test_gap_between_zones(drawn):
    report = check_zones({"community": drawn("AAB\nC.B\nCDD")})
    assert kinds(report) == {("gap", ("A", "B", "C", "D"), 10000.0)}
    assert report.usable


def test_invalid_missing_and_not_polygon():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    report = check_zones({"community": layer([bow, None, shapely.Point(0, 0), shapely.box(90, 0, 99, 9)])})
    assert [(defect.kind, defect.codes) for defect in report.defects] == [
        ("no_geometry", ("B",)), ("not_polygon", ("C",)), ("invalid", ("A",)),
    ]  # fmt: skip
    assert not report.usable


def test_codes_and_parents(drawn):
    communities = drawn("AB")
    grids = gpd.GeoDataFrame(
        {"code": ["g1", "g1", ""], "parent": ["A", "X", "B"]},
        geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 150, 100), shapely.box(150, 0, 180, 100)],
        crs=4547,
    )
    report = check_zones({"community": communities, "grid": grids})
    assert kinds(report) == {
        ("no_code", ("第3行",), 0),
        ("duplicate_code", ("g1",), 0),
        ("orphan", ("g1",), 0),
        ("uncovered", ("B",), 2000.0),
    }  # g1's 5,000 m² in B are not missing: the orphan has them
    assert (
        check_zones({"community": communities}, code="nummer").defects[0].words.endswith("现有列：code、name")
    )


def test_children_must_tile_their_parents_at_both_levels(drawn):
    district = gpd.GeoDataFrame({"code": ["S"]}, geometry=[shapely.box(0, 0, 200, 100)], crs=4547)
    # A leaves 10 m of the subdistrict to nobody in the west and reaches out 10 m in the south.
    communities = gpd.GeoDataFrame(
        {"code": ["A", "B"], "parent": ["S", "S"]},
        geometry=[shapely.box(10, -10, 100, 100), shapely.box(100, 0, 200, 100)],
        crs=4547,
    )
    # B's only grid reaches 20 m into A and leaves 30 m of B to nobody.
    grids = gpd.GeoDataFrame(
        {"code": ["A001", "B001"], "parent": ["A", "B"]},
        geometry=[shapely.box(10, -10, 100, 100), shapely.box(80, 0, 170, 100)],
        crs=4547,
    )
    report = check_zones({"grid": grids, "subdistrict": district, "community": communities})
    found = {(d.level, *k) for d in report.defects for k in kinds(type(report)({}, (d,)))}
    assert found == {
        ("community", "uncovered", ("S",), 1000.0),
        ("community", "outside", ("A", "S"), 900.0),
        ("grid", "overlap", ("A001", "B001"), 2000.0),
        ("grid", "outside", ("B001", "B"), 2000.0),
        ("grid", "uncovered", ("B",), 3000.0),
    }


def test_a_parent_without_children_is_all_uncovered(drawn):
    grids = layer([shapely.box(0, 0, 100, 100)], codes=["A1"], parent=["A"])
    report = check_zones({"community": drawn("AB"), "grid": grids})
    assert kinds(report) == {("uncovered", ("B",), 10000.0)}


def test_only_zones_of_the_same_day_are_compared():
    halves = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]
    whole = shapely.box(0, 0, 200, 100)
    frame = gpd.GeoDataFrame(
        {
            "code": ["A", "B", "A"],
            "valid_from": ["2020-01-01", "2020-01-01", "2024-01-01"],
            "valid_to": ["2024-01-01", "2024-01-01", None],
        },
        geometry=[*halves, whole],
        crs=4547,
    )
    assert check_zones({"community": frame}).defects == ()
    # One day more of the old border, and A stands there twice, over B as well.
    late = frame.assign(valid_to=["2024-01-02", "2024-01-02", None])
    assert {d.kind for d in check_zones({"community": late}).defects} == {"duplicate_code", "overlap"}


def test_a_gap_of_former_borders_says_when():
    ring = shapely.box(0, 0, 300, 300) - shapely.box(100, 100, 200, 200)
    frame = layer([ring, ring, shapely.box(100, 100, 200, 200)], "AAB").assign(
        valid_from=["2020-01-01", "2024-01-01", "2024-01-01"], valid_to=["2024-01-01", None, None]
    )
    (only,) = check_zones({"community": frame}).defects
    assert (only.kind, only.codes, only.area_m2) == ("hole", ("A",), 10000)
    assert "2020-01-01 起，到 2024-01-01 为止" in only.words


def test_unreadable_and_reversed_days():
    frame = layer([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]).assign(
        valid_from=["去年", "2024-01-01"], valid_to=[None, "2023-01-01"]
    )
    assert kinds(check_zones({"community": frame})) == {("bad_dates", ("A",), 0), ("bad_dates", ("B",), 0)}


def test_the_same_shape_twice():
    twice = [shapely.box(0, 0, 100, 100), shapely.box(0, 0, 100, 100.01)]
    report = check_zones({"community": layer(twice)})
    assert kinds(report) == {("duplicate_shape", ("A", "B"), 10000.0)}
    assert not report.usable


def test_codes_damaged_by_spreadsheets_and_out_of_line(drawn):
    shapes = [shapely.box(x, 0, x + 10, 10) for x in range(0, 40, 10)]
    grids = layer(shapes, ["A001", "A002", "A003", "XY"], parent=["A"] * 4)
    report = check_zones({"community": layer([shapely.box(0, 0, 40, 10)], ["A"]), "grid": grids})
    assert kinds(report) == {("odd_code", ("XY",), 0)}
    damaged = layer(shapes[:2], ["4.10105E+11", "410105000001"])
    assert kinds(check_zones({"community": damaged})) == {("odd_code", ("4.10105E+11",), 0)}


def test_crs(drawn):
    with pytest.raises(CrsError, match="no CRS"):
        check_zones({"community": drawn("A").set_crs(None, allow_override=True)})
    with pytest.raises(CrsError, match="degrees"):
        check_zones({"community": drawn("A").set_crs(4326, allow_override=True)})
    with pytest.raises(CrsError, match="different"):
        check_zones({"community": drawn("A"), "grid": drawn("A").set_crs(4548, allow_override=True)})


@pytest.mark.testdata
def test_real_dirty_zones(test_data):
    raw = gpd.read_file(test_data / "dirty_zones_wuhan.gpkg")
    report = check_zones({"community": raw})
    counts = {kind: count for (_, kind), (count, _) in report.totals().items()}
    # Published facts of this file: 41 invalid, one overlap of 13.8 km², about 1,300 gaps; no code column.
    assert (counts["invalid"], counts["overlap"], counts["no_code"]) == (41, 1, 1)
    overlap = next(defect for defect in report.defects if defect.kind == "overlap")
    assert overlap.area_m2 == pytest.approx(13.8e6, rel=0.01)
    assert counts["gap"] + counts["hole"] + counts["sliver"] > 1300
