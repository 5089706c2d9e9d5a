"""Edits of a sketch that move ground: give, fill, split, merge, drop, follow.

When ground passes from one community to another, the grids on it follow: a grid that passes whole
changes its parent, a part of a grid is nobody's until somebody gives it to a grid.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.zones.contract import PARENT_LEVEL
from geodata.zones.faces import NOBODY, SNAP_M
from geodata.zones.model import Level
from geodata.zones.sketching.findings import gaps_of
from geodata.zones.sketching.model import (
    MAX_ZONES,
    Sketch,
    SketchError,
    SketchZone,
    fresh_code,
    fresh_colour,
    ordered,
)
from geodata.zones.sketching.network import Network, as_ground, drawn_out, network_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

# More pieces than this from one line are a mistake of the hand.
MAX_PIECES = 20


def give(sketch: Sketch, level: Level, code: str | None, ground: BaseGeometry) -> Sketch:
    """Return the sketch with a ground belonging to a zone, or to nobody (`code` None).

    Parameters
    ----------
    ground
        Polygons in metres; invalid ones are read by the even-odd rule. A grid gets only what lies in
        its own community.

    Raises
    ------
    SketchError
        "bad_shape" (no area), "no_zone", "outside_parent" (nothing of it lies in the grid's community).
    """
    area = as_ground(shapely.set_precision(shapely.make_valid(ground), SNAP_M))
    if area.is_empty:
        raise SketchError("bad_shape")
    network = network_of(sketch, [shapely.boundary(area)])
    inside = network.within(area)
    if code is not None and level == "grid":
        parent = sketch.parent_of(sketch.find(level, code))
        if parent is not None:
            inside &= network.owner["community"] == network.number("community", parent.code)
            if not inside.any():
                raise SketchError("outside_parent", parent.name or parent.code)
    network.owner[level][inside] = NOBODY if code is None else network.number(level, code)
    return _followed(network)


def fill(sketch: Sketch, level: Level, code: str, point: BaseGeometry) -> Sketch:
    """Return the sketch with the gap at a point given to a zone.

    Raises
    ------
    SketchError
        "no_gap" if nobody's enclosed ground lies there.
    """
    for gap in gaps_of(sketch, level):
        if shapely.intersects(gap, point):
            return give(sketch, level, code, gap)
    raise SketchError("no_gap")


def split(sketch: Sketch, level: Level, code: str, line: BaseGeometry) -> Sketch:
    """Return the sketch with a zone cut by a line: the larger side keeps the code, the other gets a new one.

    Parts of the zone that the line does not cross stay as they are. Grids of a community that the line
    cuts are cut as well; those beyond it get the new parent.

    Raises
    ------
    SketchError
        "splits_nothing" if the line does not cut the zone in two, "too_many_pieces" above 20.
    """
    zone = sketch.find(level, code)
    path = drawn_out(line)
    reach = shapely.intersection(path, shapely.buffer(zone.shape, 0.5))
    network = network_of(sketch, [reach])
    own = network.owner[level] == network.number(level, code)
    sides: dict[bool, list[int]] = {True: [], False: []}
    count = 0
    for part in network.groups(own):
        whole = np.zeros(len(own), dtype=np.bool_)
        whole[part] = True
        pieces = network.groups(whole, apart=reach)
        if len(pieces) > 1:
            count += len(pieces)
            for piece in pieces:
                sides[_is_left(network, piece, path)] += piece.tolist()
    if not (sides[True] and sides[False]):
        raise SketchError("splits_nothing", zone.name or zone.code)
    if count > MAX_PIECES:
        raise SketchError("too_many_pieces", str(count))
    members = min(sides.values(), key=lambda faces: float(network.faces.area_m2[faces].sum()))
    result, number, new = _new_sibling(sketch, zone)
    network.owner[level][members] = number
    if level == "community":
        result = _cut_grids(result, network, network.owner, zone.code, new, members)
    return Network(result, network.faces, network.owner).settled()


def _is_left(network: Network, piece: NDArray[np.int64], path: Any) -> bool:
    """Return whether a piece lies to the left of a line, seen along it, by most of their common border."""
    faces = network.faces
    own = np.zeros(len(faces) + 1, dtype=np.bool_)  # the outside is face -1
    own[piece] = True
    ends = faces.ends[own[faces.left] != own[faces.right]]
    middle = (ends[:, :2] + ends[:, 2:]) / 2
    points = np.array([shapely.Point(xy) for xy in middle], dtype=object)
    on_line = shapely.dwithin(points, path, 3 * SNAP_M)
    ends, middle, points = ends[on_line], middle[on_line], points[on_line]
    along = ends[:, 2:] - ends[:, :2]
    length = np.hypot(*along.T)
    # A segment is stored in either direction: turn it the way the line runs there.
    at = shapely.line_locate_point(path, points)
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, at + length / 4))
    forth = np.sign(np.sum((ahead - middle) * along, axis=1))
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / length[:, None] * forth[:, None]
    beside = np.array([shapely.Point(xy) for xy in middle + normal * 4 * SNAP_M], dtype=object)
    shape = faces.joined(piece)
    shapely.prepare(shape)
    inside = shapely.intersects(shape, beside)
    return bool(length[inside].sum() > length[~inside].sum())


def _new_sibling(sketch: Sketch, zone: SketchZone) -> tuple[Sketch, int, str]:
    """Return the sketch with a zone after all others of its level; its number and code."""
    if len(sketch.zones) >= MAX_ZONES:
        raise SketchError("too_many", str(MAX_ZONES))
    code = fresh_code(sketch, zone.level, zone.parent)
    number = len(sketch.of(zone.level))
    made = SketchZone(
        zone.level, code, f"{zone.name}{_numbered(sketch, zone)}", parent=zone.parent, leader="",
        colour=fresh_colour(sketch, zone.level),
    )  # fmt: skip
    return sketch.with_zones(ordered([*sketch.zones, made])), number, code


def _numbered(sketch: Sketch, zone: SketchZone) -> int:
    names = {other.name for other in sketch.of(zone.level)}
    return next(n for n in range(2, MAX_ZONES * 4) if f"{zone.name}{n}" not in names)


def _cut_grids(
    sketch: Sketch, network: Network, owner: dict[Level, np.ndarray], old: str, new: str, members: list[int]
) -> Sketch:
    """Return the sketch with the grids of a community divided between it and a new one."""
    moved = np.zeros(len(network.faces), dtype=np.bool_)
    moved[members] = True
    for number, grid in enumerate(sketch.of("grid")):
        if grid.parent != old:
            continue
        own = owner["grid"] == number
        if not (own & moved).any():
            continue
        if not (own & ~moved).any():
            sketch = _with_facts(sketch, grid, parent=new)
            continue
        sketch, fresh, _ = _new_sibling(sketch, replace(grid, parent=new))
        owner["grid"][own & moved] = fresh
    return sketch


def _with_facts(sketch: Sketch, zone: SketchZone, **facts: str) -> Sketch:
    changed = replace(zone, **facts)  # type: ignore[arg-type]
    return sketch.with_zones(changed if other.key == zone.key else other for other in sketch.zones)


def merge(sketch: Sketch, level: Level, into: str, gone: str) -> Sketch:
    """Return the sketch with two zones made one: `into` keeps code, name and leader, and gets the children.

    Raises
    ------
    SketchError
        "same_zone"; "not_siblings" for grids of two communities.
    """
    if into == gone:
        raise SketchError("same_zone", into)
    keeps, ends = sketch.find(level, into), sketch.find(level, gone)
    if level == "grid" and keeps.parent != ends.parent:
        raise SketchError("not_siblings", f"{keeps.name}、{ends.name}")
    network = network_of(sketch)
    owner = network.owner[level]
    owner[owner == network.number(level, gone)] = network.number(level, into)
    joined = network.settled()
    below = [level_ for level_, above in PARENT_LEVEL.items() if above == level]
    return joined.with_zones(
        replace(zone, parent=into) if zone.level in below and zone.parent == gone else zone
        for zone in joined.zones
        if zone.key != (level, gone)
    )


def drop(sketch: Sketch, level: Level, code: str) -> Sketch:
    """Return the sketch without a zone and all below it; its ground is nobody's."""
    zone = sketch.find(level, code)
    gone = {zone.key}
    for child in sketch.children(level, code):
        gone |= {child.key, *(grandchild.key for grandchild in sketch.children(child.level, child.code))}
    return sketch.with_zones(other for other in sketch.zones if other.key not in gone)


def outline(sketch: Sketch, *, code: str, name: str) -> Sketch:
    """Return the sketch with one subdistrict made of all communities, which become its children.

    An existing single subdistrict keeps code, name and leader.

    Raises
    ------
    SketchError
        "no_ground" if no community has ground; "too_many" if the sketch has several subdistricts.
    """
    old = sketch.of("subdistrict")
    if len(old) > 1:
        raise SketchError("too_many", "subdistrict")
    if all(zone.shape.is_empty for zone in sketch.of("community")):
        raise SketchError("no_ground")
    top = old[0] if old else SketchZone("subdistrict", code, name)
    others = [
        replace(zone, parent=top.code) if zone.level == "community" else zone
        for zone in sketch.zones
        if zone.level != "subdistrict"
    ]
    network = network_of(sketch.with_zones([top, *others]))
    network.owner["subdistrict"][:] = np.where(network.owner["community"] == NOBODY, NOBODY, 0)
    return network.settled()


def _followed(network: Network) -> Sketch:
    """Return the settled sketch with grids where their communities are."""
    sketch, grids = network.sketch, network.owner["grid"]
    communities = network.owner["community"]
    codes = [zone.code for zone in sketch.of("community")]
    parents: dict[str, str] = {}
    for number, grid in enumerate(sketch.of("grid")):
        own = grids == number
        if grid.parent not in codes or not own.any():
            continue
        home = codes.index(grid.parent)
        stays = own & (communities == home)
        if stays.any():
            grids[own & ~stays] = NOBODY
            continue
        hosts = np.unique(communities[own])
        if len(hosts) == 1 and hosts[0] != NOBODY:
            parents[grid.code] = codes[int(hosts[0])]
        else:
            grids[own] = NOBODY
    settled = network.settled()
    return settled.with_zones(
        replace(zone, parent=parents[zone.code]) if zone.level == "grid" and zone.code in parents else zone
        for zone in settled.zones
    )
