"""A change of borders as GeoJSON: old and new borders, the land that passes, the cases on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import Connection, RowMapping

from geodata.crs import WGS84, reproject
from service.borders.current import as_of, zone_tree
from service.borders.model import ChangeFeature, ChangeMap, MoveItem
from service.borders.present import Names, View, moves_of, name_in, names_of
from service.borders.queries import load_proposed

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones import BorderChanges, ZoneTree


def change_map(connection: Connection, row: RowMapping, *, view: View) -> ChangeMap:
    """Return old and new borders of the zones that change, the land that passes, and the cases."""
    from geodata.zones import compare_layers

    names = names_of(connection, row)
    versions = view.zones.versions(connection)
    day = max(view.today(), row["valid_from"])
    if row["state"] == "applied":
        day = row["valid_from"] - timedelta(days=1)
    before, after = as_of(versions, day), zone_tree(load_proposed(connection, row["id"]), crs=versions.crs)
    changes = compare_layers(before.layers(), after.layers())
    features = [
        *_borders("before", before, changes, names),
        *_borders("after", after, changes, names),
        *_land(changes, names, crs=versions.crs),
    ]
    moves, _, _ = moves_of(connection, row, names=names, view=view)
    features += [_case_feature(move) for move in moves if move.lon is not None]
    return ChangeMap(note=view.office.note, features=features)


def _borders(role: str, tree: ZoneTree, changes: BorderChanges, names: Names) -> list[ChangeFeature]:
    touched = {(zone.level, zone.code) for zone in changes.zones if zone.kind != "renamed"}
    return [
        _feature(shape, tree.crs, role=role, level=level, code=code, name=names.get(code, (code, ""))[0])
        for level, layer in tree.layers().items()
        for code, shape in zip(layer["code"], layer.geometry, strict=True)
        if (level, code) in touched
    ]


def _land(changes: BorderChanges, names: Names, *, crs: int) -> list[ChangeFeature]:
    return [
        _feature(
            move.geometry, crs, role="land", level=move.level, source=move.source, target=move.target,
            words=f"{name_in(names, move.source)} → {name_in(names, move.target)}", area_m2=round(move.area_m2, 1),
        )
        for move in changes.land
    ]  # fmt: skip


def _case_feature(move: MoveItem) -> ChangeFeature:
    return ChangeFeature(
        properties={
            "role": "case", "id": str(move.case_id), "number": move.number, "command": move.command,
            "outcome": move.outcome, "kind": move.kind,
        },
        geometry={"type": "Point", "coordinates": [move.lon, move.lat]},
    )  # fmt: skip


def _feature(shape: BaseGeometry, crs: int, **properties: Any) -> ChangeFeature:
    flat = shapely.set_precision(reproject(shape, crs, WGS84), 1e-7, mode="pointwise")
    return ChangeFeature(properties=properties, geometry=_mapping(flat))


def _mapping(shape: BaseGeometry) -> dict[str, Any]:
    parts = [
        [np.round(np.asarray(shapely.get_coordinates(ring)), 7).tolist() for ring in shapely.get_rings(part)]
        for part in shapely.get_parts(shape)
    ]
    return {"type": "MultiPolygon", "coordinates": parts}
