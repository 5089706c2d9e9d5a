"""Edits of sketches by laws: zones tile exactly, ground is neither made nor lost, neighbours share vertices.

::

    y 1000 ┌───────┬───────┐
           │  A1   │       │   communities A (0–1000) and B (1000–2000)
       500 ├───────┤   B   │   grids A1 (north), A2 (south) of A
           │  A2   │       │
         0 └───────┴───────┘
           0     1000    2000
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from geodata.zones.sketching import facts, ground
from geodata.zones.sketching.blocks import at_points, cut_by, street_blocks
from geodata.zones.sketching.findings import findings_of, gaps_of
from geodata.zones.sketching.model import Sketch, SketchError, SketchZone, fresh_code
from geodata.zones.sketching.network import sketch_of


def little() -> Sketch:
    zones = [
        SketchZone("subdistrict", "S", "街道", shape=box(0, 0, 2000, 1000)),
        SketchZone("community", "A", "甲", "S", colour=0, shape=box(0, 0, 1000, 1000)),
        SketchZone("community", "B", "乙", "S", colour=1, shape=box(1000, 0, 2000, 1000)),
        SketchZone("grid", "A1", "甲一", "A", colour=0, shape=box(0, 500, 1000, 1000)),
        SketchZone("grid", "A2", "甲二", "A", colour=1, shape=box(0, 0, 1000, 500)),
    ]
    return sketch_of(zones, crs=4547)


def areas(sketch, level="community"):
    return {zone.code: zone.shape.area for zone in sketch.of(level)}


def require_tiling(sketch):
    """Valid, no overlap, neighbours share vertices, grids inside their community."""
    for level in ("subdistrict", "community", "grid"):
        shapes = np.array([zone.shape for zone in sketch.of(level)], dtype=object)
        assert shapely.is_valid(shapes).all()
        assert len(shapes) < 2 or shapely.coverage_is_valid(shapes)
        union = shapely.union_all(shapes).area if len(shapes) else 0
        assert shapely.area(shapes).sum() == pytest.approx(union, abs=1e-6)
        assert all(np.array_equal(np.round(xy, 3), xy) for xy in map(shapely.get_coordinates, shapes))
    for grid in sketch.of("grid"):
        parent = sketch.parent_of(grid)
        if parent is not None and not grid.shape.is_empty:
            assert shapely.difference(grid.shape, parent.shape).area < 1e-6


def test_ground_passes_and_a_cut_grid_keeps_the_rest():
    after = ground.give(little(), "community", "B", box(800, 0, 1000, 500))
    assert areas(after) == {"A": 900_000, "B": 1_100_000}
    assert areas(after, "grid") == {"A1": 500_000, "A2": 400_000}
    require_tiling(after)
    assert [(f.kind, f.level, f.area_m2) for f in findings_of(after)] == []


def test_a_grid_that_passes_whole_changes_its_parent():
    after = ground.give(little(), "community", "B", box(0, 0, 1000, 500))
    assert after.find("grid", "A2").parent == "B"
    assert areas(after, "grid")["A2"] == 500_000
    require_tiling(after)
    # B has a grid now, so the rest of B lacks one.
    assert [(f.kind, f.level, round(f.area_m2)) for f in findings_of(after)] == [("gap", "grid", 1_000_000)]


def test_ground_given_to_nobody_is_a_gap_and_can_be_filled():
    bare = ground.give(little(), "community", None, box(900, 400, 1100, 600))
    (gap,) = [f for f in findings_of(bare) if f.level == "community"]
    assert (gap.kind, gap.area_m2, gap.codes) == ("gap", 40_000, ("A", "B"))
    filled = ground.fill(bare, "community", "A", Point(1000, 500))
    assert areas(filled) == {"A": 1_020_000, "B": 980_000}
    require_tiling(filled)
    with pytest.raises(SketchError, match="no_gap"):
        ground.fill(filled, "community", "A", Point(1000, 500))


def test_a_grid_gets_ground_of_its_community_only():
    after = ground.give(little(), "grid", "A2", box(500, 400, 1500, 600))
    assert areas(after, "grid") == {"A1": 450_000, "A2": 550_000}
    with pytest.raises(SketchError, match="outside_parent"):
        ground.give(little(), "grid", "A2", box(1200, 0, 1500, 500))


def test_splitting_keeps_the_code_of_the_largest_piece_and_cuts_the_grids():
    after = ground.split(little(), "community", "A", LineString([(300, -10), (300, 1010)]))
    assert areas(after) == {"A": 700_000, "B": 1_000_000, "S001": 300_000}
    assert sorted((zone.parent, zone.shape.area) for zone in after.of("grid")) == [
        ("A", 350_000), ("A", 350_000), ("S001", 150_000), ("S001", 150_000),
    ]  # fmt: skip
    assert len({zone.colour for zone in after.of("community")}) == 3
    require_tiling(after)
    back = ground.merge(after, "community", "A", "S001")
    assert areas(back) == areas(little())
    assert {zone.parent for zone in back.of("grid")} == {"A"}


def test_a_line_that_ends_on_the_border_splits_and_one_inside_does_not():
    ends = ground.split(little(), "community", "B", LineString([(1000, 500), (2000, 500)]))
    assert sorted(areas(ends).values()) == [500_000, 500_000, 1_000_000]
    require_tiling(ends)
    for line in ([(1100, 500), (1900, 500)], [(1100, 500), (2100, 500)], [(-50, -50), (-10, 500)]):
        with pytest.raises(SketchError, match="splits_nothing"):
            ground.split(little(), "community", "B", LineString(line))
    with pytest.raises(SketchError, match="bad_shape"):
        ground.split(little(), "community", "B", LineString([(1100, 500), (1100, 500)]))


def test_a_line_in_waves_makes_two_zones_but_not_of_dozens_of_pieces():
    wave = [(0, 900), (250, 1100), (500, 900), (750, 1100), (1000, 900)]
    after = ground.split(little(), "community", "A", LineString(wave))
    # What lies above the wave is one zone in three parts: a triangle of 125 x 100 / 2 at each flank.
    assert len(after.of("community")) == 3
    assert areas(after)["S001"] == pytest.approx(4 * 125 * 100 / 2, abs=1)
    assert [(f.kind, f.codes) for f in findings_of(after) if f.level == "community"] == [
        ("island", ("S001",))
    ] * 2
    require_tiling(after)
    comb = [(x, 900 if x % 20 else 1100) for x in range(0, 1001, 10)]
    with pytest.raises(SketchError, match="too_many_pieces"):
        ground.split(little(), "community", "A", LineString(comb))


def test_a_vertex_moves_in_all_zones_that_have_it():
    after = facts.move_vertex(little(), (1000, 500), (1050, 500))
    # A and both its grids meet B there: triangles of 1000 x 50 / 2.
    assert areas(after) == {"A": 1_025_000, "B": 975_000}
    assert areas(after, "grid") == {"A1": 512_500, "A2": 512_500}
    require_tiling(after)


def test_a_new_vertex_is_pulled_out_of_a_border():
    after = facts.move_vertex(little(), (1000.2, 250), (900, 250))
    assert areas(after) == {"A": 1_000_000 - 25_000, "B": 1_025_000}
    require_tiling(after)


def test_a_vertex_pulled_over_another_border_is_refused():
    for to in ((2100, 500), (-100, 500), (500, 1200)):
        with pytest.raises(SketchError, match="crosses"):
            facts.move_vertex(little(), (1000, 500), to)
    with pytest.raises(SketchError, match="no_vertex"):
        facts.move_vertex(little(), (500, 250), (500, 300))


def test_the_subdistrict_follows_its_communities():
    grown = ground.give(little(), "community", "B", box(2000, 0, 2200, 1000))
    assert [(f.kind, f.codes) for f in findings_of(grown) if f.level == "community"] == [
        ("outside", ("B", "S"))
    ]
    after = ground.outline(grown, code="X", name="x")
    assert areas(after, "subdistrict") == {"S": 2_200_000}
    fresh = ground.outline(after.with_zones(after.of("community")), code="X", name="新街道")
    assert areas(fresh, "subdistrict") == {"X": 2_200_000}
    assert {zone.parent for zone in fresh.of("community")} == {"X"}
    with pytest.raises(SketchError, match="no_ground"):
        ground.outline(Sketch(crs=4547), code="X", name="x")


def test_islands_and_zones_without_ground_are_found():
    after = ground.give(little(), "community", "B", box(100, 600, 200, 700))
    assert ("island", ("B",), 10_000.0) in [(f.kind, f.codes, f.area_m2) for f in findings_of(after)]
    named = facts.add(little(), "community", name="丙")
    assert [(f.kind, f.codes) for f in findings_of(named)] == [("empty", ("S001",))]


def test_overlaps_of_the_source_are_disputed_until_somebody_decides():
    zones = [
        SketchZone("community", "A", "甲", shape=box(0, 0, 1100, 1000)),
        SketchZone("community", "B", "乙", shape=box(900, 0, 2000, 1000)),
    ]
    sketch = sketch_of(zones, crs=4547)
    assert areas(sketch) == {"A": 900_000, "B": 900_000}
    # The strip is open to the north and south: no enclosed gap, but disputed all the same.
    assert sum(claim.shape.area for claim in sketch.claims) == 200_000
    assert [(f.kind, f.codes, f.area_m2) for f in findings_of(sketch)] == [("overlap", ("A", "B"), 200_000.0)]
    decided = ground.give(sketch, "community", "A", box(900, 0, 1100, 500))
    assert [(f.kind, f.area_m2) for f in findings_of(decided)] == [("overlap", 100_000.0)]
    filled = ground.fill(decided, "community", "B", Point(1000, 750))
    assert findings_of(filled) == []
    require_tiling(filled)


def test_codes_are_made_after_the_highest():
    zones = [SketchZone("community", f"41010599900{n}", "x", "410105999") for n in (1, 4)]
    assert fresh_code(Sketch(crs=4547, zones=tuple(zones)), "community", "410105999") == "410105999005"
    grids = [SketchZone("grid", "410105999001007", "x", "410105999001")]
    assert fresh_code(Sketch(crs=4547, zones=(*zones, *grids)), "community", "410105999") == "410105999005"
    assert fresh_code(Sketch(crs=4547, zones=(*zones, *grids)), "grid", "410105999001") == "410105999001008"


def test_facts_are_checked():
    sketch = little()
    renamed = facts.change(sketch, "community", "A", new_code="C", name="丙", leader="张")
    assert {zone.parent for zone in renamed.of("grid")} == {"C"}
    assert renamed.find("community", "C").shape is sketch.find("community", "A").shape
    for work, code in (
        (lambda: facts.change(sketch, "community", "A", new_code="B"), "code_taken"),
        (lambda: facts.change(sketch, "community", "A", new_code="a b"), "no_code"),
        (lambda: facts.change(sketch, "grid", "A1", parent="Z"), "no_parent"),
        (lambda: facts.add(sketch, "community", code="A"), "code_taken"),
        (lambda: facts.add(sketch, "grid", parent="Z"), "no_parent"),
        (lambda: sketch.find("grid", "Z"), "no_zone"),
        (lambda: ground.merge(sketch, "community", "A", "A"), "same_zone"),
        (lambda: ground.give(sketch, "community", "A", Polygon([(0, 0), (1, 1), (2, 2)])), "bad_shape"),
    ):
        with pytest.raises(SketchError) as caught:
            work()
        assert caught.value.code == code
    dropped = ground.drop(sketch, "community", "A")
    assert [zone.key for zone in dropped.zones] == [("subdistrict", "S"), ("community", "B")]
    assert sum(gap.area for gap in gaps_of(dropped, "community")) == 1_000_000


def test_blocks_are_cut_by_hand():
    lines = [LineString([(x, -50), (x, 1050)]) for x in (400, 800, 1200, 1600)]
    lines.append(LineString([(-50, 500), (2050, 500)]))
    blocks = street_blocks(box(0, 0, 2000, 1000), lines, barriers=[False] * 5)
    assert len(blocks) == 10
    assert {round(block.area) for block in blocks} == {200_000}
    halves = cut_by(blocks, [LineString([(-1, 250), (401, 250)])])
    assert sorted({round(block.area) for block in halves}) == [100_000, 200_000]
    assert shapely.area(halves).sum() == pytest.approx(2_000_000, abs=1)
    assert at_points(blocks, [Point(100, 100), Point(120, 120), Point(500, 100)]).area == pytest.approx(
        400_000
    )
    assert at_points(blocks, [Point(-500, 0)]).is_empty
    outlined = street_blocks(
        box(0, 0, 2000, 1000), lines, barriers=[False] * 5, outline=box(0, 0, 1000, 1000)
    )
    # No block crosses the office's own edge at x = 1000.
    edge = LineString([(1000, 1), (1000, 999)])
    assert not any(shapely.crosses(block, edge) for block in outlined)


@st.composite
def _edits(draw):
    """A sequence of grounds (rectangles anywhere, on and off the grid of 1 mm) given to A, B or nobody."""
    spot = st.floats(-100, 2100, allow_nan=False)
    made = []
    for _ in range(draw(st.integers(1, 6))):
        x, y = draw(spot), draw(st.floats(-100, 1100, allow_nan=False))
        w, h = draw(st.floats(1, 900)), draw(st.floats(1, 900))
        turn = draw(st.floats(0, 90))
        made.append(
            (draw(st.sampled_from(["A", "B", None])), shapely.affinity.rotate(box(x, y, x + w, y + h), turn))
        )
    return made


@settings(max_examples=40, deadline=None)
@given(_edits())
def test_any_sequence_of_edits_tiles_and_loses_no_ground(edits):
    sketch = little()
    for code, shape in edits:
        before = sketch
        sketch = ground.give(before, "community", code, shape)
        require_tiling(sketch)
        # Brute force: what a zone has is what it had and got, or had and kept (within the 1 mm grid).
        for zone in sketch.of("community"):
            had = before.find("community", zone.code).shape
            expected = shapely.union(had, shape) if zone.code == code else shapely.difference(had, shape)
            assert shapely.symmetric_difference(zone.shape, expected).area < 0.002 * (expected.length + 1)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1, 999), st.floats(1, 999), st.lists(st.tuples(st.floats(50, 950), st.floats(50, 950)), max_size=4)
)  # fmt: skip
def test_any_split_keeps_the_ground(west, east, between):
    line = LineString([(-20, west), *between, (1020, east)])
    # Six corners cross themselves at most ten times: never more than 20 pieces.
    after = ground.split(little(), "community", "A", line)
    require_tiling(after)
    assert sum(areas(after).values()) == pytest.approx(2_000_000, abs=3)
    whole = shapely.union_all([zone.shape for zone in after.of("community") if zone.code != "B"])
    assert shapely.symmetric_difference(whole, box(0, 0, 1000, 1000)).area < 3
