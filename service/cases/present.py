"""From rows to what the API says, with personal data left out for the public."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import RowMapping

from geodata.datums import from_wgs84
from geodata.kinds import UNCLASSIFIED_NAME, KindTable
from service.auth.scope import Scope
from service.cases.model import CaseDetail, CaseItem, Event, Share
from service.cases.privacy import public_words
from service.cases.transitions import state_words, targets

Names = Mapping[str, tuple[str, str]]


def kind_name(kinds: KindTable, code: str) -> str:
    """Return a kind's name; the code itself when the office's table no longer has it."""
    if not code:
        return UNCLASSIFIED_NAME
    try:
        return kinds.name(code)
    except KeyError:
        return code


def _item_values(row: RowMapping, *, scope: Scope, kinds: KindTable, names: Names) -> dict[str, Any]:
    hide = scope.is_public
    return {
        **{
            key: row[key]
            for key in (
                "id", "number", "kind", "command", "severity", "state", "late", "placement", "method",
                "uncertainty_m", "p_community", "near_border", "lon", "lat", "reported_at", "due_at",
                "closed_at", "version",
            )
        },
        "description": public_words(row["description"]) if hide else row["description"],
        "location_text": public_words(row["location_text"]) if hide else row["location_text"],
        "unit": "" if hide else row["unit"],
        "kind_name": kind_name(kinds, row["kind"]),
        "state_words": state_words(row["state"]),
        "community": row["community_code"],
        "community_name": names.get(row["community_code"], ("", ""))[0],
        "grid": row["grid_code"],
        "geometry_type": (row["geometry_type"] or "").removeprefix("ST_") or None,
    }  # fmt: skip


def case_item(row: RowMapping, *, scope: Scope, kinds: KindTable, names: Names) -> CaseItem:
    """Return a row as the API lists it."""
    return CaseItem(**_item_values(row, scope=scope, kinds=kinds, names=names))


def case_detail(
    row: RowMapping,
    *,
    shares: Sequence[RowMapping],
    events: Sequence[RowMapping],
    scope: Scope,
    kinds: KindTable,
    names: Names,
) -> CaseDetail:
    """Return a case as the API details it; the public gets no trace, actors or notes."""
    hide = scope.is_public
    return CaseDetail(
        **_item_values(row, scope=scope, kinds=kinds, names=names),
        geometry=json.loads(row["geojson"]) if row["geojson"] else None,
        kind_reason="" if hide else row["kind_reason"],
        placed_by=row["placed_by"],
        p_within={} if hide else row["p_within"],
        community_leader="" if hide else names.get(row["community_code"], ("", ""))[1],
        shares=[Share(name=names.get(share["code"], ("", ""))[0], **share) for share in shares],
        events=[
            Event(
                state=event["state"],
                state_words=state_words(event["state"]),
                at=event["at"],
                actor="" if hide else event["actor"],
                note="" if hide else event["note"],
            )
            for event in events
        ],
        trace={} if hide else row["trace"],
        next_states=list(targets(row["state"], scope.role)) if scope.may("advance") else [],
        map_links=map_links(row["lon"], row["lat"]),
        relapse_of=row["relapse_of"],
        place_id=row["place_id"],
        check_item=row["check_item"],
    )


def map_links(lon: float | None, lat: float | None) -> dict[str, str]:
    """Return links that open a position (EPSG:4326) in a phone's map app.

    The apps take GCJ-02 and say so; `geo:` is read by the phone itself. Only followed on a tap:
    no page loads anything from them.
    """
    if lon is None or lat is None:
        return {}
    x, y = from_wgs84(np.array([[lon, lat]]), "gcj02")[0]
    return {
        "amap": f"https://uri.amap.com/marker?position={x:.6f},{y:.6f}&coordinate=gaode&callnative=1",
        "tencent": f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{y:.6f},{x:.6f};title:case&coord_type=2",
        "baidu": f"https://api.map.baidu.com/marker?location={y:.6f},{x:.6f}&coord_type=gcj02&title=case&output=html",
        "geo": f"geo:{y:.6f},{x:.6f}",
    }


def anchor_of(geometry: BaseGeometry) -> Point:
    """Return a point that stands for a geometry: a line's midpoint along it, else a point on it.

    The same rule as `service.cases.queries.anchor_point` has in SQL.
    """
    if isinstance(geometry, LineString):
        return geometry.interpolate(0.5, normalized=True)
    return geometry.representative_point()
