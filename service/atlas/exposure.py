"""What problems come from, per cell: the area, or the places of the office's register that a person may see.

A street with sixty shops has more trouble with shops than one with two; by area it is "hot", by
places it need not be. Places that are invisible to the person are not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from geodata.places import load_place_classes
from service.auth.scope import Scope
from service.cases.queries import anchor_point
from service.errors import Refused
from service.store.tables import Place
from service.words import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.kinds import KindTable
    from service.cases.filters import CaseFilter

Exposure = Literal["area", "places"]
# With fewer places than this a rate per place says next to nothing.
LEAST_PLACES = 30
# Work is bounded: more places than this are more than a district has.
MAX_PLACES = 200_000


@dataclass(frozen=True, slots=True)
class Ground:
    """The places on the ground that is studied: position in metres, shape (n, 2), and name of the class of each."""

    xy: NDArray[np.float64]
    classes: NDArray[np.str_]

    def of(self, wanted: Collection[str]) -> NDArray[np.float64]:
        """Return the positions of the places of some classes; of all for none."""
        return self.xy[np.isin(self.classes, sorted(wanted))] if wanted else self.xy


@dataclass(frozen=True, slots=True)
class Choice:
    """By what problems are measured, what else is offered, and the places that count."""

    by: Exposure
    offered: tuple[Exposure, ...]
    places: NDArray[np.float64]
    classes: tuple[str, ...]


def places_on(connection: Connection, ground: BaseGeometry, *, scope: Scope) -> Ground:
    """Return the located places in business of the register that a person may see on some ground, office CRS."""
    anchor = anchor_point(Place.shape)
    rows = connection.execute(
        select(func.ST_X(anchor), func.ST_Y(anchor), Place.place_class)
        .where(
            scope.place_filter(Place),
            Place.placement == "located",
            Place.shape.is_not(None),
            Place.status != "closed",
        )
        .order_by(Place.id)
        .limit(MAX_PLACES)
    ).all()
    xy = np.array([(x, y) for x, y, _ in rows], dtype=np.float64).reshape(-1, 2)
    # The table of kinds names the shipped classes; an office may call them otherwise, by the same codes.
    table = load_place_classes()
    classes = np.array([table.name(code) for _, _, code in rows], dtype=np.str_)
    inside = shapely.intersects_xy(ground, *xy.T)
    return Ground(xy[inside], classes[inside])


def chosen_exposure(ground: Ground, filters: CaseFilter, kinds: KindTable, wanted: Exposure | None) -> Choice:
    """Return by what the filtered problems are measured.

    Places are the default when all filtered kinds befall places and at least `LEAST_PLACES` of their
    classes are there; then only places of these classes count.

    Raises
    ------
    Refused
        If places are wanted and none is there.
    """
    classes = kinds.places_of(kinds=filters.kinds, commands=filters.commands)
    places = ground.of(classes)
    if wanted == "places" and not len(places):
        words = tr(
            "台账里没有您能看到、已定位的这类场所", "the register holds no such place that you may see"
        )
        raise Refused(words, fields=[("query.exposure", "area")])
    usual: Exposure = "places" if classes and len(places) >= LEAST_PLACES else "area"
    offered: Sequence[Exposure] = ("area", "places") if len(places) else ("area",)
    return Choice(wanted or usual, tuple(offered), places, tuple(sorted(classes)))
