"""Blocks enclosed by roads, waters and railways, to be clicked into a zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.zones.drawing.blocks import absorbed, blocks_of
from geodata.zones.faces import NOBODY, faces_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]


def street_blocks(
    frame: BaseGeometry,
    lines: Sequence[BaseGeometry],
    *,
    barriers: Sequence[bool],
    outline: BaseGeometry | None = None,
) -> Shapes:
    """Return the blocks of a frame as polygons, largest first.

    Parameters
    ----------
    frame
        The ground to divide, metres.
    lines, barriers
        Centre lines and banks, and whether each is water, railway or wall.
    outline
        The office's own ground, if it has borders: no block crosses its edge.

    Notes
    -----
    What lies between the two lines of a dual carriageway, and anything narrower than 18 m or smaller
    than 1,500 m², belongs to the neighbour with the longest common edge (`drawing.blocks.absorbed`).
    """
    grounds = [frame]
    if outline is not None and not outline.is_empty:
        grounds = [shapely.intersection(outline, frame), shapely.difference(frame, outline)]
    kept = np.array([ground for ground in grounds if not ground.is_empty], dtype=object)
    blocks = blocks_of(kept, lines, barriers=barriers)
    label = absorbed(blocks)
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(label.max() + 1 if len(label) else 0))
    members = [part for part in np.split(order, starts)[1:] if len(part) and label[part[0]] != NOBODY]
    shapes = [part for group in members for part in shapely.get_parts(blocks.faces.joined(group))]
    return _by_size(shapes)


def cut_by(blocks: Shapes, cuts: Sequence[BaseGeometry]) -> Shapes:
    """Return blocks cut by lines drawn by hand; what a line does not cross stays the same object."""
    if not len(cuts) or not len(blocks):
        return blocks
    touched, _ = shapely.STRtree(blocks).query(np.array(cuts, dtype=object), predicate="intersects")[::-1]
    shapes = list(np.delete(blocks, np.unique(touched)))
    for number in np.unique(touched).tolist():
        block = blocks[number]
        faces = faces_of(
            [shapely.boundary(block), *(shapely.intersection(cut, block.buffer(0.5)) for cut in cuts)]
        )
        inside = shapely.intersects(block, faces.inner_points())
        shapes += list(faces.polygons[inside])
    return _by_size(shapes)


def at_points(blocks: Shapes, points: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return the union of the blocks that contain any of the points; empty where none does."""
    if not len(blocks) or not len(points):
        return shapely.MultiPolygon()
    _, hit = shapely.STRtree(blocks).query(np.array(points, dtype=object), predicate="intersects")
    return shapely.union_all(blocks[np.unique(hit)])


def _by_size(shapes: Sequence[BaseGeometry]) -> Shapes:
    ordered = np.array([*sorted(shapes, key=lambda shape: -shape.area), None], dtype=object)[:-1]
    return ordered
