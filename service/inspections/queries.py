"""SQL of inspections; every query carries the person's scope through the places it joins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select
from sqlalchemy.orm import aliased

from geodata.places import CheckSheet
from geodata.places.sheets import sheet_of
from service.auth.scope import Scope
from service.inspections.model import PlaceFacts
from service.store.shapes import from_store
from service.store.tables import Case, Inspection, InspectionItem, Ladder, LadderStep, Place, SheetVersion


def find_facts(connection: Connection, place_ids: Sequence[UUID], *, scope: Scope) -> dict[UUID, PlaceFacts]:
    """Return what inspections need of the places that a person may see."""
    found: dict[UUID, PlaceFacts] = {}
    for start in range(0, len(place_ids), 2000):
        query = select(
            Place.id, Place.name, Place.place_class, Place.unit, Place.location_text, Place.area_text, Place.placement,
            Place.uncertainty_m, Place.shape,
        ).where(Place.id.in_(place_ids[start : start + 2000]), scope.place_filter(Place))  # fmt: skip
        for row in connection.execute(query).mappings():
            values = {name: row[name] for name in row if name != "shape"}
            shape = from_store(row["shape"]) if row["shape"] is not None else None
            found[row["id"]] = PlaceFacts(**values, shape=shape)
    return found


def place_family(place_id: UUID) -> Select[UUID]:
    """Return the query for a place and those merged into it: their inspections are told together."""
    return select(Place.id).where(or_(Place.id == place_id, Place.merged_into == place_id))


def list_inspections(
    connection: Connection, *, scope: Scope, place_id: UUID | None = None, limit: int = 100,
    before: tuple[datetime, UUID] | None = None,
) -> list[RowMapping]:  # fmt: skip
    """Return inspections, newest first, with counts of their items."""
    of = InspectionItem.__table__.alias("of")

    def count(result: str) -> ColumnElement[int]:
        return (
            select(func.count())
            .where(of.c.inspection_id == Inspection.id, of.c.result == result)
            .scalar_subquery()
        )

    query = (
        select(
            Inspection.id, Inspection.place_id, Inspection.sheet, Inspection.sheet_version, Inspection.result, Inspection.at,
            Inspection.inspector, Inspection.note, Place.name.label("place_name"), Place.place_class,
            Place.community_code, Place.grid_code,
            count("pass").label("passed"), count("fail").label("failed"), count("na").label("na"),
        )
        .join(Place, Place.id == Inspection.place_id)
        .where(scope.place_filter(Place))
        .order_by(Inspection.at.desc(), Inspection.id.desc())
        .limit(limit)
    )  # fmt: skip
    if place_id is not None:
        query = query.where(Inspection.place_id.in_(place_family(place_id)))
    if before is not None:
        query = query.where(
            (Inspection.at < before[0]) | ((Inspection.at == before[0]) & (Inspection.id < before[1]))
        )
    return list(connection.execute(query).mappings())


def find_inspection(connection: Connection, inspection_id: UUID, *, scope: Scope) -> RowMapping | None:
    """Return an inspection at a place that a person may see, None when absent or invisible."""
    query = (
        select(Inspection.__table__, Place.name.label("place_name"), Place.place_class)
        .join(Place, Place.id == Inspection.place_id)
        .where(Inspection.id == inspection_id, scope.place_filter(Place))
    )
    return connection.execute(query).mappings().one_or_none()


def list_items(connection: Connection, inspection_ids: Sequence[UUID], *, scope: Scope) -> list[RowMapping]:
    """Return the item results of inspections; the number of a problem only where the person may see it."""
    seen = aliased(Case, name="seen")
    query = (
        select(
            InspectionItem.inspection_id, InspectionItem.item, InspectionItem.words, InspectionItem.result,
            InspectionItem.note, seen.id.label("case_id"), seen.number.label("case_number"),
            seen.state.label("case_state"), seen.relapse_of.label("relapse_of"), seen.version.label("case_version"),
        )
        .outerjoin(seen, (seen.id == InspectionItem.case_id) & scope.case_filter(seen))
        .where(InspectionItem.inspection_id.in_(inspection_ids))
        .order_by(InspectionItem.inspection_id, InspectionItem.id)
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def list_place_cases(connection: Connection, place_id: UUID, *, scope: Scope) -> list[RowMapping]:
    """Return the problems opened at a place that a person may see, newest first."""
    query = (
        select(
            Case.id, Case.number, Case.kind, Case.command, Case.state, Case.check_item, Case.description, Case.reported_at,
            Case.closed_at, Case.relapse_of, Case.version,
        )
        .where(Case.place_id.in_(place_family(place_id)), scope.case_filter(Case))
        .order_by(Case.reported_at.desc(), Case.number.desc())
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def last_results(connection: Connection, place_id: UUID) -> dict[str, RowMapping]:
    """Return item -> its newest result that is pass or fail; ask only for a place already found visible."""
    query = (
        select(InspectionItem.item, InspectionItem.result, Inspection.at, Inspection.inspector)
        .join(Inspection, Inspection.id == InspectionItem.inspection_id)
        .where(Inspection.place_id.in_(place_family(place_id)), InspectionItem.result != "na")
        .order_by(Inspection.at, Inspection.id)
    )
    return {row["item"]: row for row in connection.execute(query).mappings()}


def find_sheet(connection: Connection, code: str, version: str) -> CheckSheet | None:
    """Return a check-sheet as it was when it was used."""
    query = select(SheetVersion.content).where(SheetVersion.code == code, SheetVersion.version == version)
    content: dict[str, Any] | None = connection.scalar(query)
    return sheet_of(content) if content else None


def list_ladders(
    connection: Connection,
    *,
    scope: Scope,
    states: Sequence[str] = (),
    place_id: UUID | None = None,
    ladder_id: UUID | None = None,
    limit: int = 500,
) -> list[RowMapping]:
    """Return ladders of places that a person may see, newest movement first."""
    query = (
        select(
            Ladder.id, Ladder.place_id, Ladder.state, Ladder.unit, Ladder.opened_at, Ladder.updated_at, Ladder.version,
            Place.name.label("place_name"), Place.place_class, Place.location_text, Place.community_code, Place.grid_code,
        )
        .join(Place, Place.id == Ladder.place_id)
        .where(scope.place_filter(Place))
        .order_by(Ladder.updated_at.desc(), Ladder.id)
        .limit(limit)
    )  # fmt: skip
    if ladder_id is not None:
        query = query.where(Ladder.id == ladder_id)
    if states:
        query = query.where(Ladder.state.in_(states))
    if place_id is not None:
        query = query.where(Ladder.place_id.in_(place_family(place_id)))
    return list(connection.execute(query).mappings())


def list_steps(connection: Connection, ladder_ids: Sequence[UUID]) -> list[RowMapping]:
    """Return the steps of ladders already found visible, oldest first."""
    query = (
        select(
            LadderStep.ladder_id,
            LadderStep.state,
            LadderStep.at,
            LadderStep.actor,
            LadderStep.note,
            LadderStep.inspection_id,
        )
        .where(LadderStep.ladder_id.in_(ladder_ids))
        .order_by(LadderStep.at, LadderStep.id)
    )
    return list(connection.execute(query).mappings())


def count_items(
    connection: Connection,
    *,
    scope: Scope,
    first: datetime,
    after: datetime,
    standard_items: Sequence[tuple[str, str]] = (),
) -> list[RowMapping]:
    """Return passed and failed items, inspections and inspected places per community and class.

    Parameters
    ----------
    first, after
        Inspections at `first` or later and before `after`.
    standard_items
        (sheet, item) pairs to count; empty: all.
    """
    passed = func.count().filter(InspectionItem.result == "pass")
    failed = func.count().filter(InspectionItem.result == "fail")
    query = (
        select(
            Place.community_code.label("community"), Place.place_class,
            passed.label("passed"), failed.label("failed"), func.count().filter(InspectionItem.result == "na").label("na"),
            func.count(func.distinct(Inspection.id)).label("inspections"),
            func.count(func.distinct(Inspection.place_id)).label("places"),
        )
        .join(Inspection, Inspection.id == InspectionItem.inspection_id)
        .join(Place, Place.id == Inspection.place_id)
        .where(scope.place_filter(Place), Inspection.at >= first, Inspection.at < after)
        .group_by(Place.community_code, Place.place_class)
        .order_by(Place.community_code, Place.place_class)
    )  # fmt: skip
    if standard_items:
        query = query.where(
            or_(
                *(
                    (Inspection.sheet == sheet) & (InspectionItem.item == item)
                    for sheet, item in standard_items
                )
            )
        )
    return list(connection.execute(query).mappings())


def count_places(connection: Connection, *, scope: Scope) -> dict[tuple[str, str], int]:
    """Return the open places per community and class: what inspections and problems come from."""
    query = (
        select(Place.community_code, Place.place_class, func.count().label("n"))
        .where(scope.place_filter(Place), Place.status != "closed")
        .group_by(Place.community_code, Place.place_class)
    )
    return {(row.community_code, row.place_class): row.n for row in connection.execute(query)}
