"""Pictures of a drawing over HTTP: upload, place, look, as tiles; private to who may draw."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Header, Query, Response, UploadFile
from pydantic import BaseModel

from geodata.crs import WGS84, reproject
from geodata.georeference import PlacingError
from service.atlas.tiles import read_tile
from service.cases.advancing import parse_if_match
from service.cases.present import anchor_of
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.drawings.model import PictureItem, PlacedPicture
from service.drawings.pictures import (
    add_picture,
    place_picture,
    read_picture,
    remove_picture,
    visible_picture,
)
from service.drawings.placing import picture_item, placing_of
from service.drawings.queries import picture_content
from service.drawings.routes import visible_drawing
from service.drawings.warping import as_webp, warped
from service.errors import NotFound
from service.fields import Line
from service.intake.uploads import drop_upload, keep_upload, shown_name
from service.words import tr

JPEG, WEBP = "image/jpeg", "image/webp"
router = APIRouter(prefix="/api/drawings", tags=["drawings"])


@router.post("/{drawing_id}/pictures", status_code=201)
def post_picture(
    drawing_id: UUID,
    response: Response,
    service: ServiceDep,
    scope: ScopeDep,
    file: Annotated[UploadFile, File(description="PNG 或 JPEG，至多 30 MB、80 百万像素")],
) -> PictureItem:
    """Upload a photo or scan; re-encoded, EXIF dropped. The same file again is the same picture."""
    with service.engine.begin() as connection:
        visible_drawing(connection, drawing_id, scope=scope)
    directory = service.settings.uploads_dir
    name = shown_name(file.filename)
    upload_id, path = keep_upload(directory, file.file, name=name)
    try:
        # Outside the transaction: the child process may take its time with a hostile file.
        found = read_picture(path)
    finally:
        drop_upload(directory, upload_id)
    with service.engine.begin() as connection:
        picture_id = add_picture(
            connection, drawing_id, found, name=name, actor=scope.actor, now=service.clock.now()
        )  # fmt: skip
        row = visible_picture(connection, drawing_id, picture_id)
        response.headers["etag"] = f'"{row["version"]}"'
        return picture_item(row, crs=service.office.crs)


@router.put("/{drawing_id}/pictures/{picture_id}")
def put_picture(
    drawing_id: UUID,
    picture_id: UUID,
    wanted: PlacedPicture,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> PictureItem:
    """Set the control points; the answer says how well they fit, in metres."""
    visible_drawing(connection, drawing_id, scope=scope)
    place_picture(
        connection, drawing_id, picture_id, wanted, version=parse_if_match(if_match), actor=scope.actor
    )
    row = visible_picture(connection, drawing_id, picture_id)
    response.headers["etag"] = f'"{row["version"]}"'
    return picture_item(row, crs=service.office.crs)


@router.delete("/{drawing_id}/pictures/{picture_id}", status_code=204)
def drop_picture(drawing_id: UUID, picture_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Remove a picture for good."""
    visible_drawing(connection, drawing_id, scope=scope)
    remove_picture(connection, drawing_id, picture_id, actor=scope.actor)
    return Response(status_code=204)


@router.get(
    "/{drawing_id}/pictures/{picture_id}/image.jpg",
    response_class=Response,
    responses={200: {"content": {JPEG: {}}}},
)
def get_image(drawing_id: UUID, picture_id: UUID, connection: ConnectionDep, scope: ScopeDep) -> Response:
    """Return the picture itself, to click control points on."""
    visible_drawing(connection, drawing_id, scope=scope)
    content = picture_content(connection, drawing_id, picture_id)
    if content is None:
        raise NotFound(tr("没有这张底图", "no such picture"))
    return Response(content, media_type=JPEG, headers={"cache-control": "private, max-age=86400"})


@router.get(
    "/{drawing_id}/pictures/{picture_id}/tiles/{z}/{x}/{y}.webp",
    response_class=Response,
    responses={200: {"content": {WEBP: {}}}},
)
def get_tile(
    drawing_id: UUID,
    picture_id: UUID,
    z: int,
    x: int,
    y: int,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
) -> Response:
    """Return a tile of a placed picture; 404 until it is placed."""
    tile = read_tile(z, x, y)
    visible_drawing(connection, drawing_id, scope=scope)
    row = visible_picture(connection, drawing_id, picture_id)
    try:
        placing = placing_of(row["points"], row["kind"], crs=service.office.crs)
    except PlacingError as error:
        raise NotFound(tr("这张底图还没有放到地图上", "the picture is not placed yet")) from error
    levels = service.pictures.levels(
        picture_id, lambda: picture_content(connection, drawing_id, picture_id) or b""
    )
    content = as_webp(warped(tile, levels, placing, crs=service.office.crs))
    # The page's address of a tile carries the placing's version.
    return Response(content, media_type=WEBP, headers={"cache-control": "private, max-age=3600"})


class Spot(BaseModel):
    """Where a name is, for a control point; lon and lat null when it was not found."""

    status: str
    lon: float | None
    lat: float | None
    uncertainty_m: float | None


@router.get("/{drawing_id}/find")
def get_spot(
    drawing_id: UUID,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    q: Annotated[Line, Query(min_length=1, description="路口名，如“平安路与春光街交叉口”")],
) -> Spot:
    """Return where a crossing or place is; works before the office has any borders."""
    visible_drawing(connection, drawing_id, scope=scope)
    geocoder = service.geocoder.current(connection)
    location = geocoder.locate(q)
    if location.best is None:
        return Spot(status=location.status, lon=None, lat=None, uncertainty_m=None)
    point = anchor_of(reproject(location.best.geometry, geocoder.crs, WGS84))
    return Spot(
        status=location.status, lon=round(point.x, 8), lat=round(point.y, 8), uncertainty_m=location.best.uncertainty_m
    )  # fmt: skip
