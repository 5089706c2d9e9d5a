"""Mine located addresses: crossings, house numbers, rough road axes, landmarks, districts.

Two passes: road names are learned from where they stand in the texts; then every address is read with
these names known, and its position is carried back to the crossing or number it speaks of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Point

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer.centre import robust_centre, rough_axis
from geodata.gazetteer.landmarks import branch_of, common_nouns, merge_landmarks, phrases_of
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
from geodata.gazetteer.names import NameScanner
from geodata.gazetteer.observe import Observations, Seen, observe
from geodata.gazetteer.outliers import apart_from_others, believable, far_from_district, without
from geodata.gazetteer.pieces import link
from geodata.gazetteer.roadnames import is_road_name, learn_road_names
from geodata.gazetteer.tables import PlaceTable
from geodata.geocode.model import NameClass
from geodata.geocode.readings import read
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
    texts = [normalise(address).text for address in table.address]
    names = _own_places(contents, table, xy)
    contents.drop("没有地址的记录（只记名称）", sum(not text for text in texts))
    known = _known_names(contents, texts)
    scanner = NameScanner(known)
    observations = Observations()
    seen: dict[tuple[str, int], tuple[float, float, float]] = {}
    unread = 0
    for document, text in enumerate(texts):
        if not text:
            continue
        hits = scanner.scan(text)
        readings = read(normalise(text), hits, limit=1)
        if readings:
            observe(readings[0].frames, xy[document], document, observations)
            observations.areas += [(area, document) for area in readings[0].areas]
        else:
            unread += 1
        ranges = [(hit.start, hit.end) for hit in hits if hit.classes[0] != "place"]
        x, y = xy[document].tolist()
        seen |= {(phrase, document): (x, y, 60.0) for phrase in sorted(phrases_of(text, ranges))}
    contents.drop("没有读懂的地址（只用于相似比较）", unread)
    districts = [normalise(area).text for area in table.district]
    absurd = far_from_district(districts, xy)
    wrong = absurd | apart_from_others(without(observations, absurd))
    contents.drop("坐标与其他记录矛盾，不采用（别处的同名道路，或坐标有误）", len(wrong))
    observations = without(observations, wrong)
    seen = {key: where for key, where in seen.items() if key[1] not in wrong}
    for document, (text, (x, y)) in enumerate(zip(texts, xy.tolist(), strict=True)):
        # A text is still the nearest likeness of its kind, where its position is not absurd.
        if text and document not in absurd:
            contents.documents.append(DocumentRow(text, x, y, districts[document]))
    # One address is one mention, however many ways its landmark is read; the reader's way counts.
    seen |= {(one.names[0], one.document): (one.x, one.y, one.sigma_m) for one in observations.places}
    for row, (_, branch) in enumerate(names):
        if branch and row not in wrong:
            seen.setdefault((branch, row), (*xy[row].tolist(), 60.0))
    line_of = _roads(contents, observations)
    _crossings(contents, observations, line_of)
    _numbers(contents, observations, line_of)
    nouns = common_nouns(texts, {phrase for phrase, _ in seen})
    contents.drop("普通名词，不当地名（广场、停车场）", len(nouns))
    taken = nouns | {row.name for row in contents.lines}
    landmarks, common = merge_landmarks(
        [(phrase, *where) for (phrase, _), where in seen.items()], taken=taken
    )
    contents.places += landmarks
    contents.drop("过于常见、不能当地名的词", common)
    _areas(contents, observations, xy)


def _own_places(contents: Contents, table: PlaceTable, xy: NDArray[np.float64]) -> list[tuple[str, str]]:
    names = []
    for row, (x, y) in enumerate(xy.tolist()):
        name = normalise(table.name[row]).text
        brand, branch = branch_of(name)
        names.append((brand, branch))
        area = normalise(table.district[row]).text
        if len(name) < 3:
            contents.drop("地点名太短")
            continue
        contents.places.append(PlaceRow(name, table.category[row], x, y, _OWN_SIGMA_M, 1, "own", area))
        if branch and len(brand) >= 3:
            contents.places.append(PlaceRow(brand, table.category[row], x, y, _OWN_SIGMA_M, 1, "brand", area))
    return names


def _known_names(contents: Contents, texts: Sequence[str]) -> dict[str, tuple[NameClass, ...]]:
    known: dict[str, tuple[NameClass, ...]] = {name: (_line_class(name),) for name in learn_road_names(texts)}
    for line in contents.lines:
        known[line.name] = (line.line_class,)
    for zone in contents.zones:
        known.setdefault(zone.name, ("zone",))
    return known


def _line_class(name: str) -> LineClass:
    return "water" if name.endswith(("渠", "河", "江")) else "road"


def _roads(contents: Contents, observations: Observations) -> dict[tuple[str, int], int]:
    """Add the roads named and return, per road name and document, the line meant."""
    by_name: dict[str, list[Seen]] = defaultdict(list)
    for one in observations.roads:
        if is_road_name(one.names[0]):
            by_name[one.names[0]].append(one)
        else:
            contents.drop("不能单独当路名的词（步行街、中路）")
    drawn: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(contents.lines):
        drawn[line.name].append(index)
    line_of: dict[tuple[str, int], int] = {}
    for name, mentions in sorted(by_name.items()):
        rest = [one for one in mentions if not _on_drawn(contents, drawn[name], one, line_of)]
        if not rest:
            continue
        labels = link([Point(one.x, one.y) for one in rest], _SAME_ROAD_M)
        for label in range(max(labels) + 1):
            group = [one for one, own in zip(rest, labels, strict=True) if own == label]
            if drawn[name] and len({one.document for one in group}) < _BELIEVED_APART:
                contents.drop("地图上的同名道路不在附近，记录太少", len(group))
                continue
            for one in group:
                line_of[name, one.document] = len(contents.lines)
            contents.lines.append(_mined_line(name, group))
    return line_of


def _on_drawn(
    contents: Contents, lines: Sequence[int], one: Seen, line_of: dict[tuple[str, int], int]
) -> bool:
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
    _, first = np.unique(np.floor(xy / 100.0), axis=0, return_index=True)
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
    for pair, mentions in sorted(by_pair.items()):
        labels = link([Point(one.x, one.y) for one in mentions], _SAME_CROSSING_M)
        for label in range(max(labels) + 1):
            group = [one for one, own in zip(mentions, labels, strict=True) if own == label]
            xy = np.array([(one.x, one.y) for one in group])
            centre, sigma = robust_centre(xy, np.array([one.sigma_m for one in group]))
            point = Point(centre)
            if any(point.distance(other) < _SAME_CROSSING_M for other in known[pair]):
                continue
            contents.crossings.append(
                CrossingRow(*pair, point.x, point.y, max(sigma, 15.0), len(group), MultiPoint(xy), "mined")
            )


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
        _, first = np.unique(np.floor(points / 300.0), axis=0, return_index=True)
        contents.zones.append(ZoneRow(name, "mined", MultiPoint(points[np.sort(first)])))
