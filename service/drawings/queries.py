"""SQL of drawings: the working copies, their steps, their pictures, and the lines blocks are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, text, update

from service.store.shapes import from_store
from service.store.tables import BasemapFeature, BorderChange, Drawing, DrawingPicture, DrawingStep, Zone

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
MAX_DRAWINGS = 200
# Older steps are forgotten first: nobody undoes thousands, and the store stays bounded.
MAX_STEPS = 5_000
MAX_STEP_BYTES = 256 * 2**20
MAX_LINES = 60_000
# Paths between houses enclose lawns, not blocks.
_NO_STREETS = ("footway", "path", "steps", "cycleway", "service", "track", "corridor", "elevator")
_STATE = BorderChange.state.label("change_state")


def list_drawings(connection: Connection) -> list[RowMapping]:
    """Return all drawings with their state, the last changed first."""
    light = [column for column in Drawing.__table__.columns if column.name != "state"]
    query = (
        select(*light, _STATE)
        .outerjoin(BorderChange, BorderChange.id == Drawing.change_id)
        .order_by(Drawing.updated_at.desc(), Drawing.id)
        .limit(MAX_DRAWINGS)
    )
    return list(connection.execute(query).mappings())


def count_drawings(connection: Connection) -> int:
    """Return how many drawings there are."""
    return int(connection.scalar(select(func.count()).select_from(Drawing)) or 0)


def find_drawing(connection: Connection, drawing_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """Return a drawing; `lock` holds its row until commit."""
    if lock:
        connection.execute(select(Drawing.id).where(Drawing.id == drawing_id).with_for_update())
    query = (
        select(Drawing.__table__, _STATE)
        .outerjoin(BorderChange, BorderChange.id == Drawing.change_id)
        .where(Drawing.id == drawing_id)
    )
    return connection.execute(query).mappings().one_or_none()


def find_started(connection: Connection, *, start: str, lock: bool = False) -> RowMapping | None:
    """Return the newest drawing with a beginning; `lock` holds its row until commit."""
    newest = (
        select(Drawing.id)
        .where(Drawing.origin["start"].astext == start)
        .order_by(Drawing.created_at.desc(), Drawing.id)
        .limit(1)
    )
    drawing_id = connection.scalar(newest)
    return None if drawing_id is None else find_drawing(connection, drawing_id, lock=lock)


def insert_drawing(connection: Connection, **values: Any) -> None:
    """Write a new drawing."""
    connection.execute(insert(Drawing).values(**values))


def update_drawing(connection: Connection, drawing_id: UUID, **values: Any) -> None:
    """Change a drawing; its version goes up by one."""
    connection.execute(
        update(Drawing).where(Drawing.id == drawing_id).values(version=Drawing.version + 1, **values)
    )


def delete_drawing(connection: Connection, drawing_id: UUID) -> None:
    """Remove a drawing, its steps and its pictures."""
    connection.execute(delete(Drawing).where(Drawing.id == drawing_id))


def insert_step(connection: Connection, **values: Any) -> None:
    """Write a step; undone steps from its number on are gone, and the oldest above the limits."""
    own = DrawingStep.drawing_id == values["drawing_id"]
    connection.execute(delete(DrawingStep).where(own, DrawingStep.number >= values["number"]))
    connection.execute(insert(DrawingStep).values(**values))
    connection.execute(delete(DrawingStep).where(own, DrawingStep.number <= values["number"] - MAX_STEPS))
    size = select(func.coalesce(func.sum(func.octet_length(DrawingStep.delta)), 0)).where(own)
    while int(connection.scalar(size) or 0) > MAX_STEP_BYTES:
        oldest = select(func.min(DrawingStep.number)).where(own).scalar_subquery()
        connection.execute(delete(DrawingStep).where(own, DrawingStep.number == oldest))


def find_step(connection: Connection, drawing_id: UUID, number: int) -> RowMapping | None:
    """Return a step by its number."""
    query = select(DrawingStep.__table__).where(
        DrawingStep.drawing_id == drawing_id, DrawingStep.number == number
    )
    return connection.execute(query).mappings().one_or_none()


def find_request(connection: Connection, drawing_id: UUID, request_id: UUID) -> RowMapping | None:
    """Return the step that a client's request made."""
    query = select(DrawingStep.__table__).where(
        DrawingStep.drawing_id == drawing_id, DrawingStep.request_id == request_id
    )
    return connection.execute(query).mappings().one_or_none()


def list_steps(connection: Connection, drawing_id: UUID, *, limit: int = 200) -> list[RowMapping]:
    """Return the newest steps, newest first, without what they changed."""
    columns = [column for column in DrawingStep.__table__.columns if column.name not in ("delta", "action")]
    query = (
        select(*columns)
        .where(DrawingStep.drawing_id == drawing_id)
        .order_by(DrawingStep.number.desc())
        .limit(limit)
    )
    return list(connection.execute(query).mappings())


def street_lines(connection: Connection, frame: Box, *, srid: int) -> list[tuple[str, BaseGeometry]]:
    """Return layer and shape of the roads, railways and waters of a frame, at most `MAX_LINES` + 1."""
    reach = func.ST_MakeEnvelope(*frame, srid)
    query = (
        select(BasemapFeature.layer, BasemapFeature.shape)
        .where(
            BasemapFeature.layer.in_(("road", "rail", "water")),
            BasemapFeature.kind.not_in(_NO_STREETS),
            BasemapFeature.shape.op("&&", is_comparison=True)(reach),  # GiST
        )
        .order_by(BasemapFeature.id)
        .limit(MAX_LINES + 1)
    )
    return [(row.layer, from_store(row.shape)) for row in connection.execute(query)]


def basemap_version(connection: Connection) -> tuple[int, int]:
    """Return a value that differs after every change of the basemap."""
    row = connection.execute(select(func.count(), func.coalesce(func.max(BasemapFeature.id), 0))).one()
    return int(row[0]), int(row[1])


def basemap_box(connection: Connection) -> Box | None:
    """Return the box of the roads, railways and waters in the store's CRS, None when there are none."""
    row = connection.execute(
        text(
            "select ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) from ("
            "select ST_Extent(shape) as b from basemap_features where layer in ('road', 'rail', 'water')) e"
        )
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def any_zones(connection: Connection) -> bool:
    """Return whether the office has borders of communities at all."""
    return connection.scalar(select(Zone.id).where(Zone.level == "community").limit(1)) is not None


def list_pictures(connection: Connection, drawing_id: UUID) -> list[RowMapping]:
    """Return a drawing's pictures without their content, the oldest first."""
    columns = [column for column in DrawingPicture.__table__.columns if column.name != "content"]
    query = (
        select(*columns)
        .where(DrawingPicture.drawing_id == drawing_id)
        .order_by(DrawingPicture.added_at, DrawingPicture.id)
    )
    return list(connection.execute(query).mappings())


def find_picture(connection: Connection, drawing_id: UUID, picture_id: UUID) -> RowMapping | None:
    """Return a picture without its content."""
    columns = [column for column in DrawingPicture.__table__.columns if column.name != "content"]
    query = select(*columns).where(DrawingPicture.drawing_id == drawing_id, DrawingPicture.id == picture_id)
    return connection.execute(query).mappings().one_or_none()


def picture_content(connection: Connection, drawing_id: UUID, picture_id: UUID) -> bytes | None:
    """Return a picture's content, JPEG."""
    query = select(DrawingPicture.content).where(
        DrawingPicture.drawing_id == drawing_id, DrawingPicture.id == picture_id
    )
    found = connection.scalar(query)
    return None if found is None else bytes(found)


def insert_picture(connection: Connection, **values: Any) -> None:
    """Write a picture."""
    connection.execute(insert(DrawingPicture).values(**values))


def update_picture(connection: Connection, picture_id: UUID, **values: Any) -> None:
    """Change a picture's placing; its version goes up by one."""
    connection.execute(
        update(DrawingPicture)
        .where(DrawingPicture.id == picture_id)
        .values(version=DrawingPicture.version + 1, **values)
    )


def delete_picture(connection: Connection, picture_id: UUID) -> None:
    """Remove a picture."""
    connection.execute(delete(DrawingPicture).where(DrawingPicture.id == picture_id))
