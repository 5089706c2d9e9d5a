"""SQL of the gazetteer's sources, edits, checks and versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Text,
    and_,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
    update,
)  # fmt: skip

from service.auth.scope import Scope
from service.store.tables import (
    BasemapFeature,
    Case,
    GazetteerCheck,
    GazetteerCheckItem,
    GazetteerEdit,
    GazetteerSource,
    GazetteerVersion,
    Place,
)  # fmt: skip

_BATCH = 1000
# A process that was just started has not taken its lock yet.
_GRACE = timedelta(seconds=30)


def drafted(table: Any) -> ColumnElement[bool]:
    """Return the condition for rows that are to come in or to go out with the next version."""
    return or_(
        and_(table.in_version.is_(None), table.removed_at.is_(None)),
        and_(table.in_version.is_not(None), table.removed_at.is_not(None), table.out_version.is_(None)),
    )


def active(table: Any) -> ColumnElement[bool]:
    """Return the condition for rows that the next version is made of."""
    return and_(table.removed_at.is_(None), table.out_version.is_(None))


def list_sources(connection: Connection, *, gone: bool = False) -> list[RowMapping]:
    """Return the sources, oldest first; with `gone` also those that were taken out."""
    query = select(GazetteerSource.__table__).order_by(GazetteerSource.number)
    if not gone:
        query = query.where(or_(active(GazetteerSource), drafted(GazetteerSource)))
    return list(connection.execute(query).mappings())


def list_edits(connection: Connection, *, gone: bool = False) -> list[RowMapping]:
    """Return the edits, oldest first; with `gone` also those that were taken back."""
    query = select(GazetteerEdit.__table__).order_by(GazetteerEdit.number)
    if not gone:
        query = query.where(or_(active(GazetteerEdit), drafted(GazetteerEdit)))
    return list(connection.execute(query).mappings())


def find_row(connection: Connection, table: Any, row_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """Return a source, an edit or a check."""
    query = select(table.__table__).where(table.id == row_id)
    return connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def content_now(connection: Connection) -> dict[str, Any]:
    """Return the ids of what the next version would be made of."""
    sources = connection.scalars(
        select(GazetteerSource.id).where(active(GazetteerSource)).order_by(GazetteerSource.number)
    )
    edits = connection.scalars(
        select(GazetteerEdit.id).where(active(GazetteerEdit)).order_by(GazetteerEdit.number)
    )
    return {"sources": [str(one) for one in sources], "edits": [str(one) for one in edits]}


def any_drafts(connection: Connection) -> bool:
    """Return whether anything waits to be checked."""
    return any(
        connection.scalar(select(func.count()).select_from(table).where(drafted(table)))
        for table in (GazetteerSource, GazetteerEdit)
    )


def settle(connection: Connection, number: int) -> None:
    """Let drafts come in and go out with a version."""
    for table in (GazetteerSource, GazetteerEdit):
        fresh = and_(table.in_version.is_(None), table.removed_at.is_(None))
        gone = and_(table.in_version.is_not(None), table.removed_at.is_not(None), table.out_version.is_(None))
        connection.execute(update(table).where(fresh).values(in_version=number))
        connection.execute(update(table).where(gone).values(out_version=number))


def unsettle(connection: Connection, number: int) -> None:
    """Make what came in or went out with a version drafts again."""
    for table in (GazetteerSource, GazetteerEdit):
        connection.execute(update(table).where(table.in_version == number).values(in_version=None))
        connection.execute(update(table).where(table.out_version == number).values(out_version=None))


def drop_drafts(connection: Connection, *, actor: str, now: datetime) -> int:
    """Take all drafts back: what was to come in is removed, what was to go out stays. Return how many."""
    count = 0
    for table in (GazetteerSource, GazetteerEdit):
        fresh = and_(table.in_version.is_(None), table.removed_at.is_(None))
        going = and_(
            table.in_version.is_not(None), table.removed_at.is_not(None), table.out_version.is_(None)
        )
        count += connection.execute(
            update(table).where(fresh).values(removed_by=actor, removed_at=now)
        ).rowcount
        count += connection.execute(
            update(table).where(going).values(removed_by="", removed_at=None)
        ).rowcount
    return count


def list_locatable(connection: Connection) -> list[RowMapping]:
    """Return all cases and places that the program placed, or tried to place, by their text."""
    parts = [
        select(
            literal(kind, Text).label("kind"), table.id, table.version, table.location_text, table.area_text,
            table.placement, table.community_code, table.grid_code, table.shape,
        ).where(table.location_text != "", table.placed_by == "geocoder")
        for kind, table in (("case", Case), ("place", Place))
    ]  # fmt: skip
    return list(connection.execute(union_all(*parts)).mappings())


def lock_records(connection: Connection, kind: str, ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    """Return and hold the rows of records that are to be moved."""
    table: Any = Case if kind == "case" else Place
    found = {}
    for start in range(0, len(ids), _BATCH):
        query = (
            select(
                table.id, table.version, table.location_text, table.area_text, table.placed_by, table.shape
            )
            .where(table.id.in_(ids[start : start + _BATCH]))
            .order_by(table.id)
            .with_for_update()
        )
        found.update({row["id"]: row for row in connection.execute(query).mappings()})
    return found


def insert_items(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write the records that a check would move."""
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(GazetteerCheckItem), list(rows[start : start + _BATCH]))


def list_items(connection: Connection, check_id: UUID, *, scope: Scope) -> list[RowMapping]:
    """Return the records of a check that this person may see, those of other owners first, then by distance."""
    item = GazetteerCheckItem
    common = [column for column in item.__table__.columns if column.name != "check_id"]
    cases = (
        select(*common, Case.number.label("case_number"), Case.location_text.label("words"), Case.kind.label("what"),
               Case.state.label("status"))
        .join(Case, and_(item.record_kind == "case", Case.id == item.record_id))
        .where(item.check_id == check_id, scope.case_filter(Case))
    )  # fmt: skip
    places = (
        select(*common, null().label("case_number"), Place.location_text, Place.name, Place.status)
        .join(Place, and_(item.record_kind == "place", Place.id == item.record_id))
        .where(item.check_id == check_id, scope.place_filter(Place))
    )
    rows = list(connection.execute(union_all(cases, places)).mappings())
    return sorted(rows, key=lambda row: row["id"])


def count_items(connection: Connection, check_id: UUID) -> dict[str, int]:
    """Return how many records a check would move, by the kind of change."""
    query = (
        select(GazetteerCheckItem.change, func.count())
        .where(GazetteerCheckItem.check_id == check_id)
        .group_by(GazetteerCheckItem.change)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def update_check(connection: Connection, check_id: UUID, **values: Any) -> None:
    """Change a check's row; its version goes up by one."""
    connection.execute(
        update(GazetteerCheck)
        .where(GazetteerCheck.id == check_id)
        .values(version=GazetteerCheck.version + 1, **values)
    )


def list_checks(connection: Connection, *, limit: int = 50) -> list[RowMapping]:
    """Return the checks, the newest first, without their snapshots."""
    columns = [column for column in GazetteerCheck.__table__.columns if column.name != "snapshot"]
    query = select(*columns).order_by(GazetteerCheck.number.desc()).limit(limit)
    return list(connection.execute(query).mappings())


def list_versions(connection: Connection, *, limit: int = 50) -> list[RowMapping]:
    """Return the versions, the newest first."""
    query = select(GazetteerVersion.__table__).order_by(GazetteerVersion.number.desc()).limit(limit)
    return list(connection.execute(query).mappings())


def drop_basemap(connection: Connection) -> None:
    """Take the background map out, to be written anew."""
    connection.execute(delete(BasemapFeature))


def line_features(connection: Connection, *, limit: int = 20_000) -> list[RowMapping]:
    """Return roads, railways and waters of the background map as they are drawn, office CRS."""
    query = (
        select(BasemapFeature.id, BasemapFeature.layer, BasemapFeature.name, BasemapFeature.kind, BasemapFeature.shape)
        .where(
            BasemapFeature.layer.in_(("road", "rail", "water")),
            func.ST_GeometryType(BasemapFeature.shape).in_(("ST_LineString", "ST_MultiLineString")),
        )
        .order_by(BasemapFeature.id)
        .limit(limit)
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def try_run(connection: Connection, check_number: int) -> bool:
    """Return whether nobody runs a check: true takes the run for the length of the session."""
    held = connection.scalar(
        text("select pg_try_advisory_lock(:key, :number)"), {"key": 0x6761_7A72, "number": check_number}
    )
    return bool(held)


def end_run(connection: Connection, check_number: int) -> None:
    """Give a run taken by `try_run` back."""
    connection.execute(
        text("select pg_advisory_unlock(:key, :number)"), {"key": 0x6761_7A72, "number": check_number}
    )


def is_running(connection: Connection, number: int, started_at: datetime) -> bool:
    """Return whether somebody works on a check that says it is running."""
    if not try_run(connection, number):
        return True
    end_run(connection, number)
    return datetime.now(UTC) - started_at < _GRACE
