"""Drawings over HTTP: begin, look, act step by step, undo, export, sign off. Only for who proposes borders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping

from geodata.zones.sketching.model import Sketch
from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.advancing import parse_if_match
from service.cases.reporting import client_id
from service.cases.requests import NamedWrite
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.drawings.editing import MAX_FRAME_M, act, begin, frame_of, opened, remove, wind
from service.drawings.exporting import geojson_of, gpkg_bytes
from service.drawings.model import (
    Action,
    Blocks,
    DrawingDetail,
    DrawingFacts,
    Drawings,
    NewDrawing,
    SignOff,
    StepAnswer,
    StepItem,
    Steps,
)
from service.drawings.present import (
    block_features,
    drawing_detail,
    drawing_item,
    metre_box,
    step_answer,
    step_item,
)
from service.drawings.queries import find_drawing, list_drawings, list_steps, update_drawing
from service.drawings.signing import sign
from service.drawings.state import thaw
from service.drawings.streets import fingerprint
from service.errors import NotFound, Refused
from service.words import tr

GPKG = "application/geopackage+sqlite3"
GEOJSON = "application/geo+json"
MAX_BLOCKS = 4_000
router = APIRouter(prefix="/api/drawings", tags=["drawings"])
IfMatch = Annotated[str | None, Header(description="读到的版本（ETag）")]
Key = Annotated[str | None, Header(description="这一步的 UUID：重发不会做两次")]
Edge = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]


def visible_drawing(connection: Connection, drawing_id: UUID, *, scope: Scope) -> RowMapping:
    """Return a drawing this person may work on.

    Raises
    ------
    NotFound
        If it is absent or invisible: no difference.
    """
    row = find_drawing(connection, drawing_id) if scope.may("propose_borders") else None
    if row is None:
        raise NotFound(tr("没有这份草图", "no such drawing"))
    return row


@router.get("")
def get_drawings(connection: ConnectionDep, scope: ScopeDep) -> Drawings:
    """Return all drawings, the last changed first."""
    scope.require("propose_borders")
    return Drawings(items=[drawing_item(row) for row in list_drawings(connection)])


@router.post("", status_code=201)
def post_drawing(
    wanted: NewDrawing,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Key = None,
) -> DrawingDetail:
    """Begin a drawing; the same Idempotency-Key and content is the same drawing."""
    scope.require("propose_borders")
    write = NamedWrite(
        connection, service.engine, scope.actor, "drawing", client_id(idempotency_key), wanted.model_dump(mode="json"),
        service.clock.now(),
    )  # fmt: skip
    known = write.answer()
    drawing_id = uuid4() if known is None else UUID(str(known["id"]))
    if known is None:
        begin(
            connection, wanted, drawing_id=drawing_id, actor=scope.actor, zones=service.zones, clock=service.clock
        )  # fmt: skip
        write.keep({"id": str(drawing_id)})
    return _detail(connection, drawing_id, scope, response)


@router.get("/{drawing_id}")
def get_drawing(
    drawing_id: UUID, response: Response, connection: ConnectionDep, scope: ScopeDep
) -> DrawingDetail:
    """Return a drawing with all shapes; the ETag is its version."""
    return _detail(connection, drawing_id, scope, response)


def _detail(connection: Connection, drawing_id: UUID, scope: Scope, response: Response) -> DrawingDetail:
    row = visible_drawing(connection, drawing_id, scope=scope)
    response.headers["etag"] = f'"{row["version"]}"'
    response.headers["cache-control"] = "no-store"
    return drawing_detail(connection, row)


@router.patch("/{drawing_id}")
def patch_drawing(
    drawing_id: UUID,
    facts: DrawingFacts,
    response: Response,
    connection: ConnectionDep,
    scope: ScopeDep,
    if_match: IfMatch = None,
) -> DrawingDetail:
    """Rename a drawing, or choose another ground to work on."""
    visible_drawing(connection, drawing_id, scope=scope)
    row = opened(connection, drawing_id, version=parse_if_match(if_match))
    values: dict[str, Any] = {}
    if facts.name is not None and facts.name.strip():
        values["name"] = facts.name.strip()
    if facts.frame is not None:
        values["origin"] = {**row["origin"], "frame": list(_frame(facts.frame, thaw(row["state"])))}
    if values:
        update_drawing(connection, drawing_id, **values)
        record(
            connection, actor=scope.actor, action="drawing_renamed", object_type="drawing",
            object_id=str(drawing_id), detail={"changed": sorted(values)},
        )  # fmt: skip
    return _detail(connection, drawing_id, scope, response)


def _frame(wanted: list[float], sketch: Sketch) -> tuple[float, float, float, float]:
    west, south, east, north = wanted
    if not (-85 < south < north < 85 and west < east):
        raise Refused(tr("范围不对", "not a box"), fields=[("body.frame", "west, south, east, north")])
    frame = metre_box(wanted, sketch.crs)
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    # Also false for infinity: a place the office's CRS does not know.
    if not (100 < width < MAX_FRAME_M and 100 < height < MAX_FRAME_M):
        raise Refused(
            tr(
                "工作范围要在 0.1 到 30 公里之间，请放大或缩小地图",
                "the ground must be 0.1 to 30 km wide; zoom in or out",
            ),
            fields=[("body.frame", f"{width:.0f} × {height:.0f} m")],
        )
    return frame


@router.delete("/{drawing_id}", status_code=204)
def remove_drawing(
    drawing_id: UUID, connection: ConnectionDep, scope: ScopeDep, if_match: IfMatch = None
) -> Response:
    """Remove a drawing with its steps and pictures; a proposal made from it stays."""
    visible_drawing(connection, drawing_id, scope=scope)
    remove(connection, drawing_id, version=parse_if_match(if_match), actor=scope.actor)
    return Response(status_code=204)


@router.post("/{drawing_id}/steps")
def post_step(
    drawing_id: UUID,
    action: Action,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: IfMatch = None,
    idempotency_key: Key = None,
) -> StepAnswer:
    """Do one action; saved when the answer arrives. 412 says what somebody else did meanwhile."""
    visible_drawing(connection, drawing_id, scope=scope)
    before = act(
        connection, drawing_id, action, version=parse_if_match(if_match), request_id=client_id(idempotency_key),
        blocks=lambda sketch, frame: service.streets.of(connection, sketch, frame), actor=scope.actor,
        office=service.office, zones=service.zones,
    )  # fmt: skip
    return _answer(connection, drawing_id, scope, response, before)


@router.post("/{drawing_id}/undo")
def post_undo(
    drawing_id: UUID,
    steps: Steps,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: IfMatch = None,
) -> StepAnswer:
    """Undo the newest steps, whoever made them."""
    visible_drawing(connection, drawing_id, scope=scope)
    before = wind(
        connection, drawing_id, -steps.count, version=parse_if_match(if_match), actor=scope.actor, clock=service.clock
    )  # fmt: skip
    return _answer(connection, drawing_id, scope, response, before)


@router.post("/{drawing_id}/redo")
def post_redo(
    drawing_id: UUID,
    steps: Steps,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: IfMatch = None,
) -> StepAnswer:
    """Redo undone steps, as long as nothing else was done since."""
    visible_drawing(connection, drawing_id, scope=scope)
    before = wind(
        connection, drawing_id, steps.count, version=parse_if_match(if_match), actor=scope.actor, clock=service.clock
    )  # fmt: skip
    return _answer(connection, drawing_id, scope, response, before)


def _answer(
    connection: Connection, drawing_id: UUID, scope: Scope, response: Response, before: Sketch
) -> StepAnswer:
    row = visible_drawing(connection, drawing_id, scope=scope)
    response.headers["etag"] = f'"{row["version"]}"'
    return step_answer(connection, row, before=before)


@router.get("/{drawing_id}/steps")
def get_steps(drawing_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> list[StepItem]:
    """Return the newest 200 steps, newest first, undone ones too."""
    row = visible_drawing(connection, drawing_id, scope=scope)
    return [step_item(step, position=row["position"]) for step in list_steps(connection, drawing_id)]


@router.get("/{drawing_id}/blocks")
def get_blocks(
    drawing_id: UUID,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    west: Edge = -180,
    south: Edge = -85,
    east: Edge = 180,
    north: Edge = 85,
) -> Blocks:
    """Return the blocks of streets in a view, the largest first, at most 4,000."""
    row = visible_drawing(connection, drawing_id, scope=scope)
    sketch, frame = thaw(row["state"]), frame_of(row)
    everywhere = (west, south, east, north) == (-180, -85, 180, 85)
    view = None if everywhere else metre_box((west, south, east, north), sketch.crs)
    return block_features(
        service.streets.of(connection, sketch, frame), crs=sketch.crs, view=view,
        fingerprint_words=fingerprint(sketch, frame), limit=MAX_BLOCKS,
    )  # fmt: skip


@router.get("/{drawing_id}/export.gpkg", response_class=Response, responses={200: {"content": {GPKG: {}}}})
def get_gpkg(drawing_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Return the drawing as a GeoPackage in the office's CRS, marked unofficial."""
    row = visible_drawing(connection, drawing_id, scope=scope)
    content = gpkg_bytes(thaw(row["state"]))
    return Response(content, media_type=GPKG, headers=_attachment(row, "gpkg"))


@router.get(
    "/{drawing_id}/export.geojson", response_class=Response, responses={200: {"content": {GEOJSON: {}}}}
)
def get_geojson(drawing_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Return the drawing as GeoJSON in EPSG:4326, marked unofficial."""
    row = visible_drawing(connection, drawing_id, scope=scope)
    content = json.dumps(geojson_of(thaw(row["state"])), ensure_ascii=False)
    return Response(content, media_type=GEOJSON, headers=_attachment(row, "geojson"))


def _attachment(row: RowMapping, suffix: str) -> Mapping[str, str]:
    return {"content-disposition": f'attachment; filename="drawing-{str(row["id"])[:8]}.{suffix}"'}


class SignedAnswer(BaseModel):
    """The proposal a drawing became, and whether its borders hold already (an office's first ones)."""

    change_id: UUID
    in_force: bool
    drawing: DrawingDetail


@router.post("/{drawing_id}/sign")
def post_sign(
    drawing_id: UUID,
    wanted: SignOff,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: IfMatch = None,
) -> SignedAnswer:
    """Sign off by name: a proposal to be decided about, or the first borders of the office, at once."""
    visible_drawing(connection, drawing_id, scope=scope)
    done = sign(
        connection, drawing_id, wanted, version=parse_if_match(if_match), actor=scope.actor, zones=service.zones,
        clock=service.clock, office=service.office,
    )  # fmt: skip
    return SignedAnswer(
        change_id=done.change_id,
        in_force=done.in_force,
        drawing=_detail(connection, drawing_id, scope, response),
    )
