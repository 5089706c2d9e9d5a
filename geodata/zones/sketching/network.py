"""The one noded network of a sketch: all its borders cut where they meet, every face with its owners.

An edit changes who owns faces; shapes are then unions of whole faces. So zones of a level never
overlap, leave no crack between them, and share the vertices of their borders, by construction and not
by repair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.zones.faces import NOBODY, SNAP_M, Faces, faces_of
from geodata.zones.model import LEVELS, Level
from geodata.zones.sketching.model import EMPTY, MAX_VERTICES, Claim, Sketch, SketchError, SketchZone

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]


BEYOND_M = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Faces of a sketch's borders and, per level and face, the number of its owner in `sketch.of(level)`.

    `owner` may be written to: it belongs to the edit that asked for the network.
    """

    sketch: Sketch
    faces: Faces
    owner: dict[Level, Ints]

    def within(self, ground: BaseGeometry) -> Flags:
        """Return which faces lie in a ground whose outline is part of the network."""
        if len(self.faces) == 0:
            return np.zeros(0, dtype=np.bool_)
        shapely.prepare(ground)
        inside: Flags = np.asarray(shapely.intersects(ground, self.faces.inner_points()), dtype=np.bool_)
        return inside

    def number(self, level: Level, code: str) -> int:
        """Return a zone's number in its level."""
        codes = [zone.code for zone in self.sketch.of(level)]
        if code not in codes:
            raise SketchError("no_zone", code)
        return codes.index(code)

    def groups(self, members: Flags, *, apart: BaseGeometry | None = None) -> list[Ints]:
        """Return connected groups of faces (numbers), largest area first.

        Parameters
        ----------
        members
            The faces to group.
        apart
            A line of the network that faces do not connect across.
        """
        faces = self.faces
        link = (faces.right != NOBODY) & members[faces.left] & members[faces.right]
        if apart is not None and len(faces.ends):
            middle: Any = shapely.points((faces.ends[:, :2] + faces.ends[:, 2:]) / 2)
            link &= ~shapely.dwithin(middle, apart, 3 * SNAP_M)
        left, right = faces.left[link], faces.right[link]
        graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(faces), len(faces)))
        _, component = connected_components(graph, directed=False)
        own = np.flatnonzero(members)
        found = [own[component[own] == number] for number in np.unique(component[own])]
        return sorted(found, key=lambda group: (-float(faces.area_m2[group].sum()), int(group[0])))

    def settled(self) -> Sketch:
        """Return the sketch with the shapes that the owners of the faces make.

        A zone whose ground did not change keeps the very same shape.

        Raises
        ------
        SketchError
            If the sketch has become larger than the limits ("too_many").
        """
        numbers = dict.fromkeys(LEVELS, 0)
        zones: list[SketchZone] = []
        for zone in self.sketch.zones:
            members = np.flatnonzero(self.owner[zone.level] == numbers[zone.level])
            numbers[zone.level] += 1
            shape = as_ground(self.faces.joined(members))
            same = shapely.equals_identical(shape, zone.shape)
            zones.append(zone if same else replace(zone, shape=shape))
        if sum(int(shapely.get_num_coordinates(zone.shape)) for zone in zones) > MAX_VERTICES:
            raise SketchError("too_many", str(MAX_VERTICES))
        return self.sketch.with_zones(zones)


def as_ground(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a shape as a multipolygon in a form of its own: equal ground, equal bytes."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    return shapely.normalize(shapely.multipolygons(parts)) if parts else EMPTY


def network_of(sketch: Sketch, lines: Sequence[BaseGeometry] = ()) -> Network:
    """Return the network of a sketch's borders and further lines.

    Where zones of a level overlap (they do not, once settled), the first in order owns the face.
    """
    borders = [shapely.boundary(zone.shape) for zone in sketch.zones if not zone.shape.is_empty]
    faces = faces_of([*borders, *lines]) if borders or lines else _no_faces()
    points = faces.inner_points() if len(faces) else np.empty(0, dtype=object)
    return Network(sketch, faces, {level: _owners(sketch.of(level), points) for level in LEVELS})


def _owners(zones: Sequence[SketchZone], points: Shapes) -> Ints:
    owner = np.full(len(points), NOBODY, dtype=np.int64)
    if not zones or not len(points):
        return owner
    tree = shapely.STRtree(np.array([zone.shape for zone in zones], dtype=object))
    face, number = tree.query(points, predicate="intersects")
    order = np.lexsort((-number, face))
    owner[face[order]] = number[order]  # the first in order is written last
    return owner


def _no_faces() -> Faces:
    none = np.empty(0, dtype=np.int64)
    return Faces(
        polygons=np.empty(0, dtype=object), area_m2=np.empty(0), left=none, right=none, ends=np.empty((0, 4)),
        length_m=np.empty(0),
    )  # fmt: skip


def sketch_of(zones: Sequence[SketchZone], *, crs: int) -> Sketch:
    """Return a sketch of zones from elsewhere: rounded, noded, disputed ground given to nobody.

    Parameters
    ----------
    zones
        Valid polygons of the given CRS; they may overlap, leave gaps and miss each other's vertices.
    """
    rounded = [replace(zone, shape=as_ground(shapely.set_precision(zone.shape, SNAP_M))) for zone in zones]
    network = network_of(Sketch(crs=crs, zones=tuple(rounded)))
    points = network.faces.inner_points() if len(network.faces) else np.empty(0, dtype=object)
    claims: list[Claim] = []
    for level in LEVELS:
        own = network.sketch.of(level)
        if len(own) < 2 or not len(points):
            continue
        tree = shapely.STRtree(np.array([zone.shape for zone in own], dtype=object))
        face, number = tree.query(points, predicate="intersects")
        wanted: dict[int, list[str]] = {}
        for one, owner in zip(face.tolist(), number.tolist(), strict=True):
            wanted.setdefault(one, []).append(own[owner].code)
        disputed: dict[tuple[str, ...], list[int]] = {}
        for one, codes in wanted.items():
            if len(codes) > 1:
                disputed.setdefault(tuple(sorted(codes)), []).append(one)
        for rivals, members in sorted(disputed.items()):
            network.owner[level][members] = NOBODY
            claims.append(Claim(level, rivals, as_ground(network.faces.joined(members))))
    return replace(network.settled(), claims=tuple(claims))


def drawn_out(line: BaseGeometry) -> BaseGeometry:
    """Return a line drawn out a little at both ends, so that it surely reaches the borders it ends on.

    A spot on a long border that was picked in degrees lies up to decimetres beside it in metres.

    Raises
    ------
    SketchError
        "bad_shape" for a line without length.
    """
    xy = shapely.get_coordinates(line)
    keep = (
        np.append(True, np.hypot(*np.diff(xy, axis=0).T) > 0) if len(xy) > 1 else np.ones(len(xy), dtype=bool)
    )
    xy = xy[keep]
    if len(xy) < 2:
        raise SketchError("bad_shape")
    first, last = xy[0] - xy[1], xy[-1] - xy[-2]
    start = xy[0] + first / np.hypot(*first) * BEYOND_M
    end = xy[-1] + last / np.hypot(*last) * BEYOND_M
    return shapely.LineString([start, *xy[1:-1], end])
