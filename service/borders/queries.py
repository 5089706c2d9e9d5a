"""SQL of the border changes: proposals, their zones, what they did to cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import geopandas as gpd
from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from service.auth.scope import Scope
from service.cases.filters import OPEN_STATES
from service.cases.records import share_rows, zone_columns
from service.intake.placing import COORDINATE_UNCERTAINTY_M
from service.setup.queries import held
from service.store.shapes import as_multipolygon, from_store, to_store
from service.store.tables import (
    BorderChange,
    Case,
    CaseEvent,
    CaseMove,
    Place,
    ProposedZone,
    User,
    Zone,
    ZoneShare,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geodata.zones import Level, ZoneAnswer

# Any constant: proposals are written one after the other, so that a twin finds the first.
_LOCK = 0x626F7271
# Cases farther from all changed ground than three times their uncertainty have nothing to do with it.
_REACH_SIGMAS = 3.0
_LEAST_REACH_M = 15.0
_BATCH = 1000


def lock_proposals(connection: Connection) -> None:
    """Let no other proposal be written until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def insert_change(connection: Connection, **values: Any) -> None:
    """Write the row of a proposal."""
    connection.execute(insert(BorderChange).values(**values))


def insert_proposed(
    connection: Connection, change_id: UUID, layers: Mapping[Level, gpd.GeoDataFrame], *, srid: int
) -> None:
    """Write the whole layers of a proposal."""
    rows = [
        {
            "change_id": change_id, "level": level, "code": zone["code"], "name": zone["name"],
            "parent_code": zone["parent"] or None, "leader": zone["leader"],
            "shape": to_store(as_multipolygon(zone["geometry"]), srid=srid),
        }
        for level, layer in layers.items()
        for zone in layer.to_dict("records")
    ]  # fmt: skip
    connection.execute(insert(ProposedZone), rows)


def find_twin(connection: Connection, *, sha256: str, valid_from: date) -> RowMapping | None:
    """Return the change that the same file for the same day made before, unless it was rejected."""
    query = select(BorderChange.__table__).where(
        BorderChange.sha256 == sha256,
        BorderChange.valid_from == valid_from,
        BorderChange.state != "rejected",
    )
    return connection.execute(query).mappings().one_or_none()


def find_rival(
    connection: Connection, *, valid_from: date, change_id: UUID, proposed_at: datetime
) -> RowMapping | None:
    """Return another change for the same day that stands in the way.

    One that waits for its day does, and so does one that took effect after the proposal was made: whoever
    drew it did not see those borders. One that was seen can be corrected on the same day.
    """
    query = select(BorderChange.__table__).where(
        BorderChange.valid_from == valid_from,
        or_(
            BorderChange.state == "accepted",
            and_(BorderChange.state == "applied", BorderChange.applied_at >= proposed_at),
        ),
        BorderChange.id != change_id,
    )
    return connection.execute(query).mappings().first()


def find_change(connection: Connection, change_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """Return a change; `lock` holds its row until commit."""
    query = select(BorderChange.__table__).where(BorderChange.id == change_id)
    return connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def list_changes(connection: Connection, *, limit: int = 200) -> list[RowMapping]:
    """Return the changes: those that wait for a decision first, then the newest."""
    query = (
        select(BorderChange.__table__)
        .order_by(BorderChange.state != "proposed", BorderChange.proposed_at.desc(), BorderChange.id)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())


def list_due(connection: Connection, *, today: date) -> list[UUID]:
    """Return the accepted changes whose day has come, earliest day first."""
    query = (
        select(BorderChange.id)
        .where(BorderChange.state == "accepted", BorderChange.valid_from <= today)
        .order_by(BorderChange.valid_from)
    )
    return list(connection.scalars(query))


def update_change(connection: Connection, change_id: UUID, **values: Any) -> None:
    """Change a proposal's row; its version goes up by one."""
    connection.execute(
        update(BorderChange)
        .where(BorderChange.id == change_id)
        .values(version=BorderChange.version + 1, **values)
    )


def load_proposed(connection: Connection, change_id: UUID) -> list[dict[str, Any]]:
    """Return the zones of a proposal as rows for `service.borders.current.zone_tree`."""
    query = (
        select(
            ProposedZone.level, ProposedZone.code, ProposedZone.name, ProposedZone.leader, ProposedZone.shape,
            func.coalesce(ProposedZone.parent_code, "").label("parent"),
        )
        .where(ProposedZone.change_id == change_id)
        .order_by(ProposedZone.id)
    )  # fmt: skip
    return [
        {**row, "shape": from_store(row["shape"]), "valid_from": None, "valid_to": None}
        for row in connection.execute(query).mappings()
    ]


def close_zones(
    connection: Connection, keys: Sequence[tuple[str, str, date]], *, end: date, now: datetime
) -> None:
    """End border versions, given by level, code and first day."""
    for level, code, begin in keys:
        connection.execute(
            update(Zone)
            .where(
                Zone.level == level,
                Zone.code == code,
                Zone.valid_from == begin,
                Zone.valid_to.is_distinct_from(end),
            )
            .values(valid_to=end, ended_at=now)
        )


def open_zones(
    connection: Connection, layers: Mapping[Level, gpd.GeoDataFrame], *, now: datetime, srid: int
) -> None:
    """Write new border versions with the days that their rows state."""
    rows = [
        {
            "level": level, "code": zone["code"], "name": zone["name"], "parent_code": zone["parent"] or None,
            "leader": zone["leader"] or "", "valid_from": zone["valid_from"], "valid_to": zone["valid_to"], "recorded_at": now,
            "shape": to_store(as_multipolygon(zone["geometry"]), srid=srid),
        }
        for level, layer in layers.items()
        for zone in layer.to_dict("records")
    ]  # fmt: skip
    if rows:
        connection.execute(insert(Zone), rows)


def list_cases_near(
    connection: Connection, region: BaseGeometry, *, scope: Scope, srid: int, lock: bool = False
) -> list[RowMapping]:
    """Return the open, placed, visible cases on or near a region (office CRS), by number.

    `lock` holds their rows until commit.
    """
    reach_m = _reach_m(Case.uncertainty_m)
    columns = [column for column in Case.__table__.columns if column.name not in ("trace", "source_key")]
    query = (
        select(*columns)
        .where(
            scope.case_filter(Case), Case.state.in_(OPEN_STATES), Case.shape.is_not(None),
            func.ST_DWithin(Case.shape, func.ST_GeomFromEWKB(_bytes(region, srid)), reach_m),
        )
        .order_by(Case.number)
    )  # fmt: skip
    if lock:
        # In the order of ids, as everybody who locks several cases does: no two wait for each other.
        ids = sorted(connection.scalars(query.with_only_columns(Case.id)))
        held = select(Case.id).where(Case.id.in_(ids)).order_by(Case.id).with_for_update()
        connection.execute(held).all()
    return list(connection.execute(query).mappings())


def list_places_near(connection: Connection, region: BaseGeometry, *, srid: int) -> list[RowMapping]:
    """Return id, shape, uncertainty and zones of the register's placed places on or near a region, locked."""
    query = (
        select(
            Place.id, Place.shape, Place.uncertainty_m, Place.p_within, Place.placed_by, Place.community_code,
            Place.grid_code, Place.side, Place.line_name,
        )
        .where(
            Place.shape.is_not(None),
            func.ST_DWithin(
                Place.shape, func.ST_GeomFromEWKB(_bytes(region, srid)),
                _reach_m(Place.uncertainty_m),
            ),
        )
        .order_by(Place.id)
        .with_for_update()
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def _reach_m(uncertainty_m: Any) -> Any:
    own = func.coalesce(uncertainty_m, COORDINATE_UNCERTAINTY_M)
    return func.greatest(_REACH_SIGMAS * own, _LEAST_REACH_M)


def _bytes(shape: BaseGeometry, srid: int) -> bytes:
    return bytes.fromhex(str(to_store(shape, srid=srid)))


def move_owners(
    connection: Connection, zones: Sequence[tuple[UUID, ZoneAnswer]], *, now: datetime | None, srid: int
) -> None:
    """Give cases the owners and parts of answers; `now` None leaves their time of change alone."""
    table: Any = Case.__table__
    for start in range(0, len(zones), _BATCH):
        batch = zones[start : start + _BATCH]
        ids = [case_id for case_id, _ in batch]
        statement = (
            update(table)
            .where(table.c.id == bindparam("case_id"))
            .values(
                version=table.c.version + 1,
                **{name: bindparam(f"new_{name}") for name in zone_columns(batch[0][1])},
                **({"updated_at": now} if now else {}),
            )
        )
        connection.execute(statement, [_new_values(case_id, zone, "case_id") for case_id, zone in batch])
        connection.execute(delete(ZoneShare).where(ZoneShare.case_id.in_(ids)))
        shares = [row for case_id, zone in batch for row in share_rows(case_id, zone, srid=srid)]
        connection.execute(insert(ZoneShare), shares)


def _new_values(key: UUID, zone: ZoneAnswer, name: str) -> dict[str, Any]:
    return {name: key, **{f"new_{column}": value for column, value in zone_columns(zone).items()}}


def move_places(connection: Connection, zones: Sequence[tuple[UUID, ZoneAnswer]], *, now: datetime) -> None:
    """Give places of the register their new zones."""
    if not zones:
        return
    table: Any = Place.__table__
    statement = (
        update(table)
        .where(table.c.id == bindparam("place_id"))
        .values(
            version=table.c.version + 1, updated_at=now,
            **{name: bindparam(f"new_{name}") for name in zone_columns(zones[0][1])},
        )
    )  # fmt: skip
    connection.execute(statement, [_new_values(place_id, zone, "place_id") for place_id, zone in zones])


def insert_moves(
    connection: Connection, rows: Sequence[dict[str, Any]], *, events: Sequence[dict[str, Any]]
) -> None:
    """Write what became of cases, and the step in each case's history."""
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(CaseMove), list(rows[start : start + _BATCH]))
    for start in range(0, len(events), _BATCH):
        connection.execute(insert(CaseEvent), list(events[start : start + _BATCH]))


def bump_cases(connection: Connection, ids: Sequence[UUID]) -> None:
    """Raise the version of cases about which something else was written."""
    connection.execute(update(Case).where(Case.id.in_(ids)).values(version=Case.version + 1))


def list_moves(connection: Connection, change_id: UUID, *, scope: Scope) -> list[RowMapping]:
    """Return what a change did to the cases that this person may see."""
    columns = [column for column in Case.__table__.columns if column.name not in ("trace", "source_key")]
    query = (
        select(
            *columns, CaseMove.outcome, CaseMove.reason, CaseMove.from_community, CaseMove.from_grid,
            CaseMove.to_community, CaseMove.to_grid, CaseMove.at.label("moved_at"),
        )
        .join(CaseMove, CaseMove.case_id == Case.id)
        .where(CaseMove.change_id == change_id, scope.case_filter(Case))
        .order_by(CaseMove.outcome, Case.number)
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def begun_on(connection: Connection, day: date, *, srid: int) -> dict[str, gpd.GeoDataFrame]:
    """Return the border versions that begin on a day, by level, with the columns of a version."""
    query = (
        select(Zone.level, Zone.code, Zone.name, Zone.parent_code.label("parent"), Zone.leader, Zone.shape)
        .where(Zone.valid_from == day, held(Zone))
        .order_by(Zone.id)
    )
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        rows.setdefault(row["level"], []).append({**row, "shape": from_store(row["shape"])})
    return {
        level: gpd.GeoDataFrame(
            {name: [row[name] for row in own] for name in ("code", "name", "parent", "leader")},
            geometry=[row["shape"] for row in own], crs=srid,
        )
        for level, own in rows.items()
    }  # fmt: skip


def void_zones(connection: Connection, keys: Sequence[tuple[str, str]], *, day: date, now: datetime) -> None:
    """End border versions on the day they began: corrected on the same day, they held from then until now.

    They stay in the table for reports of that time; as a version of the borders they count no more.
    """
    for level, code in keys:
        connection.execute(
            update(Zone)
            .where(Zone.level == level, Zone.code == code, Zone.valid_from == day, held(Zone))
            .values(valid_to=day, ended_at=now)
        )


def people_of(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Return the names of active accounts that work for any of these zones only."""
    query = select(User.display_name, User.zone_code).where(User.zone_code.is_not(None), User.active)
    gone = set(codes)
    return sorted(
        row.display_name for row in connection.execute(query) if set(row.zone_code.split(",")) <= gone
    )


def border_versions(connection: Connection) -> list[RowMapping]:
    """Return the days on which borders began, with how many zones of each level began then."""
    query = (
        select(
            Zone.valid_from,
            *(
                func.count().filter(Zone.level == level).label(level)
                for level in ("subdistrict", "community", "grid")
            ),
            func.count().filter(Zone.valid_to.is_not(None)).label("ended"),
        )
        .group_by(Zone.valid_from)
        .order_by(Zone.valid_from.desc())
    )
    return list(connection.execute(query).mappings())
