"""Stretches between two crossings, their sides, and chainages: every named line of an OSM extract.

The truth (paths along the drawn ways, sides, kilometre posts) is worked out by `osm_truth` from the
extract's XML. Posts are set along each railway and river every kilometre: half the lines get them as
`railway=milestone` nodes written into a copy of the extract, half from a table of posts; the chainage
of every other line grows against the drawing's direction.

    python tests/bench/geocode_lines.py [extract.osm.gz]
"""

from __future__ import annotations

import os
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import shapely
import shapely.ops
from osm_truth import Line, Network, meetings, name_unnamed_roads, parse, read_lines, runs_with
from shapely.geometry import LineString

from geodata.crs import WGS84, cgcs2000_zone, reproject_xy
from geodata.gazetteer import build
from geodata.geocode import Geocoder

Write = Callable[[str, str, str], str]
STRETCHES: dict[str, Write] = {
    "A（B至C段）": lambda a, b, c: f"{a}（{b}至{c}段）",
    "A（B-C）": lambda a, b, c: f"{a}（{b}-{c}）",
    "A与B交叉口至C": lambda a, b, c: f"{a}与{b}交叉口至{c}",
    "A B至C之间": lambda a, b, c: f"{a} {b}至{c}之间",
    "A从B到C": lambda a, b, c: f"{a}从{b}到{c}",
    "AB至C段": lambda a, b, c: f"{a}{b}至{c}段",
}
SIDED: dict[str, Write] = {
    "A（B至C段）X": STRETCHES["A（B至C段）"],
    "A B至C之间X": STRETCHES["A B至C之间"],
    "AB至C段X": STRETCHES["AB至C段"],
}
COMPASS = {"东": (1.0, 0.0), "南": (0.0, -1.0), "西": (-1.0, 0.0), "北": (0.0, 1.0)}
WITHIN_M, POST_WITHIN_M, LEAST_M = 20.0, 1.0, 60.0
# A line that runs within 45 degrees of north has an east side, not a north side.
ACROSS = np.sqrt(0.5)
CARRIAGEWAYS_M = 60.0


@dataclass(frozen=True)
class Truth:
    """A stretch of a line between its crossings with two others; `path` runs with the chainage or drawing."""

    line: Line
    start: str
    end: str
    path: LineString


def stretches(lines: dict[str, Line]) -> Iterator[Truth]:
    """Yield every stretch between two lines that meet a third exactly once each, in drawn direction."""
    met = meetings(lines)
    for name, line in sorted(lines.items()):
        others = sorted(b for a, b in met if a == name and len(met[a, b]) == 1)
        network = Network(line, [met[name, b][0].mean(axis=0) for b in others])
        for (i, b), (j, c) in combinations(enumerate(others), 2):
            path = network.between(i, j)
            if path is not None and path.length >= LEAST_M:
                yield Truth(line, b, c, path if runs_with(line, path) else path.reverse())


def sides_of(truth: Truth) -> dict[str, int]:
    """Return the sides that can be named, 1 where they lie left of the path, -1 right."""
    sides: dict[str, int] = {}
    step, along = _steps(truth.path)
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    for word, wanted in COMPASS.items():
        across = normal @ np.array(wanted)
        # Named only where it is one and the same side along nearly all of the stretch.
        for hand in (1, -1):
            if np.average(hand * across > ACROSS, weights=step) > 0.8:
                sides[word + ("岸" if truth.line.kind == "water" else "侧")] = hand
    if truth.line.kind == "water":
        sides |= {"左岸": 1, "右岸": -1}
    return sides


def _steps(path: LineString) -> tuple[np.ndarray, np.ndarray]:
    xy = shapely.get_coordinates(shapely.segmentize(path, 10.0))
    difference = np.diff(xy, axis=0)
    length = np.hypot(*difference.T)
    return length, difference / length[:, None]


def on_side(answer: shapely.Geometry, path: LineString, hand: int, reach_m: float) -> bool:
    """Return whether an answer lies on one side of a path all along it (98 %), and not far from it."""
    if answer.geom_type not in ("LineString", "MultiLineString"):
        return False
    margin = min(30.0, path.length / 4)
    at = np.arange(margin, path.length - margin + 1e-6, 5.0)
    here = shapely.get_coordinates(shapely.line_interpolate_point(path, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, at + 1.0)) - here
    near = shapely.get_coordinates(shapely.shortest_line(shapely.points(here), answer)).reshape(-1, 2, 2)
    aside = near[:, 1] - near[:, 0]
    turn = ahead[:, 0] * aside[:, 1] - ahead[:, 1] * aside[:, 0]
    return bool(np.mean(turn * hand > 0) >= 0.98 and np.max(np.hypot(*aside.T)) <= reach_m)


def off_by(answer: shapely.Geometry, truth: Truth) -> float:
    """Return the Hausdorff distance in metres, sampled every 5 m; a dual carriageway is the band between."""
    if answer.geom_type != "LineString":
        return float("inf")
    here, rays = _across(truth.path)
    hits = shapely.intersection(rays, truth.line.shape)
    band = np.array([_span(point, hit) for point, hit in zip(here, hits, strict=True)])
    missing = float(np.max(shapely.distance(band, answer)))
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(answer, 5.0)))
    whole = shapely.union_all([truth.path, *band])
    return max(missing, float(np.max(shapely.distance(points, whole))))


def _across(path: LineString) -> tuple[np.ndarray, np.ndarray]:
    """Return points every 5 m of a path, and lines across it there that reach all carriageways."""
    at = np.linspace(0.0, path.length, max(int(path.length // 5.0), 2))
    xy = shapely.get_coordinates(shapely.line_interpolate_point(path, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, np.minimum(at + 1.0, path.length)))
    ahead -= shapely.get_coordinates(shapely.line_interpolate_point(path, np.maximum(at - 1.0, 0.0)))
    normal = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None] * CARRIAGEWAYS_M
    return shapely.points(xy), shapely.linestrings(np.stack([xy - normal, xy + normal], axis=1))


def _span(point: shapely.Point, hit: shapely.Geometry) -> shapely.Geometry:
    hull = shapely.convex_hull(shapely.union(point, hit))
    return shapely.boundary(hull) if hull.geom_type == "Polygon" else hull


def measure_stretches(geocoder: Geocoder, truths: list[Truth]) -> dict[str, dict[str, list[bool]]]:
    """Return per line class and phrasing whether each stretch was right; misses are printed with -v."""
    table: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for truth in truths:
        for phrasing, write in STRETCHES.items():
            text = write(truth.line.name, truth.start, truth.end)
            best = geocoder.locate(text).best
            off = off_by(best.geometry, truth) if best else float("inf")
            _note(
                table[truth.line.kind][phrasing],
                off <= WITHIN_M,
                f"{text}: {off:.0f} m of {truth.path.length:.0f} {best and best.words}",
            )
        for phrasing, write in SIDED.items():
            for side, hand in sides_of(truth).items():
                text = write(truth.line.name, truth.start, truth.end) + side
                best = geocoder.locate(text).best
                right = best is not None and on_side(best.geometry, truth.path, hand, 60.0)
                _note(table[truth.line.kind][phrasing], right, f"{text} {best and best.words}")
    return table


def _note(column: list[bool], right: bool, words: str) -> None:
    column.append(right)
    if not right and "-v" in sys.argv:
        print("  miss", words)


@dataclass(frozen=True)
class Posted:
    """A railway or river with its posts: `path` runs with the chainage, which begins at `first_m`."""

    line: Line
    path: LineString
    first_m: float

    def posts(self) -> list[tuple[float, np.ndarray]]:
        """Return the whole kilometres on the path: chainage, position."""
        low = np.ceil(self.first_m / 1000.0) * 1000.0
        return [(m, np.array(self.path.interpolate(m - self.first_m).coords[0]))
                for m in np.arange(low, self.first_m + self.path.length, 1000.0)]  # fmt: skip


def posted(lines: dict[str, Line]) -> list[Posted]:
    """Set posts along every railway and water that is long enough for two, by turns either way."""
    found = []
    for _, line in sorted(lines.items()):
        if line.kind != "road":
            path = Network(line, []).longest()
            if runs_with(line, path) == (len(found) % 2 == 1):
                path = path.reverse()
            # A river's chainage grows downstream, so that its left bank is the left of both.
            if line.kind == "water" and not runs_with(line, path):
                path = path.reverse()
            own = Posted(line, path, 644_230.0 + 1000 * len(found))
            if len(own.posts()) >= 2:
                found.append(own)
    return found


def write_sources(root: ET.Element, rows: list[Posted], crs: int, folder: Path) -> tuple[Path, Path]:
    """Write a copy of the extract with milestone nodes for every other line, and a table for the rest."""
    xml = ET.tostring(root, encoding="unicode")
    nodes, table, number = [], ["line,chainage,lon,lat"], 9_000_000_000
    for index, row in enumerate(rows):
        for metres, xy in row.posts():
            lon, lat = reproject_xy(xy[None], crs, WGS84)[0]
            number += 1
            key = "railway" if row.line.kind == "rail" else "waterway"
            if index % 2 == 0:
                nodes.append(
                    f'<node id="{number}" lon="{lon:.9f}" lat="{lat:.9f}"><tag k="{key}" v="milestone"/>'
                    f'<tag k="railway:position" v="{metres / 1000:g}"/></node>'
                )
            else:
                kilometres, rest = divmod(metres, 1000)
                table.append(f"{row.line.name},K{kilometres:.0f}+{rest:03.0f},{lon:.9f},{lat:.9f}")
    head, node, tail = xml.partition("<node")
    copy, posts = folder / "posted.osm", folder / "posts.csv"
    copy.write_text(head + "".join(nodes) + node + tail, encoding="utf-8")
    posts.write_text("\n".join(table), encoding="utf-8")
    return copy, posts


def measure_chainages(geocoder: Geocoder, rows: list[Posted]) -> dict[str, list[bool]]:
    """Return per form whether points, ranges and sides asked by chainage were right."""
    table: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        name, last = row.line.name, row.first_m + row.path.length
        for metres in np.arange(np.ceil(row.first_m) + 57.0, last - 60.0, 143.0):
            _point(geocoder, row, f"{name}K{_post(metres)}", metres, table["K645+300"])
            to = metres + 400.0
            if to < last - 60.0:
                _range(geocoder, row, metres, to, table)
    return table


def _post(metres: float) -> str:
    return f"{metres // 1000:.0f}+{metres % 1000:03.0f}"


def _off(row: Posted, point: shapely.Geometry, metres: float) -> float:
    return abs(row.first_m + row.path.project(point) - metres)


def _point(geocoder: Geocoder, row: Posted, text: str, metres: float, column: list[bool]) -> None:
    best = geocoder.locate(text).best
    off = _off(row, best.geometry, metres) if best and best.geometry.geom_type == "Point" else np.inf
    _note(column, off <= POST_WITHIN_M, f"{text}: {off:.1f} m {best and best.words}")


def _range(geocoder: Geocoder, row: Posted, low: float, high: float, table: dict[str, list[bool]]) -> None:
    text = f"{row.line.name}K{_post(low)}~K{_post(high)}"
    best = geocoder.locate(text).best
    ends = (
        [shapely.points(best.geometry.coords[i]) for i in (0, -1)]
        if best and best.geometry.geom_type == "LineString"
        else []
    )
    offs = [max(_off(row, a, low), _off(row, b, high)) for a, b in (ends, ends[::-1])] if ends else [np.inf]
    _note(table["K645+300~K646+100"], min(offs) <= POST_WITHIN_M, f"{text}: {min(offs):.1f} m")
    part = shapely.ops.substring(row.path, low - row.first_m, high - row.first_m)
    sides = {"左侧": 1, "右侧": -1} | {
        s: h for s, h in sides_of(Truth(row.line, "", "", part)).items() if s[0] in COMPASS
    }
    for side, hand in sides.items():
        best = geocoder.locate(text + side).best
        right = best is not None and on_side(best.geometry, part, hand, 60.0)
        _note(table["…左侧、右侧" if side[0] in "左右" else "…北侧等"], right, f"{text}{side}")
        spot = geocoder.locate(f"{row.line.name}K{_post((low + high) / 2)}{side}").best
        if side[0] in "左右":
            at = row.path.interpolate((low + high) / 2 - row.first_m)
            ahead = np.array(row.path.interpolate((low + high) / 2 - row.first_m + 1).coords[0]) - np.array(
                at.coords[0]
            )
            aside = np.array(spot.geometry.coords[0]) - np.array(at.coords[0]) if spot else np.zeros(2)
            turn = hand * (ahead[0] * aside[1] - ahead[1] * aside[0])
            _note(
                table["K645+300左侧"],
                bool(turn > 0 and np.hypot(*aside) < 60.0),
                f"{row.line.name}K{_post((low + high) / 2)}{side}",
            )


def main() -> None:
    """Print both tables."""
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    given = [Path(name) for name in sys.argv[1:] if not name.startswith("-")]
    path = given[0] if given else data / "osm" / "yingtan_guixi.osm.gz"
    root = parse(path)
    name_unnamed_roads(root)
    crs = cgcs2000_zone(float(root.find("node").get("lon")))
    lines = read_lines(root, crs)
    rows = posted(lines)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy, posts = write_sources(root, rows, crs, folder)
        build(osm=[copy], posts=[posts], crs=crs, out=folder / "g.qgz")
        geocoder = Geocoder.open(folder / "g.qgz")
        truths = list(stretches(lines))
        print(f"{path.name}: {len(truths)} stretches, {len(rows)} lines with posts")
        print(f"stretch within {WITHIN_M:.0f} m (Hausdorff), or on the right side: of the stretches of")
        for kind, columns in measure_stretches(geocoder, truths).items():
            for phrasing, right in columns.items():
                print(f"  {kind:6} {phrasing:16} {len(right):6} {np.mean(right):7.1%}")
        print(f"chainage within {POST_WITHIN_M:.0f} m, and sides of growing chainage")
        for form, right in measure_chainages(geocoder, rows).items():
            print(f"  {form:22} {len(right):6} {np.mean(right):7.1%}")


if __name__ == "__main__":
    main()
