"""Blocks between streets, and the minor streets that halve the large ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.ops
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.demo.authored import Line, on_grid
from geodata.demo.network import insert


@dataclass(frozen=True, slots=True)
class Blocks:
    """The district's polygon, its blocks, and the streets that were cut through them."""

    district: Polygon
    blocks: tuple[Polygon, ...]
    streets: tuple[Line, ...]


def faces(linework: Iterable[LineString], *, within: BaseGeometry | None = None) -> list[Polygon]:
    """Return the faces of a line network in the order west to east, south to north."""
    noded = shapely.unary_union(list(linework))
    found = [part for part in shapely.get_parts(shapely.polygonize([noded])) if isinstance(part, Polygon)]
    if within is not None:
        found = [face for face in found if within.covers(face.representative_point())]
    return sorted(found, key=lambda face: (round(face.centroid.x), round(face.centroid.y)))


def _chord(block: Polygon, least_m: float) -> LineString | None:
    """Return the straight cut that halves a block best across its long axis, clear of its corners."""
    box = shapely.get_coordinates(block.minimum_rotated_rectangle)[:4]
    sides = np.roll(box, -1, axis=0) - box
    long = sides[int(np.argmax(np.hypot(*sides.T)))]
    along = long / np.hypot(*long)
    across = np.array([-along[1], along[0]])
    reach = float(np.hypot(*(box[2] - box[0])))
    middle = np.asarray(block.centroid.coords[0])
    corners = _corners(block)
    best: tuple[float, LineString] | None = None
    for shift in np.linspace(-0.18, 0.18, 13):
        centre = middle + along * np.hypot(*long) * shift
        ray = LineString([centre - across * reach, centre + across * reach]).intersection(block)
        parts = [part for part in shapely.get_parts(ray) if isinstance(part, LineString)]
        if len(parts) != 1 or parts[0].length < least_m * 0.4:
            continue
        ends = shapely.get_coordinates(parts[0])[[0, -1]]
        clear = min(float(shapely.distance(Point(end), corners)) for end in ends)
        score = min(clear, 60.0) - 160.0 * abs(shift)
        if clear > 25.0 and (best is None or score > best[0]):
            best = (score, parts[0])
    return None if best is None else best[1]


def _corners(block: Polygon) -> BaseGeometry:
    xy = shapely.get_coordinates(block.exterior)[:-1]
    before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn_deg = np.abs(np.degrees(np.arctan2(cross, (before * after).sum(axis=1))))
    return MultiPoint(xy[turn_deg > 25.0])


def halve(block: Polygon, *, largest_m2: float, least_side_m: float) -> list[LineString]:
    """Return the cuts that divide a block into parts of at most `largest_m2`, first cut first."""
    if block.area <= largest_m2:
        return []
    cut = _chord(block, least_side_m)
    if cut is None:
        return []
    xy = shapely.get_coordinates(cut)
    reach = (xy[-1] - xy[0]) / cut.length * 1.0
    longer = LineString([xy[0] - reach, xy[-1] + reach])
    parts = [
        part for part in shapely.get_parts(shapely.ops.split(block, longer)) if isinstance(part, Polygon)
    ]
    if len(parts) < 2 or min(part.area for part in parts) < least_side_m**2:
        return []
    deeper = [halve(part, largest_m2=largest_m2, least_side_m=least_side_m) for part in parts]
    return [cut, *(cut for cuts in deeper for cut in cuts)]


def snap_to(
    cuts: Sequence[LineString], lines: Sequence[LineString]
) -> tuple[list[LineString], list[LineString]]:
    """Return the cuts with ends on the millimetre grid, and the lines with those ends as vertices.

    Later cuts may end on earlier ones; these get the vertex too.
    """
    tidy = [on_grid(cut) for cut in cuts]
    every = [*lines, *tidy]
    ends = [[Point(cut.coords[0]), Point(cut.coords[-1])] for cut in tidy]
    result = []
    for number, line in enumerate(every):
        own = number - len(lines)
        touching = [
            end
            for other, pair in enumerate(ends)
            if other != own
            for end in pair
            if line.distance(end) < 0.01
        ]
        result.append(insert(line, touching, merge_m=0.0))
    return result[len(lines) :], result[: len(lines)]


def build_blocks(
    lines: list[Line], table: dict[str, Any], *, keep_whole: Polygon
) -> tuple[Blocks, list[Line]]:
    """Return the blocks and the lines with the vertices that the new streets share with them.

    Parameters
    ----------
    lines
        Trimmed lines with shared vertices, district CRS.
    table
        The table `district.toml`.
    keep_whole
        Ground where no street may be cut (the lake inside the inner ring).
    """
    coarse_lines = [line for line in lines if line.klass in ("road", "border")]
    district = close_district(lines, table["border"])
    coarse = faces([line.geometry for line in coarse_lines], within=district)
    rules = table["streets"]
    cuts: list[LineString] = []
    for block in coarse:
        if not block.intersects(keep_whole):
            cuts += halve(block, largest_m2=rules["largest_block_m2"], least_side_m=rules["least_side_m"])
    cuts, noded = snap_to(cuts, [line.geometry for line in coarse_lines])
    courses = {line.name: course for line, course in zip(coarse_lines, noded, strict=True)}
    lines = [line.with_geometry(courses.get(line.name, line.geometry)) for line in lines]
    district = close_district(lines, table["border"])
    fine = faces([*courses.values(), *cuts], within=district)
    streets = name_streets(cuts, lines, rules)
    return Blocks(district, tuple(fine), tuple(streets)), lines


def close_district(lines: Sequence[Line], border: Sequence[str]) -> Polygon:
    """Return the polygon that the bordering roads and the eastern border line enclose."""
    sides = [line.geometry for line in lines if line.name in border or line.klass == "border"]
    return max(faces(sides), key=lambda face: face.area)


def name_streets(cuts: Sequence[LineString], lines: Sequence[Line], rules: dict[str, Any]) -> list[Line]:
    """Return the cuts as named streets that stop short of canals and rails (dead ends).

    Names are given from north-west to south-east; streets that run north and south end in 街, the
    others in 路.
    """
    ordered = sorted(cuts, key=lambda cut: (-round(cut.centroid.y / 500), round(cut.centroid.x)))
    if len(ordered) > len(rules["names"]):
        raise ValueError(
            f"{len(ordered)} minor streets, but only {len(rules['names'])} names in district.toml"
        )
    barrier = shapely.union_all(
        [
            line.geometry.buffer(line.width_m / 2 + rules["dead_end_m"])
            for line in lines
            if line.klass != "road"
        ]
    )
    streets: list[Line] = []
    for cut, stem in zip(ordered, rules["names"], strict=False):
        pieces = [part for part in shapely.get_parts(cut.difference(barrier)) if part.length > 60.0]
        ends = shapely.multipoints([cut.coords[0], cut.coords[-1]])
        pieces = [piece for piece in pieces if piece.distance(ends) < 0.001]
        if not pieces:
            continue
        piece = max(pieces, key=lambda part: part.length)
        (x0, y0), (x1, y1) = piece.coords[0], piece.coords[-1]
        suffix = "街" if abs(y1 - y0) > abs(x1 - x0) else "路"
        streets.append(Line(stem + suffix, "road", rules["width_m"], on_grid(piece), "minor"))
    roads = [line for line in lines if line.klass == "road"]
    return _turn_corners(_connected(streets, roads), roads, within_m=rules["dead_end_m"])


def _connected(streets: list[Line], roads: Sequence[Line]) -> list[Line]:
    """Return the streets that still meet another one; a cut between two canals leads nowhere."""
    while True:
        network = shapely.STRtree([line.geometry for line in [*roads, *streets]])
        kept = [
            street for street in streets if len(network.query(street.geometry, predicate="intersects")) > 1
        ]
        if len(kept) == len(streets):
            return kept
        streets = kept


def _turn_corners(streets: list[Line], roads: Sequence[Line], *, within_m: float) -> list[Line]:
    """Return the streets with dead ends drawn on to a vertex of a street that passes close by."""
    result = list(streets)
    for number, street in enumerate(streets):
        xy = shapely.get_coordinates(result[number].geometry)
        others = [line.geometry for line in [*roads, *result[:number], *result[number + 1 :]]]
        vertices = shapely.get_coordinates(others)
        for index in (0, -1):
            if shapely.distance(Point(xy[index]), others).min() == 0.0:
                continue
            away = np.hypot(*(vertices - xy[index]).T)
            if away.min() < within_m:
                xy[index] = vertices[away.argmin()]
        result[number] = street.with_geometry(LineString(xy))
    return result


def as_parts(geometry: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a geometry."""
    whole = geometry.geoms if isinstance(geometry, MultiPolygon) else shapely.get_parts(geometry)
    return [part for part in whole if isinstance(part, Polygon) and not part.is_empty]


def without(polygons: Sequence[Polygon], taken: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return each polygon less what is taken; only what touches it is looked at, which is ten times faster."""
    tree = shapely.STRtree(list(taken))
    return [
        polygon.difference(
            shapely.union_all([taken[number] for number in sorted(tree.query(polygon).tolist())])
        )
        for polygon in polygons
    ]
