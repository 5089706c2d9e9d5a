"""Cases over HTTP: list, detail, counts, one report, steps, export."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import Connection

from service.auth.scope import Scope
from service.cases.advancing import advance_case, parse_if_match
from service.cases.exporting import export_workbook
from service.cases.filters import CaseFilterDep
from service.cases.model import (
    Advance,
    CaseDetail,
    CasePage,
    CommandItem,
    Count,
    Counts,
    KindItem,
    Kinds,
    Report,
)
from service.cases.present import case_detail, case_item
from service.cases.queries import (
    GROUPINGS,
    count_by,
    count_total,
    find_case,
    list_cases,
    list_events,
    list_shares,
    zone_names,
)
from service.cases.reporting import client_id, save_report
from service.cases.requests import conflicts_kept, find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound, Refused
from service.fields import Line, PageSize
from service.words import tr

router = APIRouter(prefix="/api", tags=["cases"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/cases")
def get_cases(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    filters: CaseFilterDep,
    limit: PageSize = 100,
    after: Annotated[Line | None, Query(description="上一页的 next")] = None,
) -> CasePage:
    """Return a page of the cases this person may see, newest report first."""
    now, srid = service.clock.now(), service.office.crs
    rows, following = list_cases(
        connection, scope=scope, filters=filters, srid=srid, now=now, limit=limit, after=after
    )
    names = zone_names(connection)
    return CasePage(
        items=[case_item(row, scope=scope, kinds=service.kinds, names=names) for row in rows],
        next=following,
        total=count_total(connection, scope=scope, filters=filters, srid=srid, now=now),
    )


@router.get("/cases/export.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def export_cases(
    connection: ConnectionDep, service: ServiceDep, scope: ScopeDep, filters: CaseFilterDep
) -> Response:
    """Return the filtered list as Excel."""
    scope.require("export")
    content, _ = export_workbook(
        connection, office=service.office, kinds=service.kinds, scope=scope, filters=filters
    )
    return Response(
        content, media_type=XLSX, headers={"content-disposition": 'attachment; filename="cases.xlsx"'}
    )


def read_case(connection: Connection, case_id: UUID, *, service: Service, scope: Scope) -> CaseDetail:
    """Return a case as this person may see it.

    Raises
    ------
    NotFound
        If it is absent or invisible: no difference.
    """
    row = find_case(connection, case_id, scope=scope, now=service.clock.now())
    if row is None:
        raise NotFound(tr("没有这个案件", "no such case"))
    return case_detail(
        row,
        shares=list_shares(connection, case_id),
        events=list_events(connection, case_id),
        scope=scope,
        kinds=service.kinds,
        names=zone_names(connection),
    )


@router.get("/cases/{case_id}")
def get_case(
    case_id: UUID, response: Response, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> CaseDetail:
    """Return a case with its shares, history and reasoning; the ETag is its version."""
    detail = read_case(connection, case_id, service=service, scope=scope)
    response.headers["etag"] = f'"{detail.version}"'
    return detail


@router.post("/cases", status_code=201)
def post_case(
    report: Report,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Annotated[str | None, Header(description="上报人一方生成的 UUID，即案件 id")] = None,
) -> CaseDetail:
    """Save one report as a case; the same id with the same content gives the same answer."""
    scope.require("report")
    case_id = client_id(idempotency_key) or uuid4()
    content, key = report.model_dump(mode="json"), str(case_id)
    at = service.clock.now()
    # Its own transaction, committed before the answer: see `service.deps.get_connection`.
    with (
        conflicts_kept(service.engine, actor=scope.actor, key=key, content=content, at=at),
        service.engine.begin() as connection,
    ):
        if find_answer(connection, actor=scope.actor, key=key, content=content) is None:
            save_report(connection, report, case_id=case_id, scope=scope, service=service)
            keep(connection, actor=scope.actor, key=key, content=content, answer={"id": key}, at=at)
        # Read as the office: who reports from a neighbouring grid still gets an answer.
        return read_case(connection, case_id, service=service, scope=scope.as_office())


@router.post("/cases/{case_id}/advance")
def post_advance(
    case_id: UUID,
    step: Advance,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> CaseDetail:
    """Bring a case to another state."""
    advance_case(
        connection, case_id, step, scope=scope, clock=service.clock, version=parse_if_match(if_match)
    )
    detail = read_case(connection, case_id, service=service, scope=scope)
    response.headers["etag"] = f'"{detail.version}"'
    return detail


@router.get("/counts")
def get_counts(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    filters: CaseFilterDep,
    by: Annotated[Line, Query(description="、".join(GROUPINGS))] = "command,community",
) -> Counts:
    """Return how many of the filtered cases there are per command, community, …"""
    groups = [part.strip() for part in by.split(",") if part.strip()]
    if not groups or any(group not in GROUPINGS for group in groups) or len(set(groups)) != len(groups):
        raise Refused(tr("分组不对", "wrong grouping"), fields=[("query.by", "、".join(GROUPINGS))])
    now = service.clock.now()
    rows = count_by(connection, by=groups, scope=scope, filters=filters, srid=service.office.crs, now=now)
    items = [Count(**row) for row in rows]
    return Counts(by=groups, as_of=now, total=sum(item.total for item in items), items=items)


@router.get("/kinds")
def get_kinds(service: ServiceDep, _: ScopeDep) -> Kinds:
    """Return the commands and problem kinds with their limits."""
    return Kinds(
        version=service.kinds.version,
        commands=[CommandItem(code=c.code, name=c.name, short=c.short) for c in service.kinds.commands],
        kinds=[
            KindItem(
                code=k.code, name=k.name, command=k.command, category=k.category, limit_value=k.limit_value,
                limit_kind=k.limit_kind, recheck_days=k.recheck_days,
            )
            for k in service.kinds.kinds
        ],
    )  # fmt: skip
