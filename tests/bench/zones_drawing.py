"""Drawn grids against the plain way: k-means of the same places and the Voronoi cells of its centres.

    PYTHONPATH=. .venv/bin/python tests/bench/zones_drawing.py

The demo district (made, unofficial): seven communities, its roads and canals, the point problems of
its twelve weeks as work. Both sides get the same number of grids per community. k-means (scipy,
k-means++, best of 20 seeds by the balance itself) has no roads to follow; that is the point.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from scipy.cluster.vq import kmeans2

from geodata.crs import reproject_xy
from geodata.demo.profile import write_profile
from geodata.zones.checking.checks import check_zones
from geodata.zones.drawing.grids import draw_grids
from geodata.zones.drawing.work import Work
from service.cli.border_lines import lines_of_file

ALONG_M = 5.0
SEEDS = 20


def voronoi_grids(shape, points, count: int):
    """Return `count` Voronoi cells of k-means centres within a shape, the best balanced of several seeds."""
    best = None
    for seed in range(SEEDS):
        centres, _ = kmeans2(points, count, minit="++", rng=np.random.default_rng(seed))
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=shape))
        cells = shapely.intersection(cells, shape)
        ratio = balance(cells, points)
        if best is None or ratio < best[0]:
            best = (ratio, cells)
    return best[1]


def loads(cells, points):
    """Return how many points each cell has."""
    _, cell = shapely.STRtree(cells).query(shapely.points(points), predicate="intersects")
    return np.bincount(cell, minlength=len(cells))


def balance(cells, points) -> float:
    """Return the largest load over the mean."""
    load = loads(cells, points)
    return float(load.max() / load.mean())


def along(cells, outline, lines) -> tuple[float, float]:
    """Return the length of the inner borders of cells, and how much of it runs within 5 m of lines."""
    inner = shapely.difference(
        shapely.union_all(shapely.boundary(cells)), shapely.buffer(shapely.boundary(outline), 0.5)
    )
    return float(inner.length), float(shapely.intersection(inner, shapely.buffer(lines, ALONG_M)).length)


def main() -> None:
    """Print both ways side by side."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        write_profile(demo)
        communities = gpd.read_file(demo / "zones.gpkg", layer="community")
        lines = lines_of_file(demo / "lines.gpkg", crs=4547)
        shapes = [json.loads(row).get("geometry") for row in (demo / "problems.jsonl").open(encoding="utf-8")]
    lonlat = [shape["coordinates"] for shape in shapes if shape and shape["type"] == "Point"]
    points = reproject_xy(np.array(lonlat), 4326, 4547)
    network = shapely.union_all(lines.geometry.array)
    print(f"{len(points)} places of work, {len(communities)} communities, {len(lines)} lines")
    for count in (30, 53, 80):
        start = time.process_time()
        drawn = draw_grids(communities, lines, Work("points", points), count=count)
        seconds = time.process_time() - start
        again = draw_grids(communities, lines, Work("points", points), count=count)
        same = all(
            a.equals_exact(b, 0) for a, b in zip(drawn.grid.geometry, again.grid.geometry, strict=True)
        )
        report = check_zones({"community": drawn.community, "grid": drawn.grid})
        rows = {"drawn along lines": [], "k-means + Voronoi": []}
        for number, plan in enumerate(drawn.plans):
            outline = drawn.community.geometry.iloc[number]
            own = points[shapely.intersects(outline, shapely.points(points))]
            mine = np.asarray(drawn.grid.geometry[drawn.grid["parent"] == plan.code].array)
            for name, cells in (
                ("drawn along lines", mine),
                ("k-means + Voronoi", voronoi_grids(outline, own, plan.grids)),
            ):
                roundness = 4 * np.pi * shapely.area(cells) / shapely.length(cells) ** 2
                pieces = sum(cell.geom_type == "MultiPolygon" for cell in cells)
                rows[name].append(
                    (balance(cells, own), *along(cells, outline, network), roundness.mean(), pieces)
                )
        print(
            f"\n{count} grids; {seconds:.1f} s; tile their communities: {not report.defects}; twice the same: {same}"
        )
        print(
            f"{'':20} {'max/mean: mean':>15} {'worst':>7} {'borders on lines':>17} {'4πA/P²':>8} {'in pieces':>10}"
        )
        for name, values in rows.items():
            table = np.array(values)
            on = table[:, 2].sum() / table[:, 1].sum()
            print(
                f"{name:20} {table[:, 0].mean():15.2f} {table[:, 0].max():7.2f} {on:17.0%} {table[:, 3].mean():8.2f} {int(table[:, 4].sum()):10}"
            )


if __name__ == "__main__":
    main()
