"""One report from a person: placed, assigned and written as a case, at once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from shapely.geometry import Point
from sqlalchemy import Connection

from geodata.datums import to_wgs84
from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.deadline import due_at
from service.cases.model import Report
from service.cases.records import NewCase, NewEvent, insert_cases
from service.clock import office_day
from service.errors import Refused
from service.kinds.reading import RecordKinds, read_kinds, stated_kind
from service.words import tr

if TYPE_CHECKING:
    from service.deps import Service
    from service.intake.model import Draft
    from service.kinds.table import CurrentKinds

_KEY = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


def client_id(key: str | None) -> UUID | None:
    """Return the id a client made for its report, None when it sent none.

    Raises
    ------
    Refused
        If the header is not a UUID.
    """
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(
            tr("编号须为 UUID", "the id must be a UUID"), fields=[("header.Idempotency-Key", "UUID")]
        )
    return UUID(key)


def _kinds_of(report: Report, kinds: CurrentKinds) -> RecordKinds:
    """Return what a report says; one report is one case, further kinds are suggestions."""
    if report.kind:
        kind = kinds.table.find(report.kind)
        if kind is None:
            raise Refused(
                tr("没有这个问题类别", "unknown kind"),
                fields=[("body.kind", tr("见 /api/kinds", "see /api/kinds"))],
            )
        return stated_kind(kind.code, tr("上报人选定", "chosen by the reporter"), kinds)
    found = read_kinds(report.description, place=report.location_text, place_class="", kinds=kinds)
    also = tuple({"kind": k.kind, "sure": k.sure, "reason": k.reason, "word": ""} for k in found.more)
    return replace(found, more=(), options=also + found.options)


def _draft(report: Report, kinds: CurrentKinds, now: datetime) -> Draft:
    from service.intake.model import Draft

    geometry = None
    if report.lon is not None and report.lat is not None:
        lon, lat = to_wgs84(np.array([[report.lon, report.lat]]), report.datum)[0]
        geometry = Point(lon, lat)
    elif report.lon is not None or report.lat is not None:
        raise Refused(
            tr("经度和纬度要一起给", "give longitude and latitude together"),
            fields=[("body.lon", ""), ("body.lat", "")],
        )
    elif not report.location_text.strip():
        raise Refused(
            tr("请写明位置，或给出坐标", "give a location text or a position"),
            fields=[("body.location_text", tr("缺少", "missing"))],
        )
    return Draft(
        sheet="", line=0, key="", location_text=report.location_text.strip(), area="",
        description=report.description.strip(), name="", place_class="", kinds=_kinds_of(report, kinds),
        unit=report.unit.strip(), reported_at=office_day(now), geometry=geometry, cells={},
    )  # fmt: skip


def save_report(
    connection: Connection, report: Report, *, case_id: UUID, scope: Scope, service: Service
) -> None:
    """Place a report and write it as a case, with its audit row, in the caller's transaction.

    Raises
    ------
    Refused
        If it names no place at all, or a kind that does not exist.
    """
    from service.intake.placing import place

    now = service.clock.now()
    draft = _draft(report, service.kind_rules.on(connection), now)
    zones = service.zones.on(connection, office_day(now), hold=True)
    placed = place([draft], geocoder=service.geocoder.current(connection), zones=zones)[0]
    new = NewCase(
        id=case_id,
        placed=placed,
        reported_at=now,
        created_at=now,
        due_at=due_at(service.kinds, draft.kind, now),
        severity=report.severity,
        events=[NewEvent(state="reported", at=now, actor=scope.actor)],
    )
    insert_cases(connection, [new], srid=service.office.crs)
    record(
        connection, actor=scope.actor, action="case_reported", object_type="case", object_id=str(case_id),
        detail={"placement": placed.status, "kind": draft.kind},
    )  # fmt: skip
