"""P(right community) over made communities: no polygons of western Zhengzhou are public.

The communities are Voronoi cells around the points of an 800 m grid, each moved by up to a third of a
cell: made here, of the size of real ones, and nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from geodata.geocode.calibration import Case
from geodata.zones import ZoneIndex
from geodata.zones.spread import probabilities_within
from tests.bench.reliability_report import print_line

CRS = 4547
CELL_M = 800.0


def made_communities(xy: np.ndarray) -> ZoneIndex:
    """Return made communities around points in metres."""
    low, high = xy.min(axis=0) - 3 * CELL_M, xy.max(axis=0) + 3 * CELL_M
    near = np.unique(np.floor((xy - low) / CELL_M).astype(int), axis=0)
    around = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)])
    cells = np.unique((near[:, None, :] + around[None]).reshape(-1, 2), axis=0)
    moved = np.random.default_rng(20170801).uniform(-CELL_M / 3, CELL_M / 3, (len(cells), 2))
    seeds = low + (cells + 0.5) * CELL_M + moved
    polygons = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=shapely.box(*low, *high), ordered=True)
    )
    codes = [f"{number:05d}" for number in range(len(polygons))]
    return ZoneIndex(gpd.GeoDataFrame({"code": codes}, geometry=polygons, crs=CRS))


def print_communities(
    truth: np.ndarray, cases: Sequence[Case | None], p: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Print how P(right community) keeps its word, and return stated and true of each answered row."""
    answered = [row for row, case in enumerate(cases) if case]
    found = [case for case in cases if case]
    zones = made_communities(truth)
    at = np.array([case.at for case in found])
    chosen = zones.positions(at[:, 0], at[:, 1])
    right = (chosen == zones.positions(truth[answered, 0], truth[answered, 1])) & (chosen >= 0)
    print(
        f"\nP(right community), {len(zones.codes)} made communities of {CELL_M:.0f} m (Voronoi, not real), "
        f"{len(found)} answered rows"
    )
    sigma = np.array([case.signals.sigma_m for case in found])
    stated = _of_chosen(probabilities_within(zones, at, p[answered], sigma), chosen)
    print_line("stated", stated, right.astype(float))
    by_sigma = _of_chosen(zones.probabilities(at[:, 0], at[:, 1], sigma), chosen)
    print_line("by sigma", by_sigma, right.astype(float))
    sure = stated >= 0.9
    print(f"p_community >= 0.9: {sure.mean():.1%} of these rows, {np.mean(right[sure]):.1%} of them right")
    return stated, right.astype(float)


def _of_chosen(found: tuple[np.ndarray, np.ndarray, np.ndarray], chosen: np.ndarray) -> np.ndarray:
    points, numbers, p = found
    result = np.zeros(len(chosen))
    mine = numbers == chosen[points]
    result[points[mine]] = p[mine]
    return result
