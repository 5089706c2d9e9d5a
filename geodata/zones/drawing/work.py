"""The work that grids share: weighted places, metres of road, or area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import shapely

from geodata.errors import InputError
from geodata.zones.faces import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.zones.drawing.blocks import Blocks

    Floats = NDArray[np.float64]

Measure: TypeAlias = Literal["points", "road_m", "area_m2"]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A measure of work; points and weights for `points` only.

    Attributes
    ----------
    measure
        `points`: the weights of places; `road_m`: metres of line, half on either side of it;
        `area_m2`: area.
    xy, weights
        East and north in metres, shape (n, 2), and n weights ≥ 0.
    """

    measure: Measure
    xy: Floats | None = None
    weights: Floats | None = None

    def __post_init__(self) -> None:
        if self.measure != "points":
            return
        if self.xy is None or not np.isfinite(self.xy).all():
            raise InputError("work by points needs finite coordinates", zh="按点算工作量时，每个点都要有坐标")
        if self.weights is not None and not (np.isfinite(self.weights) & (self.weights >= 0)).all():
            raise InputError(
                "weights of places must be finite and not negative", zh="权重要是不小于 0 的有限的数"
            )

    def of_faces(self, blocks: Blocks) -> tuple[Floats, float]:
        """Return the work of each face of the communities, and the work that lies outside of them.

        A place on a border counts for the face with the lowest number.
        """
        faces = blocks.faces
        inside = blocks.community != NOBODY
        if self.measure == "area_m2":
            return np.where(inside, faces.area_m2, 0.0), 0.0
        if self.measure == "road_m":
            road = blocks.on_line & ~blocks.barrier
            total = np.zeros(len(faces))
            for side in (faces.left, faces.right):
                held = road & (side != NOBODY)
                total += np.bincount(side[held], faces.length_m[held] / 2, len(faces))
            return np.where(inside, total, 0.0), float(total[~inside].sum())
        assert self.xy is not None
        weights = np.ones(len(self.xy)) if self.weights is None else self.weights
        used = np.flatnonzero(inside)
        place, face = shapely.STRtree(faces.polygons[used]).query(
            shapely.points(self.xy), predicate="intersects"
        )
        order = np.lexsort((face, place))
        _, first = np.unique(place[order], return_index=True)
        place, face = place[order][first], face[order][first]
        load: Floats = np.bincount(used[face], weights[place], len(faces)).astype(float)
        return load, float(weights.sum() - weights[place].sum())
