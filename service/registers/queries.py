"""SQL for registers; every query carries the person's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select

from service.auth.scope import Scope
from service.cases.queries import anchor_point
from service.store.tables import Import, Place, PlaceVersion, Register


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """Which places; empty values mean any. `place_class` may hold several codes, `none` for unknown.

    `listed`: only those that a person moved and a list puts elsewhere.
    """

    community: str = ""
    grid: str = ""
    placement: str = ""
    status: str = ""
    place_class: str = ""
    words: str = ""
    register_id: UUID | None = None
    listed: bool = False


def place_conditions(scope: Scope, wanted: PlaceFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for the filtered places that a person may see; used by list, counts and tiles."""
    found = [scope.place_filter(Place)]
    for column, value in (
        (Place.community_code, wanted.community), (Place.grid_code, wanted.grid), (Place.placement, wanted.placement),
        (Place.status, wanted.status),
    ):  # fmt: skip
        if value:
            found.append(column == value)
    if wanted.place_class:
        codes = wanted.place_class.split(",")
        found.append(Place.place_class.in_(["" if code == "none" else code for code in codes]))
    if wanted.listed:
        found.append(Place.listed["open"].astext == "true")
    if wanted.register_id is not None:
        found.append(Place.register_id == wanted.register_id)
    if wanted.words:
        words = wanted.words
        pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found.append(or_(Place.name.ilike(pattern), Place.location_text.ilike(pattern)))
    return found


def list_places(
    connection: Connection,
    *,
    scope: Scope,
    wanted: PlaceFilter,
    limit: int,
    after: UUID | None = None,
) -> tuple[list[RowMapping], int]:
    """Return up to `limit` + 1 places in the order of their ids, and how many there are."""
    conditions = place_conditions(scope, wanted)
    anchor = func.ST_Transform(anchor_point(Place.shape), 4326)
    query = select(
        Place.id, Place.name, Place.place_class, Place.trade, Place.number, Place.unit, Place.person, Place.phone,
        Place.status, Place.status_reason, Place.question, Place.register_id, Place.version, Place.listed, Place.location_text, Place.area_text, Place.placement,
        Place.method, Place.uncertainty_m, Place.community_code, Place.grid_code, Place.p_community,
        func.ST_X(anchor).label("lon"), func.ST_Y(anchor).label("lat"),
    ).where(*conditions)  # fmt: skip
    if after is not None:
        query = query.where(Place.id > after)
    total = connection.scalar(select(func.count()).select_from(Place).where(*conditions))
    return list(connection.execute(query.order_by(Place.id).limit(limit + 1)).mappings()), int(total or 0)


def count_listed(connection: Connection, *, scope: Scope) -> int:
    """Return how many visible places a person moved and a list puts elsewhere; nobody has answered yet."""
    conditions = place_conditions(scope, PlaceFilter(listed=True))
    return int(connection.scalar(select(func.count()).select_from(Place).where(*conditions)) or 0)


def count_places(connection: Connection, *, scope: Scope, wanted: PlaceFilter) -> dict[tuple[str, str], int]:
    """Return how many of the filtered places there are per class and status."""
    query = (
        select(Place.place_class, Place.status, func.count().label("n"))
        .where(*place_conditions(scope, wanted))
        .group_by(Place.place_class, Place.status)
    )
    return {(row.place_class, row.status): row.n for row in connection.execute(query)}


def find_place(connection: Connection, place_id: UUID, *, scope: Scope) -> RowMapping | None:
    """Return a place with its geometry (GeoJSON, EPSG:4326), None when absent or invisible."""
    anchor = func.ST_Transform(anchor_point(Place.shape), 4326)
    columns = [
        c
        for c in Place.__table__.columns
        if c.name not in ("shape", "trace", "p_within", "source_key", "import_id")
    ]
    query = select(
        *columns, func.ST_X(anchor).label("lon"), func.ST_Y(anchor).label("lat"),
        func.ST_AsGeoJSON(func.ST_Transform(Place.shape, 4326), 7).label("geojson"), Register.name.label("register_name"),
    ).outerjoin(Register, Register.id == Place.register_id).where(Place.id == place_id, scope.place_filter(Place))  # fmt: skip
    return connection.execute(query).mappings().one_or_none()


def list_versions(connection: Connection, place_id: UUID) -> list[RowMapping]:
    """Return a place's history, newest first; ask only for a place already found visible."""
    query = (
        select(
            PlaceVersion.version, PlaceVersion.event, PlaceVersion.at, PlaceVersion.actor, PlaceVersion.note,
            PlaceVersion.changes, PlaceVersion.import_id, Import.file_name,
        )
        .outerjoin(Import, Import.id == PlaceVersion.import_id)
        .where(PlaceVersion.place_id == place_id)
        .order_by(PlaceVersion.id.desc())
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def find_names(connection: Connection, ids: Sequence[UUID], *, scope: Scope) -> list[RowMapping]:
    """Return id, name and location of the places among ids that a person may see."""
    query = select(Place.id, Place.name, Place.location_text, Place.status).where(
        Place.id.in_(list(ids)), scope.place_filter(Place)
    )
    return list(connection.execute(query.order_by(Place.name)).mappings()) if ids else []


def list_registers(connection: Connection) -> list[RowMapping]:
    """Return id and name of the registers."""
    return list(connection.execute(select(Register.id, Register.name).order_by(Register.name)).mappings())
