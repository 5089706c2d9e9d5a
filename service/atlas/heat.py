"""Heat of the problems a person may see: kernel density in metres, as a picture with its legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from sqlalchemy import ColumnElement, Connection, func, select

from maps.heat import DensityPicture, density_picture
from maps.style import HEAT_RAMP
from service.store.tables import Case

# Work is bounded: a kernel density of more problems than this looks the same from a sample.
MAX_CASES = 50_000
MIN_BANDWIDTH_M, MAX_BANDWIDTH_M = 30, 2_000


@dataclass(frozen=True, slots=True)
class Heat:
    """The picture (None without problems), and how many problems it counts."""

    picture: DensityPicture | None
    counted: int
    cut: bool


def case_heat(
    connection: Connection, *, srid: int, bandwidth_m: float, conditions: Sequence[ColumnElement[bool]]
) -> Heat:
    """Return the kernel density of cases that meet the conditions, in 处/km².

    Parameters
    ----------
    srid
        EPSG code of the store, projected, metres.
    bandwidth_m
        Radius of the quartic kernel.
    """
    rows = connection.scalars(
        select(func.ST_AsBinary(Case.shape))
        .where(Case.shape.is_not(None), *conditions)
        .order_by(Case.id)
        .limit(MAX_CASES + 1)
    ).all()
    shapes = shapely.from_wkb([bytes(row) for row in rows[:MAX_CASES]])
    picture = (
        density_picture(list(shapes), crs=srid, colours=HEAT_RAMP, bandwidth_m=bandwidth_m)
        if len(shapes)
        else None
    )
    return Heat(picture, len(shapes), len(rows) > MAX_CASES)
