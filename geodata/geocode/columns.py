"""Locations as the columns of a result table: the same for a CSV list and for partitions of millions.

Values are typed and rounded as they are written; None stands for nothing. A location's place is the
best candidate's, in WGS84.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.crs import WGS84, reproject
from geodata.geocode.model import THRESHOLDS_M, Location
from geodata.geocode.trace import lonlats_of

if TYPE_CHECKING:
    from geodata.zones import ZoneAnswer, ZoneTree

RESULT_COLUMNS = (
    "status", "method", "lon", "lat", "geometry", "uncertainty_m", "p50", "p100", "p200", "p500",
    "community", "community_name", "grid", "p_community",
)  # fmt: skip


def location_columns(found: Sequence[Location], tree: ZoneTree | None) -> dict[str, list[Any]]:
    """Return `RESULT_COLUMNS` of locations, one value each per location, in their order.

    `status`, `method`, `community`, `community_name`, `grid` are texts ("" for none); `lon`, `lat`
    WGS84 degrees to 1e-7; `geometry` a shapely geometry (EPSG:4326, not rounded); `uncertainty_m` to
    0.1 m; `p50` … `p500` and `p_community` to 1e-4. The others are None where nothing was found.

    Parameters
    ----------
    tree
        Zones in the locations' CRS; None leaves the columns about them empty.
    """
    placed = [location for location in found if location.best is not None]
    best = [location.best for location in placed if location.best is not None]
    crs = found[0].crs if found else WGS84
    shapes = reproject(np.array([candidate.geometry for candidate in best], dtype=object), crs, WGS84)
    places = iter(zip(shapes, lonlats_of(best, crs), zone_answers(placed, tree), strict=True))
    rows = []
    for location in found:
        row: dict[str, Any] = {"status": location.status, "method": location.method}
        row |= {f"p{radius}": round(location.p_within[radius], 4) for radius in THRESHOLDS_M}
        if location.best is None:
            rows.append(row | zone_data(None))
            continue
        geometry, (lon, lat), answer = next(places)
        row |= {"lon": lon, "lat": lat, "geometry": geometry}
        row["uncertainty_m"] = round(location.best.uncertainty_m, 1)
        rows.append(row | zone_data(answer))
    return {name: [row.get(name) for row in rows] for name in RESULT_COLUMNS}


def zone_answers(found: Sequence[Location], tree: ZoneTree | None) -> list[ZoneAnswer | None]:
    """Return whose each location is; None without zones or without a place."""
    answers: list[ZoneAnswer | None] = [None] * len(found)
    placed = [(at, own, own.best) for at, own in enumerate(found) if own.best is not None]
    if tree is None or not placed:
        return answers
    shares = tree.shares_many(
        [best.geometry for _, _, best in placed],
        uncertainties_m=[best.uncertainty_m for _, _, best in placed],
        p_within=[own.p_within for _, own, _ in placed],
    )
    for (at, _, _), answer in zip(placed, shares, strict=True):
        answers[at] = answer
    return answers


def zone_data(answer: ZoneAnswer | None) -> dict[str, Any]:
    """Return the columns about zones: empty texts, and no probability, where nothing is known."""
    if answer is None or answer.outside:
        return {"community": "", "community_name": "", "grid": "", "p_community": None}
    return {
        "community": answer.community,
        "community_name": answer.community_name,
        "grid": answer.grid,
        "p_community": round(answer.p_community, 4),
    }
