"""Named lines of an OSM extract as the truth of the benchmarks, read from its XML alone.

Independent of the gazetteer's reader on purpose: nothing here is imported from `geodata.gazetteer`.
"""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString

from geodata.crs import WGS84, reproject_xy

SEPARATE_M = 100.0
# A crossing's centre belongs to every carriageway of the line this near to it.
_AT_CROSSING_M = 60.0
_WATERS = ("river", "canal", "stream", "drain")
_RAILS = ("rail", "light_rail", "subway", "narrow_gauge", "tram")


@dataclass
class Way:
    """One drawn way: node ids and positions (n, 2), in the drawing's direction."""

    refs: list[str]
    xy: np.ndarray


@dataclass
class Line:
    """Everything drawn under one name; `kind` is road, rail or water."""

    name: str
    kind: str
    ways: list[Way] = field(default_factory=list)

    @property
    def shape(self) -> shapely.Geometry:
        """All ways together."""
        return shapely.multilinestrings([LineString(way.xy) for way in self.ways])


def parse(path: Path) -> ET.Element:
    """Return the root of an extract's XML, gzipped or plain."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return ET.parse(file).getroot()


def name_unnamed_roads(root: ET.Element) -> None:
    """Give every unnamed road that meets a named railway or water at a node or bridge a made-up name.

    Towns outside the centre have few named roads; their railways would have no crossings to speak of.
    """
    at = {node.get("id"): (float(node.get("lon")), float(node.get("lat"))) for node in root.iter("node")}
    targets, unnamed = [], []
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        points = [at[nd.get("ref")] for nd in way.iter("nd") if nd.get("ref") in at]
        if len(points) < 2:
            continue
        if tags.get("name") and kind_of(tags) in ("rail", "water"):
            targets.append(LineString(points))
        elif kind_of(tags) == "road" and not tags.get("name") and not tags.get("ref"):
            unnamed.append((way, LineString(points)))
    every = shapely.union_all(targets)
    number = 0
    for way, shape in unnamed:
        if shape.intersects(every):
            name = (
                "试" + "甲乙丙丁戊己庚辛壬癸"[number % 10] + "子丑寅卯辰巳午未申酉戌亥"[number // 10] + "路"
            )
            ET.SubElement(way, "tag", {"k": "name", "v": name})
            number += 1


def read_lines(root: ET.Element, crs: int) -> dict[str, Line]:
    """Return the named roads, railways and waters of an extract by name, in a projected CRS."""
    ids = [node.get("id") for node in root.iter("node")]
    lonlat = [(float(node.get("lon")), float(node.get("lat"))) for node in root.iter("node")]
    at = dict(zip(ids, reproject_xy(np.array(lonlat), WGS84, crs), strict=True))
    lines: dict[str, Line] = {}
    for element in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in element.iter("tag")}
        kind = kind_of(tags)
        refs = [nd.get("ref") for nd in element.iter("nd") if nd.get("ref") in at]
        if kind and tags.get("name") and len(refs) > 1:
            line = lines.setdefault(tags["name"], Line(tags["name"], kind))
            line.ways.append(Way(refs, np.array([at[ref] for ref in refs])))
    return lines


def kind_of(tags: dict[str, str]) -> str:
    """Return road, rail, water, or nothing."""
    if "highway" in tags:
        return "road"
    if tags.get("railway") in _RAILS:
        return "rail"
    return "water" if tags.get("waterway") in _WATERS else ""


def meetings(lines: dict[str, Line]) -> dict[tuple[str, str], list[np.ndarray]]:
    """Return, per pair of names (both orders), the clusters of points where they are drawn to meet."""
    met: dict[tuple[str, str], list[np.ndarray]] = {}
    shapes = {name: line.shape for name, line in lines.items()}
    for a, b in combinations(sorted(lines), 2):
        cut = shapely.intersection(shapes[a], shapes[b])
        if cut.is_empty:
            continue
        points = [part.interpolate(0.5, normalized=True) if part.geom_type != "Point" else part
                  for part in shapely.get_parts(cut)]  # fmt: skip
        met[a, b] = met[b, a] = clusters(np.array([(p.x, p.y) for p in points]))
    return met


def clusters(xy: np.ndarray) -> list[np.ndarray]:
    """Group points nearer than 100 m (single linkage)."""
    label = list(range(len(xy)))
    for i, j in combinations(range(len(xy)), 2):
        if np.hypot(*(xy[i] - xy[j])) <= SEPARATE_M:
            old, new = label[j], label[i]
            label = [new if value == old else value for value in label]
    return [xy[np.array(label) == value] for value in dict.fromkeys(label)]


class Network:
    """The drawn ways of one line as a graph, with extra nodes where the given points lie on it."""

    def __init__(self, line: Line, centres: Iterable[np.ndarray]) -> None:
        self._xy: list[np.ndarray] = []
        self._ids: dict[str, int] = {}
        self._on: dict[int, list[int]] = defaultdict(list)
        edges: list[tuple[int, int]] = []
        stops = list(centres)
        drawn = [LineString(way.xy) for way in line.ways]
        nearest = [min((way.distance(shapely.points(stop)) for way in drawn), default=0.0) for stop in stops]
        for way, shape in zip(line.ways, drawn, strict=True):
            far_of = zip(way.refs, way.xy, _lengths(way.xy), strict=True)
            chain = [(float(far), self._node(ref, xy)) for ref, xy, far in far_of]
            for number, stop in enumerate(stops):
                off, far = shape.distance(shapely.points(stop)), float(shape.project(shapely.points(stop)))
                # The end of a way that goes on as another one is not where the crossing lies.
                inside = 0 < far < shape.length and off <= _AT_CROSSING_M
                if inside or off <= nearest[number] + 0.01:
                    node = self._node("", np.array(shape.interpolate(far).coords[0]))
                    chain.append((far, node))
                    self._on[number].append(node)
            chain.sort()
            edges += [(a, b) for (_, a), (_, b) in pairwise(chain) if a != b]
        first, second = np.array(edges).T
        xy = np.array(self._xy)
        weight = np.maximum(np.hypot(*(xy[first] - xy[second]).T), 1e-6)
        self._graph = coo_matrix((weight, (first, second)), shape=(len(xy), len(xy))).tocsr()

    def _node(self, ref: str, xy: np.ndarray) -> int:
        if ref and ref in self._ids:
            return self._ids[ref]
        self._xy.append(xy)
        if ref:
            self._ids[ref] = len(self._xy) - 1
        return len(self._xy) - 1

    def between(self, first: int, second: int) -> LineString | None:
        """Return the shortest drawn way between two of the given points, None if none joins them."""
        starts, ends = self._on[first], self._on[second]
        if not starts or not ends:
            return None
        far, before = dijkstra(self._graph, directed=False, indices=starts, return_predecessors=True)
        row, column = np.unravel_index(np.argmin(far[:, ends]), (len(starts), len(ends)))
        return self._path(before[row], starts[row], ends[column], far[row, ends[column]])

    def longest(self) -> LineString:
        """Return the longest of the shortest ways from end to end."""
        far, before = dijkstra(self._graph, directed=False, return_predecessors=True)
        far[~np.isfinite(far)] = -1
        start, end = np.unravel_index(np.argmax(far), far.shape)
        path = self._path(before[start], int(start), int(end), far[start, end])
        assert path is not None
        return path

    def _path(self, before: np.ndarray, start: int, end: int, length: float) -> LineString | None:
        if not np.isfinite(length) or length <= 0:
            return None
        nodes = [end]
        while nodes[-1] != start:
            nodes.append(int(before[nodes[-1]]))
        return LineString(np.array(self._xy)[nodes[::-1]])


def _lengths(xy: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def runs_with(line: Line, path: LineString) -> bool:
    """Return whether a path runs in the direction its line is drawn in (downstream for a river)."""
    forward = 0.0
    for way in line.ways:
        steps = way.xy[1:] - way.xy[:-1]
        middle = (way.xy[1:] + way.xy[:-1]) / 2
        for step, point in zip(steps, middle, strict=True):
            if path.distance(shapely.points(point)) < 1.0:
                far = path.project(shapely.points(point))
                ahead = np.array(path.interpolate(far + 1).coords[0]) - np.array(
                    path.interpolate(far - 1).coords[0]
                )
                forward += float(step @ ahead)
    return forward > 0
