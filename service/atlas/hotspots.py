"""Hot spots of the problems a person may see, on cells of the ground that is theirs to see.

A grid manager's own grids are the whole world here: cells elsewhere would look empty to them, and
make their own ground "hot".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, func, select

from geodata.crs import WGS84, reproject
from geodata.patterns import CellFrame, HotSpots, hot_spots
from geodata.patterns.verdicts import CODES, Verdict
from maps.heat import weighted_points
from maps.style import HOTSPOT_GROUND, HOTSPOT_STYLE
from service.errors import Refused
from service.store.tables import Case
from service.words import language, tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Work is bounded: more cells than this are finer than a subdistrict needs.
MAX_CASES, MAX_CELLS = 50_000, 40_000
MIN_CELL_M, MAX_CELL_M, MAX_DISTANCE_M = 30, 1_000, 2_000


@dataclass(frozen=True, slots=True)
class CaseSpots:
    """What the map draws: cells and outlines as GeoJSON (EPSG:4326), classes with their number of cells.

    `counted` problems met the conditions; of them `left_out` lie in cells that are not studied (outside the
    ground, or without exposure).
    """

    counted: int
    left_out: float
    cut: bool
    classes: list[dict[str, Any]]
    cells: dict[str, Any]
    outlines: dict[str, Any]


def case_hot_spots(
    connection: Connection, *, srid: int, ground: BaseGeometry, cell_m: float, distance_m: float,
    fdr: float, places: NDArray[np.float64] | None = None, conditions: Sequence[ColumnElement[bool]],
) -> CaseSpots:  # fmt: skip
    """Return the hot and cold cells of cases that meet the conditions.

    Parameters
    ----------
    srid
        EPSG code of the store, projected, metres.
    ground
        The area that is studied, in that CRS, not empty.
    cell_m, distance_m, fdr
        Side of a cell, radius of a neighbourhood, false discovery rate.
    places
        Positions in that CRS that problems come from, shape (n, 2): they are the exposure, and cells
        without one are not studied. None: every cell counts alike.

    Raises
    ------
    Refused
        If the ground needs more than `MAX_CELLS` cells.
    """
    width, height = ground.bounds[2] - ground.bounds[0], ground.bounds[3] - ground.bounds[1]
    if (width / cell_m + 1) * (height / cell_m + 1) > MAX_CELLS:
        raise Refused(tr(f"方格太小，最多 {MAX_CELLS} 格", f"cells are too small: {MAX_CELLS} at most"))
    rows = connection.scalars(
        select(func.ST_AsBinary(Case.shape))
        .where(Case.shape.is_not(None), *conditions)
        .order_by(Case.id)
        .limit(MAX_CASES + 1)
    ).all()
    shapes = shapely.from_wkb([bytes(row) for row in rows[:MAX_CASES]])
    points, weights = weighted_points(list(shapes))
    cells = CellFrame.over(ground.bounds, cell_m=cell_m)
    studied = shapely.contains_xy(ground, *cells.centres().T).reshape(cells.shape)
    exposure = None
    if places is not None:
        exposure = cells.counts(places)
        # A shop in a cell whose centre is outside still is the office's.
        studied = exposure > 0
    found = hot_spots(
        points,
        bounds=ground.bounds,
        cell_m=cell_m,
        distance_m=distance_m,
        weights=weights,
        exposure=exposure,
        studied=studied,
        rate=fdr,
    )
    left_out = max(0.0, float(weights.sum() - found.counts.sum()))
    return _drawn(found, srid=srid, counted=len(shapes), left_out=left_out, cut=len(rows) > MAX_CASES)


def _drawn(found: HotSpots, *, srid: int, counted: int, left_out: float, cut: bool) -> CaseSpots:
    squares = found.squares(crs=srid)
    verdict = squares["verdict"].to_numpy()
    classes, outlines = [], []
    shapes = np.asarray(squares.geometry.array, dtype=object)
    for code in (CODES[each] for each in Verdict):
        colour, outline, words = HOTSPOT_STYLE[code]
        mine = verdict == code
        if not mine.any():
            continue
        label = words.in_language(language.get())
        classes.append(
            {"verdict": code, "label": label, "colour": colour, "outline": outline, "cells": int(mine.sum())}
        )
        if code not in HOTSPOT_GROUND:
            facts = {"verdict": code, "colour": colour, "outline": outline}
            outlines.append((shapely.union_all(shapes[mine], grid_size=0.001), facts))
    kept = squares[~squares["verdict"].isin(HOTSPOT_GROUND)]
    numbers = kept[["verdict", "count", "exposure", "around", "expected", "q"]].round(
        {"count": 2, "exposure": 2, "around": 2, "expected": 2, "q": 6}
    )
    facts_of = [
        row | {"colour": HOTSPOT_STYLE[row["verdict"]][0], "outline": HOTSPOT_STYLE[row["verdict"]][1]}
        for row in numbers.to_dict("records")
    ]
    cells = list(zip(kept.geometry, facts_of, strict=True))
    return CaseSpots(counted, left_out, cut, classes, _features(cells, srid), _features(outlines, srid))


def _features(rows: Sequence[tuple[Any, dict[Any, Any]]], srid: int = WGS84) -> dict[str, Any]:
    shapes = np.array([shape for shape, _ in rows], dtype=object)
    there = reproject(shapes, srid, WGS84) if rows else shapes
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": mapping(shapely.transform(shape, _rounded)), "properties": facts}
            for shape, (_, facts) in zip(there, rows, strict=True)
        ],
    }


def _rounded(at: Any) -> Any:
    return np.round(at, 6)


NO_SPOTS = CaseSpots(0, 0.0, False, [], _features([]), _features([]))
