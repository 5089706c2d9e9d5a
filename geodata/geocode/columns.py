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
    "community", "community_name", "grid", "p_community", "side", "line_name", "owner", "owner_name",
    "owner_share",
)  # fmt: skip
TEXT_COLUMNS = frozenset(
    {"status", "method", "community", "community_name", "grid", "side", "line_name", "owner", "owner_name"}
)


def location_columns(found: Sequence[Location], tree: ZoneTree | None) -> dict[str, list[Any]]:
    """Return `RESULT_COLUMNS` of locations, one value each per location, in their order.

    `TEXT_COLUMNS` are texts ("" for none); `lon`, `lat` WGS84 degrees to 1e-7; `geometry` a shapely
    geometry (EPSG:4326, not rounded); `uncertainty_m` to 0.1 m; `p50` … `p500`, `p_community` and
    `owner_share` to 1e-4. The others are None where nothing was found. `owner` is the linear owner (canal,
    railway body) with the most of it, `side` and `line_name` what the text said of a line.

    Parameters
    ----------
    tree
        Zones in the locations' CRS; None leaves the columns about them empty.

    Notes
    -----
    Lists name the same place over and over, and `Geocoder.locate_many` answers equal texts by one and the
    same object: each is worked out once.
    """
    numbers: dict[int, int] = {}
    number = [numbers.setdefault(id(location), len(numbers)) for location in found]
    if len(numbers) == len(found):
        return _columns(found, tree)
    once = {id(location): location for location in found}
    columns = _columns([once[key] for key in numbers], tree)
    return {name: [values[at] for at in number] for name, values in columns.items()}


def _columns(found: Sequence[Location], tree: ZoneTree | None) -> dict[str, list[Any]]:
    placed = [location for location in found if location.best is not None]
    best = [location.best for location in placed if location.best is not None]
    crs = found[0].crs if found else WGS84
    shapes = reproject(np.array([candidate.geometry for candidate in best], dtype=object), crs, WGS84)
    places = iter(zip(shapes, lonlats_of(best, crs), zone_answers(placed, tree), strict=True))
    rows = []
    for location in found:
        row: dict[str, Any] = {"status": location.status, "method": location.method}
        row |= {f"p{radius}": round(location.p_within[radius], 4) for radius in THRESHOLDS_M}
        row |= {"side": "", "line_name": ""}
        if location.best is None:
            rows.append(row | zone_data(None))
            continue
        row |= {"side": location.best.side or "", "line_name": location.best.line_name}
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
        sides=[best.side for _, _, best in placed],
        lines=[best.line_name for _, _, best in placed],
    )
    for (at, _, _), answer in zip(placed, shares, strict=True):
        answers[at] = answer
    return answers


def zone_data(answer: ZoneAnswer | None) -> dict[str, Any]:
    """Return the columns about zones: empty texts, and no probability or share, where nothing is known."""
    data: dict[str, Any] = {"community": "", "community_name": "", "grid": "", "p_community": None}
    if answer is not None and not answer.outside:
        data = {
            "community": answer.community,
            "community_name": answer.community_name,
            "grid": answer.grid,
            "p_community": round(answer.p_community, 4),
        }
    owner = answer.owned.owner if answer is not None and answer.owned is not None else None
    if owner is None:
        return data | {"owner": "", "owner_name": "", "owner_share": None}
    return data | {
        "owner": owner.owner, "owner_name": owner.owner_name, "owner_share": round(owner.share, 4),
    }  # fmt: skip
