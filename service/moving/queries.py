"""SQL for moving records: locking one, others with the same text, the history. Filters stand inside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Numeric, RowMapping, func, or_, select, union_all
from sqlalchemy.orm import aliased

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES
from service.cases.queries import anchor_point
from service.moving.records import TABLES, RecordKind
from service.store.tables import Case, Place, PositionMove, Zone

# More at once would hold the tables too long; whoever has more records with one text sees them first.
MOST_TOGETHER = 500


def visible_record(kind: RecordKind, scope: Scope) -> ColumnElement[bool]:
    """Return the condition for the cases or places that a person may see."""
    return scope.case_filter(Case) if kind == "case" else scope.place_filter(Place)


def lock_record(
    connection: Connection, kind: RecordKind, record_id: UUID, *, scope: Scope
) -> RowMapping | None:
    """Return a visible case or place and hold it until commit."""
    return connection.execute(_record(kind, record_id, scope).with_for_update()).mappings().one_or_none()


def find_record(
    connection: Connection, kind: RecordKind, record_id: UUID, *, scope: Scope
) -> RowMapping | None:
    """Return a visible case or place, None when absent or invisible."""
    return connection.execute(_record(kind, record_id, scope)).mappings().one_or_none()


def _record(kind: RecordKind, record_id: UUID, scope: Scope) -> Any:
    table = TABLES[kind]
    own = [Case.number, Case.kind, Case.command, Case.state] if kind == "case" else [Place.name, Place.listed]
    return select(
        table.id, table.version, table.location_text, table.area_text, table.placement, table.placed_by, table.method,
        table.uncertainty_m, table.trace, table.shape, table.community_code, table.grid_code, table.near_border, *own,
    ).where(table.id == record_id, visible_record(kind, scope))  # fmt: skip


def list_with_text(
    connection: Connection, text: str, *, but: UUID, scope: Scope, lock: bool = False
) -> list[RowMapping]:
    """Return the other visible open cases and places with exactly this location text, oldest number first.

    Finished cases stay where they were closed; they can be moved one by one. At most `MOST_TOGETHER` + 1.
    """
    if not text.strip():
        return []
    cases = select(
        Case.id, Case.number, Case.kind.label("words"), Case.placement, Case.shape, Case.community_code
    ).where(Case.location_text == text, Case.id != but, Case.state.in_(OPEN_STATES), scope.case_filter(Case))
    places = select(
        Place.id, Place.name.label("words"), Place.placement, Place.shape, Place.community_code
    ).where(Place.location_text == text, Place.id != but, Place.status != "closed", scope.place_filter(Place))
    found: list[Any] = []
    for kind, query, table in (
        ("case", cases.order_by(Case.id), Case),
        ("place", places.order_by(Place.id), Place),
    ):
        held = query.with_for_update(of=table) if lock else query
        rows = connection.execute(held.limit(MOST_TOGETHER + 1)).mappings()
        found += [{"number": None, **row, "record": kind} for row in rows]
    return found


def count_text(connection: Connection, text: str, *, but: UUID) -> int:
    """Return how many other cases and places of the office have a location text; nobody's rights matter."""
    both = union_all(
        *(
            select(func.count().label("n")).where(table.location_text == text, table.id != but)
            for table in (Case, Place)
        )
    ).subquery()
    return int(connection.scalar(select(func.sum(both.c.n))) or 0)


def count_named(connection: Connection, name: str, *, but: UUID) -> int:
    """Return how many other places of the registers have a name."""
    query = select(func.count()).where(Place.name == name, Place.id != but)
    return int(connection.scalar(query) or 0)


def list_moves(connection: Connection, kind: RecordKind, record_id: UUID) -> list[RowMapping]:
    """Return a record's moves, newest first; ask only for a record already found visible."""
    anchors = {
        f"{when}_{axis}": getattr(func, f"ST_{axis.upper()}")(
            func.ST_Transform(anchor_point(getattr(PositionMove, f"{when}_shape")), 4326)
        )
        for when in ("before", "after") for axis in ("x", "y")
    }  # fmt: skip
    distance = func.ST_Distance(
        anchor_point(PositionMove.before_shape), anchor_point(PositionMove.after_shape)
    )
    undone, twin = aliased(PositionMove, name="undone"), aliased(PositionMove, name="twin")
    together = select(func.count()).where(twin.batch == PositionMove.batch).scalar_subquery()
    query = (
        select(
            PositionMove.id, PositionMove.at, PositionMove.actor, PositionMove.cause, PositionMove.reason,
            PositionMove.batch, PositionMove.undoes, PositionMove.before, PositionMove.after,
            distance.label("distance_m"), *(value.label(name) for name, value in anchors.items()),
            select(undone.id).where(undone.undoes == PositionMove.id).exists().label("undone"),
            func.coalesce(together, 0).label("together"),
        )
        .where(_of(kind, record_id))
        .order_by(PositionMove.number.desc())
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def _of(kind: RecordKind, record_id: UUID) -> ColumnElement[bool]:
    return (PositionMove.case_id if kind == "case" else PositionMove.place_id) == record_id


def last_move(connection: Connection, kind: RecordKind, record_id: UUID) -> RowMapping | None:
    """Return the newest move that is neither an undoing nor undone."""
    undone = aliased(PositionMove, name="undone")
    query = (
        select(PositionMove.__table__)
        .where(
            _of(kind, record_id), PositionMove.cause != "undo",
            ~select(undone.id).where(undone.undoes == PositionMove.id).exists(),
        )
        .order_by(PositionMove.number.desc())
        .limit(1)
    )  # fmt: skip
    return connection.execute(query).mappings().one_or_none()


def list_batch(connection: Connection, batch: UUID, *, but: UUID) -> list[RowMapping]:
    """Return the other moves of one decision, in their order."""
    query = select(PositionMove.id, PositionMove.kind, PositionMove.case_id, PositionMove.place_id)
    query = query.where(PositionMove.batch == batch, PositionMove.id != but).order_by(PositionMove.number)
    return list(connection.execute(query).mappings())


def borders_changed_since(connection: Connection, moment: Any) -> bool:
    """Return whether borders became known or ended at or after a moment."""
    query = select(Zone.id).where(or_(Zone.recorded_at >= moment, Zone.ended_at >= moment)).limit(1)
    return connection.scalar(query) is not None


def list_samples(connection: Connection) -> list[RowMapping]:
    """Return where people put records whose position they decided last, one per text, area and position."""
    undone = aliased(PositionMove, name="undone")
    found = []
    for kind, table in TABLES.items():
        anchor = func.ST_Transform(anchor_point(table.shape), 4326)
        column = PositionMove.case_id if kind == "case" else PositionMove.place_id
        decided = select(PositionMove.id).where(
            column == table.id, PositionMove.cause == "person",
            ~select(undone.id).where(undone.undoes == PositionMove.id).exists(),
        )  # fmt: skip
        found.append(
            select(
                table.location_text, table.area_text, func.round(func.ST_X(anchor).cast(Numeric), 7).label("lon"),
                func.round(func.ST_Y(anchor).cast(Numeric), 7).label("lat"), table.method,
            ).where(table.placed_by.in_(("pin", "candidate")), table.location_text != "", decided.exists())
        )  # fmt: skip
    both = union_all(*found).subquery()
    query = select(both).distinct().order_by(both.c.location_text, both.c.lon, both.c.lat)
    return list(connection.execute(query).mappings())
