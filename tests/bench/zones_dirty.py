"""Dirty zones of a real city: our defect lists against an independent count, and what repair leaves.

    PYTHONPATH=. .venv/bin/python tests/bench/zones_dirty.py [--rounds 5]

The independent count uses none of our code and other algorithms: ring by ring for validity (simple
rings, shells that share interior, holes outside their shell), inclusion-exclusion of areas over all
pairs of boxes for overlaps (area(a) + area(b) - area(a or b), no tree, no intersection), and the
complement of the union in a frame for gaps (no interior rings). Invalid polygons are mended by
shapely's default `make_valid` before counting overlaps and gaps, as ours are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geodata.zones.checking.checks import check_zones
from geodata.zones.repair.repair import repair_zones

DATA = Path(os.environ.get("QINGTU_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
HECTARE_M2 = 10_000.0
# Areas of polygons with coordinates of 3,000 km are rounded in the 7th digit behind the point.
FLOOR_M2 = 1e-5


def ring_by_ring_invalid(shapes) -> list[int]:
    """Rows whose polygons break a rule of the simple features model, by definition."""
    return [row for row, shape in enumerate(shapes) if _breaks_a_rule(shape)]


def _breaks_a_rule(shape) -> bool:
    parts = shapely.get_parts(shape)
    rings = [shapely.get_rings(part) for part in parts]
    if not all(shapely.is_simple(own).all() for own in rings):
        return True
    shells = [shapely.Polygon(own[0]) for own in rings]
    for shell, own in zip(shells, rings, strict=True):
        holes = [shapely.Polygon(ring) for ring in own[1:]]
        if any(not shapely.covers(shell, hole) for hole in holes):
            return True
        if any(_share_interior(a, b) for n, a in enumerate(holes) for b in holes[:n]):
            return True
    lands = [shapely.Polygon(own[0], own[1:]) for own in rings]
    return any(_share_interior(a, b) for n, a in enumerate(lands) for b in lands[:n])


def _share_interior(a, b) -> bool:
    return shapely.relate_pattern(a, b, "T********")


def shared_by_areas(shapes) -> dict[tuple[int, int], float]:
    """Overlap of every pair of zones whose boxes meet, by inclusion-exclusion."""
    box = shapely.bounds(shapes)
    area = shapely.area(shapes)
    found = {}
    for row in range(len(shapes)):
        low = np.maximum(box[row, :2], box[row + 1 :, :2])
        high = np.minimum(box[row, 2:], box[row + 1 :, 2:])
        others = row + 1 + np.flatnonzero((low < high).all(axis=1))
        both = shapely.area(shapely.union(shapes[row], shapes[others]))
        for other, shared in zip(others, area[row] + area[others] - both, strict=True):
            found[row, int(other)] = float(shared)
    return found


def gaps_by_complement(shapes) -> list[float]:
    """Areas of the bounded pieces that are left of a frame when every zone is taken away."""
    min_x, min_y, max_x, max_y = shapely.total_bounds(shapes)
    frame = shapely.box(min_x - 100, min_y - 100, max_x + 100, max_y + 100)
    union = shapes[0]
    for shape in np.array_split(shapes, 16):
        union = shapely.union(union, shapely.disjoint_subset_union_all(shape))
    left = shapely.get_parts(shapely.difference(frame, union))
    return [float(piece.area) for piece in left if piece.bounds[0] > min_x - 50]


def same_areas(ours: list[float], theirs: list[float], *, tolerance_m2: float = 1e-4) -> bool:
    """Whether two lists hold the same areas, largest first."""
    pairs = zip(sorted(ours, reverse=True), sorted(theirs, reverse=True), strict=False)
    return len(ours) == len(theirs) and all(abs(a - b) <= tolerance_m2 for a, b in pairs)


def lists_table(frame: gpd.GeoDataFrame) -> None:
    """Print our lists beside the independent ones."""
    report = check_zones({"community": frame})
    raw = np.asarray(frame.geometry.array, dtype=object)
    valid = np.where(shapely.is_valid(raw), raw, shapely.make_valid(raw))
    number = {f"第{row + 1}行": row for row in range(len(raw))}

    ours_invalid = [number[d.codes[0]] for d in report.defects if d.kind == "invalid"]
    theirs_invalid = ring_by_ring_invalid(raw)
    row("invalid polygons", len(ours_invalid), len(theirs_invalid), sorted(ours_invalid) == theirs_invalid)

    overlaps = {
        (number[d.codes[0]], number[d.codes[1]]): d.area_m2
        for d in report.defects
        if d.nature in ("overlap", "duplicate_shape")
    }
    pairs = shared_by_areas(valid)
    for floor in (1.0, FLOOR_M2):
        ours = {pair: area for pair, area in overlaps.items() if area > floor}
        theirs = {pair: area for pair, area in pairs.items() if area > floor}
        equal = {p for p in {*ours, *theirs} if abs(overlaps.get(p, 0.0) - pairs.get(p, 0.0)) > FLOOR_M2}
        row(f"overlaps > {floor:g} m² (pairs and areas)", len(ours), len(theirs), not equal)
    row(
        "overlap in all, km²",
        sum(overlaps.values()) / 1e6,
        sum(v for v in pairs.values() if v > FLOOR_M2) / 1e6,
        None,
    )

    gaps = [d.area_m2 for d in report.defects if d.nature in ("gap", "hole")]
    left = gaps_by_complement(valid)
    for floor in (HECTARE_M2, 1.0, FLOOR_M2):
        ours_floor, theirs_floor = [a for a in gaps if a > floor], [a for a in left if a > floor]
        row(
            f"gaps and holes > {floor:g} m² (areas)",
            len(ours_floor),
            len(theirs_floor),
            same_areas(ours_floor, theirs_floor),
        )
    row("gaps in all, km²", sum(gaps) / 1e6, sum(left) / 1e6, None)


def row(what: str, ours: float, theirs: float, equal: bool | None) -> None:
    """Print one line of the table of lists."""
    verdict = "" if equal is None else "equal" if equal else "DIFFERENT"
    print(f"{what:44} {ours:>14,.6g} {theirs:>14,.6g}  {verdict}")


def repair_table(frame: gpd.GeoDataFrame) -> None:
    """Print what repair did, judged by shapely alone."""
    raw = np.asarray(frame.geometry.array, dtype=object)
    result = repair_zones({"community": frame})
    shapes = np.asarray(result.layers["community"].geometry.array, dtype=object)
    mended = int((~shapely.is_valid(raw) & shapely.is_valid(shapes)).sum())
    wide = [r for r in result.refusals if r.kind == "overlap"]
    left = {pair: area for pair, area in shared_by_areas(shapes).items() if area > FLOOR_M2}
    holes = [area for area in gaps_by_complement(shapes) if area > 0]
    refused = [r.area_m2 for r in result.refusals if r.kind == "gap"]
    union = float(shapely.union_all(shapes).area)
    excess = float(shapely.area(shapes).sum() - sum(left.values()) - union)
    disputed = {int(code[1:-1]) - 1 for r in wide for code in r.codes}
    sound = np.delete(shapes, sorted(disputed))
    print(
        f"{'invalid polygons mended':44} {mended} of {int((~shapely.is_valid(raw)).sum())}   (bar: >= 39 of 41)"
    )
    print(
        f"{'overlaps left':44} {len(left)}, refused {len(wide)}, smallest {min(map(float, left.values()), default=0) / HECTARE_M2:,.0f} ha   (bar: refused ones > 1 ha only)"
    )
    print(
        f"{'gaps left':44} {len(holes)}, refused {len(refused)}, smallest {min(holes, default=0) / HECTARE_M2:,.2f} ha, equal {same_areas(holes, refused)}"
    )
    print(f"{'sum of areas - overlap - union, m²':44} {excess:.6f}   (bar: 0)")
    print(
        f"{'coverage valid without the disputed pair':44} {bool(shapely.coverage_is_valid(sound))}   (bar: True)"
    )
    moved = sum(abs(r.area_change_m2) for r in result.repairs if r.kind == "aligned")
    print(f"{'area moved by aligning vertices, m²':44} {moved:,.1f} of {union:,.0f}")
    total = sum(r.area_change_m2 for r in result.repairs)
    print(
        f"{'listed changes - measured change, m²':44} {total - (shapely.area(shapes).sum() - shapely.area(raw).sum()):.6f}   (bar: 0)"
    )
    ruled = repair_zones({"community": frame}, limit_m2=np.inf)
    whole = np.asarray(ruled.layers["community"].geometry.array, dtype=object)
    print(
        f"{'with no limit stated (--limit-ha inf)':44} refused {len(ruled.refusals)}, gaps {len(gaps_by_complement(whole))}, coverage valid {bool(shapely.coverage_is_valid(whole))}"
    )


def speed_table(frame: gpd.GeoDataFrame, rounds: int) -> None:
    """Print medians, interleaved with the independent count as the peer."""
    raw = np.asarray(frame.geometry.array, dtype=object)

    def independent() -> None:
        valid = np.where(shapely.is_valid(raw), raw, shapely.make_valid(raw))
        shared_by_areas(valid)
        gaps_by_complement(valid)

    jobs = {
        "check": lambda: check_zones({"community": frame}),
        "check and repair": lambda: repair_zones({"community": frame}),
        "independent count": independent,
    }
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            taken[name].append(time.process_time() - start)
    peer = statistics.median(taken["independent count"])
    for name, values in taken.items():
        median = statistics.median(values)
        print(
            f"{name:44} {median:.2f} s of processor time, {peer / median:.1f} x the independent count's speed"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    path = DATA / "dirty_zones_wuhan.gpkg"
    if not path.exists():
        raise SystemExit(f"{path} is missing: set QINGTU_TEST_DATA")
    frame = gpd.read_file(path)
    vertices = shapely.get_num_coordinates(frame.geometry.array).sum()
    print(
        f"{path.name}: {len(frame)} polygons, {vertices:,} vertices\n\n{'':44} {'ours':>14} {'independent':>14}"
    )
    lists_table(frame)
    print()
    repair_table(frame)
    print()
    speed_table(frame, arguments.rounds)


if __name__ == "__main__":
    main()
