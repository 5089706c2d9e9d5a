"""Communities from tables of bounds (四至): the demo district, and blocks of three real street networks.

    QINGTU_TEST_DATA=... PYTHONPATH=. .venv/bin/python tests/bench/zones_bounds.py

1. The table of the demo district (made, unofficial) from its own roads, `demo_bounds`, against the
   communities that are drawn there. Bar: each within 5 % of the area and 30 m (Hausdorff).
2. Blocks that four named lines enclose, found without our code: the drawn ways of four names of an OSM
   extract, read from its XML (`osm_truth`), polygonised by shapely; a block grows to the
   middle of all carriageways that a name has beside it. Their four names, each for the side that its part of the border
   faces, are written as a row and asked back. Right: 5 % and 30 m. Bar: next to none wrong.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geodata.demo.first_bounds import demo_bounds
from geodata.demo.profile import write_profile
from geodata.gazetteer import Gazetteer, build
from geodata.zones.bounds.drafting import draft_communities
from geodata.zones.bounds.model import UNIT, BoundsRow
from geodata.zones.bounds.table import read_bounds
from tests.bench.osm_truth import Line, parse, read_lines

AREA_SHARE, NEAR_M = 0.05, 30.0
BLOCKS, TRIES = 120, 40_000
# A block that an office could speak of; narrower faces lie between carriageways.
LEAST_M2, MOST_M2, WIDE_M = 1e4, 3e6, 70.0
# The opposite carriageway of a road lies at most so far.
DUAL_M = 45.0
# A line bounds by at least so much, and faces its side within 60°.
LEAST_PART_M, LEAST_COS = 40.0, 0.5
SEED = 2017


@dataclass(frozen=True)
class Block:
    """A block and the names on its sides."""

    shape: shapely.Geometry
    sides: dict[str, str]


def closeness(shape: shapely.Geometry, truth: shapely.Geometry) -> tuple[float, float]:
    """Return the difference of areas as a share, and the Hausdorff distance of the borders in metres."""
    off = shape.area / truth.area - 1.0
    # Along the borders every 5 m: between vertices alone the distance would be too small.
    borders = [shapely.segmentize(other.boundary, 5.0) for other in (shape, truth)]
    return float(off), float(shapely.hausdorff_distance(*borders))


def blocks_of(lines: dict[str, Line], rng: np.random.Generator) -> Iterator[Block]:
    """Yield distinct blocks that four random names enclose, each of which meets the next."""
    names = sorted(lines)
    shapes = np.array([lines[name].shape for name in names], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    met = [second[(first == number) & (second != number)] for number in range(len(names))]
    seen: set[tuple[int, int]] = set()
    for _ in range(TRIES):
        chosen = [int(rng.integers(len(names)))]
        while len(chosen) < 4 and len(met[chosen[-1]]):
            chosen.append(int(rng.choice(met[chosen[-1]])))
        if len(set(chosen)) < 4 or chosen[0] not in met[chosen[3]]:
            continue
        for block in _enclosed([names[n] for n in chosen], shapes[chosen]):
            spot = block.shape.representative_point()
            key = (round(spot.x / 20), round(spot.y / 20))
            if key not in seen:
                seen.add(key)
                yield block


def _enclosed(names: list[str], shapes: np.ndarray) -> Iterator[Block]:
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(shapes)]))
    width = 2 * shapely.area(faces) / np.maximum(shapely.length(faces), 1e-9)
    for number in np.flatnonzero(
        (width > WIDE_M) & (shapely.area(faces) > LEAST_M2) & (shapely.area(faces) < MOST_M2)
    ):
        sides = _sides(faces[number], names, shapes)
        if sides is not None:
            yield Block(_to_the_middle(faces[number], shapes), sides)


def _sides(face: shapely.Geometry, names: list[str], shapes: np.ndarray) -> dict[str, str] | None:
    """Return the names by the side that their part of a face's border faces, None if they face no four sides."""
    ring = shapely.get_coordinates(shapely.orient_polygons(face).exterior)
    middle = shapely.points((ring[:-1] + ring[1:]) / 2)
    step = np.diff(ring, axis=0)
    outward = np.column_stack([step[:, 1], -step[:, 0]])
    facing = np.zeros((4, 2))
    for place, shape in enumerate(shapes):
        on = shapely.dwithin(middle, shape, 0.01)
        if np.hypot(*step[on].T).sum() < LEAST_PART_M:
            return None
        facing[place] = outward[on].sum(axis=0)
    cosine = facing @ np.array([UNIT[side] for side in "NESW"]).T / np.hypot(*facing.T)[:, None]
    best = max(permutations(range(4)), key=lambda order: min(cosine[np.arange(4), order]))
    if min(cosine[np.arange(4), best]) < LEAST_COS:
        return None
    return {"NESW"[side]: name for side, name in zip(best, names, strict=True)}


def _to_the_middle(face: shapely.Geometry, shapes: np.ndarray) -> shapely.Geometry:
    """Return a face grown to the middle of all carriageways that each name has drawn beside it."""
    ring = shapely.orient_polygons(face).exterior
    at = np.arange(5.0, ring.length, 10.0)
    spots = shapely.get_coordinates(shapely.line_interpolate_point(ring, at))
    step = shapely.get_coordinates(shapely.line_interpolate_point(ring, at + 1.0)) - spots
    outward = np.column_stack([step[:, 1], -step[:, 0]]) / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    rays = shapely.linestrings(np.stack([spots + outward, spots + outward * DUAL_M], axis=1))
    parts = [face]
    for shape in shapes:
        on = shapely.dwithin(shapely.points(spots), shape, 0.01)
        own = rays[on]
        far = [
            max(
                shapely.distance(shapely.points(shapely.get_coordinates(hit)), shapely.get_point(ray, 0)),
                default=0.0,
            )
            + 1.0
            for hit, ray in zip(shapely.intersection(own, shape), own, strict=True)
        ]
        # A side road of the same name is met by few rays, an opposite carriageway by most.
        beyond = [value for value in far if value > 1.0]
        if len(beyond) > 0.5 * len(far):
            border = shapely.intersection(shape, ring.buffer(0.01))
            parts.append(shapely.buffer(border, float(np.median(beyond)) / 2, cap_style="flat"))
    return shapely.union_all(parts)


def measure_extract(path: Path) -> tuple[Counter[str], list[str], float]:
    """Return how many blocks came back right, refused and wrong, words about the wrong ones, s per block."""
    with tempfile.TemporaryDirectory() as folder:
        build(osm=[path], out=Path(folder) / "g.qgz")
        gazetteer = Gazetteer.open(Path(folder) / "g.qgz")
    lines = {
        name: line
        for name, line in read_lines(parse(path), gazetteer.crs).items()
        if line.kind in ("road", "water", "rail")
    }
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    spent = 0.0
    for block in blocks_of(lines, np.random.default_rng(SEED)):
        row = BoundsRow("试验社区", block.sides, code="000000000001")  # type: ignore[arg-type]
        began = time.thread_time()
        (outcome,) = draft_communities([row], gazetteer).outcomes
        spent += time.thread_time() - began
        if outcome.shape is None:
            counts["refused"] += 1
            counts["  " + _reason(outcome.problems[0].zh)] += 1
        else:
            off, far = closeness(outcome.shape, block.shape)
            if abs(off) <= AREA_SHARE and far <= NEAR_M:
                counts["right"] += 1
            else:
                counts["wrong"] += 1
                wrong.append(f"{block.sides} {off:+.1%} {far:.0f} m, {block.shape.area / 1e4:.1f} ha"
                             f" {[finding.words.zh for finding in outcome.findings]}")  # fmt: skip
        counts["blocks"] += 1
        if counts["blocks"] == BLOCKS:
            break
    return counts, wrong, spent / max(counts["blocks"], 1)


def _reason(words: str) -> str:
    reasons = {"块地都符合": "several fit", "接不上": "gap", "悬空": "loose end", "没有“": "unknown name", "太多次": "too wild",
               "离其余": "far apart", "不算": "wrong side", "朝对方向": "no such land", "没有画": "torn line"}  # fmt: skip
    return next((english for chinese, english in reasons.items() if chinese in words), words)


def measure_demo() -> bool:
    """Print the demo district's table; return whether every community meets the bar."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_profile(home)
        build(lines=home / "lines.gpkg", out=home / "g.qgz")
        gazetteer = Gazetteer.open(home / "g.qgz")
        truth = gpd.read_file(home / "zones.gpkg", layer="community").set_index("name").geometry
    began = time.thread_time()
    draft = draft_communities(read_bounds(demo_bounds()), gazetteer)
    spent = time.thread_time() - began
    print(f"demo district, bar {AREA_SHARE:.0%} and {NEAR_M:.0f} m; {spent:.2f} s of processor time for all")
    good = True
    for outcome in draft.outcomes:
        name = outcome.row.name
        if outcome.shape is None:
            print(f"  {name:　<8} not closed: {outcome.problems}")
            good = False
            continue
        off, far = closeness(outcome.shape, truth[name])
        good &= abs(off) <= AREA_SHARE and far <= NEAR_M
        print(f"  {name:　<8} area {off:+.3%}  Hausdorff {far:5.1f} m")
    defects = draft.report.defects if draft.report else ()
    print(f"  overlaps, gaps and slivers between them: {len(defects)}")
    return good


def main() -> int:
    """Print both tables; 1 if the demo district misses the bar."""
    good = measure_demo()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    total: Counter[str] = Counter()
    for path in sorted((data / "osm").glob("*.osm.gz")):
        counts, wrong, seconds = measure_extract(path)
        total += counts
        print(f"{path.stem}: {dict(counts)}, {seconds * 1000:.0f} ms per block")
        for words in wrong:
            print(f"    wrong: {words}")
    if total:
        print(
            f"together: {total['blocks']} blocks, {total['right']} right, {total['refused']} refused, {total['wrong']} wrong"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
