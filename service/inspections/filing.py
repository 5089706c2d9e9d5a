"""One inspection from a person's form: checked against the sheet, saved once, answered with what it led to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from geodata.places import CheckSheet
from service.audit.trail import record
from service.clock import office_day
from service.errors import NotFound, Refused
from service.fields import Body, Code, Words
from service.inspections.model import ItemResult, NewInspection
from service.inspections.queries import find_facts
from service.inspections.saving import Inspecting, Saved, keep_sheet, save_inspections
from service.words import tr

if TYPE_CHECKING:
    from service.auth.scope import Scope
    from service.deps import Service

# A phone that was without a network for weeks still counts; a clock that runs ahead does not.
_LONGEST_AGO = timedelta(days=60)


class ItemAnswer(Body):
    """What the inspector found for one item."""

    result: Literal["pass", "fail", "na"]
    note: Words = ""


class InspectionForm(Body):
    """Results for every item of the place's sheet, or `all_pass`; `at` is when it was, for a phone that was offline."""

    items: Annotated[dict[Code, ItemAnswer], Field(max_length=200)] = Field(default_factory=dict)
    all_pass: bool = False
    note: Words = ""
    at: Annotated[AwareDatetime | None, Field(strict=False)] = None


class OpenedItem(BaseModel):
    """A problem that a failed item opened or joined."""

    item: str
    case_id: UUID
    new: bool
    relapse: bool


class OfferedItem(BaseModel):
    """An item that passed while its problem is still open: it may be verified and closed."""

    item: str
    case_id: UUID


class Filed(BaseModel):
    """What became of a filed inspection."""

    id: UUID
    place_id: UUID
    result: Literal["pass", "fail"]
    opened: list[OpenedItem]
    offers: list[OfferedItem]


def inspecting_tools(connection: Connection, service: Service) -> Inspecting:
    """Return what saving works with in the running service."""
    zones = service.zones.on(connection, office_day(service.clock.now()), hold=True)
    return Inspecting(
        kinds=service.kind_rules.on(connection),
        classes=service.vocabulary.classes,
        zones=zones,
        srid=service.office.crs,
    )


def file_inspection(
    connection: Connection,
    place_id: UUID,
    form: InspectionForm,
    *,
    inspection_id: UUID,
    scope: Scope,
    service: Service,
) -> Filed:
    """Save a person's inspection with its problems and audit row, in the caller's transaction.

    Raises
    ------
    NotFound
        If the place is absent or invisible.
    Refused
        If its class has no sheet, items are missing or unknown, or the time cannot be.
    """
    # The borders first: nobody changes them between reading whose the place is and writing it.
    tools = inspecting_tools(connection, service)
    place = find_facts(connection, [place_id], scope=scope).get(place_id)
    if place is None:
        raise NotFound(tr("没有这个场所", "no such place"))
    sheet = service.vocabulary.sheet_for(place.place_class)
    if sheet is None:
        raise Refused(
            tr("这类场所没有检查表", "places of this class have no check-sheet"), fields=[("place_class", "")]
        )
    now = service.clock.now()
    at = _moment(form.at, now)
    new = NewInspection(
        id=inspection_id, place=place, sheet=sheet.code, sheet_version=sheet.version, sheet_name=sheet.name, at=at,
        inspector=scope.actor, items=_results(sheet, form), note=form.note.strip(),
    )  # fmt: skip
    keep_sheet(connection, sheet, now)
    saved = save_inspections(connection, [new], tools)
    record(
        connection, actor=scope.actor, action="inspected", object_type="place", object_id=str(place_id),
        detail={"inspection": str(inspection_id), "failed": len(saved.opened)},
    )  # fmt: skip
    return filed(new, saved)


def filed(new: NewInspection, saved: Saved) -> Filed:
    """Return what an inspection led to."""
    return Filed(
        id=new.id,
        place_id=new.place.id,
        result="fail" if new.failed else "pass",
        opened=[
            OpenedItem(item=o.item, case_id=o.case_id, new=o.new, relapse=o.relapse)
            for o in saved.opened if o.inspection == new.id
        ],
        offers=[OfferedItem(item=o.item, case_id=o.case_id) for o in saved.offers if o.inspection == new.id],
    )  # fmt: skip


def _moment(stated: datetime | None, now: datetime) -> datetime:
    if stated is None:
        return now
    if not now - _LONGEST_AGO <= stated <= now + timedelta(minutes=10):
        raise Refused(
            tr("检查时间不对：不能晚于现在，也不能早于 60 天前", "the time of the inspection cannot be"),
            fields=[("body.at", "")],
        )
    return min(stated, now)


def _results(sheet: CheckSheet, form: InspectionForm) -> list[ItemResult]:
    answers: Mapping[str, ItemAnswer] = form.items
    unknown = [code for code in answers if sheet.item(code) is None]
    missing = [item.code for item in sheet.items if item.code not in answers]
    if form.all_pass:
        missing = []
        if any(answer.result == "fail" for answer in answers.values()):
            raise Refused(
                tr("有不合格项，不能全部合格", "an item failed: not all passed"),
                fields=[("body.all_pass", "")],
            )
    if unknown or missing:
        raise Refused(
            tr("检查项没有填全，或有表上没有的项", "items are missing, or are not on the sheet"),
            fields=[(f"body.items.{code}", "") for code in (*unknown, *missing)],
        )
    return [
        ItemResult(
            item=item.code, words=item.words, result=answers[item.code].result if item.code in answers else "pass",
            kind=item.kind, critical=item.critical,
            note=answers[item.code].note.strip() if item.code in answers else "",
        )
        for item in sheet.items
    ]  # fmt: skip
