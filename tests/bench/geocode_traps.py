"""Texts that must not be answered with confidence, on three gazetteers.

A trap is a text that names something which is not there, or not only there: roads that do not meet,
a number or a chainage beyond the end, a name nobody knows, a name that many places bear, a district
of another city. None may come back with p200 >= 0.5. The traps of the drawn city are the rows marked
`trap` in tests/golden/locations.csv; those of the two real gazetteers follow from their sources: that
two roads do not meet is read from the OSM extract's own nodes, or from where the located addresses
that name them lie.

    python tests/bench/geocode_traps.py
"""

from __future__ import annotations

import csv
import gzip
import os
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geodata.crs import WGS84, reproject_xy
from geodata.datums import to_wgs84
from geodata.gazetteer import build
from geodata.gazetteer.aliases import add_alias
from geodata.geocode import Geocoder
from tests.geodata.drawn_city import ALIASES, CRS, write_lines, write_zones

GOLDEN = Path(__file__).parents[1] / "golden" / "locations.csv"
# Half of the belief within 200 m is an answer; a trap must stay below.
LIMIT_P200 = 0.5
_PER_KIND = 16
# Mentions of two roads that stay this far apart are no evidence of a crossing.
_FAR_M = 5_000.0
_APART_M = 400.0
_UNKNOWN = ("虚无路", "幻影大街", "子虚路", "乌有大道", "海市街", "蜃楼路", "镜花路", "水月街")
_ELSEWHERE = (
    "上海市浦东新区",
    "广州市天河区",
    "洛阳市涧西区",
    "西安市雁塔区",
    "北京市朝阳区",
    "成都市武侯区",
)
_EMPTY_TALK = (
    "路口",
    "附近",
    "某工地",
    "不知道在哪里",
    "3号楼2单元",
    "向北200米",
    "西北角",
    "路西",
    "13800138000",
)


@dataclass(frozen=True)
class Trap:
    """A text, the area it is filed under, and what is wrong with it."""

    kind: str
    text: str
    area: str | None = None


def drawn_traps() -> list[Trap]:
    """Return the marked rows of the golden table."""
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [
            Trap("golden table", row["text"], row["area"] or None)
            for row in csv.DictReader(file)
            if row["trap"]
        ]


def build_drawn(folder: Path) -> Path:
    """Return the drawn city's gazetteer."""
    out = folder / "drawn.qgz"
    build(lines=write_lines(folder / "l.gpkg"), zones=write_zones(folder / "z.gpkg"), crs=CRS, out=out)
    for alias, name in ALIASES.items():
        add_alias(out, alias, name)
    return out


def zhengzhou_traps(data: Path) -> list[Trap]:
    """Return traps on the gazetteer mined from places.csv.gz, by what that table itself says."""
    with gzip.open(data / "zhengzhou" / "places.csv.gz", "rt", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    gcj = np.array([(float(row["gcj02_lon"]), float(row["gcj02_lat"])) for row in rows])
    xy = reproject_xy(to_wgs84(gcj, "gcj02"), WGS84, CRS)
    roads = _roads_named(rows, xy)
    traps = [
        *_spread(Trap("roads far apart", f"{a}与{b}交叉口") for a, b in _far_pairs(roads, _FAR_M)),
        *_spread(Trap("a corner of roads far apart", f"{b}{a}西北角") for a, b in _far_pairs(roads, _FAR_M)),
        *(Trap("a crossing with itself", f"{road}与{road}交叉口") for road in list(roads)[:_PER_KIND]),
        *(
            Trap("a number far beyond", f"{road}{9001 + 2 * i}号")
            for i, road in enumerate(list(roads)[:_PER_KIND])
        ),
        *(Trap("a chainage without posts", f"{road}K645+300") for road in list(roads)[:8]),
        *(Trap("a bare long road", road) for road in list(roads)[:_PER_KIND]),
    ]
    brands = Counter(row["name"].split("(")[0] for row in rows if "(" in row["name"])
    traps += [
        Trap("a brand of many branches", brand) for brand, count in brands.most_common(_PER_KIND) if count > 4
    ]
    return traps + _anywhere(list(roads))


def shanghai_traps(data: Path) -> list[Trap]:
    """Return traps on the Shanghai extract, by its own nodes."""
    roads = _roads_drawn(data / "osm" / "shanghai_centre.osm.gz")
    return [
        *_spread(Trap("roads apart", f"{a}与{b}交叉口") for a, b in _far_pairs(roads, _APART_M)),
        *_spread(Trap("a corner of roads apart", f"{b}{a}东南角") for a, b in _far_pairs(roads, _APART_M)),
        *_spread(
            Trap("a stretch with ends elsewhere", f"{a}（{b}至{c}）")
            for a, b, c in _far_triples(roads, _APART_M)
        ),
        *(Trap("a crossing with itself", f"{road}与{road}交叉口") for road in list(roads)[:_PER_KIND]),
        *(
            Trap("a number far beyond", f"{road}{9001 + i}号")
            for i, road in enumerate(list(roads)[:_PER_KIND])
        ),
        *(Trap("a chainage without posts", f"{road}K645+300") for road in list(roads)[:8]),
        *_anywhere(list(roads), own="上海市浦东新区"),
    ]


def _anywhere(roads: list[str], *, own: str = "") -> list[Trap]:
    """Return traps that hold on every gazetteer."""
    pairs = list(zip(roads[:8], roads[8:16], strict=False))
    elsewhere = [place for place in _ELSEWHERE if place != own]
    return [
        *(Trap("unknown names", f"{a}与{b}交叉口") for a, b in combinations(_UNKNOWN[:5], 2)),
        *(Trap("an unknown road's number", f"{name}{12 + i}号") for i, name in enumerate(_UNKNOWN)),
        *(Trap("one unknown road", f"{road}与{name}交叉口") for road, name in zip(roads, _UNKNOWN, strict=False)),
        *(Trap("an unknown estate", f"{name[:2]}花苑3号楼") for name in _UNKNOWN),
        *(Trap("another city in the text", f"{elsewhere[i % 5]}{a}与{b}交叉口") for i, (a, b) in enumerate(pairs)),
        *(Trap("another city's district", f"{a}88号", elsewhere[i % 5][3:]) for i, (a, _) in enumerate(pairs)),
        *(Trap("nothing named", text) for text in _EMPTY_TALK),
    ]  # fmt: skip


def _roads_named(rows: list[dict[str, str]], xy: np.ndarray) -> dict[str, np.ndarray]:
    """Return where the addresses lie that begin with a road's name and a number or crossing, most named first."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        head, mark, _ = row["address"].partition("路")
        if mark and 2 <= len(head) <= 3 and all("一" <= char <= "龥" for char in head):
            found[head + mark].append(index)
    often = sorted(found, key=lambda name: (-len(found[name]), name))
    return {name: xy[found[name]] for name in often if len(found[name]) >= 8}


def _roads_drawn(path: Path) -> dict[str, np.ndarray]:
    """Return the nodes (metres) of each named highway of an extract, longest first."""
    with gzip.open(path) as file:
        root = ET.parse(file).getroot()
    nodes = {n.get("id"): (float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")}
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        name = tags.get("name") or ""
        if "highway" in tags and name and all("一" <= char <= "龥" for char in name):
            found[name] += [nodes[nd.get("ref")] for nd in way.iter("nd") if nd.get("ref") in nodes]
    often = sorted(found, key=lambda name: (-len(found[name]), name))
    return {name: reproject_xy(np.array(found[name]), WGS84, 4549) for name in often if len(found[name]) > 3}


def _far_pairs(roads: dict[str, np.ndarray], apart_m: float) -> Iterator[tuple[str, str]]:
    trees = {name: cKDTree(points) for name, points in roads.items()}
    for first, second in combinations(roads, 2):
        if trees[first].query(roads[second])[0].min() > apart_m and first[:2] != second[:2]:
            yield first, second


def _far_triples(roads: dict[str, np.ndarray], apart_m: float) -> Iterator[tuple[str, str, str]]:
    others: dict[str, list[str]] = defaultdict(list)
    for first, second in _far_pairs(roads, apart_m):
        others[first].append(second)
    for first, far in others.items():
        if len(far) >= 2:
            yield first, far[0], far[-1]


def _spread(traps: Iterator[Trap]) -> list[Trap]:
    """Return a fixed few of many, evenly spread."""
    every = list(traps)
    return every[:: max(len(every) // _PER_KIND, 1)][:_PER_KIND]


def caught(geocoder: Geocoder, traps: list[Trap]) -> list[tuple[Trap, float, str, str]]:
    """Return every trap with its p200, status and method."""
    found = geocoder.locate_many([trap.text for trap in traps], areas=[trap.area for trap in traps])
    return [(trap, one.p_within[200], one.status, one.method) for trap, one in zip(traps, found, strict=True)]


def main() -> None:
    """Print the table, and every trap that was walked into."""
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    total = walked = 0
    print(f"{'gazetteer':10} {'kind':32} {'traps':>6} {'p200>=0.5':>10} {'located':>8} {'highest p200':>13}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places, extract = data / "zhengzhou" / "places.csv.gz", data / "osm" / "shanghai_centre.osm.gz"
        build(places=[places], places_datum="gcj02", out=folder / "zhengzhou.qgz")
        build(osm=[extract], out=folder / "shanghai.qgz")
        cities = (
            ("drawn", build_drawn(folder), drawn_traps()),
            ("zhengzhou", folder / "zhengzhou.qgz", zhengzhou_traps(data)),
            ("shanghai", folder / "shanghai.qgz", shanghai_traps(data)),
        )
        failures = []
        for city, gazetteer, traps in cities:
            results = caught(Geocoder.open(gazetteer), traps)
            for kind in dict.fromkeys(trap.kind for trap in traps):
                own = [(p, status) for trap, p, status, _ in results if trap.kind == kind]
                wrong = sum(p >= LIMIT_P200 for p, _ in own)
                located = sum(status == "located" for _, status in own)
                highest = max(p for p, _ in own)
                print(f"{city:10} {kind:32} {len(own):6d} {wrong:10d} {located:8d} {highest:13.2f}")
                total, walked = total + len(own), walked + wrong
            failures += [(city, *one) for one in results if one[1] >= LIMIT_P200]
    print(f"{total} traps, {walked} answered with p200 >= {LIMIT_P200}")
    for city, trap, p200, status, method in failures:
        print(f"  {city}: {trap.text} [{trap.area or ''}] {trap.kind}: p200 {p200:.2f}, {status}, {method}")


if __name__ == "__main__":
    main()
