"""Lines cut by one layer: by hand, against GEOS, and by laws; the compiled way and numpy alike."""

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from geodata.demo.district import build_district
from geodata.zones import ZoneIndex
from geodata.zones.cutting.lines import cut_lines
from geodata.zones.cutting.tracks import tracks_of


@pytest.fixture(params=[False, True], ids=["numpy", "compiled"])
def compiled(request):
    return request.param


def stretches(line, index, compiled):
    """Return (code or "", start, end) of each stretch, by both ways of the code in turn."""
    cuts = cut_lines([line], index, compiled=compiled)
    names = [*index.codes, ""]
    return [
        (names[zone], round(start, 6), round(end, 6))
        for zone, start, end in zip(cuts.zone, cuts.start_m, cuts.end_m, strict=True)
    ]


@pytest.fixture(scope="module")
def square(drawn_letters):
    return ZoneIndex(drawn_letters("BA\nCA"))


@pytest.fixture(scope="module")
def drawn_letters():
    """As the fixture `drawn`, for a whole module."""

    def drawn(picture):
        shapes = {}
        for row, letters in enumerate(reversed(picture.split())):
            for column, letter in enumerate(letters):
                box = shapely.box(column * 100, row * 100, column * 100 + 100, row * 100 + 100)
                shapes[letter] = shapely.union(shapes.get(letter, shapely.Polygon()), box)
        return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=4547)

    return drawn


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # B and C are 100 m squares one above the other, A lies east of both.
        ([(-50, 50), (250, 50)], [("", 0, 50), ("C", 50, 150), ("A", 150, 250), ("", 250, 300)]),
        ([(20, 20), (30, 20), (80, 20)], [("C", 0, 60)]),
        # along the border between B and C, then along A's: the lowest code has each
        ([(20, 100), (100, 100), (100, 180)], [("B", 0, 80), ("A", 80, 160)]),
        ([(100, 180), (100, 20)], [("A", 0, 160)]),
        # half-way along a border: a collinear overlap with both ends inside the border segment
        ([(30, 100), (70, 100)], [("B", 0, 40)]),
        # along the outer border is inside
        ([(0, -10), (0, 110)], [("", 0, 10), ("C", 10, 110), ("B", 110, 120)]),
        # through the corner where A, B and C meet, corner to corner
        ([(50, 50), (150, 150)], [("C", 0, round(50 * 2**0.5, 6)), ("A", round(50 * 2**0.5, 6), round(100 * 2**0.5, 6))]),
        # touches A at a point with a vertex, and with a step
        ([(50, 50), (100, 60), (50, 70)], [("C", 0, round(2 * 2600**0.5, 6))]),
        ([(-50, 50), (50, -50)], [("", 0, round(100 * 2**0.5, 6))]),
        # there and back on the same way
        ([(50, 50), (150, 50), (50, 50)], [("C", 0, 50), ("A", 50, 150), ("C", 150, 200)]),
        # crosses itself; what is run over twice counts twice
        ([(20, 20), (80, 80), (80, 20), (20, 80)], [("C", 0, round(2 * 7200**0.5 + 60, 6))]),
        # wholly outside, within the box of the zones and far from it
        ([(-50, -50), (-50, 250)], [("", 0, 300)]),
        ([(1e6, 1e6), (1e6 + 10, 1e6)], [("", 0, 10)]),
        # repeated vertices are one
        ([(90, 50), (90, 50), (110, 50), (110, 50)], [("C", 0, 10), ("A", 10, 20)]),
        # starts and ends on borders
        ([(100, 50), (200, 50)], [("A", 0, 100)]),
        ([(100, 50), (0, 50)], [("C", 0, 100)]),
    ],
)  # fmt: skip
def test_by_hand(square, compiled, points, expected):
    assert stretches(LineString(points), square, compiled) == expected


def test_parts_go_on_in_measure_and_are_never_joined(square, compiled):
    line = MultiLineString([[(10, 50), (40, 50)], [(40, 50), (60, 50)], [(150, 50), (150, 60)]])
    assert stretches(line, square, compiled) == [("C", 0, 30), ("C", 30, 50), ("A", 50, 60)]
    parts = cut_lines([line], square, compiled=compiled).by_zone()
    assert square.codes[parts.zone].tolist() == ["A", "C"]
    assert parts.length_m.tolist() == [10, 50]
    assert parts.geometry[1].equals_exact(MultiLineString([[(10, 50), (40, 50)], [(40, 50), (60, 50)]]), 1e-9)


def test_lines_without_length_have_no_rows(square, compiled):
    lines = [
        LineString([(5, 5), (5, 5)]),
        LineString(),
        MultiLineString(),
        MultiLineString([[(5, 5), (5, 5)], [(10, 10), (10, 20)]]),
    ]
    cuts = cut_lines(lines, square, compiled=compiled)
    assert cuts.line.tolist() == [3]
    assert cuts.length_m.tolist() == [10]
    assert len(cut_lines([], square, compiled=compiled).zone) == 0
    assert len(cut_lines(lines[:3], square, compiled=compiled).by_zone().geometry) == 0


def test_no_zones_leave_everything_outside(square, compiled):
    empty = ZoneIndex(gpd.GeoDataFrame({"code": []}, geometry=[], crs=4547))
    assert stretches(LineString([(0, 0), (10, 0)]), empty, compiled) == [("", 0, 10)]


def test_overlapping_zones_go_to_the_lowest_code(compiled):
    shapes = [shapely.box(0, 0, 60, 100), shapely.box(40, 0, 100, 100), shapely.box(10, 0, 20, 100)]
    index = ZoneIndex(gpd.GeoDataFrame({"code": ["B", "A", "C"]}, geometry=shapes, crs=4547))
    line = LineString([(0, 50), (100, 50)])
    assert stretches(line, index, compiled) == [("B", 0, 40), ("A", 40, 100)]


def test_rows_that_share_a_code_are_one_zone(compiled):
    shapes = [shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100), shapely.box(100, 0, 200, 100)]
    index = ZoneIndex(gpd.GeoDataFrame({"code": ["A", "A", "B"]}, geometry=shapes, crs=4547))
    assert stretches(LineString([(10, 5), (150, 5)]), index, compiled) == [("A", 0, 90), ("B", 90, 140)]


def test_a_line_a_micrometre_beside_a_border_runs_along_it(square, compiled):
    assert stretches(LineString([(100 - 5e-7, 120), (100 - 5e-7, 180)]), square, compiled) == [("A", 0, 60)]
    assert stretches(LineString([(100 - 5e-6, 120), (100 - 5e-6, 180)]), square, compiled) == [("B", 0, 60)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (None, "missing"),
        ("POINT (1 1)", "no lines"),
        ("LINESTRING (0 0, NaN 1)", "NaN"),
        ("LINESTRING (0 0, Inf 1)", "NaN or infinite"),
    ],
)
def test_bad_lines_are_named(square, line, words):
    with np.errstate(invalid="ignore"):
        line = shapely.from_wkt(line)
    with pytest.raises(ValueError, match=rf"{words}.*rows 1 "):
        cut_lines([LineString([(0, 0), (1, 1)]), line], square)


def test_geometries_are_the_stretches(square, compiled):
    cuts = cut_lines([LineString([(50, 50), (90, 50), (110, 50), (110, 150)])], square, compiled=compiled)
    drawn = [shapely.get_coordinates(shape).tolist() for shape in cuts.geometries()]
    assert drawn == [[[50, 50], [90, 50], [100, 50]], [[100, 50], [110, 50], [110, 150]]]


def test_z_is_dropped(square):
    cuts = cut_lines([LineString([(50, 50, 7), (150, 50, 9)])], square)
    assert not shapely.has_z(cuts.geometries()).any()


# --- laws, on made coverages ---------------------------------------------------------------------------

coordinate = st.floats(-500, 4500).map(lambda value: round(value, 3))
zigzag = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=14, unique=True).map(LineString)


@pytest.fixture(scope="module")
def coverage(voronoi):
    """Made zones, their polygons in code order, and all border vertices."""
    index = ZoneIndex(voronoi)
    polygons = np.array([index.polygon(number) for number in range(len(index.codes))])
    return index, polygons, np.unique(shapely.get_coordinates(polygons), axis=0)


def both_ways(lines, index):
    """Return the cuts; the compiled way and numpy agree to the last bit."""
    one, other = (cut_lines(lines, index, compiled=way) for way in (False, True))
    for name in ("line", "zone", "start_m", "end_m"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert shapely.equals_exact(one.geometries(compiled=False), other.geometries(compiled=True)).all()
    return one


def require_laws(lines, index, polygons):
    """Stretches cover each line in order, neighbours differ, each lies in its zone, sums are the whole."""
    cuts = both_ways(lines, index)
    first = np.append(True, cuts.line[1:] != cuts.line[:-1])
    whole = shapely.length(lines)
    assert (cuts.start_m[first] == 0).all()
    assert np.array_equal(cuts.start_m[~first], cuts.end_m[:-1][~first[1:]])
    assert not (cuts.zone[1:] == cuts.zone[:-1])[~first[1:]].any()
    assert (cuts.length_m > 1e-6).all()
    sums = np.bincount(cuts.line, weights=cuts.length_m, minlength=len(lines))
    np.testing.assert_allclose(sums, whole, atol=1e-8)
    drawn = cuts.geometries()
    np.testing.assert_allclose(shapely.length(drawn), cuts.length_m, atol=1e-8)
    middles = shapely.line_interpolate_point(drawn, cuts.length_m / 2)
    inside = cuts.zone >= 0
    assert (shapely.distance(polygons[cuts.zone[inside]], middles[inside]) <= 2e-6).all()
    tree = shapely.STRtree(polygons)
    outside = np.flatnonzero(~inside)
    at, zone = tree.query(middles[outside], predicate="intersects")
    assert not len(at), (outside[at], zone)
    # No zone with a lower code covers the middle.
    at, zone = tree.query(middles[inside], predicate="intersects")
    lower = zone < cuts.zone[inside][at]
    depth = shapely.distance(shapely.boundary(polygons[zone[lower]]), middles[inside][at[lower]])
    assert (depth <= 2e-6).all()
    return cuts


def lengths_by_geos(line, polygons):
    return shapely.length(shapely.intersection(line, polygons))


@settings(deadline=None, max_examples=80)
@given(st.lists(zigzag, min_size=1, max_size=8))
def test_zigzags_keep_the_laws_and_agree_with_geos(coverage, lines):
    index, polygons, _ = coverage
    lines = np.array(lines, dtype=object)
    cuts = require_laws(lines, index, polygons)
    for number in np.flatnonzero(shapely.is_simple(lines)).tolist():
        own = (cuts.line == number) & (cuts.zone >= 0)
        ours = np.bincount(cuts.zone[own], weights=cuts.length_m[own], minlength=len(polygons))
        np.testing.assert_allclose(ours, lengths_by_geos(lines[number], polygons), atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(zigzag)
def test_a_line_turned_round_has_its_cuts_mirrored(coverage, line):
    index, _, _ = coverage
    there, back = cut_lines([line], index), cut_lines([line.reverse()], index)
    if min(there.length_m.min(), back.length_m.min()) > 1e-4:
        assert there.zone.tolist() == back.zone[::-1].tolist()
        np.testing.assert_allclose(there.start_m, line.length - back.end_m[::-1], atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_lines_over_border_vertices_and_along_edges(coverage, data):
    """Through the corners of the coverage and along its edges: the hard cases for rounding."""
    index, polygons, corners = coverage
    chosen = data.draw(st.lists(st.integers(0, len(corners) - 1), min_size=2, max_size=6, unique=True))
    rings = shapely.get_parts(shapely.boundary(polygons[data.draw(st.integers(0, len(polygons) - 1))]))
    share = data.draw(st.floats(0.05, 0.95))
    part = shapely.ops.substring(rings[0], share * rings[0].length / 2, rings[0].length * (1 + share) / 2)
    lines = np.array([LineString(corners[chosen]), rings[0], part], dtype=object)
    cuts = require_laws(lines, index, polygons)
    along = cuts.line > 0
    drawn = cuts.geometries()[along]
    spots = shapely.line_interpolate_point(drawn, 0.5, normalized=True)
    touching = shapely.distance(polygons[:, None], spots[None, :]) <= 1e-6
    assert cuts.zone[along].tolist() == touching.argmax(axis=0).tolist()


@pytest.mark.parametrize("jitter_m", [0.0, 1e-9, 1e-6, 1e-5])
def test_lines_hardly_beside_corners(coverage, jitter_m):
    """Between corners of neighbouring zones, off by less or more than what counts as one place."""
    index, polygons, corners = coverage
    rng = np.random.default_rng(17)
    near = np.argsort(np.hypot(*(corners[:, None] - corners[None]).T), axis=1)[:, :12]
    lines = [
        LineString(corners[rng.choice(row, 3, replace=False)] + rng.uniform(-1, 1, (3, 2)) * jitter_m)
        for row in near[rng.integers(0, len(near), 1500)]
    ]
    cuts = require_laws(np.array(lines, dtype=object), index, polygons)
    inside = np.flatnonzero(cuts.zone >= 0)
    over = shapely.difference(cuts.geometries()[inside], shapely.buffer(polygons, 2e-6)[cuts.zone[inside]])
    assert shapely.length(over).max() < 1e-4


@settings(deadline=None, max_examples=30)
@given(st.integers(3, 60), st.integers(0, 2**32 - 1))
def test_other_coverages_far_from_the_origin(count, seed):
    """Voronoi zones at the coordinates of Zhengzhou, where a float has half a nanometre left."""
    rng = np.random.default_rng(seed)
    corner = np.array([460_000.0, 3_840_000.0])
    square = shapely.box(*corner, *(corner + 1000))
    seeds = shapely.multipoints(corner + rng.uniform(0, 1000, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=square))
    polygons = shapely.intersection(cells, square)
    index = ZoneIndex(
        gpd.GeoDataFrame({"code": [f"{n:02d}" for n in range(count)]}, geometry=polygons, crs=4547)
    )
    lines = np.array(
        [LineString(corner + rng.uniform(-200, 1200, (rng.integers(2, 30), 2))) for _ in range(20)]
    )
    cuts = require_laws(lines, index, polygons)
    for number in np.flatnonzero(shapely.is_simple(lines)).tolist():
        own = (cuts.line == number) & (cuts.zone >= 0)
        ours = np.bincount(cuts.zone[own], weights=cuts.length_m[own], minlength=count)
        np.testing.assert_allclose(ours, lengths_by_geos(lines[number], polygons), atol=1e-4)


# --- real borders --------------------------------------------------------------------------------------


def test_demo_grids_and_roads():
    grids = build_district(np.random.default_rng(1)).zones["grid"]
    index = ZoneIndex(grids)
    polygons = np.asarray(grids.geometry.array)[index.rows]
    rng = np.random.default_rng(3)
    low, high = np.array(grids.total_bounds[:2]), np.array(grids.total_bounds[2:])
    lines = [LineString(rng.uniform(low, high, (9, 2))) for _ in range(200)]
    # Their own borders: streets along which grids meet.
    lines += list(shapely.get_parts(shapely.boundary(polygons)))
    require_laws(np.array(lines, dtype=object), index, polygons)


@pytest.mark.testdata
def test_dirty_zones_of_wuhan(test_data):
    """974 real polygons with overlaps, gaps, and borders that nearly agree, only made valid."""
    shapes = shapely.make_valid(gpd.read_file(test_data / "dirty_zones_wuhan.gpkg").geometry.array)
    shapes = np.array([shapely.union_all([p for p in shapely.get_parts(s) if p.area > 0]) for s in shapes])
    index = ZoneIndex(
        gpd.GeoDataFrame({"code": [f"{n:04d}" for n in range(len(shapes))]}, geometry=shapes, crs=4547)
    )
    polygons = shapes[index.rows]
    bounds = shapely.total_bounds(polygons)
    rng = np.random.default_rng(11)
    begin = rng.uniform(bounds[:2], bounds[2:], (300, 2))
    lines = [LineString(at + rng.normal(0, 900, (8, 2)).cumsum(axis=0)) for at in begin]
    lines += list(shapely.get_parts(shapely.boundary(polygons[::40])))
    lines = np.array(lines, dtype=object)
    cuts = require_laws(lines, index, polygons)
    # Everything inside any zone is somebody's, by GEOS's own union.
    total = cuts.length_m[cuts.zone >= 0].sum()
    simple = np.flatnonzero(shapely.is_simple(lines[:300]))
    ground = shapely.union_all(polygons)
    theirs = shapely.length(shapely.intersection(lines[simple], ground))
    ours = np.bincount(cuts.line[cuts.zone >= 0], weights=cuts.length_m[cuts.zone >= 0], minlength=len(lines))
    np.testing.assert_allclose(ours[simple], theirs, atol=1e-3)
    assert total > 0


# --- the rest ------------------------------------------------------------------------------------------


def test_measures_do_not_depend_on_the_other_lines():
    rng = np.random.default_rng(5)
    lines = np.array([LineString(rng.uniform(0, 1e4, (50, 2))) for _ in range(30)])
    every = tracks_of(lines, compiled=True)
    alone = tracks_of(lines[-1:], compiled=False)
    assert np.array_equal(every.measure[every.first[-2] :], alone.measure)


def test_a_few_lines_need_no_compiler():
    """Importing numba costs half a second: one street on a page must not pay for it."""
    words = (
        "import sys, geopandas as gpd, shapely; from geodata.zones import ZoneIndex;"
        "from geodata.zones.cutting.lines import cut_lines;"
        "z = ZoneIndex(gpd.GeoDataFrame({'code': ['A']}, geometry=[shapely.box(0, 0, 9, 9)], crs=4547));"
        "cut_lines([shapely.LineString([(1, 1), (20, 1)])], z);"
        "print('geodata.zones.borders.grid_kernel' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
