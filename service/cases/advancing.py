"""Steps in the life of a case, checked and written inside one transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from service.audit.trail import record
from service.auth.scope import Scope
from service.cases.model import Advance
from service.cases.queries import lock_case
from service.cases.transitions import find_transition, state_words, targets
from service.clock import Clock
from service.errors import Conflict, Forbidden, NotFound, Refused, StaleVersion
from service.store.tables import Case, CaseEvent
from service.words import tr


def parse_if_match(header: str | None) -> int | None:
    """Return the version in an If-Match header, None when absent or `*`.

    Raises
    ------
    StaleVersion
        If it is no version of ours: such a header can match nothing.
    """
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise StaleVersion(tr("版本号不对", "not a version"), fields=[("header.If-Match", '"1"')])
    return int(text)


def require_version(found: int, wanted: int | None) -> None:
    """Raise `StaleVersion` when an object is no longer at the version the client read."""
    if wanted is not None and wanted != found:
        raise StaleVersion(
            tr(
                f"别人已经改过（现在是第 {found} 版），请刷新后再试",
                f"somebody changed it meanwhile (now version {found}); read it again",
            )
        )


def _last_rectifier(connection: Connection, case_id: UUID) -> str:
    query = (
        select(CaseEvent.actor)
        .where(CaseEvent.case_id == case_id, CaseEvent.state == "rectified")
        .order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
        .limit(1)
    )
    return connection.scalar(query) or ""


def advance_case(
    connection: Connection, case_id: UUID, step: Advance, *, scope: Scope, clock: Clock, version: int | None
) -> None:
    """Bring a case to another state.

    Raises
    ------
    NotFound
        If the case is absent or invisible.
    StaleVersion
        If it changed since the client read it.
    Conflict
        If no such step leads from its state.
    Forbidden
        If the role may not take the step, or the person who rectified would close.
    Refused
        If the step needs a reason and has none.
    """
    scope.require("advance")
    found = lock_case(connection, case_id, scope=scope)
    if found is None:
        raise NotFound(tr("没有这个案件", "no such case"))
    require_version(found["version"], version)
    transition = find_transition(found["state"], step.state)
    if transition is None:
        raise Conflict(
            tr(
                f"“{state_words(found['state'])}”的案件不能直接变为“{state_words(step.state)}”",
                f"a case that is {found['state']} cannot become {step.state}",
            ),
            fields=[("body.state", "、".join(targets(found["state"], scope.role)))],
        )
    if scope.role not in transition.roles:
        raise Forbidden(tr("您的角色不能走这一步", "your role may not take this step"))
    if step.state == "closed" and _last_rectifier(connection, case_id) == scope.actor:
        raise Forbidden(tr("处置人不能核查自己处置的案件", "the person who rectified may not close the case"))
    if transition.needs_note and not step.note.strip():
        raise Refused(tr("请写明理由", "give a reason"), fields=[("body.note", tr("缺少", "missing"))])
    now = clock.now()
    connection.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(
            state=step.state,
            updated_at=now,
            version=Case.version + 1,
            closed_at=now if step.state == "closed" else None,
        )
    )
    connection.execute(
        insert(CaseEvent).values(
            case_id=case_id, state=step.state, at=now, actor=scope.actor, note=step.note.strip()
        )
    )
    record(
        connection, actor=scope.actor, action="case_advanced", object_type="case", object_id=str(case_id),
        detail={"from": found["state"], "to": step.state},
    )  # fmt: skip
