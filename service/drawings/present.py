"""From a drawing's row and sketch to what the API and the pages say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import Connection, RowMapping

from geodata.crs import WGS84, reproject, reproject_xy
from geodata.zones.sketching.findings import Finding, findings_of
from geodata.zones.sketching.model import Sketch, SketchZone
from service.drawings.editing import frame_of, is_open
from service.drawings.model import (
    Blocks,
    DrawingDetail,
    DrawingItem,
    FindingItem,
    StepAnswer,
    StepItem,
    ZoneItem,
    ZoneKey,
    ZoneShape,
)
from service.drawings.placing import picture_item
from service.drawings.queries import Box, find_step, list_pictures
from service.drawings.state import difference, thaw
from service.drawings.streets import fingerprint
from service.drawings.words import finding_words, state_words

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from service.drawings.streets import Shapes

_MAX_FINDINGS = 200


def drawing_state(row: RowMapping) -> str:
    """Return draft, signed, accepted, applied or rejected."""
    if row["change_id"] is None or row["change_state"] is None:
        return "draft"
    return "signed" if row["change_state"] == "proposed" else str(row["change_state"])


def drawing_item(row: RowMapping) -> DrawingItem:
    """Return a drawing as the list shows it."""
    return DrawingItem(**_item_values(row))


def _item_values(row: RowMapping) -> dict[str, Any]:
    state = drawing_state(row)
    return {
        **{key: row[key] for key in (
            "id", "name", "created_by", "created_at", "updated_by", "updated_at", "drawn_by", "signed_by",
            "signed_on", "change_id", "version",
        )},
        "state": state, "state_words": state_words(state), **row["summary"],
    }  # fmt: skip


def drawing_detail(connection: Connection, row: RowMapping) -> DrawingDetail:
    """Return a drawing with everything that is drawn."""
    sketch = thaw(row["state"])
    return DrawingDetail(
        **_item_values(row),
        frame=lonlat_box(frame_of(row), sketch.crs),
        editable=is_open(row),
        now=step_answer(connection, row, before=Sketch(crs=sketch.crs)),
        pictures=[picture_item(picture, crs=sketch.crs) for picture in list_pictures(connection, row["id"])],
    )


def step_answer(connection: Connection, row: RowMapping, *, before: Sketch) -> StepAnswer:
    """Return what a drawing is now, and which shapes differ from a sketch."""
    sketch = thaw(row["state"])
    changes = difference(before, sketch)
    changed = set(changes.changed)
    return StepAnswer(
        version=row["version"],
        zones=[_zone_item(zone) for zone in sketch.zones],
        changed=[_zone_shape(zone, sketch.crs) for zone in sketch.zones if zone.key in changed],
        removed=[ZoneKey(level=level, code=code) for level, code in changes.removed],
        findings=[_finding_item(finding, sketch) for finding in findings_of(sketch)[:_MAX_FINDINGS]],
        undo=_step(connection, row, row["position"]),
        redo=_step(connection, row, row["position"] + 1),
        blocks=fingerprint(sketch, frame_of(row)),
    )


def _step(connection: Connection, row: RowMapping, number: int) -> StepItem | None:
    step = find_step(connection, row["id"], number)
    return None if step is None else step_item(step, position=row["position"])


def step_item(step: RowMapping, *, position: int) -> StepItem:
    """Return a step as the history shows it."""
    return StepItem(
        number=step["number"], words=step["words"], actor=step["actor"], at=step["at"],
        done=step["number"] <= position,
    )  # fmt: skip


def _zone_item(zone: SketchZone) -> ZoneItem:
    return ZoneItem(
        level=zone.level, code=zone.code, name=zone.name, parent=zone.parent, leader=zone.leader,
        colour=zone.colour, area_m2=round(zone.shape.area, 1), parts=int(shapely.get_num_geometries(zone.shape)),
    )  # fmt: skip


def _zone_shape(zone: SketchZone, crs: int) -> ZoneShape:
    properties = {"level": zone.level, "code": zone.code, "name": zone.name, "colour": zone.colour}
    inner = None if zone.shape.is_empty else _inner_lonlat(zone.shape, crs)
    return ZoneShape(properties={**properties, "at": inner}, geometry=polygons(zone.shape, crs))


def _finding_item(finding: Finding, sketch: Sketch) -> FindingItem:
    empty = finding.shape.is_empty
    at = None if empty else _inner_lonlat(finding.shape, sketch.crs)
    return FindingItem(
        kind=finding.kind, level=finding.level, words=finding_words(finding, sketch), codes=list(finding.codes),
        area_m2=round(finding.area_m2, 2), lon=at[0] if at else None, lat=at[1] if at else None,
        geometry=None if empty else polygons(finding.shape, sketch.crs),
    )  # fmt: skip


def _inner_lonlat(shape: BaseGeometry, crs: int) -> list[float]:
    point = reproject(shapely.point_on_surface(shape), crs, WGS84)
    return [round(point.x, 8), round(point.y, 8)]


def polygons(shape: BaseGeometry, crs: int, *, digits: int = 8) -> dict[str, Any]:
    """Return polygons as a GeoJSON MultiPolygon in EPSG:4326; eight digits are a millimetre."""
    parts = [
        [reproject_xy(shapely.get_coordinates(ring), crs, WGS84).round(digits).tolist() for ring in shapely.get_rings(part)]
        for part in shapely.get_parts(shape)
    ]  # fmt: skip
    return {"type": "MultiPolygon", "coordinates": parts}


def block_features(
    blocks: Shapes, *, crs: int, view: Box | None, fingerprint_words: str, limit: int
) -> Blocks:
    """Return the blocks that meet a view (office CRS), the largest first, at most `limit`."""
    shown = blocks
    if view is not None and len(blocks):
        shown = blocks[shapely.intersects(blocks, shapely.box(*view))]
    shown = shown[:limit]
    points = shapely.get_coordinates(shapely.point_on_surface(shown)) if len(shown) else np.empty((0, 2))
    inner = reproject_xy(points, crs, WGS84).round(8)
    return Blocks(
        fingerprint=fingerprint_words,
        features=[
            ZoneShape(
                properties={"lon": lon, "lat": lat, "area_m2": round(block.area)},
                geometry=polygons(block, crs, digits=8),
            )
            for block, (lon, lat) in zip(shown, inner.tolist(), strict=True)
        ],
    )


def lonlat_box(box: Sequence[float], crs: int) -> list[float]:
    """Return a box of the office CRS as west, south, east, north in degrees."""
    corners = reproject_xy(np.array(_corners(box)), crs, WGS84)
    return [*corners.min(axis=0).round(7).tolist(), *corners.max(axis=0).round(7).tolist()]


def metre_box(box: Sequence[float], crs: int) -> Box:
    """Return a box in degrees (west, south, east, north) as one of the office CRS."""
    corners = reproject_xy(np.array(_corners(box)), WGS84, crs)
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _corners(box: Sequence[float]) -> list[tuple[float, float]]:
    return [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
