"""Mine located addresses: crossings, house numbers, rough road axes, landmarks, districts.

Two passes: road names are learned from where they stand in the texts; then every address is read with
these names known, and its position is carried back to the crossing or number it speaks of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Point

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer.axes import cell_keys, rough_axis
from geodata.gazetteer.clusters import link_groups, robust_centres
from geodata.gazetteer.junctions import Pair
from geodata.gazetteer.landmarks import common_nouns, merge_landmarks
from geodata.gazetteer.model import (
    Contents,
    CrossingRow,
    DocumentRow,
    LineClass,
    LineRow,
    NumberRow,
    PlaceRow,
    ZoneRow,
)
from geodata.gazetteer.observe import Observations, Seen
from geodata.gazetteer.outliers import apart_from_others, believable, far_from_district, without
from geodata.gazetteer.roadnames import is_road_name
from geodata.gazetteer.tables import PlaceTable
from geodata.gazetteer.taught import Taught, Written, as_written, taught_by
from geodata.geocode.model import NameClass
from geodata.text.normalize import normalise

# Mentions of one road name farther apart than this are different roads.
_SAME_ROAD_M = 2500.0
_SAME_CROSSING_M = 400.0
# A road drawn on the map this near to a mention is the road that is meant.
_DRAWN_M = 600.0
# A road of that name elsewhere is believed against the map from so many records on.
_BELIEVED_APART = 3
_HALF_WIDTH_M = 15.0
_OWN_SIGMA_M = 15.0


def mine(contents: Contents, tables: Sequence[PlaceTable]) -> None:
    """Add to a gazetteer's contents what the tables' located addresses teach."""
    for table in tables:
        _mine_table(contents, table)


def _mine_table(contents: Contents, table: PlaceTable) -> None:
    xy = reproject_xy(table.lonlat, WGS84, contents.crs)
    written = as_written(table.address, table.name)
    districts = _districts(table.district)
    _own_places(contents, table, written, districts, xy)
    contents.drop("没有地址的记录（只记名称）", sum(not text for text in written.texts))
    taught = taught_by(written.texts, xy, _known_names(contents, written))
    contents.drop("没有读懂的地址（只用于相似比较）", taught.unread)
    absurd = far_from_district(districts, xy)
    wrong = absurd | apart_from_others(without(taught.observations, absurd))
    contents.drop("坐标与其他记录矛盾，不采用（别处的同名道路，或坐标有误）", len(wrong))
    observations = taught.observations = without(taught.observations, wrong)
    for document, (text, (x, y)) in enumerate(zip(written.texts, xy.tolist(), strict=True)):
        # A text is still the nearest likeness of its kind, where its position is not absurd.
        if text and document not in absurd:
            contents.documents.append(DocumentRow(text, x, y, districts[document]))
    line_of = _roads(contents, observations)
    _crossings(contents, observations, line_of)
    _numbers(contents, observations, line_of)
    _landmarks(contents, written, taught, wrong, xy)
    _areas(contents, observations, xy)


def _districts(names: Sequence[str]) -> list[str]:
    spelled = {name: normalise(name).text for name in set(names)}
    return [spelled[name] for name in names]


def _landmarks(
    contents: Contents, written: Written, taught: Taught, wrong: set[int], xy: NDArray[np.float64]
) -> None:
    points = xy.tolist()
    seen: dict[tuple[str, int], tuple[float, float, float]] = {
        key: (*points[key[1]], 60.0) for key in taught.phrases if key[1] not in wrong
    }
    # One address is one mention, however many ways its landmark is read; the reader's way counts.
    seen |= {(one.names[0], one.document): (one.x, one.y, one.sigma_m) for one in taught.observations.places}
    for row, (_, _, branch) in enumerate(written.names):
        if branch and row not in wrong:
            seen.setdefault((branch, row), (*points[row], 60.0))
    nouns = common_nouns(written.texts, {phrase for phrase, _ in seen})
    contents.drop("普通名词，不当地名（广场、停车场）", len(nouns))
    taken = nouns | {row.name for row in contents.lines}
    landmarks, common = merge_landmarks(
        [(phrase, *where) for (phrase, _), where in seen.items()], taken=taken
    )
    contents.places += landmarks
    contents.drop("过于常见、不能当地名的词", common)


def _own_places(
    contents: Contents,
    table: PlaceTable,
    written: Written,
    areas: Sequence[str],
    xy: NDArray[np.float64],
) -> None:
    rows = zip(written.names, table.category, areas, xy.tolist(), strict=True)
    for (name, brand, branch), category, area, (x, y) in rows:
        if len(name) < 3:
            contents.drop("地点名太短")
            continue
        contents.places.append(PlaceRow(name, category, x, y, _OWN_SIGMA_M, 1, "own", area))
        if branch and len(brand) >= 3:
            contents.places.append(PlaceRow(brand, category, x, y, _OWN_SIGMA_M, 1, "brand", area))


def _known_names(contents: Contents, written: Written) -> dict[str, tuple[NameClass, ...]]:
    # Sorted: every process must hand the reader the names in one order.
    known: dict[str, tuple[NameClass, ...]] = {
        name: (_line_class(name),) for name in sorted(written.road_names)
    }
    for line in contents.lines:
        known[line.name] = (line.line_class,)
    for former in contents.renamed:
        known.setdefault(former, (_line_class(former),))
    for zone in contents.zones:
        known.setdefault(zone.name, ("zone",))
    return known


def _line_class(name: str) -> LineClass:
    return "water" if name.endswith(("渠", "河", "江")) else "road"


def _roads(contents: Contents, observations: Observations) -> dict[tuple[str, int], int]:
    """Add the roads named and return, per road name and document, the line meant."""
    drawn: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(contents.lines):
        drawn[line.name].append(index)
    for former, names in contents.renamed.items():
        drawn[former] += [index for name in names for index in drawn.get(name, ())]
    line_of: dict[tuple[str, int], int] = {}
    by_name: dict[str, list[Seen]] = defaultdict(list)
    alone: dict[str, bool] = {}
    for one in observations.roads:
        name = one.names[0]
        if name not in alone:
            alone[name] = is_road_name(name)
        if not alone[name]:
            contents.drop("不能单独当路名的词（步行街、中路）")
        elif not _on_drawn(contents, drawn.get(name, ()), one, line_of):
            by_name[name].append(one)
    for name, group in _clusters(by_name, _SAME_ROAD_M):
        if name in drawn and len({one.document for one in group}) < _BELIEVED_APART:
            contents.drop("地图上的同名道路不在附近，记录太少", len(group))
            continue
        for one in group:
            line_of[name, one.document] = len(contents.lines)
        contents.lines.append(_mined_line(name, group))
    return line_of


Key = TypeVar("Key", str, Pair)


def _clusters(mentions: Mapping[Key, Sequence[Seen]], distance_m: float) -> Iterator[tuple[Key, list[Seen]]]:
    """Yield the mentions of each key, those of one neighbourhood together."""
    keys: list[Key] = sorted(mentions)
    rows = [one for key in keys for one in mentions[key]]
    if not rows:
        return
    starts = np.cumsum([0, *(len(mentions[key]) for key in keys)])
    order, clusters = link_groups(np.array([(one.x, one.y) for one in rows]), starts, distance_m)
    key_of = np.searchsorted(starts, order[clusters[:-1]], side="right") - 1
    ranges = zip(key_of.tolist(), clusters[:-1].tolist(), clusters[1:].tolist(), strict=True)
    for key, low, high in ranges:
        yield keys[key], [rows[row] for row in order[low:high].tolist()]


def _on_drawn(
    contents: Contents, lines: Sequence[int], one: Seen, line_of: dict[tuple[str, int], int]
) -> bool:
    if not lines:
        return False
    point = Point(one.x, one.y)
    near = [(float(contents.lines[line].shape.distance(point)), line) for line in lines]
    distance, line = min(near, default=(np.inf, -1))
    if distance > _DRAWN_M:
        return False
    line_of[one.names[0], one.document] = line
    return True


def _mined_line(name: str, group: Sequence[Seen]) -> LineRow:
    xy = np.array([(one.x, one.y) for one in group])
    sigma = np.array([one.sigma_m for one in group])
    axis, off = rough_axis(xy, sigma)
    # The shape keeps where the road is known to be, thinned to one point per 100 m square.
    _, first = np.unique(cell_keys(xy, 100.0), return_index=True)
    shape = (
        shapely.union(MultiPoint(xy[np.sort(first)]), axis)
        if not axis.is_empty
        else MultiPoint(xy[np.sort(first)])
    )
    return LineRow(name, _line_class(name), axis, shape, _HALF_WIDTH_M, off, "mined")


def _crossings(contents: Contents, observations: Observations, line_of: dict[tuple[str, int], int]) -> None:
    known: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for row in contents.crossings:
        known[row.first, row.second].append(Point(row.x, row.y))
    by_pair: dict[tuple[int, int], list[Seen]] = defaultdict(list)
    for one in observations.crossings:
        lines = [line_of.get((name, one.document), -1) for name in one.names]
        first, second = sorted(lines)
        if first < 0 or first == second:
            contents.drop("路口的两条路分不开")
            continue
        by_pair[first, second].append(one)
    groups = list(_clusters(by_pair, _SAME_CROSSING_M))
    if not groups:
        return
    seen = np.array([(one.x, one.y, one.sigma_m) for _, group in groups for one in group])
    starts = np.cumsum([0, *(len(group) for _, group in groups)])
    centres, sigmas = robust_centres(seen[:, :2], seen[:, 2], starts)
    for index, (pair, group) in enumerate(groups):
        point = Point(centres[index])
        if any(point.distance(other) < _SAME_CROSSING_M for other in known.get(pair, ())):
            continue
        nodes = MultiPoint(seen[starts[index] : starts[index + 1], :2])
        sigma = max(float(sigmas[index]), 15.0)
        contents.crossings.append(CrossingRow(*pair, point.x, point.y, sigma, len(group), nodes, "mined"))


def _numbers(contents: Contents, observations: Observations, line_of: dict[tuple[str, int], int]) -> None:
    by_line: dict[int, list[Seen]] = defaultdict(list)
    for one in observations.numbers:
        line = line_of.get((one.names[0], one.document), -1)
        if line < 0 or not 0 < one.number < 10_000:
            contents.drop("门牌号不可用")
        else:
            by_line[line].append(one)
    for line, seen in by_line.items():
        kept = believable(seen)
        contents.drop("门牌与同路相邻号码的位置矛盾", len(seen) - len(kept))
        contents.numbers += [NumberRow(line, one.number, one.x, one.y, one.sigma_m) for one in kept]


def _areas(contents: Contents, observations: Observations, xy: NDArray[np.float64]) -> None:
    by_name: dict[str, set[int]] = defaultdict(set)
    for name, document in observations.areas:
        by_name[name].add(document)
    drawn = {zone.name for zone in contents.zones}
    for name, documents in sorted(by_name.items()):
        if name in drawn or len(name) < 2:
            continue
        points = xy[sorted(documents)]
        _, first = np.unique(cell_keys(points, 300.0), return_index=True)
        contents.zones.append(ZoneRow(name, "mined", MultiPoint(points[np.sort(first)])))
