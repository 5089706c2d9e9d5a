"""Photos and scans to trace over: taken in, placed by control points, removed with their drawing."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping

from service.audit.trail import record
from service.confined.reading import Reasons, read_confined, sha256_of
from service.drawings.picture_child import MAX_PIXELS
from service.drawings.queries import (
    delete_picture,
    find_drawing,
    find_picture,
    insert_picture,
    list_pictures,
    update_picture,
)
from service.errors import NotFound, Refused, StaleVersion, TooLarge
from service.words import tr

if TYPE_CHECKING:
    from datetime import datetime

    from service.drawings.model import PlacedPicture

MAX_FILE_BYTES = 30 * 2**20
MAX_PICTURES = 6
_TOO_MANY = (
    f"图片太大，最多 {MAX_PIXELS // 1_000_000} 百万像素；请缩小后再传",
    f"it has more than {MAX_PIXELS // 1_000_000} megapixels; make it smaller",
)
_REASONS: Reasons = {
    "too_many_pixels": _TOO_MANY,
    "too_large": _TOO_MANY,
    "too_small": ("图片太小，看不清边界", "it is too small"),
    "not_a_picture": ("只收 PNG 和 JPEG 图片", "PNG and JPEG only"),
}


@dataclass(frozen=True, slots=True)
class Reencoded:
    """A picture written anew: JPEG bytes and its size; the digest is of the file as it came."""

    jpeg: bytes
    width_px: int
    height_px: int
    sha256: str


def read_picture(path: Path) -> Reencoded:
    """Return an uploaded picture, re-encoded in a confined process.

    Raises
    ------
    TooLarge
        If the file is too large.
    UnreadableError
        If the picture is too large or too small, or it is no PNG or JPEG.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise TooLarge(tr("图片文件超过 30 MB", "the picture exceeds 30 MB"))
    answer = read_confined(
        "service.drawings.picture_child", path, name=tr("图片", "the picture"), reasons=_REASONS
    )
    return Reencoded(base64.b64decode(answer["jpeg"]), answer["width"], answer["height"], sha256_of(path))


def add_picture(
    connection: Connection, drawing_id: UUID, picture: Reencoded, *, name: str, actor: str, now: datetime
) -> UUID:
    """Keep a picture with a drawing and return its id; the same file again is the same picture.

    Raises
    ------
    NotFound
        If the drawing is gone.
    Refused
        If the drawing has six pictures already.
    """
    if find_drawing(connection, drawing_id, lock=True) is None:
        raise NotFound(tr("没有这份草图", "no such drawing"))
    known = list_pictures(connection, drawing_id)
    for row in known:
        if row["sha256"] == picture.sha256:
            return UUID(str(row["id"]))
    if len(known) >= MAX_PICTURES:
        raise Refused(
            tr(
                f"一份草图最多 {MAX_PICTURES} 张底图，请先删掉不用的",
                f"at most {MAX_PICTURES} pictures; remove one",
            )
        )
    picture_id = uuid4()
    insert_picture(
        connection, id=picture_id, drawing_id=drawing_id, name=name, sha256=picture.sha256,
        width_px=picture.width_px, height_px=picture.height_px, content=picture.jpeg, added_by=actor, added_at=now,
    )  # fmt: skip
    record(
        connection, actor=actor, action="drawing_picture_added", object_type="drawing", object_id=str(drawing_id),
        detail={"picture": str(picture_id), "sha256": picture.sha256, "bytes": len(picture.jpeg)},
    )  # fmt: skip
    return picture_id


def place_picture(
    connection: Connection,
    drawing_id: UUID,
    picture_id: UUID,
    wanted: PlacedPicture,
    *,
    version: int | None,
    actor: str,
) -> None:
    """Keep the control points of a picture.

    Raises
    ------
    NotFound, StaleVersion
        If it is gone, or somebody placed it meanwhile.
    Refused
        If a point lies outside the picture.
    """
    find_drawing(connection, drawing_id, lock=True)
    row = visible_picture(connection, drawing_id, picture_id)
    if version != row["version"]:
        raise StaleVersion(
            tr("别人刚刚改过控制点，请刷新后再试", "somebody placed the picture meanwhile; read it again"),
            fields=[("header.If-Match", f'"{row["version"]}"')],
        )
    for number, (px, py, _lon, _lat) in enumerate(wanted.points, start=1):
        if not (0 <= px <= row["width_px"] and 0 <= py <= row["height_px"]):
            raise Refused(
                tr(f"第 {number} 个控制点在图外", f"point {number} lies outside the picture"),
                fields=[(f"body.points.{number - 1}", f"{px:.0f}, {py:.0f}")],
            )
    update_picture(connection, picture_id, kind=wanted.kind, points=[list(point) for point in wanted.points])
    record(
        connection, actor=actor, action="drawing_picture_placed", object_type="drawing", object_id=str(drawing_id),
        detail={"picture": str(picture_id), "points": len(wanted.points)},
    )  # fmt: skip


def remove_picture(connection: Connection, drawing_id: UUID, picture_id: UUID, *, actor: str) -> None:
    """Remove a picture for good.

    Raises
    ------
    NotFound
        If it is gone.
    """
    visible_picture(connection, drawing_id, picture_id)
    delete_picture(connection, picture_id)
    record(
        connection, actor=actor, action="drawing_picture_removed", object_type="drawing", object_id=str(drawing_id),
        detail={"picture": str(picture_id)},
    )  # fmt: skip


def visible_picture(connection: Connection, drawing_id: UUID, picture_id: UUID) -> RowMapping:
    """Return a picture of a drawing.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = find_picture(connection, drawing_id, picture_id)
    if row is None:
        raise NotFound(tr("没有这张底图", "no such picture"))
    return row
