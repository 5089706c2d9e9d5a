"""Areas bounded by lines (A以南、B以东), and what lies between two places."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.geocode.context import Context
from geodata.geocode.crossings import extended
from geodata.geocode.evidence import Evidence, Mode, evidence, nothing, representative
from geodata.geocode.model import BEARING_DEG, SIDE_WORDS, Block, Bound, Side
from geodata.linear.locate import side_vector

# Bounding roads are drawn on this far so that a block closes at a corner that is not drawn.
_CLOSE_M = 250.0
# Of a block open on a side only this much beside the named lines is meant.
_OPEN_M = 400.0
_TRUST_CLOSED, _TRUST_OPEN = 0.9, 0.5
_SNAP_M, _NUDGE_M = 0.05, 0.5
_MAX_COMBINATIONS = 24


def resolve_block(frame: Block, context: Context) -> Evidence:
    """Return the polygons on the stated sides of all bounding lines."""
    missing = [bound.line.text for bound in frame.bounds if not context.lines(bound.line)]
    bounds = [bound for bound in frame.bounds if context.lines(bound.line)]
    if len(bounds) < 2:
        return nothing("四至中认得的线不足两条：没有" + "、".join(missing))
    choices = [
        [line for line, _ in context.lines(bound.line) if context.axis(line) is not None] for bound in bounds
    ]
    modes = []
    for lines in list(product(*choices))[:_MAX_COMBINATIONS]:
        axes = [context.gazetteer.line(line).axis for line in lines]
        modes += _polygons(bounds, lines, axes, context)
    if not modes:
        return nothing("四至的线围不成一块，或方向互相矛盾")
    closed = [mode for mode in modes if mode.method == "block"]
    reason = f"没有{'、'.join(missing)}，以其余各线为界" if missing else ""
    if missing and closed:
        closed = [mode._replace(method="block:partial") for mode in closed]
    usual = _TRUST_CLOSED if closed else _TRUST_OPEN
    trust = context.trust(usual, modes[0].lines) if closed and not missing else usual
    return evidence(closed or modes, trust, reason)


def _polygons(
    bounds: list[Bound], lines: tuple[int, ...], axes: list[LineString], context: Context
) -> list[Mode]:
    far = max(axis.distance(other) for axis in axes for other in axes)
    if far > 3000.0:
        return []
    drawn = shapely.union_all([extended(axis, _CLOSE_M) for axis in axes])
    faces = [face for face in shapely.get_parts(shapely.polygonize([drawn])) if _inside(face, bounds, axes)]
    enclosed = all(bound.side not in BEARING_DEG for bound in bounds)
    # With no side said, only what every one of the lines borders on can be meant.
    reach = _SNAP_M if enclosed else _CLOSE_M
    touching = [face for face in faces if all(face.distance(axis) < reach for axis in axes)]
    names = "、".join(
        context.gazetteer.line_name(line)
        + (f"以{SIDE_WORDS[bound.side]}" if bound.side in BEARING_DEG else "")
        for line, bound in zip(lines, bounds, strict=True)
    )
    if touching:
        shape = max(touching, key=lambda face: float(face.area))
        return [_polygon_mode(shape, lines, "block", f"{names}围成，{shape.area / 1e4:.1f} 公顷")]
    shape = None if enclosed else _open_corner(bounds, axes)
    if shape is None:
        return []
    return [_polygon_mode(shape, lines, "block:open", f"{names}，没有围合，取交角 {_OPEN_M:.0f} 米内")]


def _inside(face: BaseGeometry, bounds: list[Bound], axes: list[LineString]) -> bool:
    return all(_on_side(face, bound.side, axis) for bound, axis in zip(bounds, axes, strict=True))


def _on_side(face: BaseGeometry, side: Side, axis: LineString) -> bool:
    """Return whether a face lies on a compass side of a line.

    Where it borders on the line, every metre of the shared border votes by the direction into the face,
    so that a bend (a river turning north) does not turn the side; else the nearest point decides.
    """
    if side not in BEARING_DEG:
        return True
    wanted = side_vector(side)
    votes = 0.0
    for piece in _shared(face, axis):
        ends = np.asarray(piece.coords)
        for start, end in pairwise(ends):
            normal = np.array([start[1] - end[1], end[0] - start[0]])
            length = float(np.hypot(*normal))
            if length < _NUDGE_M:
                continue
            middle = (start + end) / 2 + normal / length * _NUDGE_M
            inward = 1.0 if face.contains(Point(middle)) else -1.0
            votes += inward * float(normal @ wanted)
    if votes:
        return votes > 0
    point = face.representative_point()
    foot = axis.interpolate(axis.project(point))
    return float(np.array([point.x - foot.x, point.y - foot.y]) @ wanted) > 0


def _shared(face: BaseGeometry, axis: LineString) -> list[LineString]:
    """Return the pieces of a line that a face borders on."""
    common = axis.intersection(face.boundary.buffer(_SNAP_M))
    return [part for part in shapely.get_parts(common) if isinstance(part, LineString)]


def _open_corner(bounds: list[Bound], axes: list[LineString]) -> BaseGeometry | None:
    """Return what lies within reach of all lines on their stated sides."""
    shape: BaseGeometry | None = None
    for bound, axis in zip(bounds, axes, strict=True):
        if bound.side in ("left", "right", "both", "middle"):
            continue
        shift = side_vector(bound.side) * _OPEN_M
        moved = shapely.affinity.translate(axis, float(shift[0]), float(shift[1]))
        band = Polygon([*axis.coords, *reversed(moved.coords)]).buffer(0)
        shape = band if shape is None else shape.intersection(band)
    if shape is None or shape.is_empty or shape.area < 100.0:
        return None
    return shape


def _polygon_mode(shape: BaseGeometry, lines: tuple[int, ...], method: str, words: str) -> Mode:
    x, y = representative(shape)
    sigma = max(0.35 * float(np.sqrt(shape.area / np.pi)), 15.0)
    return Mode(shape, x, y, sigma, 1.0, method, words, lines)


def resolve_between(start: Evidence, end: Evidence) -> Evidence:
    """Return the straight line between two resolved places."""
    if not start.modes or not end.modes:
        found = start if start.modes else end
        return Evidence(found.modes, found.trust * 0.5, start.reason or end.reason)
    modes = []
    for first, second in product(start.modes[:5], end.modes[:5]):
        line = LineString([(first.x, first.y), (second.x, second.y)])
        if not 1.0 < line.length < 5000.0:
            continue
        middle = line.interpolate(0.5, normalized=True)
        sigma = float(np.hypot(max(first.sigma_m, second.sigma_m), line.length / 5))
        weight = first.weight * second.weight / (1.0 + (line.length / 1000.0) ** 2)
        words = f"{first.words}与{second.words}之间"
        modes.append(Mode(line, middle.x, middle.y, sigma, weight, "between", words))
    return evidence(modes, min(start.trust, end.trust) * 0.9, "两处相距太远" if not modes else "")
