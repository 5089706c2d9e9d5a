"""Invalid polygons made valid, with an eye on the neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import GeometryCollection, MultiPolygon

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]


def rebuilt(shapes: Shapes) -> Shapes:
    """Return polygons with the invalid ones made valid; anything else as it is.

    Parameters
    ----------
    shapes
        Geometries of one layer in metres, None allowed.

    Notes
    -----
    GEOS has two methods. "linework" (even-odd) makes a hole of a shell that lies in another, which
    is right where a neighbour fills it. "structure" keeps it as land, which is right where nobody
    does. On 974 real communities 37 of 41 invalid polygons had such nested shells: "structure"
    throughout made 40 new overlaps (1.6 km²), "linework" throughout 3 new holes. So each nested
    piece is decided by itself: a hole where the other zones have more than half of it, else land.
    """
    result = shapes.copy()
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    bad: list[int] = np.flatnonzero(areal & ~shapely.is_valid(shapes)).tolist()
    if not bad:
        return result
    result[bad] = [areas_of(shape) for shape in shapely.make_valid(shapes[bad])]
    whole = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    land_only = result.copy()
    land_only[~areal] = None
    tree = shapely.STRtree(land_only)
    fixed = result.copy()
    for row, land in zip(bad, whole, strict=True):
        twice = shapely.difference(land, result[row])
        kept = [piece for piece in shapely.get_parts(areas_of(twice)) if not _taken(piece, tree, result, row)]
        if kept:
            fixed[row] = areas_of(shapely.union_all([result[row], *kept]))
    return fixed


def _taken(piece: BaseGeometry, tree: shapely.STRtree, shapes: Shapes, own: int) -> bool:
    """Whether other zones have more than half of a piece."""
    others = [row for row in tree.query(piece, predicate="intersects").tolist() if row != own]
    land = shapely.union_all(shapely.intersection(shapes[others], piece))
    return bool(2 * land.area > piece.area)


def areas_of(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of a geometry: collapsed rings leave lines and points behind."""
    flat = GeometryCollection(
        [inner for part in shapely.get_parts(shape) for inner in shapely.get_parts(part)]
    )
    parts = [part for part in shapely.get_parts(flat) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
