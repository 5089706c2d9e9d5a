"""Defects of borders with areas worked out by hand, and what can be mended."""

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.errors import CrsError
from geodata.zones import ZoneTree
from geodata.zones.checks import check_zones
from geodata.zones.repair import repair_zones

DATA = Path(os.environ.get("QINGTU_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
DIRTY = DATA / "dirty_zones_wuhan.gpkg"


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
    }
    assert (
        check_zones({"community": communities}, code="nummer").defects[0].words.endswith("现有列：code、name")
    )


def test_crs(drawn):
    with pytest.raises(CrsError, match="no CRS"):
        check_zones({"community": drawn("A").set_crs(None, allow_override=True)})
    with pytest.raises(CrsError, match="degrees"):
        check_zones({"community": drawn("A").set_crs(4326, allow_override=True)})
    with pytest.raises(CrsError, match="different"):
        check_zones({"community": drawn("A"), "grid": drawn("A").set_crs(4548, allow_override=True)})


def test_repair_mends_rings_and_slivers_but_no_disputes():
    shapes = [
        shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100), (0, 50), (-20, 60), (0, 50)]),  # spike
        shapely.box(99.5, 0, 200, 100),  # overlaps A by half a metre
        shapely.box(0, 100, 200, 200) - shapely.box(20, 100, 80, 101),  # leaves 60 m² to A
        shapely.box(150, 150, 250, 250),  # disputes a quarter of its land with C
    ]
    mended, repairs = repair_zones({"community": layer(shapes)})
    areas = dict(zip(mended["community"]["code"], mended["community"].area, strict=True))
    # C gets the gap back only if its border with it is the longest: 62 m (two ends) against A's 60 m.
    assert areas == pytest.approx({"A": 10000, "B": 10000, "C": 20000, "D": 10000})
    left = check_zones(mended)
    assert kinds(left) == {("overlap", ("C", "D"), 2500.0)}
    assert {repair.code for repair in repairs} == {"A", "B", "C"}
    assert not left.usable


def test_repair_does_not_touch_its_input():
    shapes = [shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 100)]
    before = layer(shapes)
    repair_zones({"community": before})
    assert before.area.tolist() == [10000, 10050]


@pytest.mark.testdata
@pytest.mark.skipif(not DIRTY.exists() and "CI" not in os.environ, reason="needs QINGTU_TEST_DATA")
def test_real_dirty_zones():
    raw = gpd.read_file(DIRTY)
    report = check_zones({"community": raw})
    counts = {kind: count for (_, kind), (count, _) in report.totals().items()}
    # Published facts of this file: 41 invalid, one overlap of 13.8 km², about 1,300 gaps; no code column.
    assert (counts["invalid"], counts["overlap"], counts["no_code"]) == (41, 1, 1)
    overlap = next(defect for defect in report.defects if defect.kind == "overlap")
    assert overlap.area_m2 == pytest.approx(13.8e6, rel=0.01)
    assert counts["gap"] + counts["hole"] + counts["sliver"] > 1300
    mended, _ = repair_zones({"community": raw})
    coded = mended["community"].assign(code=[f"{row:03d}" for row in range(len(raw))])
    after = check_zones({"community": coded}).totals()
    assert ("community", "invalid") not in after
    assert after["community", "overlap"][0] == 1
    assert after["community", "sliver"][0] < 0.05 * counts["sliver"]
    assert ZoneTree(community=coded).crs == 4547
    assert pd.Series(mended["community"].area).sum() == pytest.approx(raw.make_valid().area.sum(), rel=1e-6)
