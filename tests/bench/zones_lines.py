"""10,000 lines cut at zone borders, against the usual way: an STRtree join and shapely.intersection.

Made here, and nobody's: Voronoi zones of a square whose shared borders wiggle like streets and water,
and lines that wander like streets. Every round times all ways in turn (process time, one thread each);
medians of the rounds are shown. `geopandas.overlay` is timed once, for information.

    PYTHONPATH=. .venv/bin/python tests/bench/zones_lines.py [--rounds 5] [--lines 10000]
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely

from geodata.zones import ZoneIndex
from geodata.zones.cutting.areas import cut_areas
from geodata.zones.cutting.lines import LineCuts, cut_lines

CRS = 4547
ORIGIN = np.array([460_000.0, 3_840_000.0])
SIDE_M = 12_000.0
BORDER_STEP_M = 20.0


def wiggly_zones(count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return Voronoi zones of a square whose shared borders are the same zigzag on both sides."""
    square = shapely.box(*ORIGIN, *(ORIGIN + SIDE_M))
    seeds = shapely.multipoints(ORIGIN + rng.uniform(0, SIDE_M, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=square))
    edges = shapely.node(shapely.union_all(shapely.boundary(shapely.intersection(cells, square))))
    frame = shapely.boundary(square).buffer(1e-3)
    drawn = [edge if frame.contains(edge) else wiggled(edge, rng) for edge in shapely.get_parts(edges)]
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.node(shapely.union_all(drawn)))))
    faces = faces[np.argsort(-shapely.area(faces))[:count]]
    codes = [f"{number:05d}" for number in rng.permutation(len(faces))]
    return gpd.GeoDataFrame({"code": codes}, geometry=faces, crs=CRS)


def wiggled(edge: shapely.LineString, rng: np.random.Generator) -> shapely.LineString:
    """Return an edge with a vertex about every 20 m, swerving by up to 8 m and back to its ends."""
    steps = max(int(edge.length // BORDER_STEP_M), 1)
    points = shapely.get_coordinates(
        shapely.line_interpolate_point(edge, np.linspace(0, edge.length, steps + 1))
    )
    swerve = rng.normal(0, 1.5, (steps + 1, 2)).cumsum(axis=0)
    swerve -= np.linspace(swerve[0], swerve[-1], steps + 1)
    return shapely.LineString(points + np.clip(swerve, -8, 8))


def wandering_lines(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return lines like streets: a step of 10 to 50 m, a bend of a few degrees, now and then a corner."""
    lengths = np.clip(rng.lognormal(6.9, 0.8, count), 60, 12_000)
    lines = []
    for length in lengths.tolist():
        steps = rng.uniform(10, 50, max(int(length / 30), 2))
        bends = rng.normal(0, 0.08, len(steps)) + (rng.random(len(steps)) < 0.04) * rng.choice(
            [-1.57, 1.57], len(steps)
        )
        heading = rng.uniform(0, 2 * np.pi) + bends.cumsum()
        moves = steps[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
        begin = ORIGIN + rng.uniform(-0.01 * SIDE_M, 1.01 * SIDE_M, 2)
        lines.append(shapely.LineString(np.vstack([begin, begin + moves.cumsum(axis=0)])))
    return np.array(lines, dtype=object)


def by_intersection(lines: np.ndarray, polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The usual way: join by an R-tree, intersect each pair; (line, zone, piece)."""
    tree = shapely.STRtree(polygons)
    line, zone = tree.query(lines, predicate="intersects")
    return line, zone, shapely.intersection(lines[line], polygons[zone])


def by_guarded_intersection(
    lines: np.ndarray, polygons: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A careful way: prepared zones, and no overlay for a line wholly inside one."""
    shapely.prepare(polygons)
    tree = shapely.STRtree(polygons)
    line, zone = tree.query(lines)
    met = shapely.intersects(polygons[zone], lines[line])
    line, zone = line[met], zone[met]
    pieces = lines[line]
    crossing = ~shapely.contains_properly(polygons[zone], pieces)
    pieces[crossing] = shapely.intersection(pieces[crossing], polygons[zone[crossing]])
    return line, zone, pieces


def times(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way, all run in turn in every round after one to warm up.

    As in `timeit`, no garbage is collected meanwhile: with all libraries loaded that takes 50 ms at random.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            gc.collect()
            gc.disable()
            start = time.thread_time()
            way()
            seconds = time.thread_time() - start
            gc.enable()
            if turn:
                taken[name].append(seconds)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


def print_lines(count: int, lines: np.ndarray, rounds: int, rng: np.random.Generator) -> None:
    """Time and compare all ways of cutting lines by about `count` zones."""
    zones = wiggly_zones(count, rng)
    index = ZoneIndex(zones)
    polygons = np.array([index.polygon(number) for number in range(len(index.codes))])
    plain = shapely.from_wkb(shapely.to_wkb(polygons))  # not prepared, as a frame has them

    def fresh(compiled: bool) -> LineCuts:
        index.borders.__dict__.pop("grid", None)  # building the grid counts, as the tree does there
        return cut_lines(lines, index, compiled=compiled)

    ways = {
        "shapely.intersection": lambda: by_intersection(lines, plain),
        "… prepared, inside ones kept": lambda: by_guarded_intersection(lines, polygons),
        "compiled": lambda: fresh(True),
        "compiled, drawn": lambda: fresh(True).geometries(compiled=True),
        "numpy": lambda: fresh(False),
        "numpy, drawn": lambda: fresh(False).geometries(compiled=False),
    }
    seconds = times(ways, rounds)
    vertices = shapely.get_num_coordinates(polygons)
    cuts = cut_lines(lines, index)
    print(
        f"\n{len(polygons)} zones of {np.mean(vertices):.0f} vertices, {len(lines):,} lines of "
        f"{shapely.get_num_coordinates(lines).sum():,} vertices and {shapely.length(lines).sum() / 1e3:,.0f} km"
        f" -> {len(cuts.line):,} stretches"
    )
    peer = seconds["shapely.intersection"]
    for name, value in seconds.items():
        bar = "  bar >= 6x" if name == "compiled, drawn" else ""
        print(f"  {name:30s}{value * 1e3:10.1f} ms{peer / value:9.1f}x{bar}")
    start = time.thread_time()
    frame = gpd.GeoDataFrame({"line": np.arange(len(lines))}, geometry=lines, crs=CRS)
    gpd.overlay(frame, zones, how="intersection", keep_geom_type=True)
    once = time.thread_time() - start
    print(f"  {'geopandas.overlay (once)':30s}{once * 1e3:10.1f} ms{peer / once:9.1f}x")
    print_differences(lines, polygons, cuts)


def print_differences(lines: np.ndarray, polygons: np.ndarray, cuts: LineCuts) -> None:
    """Show how far lengths are from the whole, and from GEOS per (line, zone)."""
    whole = np.bincount(cuts.line, weights=cuts.length_m, minlength=len(lines))
    drawn = np.bincount(cuts.line, weights=shapely.length(cuts.geometries()), minlength=len(lines))
    length = shapely.length(lines)
    print(
        f"  length error per line: {np.abs(whole - length).max():.1e} m, of what is drawn "
        f"{np.abs(drawn - length).max():.1e} m  bar <= 1e-3 m"
    )
    line, zone, pieces = by_intersection(lines, polygons)
    width = len(polygons)
    theirs = np.zeros(len(lines) * width)
    theirs[line * width + zone] = shapely.length(pieces)
    inside = cuts.zone >= 0
    ours = np.bincount(
        (cuts.line * width + cuts.zone)[inside], weights=cuts.length_m[inside], minlength=len(theirs)
    )
    off = np.abs(ours - theirs).reshape(len(lines), width).max(axis=1)
    simple = shapely.is_simple(lines)
    print(
        f"  against GEOS per (line, zone): max {off[simple].max():.1e} m on {int(simple.sum()):,} simple lines, "
        f"{off[~simple].max():.1e} m on {int((~simple).sum())} that cross themselves"
    )


def print_areas(count: int, rounds: int, rng: np.random.Generator) -> None:
    """Time and compare the division of areas."""
    zones = wiggly_zones(count, rng)
    index = ZoneIndex(zones)
    polygons = np.array([index.polygon(number) for number in range(len(index.codes))])
    centres = ORIGIN + rng.uniform(0, SIDE_M, (10_000, 2))
    areas = shapely.buffer(shapely.points(centres), rng.lognormal(4.0, 0.8, len(centres)), quad_segs=6)
    plain = shapely.from_wkb(shapely.to_wkb(polygons))
    seconds = times(
        {
            "shapely.intersection": lambda: by_intersection(areas, plain),
            "cut_areas": lambda: cut_areas(areas, index),
        },
        rounds,
    )
    cuts = cut_areas(areas, index)
    whole = np.bincount(cuts.area, weights=cuts.area_m2, minlength=len(areas))
    error = np.abs(whole - shapely.area(areas)).max()
    area, zone, pieces = by_intersection(areas, polygons)
    width = len(polygons) + 1
    ours, theirs = np.zeros(len(areas) * width), np.zeros(len(areas) * width)
    ours[cuts.area * width + np.where(cuts.zone < 0, width - 1, cuts.zone)] = cuts.area_m2
    theirs[area * width + zone] = shapely.area(pieces)
    off = np.abs(ours - theirs).reshape(len(areas), width)[:, :-1].max()
    print(f"\n{len(areas):,} areas by {len(polygons)} zones -> {len(cuts.area):,} pieces")
    for name, value in seconds.items():
        print(f"  {name:30s}{value * 1e3:10.1f} ms{seconds['shapely.intersection'] / value:9.1f}x")
    print(f"  area error {error:.1e} m²  bar <= 1e-2 m²; against GEOS per (area, zone) max {off:.1e} m²")


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lines", type=int, default=10_000)
    chosen = parser.parse_args()
    rng = np.random.default_rng(20170401)
    lines = wandering_lines(chosen.lines, rng)
    for count in (120, 2000):
        print_lines(count, lines, chosen.rounds, rng)
    print_areas(120, chosen.rounds, rng)


if __name__ == "__main__":
    main()
