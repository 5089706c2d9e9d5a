"""A profile's problems become cases by the way of every list: text, geocoder, zones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from geodata.geocode import Geocoder
from geodata.kinds import KindTable
from geodata.zones import ZoneTree
from service.cases.deadline import due_at
from service.cases.records import NewCase, NewEvent, insert_cases
from service.clock import office_day
from service.intake.model import Draft, Placed
from service.intake.placing import place
from service.kinds.reading import KindChoice, RecordKinds, stated_kind
from service.kinds.table import CurrentKinds
from service.setup.profile import Told
from service.words import tr


def insert_problems(
    connection: Connection,
    problems: Sequence[Told],
    *,
    geocoder: Geocoder,
    zones: ZoneTree,
    kinds: KindTable,
    srid: int,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write a profile's problems and return how many could not be placed and wait for review."""
    placed = place(
        [_draft(told, kinds) for told in problems], geocoder=geocoder, zones=zones, progress=progress
    )
    cases = [_case(told, item, kinds) for told, item in zip(problems, placed, strict=True)]
    insert_cases(connection, cases, srid=srid)
    return sum(item.status != "located" for item in placed)


def _draft(told: Told, kinds: KindTable) -> Draft:
    return Draft(
        sheet="", line=0, key=f"profile:{told.id}", location_text=told.location_text, area="",
        description=told.description, name="", place_class="", kinds=_kinds(told, kinds), unit=told.unit,
        reported_at=office_day(told.reported_at), geometry=None, cells={},
    )  # fmt: skip


def _kinds(told: Told, kinds: KindTable) -> RecordKinds:
    if told.kind:
        return stated_kind(told.kind, tr("配置中写明", "stated in the profile"), CurrentKinds(kinds))
    return RecordKinds(KindChoice("", "", "", "none"))


def _case(told: Told, placed: Placed, kinds: KindTable) -> NewCase:
    last: datetime = told.history[-1][1] if told.history else told.reported_at
    return NewCase(
        id=told.id,
        placed=placed,
        reported_at=told.reported_at,
        created_at=told.reported_at,
        updated_at=last,
        source_key=placed.draft.key,
        due_at=due_at(kinds, told.kind, told.reported_at),
        state=told.state,
        closed_at=last if told.state == "closed" else None,
        severity=told.severity,
        relapse_of=told.relapse_of,
        events=[NewEvent(state=state, at=at, actor=actor) for state, at, actor in told.history],
    )
