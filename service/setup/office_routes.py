"""The office's own facts over HTTP, and how far its set-up is. Only for the administrator."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import update

from service.audit.trail import record
from service.deps import ConnectionDep, ScopeDep, ServiceDep
from service.errors import Refused
from service.fields import Body, Line
from service.office import write_office
from service.setup.facts import missing, steps_of
from service.setup.routes import OfficeItem
from service.store.tables import OfficeRecord
from service.words import tr

router = APIRouter(prefix="/api", tags=["office"])


class OfficeFacts(Body):
    """What can be changed of an office: what is left out stays."""

    name: Annotated[Line, Field(min_length=1, max_length=60)] | None = None
    note: Annotated[Line, Field(max_length=200)] | None = None
    public: bool | None = None


class StepItem(BaseModel):
    """One step of the set-up; `needs` names steps that must come first."""

    key: str
    title: str
    state: Literal["done", "works", "missing"]
    facts: list[str]
    advice: str
    needs: list[str]


class SetUpState(BaseModel):
    """How far the office is."""

    missing: int
    steps: list[StepItem]


@router.get("/setup")
def get_setup(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> SetUpState:
    """Return every step with what is there and what is missing."""
    scope.require("set_up")
    steps = steps_of(connection, service)
    items = [
        StepItem(
            key=step.key, title=step.title, state=step.state, facts=list(step.facts), advice=step.advice,
            needs=list(step.needs),
        )
        for step in steps
    ]  # fmt: skip
    return SetUpState(missing=missing(steps), steps=items)


@router.patch("/office")
def patch_office(
    facts: OfficeFacts, request: Request, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> OfficeItem:
    """Change the office's name, its remark on every map, or whether its map is public."""
    scope.require("set_up")
    given = facts.model_dump(exclude_none=True)
    given = {key: value.strip() if isinstance(value, str) else value for key, value in given.items()}
    if given.get("name") == "":
        raise Refused(
            tr("单位名称不能为空", "the office needs a name"), fields=[("body.name", tr("不能为空", "empty"))]
        )
    office = replace(service.office, **given)
    if office != service.office:
        connection.execute(update(OfficeRecord).values(name=office.name))
        record(
            connection, actor=scope.actor, action="office_changed", object_type="office", object_id="1",
            detail={"changed": sorted(given), "public": office.public},
        )  # fmt: skip
        # Last before the commit: a failed write of the file leaves the row as it was.
        write_office(service.settings.data_dir, office)
        request.app.state.service = replace(service, office=office)
    return OfficeItem(
        name=office.name, note=office.note, is_demo=office.is_demo, now=office.clock.now(), crs=office.crs
    )
