"""The cell index: kernel, arrays and polygons answer alike, whatever the zones and the points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import CrsError
from geodata.zones import ZoneIndex
from geodata.zones.lookup.build import build_cells
from geodata.zones.points import lowest

CRS = 4547


def frame_of(shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    codes = [f"{number:04d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=CRS)


def hard_points(shapes: list[shapely.Geometry], rng: np.random.Generator, count: int) -> np.ndarray:
    """Points on vertices and edges, one unit in the last place beside them, around them and far away."""
    segments = np.concatenate(
        [
            np.hstack([xy[:-1], xy[1:]])
            for ring in shapely.get_rings(shapely.get_parts(shapes))
            for xy in [shapely.get_coordinates(ring)]
        ]
    )
    own = segments[rng.integers(len(segments), size=count)]
    share = rng.integers(0, 5, (count, 1)) / 4
    on = own[:, :2] * (1 - share) + own[:, 2:] * share
    beside = np.nextafter(on, on + rng.integers(-1, 2, on.shape))
    low, high = segments[:, :2].min(axis=0), segments[:, :2].max(axis=0)
    around = rng.uniform(low - (high - low) * 0.2, high + (high - low) * 0.2, (count, 2))
    level = np.column_stack([around[:, 0], on[:, 1]])
    return np.concatenate([on, beside, around, level, [[-1e9, 0.0], [1e9, 1e9], [0.0, -1e300]]])


def assert_all_alike(shapes: list[shapely.Geometry], xy: np.ndarray) -> np.ndarray:
    frame = frame_of(shapes)
    compiled, arrays = ZoneIndex(frame, compiled=True), ZoneIndex(frame, compiled=False)
    # the second source: GEOS asked about every pair, no index at all
    covers = shapely.intersects_xy(np.array(shapes)[:, None], xy[None, :, 0], xy[None, :, 1])
    expected = np.where(covers.any(axis=0), covers.argmax(axis=0), -1)
    for index in (compiled, arrays):
        index._cells = build_cells(index.borders, index.covering)  # few points would not ask the cells
        assert index.positions(*xy.T).tolist() == expected.tolist()
    return expected


def fan(count: int) -> list[shapely.Geometry]:
    """Triangles that all meet in one point."""
    angle = np.linspace(0, 2 * np.pi, count + 1)
    rim = np.column_stack([np.cos(angle), np.sin(angle)]) * 500 + [473_000.3, 3_850_000.7]
    middle = [473_000.3, 3_850_000.7]
    return [shapely.Polygon([middle, rim[at], rim[at + 1]]) for at in range(count)]


@pytest.mark.parametrize(
    "shapes",
    [
        fan(7),
        fan(150),  # more zones in a cell than a mask has bits
        [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(0, 10, 20, 20)],
        [shapely.box(0, 0, 10, 10), shapely.box(5, 5, 15, 15), shapely.box(5, 5, 15, 15)],  # overlaps
        [shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20)), shapely.box(12, 12, 18, 18)],
        [shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)]), shapely.box(0, 1, 1, 2)],
        [shapely.box(0, 0, 0.001, 0.001), shapely.box(90_000, 0, 90_000.001, 70_000)],  # tiny, and far apart
        [shapely.Point(473_000, 3_850_000).buffer(800, 256), shapely.box(473_100, 3_850_100, 474_000, 3_851_000)],
        [shapely.Polygon([(0, 0), (1e5, 1), (2e5, 0), (1e5, 1.0000001)])],  # a needle
    ],
)  # fmt: skip
def test_kernel_arrays_and_geos_agree_on_hard_points(shapes: list[shapely.Geometry]) -> None:
    expected = assert_all_alike(shapes, hard_points(shapes, np.random.default_rng(1), 2_000))
    assert (expected == -1).any()
    assert (expected >= 0).any()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 12)] * 6), min_size=1, max_size=8), st.floats(0.1, 1e5))
def test_any_triangles_on_a_lattice(corners: list[tuple[int, ...]], scale: float) -> None:
    """Lattice points make borders run through one another, along one another and through vertices."""
    triangles = [shapely.Polygon(np.array(own).reshape(3, 2) * scale) for own in corners]
    shapes = [shape for shape in triangles if shape.is_valid and shape.area > 0]
    if shapes:
        lattice = np.array([(x, y) for x in range(-1, 14) for y in range(-1, 14)]) * scale
        rng = np.random.default_rng(2)
        assert_all_alike(shapes, np.concatenate([lattice, hard_points(shapes, rng, 200)]))


def test_points_inside_a_coverage_have_exactly_one_zone(voronoi: gpd.GeoDataFrame) -> None:
    index = ZoneIndex(voronoi, compiled=True)
    shapes = list(voronoi.geometry)
    xy = hard_points(shapes, np.random.default_rng(3), 20_000)
    whole = shapely.union_all(shapes)
    inside = xy[shapely.contains_properly(whole.buffer(-1e-3), shapely.points(xy))]
    assert len(inside) > 10_000
    assert (index.positions(*inside.T) >= 0).all()


def test_many_points_are_answered_as_few(voronoi: gpd.GeoDataFrame) -> None:
    index = ZoneIndex(voronoi)
    min_x, min_y, max_x, max_y = voronoi.total_bounds
    rng = np.random.default_rng(4)
    x, y = rng.uniform(min_x - 50, max_x + 50, 9_000), rng.uniform(min_y - 50, max_y + 50, 9_000)
    few = [index.positions(x[at : at + 500], y[at : at + 500]) for at in range(0, 9_000, 500)]
    assert "_cells" not in index.__dict__
    many = index.positions(x, y)
    assert "_cells" in index.__dict__
    assert many.tolist() == np.concatenate(few).tolist()
    assert many.tolist() == lowest(9_000, *index.covering(np.column_stack([x, y]))).tolist()


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_missing_coordinate_is_refused_with_its_row(
    voronoi: gpd.GeoDataFrame, value: float, compiled: bool
) -> None:
    index = ZoneIndex(voronoi, compiled=compiled)
    x, y = np.full((2, 5_000), 1.0)
    y[4_321] = value
    with pytest.raises(ValueError, match=r"1 points have NaN or infinite coordinates \(rows 4321"):
        index.positions(x, y)
    with pytest.raises(ValueError, match="4321"):
        index.border_distance(x, y)


@pytest.mark.parametrize("compiled", [True, False])
def test_border_distance_is_that_to_the_rings(voronoi: gpd.GeoDataFrame, compiled: bool) -> None:
    min_x, min_y, max_x, max_y = voronoi.total_bounds
    rng = np.random.default_rng(5)
    spread = max(max_x - min_x, max_y - min_y)
    x = np.append(rng.uniform(min_x - spread, max_x + spread, 4_000), 1e8)
    y = np.append(rng.uniform(min_y - spread, max_y + spread, 4_000), -1e8)
    rings = shapely.union_all(shapely.boundary(np.asarray(voronoi.geometry.array)))
    expected = shapely.distance(rings, shapely.points(x, y))
    found = ZoneIndex(voronoi, compiled=compiled).border_distance(x, y)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


def test_without_zones_everything_is_nowhere() -> None:
    empty = gpd.GeoDataFrame({"code": np.array([], dtype=object)}, geometry=[], crs=CRS)
    for compiled in (True, False):
        index = ZoneIndex(empty, compiled=compiled)
        x = np.zeros(5_000)
        assert (index.positions(x, x) == -1).all()
        assert np.isinf(index.border_distance(x, x)).all()
        assert (index.nearest(x, x, within_m=1e9) == -1).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_a_point_just_outside_has_the_nearest_zone_within_tolerance(compiled: bool) -> None:
    frame = frame_of([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    index = ZoneIndex(frame, compiled=compiled)
    asked = np.array([[5, -3], [15, -3], [5, -3.1], [22, 5], [5, 5]])
    xy = np.concatenate([asked, np.full((3_000, 2), 5.0)])  # many, so that the cells are asked
    assert index.nearest(*xy.T, within_m=3.0)[:5].tolist() == [0, 1, -1, 1, 0]


def test_a_frame_of_points_keeps_its_index(voronoi: gpd.GeoDataFrame) -> None:
    index = ZoneIndex(voronoi)
    inside = shapely.point_on_surface(np.asarray(voronoi.geometry.array))
    points = gpd.GeoDataFrame(geometry=inside, index=[f"r{at}" for at in range(len(inside))], crs=voronoi.crs)
    found = index.assign_frame(points)
    assert found.to_dict() == dict(zip(points.index, voronoi["code"], strict=True))
    with pytest.raises(CrsError, match="4326"):
        index.assign_frame(points.to_crs(4326))
    with pytest.raises(ValueError, match="only points"):
        index.assign_frame(voronoi)
