"""Edits of a sketch that move no border but by hand: new zones, names and codes, vertices, cuts of blocks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.contract import PARENT_LEVEL
from geodata.zones.faces import SNAP_M
from geodata.zones.model import LEVELS, Level
from geodata.zones.sketching.findings import DUST_M2
from geodata.zones.sketching.model import (
    MAX_ZONES,
    Sketch,
    SketchError,
    SketchZone,
    fresh_code,
    fresh_colour,
    ordered,
)
from geodata.zones.sketching.network import as_ground, drawn_out, network_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MAX_CUTS = 2_000
# A position that comes from the screen names the vertex within this distance, or the border: a straight
# line of kilometres in metres is a bow of decimetres in degrees.
TOUCH_M = 0.05
TOUCH_BORDER_M = 0.5
_CODE = re.compile(r"[\w.+:-]{1,40}")


def add(
    sketch: Sketch, level: Level, *, code: str = "", name: str = "", parent: str = "", leader: str = ""
) -> Sketch:
    """Return the sketch with one more zone, still without ground; a blank code is made up.

    Raises
    ------
    SketchError
        "code_taken", "no_code" (characters a code cannot have), "no_parent" (unknown), "too_many".
    """
    if len(sketch.zones) >= MAX_ZONES:
        raise SketchError("too_many", str(MAX_ZONES))
    tops = [zone.code for zone in sketch.zones if zone.level == PARENT_LEVEL.get(level)]
    if not parent and len(tops) == 1:
        parent = tops[0]
    if parent and parent not in tops:
        raise SketchError("no_parent", parent)
    own = code or fresh_code(sketch, level, parent)
    _require_code(sketch, level, own)
    zone = SketchZone(level, own, name or own, parent, leader, fresh_colour(sketch, level))
    return sketch.with_zones(ordered([*sketch.zones, zone]))


def change(
    sketch: Sketch,
    level: Level,
    code: str,
    *,
    new_code: str | None = None,
    name: str | None = None,
    leader: str | None = None,
    parent: str | None = None,
) -> Sketch:
    """Return the sketch with other facts about a zone; children follow a new code.

    Raises
    ------
    SketchError
        "no_zone", "code_taken", "no_code", "no_parent".
    """
    zone = sketch.find(level, code)
    if parent and not any(z.level == PARENT_LEVEL.get(level) and z.code == parent for z in sketch.zones):
        raise SketchError("no_parent", parent)
    changed = replace(
        zone,
        name=zone.name if name is None else name,
        leader=zone.leader if leader is None else leader,
        parent=zone.parent if parent is None else parent,
    )
    if new_code is not None and new_code != code:
        _require_code(sketch, level, new_code)
        changed = replace(changed, code=new_code)
    children = {child.key for child in sketch.children(level, code)}
    return replace(
        sketch.with_zones(
            changed if other is zone
            else replace(other, parent=changed.code) if other.key in children
            else other
            for other in sketch.zones
        ),
        claims=tuple(
            replace(claim, codes=tuple(changed.code if one == code else one for one in claim.codes))
            if claim.level == level else claim
            for claim in sketch.claims
        ),
    )  # fmt: skip


def _require_code(sketch: Sketch, level: Level, code: str) -> None:
    if not _CODE.fullmatch(code):
        raise SketchError("no_code", code)
    if any(zone.key == (level, code) for zone in sketch.zones):
        raise SketchError("code_taken", code)


def cut_blocks(sketch: Sketch, line: BaseGeometry) -> Sketch:
    """Return the sketch with one more line by which blocks of streets are cut.

    Raises
    ------
    SketchError
        "bad_shape" for a line without length, "too_many" above 2,000 lines.
    """
    if len(sketch.cuts) >= MAX_CUTS:
        raise SketchError("too_many", str(MAX_CUTS))
    rounded = shapely.set_precision(drawn_out(line), SNAP_M)
    return replace(sketch, cuts=(*sketch.cuts, rounded))


def move_vertex(
    sketch: Sketch, at: tuple[float, float], to: tuple[float, float], *, touch_m: float = TOUCH_M
) -> Sketch:
    """Return the sketch with a vertex moved in every zone that has it; on a border between two, a new vertex.

    Parameters
    ----------
    at, to
        x, y in metres. The vertex nearest `at` within `touch_m` moves; without one, the nearest border
        within 0.5 m gets one. `to` becomes a vertex or border nearby if one lies within `touch_m`.

    Raises
    ------
    SketchError
        "no_vertex" if no border is there; "crosses" if a border would then cross or touch another one.
    """
    network = network_of(sketch)
    spots = np.unique(network.faces.ends.reshape(-1, 2), axis=0)
    at_xy, to_xy = np.asarray(at), np.round(np.asarray(to) / SNAP_M) * SNAP_M
    distance = np.hypot(*(spots - at_xy).T) if len(spots) else np.empty(0)
    if len(spots) and distance.min() <= touch_m:
        old = spots[int(np.argmin(distance))]
        shapes = [zone.shape for zone in sketch.zones]
    else:
        old, shapes = _with_vertex(sketch, network.faces.ends, at_xy)
    near = np.hypot(*(spots - to_xy).T)
    if near.min() <= touch_m:
        # Onto a vertex that is there: the two become one, if the borders allow it.
        to_xy = spots[int(np.argmin(near))]
    moved = [_moved(shape, old, to_xy) for shape in shapes]
    zones = [
        zone if shape is zone.shape else replace(zone, shape=as_ground(shape))
        for zone, shape in zip(sketch.zones, moved, strict=True)
    ]
    _require_sound(sketch, zones)
    result = sketch.with_zones(zones)
    _require_nested(result)
    return result


def _with_vertex(sketch: Sketch, ends: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, list[BaseGeometry]]:
    """Return a new vertex on the nearest border, and all shapes with it."""
    segments = shapely.linestrings(ends.reshape(-1, 2, 2))
    point = shapely.Point(at)
    if not len(ends) or float(shapely.distance(segments, point).min()) > TOUCH_BORDER_M:
        raise SketchError("no_vertex")
    start, end = ends[int(np.argmin(shapely.distance(segments, point)))].reshape(2, 2)
    along = np.clip(np.dot(at - start, end - start) / np.dot(end - start, end - start), 0, 1)
    spot = np.round((start + along * (end - start)) / SNAP_M) * SNAP_M
    if np.array_equal(spot, start) or np.array_equal(spot, end):
        raise SketchError("no_vertex")
    return spot, [_inserted(zone.shape, start, end, spot) for zone in sketch.zones]


def _inserted(shape: BaseGeometry, start: np.ndarray, end: np.ndarray, spot: np.ndarray) -> BaseGeometry:
    """Return a shape with a vertex between two of its neighbouring vertices, where it has them."""

    def ring_with(ring: np.ndarray) -> np.ndarray:
        first, second = ring[:-1], ring[1:]
        forth = (first == start).all(axis=1) & (second == end).all(axis=1)
        back = (first == end).all(axis=1) & (second == start).all(axis=1)
        at = np.flatnonzero(forth | back)
        return np.insert(ring, at + 1, spot, axis=0) if len(at) else ring

    polygons, changed = [], False
    for part in shapely.get_parts(shape):
        rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(part)]
        fuller = [ring_with(ring) for ring in rings]
        changed |= any(len(a) != len(b) for a, b in zip(rings, fuller, strict=True))
        polygons.append(shapely.Polygon(fuller[0], fuller[1:]))
    return shapely.MultiPolygon(polygons) if changed else shape


def _moved(shape: BaseGeometry, old: np.ndarray, new: np.ndarray) -> BaseGeometry:
    xy = shapely.get_coordinates(shape)
    hit = (xy == old).all(axis=1)
    if not hit.any():
        return shape
    moved = shapely.transform(
        shape, lambda points: np.where((points == old).all(axis=1)[:, None], new, points)
    )
    # Moved onto its neighbour, a vertex is gone.
    return shapely.remove_repeated_points(moved)


def _require_sound(before: Sketch, zones: list[SketchZone]) -> None:
    """Raise unless moved shapes are valid, tile as before, and no ring collapsed."""
    for zone, old in zip(zones, before.zones, strict=True):
        if zone.shape is not old.shape and (
            not shapely.is_valid(zone.shape)
            or shapely.get_num_geometries(zone.shape) != shapely.get_num_geometries(old.shape)
        ):
            raise SketchError("crosses", zone.name or zone.code)
    for level in LEVELS:
        shapes = np.array([zone.shape for zone in zones if zone.level == level], dtype=object)
        if len(shapes) > 1 and not shapely.coverage_is_valid(shapes):
            raise SketchError("crosses")


def _require_nested(sketch: Sketch) -> None:
    """Raise if a grid now reaches out of its community."""
    network = network_of(sketch)
    codes = [zone.code for zone in sketch.of("community")]
    for number, grid in enumerate(sketch.of("grid")):
        if grid.parent not in codes:
            continue
        own = network.owner["grid"] == number
        strange = own & (network.owner["community"] != codes.index(grid.parent))
        if float(network.faces.area_m2[strange].sum()) > DUST_M2:
            raise SketchError("crosses", grid.name or grid.code)
