"""The office over HTTP: what it is, and its zones."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.clock import office_day
from service.deps import ConnectionDep, OfficeDep, ScopeDep, ServiceDep
from service.setup.queries import list_zones

router = APIRouter(prefix="/api", tags=["office"])


class OfficeItem(BaseModel):
    """The office; `now` is its clock, which stands still in a demo."""

    name: str
    note: str
    is_demo: bool
    now: datetime
    crs: int


class ZoneProperties(BaseModel):
    """What a zone is; `leader` is empty for the public."""

    level: str
    code: str
    name: str
    parent: str
    leader: str


class ZoneFeature(BaseModel):
    """A zone as a GeoJSON feature, EPSG:4326."""

    type: Literal["Feature"] = "Feature"
    id: str
    properties: ZoneProperties
    geometry: dict[str, Any]


class ZoneCollection(BaseModel):
    """Zones as GeoJSON, with the remark that every map must carry."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    note: str
    features: list[ZoneFeature]


@router.get("/office")
def get_office_item(office: OfficeDep, _: ScopeDep) -> OfficeItem:
    """Return the office and its clock."""
    return OfficeItem(
        name=office.name, note=office.note, is_demo=office.is_demo, now=office.clock.now(), crs=office.crs
    )


@router.get("/zones")
def get_zones(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    level: Literal["subdistrict", "community", "grid"] | None = None,
) -> ZoneCollection:
    """Return the zones valid today (the office's day) as GeoJSON."""
    rows = list_zones(connection, scope=scope, level=level, on=office_day(service.clock.now()))
    features = [
        ZoneFeature(
            id=f"{row['level']}:{row['code']}",
            properties=ZoneProperties(
                level=row["level"], code=row["code"], name=row["name"], parent=row["parent_code"] or "",
                leader="" if scope.is_public else row["leader"],
            ),
            geometry=json.loads(row["geojson"]),
        )
        for row in rows
    ]  # fmt: skip
    return ZoneCollection(note=service.office.note, features=features)
