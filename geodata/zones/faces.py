"""Borders as one noded network and its faces: the common ground of repair and of drawing grids.

Every line is rounded to a grid of 1 mm and cut wherever lines meet, so that a zone made of whole
faces shares each vertex of its border with its neighbours: such zones tile by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

SNAP_M = 0.001
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Bounded faces of a network and the segments between them.

    Attributes
    ----------
    polygons, area_m2
        The faces, in no particular order.
    left, right
        Per segment the numbers of the faces on its sides, the lower first; `NOBODY` (right) where a
        face borders on the outside.
    ends
        Per segment x, y of both ends, shape (m, 4).
    length_m
        Per segment.
    """

    polygons: Shapes
    area_m2: Floats
    left: Ints
    right: Ints
    ends: Floats
    length_m: Floats

    def __len__(self) -> int:
        return len(self.polygons)

    def inner_points(self) -> Shapes:
        """Return a point in the interior of every face."""
        points: Shapes = shapely.point_on_surface(self.polygons)
        return points

    def groups(self, labels: Ints) -> tuple[Ints, Ints]:
        """Return connected groups of faces with the same label ≥ 0, sharing an edge (not only a corner).

        Returns
        -------
        group
            Per face its group's number, `NOBODY` for a negative label.
        label
            Per group its label.
        """
        inside = self.right != NOBODY
        left, right = self.left[inside], self.right[inside]
        same = (labels[left] == labels[right]) & (labels[left] >= 0)
        links = coo_array((np.ones(same.sum()), (left[same], right[same])), shape=(len(self), len(self)))
        _, component = connected_components(links, directed=False)
        used = np.flatnonzero(labels >= 0)
        group = np.full(len(self), NOBODY, dtype=np.int64)
        if len(used):
            _, first, dense = np.unique(component[used], return_index=True, return_inverse=True)
            group[used] = dense
            return group, labels[used[first]]
        return group, np.empty(0, dtype=np.int64)

    def perimeter_m(self, group: Ints, count: int) -> Floats:
        """Return the perimeter of each of `count` groups of faces."""
        outer = np.append(group, NOBODY)  # the outside is face -1
        left, right = outer[self.left], outer[self.right]
        border = left != right
        total: Floats = np.zeros(count)
        for side in (left, right):
            held = border & (side != NOBODY)
            total += np.bincount(side[held], self.length_m[held], count)
        return total

    def joined(self, members: Sequence[int] | Ints) -> BaseGeometry:
        """Return the union of faces with every vertex kept; an empty polygon for none."""
        if len(members) == 0:
            return shapely.Polygon()
        return shapely.coverage_union_all(self.polygons[np.asarray(members)])


def faces_of(lines: Sequence[BaseGeometry] | Shapes, *, snap_m: float = SNAP_M) -> Faces:
    """Return the bounded faces of lines; dangling ends bound nothing and disappear.

    Parameters
    ----------
    lines
        (Multi) lines and rings in metres, valid or not; None and empty ones are left out.
    snap_m
        Width of the grid that vertices are rounded to (snap rounding), > 0.
    """
    drawn = [line for line in lines if line is not None and not line.is_empty]
    noded = shapely.union_all(np.array(drawn, dtype=object), grid_size=snap_m)
    polygons: Shapes = np.array(shapely.get_parts(shapely.polygonize([noded])), dtype=object)
    rings, face = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    _, vertex = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    start = np.flatnonzero(ring[:-1] == ring[1:]) if len(ring) else np.empty(0, dtype=np.int64)
    low, high = np.minimum(vertex[start], vertex[start + 1]), np.maximum(vertex[start], vertex[start + 1])
    key = low.astype(np.int64) * (len(xy) + 1) + high
    order = np.lexsort((face[ring[start]], key))
    key, start = key[order], start[order]
    owner = face[ring[start]].astype(np.int64)
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=np.int64)
    twin = np.minimum(first + 1, max(len(key) - 1, 0))
    paired = (twin > first) & (key[twin] == key[first])
    ends = np.column_stack([xy[start[first]], xy[start[first] + 1]])
    return Faces(
        polygons=polygons,
        area_m2=shapely.area(polygons),
        left=owner[first],
        right=np.where(paired, owner[twin], NOBODY),
        ends=ends,
        length_m=np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]),
    )
