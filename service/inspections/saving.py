"""Writing inspections: results, the problems of failed items, and the ladder, in the caller's transaction.

Many at a time, in the order of time, so that a list of past inspections tells the same story as if each
had been filed on its day: a second failure of an item joins the problem that is open, one after its
closing is a relapse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.crs import WGS84, reproject
from geodata.places import CheckSheet
from service.cases.deadline import due_at
from service.cases.filters import OPEN_STATES
from service.cases.records import NewCase, NewEvent, insert_cases
from service.clock import office_day
from service.inspections.ladder import climb
from service.inspections.model import ItemResult, NewInspection, Offer, Opened, PlaceFacts
from service.intake.model import Draft, Placed
from service.kinds.reading import RecordKinds, read_kinds, stated_kind
from service.store.tables import Case, Inspection, InspectionItem, SheetVersion
from service.words import tr

if TYPE_CHECKING:
    from geodata.places import PlaceClasses
    from geodata.zones import ZoneAnswer, ZoneTree
    from service.kinds.table import CurrentKinds

_BATCH = 2000
# A failed critical item is a graver problem than the least.
_CRITICAL_SEVERITY = 2


@dataclass(frozen=True, slots=True)
class Inspecting:
    """What saving works with."""

    kinds: CurrentKinds
    classes: PlaceClasses
    zones: ZoneTree
    srid: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What a batch led to."""

    opened: tuple[Opened, ...]
    offers: tuple[Offer, ...]


def keep_sheet(connection: Connection, sheet: CheckSheet, at: datetime) -> None:
    """Keep a check-sheet as it is now beside the inspections made with it."""
    connection.execute(
        upsert(SheetVersion)
        .values(code=sheet.code, version=sheet.version, content=sheet.content(), first_used_at=at)
        .on_conflict_do_nothing()
    )


def save_inspections(connection: Connection, batch: Sequence[NewInspection], tools: Inspecting) -> Saved:
    """Write inspections with the problems of their failed items and return what came of them."""
    ordered = sorted(batch, key=lambda one: (one.at, str(one.id)))
    known = _known_cases(connection, {one.place.id for one in ordered})
    zones = _zones_of(ordered, tools)
    cases: list[NewCase] = []
    items: list[dict[str, object]] = []
    opened: list[Opened] = []
    offers: list[Offer] = []
    for one in ordered:
        for item in one.items:
            before = known.get((one.place.id, item.item))
            case_id: UUID | None = None
            if item.result == "fail":
                is_open = before is not None and before.open
                case_id = before.id if before and is_open else uuid4()
                if not is_open:
                    relapse_of = before.id if before else None
                    cases.append(_case(one, item, case_id, relapse_of, zones.get(one.place.id), tools))
                    known[one.place.id, item.item] = _Known(case_id, True)
                opened.append(Opened(one.id, item.item, case_id, not is_open, bool(before and not is_open)))
            elif item.result == "pass" and before is not None and before.open:
                offers.append(Offer(one.id, item.item, before.id))
            items.append(
                {"inspection_id": one.id, "item": item.item, "words": item.words, "result": item.result,
                 "note": item.note, "case_id": case_id}
            )  # fmt: skip
    insert_cases(connection, cases, srid=tools.srid)
    _insert(connection, ordered, items)
    climb(connection, [one for one in ordered if tools.classes.is_six(one.place.place_class)])
    return Saved(tuple(opened), tuple(offers))


@dataclass(frozen=True, slots=True)
class _Known:
    id: UUID
    open: bool


def _known_cases(connection: Connection, places: set[UUID]) -> dict[tuple[UUID, str], _Known]:
    """Return the newest case of every place and item: open ones before finished ones."""
    found: dict[tuple[UUID, str], _Known] = {}
    wanted = sorted(places)
    for start in range(0, len(wanted), _BATCH):
        query = (
            select(Case.id, Case.place_id, Case.check_item, Case.state)
            .where(
                Case.place_id.in_(wanted[start : start + _BATCH]),
                Case.check_item != "",
                Case.state != "cancelled",
            )
            .order_by(Case.state.in_(OPEN_STATES), Case.closed_at.nulls_last(), Case.number)
        )
        for row in connection.execute(query):
            found[row.place_id, row.check_item] = _Known(row.id, row.state in OPEN_STATES)
    return found


def _zones_of(batch: Sequence[NewInspection], tools: Inspecting) -> dict[UUID, ZoneAnswer]:
    """Return whose the failing places are."""
    failing = {one.place.id: one.place for one in batch if one.failed and one.place.shape is not None}
    if not failing:
        return {}
    places = list(failing.values())
    shapes = [place.shape for place in places if place.shape is not None]
    answers = tools.zones.shares_many(
        shapes, uncertainties_m=[place.uncertainty_m or 0.0 for place in places]
    )
    return dict(zip(failing, answers, strict=True))


def describe(place: PlaceFacts, item: ItemResult, sheet_name: str) -> str:
    """Return what is wrong, composed from place, item and the inspector's word."""
    said = f"：{item.note.strip()}" if item.note.strip() else ""
    return f"{place.name}：“{item.words}”不合格{said}（{sheet_name}）"[:2000]


def kinds_of_item(place: PlaceFacts, item: ItemResult, kinds: CurrentKinds) -> RecordKinds:
    """Return the kind that a check-sheet states for its item, else what the item's words say.

    A failed item is one problem: what else its words may mean are suggestions.
    """
    reason = tr(f"检查项“{item.words}”", f"check item {item.words}")
    if kinds.table.find(item.kind):
        return stated_kind(item.kind, reason, kinds, place.place_class)
    found = read_kinds(
        f"{item.words} {item.note}", place=place.name, place_class=place.place_class, kinds=kinds
    )
    also = tuple({"kind": k.kind, "sure": k.sure, "reason": k.reason, "word": ""} for k in found.more)
    main = replace(found.main, reason=reason) if found.main.kind else found.main
    return RecordKinds(main, (), also + found.options)


def _case(
    one: NewInspection, item: ItemResult, case_id: UUID, relapse_of: UUID | None, zone: ZoneAnswer | None,
    tools: Inspecting,
) -> NewCase:  # fmt: skip
    place = one.place
    words = describe(place, item, one.sheet_name)
    draft = Draft(
        sheet="", line=0, key="", location_text=place.location_text, area=place.area_text, description=words,
        name=place.name, place_class=place.place_class, kinds=kinds_of_item(place, item, tools.kinds),
        unit=place.unit, reported_at=office_day(one.at), geometry=None, cells={},
    )  # fmt: skip
    placed = Placed(
        draft=draft, status=place.placement, location=None,  # type: ignore[arg-type]
        geometry=reproject(place.shape, tools.srid, WGS84) if place.shape is not None else None,
        geometry_m=place.shape, crs=tools.srid, zone=zone, placed_by="place",
    )  # fmt: skip
    return NewCase(
        id=case_id, placed=placed, reported_at=one.at, created_at=one.at, import_id=one.import_id,
        due_at=due_at(tools.kinds.table, draft.kind, one.at), severity=_CRITICAL_SEVERITY if item.critical else 1,
        relapse_of=relapse_of, place_id=place.id, check_item=item.item,
        events=[NewEvent(state="reported", at=one.at, actor=one.inspector)],
    )  # fmt: skip


def _insert(
    connection: Connection, batch: Sequence[NewInspection], items: Sequence[dict[str, object]]
) -> None:
    rows: list[dict[str, object]] = [
        {
            "id": one.id, "place_id": one.place.id, "sheet": one.sheet, "sheet_version": one.sheet_version,
            "result": "fail" if one.failed else "pass", "at": one.at, "inspector": one.inspector,
            "note": one.note, "import_id": one.import_id, "created_at": one.at,
        }
        for one in batch
    ]  # fmt: skip
    for table, values in ((Inspection, rows), (InspectionItem, list(items))):
        for part in _parts(values):
            connection.execute(insert(table), part)


def _parts(rows: Sequence[dict[str, object]]) -> Iterable[list[dict[str, object]]]:
    for start in range(0, len(rows), _BATCH):
        yield list(rows[start : start + _BATCH])
