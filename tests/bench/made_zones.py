"""Made zones for benchmarks: Voronoi cells whose common borders are broken lines, as drawn streets are.

They tile a box without gaps or overlaps and share every vertex. Made here, nobody's.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

CRS = 4547
# six by five kilometres, where the model office is
BOX = (467_000.0, 3_847_000.0, 473_000.0, 3_852_000.0)


def made_zones(count: int, *, seed: int = 1, breaks: int = 4) -> gpd.GeoDataFrame:
    """Return `count` zones with codes that tile `BOX`, each inner border broken into 2**`breaks` pieces."""
    rng = np.random.default_rng(seed)
    min_x, min_y, max_x, max_y = BOX
    box = shapely.box(*BOX)
    seeds = rng.uniform((min_x, min_y), (max_x, max_y), (count, 2))
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box.buffer(3000.0))
    cells = shapely.intersection(shapely.get_parts(cells), box)
    # noded once, so that both neighbours get the same broken line
    noded = shapely.get_parts(shapely.node(shapely.multilinestrings(list(shapely.boundary(cells)))))
    noded = shapely.get_parts(shapely.union_all(noded))
    ends, part = shapely.get_coordinates(noded, return_index=True)
    follows = np.flatnonzero(part[:-1] == part[1:])
    start, end = ends[follows], ends[follows + 1]
    # intersections are rounded: a micrometre off the box is on it
    inner = shapely.distance(shapely.points((start + end) / 2), box.exterior) > 1e-6
    swing = 0.08
    while True:
        lines = [
            shapely.LineString(_broken(a, b, breaks if bend else 0, swing, rng))
            for a, b, bend in zip(start, end, inner, strict=True)
        ]
        polygons = shapely.get_parts(shapely.polygonize(lines))
        crossing = len(shapely.get_parts(shapely.union_all(lines))) != len(lines)
        if len(polygons) == count and not crossing:
            break
        swing /= 2
    codes = [f"{number:05d}" for number in range(count)]
    return gpd.GeoDataFrame({"code": codes}, geometry=list(polygons), crs=CRS)


def _broken(
    start: np.ndarray, end: np.ndarray, times: int, swing: float, rng: np.random.Generator
) -> np.ndarray:
    """Return a line from start to end whose middle is moved aside, again and again."""
    points = np.stack([start, end])
    for _ in range(times):
        along = np.diff(points, axis=0)
        aside = np.column_stack([-along[:, 1], along[:, 0]]) * rng.uniform(-swing, swing, (len(along), 1))
        middle = (points[:-1] + points[1:]) / 2 + aside
        longer = np.empty((2 * len(points) - 1, 2))
        longer[::2], longer[1::2] = points, middle
        points = longer
    return points
