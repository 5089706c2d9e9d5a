"""SQL for registers; every query carries the person's scope."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select

from service.auth.scope import Scope
from service.cases.queries import anchor_point
from service.store.tables import Place


def _conditions(scope: Scope, *, community: str, placement: str, words: str) -> list[ColumnElement[bool]]:
    found = [scope.place_filter(Place)]
    if community:
        found.append(Place.community_code == community)
    if placement:
        found.append(Place.placement == placement)
    if words:
        pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found.append(or_(Place.name.ilike(pattern), Place.location_text.ilike(pattern)))
    return found


def list_places(
    connection: Connection,
    *,
    scope: Scope,
    community: str = "",
    placement: str = "",
    words: str = "",
    limit: int,
    after: UUID | None = None,
) -> tuple[list[RowMapping], int]:
    """Return up to `limit` + 1 places in the order of their ids, and how many there are."""
    conditions = _conditions(scope, community=community, placement=placement, words=words)
    anchor = func.ST_Transform(anchor_point(Place.shape), 4326)
    query = select(
        Place.id, Place.name, Place.place_class, Place.trade, Place.number, Place.unit, Place.person, Place.phone,
        Place.status, Place.status_reason, Place.question, Place.register_id, Place.version, Place.location_text, Place.area_text, Place.placement,
        Place.method, Place.uncertainty_m, Place.community_code, Place.grid_code, Place.p_community,
        func.ST_X(anchor).label("lon"), func.ST_Y(anchor).label("lat"),
    ).where(*conditions)  # fmt: skip
    if after is not None:
        query = query.where(Place.id > after)
    total = connection.scalar(select(func.count()).select_from(Place).where(*conditions))
    return list(connection.execute(query.order_by(Place.id).limit(limit + 1)).mappings()), int(total or 0)
