"""Placed rows of a list as the frame that `maps.problem_map` draws, and the rows that are not on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.crs import reproject
from maps.layers import Unplaced
from service.words import tr

if TYPE_CHECKING:
    from geodata.geocode.model import Location
    from geodata.kinds import KindTable
    from geodata.zones import ZoneAnswer, ZoneTree
    from service.intake.columns import ColumnMap
    from service.intake.model import Drafts, Placed, SourceTable


def rows_frame(
    placed: Sequence[Placed], *, kinds: KindTable, zones: ZoneTree | None, crs: int
) -> gpd.GeoDataFrame:
    """Return one row per placed draft in their order; geometry in EPSG `crs`, None where not found."""
    leaders = dict(zip(zones.community["code"], zones.community["leader"], strict=True)) if zones else {}
    records = [_record(one, kinds=kinds, leaders=leaders) for one in placed]
    shapes = np.array([one.geometry_m for one in placed] or [], dtype=object)
    columns = pd.DataFrame(records) if records else pd.DataFrame({"status": []})
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def _record(one: Placed, *, kinds: KindTable, leaders: dict[str, str]) -> dict[str, Any]:
    draft, best = one.draft, one.location.best if one.location else None
    shape = one.geometry_m
    record: dict[str, Any] = {
        "sheet": draft.sheet,
        "line": draft.line,
        "name": draft.name,
        "text": draft.location_text,
        "area": draft.area,
        "description": draft.description,
        "trade": draft.place_class,
        "kind_name": kinds.name(draft.kind) if draft.kind else "",
        "command": draft.command,
        "command_name": kinds.command(draft.command).short if draft.command else "",
        "unit": draft.unit,
        "reported_at": draft.reported_at.isoformat() if draft.reported_at else "",
        "status": one.status,
        "method": _method(one),
        "words": _reason(one.location, one.placed_by),
        "uncertainty_m": best.uncertainty_m if best and one.placed_by != "coordinates" else None,
        "p500": one.location.p_within.get(500) if one.location else None,
        "length_m": shape.length if shape is not None and shape.length and not shape.area else None,
        "rivals": _rivals(one),
        "cells": dict(draft.cells),
    }
    return record | _zone_columns(one.zone, leaders)


def _method(one: Placed) -> str:
    if one.placed_by == "coordinates":
        return "coordinates" if one.geometry is not None and one.geometry.geom_type == "Point" else "geometry"
    return one.location.method if one.location else ""


def _zone_columns(zone: ZoneAnswer | None, leaders: dict[str, str]) -> dict[str, Any]:
    if zone is None:
        return {}
    return {
        "community": zone.community,
        "community_name": zone.community_name,
        "grid": zone.grid,
        "grid_name": zone.grid_name,
        "leader": leaders.get(zone.community, "") or "",
        "p_community": zone.p_community if zone.community else None,
        "near_border": zone.near_border and bool(zone.community),
        "shares": _shares(zone),
        "owner": _owner(zone),
    }


def _shares(zone: ZoneAnswer) -> str:
    """Metres per community of a line that lies in several, in words."""
    parts = [part for part in zone.parts_of("community") if part.length_m >= 1]
    if len(parts) < 2:
        return ""
    outside, metres = tr("区外", "outside"), tr("米", "m")
    return tr("、", ", ").join(
        f"{part.name or part.code or outside} {part.length_m:,.0f} {metres}" for part in parts
    )


def _owner(zone: ZoneAnswer) -> str:
    """The linear owner (canal, railway body) with the most of it and its share, in words."""
    owner = zone.owned.owner if zone.owned else None
    return f"{owner.owner_name or owner.owner} {owner.share:.0%}" if owner else ""


def _reason(location: Location | None, placed_by: str) -> str:
    if placed_by == "coordinates":
        return tr("按表中坐标", "from the list's coordinates")
    if location is None:
        return tr("没有坐标，也没有给地名库", "no coordinates, and no gazetteer was given")
    if location.best:
        return location.best.words
    said = [step.words for step in location.trace if step.stage in ("read", "resolve", "rank") and step.words]
    return said[-1] if said else tr("地名库里没有这个位置", "the gazetteer does not know this place")


def _rivals(one: Placed) -> list[tuple[Any, float, str]]:
    if one.location is None or one.placed_by == "coordinates":
        return []
    crs = one.location.crs
    return [
        (reproject(other.geometry, crs, one.crs), other.probability, other.words)
        for other in one.location.others
    ]


def refused_rows(table: SourceTable, drafts: Drafts, columns: ColumnMap) -> list[Unplaced]:
    """Return every row of the list that gave no draft, with all its reasons."""
    kept = {(draft.sheet, draft.line) for draft in drafts.drafts}
    reasons: dict[tuple[str, int], list[str]] = {}
    for issue in drafts.issues:
        reasons.setdefault((issue.sheet, issue.line), []).append(issue.words)
    return [
        Unplaced(
            sheet=row.sheet,
            line=row.line,
            text=columns.text(row.cells, "location")[:200],
            reason=tr("；", "; ").join(
                dict.fromkeys(reasons.get((row.sheet, row.line), [tr("没有说明", "no reason given")]))
            ),
            name=(columns.text(row.cells, "name") or columns.text(row.cells, "description"))[:200],
            status="refused",
        )
        for row in table.rows
        if (row.sheet, row.line) not in kept
    ]
