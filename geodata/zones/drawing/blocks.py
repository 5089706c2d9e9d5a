"""Communities cut into blocks along roads, waters, railways and walls: what grids are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.drawing.links import add_border, merge
from geodata.zones.faces import NOBODY, SNAP_M, Faces, faces_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

# A dead end that stops within this distance of another line is taken to reach it.
REACH_M = 25.0
# A block narrower than this on average is the inside of a dual carriageway or between road and kerb.
NARROW_M = 18.0
# Smaller than this no block is worth a border of its own.
SMALL_M2 = 1_500.0


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Faces of the network with their community, which segments lie on lines, and of which class.

    Attributes
    ----------
    faces
        Faces; those outside every community are `NOBODY`'s.
    community
        Per face the number of its community.
    on_line
        Per segment whether a drawn line runs along it (else: a community border or a straight cut).
    barrier
        Per segment whether that line is water, railway or wall: hard to cross.
    """

    faces: Faces
    community: Ints
    on_line: NDArray[np.bool_]
    barrier: NDArray[np.bool_]


def blocks_of(
    communities: Shapes,
    lines: Sequence[BaseGeometry],
    *,
    barriers: Sequence[bool],
    cuts: Sequence[BaseGeometry] = (),
) -> Blocks:
    """Return the blocks of communities.

    Parameters
    ----------
    communities
        Valid polygons in metres that do not overlap.
    lines
        Centre lines (and banks) in the same CRS; what lies outside the communities does not matter.
    barriers
        Per line whether it is water, railway or wall.
    cuts
        Straight cuts through blocks that no line divides.
    """
    district = shapely.union_all(communities)
    near = [shapely.intersection(line, district.envelope) for line in lines]
    drawn = _reaching(near, shapely.boundary(communities))
    faces = faces_of([*shapely.boundary(communities), *drawn, *cuts])
    tree = shapely.STRtree(shapely.set_precision(communities, SNAP_M))
    face, owner = tree.query(faces.inner_points(), predicate="intersects")
    community = np.full(len(faces), NOBODY, dtype=np.int64)
    # In reverse, so that the first of several stays.
    community[face[::-1]] = owner[::-1]
    middle: Shapes = np.asarray(shapely.points((faces.ends[:, :2] + faces.ends[:, 2:]) / 2))
    along = shapely.STRtree(drawn)
    segment, which = along.query(middle, predicate="dwithin", distance=3 * SNAP_M)
    on_line = np.zeros(len(faces.ends), dtype=np.bool_)
    on_line[segment] = True
    hard = np.zeros(len(faces.ends), dtype=np.bool_)
    # Connectors of dead ends stand behind the lines and are no barriers.
    flags = np.zeros(len(drawn), dtype=bool)
    flags[: len(near)] = list(barriers)
    hard[segment[flags[which]]] = True
    return Blocks(faces=faces, community=community, on_line=on_line, barrier=hard)


def _reaching(lines: Sequence[BaseGeometry], borders: Shapes) -> list[BaseGeometry]:
    """Return lines and, behind them, short connectors from dead ends to the next line or border."""
    parts = shapely.get_parts(shapely.line_merge(shapely.union_all(np.array([*lines, None], dtype=object))))
    parts = parts[shapely.get_type_id(parts) == 1]
    if not len(parts):
        return list(lines)
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(parts, at)) for at in (0, -1)])
    spots, times = np.unique(ends.round(3), axis=0, return_counts=True)
    dead = shapely.points(spots[times == 1])
    targets = np.concatenate([parts, borders])
    tree = shapely.STRtree(targets)
    connectors: list[BaseGeometry] = []
    for end in dead:
        close = tree.query(end, predicate="dwithin", distance=REACH_M)
        distances = shapely.distance(end, targets[close])
        # Its own line is at distance 0; a dead end on another line's inside is no dead end.
        if (distances < 2 * SNAP_M).sum() > 1:
            continue
        others = close[distances >= 2 * SNAP_M]
        if len(others):
            nearest = others[int(np.argmin(shapely.distance(end, targets[others])))]
            spot = shapely.get_point(shapely.shortest_line(end, targets[nearest]), -1)
            beyond = np.vstack([shapely.get_coordinates(end), shapely.get_coordinates(spot)])
            step = (beyond[1] - beyond[0]) / np.hypot(*(beyond[1] - beyond[0])) * 0.01
            connectors.append(shapely.LineString([beyond[0], beyond[1] + step]))
    return [*lines, *connectors]


def absorbed(blocks: Blocks) -> Ints:
    """Return per face the number of its block: narrow and small faces join the longest neighbour.

    Blocks are numbered from 0 without holes; faces outside the communities get `NOBODY`.
    """
    faces = blocks.faces
    inside = blocks.community != NOBODY
    label = np.where(inside, np.arange(len(faces)), NOBODY)
    perimeter = faces.perimeter_m(np.arange(len(faces)), len(faces))
    links = _links(blocks)
    area, border = faces.area_m2.copy(), perimeter.copy()
    alive = {int(face) for face in np.flatnonzero(inside)}
    while True:
        weak = [
            face
            for face in alive
            if links[face] and (area[face] < SMALL_M2 or 2 * area[face] < NARROW_M * border[face])
        ]
        if not weak:
            break
        least = min(weak, key=lambda face: (area[face], face))
        best = max(links[least], key=lambda other: (links[least][other], -other))
        border[best] += border[least] - 2 * links[least][best]
        merge(links, least, best)
        area[best] += area[least]
        label[label == least] = best
        alive.discard(least)
    _, dense = np.unique(label[inside], return_inverse=True)
    result = np.full(len(faces), NOBODY, dtype=np.int64)
    result[inside] = dense
    return result


def _links(blocks: Blocks) -> list[dict[int, float]]:
    """Return per face its neighbours of the same community with the length of the common border."""
    faces = blocks.faces
    links: list[dict[int, float]] = [{} for _ in range(len(faces))]
    inner = faces.right != NOBODY
    for a, b, length in zip(faces.left[inner], faces.right[inner], faces.length_m[inner], strict=True):
        if blocks.community[a] == blocks.community[b] != NOBODY:
            add_border(links, int(a), int(b), float(length))
    return links


def straight_cuts(
    blocks: Blocks, block: Ints, load: Floats, *, largest: Floats, few: NDArray[np.bool_]
) -> list[BaseGeometry]:
    """Return straight cuts across the long axis of blocks that are too heavy.

    Parameters
    ----------
    load, largest
        Per block its work, and the work above which it is cut.
    few
        Per block whether its community has too few blocks, so that any block may be cut.

    Notes
    -----
    A cut halves the block's area; the parts are looked at again in the next round. Blocks of less
    than four times `SMALL_M2` are left whole.
    """
    cuts: list[BaseGeometry] = []
    for number in np.flatnonzero((load > largest) | few):
        shape = blocks.faces.joined(np.flatnonzero(block == number))
        if shape.area < 4 * SMALL_M2:
            continue
        cut = _halving(shape)
        if cut is not None:
            cuts.append(cut)
    return cuts


def _halving(shape: BaseGeometry) -> BaseGeometry | None:
    """Return the line across a shape's long axis that halves its area, a little longer than the shape."""
    frame = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))[:4]
    if len(frame) < 4:
        return None
    sides = np.roll(frame, -1, axis=0) - frame
    lengths = np.hypot(*sides.T)
    long = int(np.argmax(lengths))
    along = sides[long] / lengths[long]
    across = np.array([-along[1], along[0]])
    reach = float(lengths.sum())
    start = frame[long]
    low, high = 0.0, float(lengths[long])
    for _ in range(40):
        at = start + along * (low + high) / 2
        half = shapely.Polygon([at - across * reach, at + across * reach, at + across * reach - along * 2 * reach,
                                at - across * reach - along * 2 * reach])  # fmt: skip
        if 2 * shapely.intersection(shape, half).area < shape.area:
            low = (low + high) / 2
        else:
            high = (low + high) / 2
    ray = shapely.intersection(shapely.LineString([at - across * reach, at + across * reach]), shape)
    pieces = [part for part in shapely.get_parts(ray) if part.geom_type == "LineString"]
    if not pieces:
        return None
    ends = shapely.get_coordinates(max(pieces, key=shapely.length))[[0, -1]]
    step = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0])) * 0.01
    return shapely.LineString([ends[0] - step, ends[1] + step])
