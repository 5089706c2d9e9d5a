"""The one piece of land that lies on the right side of all its bounds, or the reason why there is none.

The bounds and their connectors cut the plane into faces. A community is the union of faces whose whole
border lies on named lines, each run of the border facing the side it is named for, with every name
used. That says it for L-shapes (two lines on a side), for rings (an arc faces where its chord does) and
for rivers that turn, without asking where the middle of the land lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from geodata.zones.bounds.model import UNIT, Compass, Connector
from geodata.zones.faces import NOBODY, Faces, faces_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import LineString

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

# A run must face within this of its side: 东至 a road that runs north-west to south-east is 45° off.
_FACING_COS = float(np.cos(np.radians(78.0)))
# Shorter runs are corners and crossings, whose direction says nothing.
_SHORT_M = 12.0
# A name must bound at least so much.
_USED_M = 15.0
# A chord shorter than this part of its run: nearly all of a ring, which faces everywhere.
_ROUND = 0.3
_MOST_FACES = 14
_ON_LINE_M = 0.005
# Two answers that differ by less than this part of their land are one.
_SAME = 0.01


@dataclass(frozen=True, slots=True)
class Named:
    """A line in the network with the sides it is named for, and the numbers of the names that mean it.

    `tests` are the numbers of the uses that it counts for: see `enclosures`. Pieces of one line have one
    number as `kin`.
    """

    line: LineString
    sides: frozenset[Compass]
    names: frozenset[int]
    tests: frozenset[int]
    kin: int


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A closed piece of land: its polygon, how well its border faces the named sides (0..1), its connectors."""

    shape: BaseGeometry
    agreement: float
    connectors: tuple[Connector, ...]


def enclosures(
    lines: Sequence[Named], wanted: Sequence[tuple[int, Compass]], connectors: Sequence[Connector]
) -> list[Enclosure]:
    """Return the pieces of land that all the bounds enclose, best first; several are several meanings.

    Parameters
    ----------
    lines
        In metres.
    wanted
        Uses, each a number and a side: one of the lines with that number among its tests must bound
        towards the side.
    connectors
        From `geodata.zones.bounds.network`, their `line` counted in `lines`.
    """
    faces = faces_of([*(named.line for named in lines), *(connector.shape for connector in connectors)])
    if not len(faces):
        return []
    owner = _owners(lines, connectors, faces)
    found: list[Enclosure] = []
    for mask in _possible(faces, owner, lines, wanted):
        shape = faces.joined(np.flatnonzero(mask))
        agreement = _agreement(shape, lines, connectors)
        if agreement is not None:
            used = tuple(
                c for c in connectors if shapely.length(shapely.intersection(_near(c), shape.boundary)) > 1e-3
            )
            found.append(Enclosure(shape, agreement, used))
    found.sort(key=lambda item: (-round(item.agreement, 6), -item.shape.area))
    kept: list[Enclosure] = []
    for item in found:
        if all(differ(item.shape, other.shape) for other in kept):
            kept.append(item)
    return kept


def is_too_wild(lines: Sequence[LineString], connectors: Sequence[Connector]) -> bool:
    """Return whether lines cross so often that not every union of faces can be looked at."""
    return len(faces_of([*lines, *(connector.shape for connector in connectors)])) > _MOST_FACES


def open_lines(lines: Sequence[Named], connectors: Sequence[Connector]) -> set[int]:
    """Return the numbers of the lines that bound no face at all."""
    faces = faces_of([*(named.line for named in lines), *(connector.shape for connector in connectors)])
    bounding = (
        _owners(lines, connectors, faces).any(axis=0) if len(faces) else np.zeros(len(lines), dtype=bool)
    )
    return set(np.flatnonzero(~bounding).tolist())


def differ(first: BaseGeometry, second: BaseGeometry) -> bool:
    """Return whether two pieces of land are two answers rather than one."""
    return bool(shapely.symmetric_difference(first, second).area > _SAME * max(first.area, second.area))


def _near(connector: Connector) -> BaseGeometry:
    return shapely.buffer(connector.shape, _ON_LINE_M)


def _owners(lines: Sequence[Named], connectors: Sequence[Connector], faces: Faces) -> Bools:
    """Return per segment of the faces and line whether the segment lies on it or on its connectors."""
    middle = np.asarray(shapely.points((faces.ends[:, :2] + faces.ends[:, 2:]) / 2))
    return _lies_on(middle, lines, connectors)


def _lies_on(points: NDArray[np.object_], lines: Sequence[Named], connectors: Sequence[Connector]) -> Bools:
    shapes = [named.line for named in lines] + [connector.shape for connector in connectors]
    line_of = np.array([*range(len(lines)), *(connector.line for connector in connectors)])
    at, which = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=_ON_LINE_M)
    owner: Bools = np.zeros((len(points), len(lines)), dtype=np.bool_)
    owner[at, line_of[which]] = True
    return owner


def _possible(
    faces: Faces, owner: Bools, lines: Sequence[Named], wanted: Sequence[tuple[int, Compass]]
) -> Iterator[Bools]:
    """Yield the connected unions of faces on whose border every name is used, facing its side on the whole.

    A cheap look at all unions at once, by sums over the borders between each two faces; what passes is
    judged run by run.
    """
    count = len(faces)
    if count > _MOST_FACES:
        return
    masks: Bools = (np.arange(1, 2**count)[:, None] >> np.arange(count) & 1).astype(bool)
    padded = np.column_stack([masks, np.zeros(len(masks), dtype=bool)])  # NOBODY is -1, the last
    outward = _outward(faces)
    pairs, pair = np.unique(np.column_stack([faces.left, faces.right]), axis=0, return_inverse=True)
    pair = pair.ravel()
    sign = padded[:, pairs[:, 0]].astype(np.int8) - padded[:, pairs[:, 1]].astype(np.int8)
    keep = np.ones(len(masks), dtype=bool)
    for test, side in wanted:
        direction = np.array(UNIT[side])
        own = [number for number, named in enumerate(lines) if test in named.tests]
        on = owner[:, own].any(axis=1)
        facing = outward @ direction
        # A border between two faces counts for either side's direction, so both signs are summed apart.
        ahead = np.bincount(pair[on], np.maximum(facing[on], 0.0), len(pairs))
        behind = np.bincount(pair[on], np.maximum(-facing[on], 0.0), len(pairs))
        keep &= (sign > 0) @ ahead + (sign < 0) @ behind >= _USED_M * _FACING_COS
    inner = pairs[:, 1] != NOBODY
    for row in np.flatnonzero(keep):
        if _is_connected(masks[row], pairs[inner]):
            yield masks[row]


def _outward(faces: Faces) -> Floats:
    """Return per segment the normal out of its left face, as long as the segment, shape (m, 2)."""
    step = faces.ends[:, 2:] - faces.ends[:, :2]
    normal = np.column_stack([step[:, 1], -step[:, 0]])
    # Segments run as in the rings of their left face: shells and holes both have the land on one hand.
    turned = ~shapely.is_ccw(shapely.get_exterior_ring(faces.polygons))[faces.left]
    normal[turned] *= -1
    return normal


def _is_connected(mask: Bools, pairs: NDArray[np.int64]) -> bool:
    both = pairs[mask[pairs[:, 0]] & mask[pairs[:, 1]]]
    graph = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(len(mask), len(mask)))
    _, label = connected_components(graph, directed=False)
    return len(np.unique(label[mask])) == 1


def _agreement(shape: BaseGeometry, lines: Sequence[Named], connectors: Sequence[Connector]) -> float | None:
    """Return how well a border faces the sides it is named for, None if a run of it faces elsewhere.

    Notes
    -----
    A run is what the border follows of one line without leaving it. Its direction is that of its
    chord, which is the mean of its metres' normals: bends cancel out.
    """
    total = good = 0.0
    # The pieces that one name is drawn in, with their connectors, are followed as one line.
    together: dict[tuple[frozenset[Compass], frozenset[int]], list[int]] = {}
    for number, named in enumerate(lines):
        together.setdefault((named.sides, named.names), []).append(number)
    for ring in shapely.get_rings(shape):
        xy = shapely.get_coordinates(ring)
        if not _is_left_handed(ring, shape):
            xy = xy[::-1]
        lengths = np.hypot(*np.diff(xy, axis=0).T)
        owner = _lies_on(np.asarray(shapely.points((xy[:-1] + xy[1:]) / 2)), lines, connectors)
        covered = np.zeros(len(lengths), dtype=bool)
        for sides, numbers in together.items():
            for run in _runs(np.asarray(owner[:, numbers].any(axis=1))):
                cosine = _facing(xy, lengths, run, sides[0])
                length = float(lengths[run].sum())
                if cosine is not None and cosine >= _FACING_COS:
                    covered[run] = True
                    good += cosine * length
                elif length <= _SHORT_M:
                    covered[run] = True
        if lengths[~covered].sum() > _SHORT_M:
            return None
        total += float(lengths.sum())
    return good / total if total else None


def _is_left_handed(ring: BaseGeometry, shape: BaseGeometry) -> bool:
    """Return whether a ring has the land on its left: a shell counterclockwise, a hole clockwise."""
    shells = shapely.get_exterior_ring(shapely.get_parts(shape))
    is_shell = any(shapely.equals_exact(ring, shell, tolerance=0.0) for shell in shells)
    return bool(shapely.is_ccw(ring)) == is_shell


def _runs(on: Bools) -> list[NDArray[np.int64]]:
    """Return the maximal runs of marked segments of a ring, as segment numbers in order."""
    if on.all():
        return [np.arange(len(on))]
    if not on.any():
        return []
    start = int(np.flatnonzero(~on)[0])
    order = np.roll(np.arange(len(on)), -start)
    marked = on[order]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [order[low:high] for low, high in zip(edges[::2], edges[1::2], strict=True)]


def _facing(xy: Floats, lengths: Floats, run: NDArray[np.int64], sides: frozenset[Compass]) -> float | None:
    chord = xy[run[-1] + 1] - xy[run[0]]
    size = float(np.hypot(*chord))
    if size < _ROUND * float(lengths[run].sum()):
        return 1.0 if len(sides) >= 3 else None
    outward = np.array([chord[1], -chord[0]]) / size
    return max(float(outward @ np.array(UNIT[side])) for side in sides)
