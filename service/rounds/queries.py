"""SQL of rounds: an open round is counted from places and inspections, a closed one from its frozen places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from service.auth.scope import Scope
from service.cases.queries import anchor_point
from service.clock import day_end, day_start
from service.store.tables import Inspection, Place, Round, RoundPlace


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round as stored."""

    id: UUID
    name: str
    zones: tuple[str, ...]
    classes: tuple[str, ...]
    first_day: Any
    last_day: Any
    state: str
    created_by: str
    created_at: datetime
    closed_by: str
    closed_at: datetime | None


def insert_round(connection: Connection, **values: Any) -> None:
    """Write a round."""
    connection.execute(insert(Round).values(**values))


def list_rounds(connection: Connection, *, limit: int = 100) -> list[RoundRow]:
    """Return the rounds: open ones first, then the newest."""
    query = (
        select(Round.__table__).order_by(Round.state.desc(), Round.first_day.desc(), Round.id).limit(limit)
    )
    return [_round(row) for row in connection.execute(query).mappings()]


def find_round(connection: Connection, round_id: UUID, *, lock: bool = False) -> RoundRow | None:
    """Return a round, None when there is none."""
    query = select(Round.__table__).where(Round.id == round_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return _round(row) if row else None


def _round(row: RowMapping) -> RoundRow:
    values = {**row, "zones": tuple(row["zones"]), "classes": tuple(row["classes"])}
    return RoundRow(**values)


def _live(one: RoundRow, scope: Scope) -> Select[Any]:
    """Return the query for a round's places with their newest result within its days."""
    newest = (
        select(Inspection.result, Inspection.at)
        # Index ix_inspections_place_id_at.
        .where(
            Inspection.place_id == Place.id,
            Inspection.at >= day_start(one.first_day),
            Inspection.at < day_end(one.last_day),
        )
        .order_by(Inspection.at.desc(), Inspection.id.desc())
        .limit(1)
        .lateral("newest")
    )
    inside: list[ColumnElement[bool]] = [Place.status != "closed", scope.place_filter(Place)]
    if one.zones:
        inside.append(or_(Place.community_code.in_(one.zones), Place.grid_code.in_(one.zones)))
    if one.classes:
        inside.append(Place.place_class.in_(one.classes))
    return (
        select(
            Place.id.label("place_id"), Place.name, Place.place_class, Place.community_code, Place.grid_code,
            func.coalesce(newest.c.result, "").label("result"), newest.c.at.label("checked_at"), Place.shape,
        )
        .select_from(Place)
        .outerjoin(newest, newest.c.at.is_not(None))
        .where(*inside)
    )  # fmt: skip


def _frozen(one: RoundRow, scope: Scope) -> Any:
    filtered = false() if scope.role in ("unit", "public") else scope.place_filter(RoundPlace)
    return select(
        RoundPlace.place_id, RoundPlace.name, RoundPlace.place_class, RoundPlace.community_code, RoundPlace.grid_code,
        RoundPlace.result, RoundPlace.checked_at, RoundPlace.shape,
    ).where(RoundPlace.round_id == one.id, filtered)  # fmt: skip


def _places(one: RoundRow, scope: Scope) -> Any:
    return (_frozen(one, scope) if one.state == "closed" else _live(one, scope)).subquery("of_round")


def count_grids(connection: Connection, one: RoundRow, *, scope: Scope) -> list[RowMapping]:
    """Return how many of a round's places are there, checked and failed, per community and grid."""
    places = _places(one, scope)
    query = (
        select(
            places.c.community_code.label("community"), places.c.grid_code.label("grid"), func.count().label("places"),
            func.count().filter(places.c.result != "").label("checked"),
            func.count().filter(places.c.result == "fail").label("failed"),
        )
        .group_by(places.c.community_code, places.c.grid_code)
        .order_by(places.c.community_code, places.c.grid_code)
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def list_round_places(
    connection: Connection,
    one: RoundRow,
    *,
    scope: Scope,
    grid: str | None = None,
    todo: bool = False,
    limit: int = 5000,
) -> list[RowMapping]:
    """Return a round's places with `x`, `y` in metres (office CRS) and `lon`, `lat` (EPSG:4326).

    Parameters
    ----------
    grid
        Only of this grid; None: all.
    todo
        Only those not checked yet.
    """
    places = _places(one, scope)
    anchor = anchor_point(places.c.shape)
    there = func.ST_Transform(anchor, 4326)
    query = select(
        places.c.place_id, places.c.name, places.c.place_class, places.c.community_code, places.c.grid_code, places.c.result,
        places.c.checked_at, func.ST_X(anchor).label("x"), func.ST_Y(anchor).label("y"),
        func.ST_X(there).label("lon"), func.ST_Y(there).label("lat"),
    ).order_by(places.c.grid_code, places.c.name, places.c.place_id).limit(limit)  # fmt: skip
    if grid is not None:
        query = query.where(places.c.grid_code == grid)
    if todo:
        query = query.where(places.c.result == "")
    return list(connection.execute(query).mappings())


def freeze(connection: Connection, one: RoundRow, *, actor: str, at: datetime) -> int:
    """Close a round: keep its places with their results as they are now; return how many."""
    live = _live(one, Scope(role="admin", name=actor)).subquery("live")
    columns: Sequence[str] = (
        "place_id", "name", "place_class", "community_code", "grid_code", "result", "checked_at", "shape",
    )  # fmt: skip
    source = select(literal(one.id).label("round_id"), *(live.c[name] for name in columns))
    done = connection.execute(insert(RoundPlace).from_select(["round_id", *columns], source)).rowcount
    connection.execute(
        update(Round).where(Round.id == one.id).values(state="closed", closed_by=actor, closed_at=at)
    )
    return done
