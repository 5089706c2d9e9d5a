"""Border segments in a grid: which are met, which are touched; the compiled way and numpy alike."""

import numpy as np
import pytest
import shapely

from geodata.zones import ZoneIndex
from geodata.zones.borders.grid import TOUCH_M, BorderGrid
from geodata.zones.cutting.tracks import tracks_of


def segments(*lines):
    """Return a grid of segments with zone n on the left of the n-th and none on its right."""
    xy = np.array(lines, dtype=float).reshape(-1, 2, 2)
    number = np.arange(len(xy))
    return BorderGrid.of(xy[:, 0].copy(), xy[:, 1].copy(), number, np.full(len(xy), -1))


@pytest.fixture(scope="module")
def grid(voronoi):
    return ZoneIndex(voronoi).borders.grid


@pytest.fixture(params=[False, True], ids=["numpy", "compiled"])
def compiled(request):
    return request.param


def met(grid, line, compiled):
    found = grid.meetings(tracks_of(np.array([shapely.LineString(line)])), compiled=compiled)
    return list(zip(found.step.tolist(), np.round(found.share, 9).tolist(), strict=True))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([(5, -5), (5, 15)], [(0, 0.25)]),  # across
        ([(-5, 5), (5, 5)], []),  # beside
        ([(5, 0), (5, 9)], [(0, 0.0)]),  # begins on it
        ([(5, 9), (5, 0)], [(0, 1.0)]),  # ends on it
        ([(5, 9), (5, 5e-7)], [(0, 1.0)]),  # ends half a micrometre before it
        ([(5, 9), (5, 5e-6)], []),  # ends five before it
        ([(0, -5), (0, 5)], [(0, 0.5)]),  # over its end
        ([(-5, 0), (15, 0)], [(0, 0.25), (0, 0.75)]),  # along all of it
        ([(2, 0), (8, 0)], [(0, 0.0), (0, 1.0)]),  # along part of it
        ([(-5, 0), (-1, 0)], []),  # in line with it, apart
        ([(1, 1), (5, -1), (9, 1)], [(0, 0.5), (1, 0.5)]),
    ],
)
def test_meetings_by_hand(compiled, line, expected):
    assert met(segments([(0, 0), (10, 0)]), line, compiled) == expected


def test_touched_is_the_lowest_zone_near(compiled):
    grid = segments([(0, 0), (10, 0)], [(0, 0), (0, 10)], [(20, 0), (20, 10)])
    xy = np.array([(5, 0), (0, 5), (0, 0), (20, 5e-7), (5, 2e-6), (-TOUCH_M / 2, 5), (1e5, 1e5)])
    assert grid.touched(xy, compiled=compiled).tolist() == [0, 1, 0, 2, -1, 1, -1]
    assert grid.touched(xy[:0], compiled=compiled).tolist() == []


def test_no_segments(compiled):
    grid = segments()
    assert met(grid, [(0, 0), (1, 1)], compiled) == []
    assert grid.touched(np.zeros((2, 2)), compiled=compiled).tolist() == [-1, -1]


@pytest.mark.parametrize("scale", [(1000.0, 1.0), (1.0, 1000.0), (1e5, 1e5)])
def test_thin_and_large_grids(scale, compiled):
    """A grid of all shapes finds what an R-tree of all pairs finds."""
    rng = np.random.default_rng(3)
    ends = rng.uniform(0, 1, (60, 2, 2)) * scale
    lines = rng.uniform(-0.2, 1.2, (60, 2, 2)) * scale
    found = segments(*ends).meetings(tracks_of(shapely.linestrings(lines)), compiled=compiled)
    crossing = shapely.intersects(shapely.linestrings(lines)[:, None], shapely.linestrings(ends)[None])
    assert np.bincount(found.step // 2, minlength=60).tolist() == crossing.sum(axis=1).tolist()


@pytest.mark.parametrize("jitter_m", [0.0, 1e-9, 7e-7, 1e-6, 2e-6, 1e-3])
def test_both_ways_agree_to_the_last_bit(grid, jitter_m):
    """Around corners and beside borders, by less and more than what counts as touching."""
    rng = np.random.default_rng(23)
    corners = np.unique(np.concatenate([grid.start, grid.end]), axis=0)
    near = np.argsort(np.hypot(*(corners[:, None] - corners[None]).T), axis=1)[:, :6]
    chosen = near[rng.integers(0, len(near), 20_000)][:, rng.permutation(6)[:3]]
    tracks = tracks_of(shapely.linestrings(corners[chosen] + rng.uniform(-1, 1, (20_000, 3, 2)) * jitter_m))
    one, other = (grid.meetings(tracks, compiled=way) for way in (False, True))
    assert len(one.step) > 20_000
    assert np.array_equal(one.step, other.step)
    assert np.array_equal(one.share, other.share)
    places = np.concatenate([tracks.xy, (tracks.xy[1:] + tracks.xy[:-1]) / 2])
    touched = grid.touched(places, compiled=False)
    assert np.array_equal(touched, grid.touched(places, compiled=True))
    assert (touched >= 0).any()
