"""Every pair of named roads that share nodes in an OSM extract, asked for in several phrasings.

The truth is read from the extract by this script itself (node references in the XML), not by the
gazetteer's reader. A pair's nodes more than 100 m apart are separate junctions; such a pair must come
out ambiguous or with both junctions among its candidates.

    python tests/bench/geocode_crossings.py [extract.osm.gz]
"""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import shapely
from osm_truth import Line, parse, read_lines

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer import build
from geodata.geocode import Geocoder

PHRASINGS: dict[str, Callable[[str, str], str]] = {
    "A与B交叉口": lambda a, b: f"{a}与{b}交叉口",
    "A、B路口": lambda a, b: f"{a}、{b}路口",
    "B和A交汇处": lambda a, b: f"{b}和{a}交汇处",
    "AB交叉口": lambda a, b: f"{a}{b}交叉口",
    "A B路口": lambda a, b: f"{a} {b}路口",
    "A/B": lambda a, b: f"{a}/{b}",
    "AB": lambda a, b: f"{a}{b}",
}
WITHIN_M = 15.0
SEPARATE_M = 100.0


@dataclass(frozen=True)
class Junction:
    """A pair of road names and the node clusters where they meet, lon, lat."""

    first: str
    second: str
    clusters: list[np.ndarray]


def read_junctions(path: Path) -> list[Junction]:
    """Return all pairs of differently named highways that share nodes."""
    with gzip.open(path) as file:
        root = ET.parse(file).getroot()
    nodes = {n.get("id"): (float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")}
    names_at: dict[str, set[str]] = defaultdict(set)
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        if "highway" in tags and tags.get("name"):
            for ref in way.iter("nd"):
                if ref.get("ref") in nodes:
                    names_at[ref.get("ref")].add(tags["name"])
    met: dict[tuple[str, str], set[str]] = defaultdict(set)
    for node, names in names_at.items():
        for pair in combinations(sorted(names), 2):
            met[pair].add(node)
    return [Junction(*pair, _clusters([nodes[n] for n in sorted(ids)])) for pair, ids in sorted(met.items())]


def _clusters(lonlat: list[tuple[float, float]]) -> list[np.ndarray]:
    """Group points nearer than 100 m (single linkage), on a local plane."""
    points = np.array(lonlat)
    scale = np.array([np.cos(np.radians(points[0, 1])), 1.0]) * 111_195.0
    plane = points * scale
    label = list(range(len(points)))
    for i, j in combinations(range(len(points)), 2):
        if np.hypot(*(plane[i] - plane[j])) <= SEPARATE_M:
            old, new = label[j], label[i]
            label = [new if value == old else value for value in label]
    return [points[np.array(label) == value] for value in dict.fromkeys(label)]


def measure(path: Path, gazetteer: Path) -> dict[str, dict[str, float]]:
    """Return per phrasing: pairs, share within 15 m of the hull, share located, twice-met pairs right."""
    geocoder = Geocoder.open(gazetteer)
    junctions = read_junctions(path)
    single = [j for j in junctions if len(j.clusters) == 1]
    double = [j for j in junctions if len(j.clusters) > 1]
    result = {}
    for phrasing, write in PHRASINGS.items():
        began = time.perf_counter()
        found = [geocoder.locate(write(j.first, j.second)) for j in single]
        seconds = time.perf_counter() - began
        right = [_near(location, j.clusters[0]) for location, j in zip(found, single, strict=True)]
        twice = [geocoder.locate(write(j.first, j.second)) for j in double]
        both = [_has_all(location, j.clusters) for location, j in zip(twice, double, strict=True)]
        result[phrasing] = {
            "pairs": len(single),
            "within": float(np.mean(right)),
            "located": float(np.mean([location.status == "located" for location in found])),
            "twice": len(double),
            "both": float(np.mean(both)) if both else 1.0,
            "ambiguous": float(np.mean([location.status == "ambiguous" for location in twice]))
            if twice
            else 1.0,
            "per_s": len(single) / seconds,
        }
    return result


CORNERS = {"东北角": 45.0, "东南角": 135.0, "西南角": 225.0, "西北角": 315.0}
CORNER_PHRASINGS: dict[str, Callable[[str, str, str], str]] = {
    "A与B交叉口X": lambda a, b, x: f"{a}与{b}交叉口{x}",
    "AB X": lambda a, b, x: f"{a}{b}{x}",
    "A、B路口X": lambda a, b, x: f"{a}、{b}路口{x}",
}
# A corner is asked for only where it is one: between an arm of each road, neither of them near the
# diagonal itself, and neither a fork nor nearly a straight line.
CLEAR_DEG, SHARPEST_DEG, WIDEST_DEG, ONE_ARM_DEG = 15.0, 40.0, 150.0, 30.0


def corners_of(
    junction: Junction, lines: dict[str, Line], centre: np.ndarray, reach_m: float
) -> dict[str, tuple[float, float]]:
    """Return the corners of a junction that have a name, as the bearings of the arms on either side."""
    circle = shapely.points(centre).buffer(reach_m).exterior
    arms: list[tuple[float, str]] = []
    for name in (junction.first, junction.second):
        cut = shapely.get_coordinates(shapely.intersection(lines[name].shape, circle)) - centre
        left = sorted(np.degrees(np.arctan2(cut[:, 0], cut[:, 1])) % 360.0)
        while left:
            near = [b for b in left if abs((b - left[0] + 180) % 360 - 180) <= ONE_ARM_DEG]
            turned = [(b - left[0] + 180) % 360 - 180 for b in near]
            arms.append(((left[0] + float(np.mean(turned))) % 360.0, name))
            left = [b for b in left if b not in near]
    arms.sort()
    found = {}
    for (low, road), (high, other) in zip(arms, arms[1:] + arms[:1], strict=True):
        width = (high - low) % 360.0
        for word, bearing in CORNERS.items():
            inside = (bearing - low) % 360.0
            clear = CLEAR_DEG <= inside <= width - CLEAR_DEG
            if road != other and clear and SHARPEST_DEG <= width <= WIDEST_DEG:
                found[word] = (low, high)
    return found


def measure_corners(path: Path, gazetteer: Path) -> dict[str, list[bool]]:
    """Return per phrasing whether the answer lies between the arms of the corner asked for."""
    geocoder = Geocoder.open(gazetteer)
    lines = read_lines(parse(path), geocoder.crs)
    table: dict[str, list[bool]] = defaultdict(list)
    for junction in read_junctions(path):
        nodes = reproject_xy(junction.clusters[0], WGS84, geocoder.crs)
        centre = np.array(shapely.centroid(shapely.convex_hull(shapely.multipoints(nodes))).coords[0])
        if len(junction.clusters) > 1:
            continue
        reach = float(np.hypot(*(nodes - centre).T).max()) + 30.0
        for word, (low, high) in corners_of(junction, lines, centre, reach).items():
            for phrasing, write in CORNER_PHRASINGS.items():
                best = geocoder.locate(write(junction.first, junction.second, word)).best
                x, y = (
                    best.geometry.coords[0] - centre
                    if best and best.geometry.geom_type == "Point"
                    else (0, 0)
                )
                bearing = float(np.degrees(np.arctan2(x, y)))
                right = 0 < (bearing - low) % 360.0 < (high - low) % 360.0 and np.hypot(x, y) > 5.0
                table[phrasing].append(right)
                if not right and "-v" in sys.argv:
                    print(
                        "  miss",
                        write(junction.first, junction.second, word),
                        f"{low:.0f} {bearing:.0f} {high:.0f}",
                    )
    return table


def _hull(lonlat: np.ndarray, crs: int) -> shapely.Geometry:
    return shapely.convex_hull(shapely.multipoints(reproject_xy(lonlat, WGS84, crs)))


def _near(location, cluster: np.ndarray) -> bool:
    return (
        location.best is not None
        and location.best.geometry.distance(_hull(cluster, location.crs)) <= WITHIN_M
    )


def _has_all(location, clusters: list[np.ndarray]) -> bool:
    candidates = [location.best, *location.others] if location.best else []
    return all(
        any(c.geometry.distance(_hull(cluster, location.crs)) <= WITHIN_M for c in candidates)
        for cluster in clusters
    )


def main() -> None:
    """Print the table."""
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    given = [Path(name) for name in sys.argv[1:] if not name.startswith("-")]
    path = given[0] if given else data / "osm" / "shanghai_centre.osm.gz"
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = Path(folder) / "g.qgz"
        build(osm=[path], out=gazetteer)
        print(f"{path.name}: answers within {WITHIN_M:.0f} m of the junction's node hull")
        print(
            f"{'phrasing':14} {'pairs':>6} {'within':>7} {'located':>8} {'twice':>6} {'both':>6} {'ambig.':>7} {'per s':>7}"
        )
        for phrasing, row in measure(path, gazetteer).items():
            print(
                f"{phrasing:14} {row['pairs']:6.0f} {row['within']:7.1%} {row['located']:8.1%} {row['twice']:6.0f} "
                f"{row['both']:6.1%} {row['ambiguous']:7.1%} {row['per_s']:7.0f}"
            )
        print("corners: answers between the two arms that bound the corner, by the roads' own bearings")
        for phrasing, right in measure_corners(path, gazetteer).items():
            print(f"{phrasing:14} {len(right):6} {np.mean(right):7.1%}")


if __name__ == "__main__":
    main()
